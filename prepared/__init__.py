"""Import this first in a program: started in a shell without its packages, it then says in one line what to do.

The commonest mistake of a first day is a Python that is not the one of .venv. This module must run in old ones, too.
"""

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LEAST = (3, 11)  # as in pyproject.toml
_STATUS = 2  # of all our programs, for what cannot be begun


def explain(complaint: str, program: str) -> str:
    """What to do where a package, or a Python that is new enough, is missing."""
    said = f"{program}: this Python ({sys.executable}) {complaint}. "
    if Path(sys.prefix).resolve() == (ROOT / ".venv").resolve():
        return said + "Run `make setup` once more; `make test` installs what tests need besides."
    if (ROOT / ".venv").exists():
        return said + f"Use the one of {ROOT}: run `. .venv/bin/activate` there, once in every shell."
    return said + f"In {ROOT} run `make setup`, then `. .venv/bin/activate`, once in every shell."


def _tell(kind: Any, error: BaseException, trace: Any) -> None:
    name = (getattr(error, "name", None) or "").partition(".")[0]
    if not issubclass(kind, ModuleNotFoundError) or not name or (ROOT / name).exists():
        sys.__excepthook__(kind, error, trace)
        return
    sys.stderr.write(explain(f"has no package {name}", _program()) + "\n")
    raise SystemExit(_STATUS)


def _program() -> str:
    """As people call it: the package that -m runs, or the script's file."""
    path = Path(sys.argv[0])
    return path.parent.name if path.name == "__main__.py" else path.name


if sys.version_info < LEAST:
    sys.stderr.write(explain("is older than {}.{}".format(*LEAST), _program()) + "\n")
    sys.exit(_STATUS)
sys.excepthook = _tell
