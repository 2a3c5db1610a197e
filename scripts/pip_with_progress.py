#!/usr/bin/env python3
"""Runs pip with the given arguments, quietly, and shows on a terminal how far it is. Standard library only."""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

_COLLECTED = re.compile(r"(?:Collecting|Requirement already satisfied:) ")
_LAST_STEP = "Installing collected packages"


def main(arguments: Sequence[str]) -> int:
    """pip's exit code."""
    pip = [sys.executable, "-m", "pip", *arguments]
    if not sys.stderr.isatty():
        return subprocess.run([*pip, "--quiet"], check=False).returncode
    with subprocess.Popen([*pip, "--progress-bar", "off"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in progress(process.stdout, total=count_pinned(arguments)):
            sys.stderr.write(f"\r  {line}\x1b[K")
            sys.stderr.flush()
        sys.stderr.write("\r\x1b[K")
    return process.returncode


def progress(lines: Iterable[str], *, total: int) -> Iterator[str]:
    """What to show after lines that pip has printed; `total` is 0 where nobody knows."""
    collected = 0
    for line in lines:
        if _COLLECTED.match(line.lstrip()):
            collected += 1
            yield f"{collected} of {max(total, collected)} packages" if total else f"{collected} packages"
        elif line.startswith(_LAST_STEP):
            yield f"installing {collected} packages"


def count_pinned(arguments: Sequence[str]) -> int:
    """Requirements in the file behind -r; 0 without one."""
    if "-r" not in arguments:
        return 0
    text = Path(arguments[arguments.index("-r") + 1]).read_text(encoding="utf-8")
    return len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
