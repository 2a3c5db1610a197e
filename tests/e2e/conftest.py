"""One local cloud for all end-to-end tests, in each of two worlds: provisioned by boto3, and by Terraform."""

from collections.abc import Iterator

import pytest

from local_world import LOOKING_BACK, WITH_DOMAIN, LocalCloud, sample, start_cloud
from terraform_world import terraform_copy

WORLDS = {"boto3": (), "terraform": ("--terraform",)}
IN_ONE_WORLD = {"test_api_page.py", "test_contract_page.py"}
"""What does not depend on how the cloud was provisioned runs in the first world only."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """World by world: each has one cloud, and what looks back sees the one that the tests before it used.

    Last of all hooks, since pytest's own order depends on how it was started.
    """
    repeated = [item for item in items if item.path.name in IN_ONE_WORLD and _world_rank(item) > 1]
    if repeated:
        config.hook.pytest_deselected(items=repeated)
        items[:] = [item for item in items if item not in repeated]
    items.sort(key=lambda item: (_world_rank(item), _rank(item.path.name, LOOKING_BACK)))


def _world_rank(item: pytest.Item) -> int:
    callspec = getattr(item, "callspec", None)
    return _rank(callspec.params.get("world") if callspec else None, tuple(WORLDS))


def _rank(name: str | None, names: tuple[str, ...]) -> int:
    """0 for what is not among the names."""
    return names.index(name) + 1 if name in names else 0


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
def way(request: pytest.FixtureRequest) -> str:
    """How clients come to the API: by its address, and where a test has `way` as a parameter by its custom domain."""
    return getattr(request, "param", "address")


@pytest.fixture(scope="session")
def running(world: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    started = start_cloud(tmp_path_factory.mktemp("cloud"), "--debug", *world, **WITH_DOMAIN)
    yield started
    started.stop()


@pytest.fixture(scope="session")
def cloud(running: LocalCloud, way: str) -> LocalCloud:
    """One cloud for all tests that leave their names to themselves; debug_mode is on, and it has a custom domain."""
    return running if way == "address" else running.by_domain()


@pytest.fixture(scope="session")
def library(cloud: LocalCloud) -> LocalCloud:
    """The cloud with the sample people indexed by name."""
    cloud.put("library/obama.jpg", sample("barack-obama-1"), "Barack Obama")
    cloud.put("library/biden.jpg", sample("joe-biden-1"), "Joe Biden")
    cloud.put("library/hopper.jpg", sample("grace-hopper"), "Grace Hopper")
    return cloud
