"""Figures in the documents are those of the code that they come from."""

import re
from dataclasses import asdict

import pytest

from faceprint.model import limits
from faceprint_client import MAX_REQUEST_BYTES, MAX_UPLOAD_BYTES
from local_cloud.provision.storage import MAX_RECEIVE_COUNT
from local_cloud.settings import SETTINGS, Settings
from scripts.make_settings_docs import ROOT, read_hcl

README = (ROOT / "README.md").read_text()
DOCS = {path.name: path.read_text() for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]}
WORDS = {"five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
INPUTS = dict(read_hcl(ROOT / "terraform/variables.tf"))


def default_of(name: str) -> str:
    return INPUTS[name].get("default", "null").strip('"')


def test_the_tries_of_the_queue() -> None:
    told = [int(number) for number in re.findall(r"after (\d+) tries", README)]
    told += [
        WORDS[word]
        for text in DOCS.values()
        for word in re.findall(r"(\w+) deliveries(?: |,|\.)", text)
        if word in WORDS
    ]
    in_terraform = int(re.search(r"maxReceiveCount = (\d+)", (ROOT / "terraform/queue.tf").read_text())[1])

    assert len(told) >= 4
    assert {*told, MAX_RECEIVE_COUNT} == {in_terraform}


def test_the_limits_of_the_readme() -> None:
    section = README.partition("## Limits\n")[2].partition("\n## ")[0]

    assert f"{limits.MAX_IMAGE_PIXELS // 1_000_000} megapixels" in section
    assert f"{limits.MAX_IMAGE_SIDE:,} pixels" in section
    assert f"{limits.MIN_IMAGE_SIDE} \N{MULTIPLICATION SIGN} {limits.MIN_IMAGE_SIDE}" in section
    assert f"| {MAX_REQUEST_BYTES / 1e6:.1f} MB of image" in section
    assert (
        f"up to {MAX_UPLOAD_BYTES >> 20} MB by presigned upload" in section
        and MAX_UPLOAD_BYTES == limits.MAX_IMAGE_BYTES
    )
    assert f"| {limits.MAX_KEY_BYTES} bytes as UTF-8" in section
    assert f"| {limits.MAX_METADATA_BYTES >> 10} KB together" in section


@pytest.mark.parametrize("page", ["README.md", ".env.example"])
def test_the_defaults_of_settings(page: str) -> None:
    pattern = r"^\| `([A-Z_]+)` \| `([^`]*)` \|" if page == "README.md" else r"^# ([A-Z_]+)=(.*)$"
    told = dict(re.findall(pattern, (ROOT / page).read_text(), re.MULTILINE))
    defaults = {name: asdict(Settings())[setting.attribute] for name, setting in SETTINGS.items()}

    wrong = {
        name: text
        for name, text in told.items()
        if text and name in defaults and SETTINGS[name].read(text) != defaults[name]
    }

    assert len(told.keys() & defaults.keys()) >= 4
    assert wrong == {}


def test_the_defaults_that_who_moves_is_told() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (?:`([^`]+)`|(null)) \|", DOCS["moving.md"], re.MULTILINE)

    wrong = {name: told or null for name, told, null in rows if default_of(name) != (told or null)}

    assert len(rows) >= 15
    assert wrong == {}
