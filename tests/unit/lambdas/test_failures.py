"""What AWS says, and what it means to us."""

import pytest
from botocore.exceptions import ClientError

from faceprint.aws.failures import aws_failures
from faceprint.model.errors import (
    ConflictError,
    FaceprintError,
    ImageTooLargeError,
    InvalidParameterError,
    MisconfiguredError,
    NoFaceError,
    NotFoundError,
    ThrottledError,
    UnreadableObjectError,
    UpstreamError,
)


def failure_of(code: str, message: str = "", **more: object) -> FaceprintError:
    with pytest.raises(FaceprintError) as caught, aws_failures():
        raise ClientError({"Error": {"Code": code, "Message": message}, **more}, "Any")
    return caught.value


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("InvalidObjectState", "The operation is not valid for the object's storage class"),
        (
            "AccessDenied",
            "User: arn is not authorized to perform: kms:Decrypt on resource: k",
        ),
        ("KMS.DisabledException", "arn:aws:kms:k is disabled."),
        ("KMS.KMSInvalidStateException", "arn:aws:kms:k is pending deletion."),
        ("KMS.NotFoundException", "Invalid keyId k"),
        (
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. The correct",
        ),
        ("400", "Bad Request"),
        ("InvalidS3ObjectException", "Unable to get object metadata from S3. Check object key, region and/or access"),
    ],
)
def test_an_object_that_no_repetition_makes_readable_is_told_from_our_own_mistakes(code: str, message: str) -> None:
    assert type(failure_of(code, message)) is UnreadableObjectError


@pytest.mark.parametrize("message", ["Access Denied", "User: arn is not authorized to perform: s3:GetObject on"])
def test_a_role_that_may_not_read_is_our_mistake(message: str) -> None:
    assert type(failure_of("AccessDenied", message)) is MisconfiguredError


LENGTH = "failed to satisfy constraint: Member must have length less than or equal to"


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (
            "ValidationException",
            f"1 validation error detected: Value at 'image.bytes' {LENGTH} 5242880",
            ImageTooLargeError,
        ),
        (
            "ValidationException",
            f"1 validation error detected: Value at 'sourceImage.bytes' {LENGTH} 5242880",
            ImageTooLargeError,
        ),
        (
            "ValidationException",
            f"1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0]' at 'image.bytes' {LENGTH} 5",
            ImageTooLargeError,
        ),
        (
            "InvalidParameterException",
            f"1 validation error detected: Value at 'image.bytes' {LENGTH} 5242880",
            ImageTooLargeError,
        ),
        ("413", "Request Entity Too Large", ImageTooLargeError),
        (
            "ImageTooLargeException",
            "Input image dimensions 10001 x 9 exceed maximum dimension size of 10000 pixels",
            ImageTooLargeError,
        ),
        (
            "ValidationException",
            f"1 validation error detected: Value 'x' at 'externalImageId' {LENGTH} 255",
            InvalidParameterError,
        ),
        ("ValidationException", "2 validation errors detected: Value null at 'faceId' failed", InvalidParameterError),
        ("ValidationException", "The provided key element does not match the schema", UpstreamError),
        ("InvalidParameterException", "Request has invalid parameters", InvalidParameterError),
        ("InvalidParameterException", "faceId was not found in the collection.", NotFoundError),
        ("InvalidParameterException", "There are no faces in the image. Should be at least 1.", NoFaceError),
    ],
)
def test_rekognitions_refusals_are_told_apart(code: str, message: str, kind: type[FaceprintError]) -> None:
    assert type(failure_of(code, message)) is kind


@pytest.mark.parametrize(
    ("reasons", "failure"),
    [
        (["None", "ConditionalCheckFailed"], ConflictError),
        (["ThrottlingError", "ConditionalCheckFailed"], ConflictError),
        (["None", "ThrottlingError"], ThrottledError),
        (["ProvisionedThroughputExceeded", "None"], ThrottledError),
        (["TransactionConflict"], ThrottledError),
        (["ValidationError", "None"], MisconfiguredError),
        (["ItemCollectionSizeLimitExceeded"], MisconfiguredError),
        ([], ConflictError),
    ],
)
def test_a_cancelled_transaction_is_what_cancelled_it(reasons: list[str], failure: type[FaceprintError]) -> None:
    told = [{"Code": reason} for reason in reasons]

    assert type(failure_of("TransactionCanceledException", CancellationReasons=told)) is failure
