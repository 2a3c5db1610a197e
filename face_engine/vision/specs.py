"""What must be known of a model file to use it: how pixels go in, how faces are laid, what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from face_engine.vision.alignment import DLIB_TEMPLATE, Template
from face_engine.vision.arrays import FACEPRINT_SIZE, Floats

Family = Literal["centerface", "scrfd", "retinaface", "yunet"]
Colours = Literal["RGB", "BGR"]
Fill = Literal["multiple", "square"]
FAMILIES: tuple[str, ...] = get_args(Family)
COLOURS: tuple[str, ...] = get_args(Colours)
FILLS: tuple[str, ...] = get_args(Fill)


@dataclass(frozen=True)
class Pixels:
    """A network sees (pixel - mean) * scale of pixels 0..255; the three means are in the order of `colours`."""

    colours: Colours = "RGB"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: float = 1.0

    def convert(self, pixels: Floats) -> Floats:
        """What the network sees of RGB pixels [n, 3, rows, columns]; the same array when nothing is to be done."""
        if self.colours == "BGR":
            pixels = pixels[:, ::-1]
        if any(self.mean):
            pixels = pixels - np.array(self.mean, np.float32)[:, None, None]
        if self.scale != 1:
            pixels = pixels * np.float32(self.scale)
        return np.ascontiguousarray(pixels)


@dataclass(frozen=True)
class DetectorSpec:
    """`side`: longest side of what the detector sees, px; `closer_side`: the same in the closer look.

    `fill`: the picture is filled up with black to multiples of 32 px, or to a square of `side`, which models of fixed
    size need. `score_threshold` is the least score, 0..1; boxes that overlap by more than `overlap_threshold`
    (intersection over union) count as one face.
    """

    family: Family = "centerface"
    pixels: Pixels = Pixels()
    side: int = 640
    closer_side: int = 960
    fill: Fill = "multiple"
    score_threshold: float = 0.5
    overlap_threshold: float = 0.3

    @property
    def use(self) -> tuple[object, ...]:
        """What moves landmarks, and with them faceprints."""
        return self.family, self.pixels, self.side, self.fill


@dataclass(frozen=True)
class EmbedderSpec:
    """`template` says where landmarks lie on a chip, and its side; `flip`: faceprints are means with the mirrored chip.

    `dimension` is how many numbers a faceprint has.
    """

    pixels: Pixels = Pixels()
    template: Template = DLIB_TEMPLATE
    flip: bool = True
    dimension: int = FACEPRINT_SIZE

    @property
    def use(self) -> tuple[object, ...]:
        """What moves faceprints."""
        return self.pixels, self.template, self.flip, self.dimension


CENTERFACE = DetectorSpec()
"""98 % of faces of 24 px in 640 are found, 15 % of those of 12 px."""

DLIB = EmbedderSpec()
