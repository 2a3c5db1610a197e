"""The checker of histories accepts what Faceprint promises of a name, and nothing else."""

import pytest

from histories.checker import NEVER, Step, is_linearizable
from histories.one_name import Call, assert_explained, is_explained, shortest_unexplained


def register(state: object, action: object) -> list[object]:
    """A register: ("write", x) and ("read", x)."""
    kind, value = action
    return [value] if kind == "write" or state == value else []


def is_register(*steps: Step) -> bool:
    return is_linearizable(steps, 0, register)


def test_calls_one_after_the_other_have_one_order() -> None:
    written = Step(0, 1, ("write", 1))

    assert is_register(written, Step(2, 3, ("read", 1)))
    assert not is_register(written, Step(2, 3, ("read", 0)))


def test_calls_at_once_have_any_order_but_the_same_for_all() -> None:
    writes = (Step(0, 5, ("write", 1)), Step(0, 5, ("write", 2)))

    assert is_register(*writes, Step(6, 7, ("read", 1)), Step(8, 9, ("read", 1)))
    assert not is_register(*writes, Step(6, 7, ("read", 1)), Step(8, 9, ("read", 2)))


def test_an_unanswered_call_takes_effect_late_or_never_but_once() -> None:
    unknown = Step(0, NEVER, ("write", 1), certain=False)
    reads = [Step(2 * place, 2 * place + 1, ("read", value)) for place, value in enumerate((0, 1, 1), start=1)]

    assert is_register(unknown, *reads)
    assert is_register(unknown, reads[0])
    assert not is_register(unknown, *reads, Step(9, 10, ("read", 0)))


def test_a_second_step_of_a_call_comes_after_its_first() -> None:
    steps = (Step(0, 9, ("write", 1)), Step(0, 9, ("read", 1), after=0))

    assert is_register(*steps)
    assert not is_register(steps[0], Step(0, 9, ("read", 0), after=0))


def history(*told: str) -> list[Call]:
    """Calls as "begin end METHOD photo outcome [faces]", with - for no photo."""
    calls = []
    for client, line in enumerate(told):
        begin, end, method, photo, outcome, *faces = line.split()
        photo_or_none = None if photo == "-" else photo
        until = float("inf" if end == "-" else end)
        calls.append(
            Call("a.jpg", client, method, photo_or_none, float(begin), until, outcome, int(faces[0]) if faces else 0)
        )
    return calls


