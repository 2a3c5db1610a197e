"""base64encode.sh writes one line of base64 on Linux and macOS and never harms its input."""

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "base64encode.sh"
PHOTO = bytes(range(256)) * 40

GNU_LIKE = """
import base64, sys
sys.stdout.buffer.write(base64.encodebytes(sys.stdin.buffer.read()))
"""
BSD_LIKE = """
import base64, sys
if sys.argv[1:]:
    sys.exit("base64: invalid option: usage: base64 [-hDd] [-b num] [-i in_file] [-o out_file]")
text = base64.b64encode(sys.stdin.buffer.read())
sys.stdout.buffer.write(b"".join(text[i : i + 76] + b"\\r\\n" for i in range(0, len(text), 76)))
"""
BROKEN = """
import sys
sys.stdout.write("AAAA")
sys.exit(1)
"""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "my photo.jpg"
    path.write_bytes(PHOTO)
    return path


def encode(*arguments: object, tools: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    path = os.pathsep.join(filter(None, [tools and str(tools), os.environ["PATH"]]))
    command = [str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=False, env={**os.environ, "PATH": path})


def put_base64_in_front(folder: Path, source: str) -> Path:
    """A folder whose `base64` behaves like another system's."""
    folder.mkdir()
    program = folder / "base64"
    program.write_text(f"#!{sys.executable}\n{source}")
    program.chmod(0o755)
    return folder


def test_output_is_one_line_beside_the_input_by_default(photo: Path) -> None:
    done = encode(photo)

    assert done.returncode == 0, done.stderr
    assert Path(f"{photo}-encoded").read_bytes() == base64.b64encode(PHOTO)
    assert photo.read_bytes() == PHOTO


def test_named_output_is_replaced(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "body.txt"
    out.write_text("older")

    done = encode(photo, out)

    assert done.returncode == 0, done.stderr
    assert out.read_bytes() == base64.b64encode(PHOTO)


def test_dash_means_standard_output(photo: Path) -> None:
    done = encode(photo, "-")

    assert done.stdout == base64.b64encode(PHOTO)
    assert not Path(f"{photo}-encoded").exists()


def test_empty_file_gives_an_empty_answer(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")

    assert encode(tmp_path / "empty", "-").stdout == b""


@pytest.mark.parametrize("source", [GNU_LIKE, BSD_LIKE], ids=["wraps at 76", "BSD: knows no -w, wraps at 76 with CR"])
def test_check_19_every_kind_of_base64_gives_the_same_line(photo: Path, tmp_path: Path, source: str) -> None:
    tools = put_base64_in_front(tmp_path / "tools", source)

    done = encode(photo, tools=tools)

    assert done.returncode == 0, done.stderr
    assert Path(f"{photo}-encoded").read_bytes() == base64.b64encode(PHOTO)


def test_failing_base64_leaves_nothing_half_written(photo: Path, tmp_path: Path) -> None:
    tools = put_base64_in_front(tmp_path / "tools", BROKEN)

    done = encode(photo, tools=tools)

    assert done.returncode == 1
    assert b"could not encode" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my photo.jpg", "tools"]


def test_failing_base64_fails_standard_output_too(photo: Path, tmp_path: Path) -> None:
    done = encode(photo, "-", tools=put_base64_in_front(tmp_path / "tools", BROKEN))

    assert done.returncode == 1
    assert b"could not encode" in done.stderr


def test_output_may_begin_with_a_dash(photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(photo.parent)

    done = encode(photo, "-body.txt")

    assert done.returncode == 0, done.stderr
    assert (photo.parent / "-body.txt").read_bytes() == base64.b64encode(PHOTO)


@pytest.mark.parametrize("link", ["same", "symbolic", "hard"])
def test_input_is_never_overwritten(photo: Path, tmp_path: Path, link: str) -> None:
    out = tmp_path / "out"
    if link == "same":
        out = tmp_path / ".." / tmp_path.name / photo.name
    elif link == "symbolic":
        out.symlink_to(photo)
    else:
        out.hardlink_to(photo)

    done = encode(photo, out)

    assert done.returncode == 1
    assert b"same file" in done.stderr
    assert photo.read_bytes() == PHOTO


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.jpg"], "no such file"),
        (["."], "is a directory"),
        (["my photo.jpg", "."], "is a directory"),
        (["my photo.jpg", "nowhere/out"], "no file can be created"),
        (["my photo.jpg", "my photo.jpg/out"], "no file can be created"),
        (["my photo.jpg", os.devnull], "not a regular file"),
        (["my photo.jpg", ""], "OUT is empty"),
        ([], "needs one or two arguments"),
        (["a", "b", "c"], "needs one or two arguments"),
        (["-w0"], "unknown option"),
    ],
)
def test_check_19_refusals_say_why(
    photo: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(photo.parent)

    done = encode(*arguments)

    assert done.returncode == 1
    assert message in done.stderr.decode()
    assert [path.name for path in photo.parent.iterdir()] == ["my photo.jpg"]


def test_help_tells_the_usage() -> None:
    done = encode("--help")

    assert done.returncode == 0
    assert b"Usage: base64encode.sh IN [OUT]" in done.stdout
