"""The array types that the rooms of the engine hand to each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""[rows, columns, 3], RGB, 0..255."""

Floats = npt.NDArray[np.float32]
"""Any float32 array; its shape is given where it is used."""

CHIP_SIDE = 150
"""Pixels per side of an aligned face: what the embedder was trained on."""

FACEPRINT_SIZE = 128
"""Numbers in one faceprint."""
