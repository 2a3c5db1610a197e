"""Actors that take turns: at every call of a store one of them is chosen to go on, so a seed decides what happens."""

import random
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

from fakes.stores import ManualClock


class Crash(BaseException):
    """The process dies: nothing is caught, nothing is released."""


class Actor:
    """A thread that goes on when it is told to, until it waits for its next turn."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.wakes, self.deadline, self.ended = 0.0, float("inf"), False
        self.failure: BaseException | None = None
        self._turn, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def go_on(self) -> None:
        """One turn of this actor; raises what it failed of."""
        self._turn.release()
        self._back.acquire()
        if self.failure:
            raise self.failure

    def wait_for_turn(self) -> None:
        self._back.release()
        self._turn.acquire()

    def _run(self, work: Callable[[], None]) -> None:
        self._turn.acquire()
        try:
            work()
        except BaseException as exc:
            self.failure = exc
        self.ended = True
        self._back.release()


class Stage:
    """Whose turn it is, and what time. Also the clock of the actors: who sleeps has no turn.

    `crashes` is the share of steps that are somebody's last, before or after their effect, `changes` the share after
    which somebody else may be preferred. Time jumps now and then, and
    who goes on beyond his deadline dies, as Lambda ends a function with its time.
    """

    def __init__(self, chance: random.Random, clock: ManualClock, *, crashes: float, changes: float) -> None:
        self.chance, self.clock, self.crashes, self.changes = chance, clock, crashes, changes
        self.actors: list[Actor] = []
        self._acting: Actor | None = None
        self._moments = count()

    def moment(self) -> float:
        """A number that grows with every question: the time of histories."""
        return float(next(self._moments))

    def play(self) -> None:
        """Until all actors have ended; raises what one of them failed of."""
        while left := [actor for actor in self.actors if not actor.ended]:
            if self.chance.random() < 0.01:
                self.clock.sleep(self.chance.choice([1, 10, 40]))
            ready = [actor for actor in left if actor.wakes <= self.clock.now()]
            if not ready:
                self.clock.time = min(actor.wakes for actor in left)
                continue
            self._acting = self._choose(ready)
            self._acting.go_on()
        self._acting = None

    def _choose(self, ready: list[Actor]) -> Actor:
        """Mostly the first in an order that changes now and then, so that somebody waits long in the middle of it.

        After S. Burckhardt et al.: A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs (2010).
        """
        if self.chance.random() < self.changes:
            self.chance.shuffle(self.actors)
        return min(ready, key=self.actors.index)

    def call(self, work: Callable[[], Any]) -> Any:
        """One step of the actor whose turn it is, after others may have had theirs."""
        if self._acting is None:
            return work()
        self.wait()
        if self.chance.random() < self.crashes:
            if self.chance.random() < 0.5:
                work()
            raise Crash
        return work()

    def wait(self) -> None:
        actor = self._acting
        if actor is None:
            return
        actor.wait_for_turn()
        if self.clock.now() >= actor.deadline:
            raise Crash

    def limit(self, seconds: float) -> None:
        """How long the acting one has from now on."""
        if self._acting is not None:
            self._acting.deadline = self.clock.now() + seconds

    def rest(self, seconds: float) -> None:
        """Sleeps between two pieces of work, which no deadline ends."""
        self.limit(float("inf"))
        self.sleep(seconds)

    def now(self) -> float:
        return self.clock.now()

    def datetime(self) -> Any:
        return self.clock.datetime()

    def sleep(self, seconds: float) -> None:
        if self._acting is None:
            self.clock.sleep(seconds)
            return
        self._acting.wakes = self.clock.now() + seconds
        self.wait()


class Stepped:
    """A store whose every call is a step on the stage."""

    def __init__(self, store: Any, stage: Stage) -> None:
        self._store, self._stage = store, stage

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found
        return lambda *args, **options: self._stage.call(lambda: found(*args, **options))
