"""An engine with one empty collection, `people`, on one thread for each product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import FakeVision


@pytest.fixture(autouse=True, scope="session")
def one_thread_for_each_product() -> Iterator[None]:
    """As in the server."""
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineUnderTest]:
    under_test = EngineUnderTest(tmp_path, FakeVision())
    under_test.call("CreateCollection", CollectionId="people")
    yield under_test
    under_test.store.close()
