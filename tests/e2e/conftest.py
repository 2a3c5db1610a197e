"""One local cloud for all end-to-end tests, in each of two worlds: provisioned by boto3, and by Terraform."""

from collections.abc import Iterator

import pytest

from local_world import LocalCloud, sample, start_cloud
from terraform_world import terraform_copy

WORLDS = {"boto3": (), "terraform": ("--terraform",)}

# What looks back at the whole session, in this order.
_LAST = ("test_least_privilege.py", "test_deployed_by_terraform.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _LAST.index(item.path.name) + 1 if item.path.name in _LAST else 0)


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips the test where Terraform or its provider cannot be had; fails it in CI."""
    terraform_copy(tmp_path_factory.mktemp("terraform"))


@pytest.fixture(scope="session", params=list(WORLDS))
def world(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Options of `up` for each way to provision."""
    if request.param == "terraform":
        request.getfixturevalue("terraform")
    return WORLDS[request.param]


@pytest.fixture(scope="session")
def cloud(world: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """One cloud for all tests that leave their names to themselves; debug_mode is on."""
    running = start_cloud(tmp_path_factory.mktemp("cloud"), "--debug", *world)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def library(cloud: LocalCloud) -> LocalCloud:
    """The cloud with the sample people indexed by name."""
    cloud.put("library/obama.jpg", sample("barack-obama-1"), "Barack Obama")
    cloud.put("library/biden.jpg", sample("joe-biden-1"), "Joe Biden")
    cloud.put("library/hopper.jpg", sample("grace-hopper"), "Grace Hopper")
    return cloud
