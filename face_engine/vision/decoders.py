"""What the outputs of each family of detectors mean: boxes, five landmarks and scores in pixels of the input.

Every decoder takes the outputs of one run, the size (rows, columns) of the input in multiples of 32, and the least
score. SCRFD, RetinaFace and YuNet name their outputs differently from export to export, so outputs are told apart by
the length of their last axis, and strides by the number of their rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from face_engine.vision.arrays import Floats

STRIDES = (8, 16, 32)
CENTERFACE_STRIDE = 4
CENTERFACE_CHANNELS = (1, 2, 2, 10)
PRIOR_SIDES = ((16, 32), (64, 128), (256, 512))
"""RetinaFace's two priors on each cell of each stride, px."""

CENTRE_VARIANCE, SIZE_VARIANCE = 0.1, 0.2
WIDTHS = {
    "scrfd": {1: 3, 4: 3, 10: 3},
    "retinaface": {2: 1, 4: 1, 10: 1},
    "yunet": {1: 6, 4: 3, 10: 3},
}
"""How many outputs of which last axis a family has."""

Ints = npt.NDArray[np.intp]


class LayoutError(ValueError):
    """A model's outputs are not those of its family."""


@dataclass(frozen=True)
class Candidates:
    """Boxes [n, 4] (left, top, width, height) and landmarks [n, 5, 2] in input pixels; scores [n], 0..1."""

    boxes: Floats
    landmarks: Floats
    scores: Floats


Decoder = Callable[[Sequence[Floats], tuple[int, int], float], Candidates]


def decode_centerface(outputs: Sequence[Floats], _: tuple[int, int], threshold: float) -> Candidates:
    """Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019).

    The network answers on a grid of 4 pixels: a heat map of face centres, the logarithm of the size, the offset of the
    centre inside its cell, and the landmarks relative to the corner of the box in units of its size.
    """
    heat, log_size, offset, points = outputs
    return Candidates(*decode_grid(heat[0, 0], log_size[0], offset[0], points[0], threshold))


