"""Runs the shell commands that the documents show, as they stand there, against a running local cloud."""

import os
import re
import subprocess
from pathlib import Path

from local_world import ROOT, LocalCloud

RUNNABLE = "bash runnable"

# What fails must be seen, and the AWS CLI must speak to the local cloud whichever service it is asked for.
_PREAMBLE = """
set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body --max-time 30 "$@"; echo; }
aws() { if [[ "$*" == *--endpoint-url* ]]; then command aws "$@"; else command aws --endpoint-url "$AWS" "$@"; fi; }
"""


def blocks(text: str, *, heading: str = "", info: str = "bash") -> list[str]:
    """The fenced blocks with this info string, of the whole text or below a third-level heading."""
    section = text.partition(f"### {heading}\n")[2].partition("\n### ")[0] if heading else text
    return re.findall(rf"^```{info}\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


def run(script: str, cloud: LocalCloud, folder: Path) -> str:
    """What the script says on standard output, run in `folder` beside samples/; fails when one of its commands does."""
    for name in ("samples", "scripts", "postman", "base64encode.sh", "build"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(ROOT / name)
    addresses = cloud.addresses
    environment = {
        **os.environ,
        "URL": addresses["url"],
        "KEY": addresses["apiKey"],
        "AWS": addresses["awsEndpoint"],
        "BUCKET": addresses["bucket"],
        "TABLE": addresses["table"],
        "IMAGES_TABLE": addresses["imagesTable"],
        "COLLECTION": addresses["collection"],
        "DEAD_LETTER_QUEUE": f"{addresses['awsEndpoint']}/123456789012/rekognition-index-dead",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "FACEPRINT_URL": addresses["url"],
        "FACEPRINT_API_KEY": addresses["apiKey"],
    }
    done = subprocess.run(
        ["bash", "-c", _PREAMBLE + script], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
