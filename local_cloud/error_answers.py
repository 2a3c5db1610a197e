"""Errors as AWS words them: XML of S3's own, XML of the query protocol, or JSON, by the service that was asked."""

import json
import uuid
from base64 import b64encode
from dataclasses import dataclass
from xml.sax.saxutils import escape

ErrorAnswer = tuple[int, list[tuple[str, str]], bytes]

REST_SERVICES = ("lambda", "apigateway")  # JSON without a target
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_JSON_1_0 = ("dynamodb", "sqs")
_ONCE_QUERY_SERVICES = ("sqs", "monitoring")  # JSON now, but SDKs go on to show the codes of before
_HOST_ID = b64encode(b"the local cloud's S3, on this machine").decode()
_LEAST_SERVER_ERROR = 500


@dataclass(frozen=True)
class Failure:
    """`query_code` is the code in the query protocol, where it is another one."""

    status: int
    code: str
    message: str
    query_code: str = ""


def error_answer(service: str, target: str, failure: Failure) -> ErrorAnswer:
    """`target` is the request's X-Amz-Target."""
    if service == "s3":
        return s3_error(failure.status, failure.code, failure.message)
    if target or service in REST_SERVICES:
        return _json_error(service, failure)
    return _query_error(failure)


def s3_error(status: int, code: str, message: str) -> ErrorAnswer:
    request = uuid.uuid4().hex[:16].upper()
    said = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    body = f"{_XML}<Error>{said}<RequestId>{request}</RequestId><HostId>{_HOST_ID}</HostId></Error>"
    return status, [("Content-Type", "application/xml"), *s3_ids(request)], body.encode()


def s3_ids(request: str) -> list[tuple[str, str]]:
    """The headers by which S3 names a request."""
    return [("x-amz-request-id", request), ("x-amz-id-2", _HOST_ID)]


def _query_error(failure: Failure) -> ErrorAnswer:
    request, kind = str(uuid.uuid4()), "Receiver" if failure.status >= _LEAST_SERVER_ERROR else "Sender"
    code = failure.query_code or failure.code
    inner = f"<Type>{kind}</Type><Code>{code}</Code><Message>{escape(failure.message)}</Message>"
    body = f"{_XML}<ErrorResponse><Error>{inner}</Error><RequestId>{request}</RequestId></ErrorResponse>"
    return failure.status, [("Content-Type", "text/xml"), ("x-amzn-RequestId", request)], body.encode()


def _json_error(service: str, failure: Failure) -> ErrorAnswer:
    headers = [
        ("Content-Type", f"application/x-amz-json-{'1.0' if service in _JSON_1_0 else '1.1'}"),
        ("x-amzn-ErrorType", failure.code),
        ("x-amzn-RequestId", str(uuid.uuid4())),
    ]
    if service in _ONCE_QUERY_SERVICES:
        headers.append(("x-amzn-query-error", f"{failure.query_code or failure.code};Sender"))
    body = json.dumps({"__type": failure.code, "Message": failure.message, "message": failure.message})
    return failure.status, headers, body.encode()
