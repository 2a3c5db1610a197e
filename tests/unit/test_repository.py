"""What may lie in the repository: no traces of a machine, no secrets, no photos of unknown origin, no giant modules."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
MAX_SAMPLE_BYTES = 200_000
MAX_LINES = 500
ROOMS = ("lambdas/", "face_engine/", "http_limits/", "local_cloud/", "scripts/")
HOMES_OF_PHOTOS = ("samples/", "tests/data/", "face_engine/model_setup/chips/", "docs/group-annotated.jpg")
PHOTO_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"\x00\x00\x00\x18ftyp", b"\x00\x00\x00\x1cftyp")

FORBIDDEN = {
    "a path of somebody's machine": r"(?<![\w./$}])/(?:root|work|home|Users)/\w|[A-Z]:\\Users\\|file:/{3}",
    "a package registry": r"files\.pythonhosted\.org|pypi\.org/simple|registry\.npmjs\.org|--(?:extra-)?index-url",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "an AWS access key": r"\b(?:AKIA|ASIA)(?![A-Z0-9]*(?:EXAMPLE|LOCALCLOUD))[A-Z0-9]{16}\b",
    "an AWS secret": r"(?i)secret_?access_?key[\"']?\s*[:=]\s*[\"']?[A-Za-z0-9/+]{40}\b",
    "a token": r"\b(?:ghp_\w{36}|github_pat_\w{22,}|xox[abpr]-\w{10,}|npm_\w{36}|pypi-\w{40,})",
}


@cache
def repository_files() -> dict[str, bytes]:
    """Name and content of every tracked file."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True)
    if listing.returncode:
        pytest.skip("no git checkout: nobody can say which files belong to the repository")
    return {name: (ROOT / name).read_bytes() for name in listing.stdout.split("\0") if (ROOT / name).is_file()}


def photos() -> list[str]:
    return [name for name, content in repository_files().items() if content.startswith(PHOTO_STARTS)]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    texts = {name: content.decode(errors="replace") for name, content in repository_files().items()}

    found = [f"{name}: {match.group()}" for name, text in texts.items() for match in pattern.finditer(text)]

    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a path of somebody's machine", "see /home/" + "ann/faceprint"),
        ("a package registry", "https://files." + "pythonhosted.org/packages"),
        ("a private key", "-----BEGIN RSA " + "PRIVATE KEY-----"),
        ("an AWS access key", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("an AWS secret", "aws_secret_access_key = " + "a" * 40),
        ("a token", "ghp_" + "a" * 36),
    ],
)
def test_the_search_for_forbidden_text_finds(what: str, text: str) -> None:
    assert re.search(FORBIDDEN[what], text)


def test_photos_lie_where_their_origin_is_told() -> None:
    assert [name for name in photos() if not name.startswith(HOMES_OF_PHOTOS)] == []


def test_every_sample_is_small_and_its_origin_told() -> None:
    origin = (SAMPLES / "ORIGIN.md").read_text()
    samples = {name: len(content) for name, content in repository_files().items() if name.startswith("samples/")}

    pictures = {name: size for name, size in samples.items() if name.endswith(".jpg")}

    assert {name: size for name, size in pictures.items() if size >= MAX_SAMPLE_BYTES} == {}
    assert [name for name in pictures if f"| `{Path(name).name}` |" not in origin] == []
    assert sorted(samples.keys() - pictures.keys()) == ["samples/ORIGIN.md", "samples/samples.yaml"]


def test_manifest_uses_every_sample_and_searches_with_other_photos_than_it_indexes() -> None:
    manifest = yaml.safe_load((SAMPLES / "samples.yaml").read_text())
    indexed = {entry["file"]: entry["name"] for entry in manifest["index"]}
    searched = {entry["file"]: entry.get("name") for entry in manifest["search"]}

    assert {*indexed, *searched, manifest["group"]["file"]} == {path.name for path in SAMPLES.glob("*.jpg")}
    assert indexed.keys() & searched.keys() == set()
    assert {*searched.values(), *manifest["group"]["names"]} - {None} <= set(indexed.values())


def test_samples_carry_no_metadata_of_camera_or_place() -> None:
    markers = (b"Exif\0\0", b"http://ns.adobe.com/xap", b"Photoshop 3.0")

    assert [path.name for path in SAMPLES.rglob("*.jpg") if any(m in path.read_bytes() for m in markers)] == []


def test_modules_stay_readable_in_one_sitting() -> None:
    modules = {name: content for name, content in repository_files().items() if name.endswith(".py")}

    lengths = {name: content.count(b"\n") for name, content in modules.items() if name.startswith(ROOMS)}

    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}
