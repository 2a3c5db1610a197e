"""One soak: clients, kills at their times, the queue run dry, the books closed."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from soak.clients import Clients
from soak.closing import Closing, Memory, close_books, is_flat
from soak.workload import Workload, plan_workload
from soak.world import World, fault_plan

_LOOK_EVERY_SECONDS = 0.5
_ENGINE_EVERY = 5  # kills of workers to one of the engine


@dataclass(frozen=True)
class Options:
    """`rate` is the share of the functions' calls that are throttled."""

    uploads: int
    seed: int = 1
    kills: int = 10  # of workers and the engine
    cloud_kills: int = 1
    clients: int = 8
    rate: float = 0.3
    drain_seconds: float = 600.0
    visibility_seconds: int | None = None  # None: messages of killed workers come back as deployed


@dataclass
class Soak:
    """`memory` at start, middle and end; `tell` hears how many steps are done, and what happens now."""

    options: Options
    data: Path
    tell: Callable[[int, str], None] = lambda done, doing: None
    memory: list[Memory] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.workload: Workload = plan_workload(self.options.uploads, seed=self.options.seed)
        self.seconds = self.drained_seconds = 0.0

    def run(self) -> Closing:
        """Raises RefusedError when a client was refused for good."""
        plan = fault_plan(self.options.seed, rate=self.options.rate)
        self.world = World(self.data, plan, self.options.seed, self.options.visibility_seconds)
        clients = Clients(self.world, self.workload.steps, count=self.options.clients)
        started = time.monotonic()
        try:
            self.memory.append(self.world.megabytes())
            clients.start()
            self._upload(clients)
            self.seconds = time.monotonic() - started
            self._drain()
            self.drained_seconds = time.monotonic() - started
            self.memory.append(self.world.megabytes())
            self.world.observe()
            self.tell(clients.done, "comparing the stores")
            return close_books(self.world, self.workload)
        finally:
            clients.end()
            self.world.stop()

    @property
    def is_flat(self) -> bool:
        return is_flat(self.memory[1], self.memory[2], uploads=self.options.uploads)

    def _upload(self, clients: Clients) -> None:
        steps, kills = len(self.workload.steps), self._kills()
        while clients.are_busy:
            time.sleep(_LOOK_EVERY_SECONDS)
            self.world.observe()
            self.tell(clients.done, "uploading")
            if len(self.memory) == 1 and clients.done >= steps / 2:
                self.memory.append(self.world.megabytes())
            while kills and clients.done >= kills[0][0] * steps:
                self.world.kill(kills.pop(0)[1])
        if clients.failures:
            raise clients.failures[0]

    def _kills(self) -> list[tuple[float, str]]:
        """At which share of the steps what is killed, in this order; none at the end, where nothing happens."""
        dice, options = Random(self.options.seed), self.options
        kinds = [
            "engine" if number % _ENGINE_EVERY == _ENGINE_EVERY - 1 else "worker" for number in range(options.kills)
        ]
        kinds += ["cloud"] * options.cloud_kills
        return sorted((dice.uniform(0.05, 0.9), kind) for kind in kinds)

    def _drain(self) -> None:
        """Until the queue is empty, throttled as before."""
        deadline = time.monotonic() + self.options.drain_seconds
        while (waiting := self.world.waiting()) and time.monotonic() < deadline:
            self.tell(len(self.workload.steps), f"{waiting} messages left")
            self.world.observe()
            time.sleep(_LOOK_EVERY_SECONDS)
