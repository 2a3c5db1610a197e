"""What becomes of a run when the service answers badly, and that the journal knows what the summary says."""

import json
import threading
import time
from pathlib import Path
from typing import Self

import pytest

from command_line import UsageError
from faceprint_client import FaceprintClient
from indexing.journal import Journal
from indexing.plan import PhotoFile
from indexing.run import IndexRun, Outcome
from shared_pace import SharedPace
from tiny_http_server import Reply, TinyServer, tiny_server

DONE = Reply({"image": {"key": "a.jpg", "status": "INDEXED", "etag": "e-1"}})
WAITS = Reply({"image": {"key": "a.jpg", "status": "PENDING", "etag": "e-1"}}, 201)


class Attempt:
    """A run over a few photos against a tiny server."""

    def __init__(self, server: TinyServer, folder: Path, *, photos: int = 6) -> None:
        self.outcomes: list[Outcome] = []
        self.stop = threading.Event()
        self.journal = folder / "journal"
        self.photos = []
        for number in range(photos):
            path = folder / f"{number}.jpg"
            path.write_bytes(b"\xff\xd8\xff photo")
            self.photos.append(PhotoFile(path, path.name, path.name, "Ada", 9, path.stat().st_mtime_ns))
        self.kept = Journal(self.journal, url=server.url)
        client = FaceprintClient(server.url, "k", retries=1, deadline=5, pace=SharedPace(self.stop))
        self.run = IndexRun(client, self.kept, self.stop, self.outcomes.append)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kept.__exit__()

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()] if self.journal.exists() else []


@pytest.mark.parametrize(
    "reply",
    [
        Reply({"error": "Forbidden", "description": "Send the key."}, 403),
        Reply({"error": "Throttled", "description": "The quota is used up."}, 429, {"Retry-After": "3600"}),
        Reply(status=0),
    ],
)
def test_what_is_true_of_every_photo_ends_the_run_after_the_first(reply: Reply, tmp_path: Path) -> None:
    with tiny_server(reply) as server, Attempt(server, tmp_path) as attempt:
        pending = attempt.run.index(attempt.photos, workers=1)

    assert pending == []
    assert [outcome.status for outcome in attempt.outcomes] == ["FAILED"]
    assert attempt.run.halted == attempt.outcomes[0].reason != ""


def test_a_photo_that_fails_alone_does_not_end_the_run(tmp_path: Path) -> None:
    refused = Reply({"error": "UnsupportedFormat", "description": "A PDF."}, 415)
    with tiny_server(refused, DONE) as server, Attempt(server, tmp_path) as attempt:
        attempt.run.index(attempt.photos, workers=1)

    assert [outcome.status for outcome in attempt.outcomes] == ["FAILED"] + ["INDEXED"] * 5
    assert [line["status"] for line in attempt.lines()] == ["FAILED"] + ["INDEXED"] * 5
    assert attempt.run.halted == ""


def test_a_photo_that_vanishes_is_a_failure_of_its_own(tmp_path: Path) -> None:
    with tiny_server(DONE) as server, Attempt(server, tmp_path, photos=2) as attempt:
        attempt.photos[0].path.unlink()

        attempt.run.index(attempt.photos, workers=1)

    assert [outcome.status for outcome in attempt.outcomes] == ["FAILED", "INDEXED"]
    assert "No such file" in attempt.outcomes[0].reason


def test_a_run_that_is_stopped_begins_nothing(tmp_path: Path) -> None:
    with tiny_server(DONE) as server, Attempt(server, tmp_path) as attempt:
        attempt.stop.set()

        attempt.run.index(attempt.photos, workers=4)

    assert (attempt.outcomes, server.received) == ([], [])


def test_faces_that_follow_later_are_asked_for_until_they_are_there(tmp_path: Path) -> None:
    with tiny_server(WAITS, WAITS, WAITS, DONE) as server, Attempt(server, tmp_path, photos=1) as attempt:
        pending = attempt.run.index(attempt.photos, workers=1)
        attempt.run.settle(pending, seconds=30, now=time.monotonic)

    assert [request.method for request in server.received] == ["PUT", "GET", "GET", "GET"]
    assert [outcome.status for outcome in attempt.outcomes] == ["INDEXED"]
    assert [line["status"] for line in attempt.lines()] == ["PENDING", "INDEXED"]


def test_uploads_do_not_wait_for_faces_once_one_has_waited_in_vain(tmp_path: Path) -> None:
    with tiny_server(DONE, WAITS, DONE) as server, Attempt(server, tmp_path, photos=4) as attempt:
        attempt.run.index(attempt.photos, workers=1)

    assert [request.headers.get("prefer") for request in server.received] == [None, None, *["respond-async"] * 2]


def test_the_wait_for_faces_begins_anew_with_each_that_comes(tmp_path: Path) -> None:
    times = iter(range(0, 1000, 4))
    with tiny_server(DONE, WAITS, WAITS, DONE) as server, Attempt(server, tmp_path, photos=3) as attempt:
        attempt.run.settle(attempt.photos, seconds=5, now=lambda: float(next(times)))

    assert [outcome.status for outcome in attempt.outcomes] == ["INDEXED"] * 3


def test_faces_that_do_not_follow_in_time_are_reported_as_pending(tmp_path: Path) -> None:
    with tiny_server(WAITS) as server, Attempt(server, tmp_path, photos=2) as attempt:
        attempt.run.settle(attempt.photos, seconds=0, now=lambda: 0.0 if not server.received else 1.0)

    assert [outcome.status for outcome in attempt.outcomes] == ["PENDING", "PENDING"]


def test_a_photo_that_is_removed_while_it_waits_is_a_failure(tmp_path: Path) -> None:
    with (
        tiny_server(Reply({"error": "NotFound", "description": "No such image."}, 404)) as server,
        Attempt(server, tmp_path, photos=1) as attempt,
    ):
        attempt.run.settle(attempt.photos, seconds=30, now=lambda: 0.0)

    assert [(outcome.status, outcome.reason) for outcome in attempt.outcomes] == [
        ("FAILED", "It was removed meanwhile.")
    ]


def test_a_journal_that_cannot_be_written_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="give --state another file"):
        Journal(tmp_path / "missing/journal", url="http://x").open()
