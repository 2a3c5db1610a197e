"""Turns AWS's failures into ours. They are recognised by their code: exception classes differ from client to client."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from faceprint.aws.call_counter import THROTTLING_CODES
from faceprint.model.errors import (
    ConflictError,
    FaceprintError,
    ImageTooLargeError,
    InvalidParameterError,
    MisconfiguredError,
    NoFaceError,
    NotFoundError,
    ThrottledError,
    UnavailableError,
    UnreadableObjectError,
    UnsupportedFormatError,
    UpstreamError,
)

_TRY_LATER = "AWS is throttling; wait a second and try again."
_FAILED = "AWS failed; try again, nothing is lost by repeating."
_OURS = "The deployment is not set up as it should be; its log tells more."
_TOO_LARGE = "The image is too large for Rekognition; send a smaller one."
_FOREIGN_KEY = "The photo is encrypted with a key that we may not use; erase it and send it without one."
_BY_CODE: dict[str, tuple[type[FaceprintError], str]] = {
    **dict.fromkeys(THROTTLING_CODES, (ThrottledError, _TRY_LATER)),
    "TransactionConflictException": (ThrottledError, _TRY_LATER),
    "TransactionInProgressException": (ThrottledError, _TRY_LATER),
    "ServiceQuotaExceededException": (ConflictError, "The collection is full; raise its quota or erase faces."),
    "ConditionalCheckFailedException": (ConflictError, "Another request is changing the same image; try again."),
    "PreconditionFailed": (ConflictError, "The image exists already."),
    "ConditionalRequestConflict": (ConflictError, "Another request is writing the same image; try again."),
    "TransactionCanceledException": (ConflictError, "Another request is changing the same image; try again."),
    "InvalidImageFormatException": (
        UnsupportedFormatError,
        "Rekognition cannot read this image; send a complete JPEG or PNG.",
    ),
    "ImageTooLargeException": (ImageTooLargeError, _TOO_LARGE),
    "413": (ImageTooLargeError, _TOO_LARGE),
    "InvalidS3ObjectException": (
        UnreadableObjectError,
        "Rekognition cannot read this photo of the bucket, mostly because of the key that it is encrypted with; "
        "send it again.",
    ),
    "InvalidObjectState": (
        UnreadableObjectError,
        "The photo lies in an archive of S3; restore it and copy it onto itself, or send it again.",
    ),
    "KMS.DisabledException": (UnreadableObjectError, _FOREIGN_KEY),
    "KMS.KMSInvalidStateException": (UnreadableObjectError, _FOREIGN_KEY),
    "KMS.NotFoundException": (UnreadableObjectError, _FOREIGN_KEY),
    "400": (UnreadableObjectError, _FOREIGN_KEY),  # of HEAD, which has no text
    "InvalidRange": (UnsupportedFormatError, "It is empty; send a JPEG or PNG."),
    "NoSuchKey": (NotFoundError, "There is no such image."),
    "404": (NotFoundError, "There is no such image."),
    "NoSuchVersion": (NotFoundError, "There is no such image."),
    "AccessDeniedException": (MisconfiguredError, _OURS),
    "AccessDenied": (MisconfiguredError, _OURS),
    "403": (MisconfiguredError, _OURS),
    "ItemCollectionSizeLimitExceededException": (MisconfiguredError, _OURS),
    "ValidationError": (MisconfiguredError, _OURS),
    "NoSuchBucket": (MisconfiguredError, _OURS),
    "ResourceNotFoundException": (MisconfiguredError, _OURS),
}
_NO_FACE = "no faces in the image"
"""The only mark that tells "no face" from any other InvalidParameterException of Rekognition."""

_FACE_MISSING = "was not found in the collection"
"""The same of a FaceId."""

_VALIDATION = "validation error"
"""What a service says of members that break its model. DynamoDB's ValidationException has other causes, too."""

_TOO_MANY_BYTES = re.compile(r"at '[\w.]*bytes' failed to satisfy constraint: Member must have length less than")
_BY_REASON = (
    ("ConditionalCheckFailed", "ConditionalCheckFailedException"),
    ("ItemCollectionSizeLimitExceeded", "ItemCollectionSizeLimitExceededException"),
    ("ValidationError", "ValidationError"),
    ("TransactionConflict", "TransactionConflictException"),
    ("ProvisionedThroughputExceeded", "ProvisionedThroughputExceededException"),
    ("ThrottlingError", "ThrottlingException"),
)
"""The reasons of a TransactionCanceledException, those first that no repetition mends."""

_ENCRYPTED = (("AccessDenied", "kms:Decrypt"), ("InvalidRequest", "Server Side Encryption"))
"""What S3 says of an object whose key (of KMS, of its sender) we have not. "AccessDenied" alone is our role's fault."""


@contextmanager
def aws_failures() -> Iterator[None]:
    """Raises the FaceprintError that stands for a failure of boto3 inside the block."""
    try:
        yield
    except ClientError as exc:
        error = exc.response["Error"]
        code = _reason_of(exc) or str(error["Code"])
        raise failure_of(code, str(error.get("Message", ""))) from exc
    except ParamValidationError as exc:
        raise MisconfiguredError(_OURS) from exc
    except BotoCoreError as exc:
        raise UnavailableError("AWS cannot be reached; try again, nothing is lost by repeating.") from exc


def is_model_violation(error: FaceprintError) -> bool:
    """Whether AWS refused members that break the service's model, and not what they stand for."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and _VALIDATION in cause.response["Error"].get("Message", "")


def refused_item(error: ConflictError) -> dict[str, Any] | None:
    """The item as it is, when the condition of a write on it failed: empty where there is none.

    None when something else was the conflict.
    """
    cause = error.__cause__
    if not isinstance(cause, ClientError) or cause.response["Error"]["Code"] != "ConditionalCheckFailedException":
        return None
    return dict(cause.response.get("Item") or {})


def _reason_of(exc: ClientError) -> str:
    """The reason that decides what becomes of a cancelled transaction, in the words of single calls; "" of others.

    A condition that failed is nobody's load: it decides, whatever else was the matter.
    """
    reasons = {str(reason.get("Code")) for reason in exc.response.get("CancellationReasons", ())}
    return next((code for reason, code in _BY_REASON if reason in reasons), "")


def failure_of(code: str, message: str = "") -> FaceprintError:
    """What a code of AWS and its message stand for."""
    if code == "InvalidParameterException" or (code == "ValidationException" and _VALIDATION in message):
        return _invalid_parameter(message)
    if any(told_code == code and words in message for told_code, words in _ENCRYPTED):
        return UnreadableObjectError(_FOREIGN_KEY)
    kind, text = _BY_CODE.get(code, (UpstreamError, _FAILED))
    return kind(text)


def _invalid_parameter(message: str) -> FaceprintError:
    """Rekognition's refusals, told apart by their text."""
    if _NO_FACE in message:
        return NoFaceError("There is no face on the image; send one that shows a face.")
    if _FACE_MISSING in message:
        return NotFoundError("There is no such face in the collection.")
    if _TOO_MANY_BYTES.search(message):
        return ImageTooLargeError("Rekognition takes at most 5 MB; send a smaller image.")
    return InvalidParameterError(f"Rekognition refuses the image or a parameter: {message}")
