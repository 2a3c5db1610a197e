"""Compares bucket, image table, face table and collection, and brings them in line; scripts/verify.py runs it.

The rules of names, leases and boxes are the functions' own: lambdas/ is put on the path of whoever imports this.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "lambdas"))
