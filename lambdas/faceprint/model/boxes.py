"""Arithmetic of BoundingBoxes: ratios of the picture's width and height, as Rekognition gives them."""

from typing import TypedDict


class BoundingBox(TypedDict):
    """Ratios; may lie outside 0..1 when the picture's edge cuts the face."""

    Width: float
    Height: float
    Left: float
    Top: float


Pixels = tuple[int, int, int, int]
"""left, top, right, bottom; right and bottom are exclusive."""


def area(box: BoundingBox) -> float:
    """Share of the picture, 0..1."""
    return box["Width"] * box["Height"]


def to_pixels(box: BoundingBox, size: tuple[int, int]) -> Pixels:
    """The box in pixels of a (width, height) picture, clamped to it."""
    width, height = size
    left = min(max(box["Left"], 0.0), 1.0) * width
    top = min(max(box["Top"], 0.0), 1.0) * height
    right = min(max(box["Left"] + box["Width"], 0.0), 1.0) * width
    bottom = min(max(box["Top"] + box["Height"], 0.0), 1.0) * height
    return int(left), int(top), round(right), round(bottom)


def with_margin(box: BoundingBox, size: tuple[int, int], *, margin: float, least: int) -> Pixels:
    """The box with `margin` of its size on every side and at least `least` pixels a side, inside the picture."""
    left, top, right, bottom = to_pixels(box, size)
    left, right = _stretch(left, right, size[0], margin, least)
    top, bottom = _stretch(top, bottom, size[1], margin, least)
    return left, top, right, bottom


def _stretch(low: int, high: int, limit: int, margin: float, least: int) -> tuple[int, int]:
    length = min(max(round((high - low) * (1 + 2 * margin)), least), limit)
    start = (low + high - length) // 2
    start = min(max(start, 0), limit - length)
    return start, start + length


def overlap(one: BoundingBox, other: BoundingBox) -> float:
    """Intersection over union, 0..1."""
    width = min(one["Left"] + one["Width"], other["Left"] + other["Width"]) - max(one["Left"], other["Left"])
    height = min(one["Top"] + one["Height"], other["Top"] + other["Height"]) - max(one["Top"], other["Top"])
    shared = max(width, 0.0) * max(height, 0.0)
    union = area(one) + area(other) - shared
    return shared / union if union > 0 else 0.0
