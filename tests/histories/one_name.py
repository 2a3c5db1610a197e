"""What Faceprint promises of one name, as a sequential specification for the checker.

See "One name, several clients" in docs/architecture.md. A name has contents, which change at once, and faces that can
be found, which follow: each of the later contents in turn, or one that comes after it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from histories.checker import NEVER, Step, is_linearizable


class Contents(NamedTuple):
    """A photo, by its person, or None for no photo; the call that brought it, and when that call was answered."""

    photo: str | None
    call: int
    until: float = NEVER


NOTHING = Contents(None, -1, -NEVER)


@dataclass(frozen=True)
class Name:
    """The contents whose faces can be found, whether the face was removed by itself, and the contents after them.

    `bare` is None while nobody was told that the face is removed: it may be found or not, shown or not.
    """

    found: Contents = NOTHING
    bare: bool | None = False
    coming: tuple[Contents, ...] = ()

    @property
    def stored(self) -> Contents:
        return (self.found, *self.coming)[-1]

    def later(self) -> Iterator["Name"]:
        """This state and those that it becomes by itself, when the faces of what is stored are indexed."""
        yield self
        for place, contents in enumerate(self.coming):
            yield Name(contents, coming=self.coming[place + 1 :])


@dataclass(frozen=True)
class Call:
    """What a client asked of a name and was told. `outcome` is a status of the contract, or one of these:

    ERASED and MISSING of DELETE and GET, HIT and MISS of a search, REMOVED of a face, CONFLICT for 409 and UNKNOWN for
    whatever else: no answer, a 5xx. `faces` is how many GET has shown.
    """

    name: str
    client: int
    method: str
    photo: str | None
    invoked: float
    answered: float
    outcome: str
    faces: int = 0

    def __str__(self) -> str:
        end = "......." if self.answered == NEVER else f"{self.answered:7.3f}"
        asked = f"{self.method} {self.photo or ''}".strip()
        return f"{self.invoked:7.3f} to {end}  client {self.client}: {asked} -> {self.outcome}"


# The actions: method, outcome and photo of a call, its number, and when it was invoked and answered.
Action = tuple[str, str, str | None, int, float, float, int]


def steps_of(calls: list[Call]) -> list[Step]:
    """What changes contents and their faces is two steps: the contents change, their faces follow."""
    steps: list[Step] = []
    for number, call in enumerate(calls):
        known = call.outcome not in ("UNKNOWN", "CONFLICT")
        if not known and call.method in ("GET", "SEARCH"):
            continue
        answered = NEVER if call.outcome == "UNKNOWN" else call.answered
        action = (call.method, call.outcome, call.photo, number, call.invoked, call.answered, call.faces)
        steps.append(Step(call.invoked, answered, action, certain=known))
        if known and call.method in ("PUT", "DELETE", "REMOVE") and call.outcome != "PENDING":
            ended = ("END " + call.method, *action[1:])
            steps.append(Step(call.invoked, answered, ended, after=len(steps) - 1))
    return steps


def apply(state: Name, action: Action) -> Iterator[Name]:
    """The states that may follow; see `checker.Apply`."""
    return _RULES[action[0]](state, action)


def _put(state: Name, action: Action) -> Iterator[Name]:
    _, outcome, photo, number, *_ = action
    if outcome != "DUPLICATE":
        yield replace(state, coming=(*state.coming, Contents(photo, number)))
    # The same photo again is not stored again; of a PUT that waits for no faces only its contents are known.
    if outcome != "INDEXED" and state.stored.photo == photo:
        yield state


def _put_ended(state: Name, action: Action) -> Iterator[Name]:
    _, outcome, photo, number, *_ = action
    for later in state.later():
        if later.found.call == number or (outcome == "DUPLICATE" and later.found.photo == photo):
            yield later


def _delete(state: Name, action: Action) -> Iterator[Name]:
    _, outcome, _, number, invoked, answered, _ = action
    stored = state.stored
    if stored.photo is None:
        # Two erasures at once may both tell what they have found.
        if outcome != "ERASED" or stored.until >= invoked:
            yield replace(state, coming=(*state.coming, Contents(None, number, stored.until)))
    elif outcome != "MISSING":
        until = NEVER if outcome == "UNKNOWN" else answered
        yield replace(state, coming=(*state.coming, Contents(None, number, until)))


def _delete_ended(state: Name, action: Action) -> Iterator[Name]:
    number = action[3]
    for later in state.later():
        if all(contents.call != number for contents in later.coming):
            yield later


def _get(state: Name, action: Action) -> Iterator[Name]:
    _, outcome, photo, *_, faces = action
    if state.stored.photo != photo:
        return
    if photo is None or (outcome == "PENDING" and state.coming):
        yield state
    elif outcome == "INDEXED":
        *_, settled = state.later()
        if settled.bare is None or faces == (0 if settled.bare else 1):
            yield settled


def _search(state: Name, action: Action) -> Iterator[Name]:
    _, outcome, photo, *_ = action
    for later in state.later():
        hit = later.found.photo == photo and not later.bare
        # While faces change, those that go may be gone, and those that come may not be there.
        if hit if outcome == "HIT" else not hit or later.coming or later.bare is None:
            yield later


def _remove_face(state: Name, action: Action) -> Iterator[Name]:
    """Who asked knew the face of a photo that may have been replaced since; then nothing is left to do."""
    yield state
    for later in state.later():
        if later.found.photo == action[2] and not later.bare:
            yield replace(later, bare=None)


def _remove_face_ended(state: Name, action: Action) -> Iterator[Name]:
    yield replace(state, bare=True) if state.bare is None else state


_RULES = {
    "PUT": _put,
    "END PUT": _put_ended,
    "DELETE": _delete,
    "END DELETE": _delete_ended,
    "GET": _get,
    "SEARCH": _search,
    "REMOVE": _remove_face,
    "END REMOVE": _remove_face_ended,
}


def is_explained(calls: list[Call]) -> bool:
    """Whether one name's calls are linearizable."""
    return is_linearizable(steps_of(calls), Name(), apply)


def shortest_unexplained(calls: list[Call]) -> list[Call]:
    """The calls until the first answer that nothing explains, without the reads that do not matter."""
    ends = sorted({call.answered for call in calls})
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if is_explained(_until(calls, ends[middle])) else (low, middle)
    kept = _until(calls, ends[low])
    for call in [call for call in kept if call.method in ("GET", "SEARCH")]:
        fewer = [other for other in kept if other is not call]
        if not is_explained(fewer):
            kept = fewer
    return kept


def _until(calls: list[Call], end: float) -> list[Call]:
    begun = [call for call in calls if call.invoked <= end]
    return [call if call.answered <= end else replace(call, answered=NEVER, outcome="UNKNOWN") for call in begun]


def assert_explained(calls: list[Call]) -> None:
    """Fails with the shortest history of the first name that is not linearizable."""
    for name in sorted({call.name for call in calls}):
        of_name = sorted((call for call in calls if call.name == name), key=lambda call: call.invoked)
        if not is_explained(of_name):
            told = "\n".join(map(str, shortest_unexplained(of_name)))
            raise AssertionError(f"no order of the calls explains what was seen of {name}:\n{told}")