def decode_grid(
    heat: Floats, log_size: Floats, offset: Floats, points: Floats, threshold: float = 0.5
) -> tuple[Floats, Floats, Floats]:
    """Boxes [n, 4] (left, top, width, height), landmarks [n, 5, 2] and scores [n], in input pixels, best score first.

    Arguments are CenterFace's outputs [rows, columns], [2, …], [2, …] and [10, …]; pairs are (vertical, horizontal).
    """
    rows, columns = np.nonzero(heat > threshold)
    order = np.argsort(-heat[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    height, width = np.exp(log_size[:, rows, columns]) * CENTERFACE_STRIDE
    centre_y = (rows + offset[0, rows, columns] + 0.5) * CENTERFACE_STRIDE
    centre_x = (columns + offset[1, rows, columns] + 0.5) * CENTERFACE_STRIDE
    left, top = centre_x - width / 2, centre_y - height / 2
    boxes = np.stack([left, top, width, height], axis=1).astype(np.float32)
    relative = points[:, rows, columns].T.reshape(-1, 5, 2)[:, :, ::-1]
    landmarks = boxes[:, None, :2] + relative * boxes[:, None, 2:]
    return boxes, landmarks.astype(np.float32), heat[rows, columns]


def decode_scrfd(outputs: Sequence[Floats], size: tuple[int, int], threshold: float) -> Candidates:
    """Guo et al., "Sample and Computation Redistribution for Efficient Face Detection" (2021); nine outputs.

    On each cell of the strides 8, 16 and 32 sit anchors (two as published) whose point is the cell's corner. Boxes are
    distances to the left, top, right and bottom, landmarks are shifts, all in units of the stride.
    """
    groups = _group(outputs, "scrfd")
    found = []
    for stride, scores, edges, shifts in zip(STRIDES, groups[1], groups[4], groups[10], strict=True):
        chosen = np.flatnonzero(scores[:, 0] > threshold)
        anchors = _count_anchors(len(scores), size, stride)
        corner = _cells(chosen // anchors, size, stride)
        low = corner - edges[chosen, :2]
        boxes = np.hstack([low, corner + edges[chosen, 2:] - low]) * stride
        landmarks = (corner[:, None] + shifts[chosen].reshape(-1, 5, 2)) * stride
        found.append(Candidates(_floats(boxes), _floats(landmarks), scores[chosen, 0]))
    return _join(found)


def decode_yunet(outputs: Sequence[Floats], size: tuple[int, int], threshold: float) -> Candidates:
    """Wu et al., "YuNet: A Tiny Millisecond-level Face Detector" (2023), as exported in March 2023; twelve outputs.

    One cell, one face, on the strides 8, 16 and 32: the score is the geometric mean of class and object score; centre
    and landmarks are shifts from the cell's corner, sizes are logarithms, all in units of the stride.
    """
    groups = _group(outputs, "yunet")
    found = []
    pairs = zip(groups[1][::2], groups[1][1::2], strict=True)
    for stride, (one, other), sizes, shifts in zip(STRIDES, pairs, groups[4], groups[10], strict=True):
        scores = np.sqrt(np.clip(one[:, 0], 0, 1) * np.clip(other[:, 0], 0, 1))
        chosen = np.flatnonzero(scores > threshold)
        _count_anchors(len(scores), size, stride)
        corner = _cells(chosen, size, stride)
        sides = np.exp(sizes[chosen, 2:])
        boxes = np.hstack([corner + sizes[chosen, :2] - sides / 2, sides]) * stride
        landmarks = (corner[:, None] + shifts[chosen].reshape(-1, 5, 2)) * stride
        found.append(Candidates(_floats(boxes), _floats(landmarks), _floats(scores[chosen])))
    return _join(found)


def decode_retinaface(outputs: Sequence[Floats], size: tuple[int, int], threshold: float) -> Candidates:
    """Deng et al., "RetinaFace" (2019), in the layout of its PyTorch port: boxes, two class scores, landmarks.

    Each row belongs to a prior: stride after stride, cell after cell, two squares around the cell's middle. Boxes are
    shifts of the centre (variance 0.1) and logarithms of the size (variance 0.2), landmarks are shifts of the centre,
    in units of the prior. The second class score is the face's, after softmax.
    """
    groups = _group(outputs, "retinaface")
    scores, shifts, points = groups[2][0][:, 1], groups[4][0], groups[10][0]
    chosen = np.flatnonzero(scores > threshold)
    priors = _list_priors(size)
    if len(priors) != len(scores):
        raise LayoutError(f"the model answers {len(scores)} rows for {len(priors)} priors")
    centre, side = priors[chosen, :2], priors[chosen, 2:]
    middle = centre + shifts[chosen, :2] * CENTRE_VARIANCE * side
    sides = side * np.exp(shifts[chosen, 2:] * SIZE_VARIANCE)
    landmarks = centre[:, None] + points[chosen].reshape(-1, 5, 2) * CENTRE_VARIANCE * side[:, None]
    return Candidates(_floats(np.hstack([middle - sides / 2, sides])), _floats(landmarks), scores[chosen])


DECODERS: dict[str, Decoder] = {
    "centerface": decode_centerface,
    "scrfd": decode_scrfd,
    "retinaface": decode_retinaface,
    "yunet": decode_yunet,
}


def check_layout(family: str, shapes: Sequence[Sequence[object]]) -> None:
    """Raise `LayoutError` unless output shapes are those of the family; an axis that is no number can be anything."""
    if family == "centerface":
        given = [shape[1] if len(shape) == 4 else None for shape in shapes]
        if given != list(CENTERFACE_CHANNELS):
            raise LayoutError(f"centerface has four outputs of 1, 2, 2 and 10 channels, not {_show(shapes)}")
        return
    widths = [shape[-1] if shape else None for shape in shapes]
    if all(isinstance(width, int) for width in widths):
        if Counter(widths) != WIDTHS[family]:
            raise LayoutError(f"{family} has {_describe(family)}, not {_show(shapes)}")
    elif len(widths) != sum(WIDTHS[family].values()):
        raise LayoutError(f"{family} has {sum(WIDTHS[family].values())} outputs, not {len(widths)}")


def _describe(family: str) -> str:
    return " and ".join(f"{count} outputs of [n, {width}]" for width, count in WIDTHS[family].items())


def _show(shapes: Sequence[Sequence[object]]) -> str:
    return ", ".join(str(list(shape)) for shape in shapes)


def _group(outputs: Sequence[Floats], family: str) -> dict[int, list[Floats]]:
    """Outputs [n, width] by width, the finest stride first."""
    check_layout(family, [output.shape for output in outputs])
    groups: dict[int, list[Floats]] = {width: [] for width in WIDTHS[family]}
    for output in outputs:
        groups[output.shape[-1]].append(output.reshape(-1, output.shape[-1]))
    return {width: sorted(group, key=lambda rows: -len(rows)) for width, group in groups.items()}


def _count_anchors(rows: int, size: tuple[int, int], stride: int) -> int:
    cells = (size[0] // stride) * (size[1] // stride)
    if rows == 0 or rows % cells:
        raise LayoutError(f"the model answers {rows} rows for {cells} cells of stride {stride}")
    return rows // cells


def _cells(numbers: Ints, size: tuple[int, int], stride: int) -> Ints:
    """(column, row) of cells [n], which are counted along the rows."""
    columns = size[1] // stride
    return np.stack([numbers % columns, numbers // columns], axis=1)


def _list_priors(size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Centre (x, y) and sides (width, height) of every prior, px [n, 4]."""
    priors = []
    for stride, sides in zip(STRIDES, PRIOR_SIDES, strict=True):
        count = (size[0] // stride) * (size[1] // stride)
        centres = (_cells(np.arange(count), size, stride) + 0.5) * stride
        widths = np.tile(np.array(sides, np.float64), count)
        priors.append(np.column_stack([np.repeat(centres, len(sides), axis=0), widths, widths]))
    return np.concatenate(priors)


def _join(parts: Sequence[Candidates]) -> Candidates:
    return Candidates(
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.landmarks for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def _floats(values: npt.NDArray[np.floating]) -> Floats:
    return np.asarray(values, np.float32)
