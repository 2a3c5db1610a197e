"""A deployment in a region without Rekognition, whose functions ask a face_engine that runs on its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_process import RunningEngine, running_engine
from local_cloud.engine import free_port
from local_cloud.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from local_world import LocalCloud, sample, start_cloud
from terraform_world import deployment_of

pytestmark = pytest.mark.e2e

REGION = "eu-west-3"


@pytest.fixture
def port() -> int:
    """Of the API; the local AWS has the next one, the cloud's own engine the one after."""
    return free_port()


@pytest.fixture
def engine(port: int, tmp_path: Path) -> Iterator[RunningEngine]:
    """Reads photos from the bucket of the deployment, as an engine on a machine of one's own does."""
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port + 1}",
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
    }
    with running_engine(tmp_path / "engine", environment=environment) as running:
        yield running


@pytest.fixture
def elsewhere(world: tuple[str, ...], port: int, engine: RunningEngine, tmp_path: Path) -> Iterator[LocalCloud]:
    """Deployed to the region without Rekognition."""
    chosen = {"AWS_REGION": REGION, "REKOGNITION_ENDPOINT_URL": engine.url}
    running = start_cloud(tmp_path / "data", "--port", str(port), *world, **chosen)
    yield running
    running.stop()


def test_photos_are_indexed_and_found_by_the_engine_that_was_named(
    elsewhere: LocalCloud, engine: RunningEngine, world: tuple[str, ...]
) -> None:
    status = elsewhere.put("hopper.jpg", sample("grace-hopper"), "Grace Hopper")["image"]["status"]
    found = elsewhere.send("POST", "/search", sample("grace-hopper")).json()
    info = elsewhere.send("GET", "/info").json()

    assert (status, found["matchedFaces"]) == ("INDEXED", ["Grace Hopper"])
    faces = engine.client(REGION).describe_collection(CollectionId="rekognition-collection")
    assert faces["FaceCount"] == 1
    assert f":{REGION}:" in faces["CollectionARN"]
    assert elsewhere.addresses["rekognitionEndpoint"] == engine.url
    assert info["aws"]["rekognition"] == {"collection_id": "rekognition-collection"}
    if world:
        variables = {"aws_region": REGION, "debug_mode": "false", "rekognition_endpoint_url": engine.url}
        terraform = deployment_of(elsewhere, **variables)
        clean, plan = terraform.plan_is_clean()
        assert clean, plan.output
        terraform.destroy()
        assert engine.client(REGION).list_collections()["CollectionIds"] == []
