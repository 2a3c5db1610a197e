"""Whatever happens in whatever order, bucket, tables and collection agree in the end."""

from contextlib import suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from faceprint.model.errors import ConflictError, FaceprintError, NotFoundError
from fakes.pictures import make_image
from fakes.world import World

KEYS = ["a.jpg"]
"""One is enough: nothing is shared between keys, and every step then meets the ones before it."""
PHOTOS = [make_image(seed) for seed in range(3)]
PEOPLE = [["ana"], ["bea", "cia"], []]
STEPS = ("claim_version", "commit", "erase", "delete", "index")


class Crash(BaseException):
    """The process dies: nothing is caught, nothing is released."""


class Histories(RuleBasedStateMachine):
    """Photos come, change and go; events are delivered late, twice, in any order, and functions die half-way."""

    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.events: list[str] = []
        self.removals: list[str] = []
        for photo, people in zip(PHOTOS, PEOPLE, strict=True):
            self.world.collection.show(photo, *people)

    @rule(key=st.sampled_from(KEYS), photo=st.sampled_from(PHOTOS))
    def put(self, key: str, photo: bytes) -> None:
        self.world.store.put(key, photo)
        self.events.append(key)

    @rule(key=st.sampled_from(KEYS))
    def remove_object(self, key: str) -> None:
        if self.world.store.erase(key):
            self.events.append(key)

    @rule(key=st.sampled_from(KEYS), crash=st.sampled_from([None, *STEPS]), after=st.booleans())
    def delete_image(self, key: str, crash: str | None, after: bool) -> None:
        if key in self.world.store.versions:
            self.events.append(key)
        self._run(lambda: self.world.erase_image.erase(key, seconds=29), crash, after)

    @rule(data=st.data(), crash=st.sampled_from([None, *STEPS]), after=st.booleans())
    def delete_face(self, data: st.DataObject, crash: str | None, after: bool) -> None:
        if self.world.records.faces:
            face_id = data.draw(st.sampled_from(sorted(self.world.records.faces)))
            if not self._run(lambda: self.world.keep_faces.remove(face_id, seconds=29), crash, after):
                self.removals.append(face_id)

    @precondition(lambda self: self.events)
    @rule(data=st.data(), crash=st.sampled_from([None, *STEPS]), after=st.booleans(), again=st.booleans())
    def deliver(self, data: st.DataObject, crash: str | None, after: bool, again: bool) -> None:
        place = data.draw(st.integers(0, len(self.events) - 1))
        if self._run(lambda: self.world.index(self.events[place]), crash, after) and not again:
            self.events.pop(place)

    @rule(seconds=st.sampled_from([1, 40]))
    def wait(self, seconds: int) -> None:
        self.world.clock.sleep(seconds)

    @invariant()
    def no_row_shows_a_face_twice(self) -> None:
        told = [face for row in self.world.records.rows.values() if row.record for face in row.record.face_ids]
        assert len(told) == len(set(told))

    def teardown(self) -> None:
        self.world.clock.sleep(100)
        for key in self.events:
            self.world.index(key)
        for face_id in self.removals:
            # Nobody was told that the face is gone, so whoever asked asks again.
            with suppress(NotFoundError):
                self.world.keep_faces.remove(face_id, seconds=29)
        assert self.world.disagreements() == []

    def _run(self, action: Any, crash: str | None, after: bool) -> bool:
        """Runs an action that may die before or after one step; whether it came to its end."""
        undo = _die_at(self.world, crash, after) if crash else (lambda: None)
        try:
            action()
        except (Crash, ConflictError, NotFoundError, FaceprintError):
            return False
        finally:
            undo()
        return True


def _die_at(world: World, step: str, after: bool) -> Any:
    """Makes the next call of this step die, before or after its effect; answers how to undo that."""
    owners = [owner for owner in (world.records, world.collection) if hasattr(owner, step)]
    originals = [(owner, getattr(owner, step)) for owner in owners]

    def replace(original: Any) -> Any:
        def dying(*args: Any, **options: Any) -> Any:
            if after:
                original(*args, **options)
            raise Crash

        return dying

    for owner, original in originals:
        setattr(owner, step, replace(original))

    def undo() -> None:
        for owner, _original in originals:
            delattr(owner, step)

    return undo


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=400, stateful_step_count=20, deadline=None)
