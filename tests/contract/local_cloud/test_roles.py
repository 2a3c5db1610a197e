"""What a role may do is what its policies allow, as boto3 sees it; everybody else may do everything."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotocoreCredentials
from botocore.exceptions import ClientError

from local_cloud.backend.moto_state import backends_of
from local_cloud.errors import StartupError
from local_cloud.iam.gate import AccessDeniedError
from local_cloud.iam.role_queues import RoleQueues
from local_cloud.iam.roles import Credentials, Roles
from tests.contract.local_cloud.conftest import ACCOUNT, REGION, World

BUCKET = "photos"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/faces"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:index"

Allow = Callable[..., Credentials]


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def as_policy(*statements: dict[str, str]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def stores(world: World) -> World:
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_object(Bucket=BUCKET, Key="a.jpg", Body=b"1")
    world.dynamodb.create_table(
        TableName="faces",
        KeySchema=[{"AttributeName": "FaceId", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "FaceId", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    world.sqs.create_queue(QueueName="index")
    return world


@pytest.fixture
def allow(stores: World) -> Allow:
    """Sets the one policy of a role, and returns the role's credentials."""
    iam = stores.aws.client("iam")
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]

    def put(*statements: tuple[str, str]) -> Credentials:
        listed = [{"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in statements]
        document = as_policy(*listed)
        iam.put_role_policy(RoleName="function", PolicyName="permissions", PolicyDocument=document)
        return stores.roles.assume(role, "function")

    return put


def client(world: World, service: str, credentials: Credentials, **changed: str) -> Any:
    keys = {
        "aws_access_key_id": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key,
        "aws_session_token": credentials.session_token,
    }
    config = Config(s3={"addressing_style": "path"}, signature_version="s3v4" if service == "s3" else None)
    return boto3.client(
        service, region_name=REGION, endpoint_url=world.aws.endpoint, config=config, **{**keys, **changed}
    )


def refused(call: Callable[..., Any], **parameters: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as failure:
        call(**parameters)
    answer = failure.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"], answer["Error"]["Message"]


def test_what_is_allowed_works_and_what_is_not_fails_with_dynamodbs_error(stores: World, allow: Allow) -> None:
    dynamodb = client(stores, "dynamodb", allow(("dynamodb:PutItem", TABLE)))

    dynamodb.put_item(TableName="faces", Item={"FaceId": {"S": "f"}})
    status, code, message = refused(dynamodb.get_item, TableName="faces", Key={"FaceId": {"S": "f"}})

    assert (status, code) == (400, "AccessDeniedException")
    assert message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/function/function is not authorized to perform: dynamodb:GetItem "
        f"on resource: {TABLE} because no identity-based policy allows the dynamodb:GetItem action"
    )


def test_a_transaction_needs_each_of_its_actions(stores: World, allow: Allow) -> None:
    dynamodb = client(stores, "dynamodb", allow(("dynamodb:PutItem", TABLE)))
    put = {"Put": {"TableName": "faces", "Item": {"FaceId": {"S": "f"}}}}
    delete = {"Delete": {"TableName": "faces", "Key": {"FaceId": {"S": "g"}}}}

    dynamodb.transact_write_items(TransactItems=[put])

    assert refused(dynamodb.transact_write_items, TransactItems=[put, delete])[1] == "AccessDeniedException"


def test_every_item_of_a_transaction_is_counted(stores: World, allow: Allow) -> None:
    dynamodb = client(stores, "dynamodb", allow(("dynamodb:PutItem", TABLE)))
    call = {"action": "dynamodb:PutItem", "resource": TABLE, "allowed": True}
    items = [{"Put": {"TableName": "faces", "Item": {"FaceId": {"S": str(number)}}}} for number in range(3)]

    before = count_of(stores, call)
    dynamodb.transact_write_items(TransactItems=items)

    assert count_of(stores, call) == before + 3


def count_of(world: World, call: dict[str, Any]) -> int:
    return sum(int(str(found["count"])) for found in world.gate.calls() if call.items() <= found.items())


def test_partiql_is_a_right_of_its_own(stores: World, allow: Allow) -> None:
    dynamodb = client(stores, "dynamodb", allow(("dynamodb:Scan", TABLE)))
    statement = 'SELECT * FROM "faces"'

    assert refused(dynamodb.execute_statement, Statement=statement)[1] == "AccessDeniedException"
    allow(("dynamodb:PartiQLSelect", TABLE))
    assert dynamodb.execute_statement(Statement=statement)["Items"] == []


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "expected"),
    [
        ("s3", "put_object", {"Bucket": BUCKET, "Key": "b", "Body": b"1"}, (403, "AccessDenied")),
        ("s3", "list_objects_v2", {"Bucket": BUCKET}, (403, "AccessDenied")),
        ("s3", "list_buckets", {}, (403, "AccessDenied")),
        ("sqs", "receive_message", {"QueueUrl": f"/{ACCOUNT}/index"}, (403, "AccessDenied")),
        ("sns", "publish", {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:t", "Message": "m"}, (403, "AccessDenied")),
        ("rekognition", "list_collections", {}, (400, "AccessDeniedException")),
        ("lambda", "list_functions", {}, (403, "AccessDeniedException")),
        ("iam", "list_roles", {}, (403, "AccessDenied")),
    ],
)
def test_each_service_refuses_in_its_own_form(
    stores: World, allow: Allow, service: str, operation: str, parameters: dict[str, Any], expected: tuple[int, str]
) -> None:
    caller = client(stores, service, allow(("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")))

    assert refused(getattr(caller, operation), **parameters)[:2] == expected


def test_managed_policies_count_in_their_default_version(stores: World, allow: Allow) -> None:
    iam, s3 = stores.aws.client("iam"), client(stores, "s3", allow(("none:Nothing", "*")))
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    arn = iam.create_policy(PolicyName="reads", PolicyDocument=as_policy(statement))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="function", PolicyArn=arn)
    try:
        s3.get_object(Bucket=BUCKET, Key="a.jpg")
        denying = as_policy(statement | {"Effect": "Deny"})
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=denying, SetAsDefault=True)

        assert "with an explicit deny" in refused(s3.get_object, Bucket=BUCKET, Key="a.jpg")[2]
    finally:
        iam.detach_role_policy(RoleName="function", PolicyArn=arn)


