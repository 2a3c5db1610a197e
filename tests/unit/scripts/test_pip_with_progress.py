"""Installing takes a minute or two, and a terminal shows how far it is."""

import pty
import subprocess
import sys
from os import close, read
from pathlib import Path

from pip_with_progress import count_pinned, progress

ROOT = Path(__file__).resolve().parents[3]
SAID = """Collecting requests==2.34.2 (from -r requirements.txt (line 7))
  Downloading requests-2.34.2-py3-none-any.whl (73 kB)
Requirement already satisfied: rich==15.0.0 in site-packages
Installing collected packages: requests
Successfully installed requests-2.34.2
"""


def test_packages_are_counted_as_pip_comes_to_them() -> None:
    shown = list(progress(SAID.splitlines(keepends=True), total=65))

    assert shown == ["1 of 65 packages", "2 of 65 packages", "installing 2 packages"]
    assert next(progress(SAID.splitlines(keepends=True), total=0)) == "1 packages"


def test_the_total_is_that_of_the_lock_file() -> None:
    lock = ROOT / "requirements.txt"

    assert count_pinned(["install", "-r", str(lock)]) == lock.read_text().count("==") - lock.read_text().count(" == ")


def test_without_a_terminal_pip_is_quiet_and_its_exit_code_is_ours() -> None:
    command = [sys.executable, str(ROOT / "scripts/pip_with_progress.py"), "check", "--no-such-option"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout) == (2, "")
    assert "no such option" in done.stderr


def test_on_a_terminal_the_count_is_shown_and_removed_at_the_end() -> None:
    master, slave = pty.openpty()
    command = [sys.executable, str(ROOT / "scripts/pip_with_progress.py"), "install", "--no-index", "--no-deps", "pip"]
    try:
        done = subprocess.run(command, stderr=slave, stdout=subprocess.PIPE, timeout=60)
        shown = read(master, 65536).decode()
    finally:
        close(master)
        close(slave)

    assert (done.returncode, done.stdout) == (0, b"")
    assert "\r  1 packages" in shown and shown.endswith("\r\x1b[K")
