"""One local cloud for all end-to-end tests."""

from collections.abc import Iterator

import pytest

from local_world import LocalCloud, sample, start_cloud


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """One cloud for all tests that leave their names to themselves; debug_mode is on."""
    running = start_cloud(tmp_path_factory.mktemp("cloud"), "--debug")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def library(cloud: LocalCloud) -> LocalCloud:
    """The cloud with the sample people indexed by name."""
    cloud.put("library/obama.jpg", sample("barack-obama-1"), "Barack Obama")
    cloud.put("library/biden.jpg", sample("joe-biden-1"), "Joe Biden")
    cloud.put("library/hopper.jpg", sample("grace-hopper"), "Grace Hopper")
    return cloud
