"""What the README shows works as it stands there."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local_world import ROOT, LocalCloud

README = (ROOT / "README.md").read_text()
CURL = """
set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body --max-time 30 "$@"; echo; }
"""


def blocks(heading: str) -> list[str]:
    """The shell blocks below a heading."""
    section = README.partition(f"### {heading}\n")[2].partition("\n### ")[0]
    return re.findall(r"```bash\n(.*?)```", section, re.DOTALL)


def run(script: str, cloud: LocalCloud, folder: Path) -> str:
    (folder / "samples").symlink_to(ROOT / "samples")
    environment = {
        **os.environ,
        "URL": cloud.addresses["url"],
        "KEY": cloud.addresses["apiKey"],
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    done = subprocess.run(
        ["bash", "-c", CURL + script], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on PATH")
def test_check_20_every_curl_of_the_readme_works(cloud: LocalCloud, tmp_path: Path) -> None:
    script = "\n".join(blocks("Photos in") + blocks("People out"))

    said = run(script, cloud, tmp_path)

    assert script.count("curl ") >= 17
    assert '"status": "INDEXED"' in said
    assert '"matchedFaces": ["Barack Obama"]' in said
    assert (tmp_path / "named.jpg").read_bytes().startswith(b"\xff\xd8\xff")


@pytest.mark.skipif(not shutil.which("aws"), reason="the AWS CLI is not on PATH")
def test_check_20_every_aws_command_of_the_readme_works(library: LocalCloud, tmp_path: Path) -> None:
    face = library.send("GET", "/index/library/obama.jpg").json()["FaceRecords"][0]["Face"]["FaceId"]
    (script,) = blocks("AWS tools")
    script = script.replace("http://127.0.0.1:8001", library.addresses["awsEndpoint"])
    script = script.replace("http://127.0.0.1:8002", library.addresses["rekognitionEndpoint"])

    said = run(f"FACE={face}\n{script}", library, tmp_path)

    assert '"S": "Barack Obama"' in said
    assert "library/" in said
    assert '"ExternalImageId"' in said
