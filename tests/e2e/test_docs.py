"""The commands of the documents that are marked as runnable run, and the calls that they count are the calls made."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faceprint.model.names import external_image_id
from local_world import ROOT, LocalCloud, indexing_held_up, sample, start_cloud, wait_until
from shell_blocks import RUNNABLE, blocks, run
from terraform_world import unavailable

PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md") if blocks(path.read_text(), info=RUNNABLE))
OPERATIONS = (ROOT / "docs/operations.md").read_text()
COLUMNS = ("upload", "indexing", "search", "identify, 4 faces", "compare", "detect", "erase")


@pytest.fixture(scope="module")
def shell() -> None:
    """Skips the test where the commands' programs are missing; fails it in CI."""
    for program in ("bash", "curl", "aws"):
        if not shutil.which(program):
            unavailable(f"{program} is not on PATH")


@pytest.fixture(scope="module")
def own_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud for pages that erase, restore and redrive."""
    running = start_cloud(tmp_path_factory.mktemp("docs"))
    yield running
    running.stop()


@pytest.mark.parametrize("page", PAGES)
def test_check_20_every_runnable_block_of(page: str, own_cloud: LocalCloud, shell: None, tmp_path: Path) -> None:
    own_cloud.put("obama.jpg", sample("barack-obama-1"), "Barack Obama")

    for script in blocks((ROOT / "docs" / page).read_text(), info=RUNNABLE):
        run(script, own_cloud, tmp_path)


def test_copying_the_bucket_onto_itself_makes_a_lost_collection_anew(
    own_cloud: LocalCloud, shell: None, tmp_path: Path
) -> None:
    own_cloud.put("restored.jpg", sample("barack-obama-1"), "Barack Obama")
    rekognition, collection = own_cloud.client("rekognition"), own_cloud.addresses["collection"]
    rekognition.delete_collection(CollectionId=collection)
    rekognition.create_collection(CollectionId=collection)
    (restore,) = [block for block in blocks(OPERATIONS, info=RUNNABLE) if "--recursive" in block]

    run(restore, own_cloud, tmp_path)

    def restored() -> list[str]:
        faces = rekognition.list_faces(CollectionId=collection)["Faces"]
        return [face["FaceId"] for face in faces if face["ExternalImageId"] == external_image_id("restored.jpg")]

    (face_id,) = wait_until(restored)
    found = wait_until(lambda: own_cloud.send("GET", f"/faces/{face_id}").json().get("name"))
    assert found == "Barack Obama"
    assert own_cloud.send("PUT", "/search", sample("barack-obama-2")).json()["outcome"] == "match"


def counted_in_the_page() -> dict[str, dict[str, Any]]:
    """Column by column, the calls of the table of costs; "some" for what depends on the time it takes."""
    rows = re.findall(r"^\| `(\w+\.\w+)` \|(.*)\|$", OPERATIONS, re.MULTILINE)
    cells = {call: [cell.strip() for cell in line.split("|")] for call, line in rows}
    return {
        column: {call: int(row[at]) if row[at].isdecimal() else row[at] for call, row in cells.items() if row[at]}
        for at, column in enumerate(COLUMNS)
    }


def last_calls(cloud: LocalCloud, function: str, **known: str) -> dict[str, int]:
    """The calls in the function's last log line that says what is known of it."""

    def lines() -> list[dict[str, Any]]:
        return [line for line in cloud.log(function) if "calls" in line and known.items() <= line.items()]

    return wait_until(lines)[-1]["calls"]


def test_the_calls_behind_the_costs_are_those_that_are_made(own_cloud: LocalCloud) -> None:
    photo, group = sample("grace-hopper"), sample("group")
    own_cloud.put("counted.jpg", photo)
    own_cloud.send("POST", "/search", photo)
    own_cloud.send("POST", "/identify", group)
    own_cloud.send("POST", "/detect", group)
    own_cloud.send("POST", "/compare", files={"source": photo, "target": group})
    # Named, because the events of other photos may still be on their way.
    indexing = last_calls(own_cloud, "index", key="counted.jpg", status="INDEXED")
    with indexing_held_up(own_cloud):  # the event of the removed object could be faster
        own_cloud.send("DELETE", "/index/counted.jpg")

    made = {
        "upload": last_calls(own_cloud, "upload", operation="PUT /index/{filename+}"),
        "indexing": indexing,
        "search": last_calls(own_cloud, "search", operation="POST /search"),
        "identify, 4 faces": last_calls(own_cloud, "search", operation="POST /identify"),
        "compare": last_calls(own_cloud, "search", operation="POST /compare"),
        "detect": last_calls(own_cloud, "search", operation="POST /detect"),
        "erase": last_calls(own_cloud, "library", operation="DELETE /index/{filename+}"),
    }

    made["upload"]["dynamodb.GetItem"] = "some"
    assert made == counted_in_the_page()
