"""What the README shows works as it stands there."""

import re
import shutil
from pathlib import Path

import pytest

from local_world import ROOT, LocalCloud
from newman_runner import require_newman
from shell_blocks import blocks, run

README = (ROOT / "README.md").read_text()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on PATH")
def test_check_20_every_curl_of_the_readme_works(cloud: LocalCloud, tmp_path: Path) -> None:
    script = "\n".join(blocks(README, heading="Photos in") + blocks(README, heading="People out"))

    said = run(script, cloud, tmp_path)

    assert script.count("curl ") >= 17
    assert '"status": "INDEXED"' in said
    assert '"matchedFaces": ["Barack Obama"]' in said
    assert (tmp_path / "named.jpg").read_bytes().startswith(b"\xff\xd8\xff")


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
