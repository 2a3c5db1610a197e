"""How AWS says no, by the protocol of each service."""

import json
from xml.sax.saxutils import escape

Refusal = tuple[int, list[tuple[str, str]], bytes]

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_JSON_TYPES = {"dynamodb": "application/x-amz-json-1.0", "sqs": "application/x-amz-json-1.0"}
_JSON_SERVICES = ("dynamodb", "rekognition", "sqs", "lambda", "logs")
_FORBIDDEN_SERVICES = ("lambda", "sqs")  # 403 where DynamoDB and Rekognition say 400


def refuse(service: str, code: str, message: str) -> Refusal:
    """`code` is the name in services that have exceptions; S3 and the query protocol drop its suffix."""
    if service in _JSON_SERVICES:
        headers = [
            ("Content-Type", _JSON_TYPES.get(service, "application/x-amz-json-1.1")),
            ("x-amzn-ErrorType", code),
        ]
        status = 403 if service in _FORBIDDEN_SERVICES else 400
        return status, headers, json.dumps({"__type": code, "Message": message, "message": message}).encode()
    short = escape(code.removesuffix("Exception"))
    inner = f"<Code>{short}</Code><Message>{escape(message)}</Message>"
    body = f"<Error>{inner}</Error>" if service == "s3" else f"<ErrorResponse><Error>{inner}</Error></ErrorResponse>"
    return 403, [("Content-Type", "application/xml")], (_XML + body).encode()