PUT_ANA = "0 1 PUT ana INDEXED"
GOOD = {
    "an upload is shown and found": [PUT_ANA, "2 3 GET ana INDEXED 1", "2 3 SEARCH ana HIT", "2 3 SEARCH bea MISS"],
    "the same again is a duplicate": [PUT_ANA, "2 3 PUT ana DUPLICATE"],
    "faces follow contents": [PUT_ANA, "2 3 PUT bea PENDING", "4 5 GET bea PENDING", "6 7 SEARCH ana HIT"],
    "faces follow at some time": [PUT_ANA, "2 3 PUT bea PENDING", "4 5 SEARCH bea HIT", "6 7 SEARCH ana MISS"],
    "faces that change are found or not": [
        PUT_ANA,
        "2 9 PUT bea INDEXED",
        "3 4 SEARCH ana MISS",
        "5 6 SEARCH ana MISS",
    ],
    "of two uploads at once one wins": ["0 5 PUT ana INDEXED", "0 5 PUT bea CONFLICT", "6 7 GET ana INDEXED 1"],
    "a refused upload may have happened": [PUT_ANA, "2 3 PUT bea CONFLICT", "4 5 GET bea PENDING"],
    "an unanswered upload comes late": [PUT_ANA, "2 - PUT bea UNKNOWN", "4 5 SEARCH ana HIT", "8 9 GET bea INDEXED 1"],
    "an erasure takes faces along": [PUT_ANA, "2 3 DELETE - ERASED", "4 5 GET - MISSING", "4 5 SEARCH ana MISS"],
    "an erasure is seen half-way": [PUT_ANA, "2 9 DELETE - ERASED", "3 4 GET - MISSING", "5 6 SEARCH ana HIT"],
    "two erasures at once tell the same": [PUT_ANA, "2 5 DELETE - ERASED", "3 6 DELETE - ERASED"],
    "nothing is erased twice": [PUT_ANA, "2 3 DELETE - ERASED", "4 5 DELETE - MISSING"],
    "an upload outlives an erasure": [PUT_ANA, "2 5 DELETE - ERASED", "3 4 PUT bea INDEXED", "6 7 SEARCH bea HIT"],
    "a face is removed half-way": [PUT_ANA, "2 - REMOVE ana UNKNOWN", "4 5 SEARCH ana MISS", "6 7 GET ana INDEXED 1"],
    "a face is removed": [PUT_ANA, "2 3 REMOVE ana REMOVED", "4 5 GET ana INDEXED 0", "4 5 SEARCH ana MISS"],
}
BAD = {
    "an upload is lost": [PUT_ANA, "2 3 GET - MISSING"],
    "an upload is not found": [PUT_ANA, "2 3 SEARCH ana MISS"],
    "an upload is pending again": [PUT_ANA, "2 3 GET ana PENDING"],
    "nobody uploaded it": [PUT_ANA, "2 3 GET bea INDEXED 1"],
    "old contents are shown": [PUT_ANA, "2 3 PUT bea PENDING", "4 5 GET ana INDEXED 1"],
    "old faces are found": [PUT_ANA, "2 3 PUT bea INDEXED", "4 5 SEARCH ana HIT"],
    "old faces come back": [PUT_ANA, "2 3 PUT bea PENDING", "4 5 SEARCH bea HIT", "6 7 SEARCH ana HIT"],
    "a face is lost": [PUT_ANA, "2 3 GET ana INDEXED 0"],
    "two uploads win": ["0 5 PUT ana PENDING", "0 5 PUT bea PENDING", "6 7 GET ana PENDING", "8 9 GET bea PENDING"],
    "something else is no duplicate": [PUT_ANA, "2 3 PUT bea DUPLICATE"],
    "an erased photo is shown": [PUT_ANA, "2 3 DELETE - ERASED", "4 5 GET ana INDEXED 1"],
    "an erased photo is found": [PUT_ANA, "2 3 DELETE - ERASED", "4 5 SEARCH ana HIT"],
    "an erased photo is erased": [PUT_ANA, "2 3 DELETE - ERASED", "4 5 DELETE - ERASED"],
    "a stored photo is not erased": [PUT_ANA, "2 3 DELETE - MISSING"],
    "an erasure hits a later upload": [PUT_ANA, "2 3 DELETE - ERASED", "4 5 PUT bea INDEXED", "6 7 SEARCH bea MISS"],
}


@pytest.mark.parametrize("promise", GOOD)
def test_it_explains(promise: str) -> None:
    assert is_explained(history(*GOOD[promise]))


@pytest.mark.parametrize("breach", BAD)
def test_it_does_not_explain(breach: str) -> None:
    assert not is_explained(history(*BAD[breach]))


def test_what_fails_is_told_in_as_few_calls_as_possible() -> None:
    calls = history(
        PUT_ANA, "2 3 GET ana INDEXED 1", "4 5 PUT bea INDEXED", "6 7 SEARCH ana HIT", "8 9 GET bea INDEXED 1"
    )

    told = shortest_unexplained(calls)

    assert [call.client for call in told] == [0, 2, 3]
    with pytest.raises(AssertionError, match=r"seen of a\.jpg:\n  0\.000 to   1\.000  client 0: PUT ana -> INDEXED"):
        assert_explained(calls)


def test_a_long_history_is_no_long_work() -> None:
    put = Call("a.jpg", 0, "PUT", "ana", 0, 1, "INDEXED")
    reads = [Call("a.jpg", number % 8, "GET", "ana", number, number + 7.5, "INDEXED", 1) for number in range(2, 1000)]

    assert is_explained([put, *reads])
    assert not is_explained([put, *reads, Call("a.jpg", 1, "SEARCH", "ana", 1100, 1101, "MISS")])
