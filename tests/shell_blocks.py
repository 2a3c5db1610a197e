"""Runs the ```bash blocks of a page as a person would: in the repository's folder, with $URL and $KEY."""

import os
import re
import subprocess
from pathlib import Path

from local_world import ROOT, LocalCloud

SECONDS = 180
SHOWN = ("samples", "postman", "base64encode.sh", "build")
# Answers of curl end without a line break, and a refusal has to fail the page.
CURL = """
set -euo pipefail
curl() { command curl --silent --show-error --fail-with-body --max-time 30 "$@"; echo; }
"""


def shell_blocks(page: str, heading: str = "") -> list[str]:
    """The blocks of a page in Markdown, or those below one of its ### headings."""
    section = page.partition(f"### {heading}\n")[2].partition("\n### ")[0] if heading else page
    return re.findall(r"```bash\n(.*?)```", section, re.DOTALL)


def run_shell(script: str, cloud: LocalCloud, folder: Path) -> str:
    """What the script prints in an empty folder beside the repository's samples; fails with it."""
    for name in SHOWN:
        (folder / name).symlink_to(ROOT / name)
    environment = {
        **os.environ,
        "URL": cloud.addresses["url"],
        "KEY": cloud.addresses["apiKey"],
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = ["bash", "-c", CURL + script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
