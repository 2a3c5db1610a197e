"""Event source mappings: what is deleted, what comes back, what ends in the dead-letter queue."""

import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from local_cloud import events
from local_cloud.backend.queues import BackendQueues
from local_cloud.discovery import EventSource
from local_cloud.events import EventPollers, Message
from local_cloud.lambda_runtime.model import Result, TooManyRequestsError
from tests.contract.local_cloud.conftest import ACCOUNT, REGION, World

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:events"
SOURCE = EventSource(QUEUE, "index", batch_size=10, maximum_concurrency=2, reports_failures=True)


@dataclass
class FakeQueue:
    """Remembers what became of the messages."""

    deleted: list[str] = field(default_factory=list)
    visibility: float = 30.0

    def receive(self, queue_arn: str, *, limit: int, wait_seconds: float) -> list[Message]:
        return []

    def delete(self, queue_arn: str, receipt_handles: list[str]) -> None:
        self.deleted += receipt_handles

    def visibility_seconds(self, queue_arn: str) -> float:
        return self.visibility

    def close(self) -> None:
        pass


@dataclass
class FakeFunction:
    result: Result | None = None
    throttled: int = 0  # so many times before it runs
    seen: list[dict[str, Any]] = field(default_factory=list)
    called: threading.Event = field(default_factory=threading.Event)

    def invoke(self, function: str, payload: bytes) -> Result:
        self.seen.append(json.loads(payload))
        self.called.set()
        if self.result is None or len(self.seen) <= self.throttled:
            raise TooManyRequestsError
        return self.result


def message(number: int) -> Message:
    return Message(f"id{number}", f"handle{number}", "{}", "md5", {"ApproximateReceiveCount": "1"})


def deliver(result: Result | None, source: EventSource = SOURCE) -> tuple[FakeQueue, FakeFunction]:
    queue, function = FakeQueue(), FakeFunction(result)
    pollers = EventPollers([source], queue, function)
    pollers.close(seconds=0)  # so that it does not pause before it comes back
    pollers.deliver(source, [message(1), message(2)])
    return queue, function


@pytest.mark.parametrize(
    ("answer", "deleted"),
    [
        (None, ["handle1", "handle2"]),
        ({}, ["handle1", "handle2"]),
        ({"batchItemFailures": []}, ["handle1", "handle2"]),
        ({"batchItemFailures": None}, ["handle1", "handle2"]),
        ({"batchItemFailures": [{"itemIdentifier": "id1"}]}, ["handle2"]),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, []),
        ({"batchItemFailures": [{"itemIdentifier": "unknown"}]}, []),
        ({"batchItemFailures": [{"wrong": "id1"}]}, []),
        ({"batchItemFailures": "id1"}, []),
        ([], ["handle1", "handle2"]),
    ],
)
def test_only_successes_are_deleted(answer: Any, deleted: list[str]) -> None:
    queue, _ = deliver(Result(json.dumps(answer).encode()))

    assert queue.deleted == deleted


def test_a_failed_invocation_keeps_the_whole_batch() -> None:
    queue, _ = deliver(Result(b"{}", failed=True))

    assert queue.deleted == []


def test_without_partial_responses_the_answer_does_not_matter() -> None:
    source = EventSource(QUEUE, "index", batch_size=10, maximum_concurrency=2, reports_failures=False)

    queue, _ = deliver(Result(b'{"batchItemFailures": [{"itemIdentifier": "id1"}]}'), source)

    assert queue.deleted == ["handle1", "handle2"]


def test_a_throttled_batch_is_tried_again_while_it_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_PAUSE_SECONDS", 0.001)
    queue, function = FakeQueue(), FakeFunction(Result(b"{}"), throttled=3)

    EventPollers([], queue, function).deliver(SOURCE, [message(1)])

    assert (len(function.seen), queue.deleted) == (4, ["handle1"])


def test_a_batch_that_stays_throttled_comes_back_when_its_visibility_timeout_ends() -> None:
    queue, function = FakeQueue(visibility=0.1), FakeFunction(result=None)
    started = time.monotonic()

    EventPollers([], queue, function).deliver(SOURCE, [message(1)])

    assert 0.1 <= time.monotonic() - started < 2
    assert queue.deleted == []


def test_records_look_as_lambda_sends_them() -> None:
    _, function = deliver(Result(b"{}"))

    record = function.seen[0]["Records"][0]

    assert record["messageId"] == "id1"
    assert (record["eventSource"], record["eventSourceARN"], record["awsRegion"]) == ("aws:sqs", QUEUE, REGION)


def test_a_message_that_keeps_failing_ends_in_the_dead_letter_queue(world: World) -> None:
    dead = world.sqs.create_queue(QueueName="dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": QUEUE.replace("events", "dead"), "maxReceiveCount": 2}
    attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "0"}
    url = world.sqs.create_queue(QueueName="events", Attributes=attributes)["QueueUrl"]
    world.sqs.send_message(QueueUrl=url, MessageBody="poison")
    queues = BackendQueues(world.backend)

    received = [len(queues.receive(QUEUE, limit=10, wait_seconds=0)) for _ in range(3)]

    assert received == [1, 1, 0]
    assert world.sqs.receive_message(QueueUrl=dead)["Messages"][0]["Body"] == "poison"


def test_a_deleted_message_is_gone_and_one_in_flight_is_invisible(world: World) -> None:
    url = world.sqs.create_queue(QueueName="events")["QueueUrl"]
    for body in "ab":
        world.sqs.send_message(QueueUrl=url, MessageBody=body)
    queues = BackendQueues(world.backend)

    received = queues.receive(QUEUE, limit=10, wait_seconds=0)
    queues.delete(QUEUE, [received[0].receipt_handle])
    visible = queues.receive(QUEUE, limit=10, wait_seconds=0)
    world.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=received[1].receipt_handle, VisibilityTimeout=0)

    assert visible == []
    assert [found.body for found in queues.receive(QUEUE, limit=10, wait_seconds=0)] == [received[1].body]


def test_pollers_carry_messages_to_the_function_and_stop(world: World) -> None:
    url = world.sqs.create_queue(QueueName="events")["QueueUrl"]
    called = threading.Event()
    function = FakeFunction(Result(b"{}"), called=called)
    pollers = EventPollers([SOURCE], BackendQueues(world.backend), function)
    pollers.start()
    world.sqs.send_message(QueueUrl=url, MessageBody="hello")

    called.wait(timeout=5)
    pollers.close(seconds=5)

    left = world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert [record["body"] for event in function.seen for record in event["Records"]] == ["hello"]
    assert left["ApproximateNumberOfMessages"] == left["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_queue_that_may_not_be_read_delivers_nothing_and_the_log_says_why(caplog: pytest.LogCaptureFixture) -> None:
    class ForbiddenQueue(FakeQueue):
        asked = threading.Event()

        def receive(self, queue_arn: str, *, limit: int, wait_seconds: float) -> list[Message]:
            self.asked.set()
            raise PermissionError("not authorized to perform: sqs:ReceiveMessage")

    queue, function = ForbiddenQueue(), FakeFunction(Result(b"{}"))
    pollers = EventPollers([SOURCE], queue, function)

    pollers.start()
    assert queue.asked.wait(5)
    pollers.close(seconds=5)

    assert function.seen == []
    assert f"nothing is delivered from {QUEUE}: not authorized to perform: sqs:ReceiveMessage" in caplog.text
