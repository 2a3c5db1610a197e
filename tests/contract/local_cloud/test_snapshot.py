"""What a restart with --data finds again."""

import io
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from local_cloud.backend import snapshot
from local_cloud.backend.moto_state import services_in_use
from local_cloud.backend.pickling import Unpickler, pickled_state
from local_cloud.backend.snapshot import Keeper, SnapshotTimer
from local_cloud.errors import StartupError
from local_world import wait_until
from tests.contract.local_cloud.conftest import World

BUCKET = "photos"
BEFORE = snapshot.VERSIONS | {"format": "1"}


def forget_everything() -> None:
    """As a new process begins."""
    for service in services_in_use():
        for region in service.values():
            region.clear()


@pytest.fixture
def filled(world: World) -> str:
    """Bucket with two versions, queue with a message in flight, table with a row; returns the queue's URL."""
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"old", b"new"):
        world.s3.put_object(Bucket=BUCKET, Key="a", Body=body, Metadata={"n": "1"})
    world.dynamodb.create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    world.dynamodb.put_item(TableName="t", Item={"k": {"S": "1"}, "l": {"L": [{"N": "1"}]}})
    url: str = world.sqs.create_queue(QueueName="q")["QueueUrl"]
    world.sqs.send_message(QueueUrl=url, MessageBody="in flight")
    world.sqs.receive_message(QueueUrl=url, VisibilityTimeout=2)
    return url


def test_objects_rows_and_messages_come_back(world: World, filled: str, tmp_path: Path) -> None:
    snapshot.save(tmp_path / "snapshot")
    forget_everything()

    snapshot.load(world.backend, tmp_path / "snapshot")

    versions = world.s3.list_object_versions(Bucket=BUCKET)["Versions"]
    answers = [world.s3.get_object(Bucket=BUCKET, Key="a", VersionId=found["VersionId"]) for found in versions]
    assert sorted(answer["Body"].read() for answer in answers) == [b"new", b"old"]
    assert world.s3.head_object(Bucket=BUCKET, Key="a")["Metadata"] == {"n": "1"}
    assert world.dynamodb.get_item(TableName="t", Key={"k": {"S": "1"}})["Item"]["l"] == {"L": [{"N": "1"}]}


def test_a_message_in_flight_comes_back_after_its_visibility_timeout(world: World, filled: str, tmp_path: Path) -> None:
    snapshot.save(tmp_path / "snapshot")
    forget_everything()

    snapshot.load(world.backend, tmp_path / "snapshot")

    assert "Messages" not in world.sqs.receive_message(QueueUrl=filled)
    asked = {"QueueUrl": filled, "WaitTimeSeconds": 5, "AttributeNames": ["ApproximateReceiveCount"]}
    message = world.sqs.receive_message(**asked)["Messages"][0]
    assert (message["Body"], message["Attributes"]["ApproximateReceiveCount"]) == ("in flight", "2")


def test_a_snapshot_does_not_carry_the_bytes_of_objects(world: World, tmp_path: Path) -> None:
    world.s3.create_bucket(Bucket=BUCKET)
    world.s3.put_object(Bucket=BUCKET, Key="a", Body=b"marker" * 1000)

    snapshot.save(tmp_path / "snapshot")

    assert b"markermarker" not in (tmp_path / "snapshot").read_bytes()


def test_a_snapshot_of_another_version_is_refused_in_one_line(world: World, tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    path.write_bytes(pickle.dumps(snapshot.VERSIONS | {"moto": "0.0"}))

    with pytest.raises(StartupError, match=r"'moto': '0\.0'"):
        snapshot.load(world.backend, path)


def test_a_snapshot_of_before_there_were_records_is_read(world: World, filled: str, tmp_path: Path) -> None:
    path = tmp_path / "snapshot"
    snapshot.save(path)
    path.write_bytes(path.read_bytes().replace(pickle.dumps(snapshot.VERSIONS), pickle.dumps(BEFORE), 1))
    forget_everything()

    snapshot.load(world.backend, path)

    assert pickle.loads(path.read_bytes()) == BEFORE
    assert world.s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"new"


@pytest.fixture
def kept(world: World, filled: str, tmp_path: Path) -> Iterator[Keeper]:
    """Everything of `filled` in a snapshot, and every change from now on behind it."""
    keeper = Keeper(world.backend, tmp_path / "snapshot")
    keeper.start()
    yield keeper
    keeper.close()


def test_a_change_that_was_torn_by_a_kill_is_dropped_alone(world: World, kept: Keeper, tmp_path: Path) -> None:
    for key in ("whole", "torn"):
        world.s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    copy = tmp_path / "copy"
    copy.write_bytes((tmp_path / "snapshot").read_bytes()[:-1])
    forget_everything()

    snapshot.load(world.backend, copy)

    assert world.s3.get_object(Bucket=BUCKET, Key="whole")["Body"].read() == b"whole"
    with pytest.raises(ClientError, match="NoSuchKey"):
        world.s3.get_object(Bucket=BUCKET, Key="torn")


def test_many_changes_are_replaced_by_a_snapshot(
    world: World, kept: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SnapshotTimer, "MOST_BYTES", 20_000)
    monkeypatch.setattr(SnapshotTimer, "PAUSE_SECONDS", 0.01)
    timer = SnapshotTimer(kept)
    timer.start()

    for number in range(60):
        world.s3.put_object(Bucket=BUCKET, Key="a", Body=str(number).encode())

    wait_until(lambda: kept.journal_size <= 20_000, seconds=10)
    timer.close()
    forget_everything()
    snapshot.load(world.backend, tmp_path / "snapshot")
    assert world.s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"59"


def test_a_certificate_comes_back() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "faces.example.com")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())

    content, _ = pickled_state({"certificate": certificate}, {})

    assert Unpickler(io.BytesIO(content), lambda _: None).load() == {"certificate": certificate}


def test_parameters_of_ssm_come_back(world: World, tmp_path: Path) -> None:
    """Their dictionary is one whose constructor takes something else than Python gives it."""
    ssm = world.aws.client("ssm")
    ssm.put_parameter(Name="/small", Value="x", Type="String")
    snapshot.save(tmp_path / "snapshot")
    forget_everything()

    snapshot.load(world.backend, tmp_path / "snapshot")

    assert ssm.get_parameter(Name="/small")["Parameter"]["Value"] == "x"
    ssm.put_parameter(Name="/another", Value="y", Type="String")
    assert ssm.get_parameter(Name="/another")["Parameter"]["Version"] == 1
