"""Photos as large as the contract allows, made of the samples: many pixels, and noise that compresses badly."""

import io

import numpy as np
from PIL import Image

from compose_group import BACKGROUND, GROUP
from local_world import SAMPLES

MOST_BYTES = 4_300_000
"""Of a photo in a request; base64 and the event make 6 MB of it."""

CLOSE_UP = ("barack-obama-2", (0.2, 0.05, 0.8, 0.9))


def sample_image(name: str, part: tuple[float, float, float, float] = (0, 0, 1, 1)) -> Image.Image:
    """A sample, or that part of it: left, top, right and bottom as ratios."""
    with Image.open(SAMPLES / f"{name}.jpg") as image:
        left, top, right, bottom = part
        width, height = image.size
        box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
        return image.convert("RGB").crop(box)


def enlarged(image: Image.Image, megapixels: float) -> Image.Image:
    """As many pixels in the same proportions."""
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)


def noisy_jpeg(image: Image.Image, megapixels: float) -> bytes:
    """A JPEG just below MOST_BYTES, at the quality that this takes."""
    big = _with_noise(enlarged(image, megapixels))
    lowest, highest = 5, 96
    best = encode(big, quality=lowest)
    while highest - lowest > 1 and len(best) < 0.9 * MOST_BYTES:
        quality = (lowest + highest) // 2
        data = encode(big, quality=quality)
        if len(data) <= MOST_BYTES:
            lowest, best = quality, data
        else:
            highest = quality
    return best


def coarse_png(image: Image.Image, megapixels: float) -> bytes:
    """A PNG below MOST_BYTES: few colours in large dots, which a JPEG has to spend much on."""
    dots = _with_noise(enlarged(image, 2)).quantize(48)
    scale = round((megapixels * 1e6 / (dots.width * dots.height)) ** 0.5)
    big = dots.resize((dots.width * scale, dots.height * scale), Image.Resampling.NEAREST).convert("RGB")
    data = encode(big, format="PNG")
    assert len(data) <= MOST_BYTES
    return data


def encode(image: Image.Image, *, format: str = "JPEG", **options: object) -> bytes:
    """The bytes of a file."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def _with_noise(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image, np.int16)
    noise = np.random.default_rng(5).integers(-24, 25, pixels.shape, np.int16)
    return Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))


def crowd(faces: int) -> bytes:
    """That many faces, in rows of eight: the people of the group again and again."""
    across, down = 240, 320
    portraits = [portrait.render(SAMPLES) for portrait in GROUP]
    canvas = Image.new("RGB", (8 * across, -(-faces // 8) * down), BACKGROUND)
    for place in range(faces):
        portrait = portraits[place % len(portraits)]
        size = (across - 20, round(portrait.height * (across - 20) / portrait.width))
        canvas.paste(portrait.resize(size), (place % 8 * across + 10, place // 8 * down + 5))
    return encode(canvas, quality=90)