def test_rekognition_does_not_tell_why_it_cannot_read_its_callers_object(stores: World, allow: Allow) -> None:
    rekognition = client(stores, "rekognition", allow(("rekognition:DetectFaces", "*")))
    image = {"S3Object": {"Bucket": BUCKET, "Name": "a.jpg"}}

    assert refused(rekognition.detect_faces, Image=image)[:2] == (400, "InvalidS3ObjectException")


def test_everybody_may_ask_who_he_is(stores: World, allow: Allow) -> None:
    sts = client(stores, "sts", allow(("none:Nothing", "*")))

    assert sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/function/function"


def test_whoever_assumes_a_role_by_sts_is_bound_by_it_until_the_session_ends(stores: World, allow: Allow) -> None:
    role = allow(("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")).role
    keys = stores.aws.client("sts").assume_role(RoleArn=role, RoleSessionName="ann")["Credentials"]
    found = stores.roles.issued(keys["AccessKeyId"])
    assert found is not None
    s3 = client(stores, "s3", found)

    assert s3.get_object(Bucket=BUCKET, Key="a.jpg")["Body"].read() == b"1"
    assert "assumed-role/function/ann" in refused(s3.put_object, Bucket=BUCKET, Key="b", Body=b"1")[2]
    end_session(found)
    assert refused(s3.get_object, Bucket=BUCKET, Key="a.jpg")[:2] == (400, "ExpiredToken")
    assert refused(client(stores, "dynamodb", found).list_tables)[1] == "ExpiredTokenException"


def end_session(credentials: Credentials) -> None:
    found = backends_of("sts")[ACCOUNT]["aws"].get_assumed_role_from_access_key(credentials.access_key_id)
    found.expiration -= timedelta(hours=2)


def test_a_function_gets_other_credentials_after_a_restart_and_the_former_end(stores: World, allow: Allow) -> None:
    before = allow(("s3:GetObject", "*"))

    after = Roles(stores.backend).assume(before.role, before.session)

    assert after.access_key_id != before.access_key_id
    assert stores.roles.issued(before.access_key_id) is None
    assert stores.roles.issued(after.access_key_id) == after


def signed(world: World, credentials: Credentials, body: bytes, **headers: str) -> AWSRequest:
    """A Scan that boto3 would not send, signed as boto3 signs."""
    target = {"X-Amz-Target": "DynamoDB_20120810.Scan", "Content-Type": "application/x-amz-json-1.0"}
    request = AWSRequest("POST", world.aws.endpoint + "/", headers={**target, **headers}, data=body)
    keys = BotocoreCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    SigV4Auth(keys, "dynamodb", REGION).add_auth(request)
    return request


def send(request: AWSRequest) -> tuple[int, str]:
    answer = requests.post(request.url, data=request.data, headers=dict(request.headers.items()), timeout=5)
    return answer.status_code, answer.headers.get("x-amzn-ErrorType", "")


def test_a_request_counts_as_it_was_signed(stores: World, allow: Allow) -> None:
    caller = allow(("dynamodb:*", TABLE))
    whole, changed = (signed(stores, caller, b'{"TableName":"faces"}') for _ in range(2))
    changed.data = b'{"TableName":"other"}'

    assert send(whole) == (200, "")
    assert send(changed) == (400, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"TableName":"faces","RequestItems":{}}', "AccessDeniedException"),
        (b'{"TableName":"faces","TransactItems":[]}', "AccessDeniedException"),
        (b"{", "SerializationException"),
        (b"[]", "SerializationException"),
    ],
)
def test_a_body_that_is_made_up_opens_nothing(stores: World, allow: Allow, body: bytes, code: str) -> None:
    caller = allow(("dynamodb:GetItem", TABLE))

    assert send(signed(stores, caller, body)) == (400, code)


