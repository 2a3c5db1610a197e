"""Files that a script makes: written, or held to what they would become."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from api_contract.openapi import ROOT


def write_or_check(
    made: Callable[[], Mapping[Path, str]], *, what: str, command: str, arguments: Sequence[str] | None = None
) -> int:
    """Exit code of a script that makes these files; with --check it writes nothing and 1 means that one is stale."""
    parser = argparse.ArgumentParser(prog=command, description=what)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a file is stale")
    check = parser.parse_args(arguments).check
    files = made()
    if check:
        return _check(files, command)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


def stale(files: Mapping[Path, str]) -> list[Path]:
    """Files that are missing or hold something else."""
    return [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]


def _check(files: Mapping[Path, str], command: str) -> int:
    names = [str(path.relative_to(ROOT)) for path in stale(files)]
    for name in names:
        print(f"{name} is stale: run {command}", file=sys.stderr)
    return 1 if names else 0
