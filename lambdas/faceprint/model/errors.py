"""Everything that can go wrong, once.

FaceprintError
├── InvalidParameterError      400  a parameter is out of range or malformed
├── MissingImageError          400  there is no image in the request
├── BadBase64Error             400  text that was meant to be base64 is not
├── NotFoundError              404  no such image, face or route
├── ConflictError              409  somebody else is changing the same image
├── ImageTooLargeError         413  more bytes or pixels than the limits allow
├── UnsupportedFormatError     415  neither JPEG nor PNG, or cut off
├── NoFaceError                422  a face is required and there is none
├── ImageTooSmallError         422  fewer pixels than Rekognition reads
├── UnreadableObjectError      422  a stored photo is there, but cannot be read
├── ThrottledError             429  AWS asks for patience, retries are used up
├── MisconfiguredError         500  our role, table, bucket or collection is wrong
├── UnreadableMessageError     500  a message of the queue is no event of S3
├── UpstreamError              502  AWS failed
└── UnavailableError           503  AWS cannot be reached
"""


class FaceprintError(Exception):
    """`code` and `status` reach the client with the text, which says what to do."""

    code = "Internal"
    status = 500


class InvalidParameterError(FaceprintError):
    """A parameter is out of range or malformed; the text names it."""

    code = "InvalidParameter"
    status = 400


class MissingImageError(FaceprintError):
    """There is no image in the request."""

    code = "MissingImage"
    status = 400


class BadBase64Error(FaceprintError):
    """Text that was meant to be base64 is not."""

    code = "BadBase64"
    status = 400


class NotFoundError(FaceprintError):
    """No such image, face or route."""

    code = "NotFound"
    status = 404


class ConflictError(FaceprintError):
    """Somebody else is changing the same image; trying again later helps."""

    code = "Conflict"
    status = 409


class FaceInUseError(ConflictError):
    """A face belongs to a user of the collection: nobody deletes it before that has ended."""


class ImageTooLargeError(FaceprintError):
    """More bytes or pixels than the limits allow."""

    code = "ImageTooLarge"
    status = 413


class UnsupportedFormatError(FaceprintError):
    """Neither JPEG nor PNG, or cut off; the text says what was seen."""

    code = "UnsupportedFormat"
    status = 415


class NoFaceError(FaceprintError):
    """A face is required and there is none."""

    code = "NoFace"
    status = 422


class ImageTooSmallError(FaceprintError):
    """Fewer pixels than Rekognition reads."""

    code = "ImageTooSmall"
    status = 422


class UnreadableObjectError(FaceprintError):
    """S3 has the photo, but neither we nor Rekognition may read it: it is archived, or encrypted with a foreign key."""

    code = "UnreadableObject"
    status = 422


class ThrottledError(FaceprintError):
    """AWS asks for patience and the retries are used up."""

    code = "Throttled"
    status = 429


class MisconfiguredError(FaceprintError):
    """Our role, table, bucket or collection is wrong: not the client's fault, so it is told nothing."""


class UnreadableMessageError(FaceprintError):
    """A message of the queue is no event of S3; no repetition helps."""


class UpstreamError(FaceprintError):
    """AWS failed."""

    code = "Upstream"
    status = 502


class UnavailableError(FaceprintError):
    """AWS cannot be reached."""

    code = "Upstream"
    status = 503


def as_reason(error: FaceprintError) -> str:
    """An error as a photo's row keeps it."""
    return f"{error.code}: {error}"


def from_reason(reason: str) -> FaceprintError:
    """The error that `as_reason` was given."""
    code, _, text = reason.partition(": ")
    for kind in FaceprintError.__subclasses__():
        if kind.code == code:
            return kind(text)
    return FaceprintError(reason)
