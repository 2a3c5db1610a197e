"""Is a history linearizable? Wing and Gong's search with Lowe's memory of what was tried.

J. Wing, C. Gong: Testing and Verifying Concurrent Objects (1993); G. Lowe: Testing for Linearizability (2017). There is
no kept library for it in Python. Beyond the textbook: a call may take effect in two steps, and a specification may
leave open which of several states follows.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

NEVER = float("inf")


@dataclass(frozen=True)
class Step:
    """Something that took effect at one moment between `invoked` and `answered`, on any monotonic clock.

    A step that is not certain may have had no effect at all; answered NEVER, it may have it at any later time. `after`
    is the place in the history of the step of the same call that comes before this one.
    """

    invoked: float
    answered: float
    action: Hashable
    certain: bool = True
    after: int | None = None


Apply = Callable[[Hashable, Hashable], Iterable[Hashable]]
"""State and action to the states that may follow; none where the action cannot have happened in that state."""


def is_linearizable(steps: Sequence[Step], initial: Hashable, apply: Apply) -> bool:
    """Whether the certain steps, and some of the others, have an order that the specification allows.

    The order keeps that of time: a step that was answered before another was invoked comes before it.
    """
    wanted = sum(1 << place for place, step in enumerate(steps) if step.certain)
    by_invocation = sorted(range(len(steps)), key=lambda place: steps[place].invoked)
    tried = {(0, initial)}
    left = [(0, initial)]
    while left:
        done, state = left.pop()
        if done & wanted == wanted:
            return True
        # The last one pushed is tried first: what was answered first has mostly happened first.
        for place in sorted(_next_places(steps, by_invocation, done), key=lambda place: -steps[place].answered):
            for following in apply(state, steps[place].action):
                node = (done | 1 << place, following)
                if node not in tried:
                    tried.add(node)
                    left.append(node)
    return False


def _next_places(steps: Sequence[Step], by_invocation: list[int], done: int) -> Iterator[int]:
    """The steps that may come next: nothing that has not happened yet was answered before they were invoked."""
    first_answer = NEVER
    for place in by_invocation:
        if done >> place & 1:
            continue
        step = steps[place]
        if step.invoked > first_answer:
            return
        if step.certain:
            first_answer = min(first_answer, step.answered)
        if step.after is None or done >> step.after & 1:
            yield place
