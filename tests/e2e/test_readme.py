"""What the README shows works as it stands there."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from local_world import ROOT, LocalCloud, sample
from newman_runner import require_newman
from shell_blocks import blocks, run
from stores import objects_of

README = (ROOT / "README.md").read_text()


@pytest.fixture(autouse=True)
def nothing_left(cloud: LocalCloud) -> Iterator[None]:
    """Erases what a test has added: others expect the library's people only."""
    before = objects_of(cloud).keys()
    yield
    for key in objects_of(cloud).keys() - before:
        assert cloud.send("DELETE", f"/index/{quote(key)}").status_code == 200


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on PATH")
def test_check_20_every_curl_of_the_readme_works(cloud: LocalCloud, tmp_path: Path) -> None:
    script = "\n".join(blocks(README, heading="Photos in") + blocks(README, heading="People out"))
    script += "".join(line for line in blocks(README, heading="Out of the library") if "erase.py" not in line)

    said = run(script, cloud, tmp_path)

    assert script.count("curl ") >= 17
    assert '"status": "INDEXED"' in said
    assert '"matchedFaces": ["Barack Obama"]' in said
    assert '"matchedFaces": ["Eileen Collins", "Barack Obama", "Grace Hopper", "Joe Biden"]' in said
    assert (tmp_path / "named.jpg").read_bytes().startswith(b"\xff\xd8\xff")


def test_the_scripts_of_the_readme_name_everybody(library: LocalCloud, tmp_path: Path) -> None:
    library.put("library/collins.jpg", sample("eileen-collins"), "Eileen Collins")
    (script,) = blocks(README, heading="Scripts")
    (erasing,) = [line for line in README.splitlines() if line.startswith("python scripts/erase.py")]

    said = run(f"{script}\n{erasing}", library, tmp_path)

    rows = [line.split("\t") for line in said.splitlines() if line.startswith("samples/group.jpg\t")]
    names = [row[3] for row in rows if row[1].isdigit()]
    assert names == ["Eileen Collins", "Barack Obama", "Grace Hopper", "Joe Biden"]
    assert said.count("erased\tBarack Obama/") == 3
    assert (tmp_path / "named/group-named.jpg").is_file()


@pytest.mark.skipif(not shutil.which("aws"), reason="the AWS CLI is not on PATH")
def test_check_20_every_aws_command_of_the_readme_works(library: LocalCloud, tmp_path: Path) -> None:
    face = library.send("GET", "/index/library/obama.jpg").json()["FaceRecords"][0]["Face"]["FaceId"]
    (script,) = blocks(README, heading="AWS tools")
    script = script.replace("http://127.0.0.1:8001", library.addresses["awsEndpoint"])
    script = script.replace("http://127.0.0.1:8002", library.addresses["rekognitionEndpoint"])

    said = run(f"FACE={face}\n{script}", library, tmp_path)

    assert '"S": "Barack Obama"' in said
    assert "library/" in said
    assert '"ExternalImageId"' in said


def test_check_20_the_newman_command_of_the_readme_works(cloud: LocalCloud, tmp_path: Path) -> None:
    require_newman()
    (script,) = blocks(README, heading="Postman")

    said = run(script, cloud, tmp_path)

    assert re.search(r"assertions │ +\d{3} │ +0 │", said)
