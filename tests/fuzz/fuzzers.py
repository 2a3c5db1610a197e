"""The fuzzers by name, and how one is run."""

from __future__ import annotations

from collections.abc import Callable

from fuzz.connections import fuzz_connections
from fuzz.decoders import fuzz_decoders
from fuzz.requests import fuzz_requests
from fuzz.statements import fuzz_statements
from fuzz.tally import Budget, Tally
from fuzz.wire import fuzz_wire
from fuzz.world import CLOUD_MEGABYTES, ENGINE_MEGABYTES, World

MEMORY = {"cloud": CLOUD_MEGABYTES, "engine": ENGINE_MEGABYTES}


def _fuzz_contract(world: World, tally: Tally) -> None:
    from fuzz.contract import fuzz_contract  # schemathesis takes a second to import

    fuzz_contract(world, tally)


FUZZERS: dict[str, Callable[[World, Tally], None]] = {
    "contract": _fuzz_contract,
    "images": fuzz_decoders,
    "requests": fuzz_requests,
    "wire": fuzz_wire,
    "partiql": fuzz_statements,
    "connections": fuzz_connections,
}


def run_fuzzer(name: str, world: World, budget: Budget) -> Tally:
    """Its tally; memory over the bounds is a finding like any other."""
    tally = Tally(name, budget)
    world.forget_peaks()
    FUZZERS[name](world, tally)
    tally.memory = world.peaks()
    for process, most in MEMORY.items():
        if tally.memory[process] > most:
            tally.findings[f"{process} took more than {most} MB"] = str(tally.memory[process])
    return tally
