"""Functions that fail, behind the gateway and behind a queue: what callers get, what is kept, which alarm trips."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from alarms import Alarmed, put_alarms
from local_cloud.commands.status import screen
from local_world import start_cloud, wait_until
from tiny_cloud import DEAD_LETTER_QUEUE, MAX_RECEIVE_COUNT, QUEUE, SHARED, TinyCloud, start_tiny_cloud

pytestmark = pytest.mark.e2e

Start = Callable[..., TinyCloud]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with ExitStack() as stack:
        yield partial(start_tiny_cloud, stack, tmp_path)


@pytest.mark.parametrize(
    ("route", "status", "error", "alarms"),
    [
        ("works", 200, None, set()),
        ("throws", 502, "Upstream", {"api-5xx", "throws-errors"}),
        ("sleeps", 502, "Upstream", {"api-5xx", "sleeps-errors"}),
        ("malformed", 502, "Upstream", {"api-5xx"}),
    ],
)
def test_what_a_caller_of_a_failing_function_gets_and_which_alarm_trips(
    start: Start, route: str, status: int, error: str | None, alarms: set[str]
) -> None:
    world = start()

    answer = world.call(route)

    assert (answer.status_code, answer.json().get("error")) == (status, error)
    assert "secret" not in answer.text
    assert world.alarms() == alarms


def test_a_throttled_function_is_503_by_our_template_and_trips_throttles_but_not_errors(
    start: Start,
) -> None:
    world = start()
    world.call("works")
    world.reserve("works", 0)

    refused = world.call("works")
    world.aws.client("lambda").delete_function_concurrency(FunctionName=f"{SHARED}_works")
    again = world.call("works")

    assert (refused.status_code, refused.json()["error"], again.status_code) == (503, "Upstream", 200)
    assert world.alarms() == {"api-5xx", "works-throttles"}


@pytest.mark.parametrize(("handler", "visibility"), [("throws", 1), ("sleeps", 2)])
def test_messages_of_a_failing_function_are_kept_as_dead_letters(start: Start, handler: str, visibility: int) -> None:
    world = start(index=handler, visibility=visibility)

    world.send("a", "b")

    count = MAX_RECEIVE_COUNT + 1  # the last of them is this look into the dead-letter queue
    assert sorted(world.dead()) == [("a", count), ("b", count)]
    assert world.alarms() == {"dead-letter", "index-errors"}


def test_a_poison_message_takes_none_of_its_batch_with_it(start: Start) -> None:
    world = start()

    world.send("a", "poison", "b")

    assert world.dead() == [("poison", MAX_RECEIVE_COUNT + 1)]
    assert world.done_bodies() == ["a", "b"]
    assert world.alarms() == {"dead-letter"}  # the function itself did not fail: it told which message did


def test_messages_of_a_function_that_stays_throttled_become_dead_letters_after_their_visibility_timeouts(
    start: Start,
) -> None:
    world = start(visibility=2)
    world.reserve("index", 0)
    started = time.monotonic()

    world.send("a")

    assert world.dead() == [("a", MAX_RECEIVE_COUNT + 1)]
    assert time.monotonic() - started >= 2 * MAX_RECEIVE_COUNT - 0.5
    assert (world.done_bodies(), world.alarms()) == ([], {"dead-letter", "index-throttles"})


def test_nothing_is_lost_when_a_throttled_function_may_run_again(start: Start) -> None:
    world = start(visibility=20)
    world.reserve("index", 0)
    world.send("a", "b")
    wait_until(lambda: "index-throttles" in world.alarms(), seconds=10)

    world.reserve("index", 1)

    wait_until(lambda: not world.depth(QUEUE), seconds=15)
    assert (world.done_bodies(), world.depth(DEAD_LETTER_QUEUE)) == (["a", "b"], 0)


def test_more_reserved_than_this_machine_runs_refuses_nobody(start: Start) -> None:
    world = start()
    world.reserve("works", 100)

    assert world.call("works").status_code == 200
    assert world.runtime.pool(f"{SHARED}_works").pids()
    assert world.alarms() == set()


def test_the_whole_cloud_shows_its_alarms_and_a_restart_keeps_a_function_throttled(tmp_path: Path) -> None:
    options = {"LOCAL_CLOUD_ALARM_SECONDS": "0.2"}
    cloud = start_cloud(tmp_path, **options)
    try:
        alarmed = Alarmed("rekognition", ("library",), "rekognition-index-dead", "rekognition", "v1")
        put_alarms(cloud.client("cloudwatch"), alarmed)
        healthy = cloud.send("GET", "/index").status_code
        cloud.client("lambda").put_function_concurrency(
            FunctionName="rekognition_library", ReservedConcurrentExecutions=0
        )
        throttled = cloud.send("GET", "/index").status_code
        wait_until(lambda: cloud.status()["alarms"] == ["rekognition-api-5xx", "rekognition_library-throttles"])
        shown = screen(cloud.status())
    finally:
        cloud.stop()
    cloud = start_cloud(tmp_path, **options)
    try:
        after = cloud.send("GET", "/index").status_code
    finally:
        cloud.stop()

    assert (healthy, throttled, after) == (200, 503, 503)
    assert "alarms       rekognition-api-5xx, rekognition_library-throttles" in shown
