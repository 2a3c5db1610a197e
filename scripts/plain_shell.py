"""Import this first in a script: started without its packages, it then says what to do (see `prepared`)."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import prepared  # noqa: F401
