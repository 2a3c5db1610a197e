"""What AWS says, and what it means to us."""

import pytest
from botocore.exceptions import ClientError

from faceprint.aws.failures import aws_failures
from faceprint.model.errors import (
    FaceprintError,
    MisconfiguredError,
    UnreadableObjectError,
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
