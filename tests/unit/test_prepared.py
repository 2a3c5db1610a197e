"""A program that is started in a shell without its packages says in one line what to do."""

import prepared

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path for path in (ROOT / "scripts").glob("*.py") if "    run_script(main" in path.read_text())
PROGRAMS = [["-m", "local_cloud", "status"], *([str(path), "x"] for path in SCRIPTS)]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: Path(program[-2]).name)
def test_a_python_without_our_packages_says_what_to_do(program: list[str]) -> None:
    # -S leaves site-packages out, -I the directory: both as in a Python that nobody has set up for this.
    done = subprocess.run([sys.executable, "-S", *program], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "has no package" in done.stderr and ". .venv/bin/activate" in done.stderr


def test_every_script_for_people_is_asked() -> None:
    assert len(SCRIPTS) >= 8


def test_an_old_python_is_told_before_it_meets_what_it_cannot_read() -> None:
    pretend = "import sys; sys.version_info = (3, 9, 1); sys.argv = ['scripts/search.py']; import prepared"

    done = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("search.py: this Python (") and "is older than 3.11" in done.stderr


def test_a_mistake_of_our_own_is_still_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import prepared, local_cloud.no_such"], cwd=ROOT, capture_output=True, text=True
    )

    assert (done.returncode, "Traceback" in done.stderr) == (1, True)


def test_the_advice_depends_on_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "ROOT", tmp_path)
    before = prepared.explain("has no package rich", "search.py")
    (tmp_path / ".venv").mkdir()
    after = prepared.explain("has no package rich", "search.py")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    inside = prepared.explain("has no package rich", "search.py")

    assert "run `make setup`, then" in before
    assert "make setup" not in after and "activate" in after
    assert "activate" not in inside and "make setup" in inside
