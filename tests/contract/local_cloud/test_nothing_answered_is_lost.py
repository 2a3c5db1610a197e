"""A process that begins where another was killed finds everything the other had answered for.

Random calls of every kind go through the door as anybody's do; then a new process reads the file as it lies there,
with no leave taken by this one, and must hold exactly what this one holds.
"""

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.backend.journal import Journal
from local_cloud.backend.queues import BackendQueues
from local_cloud.backend.snapshot import Keeper
from tests.contract.local_cloud.aws_state import state
from tests.contract.local_cloud.conftest import World
from tests.contract.local_cloud.random_calls import BUCKETS, Caller, arn_of

ROOT = Path(__file__).parents[3]
CALLS = 400


def found_by_another_process(folder: Path, *names: str) -> list[dict[str, Any]]:
    """What is in each of these files."""
    command = [sys.executable, "-m", "tests.contract.local_cloud.aws_state"]
    paths = [str(folder / name) for name in ("objects", *names)]
    done = subprocess.run([*command, *paths], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def held_here() -> dict[str, Any]:
    return dict(json.loads(json.dumps(state(), sort_keys=True)))


@pytest.fixture
def keeper(world: World, tmp_path: Path) -> Iterator[Keeper]:
    found = Keeper(world.backend, tmp_path / "aws.snapshot")
    found.start()
    yield found
    found.close()


@pytest.mark.parametrize("seed", range(3))
def test_a_new_process_finds_all_that_was_answered(world: World, keeper: Keeper, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    caller = Caller(world, chance)
    caller.prepare()

    for number in range(CALLS):
        caller.call()
        if number == chance.randrange(CALLS):
            keeper.save()

    assert found_by_another_process(tmp_path, "aws.snapshot") == [held_here()]
    assert keeper.journal_size > 0


def test_after_every_single_kind_of_call(world: World, keeper: Keeper, tmp_path: Path) -> None:
    """One kind at a time, each right after a snapshot: none may rely on what another writes down."""
    caller = Caller(world, random.Random(5))
    caller.prepare()
    held = {}
    for name in [name for name in dir(caller) if name.startswith("call_")]:
        for _ in range(20):
            caller.call()
        keeper.save()
        call: Callable[[], None] = getattr(caller, name)
        with suppress(ClientError):
            call()
        shutil.copyfile(tmp_path / "aws.snapshot", tmp_path / name)
        held[name] = held_here()

    found = dict(zip(held, found_by_another_process(tmp_path, *held), strict=True))
    assert [name for name in held if found[name] != held[name]] == []


@pytest.mark.parametrize("who", ["a poller", "a client"])
def test_a_message_that_was_dealt_with_does_not_come_back(
    world: World, keeper: Keeper, tmp_path: Path, who: str
) -> None:
    url = world.sqs.create_queue(QueueName="work")["QueueUrl"]
    world.sqs.send_message(QueueUrl=url, MessageBody="once")
    queues = BackendQueues(world.backend)
    message = queues.receive(arn_of("work"), limit=1, wait_seconds=0)[0]

    if who == "a poller":
        queues.delete(arn_of("work"), [message.receipt_handle])
    else:
        world.sqs.delete_message(QueueUrl=url, ReceiptHandle=message.receipt_handle)

    assert found_by_another_process(tmp_path, "aws.snapshot")[0]["queues"]["work"]["messages"] == []


def test_what_cannot_be_written_down_is_not_answered_for(
    world: World, keeper: Keeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(world, random.Random(6))
    caller.prepare()
    monkeypatch.setattr(Journal, "append", refuse)

    with pytest.raises(ClientError, match="InternalError"):
        world.s3.put_bucket_tagging(Bucket=BUCKETS[0], Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})

    monkeypatch.undo()
    world.s3.put_object(Bucket=BUCKETS[0], Key="next", Body=b"next")
    assert found_by_another_process(tmp_path, "aws.snapshot") == [held_here()]


def refuse(*_: Any) -> None:
    raise OSError("no space left on device")
