"""Every command that docs/api.md shows runs as it stands there, in its order."""

import shutil
from pathlib import Path

import pytest

from local_world import ROOT, LocalCloud
from shell_blocks import blocks, run

PAGE = (ROOT / "docs" / "api.md").read_text()


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not on PATH")
def test_every_command_of_the_api_page_works_and_leaves_nothing_behind(cloud: LocalCloud, tmp_path: Path) -> None:
    said = run("\n".join(blocks(PAGE)), cloud, tmp_path)

    assert said.count('"status": "INDEXED"') >= 8
    assert said.count('"outcome": "match"') >= 12
    assert (tmp_path / "named.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    assert cloud.send("GET", "/index?prefix=postman/").json() == {"images": []}
