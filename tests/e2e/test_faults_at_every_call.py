"""A worker is killed before and after each call that indexing and erasing make: the stores agree all the same."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from faceprint.model.names import external_image_id
from fault_plans import end_faults, put_faults, struck
from local_world import LocalCloud, sample, start_cloud, wait_until
from stores import face_ids_of, settled

MOMENTS = ("before", "after")
PHOTOS = ("barack-obama-1", "grace-hopper", "joe-biden-1", "eileen-collins")
# The calls that change something. The first test of this file holds them to the log.
CALLS = {
    "upload": ("PutObject",),
    "index": ("UpdateItem", "IndexFaces", "TransactWriteItems"),
    "replace": ("UpdateItem", "IndexFaces", "DeleteFaces", "TransactWriteItems"),
    "erase": ("DeleteObjects", "UpdateItem", "DeleteFaces", "TransactWriteItems"),
    "remove": ("UpdateItem", "DeleteFaces", "TransactWriteItems"),
}
WAVES = 7
READS = {"GetItem", "BatchGetItem", "GetObject", "HeadObject", "ListObjectVersions"}


@dataclass(frozen=True)
class Case:
    """One killing: who is about to do what with a photo of its own."""

    flow: str
    operation: str
    when: str

    @property
    def key(self) -> str:
        return f"every-call/{self.flow}-{self.operation}-{self.when}.jpg"

    @property
    def function(self) -> str:
        """Who is killed. `remove` is a DELETE of S3 itself, whose traces the event erases."""
        return {"upload": "rekognition_upload", "erase": "rekognition_library"}.get(self.flow, "rekognition_index")

    @property
    def has_been_indexed(self) -> bool:
        return self.flow in ("replace", "erase", "remove")

    @property
    def ends_with_faces(self) -> int:
        return 0 if self.flow in ("erase", "remove") else 1


CASES = [Case(flow, operation, when) for flow, calls in CALLS.items() for operation in calls for when in MOMENTS]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud of its own; the messages of a killed worker come back when its function must have ended, after 35 s."""
    running = start_cloud(tmp_path_factory.mktemp("every-call"))
    yield running
    running.stop()


def photo(number: int) -> bytes:
    """Each a different one."""
    return sample(PHOTOS[number % len(PHOTOS)]) + number.to_bytes(4, "big")


def test_the_calls_are_those_that_the_functions_log(cloud: LocalCloud) -> None:
    cloud.put("first.jpg", photo(0))
    cloud.put("first.jpg", photo(1))
    assert cloud.send("DELETE", "/index/first.jpg").status_code == 200
    wait_until(lambda: [line for line in cloud.log("index") if line.get("erased") == 0 or line.get("unchanged")])

    reconciled = [line["calls"] for line in cloud.log("index") if line["message"] == "reconciled" and "faces" in line]
    served = {
        function: [line["calls"] for line in cloud.log(function) if line["message"] == "served"]
        for function in ("upload", "library")
    }

    assert names_of(reconciled[0]) - READS == set(CALLS["index"])
    assert names_of(reconciled[1]) - READS == set(CALLS["replace"])
    assert names_of(served["library"][0]) - READS <= set(CALLS["erase"])
    assert all(names_of(calls) - READS == set(CALLS["upload"]) for calls in served["upload"])


def names_of(calls: dict[str, int]) -> set[str]:
    return {call.split(".")[1] for call in calls}


def test_no_kill_before_or_after_any_call_loses_or_doubles_a_photo(cloud: LocalCloud) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: prepare(cloud, number), range(len(CASES))))
    before = {face["ExternalImageId"]: face_id for face_id, face in face_ids_of(cloud).items()}
    put_faults(cloud, calls=[rule_of(case, before) for case in CASES])

    for start in range(WAVES):
        act_together(cloud, range(start, len(CASES), WAVES))
    end_faults(cloud)

    assert settled(cloud, seconds=240) == []
    faces = Counter(face["ExternalImageId"] for face in face_ids_of(cloud).values())
    assert {case: faces[external_image_id(case.key)] for case in CASES} == {
        case: case.ends_with_faces for case in CASES
    }


def act_together(cloud: LocalCloud, numbers: range) -> None:
    """A few at a time: more killings in one batch of messages than a message has deliveries are nobody's bad luck."""
    with ThreadPoolExecutor(len(numbers)) as pool:
        list(pool.map(lambda number: act(cloud, number), numbers))
    wait_until(lambda: all(struck(cloud)[number] for number in numbers), seconds=240)


def prepare(cloud: LocalCloud, number: int) -> None:
    """What the case finds."""
    if CASES[number].has_been_indexed:
        cloud.put(CASES[number].key, photo(100 + number))


def rule_of(case: Case, faces: dict[str, str]) -> dict[str, object]:
    """Kills this case's worker once; DeleteFaces does not name the photo, but its face."""
    mentions = case.key
    if case.operation == "DeleteFaces":
        mentions = faces[external_image_id(case.key)]
    return {
        "fault": "kill",
        "when": case.when,
        "function": case.function,
        "operation": case.operation,
        "mentions": mentions,
        "count": 1,
    }


def act(cloud: LocalCloud, number: int) -> None:
    """A client that repeats what was not answered well."""
    case = CASES[number]
    if case.flow == "remove":
        cloud.client("s3").delete_object(Bucket=cloud.addresses["bucket"], Key=case.key)
        return
    deadline_tries = 10
    for _ in range(deadline_tries):
        if case.flow == "erase":
            answer = cloud.send("DELETE", f"/index/{case.key}")
        else:
            answer = cloud.send("PUT", f"/index/{case.key}", photo(number), headers={"prefer": "respond-async"})
        if answer.status_code in (200, 201, 404):
            return
        assert answer.status_code in (409, 429, 500, 502, 503, 504), answer.text
    raise AssertionError(f"{case} was refused {deadline_tries} times")


def test_a_photo_is_found_though_its_message_came_as_test_stale_and_double_events(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    events = [
        {"fault": "duplicate", "times": 2},
        {"fault": "stale", "seconds": 1},
        {"fault": "test_event"},
        {"fault": "reorder", "seconds": 2},
    ]
    put_faults(cloud, events=events, invisible_seconds=1)

    for number in range(3):
        cloud.put("noisy.jpg", photo(200 + number))
    cloud.put("erased.jpg", photo(210))
    cloud.send("DELETE", "/index/erased.jpg")
    end_faults(cloud)

    assert settled(cloud, seconds=60) == []
    assert cloud.send("GET", "/index/noisy.jpg").json()["image"]["faces"] == 1
    assert cloud.send("GET", "/index/erased.jpg").status_code == requests.codes.not_found
