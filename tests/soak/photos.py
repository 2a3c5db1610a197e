"""Small photos, each a different one, made of samples/: cropped, brighter or darker, more or less compressed."""

import io
from functools import cache
from random import Random

from PIL import Image, ImageEnhance

from local_world import SAMPLES

_FACES = ("barack-obama-1", "barack-obama-2", "barack-obama-3", "eileen-collins", "grace-hopper", "joe-biden-1")
_FACELESS = "no-face"
_FACELESS_SHARE = 0.05
_WIDTHS = (200, 300)  # pixels


def make_photo(number: int) -> bytes:
    """The JPEG of this number, the same at every call; one in twenty shows no face."""
    dice = Random(number)
    source = _open(_FACELESS if dice.random() < _FACELESS_SHARE else dice.choice(_FACES))
    width, height = source.size
    left, top = (dice.uniform(0, 0.08) * side for side in source.size)
    right, bottom = (side * (1 - dice.uniform(0, 0.08)) for side in (width, height))
    cropped = source.crop((int(left), int(top), int(right), int(bottom)))
    chosen = dice.randint(*_WIDTHS)
    small = cropped.resize((chosen, round(chosen * cropped.height / cropped.width)))
    return _encode(ImageEnhance.Brightness(small).enhance(dice.uniform(0.8, 1.2)), dice.randint(60, 92), number)


def make_corrupt_photo(number: int) -> bytes:
    """Bytes under the name of a photo that nobody can read: half a JPEG, or no picture at all."""
    return make_photo(number)[:1000] if number % 2 else b"no picture %d" % number


def _encode(picture: Image.Image, quality: int, number: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, comment=f"soak {number}".encode())
    return buffer.getvalue()


@cache
def _open(name: str) -> Image.Image:
    with Image.open(SAMPLES / f"{name}.jpg") as picture:
        return picture.convert("RGB")
