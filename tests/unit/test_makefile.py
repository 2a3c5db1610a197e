"""What `make` adds to the programs that it runs."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """#!/bin/sh
trap 'echo stopped in order; exit {status}' INT
echo up
while :; do sleep 0.05; done
"""


@pytest.mark.skipif(not shutil.which("make"), reason="make is not on PATH")
@pytest.mark.parametrize(("status", "is_told"), [(130, False), (2, True)])
def test_ctrl_c_is_how_make_run_ends_and_no_error(tmp_path: Path, status: int, is_told: bool) -> None:
    program = tmp_path / "python"
    program.write_text(PROGRAM.format(status=status))
    program.chmod(0o755)
    # -o setup: what it needs is there already. A session of its own is what a terminal's Ctrl-C goes to.
    command = ["make", "--no-print-directory", "-o", "setup", f"bin={tmp_path}", "run"]
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, **pipes) as make:
        assert make.stdout.readline() == "up\n"
        os.killpg(make.pid, signal.SIGINT)
        said, errors = make.communicate(timeout=20)

    assert said == "stopped in order\n"
    assert ("Error" in errors or "***" in errors) is is_told
