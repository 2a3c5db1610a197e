"""(contract) schemathesis on the served contract: data that fits it and data that does not, and chains of calls."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fuzz.pictures import pictures
from fuzz.tally import FoundError, Tally, explore
from fuzz.world import HANG_SECONDS, World

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@cache
def _teach_pictures() -> None:
    """Bodies of images are our mutated pictures, not any bytes."""
    for kind in ("image/jpeg", "image/png"):
        schemathesis.openapi.media_type(kind, pictures())


def fuzz_contract(world: World, tally: Tally) -> None:
    """Every operation alike, half of it with what the contract allows, half with what it forbids."""
    _teach_pictures()
    url = world.cloud.addresses["url"]
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    cases = st.one_of([each.as_strategy(generation_mode=mode) for each in operations for mode in modes])
    session = requests.Session()

    def call(case: Any) -> None:
        shown = (case.method, case.formatted_path, case.query, case.headers, case.body, case.media_type)
        started = time.monotonic()
        try:
            answer = case.call(session=session, headers={"x-api-key": world.key}, timeout=HANG_SECONDS)
        except (requests.Timeout, requests.ConnectionError) as exc:
            tally.took(time.monotonic() - started, shown)
            raise FoundError(f"{case.method} {case.path}: {type(exc).__name__}", shown) from exc
        tally.took(time.monotonic() - started, shown)
        tally.answered(answer.status_code, shown)
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Failure, FailureGroup) as exc:
            first = exc.exceptions[0] if isinstance(exc, FailureGroup) else exc
            raise FoundError(
                f"{case.method} {case.path} {answer.status_code}: {first.title}", (shown, str(first))
            ) from exc

    explore(cases, call, tally)