def test_a_changed_policy_counts_at_once(stores: World, allow: Allow) -> None:
    s3 = client(stores, "s3", allow(("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")))
    s3.get_object(Bucket=BUCKET, Key="a.jpg")

    allow(("s3:GetObject", f"arn:aws:s3:::{BUCKET}/other/*"))

    assert refused(s3.get_object, Bucket=BUCKET, Key="a.jpg")[1] == "AccessDenied"


def test_absence_is_told_only_to_who_may_list(stores: World, allow: Allow) -> None:
    read = ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")
    s3 = client(stores, "s3", allow(read))

    hidden = refused(s3.get_object, Bucket=BUCKET, Key="none")[:2]
    allow(read, ("s3:ListBucket", f"arn:aws:s3:::{BUCKET}"))

    assert hidden == (403, "AccessDenied")
    assert refused(s3.get_object, Bucket=BUCKET, Key="none")[:2] == (404, "NoSuchKey")


def test_a_link_does_what_its_signers_role_may_when_it_is_used(stores: World, allow: Allow) -> None:
    s3 = client(stores, "s3", allow(("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")))
    download = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "a.jpg"})
    upload = s3.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "b.jpg"})
    stolen = download.replace("X-Amz-Security-Token=", "X-Amz-Security-Token=x")

    assert requests.get(download, timeout=5).content == b"1"
    assert requests.put(upload, data=b"2", timeout=5).status_code == 403
    assert requests.get(stolen, timeout=5).status_code == 403
    allow(("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*"))
    assert requests.get(download, timeout=5).status_code == 403


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "changed", "code"),
    [
        ("s3", "get_object", {"Bucket": BUCKET, "Key": "a.jpg"}, {"aws_session_token": "other"}, "InvalidToken"),
        ("s3", "get_object", {"Bucket": BUCKET, "Key": "a.jpg"}, {"aws_access_key_id": "ASIAX"}, "InvalidAccessKeyId"),
        ("dynamodb", "list_tables", {}, {"aws_access_key_id": "ASIAX"}, "UnrecognizedClientException"),
        ("dynamodb", "list_tables", {}, {"aws_session_token": "other"}, "UnrecognizedClientException"),
        ("dynamodb", "list_tables", {}, {"aws_secret_access_key": "x"}, "InvalidSignatureException"),
        (
            "s3",
            "get_object",
            {"Bucket": BUCKET, "Key": "a.jpg"},
            {"aws_secret_access_key": "x"},
            "SignatureDoesNotMatch",
        ),
        ("iam", "list_roles", {}, {"aws_access_key_id": "ASIAX"}, "InvalidClientTokenId"),
        ("lambda", "list_functions", {}, {"aws_secret_access_key": "x"}, "InvalidSignatureException"),
    ],
)
def test_temporary_credentials_must_be_known_and_whole(
    stores: World,
    allow: Allow,
    service: str,
    operation: str,
    parameters: dict[str, Any],
    changed: dict[str, str],
    code: str,
) -> None:
    caller = client(stores, service, allow(("*", "*")), **changed)

    assert refused(getattr(caller, operation), **parameters)[1] == code


def test_only_a_role_that_trusts_lambda_can_be_a_functions(world: World) -> None:
    iam = world.aws.client("iam")
    role = iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))["Role"]["Arn"]

    with pytest.raises(StartupError, match="cannot be assumed by Lambda"):
        world.roles.assume(role, "function")


def test_an_event_source_mapping_reads_with_its_functions_role(stores: World, allow: Allow) -> None:
    class Queues:
        def receive(self, queue_arn: str, *, limit: int, wait_seconds: float) -> list[str]:
            return ["message"]

        def delete(self, queue_arn: str, receipt_handles: list[str]) -> None:
            pass

    caller = allow(("sqs:ReceiveMessage", QUEUE))
    queues = RoleQueues(Queues(), stores.gate, {QUEUE: caller})

    assert queues.receive(QUEUE, limit=1, wait_seconds=0) == ["message"]
    with pytest.raises(AccessDeniedError, match="sqs:DeleteMessage"):
        queues.delete(QUEUE, ["r"])


def test_calls_are_remembered_with_their_outcome(stores: World, allow: Allow) -> None:
    s3 = client(stores, "s3", allow(("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*")))
    before = [call for call in stores.gate.calls() if call["action"] == "s3:PutObject"]
    s3.get_object(Bucket=BUCKET, Key="a.jpg")
    refused(s3.put_object, Bucket=BUCKET, Key="b", Body=b"1")

    found = {(call["action"], call["resource"], call["allowed"]) for call in stores.gate.calls()}

    assert ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*", True) in found
    assert ("s3:PutObject", f"arn:aws:s3:::{BUCKET}/*", False) in found
    assert all(not call["allowed"] for call in before)
