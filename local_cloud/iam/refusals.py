"""How AWS says no, by the protocol of each service."""

from enum import Enum

from local_cloud.error_answers import REST_SERVICES, ErrorAnswer, Failure, error_answer

_FORBIDDEN_SERVICES = (*REST_SERVICES, "sqs")  # 403 where DynamoDB and Rekognition say 400


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


def refuse(service: str, target: str, refused: RefusedError) -> ErrorAnswer:
    """The answer to the caller; `target` is the request's X-Amz-Target."""
    json_code, query_code, s3_code, status = refused.reason.value
    if service == "s3":
        return error_answer(service, target, Failure(status, s3_code, refused.message))
    is_json = target or service in REST_SERVICES
    status = 400 if is_json and service not in _FORBIDDEN_SERVICES else 403
    return error_answer(service, target, Failure(status, json_code, refused.message, query_code))
