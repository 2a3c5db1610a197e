"""How AWS says no, by the protocol of each service."""

import json
from enum import Enum
from xml.sax.saxutils import escape

Refusal = tuple[int, list[tuple[str, str]], bytes]

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_JSON_TYPES = {"dynamodb": "application/x-amz-json-1.0", "sqs": "application/x-amz-json-1.0"}
_REST_SERVICES = ("lambda", "apigateway")  # JSON without a target
_FORBIDDEN_SERVICES = (*_REST_SERVICES, "sqs")  # 403 where DynamoDB and Rekognition say 400
_ONCE_QUERY_SERVICES = ("sqs", "monitoring")  # JSON now, but SDKs go on to show the codes of before


class Reason(Enum):
    """Why; the code of JSON services, of the query protocol, and of S3 with its status."""

    DENIED = ("AccessDeniedException", "AccessDenied", "AccessDenied", 403)
    UNKNOWN_KEY = ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", 403)
    BAD_TOKEN = ("UnrecognizedClientException", "InvalidClientTokenId", "InvalidToken", 400)
    EXPIRED_TOKEN = ("ExpiredTokenException", "ExpiredToken", "ExpiredToken", 400)
    BAD_SIGNATURE = ("InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403)
    NOT_NOW = ("InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", 403)
    MALFORMED = ("SerializationException", "MalformedInput", "MalformedXML", 400)
    UNREADABLE_OBJECT = ("InvalidS3ObjectException", "", "", 400)  # Rekognition's


class RefusedError(Exception):
    """A request that AWS would not serve."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason, self.message = reason, message


def refuse(service: str, target: str, refused: RefusedError) -> Refusal:
    """The answer to the caller; `target` is the request's X-Amz-Target."""
    json_code, query_code, s3_code, s3_status = refused.reason.value
    if service == "s3":
        return refuse_s3(s3_status, s3_code, refused.message)
    if target or service in _REST_SERVICES:
        return _refuse_json(service, json_code, query_code, refused.message)
    inner = f"<Type>Sender</Type><Code>{query_code}</Code><Message>{escape(refused.message)}</Message>"
    body = f"{_XML}<ErrorResponse><Error>{inner}</Error></ErrorResponse>"
    return 403, [("Content-Type", "text/xml")], body.encode()


def refuse_s3(status: int, code: str, message: str) -> Refusal:
    body = f"{_XML}<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>"
    return status, [("Content-Type", "application/xml")], body.encode()


def _refuse_json(service: str, code: str, query_code: str, message: str) -> Refusal:
    headers = [("Content-Type", _JSON_TYPES.get(service, "application/x-amz-json-1.1")), ("x-amzn-ErrorType", code)]
    if service in _ONCE_QUERY_SERVICES:
        headers.append(("x-amzn-query-error", f"{query_code};Sender"))
    body = json.dumps({"__type": code, "Message": message, "message": message})
    return 403 if service in _FORBIDDEN_SERVICES else 400, headers, body.encode()
