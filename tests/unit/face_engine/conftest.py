"""An engine with one empty collection, `people`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.engine_parts import EngineUnderTest
from fakes.fake_vision import FakeVision


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineUnderTest]:
    under_test = EngineUnderTest(tmp_path, FakeVision())
    under_test.call("CreateCollection", CollectionId="people")
    yield under_test
    under_test.store.close()
