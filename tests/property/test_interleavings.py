"""Clients at once, on few names: some order of their calls explains what each was told, however their steps mix.

The use cases run as they are, on stores in memory, each of whose calls is a step; a seed decides who is next, who dies
on the way, which event comes late or twice, and when time jumps beyond a lease.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from faceprint.model.errors import ConflictError, FaceprintError, NotFoundError
from faceprint.model.records import ObjectVersion
from fakes.faces import Seen
from fakes.interleaving import Actor, Crash, Stage, Stepped
from fakes.pictures import make_image
from fakes.stores import ManualClock, MemoryImageStore
from fakes.world import World
from histories.one_name import Call, assert_explained

KEY = "a.jpg"
PEOPLE = ("ana", "bea", "cia")
PHOTOS = {person: make_image(seed) for seed, person in enumerate(PEOPLE)}
PLACES = {person: 0.1 * place for place, person in enumerate(PEOPLE)}
"""Where the face is on the photo, from the left: whose face an answer shows."""
CLIENTS, CALLS, WORKERS = 4, 4, 2
SEEDS, SEEDS_AT_ONCE = 1500, 50
REQUEST_SECONDS, INDEX_SECONDS = 29, 30


class EventfulStore(MemoryImageStore):
    """A bucket that tells what has happened; what is erased is looked for first, as S3 does it."""

    def __init__(self, stage: Stage, events: list[ObjectVersion | None]) -> None:
        super().__init__()
        self.stage, self.events = stage, events

    def write(self, key: str, data: bytes, **options: Any) -> Any:
        version = super().write(key, data, **options)
        self.events.append(version)
        return version

    def erase(self, key: str) -> int:
        found = list(self.versions.get(key, []))
        return self.stage.call(lambda: self._remove(key, found))

    def _remove(self, key: str, found: list[Any]) -> int:
        left = [version for version in self.versions.get(key, []) if version not in found]
        self.versions[key] = left
        if not left:
            del self.versions[key]
        if found:
            self.events.append(None)
        return len(found)


class Play:
    """One history: clients, the workers of the index function, and what became of their calls."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        clock = ManualClock()
        self.stage = Stage(
            self.chance, clock, crashes=self.chance.choice([0.0, 0.02]), changes=self.chance.choice([0.1, 0.3, 1.0])
        )
        self.events: list[ObjectVersion | None] = []
        self.world = World(clock, EventfulStore(self.stage, self.events))
        for person, photo in PHOTOS.items():
            self.world.collection.show(photo, Seen(person, PLACES[person]))
        for place in ("store", "records", "faces", "collection"):
            setattr(self.world, place, Stepped(getattr(self.world, place), self.stage))
        self.world.clock = self.stage
        self.world.announce = lambda _, version: self.stage.call(lambda: self.events.append(version))
        self.calls: list[Call] = []
        self.removed: dict[str, float] = {}
        self.unsure: dict[str, str] = {}
        self.acting = CLIENTS

    def run(self) -> None:
        clients = [lambda client=client: self._act_as_client(client) for client in range(CLIENTS)]
        self.stage.actors = [Actor(work) for work in [*clients, *[self._act_as_worker] * WORKERS]]
        self.stage.play()
        self.stage.sleep(REQUEST_SECONDS + INDEX_SECONDS)
        for face_id, person in self.unsure.items():
            # Nobody was told that the face is gone, so whoever asked asks again.
            self._call(CLIENTS, "REMOVE", person, partial(self._remove_face, face_id))
        for person in PEOPLE:
            self._ask(CLIENTS, "SEARCH", person)
        self._ask(CLIENTS, "GET", "")

    def _act_as_client(self, client: int) -> None:
        for _ in range(CALLS):
            method = self.chance.choice(["PUT", "PUT", "PUT", "DELETE", "GET", "SEARCH", "SEARCH", "REMOVE"])
            self.stage.rest(self.chance.choice([0, 0, 0, 1, 5]))
            self.stage.limit(REQUEST_SECONDS)
            self._ask(client, method, self.chance.choice(PEOPLE))
        self.acting -= 1

    def _act_as_worker(self) -> None:
        while self.acting or self.events:
            if not self.events:
                self.stage.rest(0.5)
                continue
            version = self.events.pop(self.chance.randrange(len(self.events)))
            self.stage.limit(INDEX_SECONDS)
            try:
                self.world.index(KEY, version=version, seconds=INDEX_SECONDS)
            except (Crash, FaceprintError):
                self.events.append(version)
                self.stage.rest(self.chance.choice([1, 5]))
            else:
                self.events += [version] if self.chance.random() < 0.1 else []

    def _ask(self, client: int, method: str, person: str) -> None:
        self._call(client, method, person, getattr(self, f"_{method.lower()}"))

    def _call(self, client: int, method: str, person: str, work: Callable[[str], tuple[Any, str, int]]) -> None:
        invoked = self.stage.moment()
        photo, outcome, faces = person, "UNKNOWN", 0
        try:
            photo, outcome, faces = work(person)
        except ConflictError:
            outcome = "CONFLICT"
        except NotFoundError:
            outcome, photo = "MISSING", None if method == "GET" else person
        except (Crash, FaceprintError):
            outcome = "UNKNOWN"
        photo = None if method == "DELETE" else photo
        if not (method == "REMOVE" and outcome == "MISSING"):
            self.calls.append(Call(KEY, client, method, photo, invoked, self.stage.moment(), outcome, faces))

    def _put(self, person: str) -> tuple[str, str, int]:
        wait = self.chance.random() < 0.7
        answer = self.world.upload_image.upload(
            KEY, PHOTOS[person], name=person, metadata={}, correlation_id="", wait=wait
        )
        _check_faces(answer, person)
        return person, answer["image"]["status"], 0

    def _delete(self, _: str) -> tuple[None, str, int]:
        self.world.erase_image.erase(KEY, seconds=REQUEST_SECONDS)
        return None, "ERASED", 0

    def _get(self, _: str) -> tuple[str, str, int]:
        answer = self.world.read_image.read(KEY)
        _check_faces(answer, answer["image"]["name"])
        return answer["image"]["name"], answer["image"]["status"], len(answer["FaceRecords"])

    def _search(self, person: str) -> tuple[str, str, int]:
        begun = self.stage.moment()
        found = self.world.search_faces.search(PHOTOS[person], threshold=80, max_faces=9, quality_filter="NONE")
        shown = [match for match in found["matches"] if match["key"] == KEY]
        assert all(self.removed.get(match["FaceId"], begun) >= begun for match in shown), "a removed face is back"
        return person, "HIT" if shown else "MISS", 0

    def _remove(self, person: str) -> tuple[str, str, int]:
        rows = self.world.records.faces
        mine = [face_id for face_id, row in rows.items() if row.get("name") == person]
        if not mine:
            raise NotFoundError("Nobody knows a face of this person.")
        self.unsure[mine[0]] = person
        return self._remove_face(mine[0], person)

    def _remove_face(self, face_id: str, person: str) -> tuple[str, str, int]:
        self.world.keep_faces.remove(face_id, seconds=REQUEST_SECONDS)
        self.removed[face_id] = self.stage.moment()
        return person, "REMOVED", 0


def _check_faces(answer: dict[str, Any], person: str) -> None:
    """An answer shows the photo that it tells of, not half of that and half of another one."""
    places = [record["Face"]["BoundingBox"]["Left"] for record in answer["FaceRecords"]]
    assert places == [PLACES[person]] * answer["image"].get("faces", 0), f"not the faces of {person}"


def repeat(play: Callable[[int], None], first: int) -> None:
    for seed in range(first, first + SEEDS_AT_ONCE):
        try:
            play(seed)
        except AssertionError as exc:
            raise AssertionError(f"seed {seed}: {exc}") from exc


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_AT_ONCE))
def test_some_order_of_the_calls_explains_what_everybody_was_told(first: int) -> None:
    def play(seed: int) -> None:
        history = Play(seed)

        history.run()

        assert_explained(history.calls)
        assert history.world.disagreements() == []

    repeat(play, first)
