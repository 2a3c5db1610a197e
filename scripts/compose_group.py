#!/usr/bin/env python3
"""Composes samples/group.jpg from the single portraits beside it.

The same portraits give the same picture: the layout below is all there is to decide, and Pillow is pinned.
"""

import plain_shell  # noqa: F401  # before what it speaks of

import argparse
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
BACKGROUND = (206, 212, 218)
CANVAS = (1440, 560)
JPEG_QUALITY = 88


@dataclass(frozen=True)
class Portrait:
    """One person of the group: which part of which photo, how wide it becomes, and where it stands."""

    file: str
    crop: tuple[int, int, int, int]
    width: int
    place: tuple[int, int]

    def render(self, folder: Path) -> Image.Image:
        with Image.open(folder / self.file) as photo:
            part = photo.convert("RGB").crop(self.crop)
        height = round(part.height * self.width / part.width)
        return part.resize((self.width, height), Image.Resampling.LANCZOS)


GROUP = (
    Portrait("eileen-collins.jpg", crop=(140, 0, 330, 215), width=330, place=(20, 90)),
    Portrait("barack-obama-3.jpg", crop=(190, 60, 630, 600), width=340, place=(370, 30)),
    Portrait("grace-hopper.jpg", crop=(110, 10, 420, 390), width=330, place=(730, 120)),
    Portrait("joe-biden-1.jpg", crop=(170, 40, 670, 640), width=340, place=(1080, 60)),
)


def compose_group(folder: Path = SAMPLES) -> Image.Image:
    """The portraits of `folder` side by side, from left to right as in GROUP."""
    canvas = Image.new("RGB", CANVAS, BACKGROUND)
    for portrait in GROUP:
        canvas.paste(portrait.render(folder), portrait.place)
    return canvas


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, nargs="?", default=SAMPLES / "group.jpg", help="default: samples/group.jpg")
    out = parser.parse_args().out
    compose_group().save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    print(f"{out.name}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
