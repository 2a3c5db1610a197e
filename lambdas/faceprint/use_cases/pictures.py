"""Cuts faces out of a picture and draws boxes and names on it, with Pillow. Memory and sizes are bounded."""

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, JpegImagePlugin

from faceprint.model.boxes import BoundingBox, Pixels, to_pixels, with_margin
from faceprint.model.errors import ImageTooLargeError, UnsupportedFormatError
from faceprint.model.images import read_image_info
from faceprint.model.limits import MAX_IMAGE_PIXELS, MAX_REKOGNITION_BYTES, MIN_IMAGE_SIDE

_MARGIN = 0.5
"""AWS advises head and shoulders, not the bare box."""

_BLANK = (128, 128, 128)
_KNOWN = (0, 212, 0)
_UNKNOWN = (255, 176, 0)
_TEXT = (0, 0, 0)
_QUALITIES = (92, 85, 75)
"""Of a JPEG, the first that is small enough."""

_CROP_SIDE = 1600
"""The longest side of a crop, in pixels: several times what any model of faces looks at."""

_MOST_PIXELS = 32_000_000
"""What is worked on. Larger pictures are halved while they are decoded, which leaves faces of the least size that
Rekognition finds (40 pixels in a Full HD picture) as many pixels or more."""

_STRIP = 128
"""Lines of a huge picture that are converted at a time. Every reduction divides it."""

_RESERVED = 192
"""MB of a function's memory that are not for pixels: Python, its libraries and the request."""

_BYTES_A_PIXEL = {"1": 1, "L": 1, "P": 1, "I;16": 2}
"""Of Pillow's modes; four in all others."""

_SCAN = b"\xff\xda"
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""By the orientation of EXIF."""


@dataclass(frozen=True)
class Label:
    """What is drawn at a face: green where it is known, amber where not."""

    box: BoundingBox
    text: str
    known: bool


@dataclass(frozen=True)
class Picture:
    """RGB, turned upright as Rekognition's boxes are. A huge one has fewer pixels than its file."""

    image: Image.Image

    @classmethod
    def open(cls, data: bytes) -> "Picture":
        """Decodes a JPEG or PNG. Raises UnsupportedFormatError and the errors of `read_image_info`."""
        turn = _TURNS.get(read_image_info(data).orientation)
        with _opened(data) as image:
            upright = _decode(image)
        return cls(upright if turn is None else upright.transpose(turn))

    def crop(self, box: BoundingBox, faces: list[BoundingBox]) -> bytes:
        """A JPEG of one face with a margin, 80 to 1600 pixels a side; the other faces on it are blanked.

        It fits into a call of Rekognition.
        """
        frame = with_margin(box, self.image.size, margin=_MARGIN, least=MIN_IMAGE_SIDE)
        crop = self._cut(frame)
        own = _place(to_pixels(box, self.image.size), frame, crop.size)
        face = crop.crop(own)
        draw = ImageDraw.Draw(crop)
        for other in faces:
            if other is not box:
                left, top, right, bottom = _place(to_pixels(other, self.image.size), frame, crop.size)
                draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), fill=_BLANK)
        crop.paste(face, own[:2])
        return _to_jpeg(crop, most=MAX_REKOGNITION_BYTES)

    def draw(self, labels: list[Label], *, most: int) -> bytes:
        """A JPEG of at most that many bytes, with a box for each face and a text under it.

        It is drawn on the picture itself, so crops come first.
        """
        image = self.image
        draw = ImageDraw.Draw(image)
        size = max(12, round(min(image.size) / 28))
        font = ImageFont.load_default(size)
        for label in labels:
            colour = _KNOWN if label.known else _UNKNOWN
            left, top, right, bottom = to_pixels(label.box, image.size)
            draw.rectangle((left, top, right, bottom), outline=colour, width=max(2, size // 6))
            width, height = draw.textbbox((0, 0), label.text, font=font)[2:]
            x = max(0, min(left, image.width - round(width)))
            y = max(0, min(bottom, image.height - round(height) - size // 3))
            draw.rectangle((x, y, x + width + size // 3, y + height + size // 3), fill=colour)
            draw.text((x + size // 6, y + size // 8), label.text, fill=_TEXT, font=font)
        return _to_jpeg(image, most=most)

    def _cut(self, frame: Pixels) -> Image.Image:
        left, top, right, bottom = frame
        scale = _CROP_SIDE / max(right - left, bottom - top)
        if scale >= 1:
            return self.image.crop(frame)
        size = max(MIN_IMAGE_SIDE, round((right - left) * scale)), max(MIN_IMAGE_SIDE, round((bottom - top) * scale))
        return self.image.resize(size, Image.Resampling.BICUBIC, box=frame, reducing_gap=2.0)


def check_memory(data: bytes, memory: int) -> None:
    """Raises ImageTooLargeError where decoding would take more than a function of that much memory (MB) has.

    Also UnsupportedFormatError. Only headers are read.
    """
    with _opened(data) as image:
        needed = _RESERVED + -(-_decoding_bytes(image, data) // 2**20)
    if needed > memory:
        raise ImageTooLargeError(
            f"Decoding this image of {image.width} x {image.height} pixels takes about {needed} MB, and the function "
            f"has {memory} MB. Send one of fewer pixels, or raise lambda_memory_size."
        )


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """The picture, undecoded. Raises UnsupportedFormatError, also when decoding fails inside the block."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is the lower one
            image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
        with image:
            if image.width * image.height > MAX_IMAGE_PIXELS:
                raise UnsupportedFormatError("The headers of this image contradict each other; save it anew.")
            yield image
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
        raise UnsupportedFormatError("The image is damaged; send a complete JPEG or PNG.") from exc


def _decode(image: Image.Image) -> Image.Image:
    """RGB of at most _MOST_PIXELS; JPEG is made smaller by its decoder, which takes no memory for the rest."""
    factor = _reduction(image.size)
    if factor > 1:
        image.draft(None, (image.width // factor, image.height // factor))
    image.load()
    factor = _reduction(image.size)
    if factor == 1:
        return _to_rgb(image)
    reduced = Image.new("RGB", (-(-image.width // factor), -(-image.height // factor)))
    for top in range(0, image.height, _STRIP):
        strip = image.crop((0, top, image.width, min(top + _STRIP, image.height)))
        reduced.paste(_to_rgb(strip).reduce(factor), (0, top // factor))
    return reduced


def _reduction(size: tuple[int, int]) -> int:
    return next(factor for factor in (1, 2, 4, 8) if size[0] * size[1] <= _MOST_PIXELS * factor**2)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Of 16 bits the upper 8 count; transparency does not."""
    if image.mode == "I;16":
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    return image if image.mode == "RGB" else image.convert("RGB")


def _decoding_bytes(image: Image.Image, data: bytes) -> int:
    """What decoder and picture take at most, in bytes."""
    pixels, factor = image.width * image.height, _reduction(image.size)
    worked_on = 4 * pixels // factor**2
    if isinstance(image, JpegImagePlugin.JpegImageFile):
        decoding = _coefficient_bytes(image, data)
    else:
        decoding = pixels * _BYTES_A_PIXEL.get(image.mode, 4)
    return max(2 * worked_on, decoding + worked_on)  # converting and turning make a copy


def _coefficient_bytes(image: JpegImagePlugin.JpegImageFile, data: bytes) -> int:
    """What a JPEG of several scans, a progressive one for example, takes until its last scan is read.

    The decoder keeps 2 bytes for each sample of each component. A preview in the metadata counts as a scan here.
    """
    if data.count(_SCAN) < 2:
        return 0
    sampling = [(across, down) for _, across, down, _ in image.layer]
    most_across, most_down = (max(factors) for factors in zip(*sampling, strict=True))
    samples: float = sum(across * down for across, down in sampling) / (most_across * most_down)
    return round(2 * image.width * image.height * samples)


def _place(pixels: Pixels, frame: Pixels, size: tuple[int, int]) -> Pixels:
    """Where a part of the picture lies on a crop of this size."""
    across, down = size[0] / (frame[2] - frame[0]), size[1] / (frame[3] - frame[1])
    left, top, right, bottom = pixels
    return (
        round((left - frame[0]) * across),
        round((top - frame[1]) * down),
        round((right - frame[0]) * across),
        round((bottom - frame[1]) * down),
    )


def _to_jpeg(image: Image.Image, *, most: int) -> bytes:
    """A JPEG of at most that many bytes: of less quality where it must be, then of fewer pixels."""
    for quality in _QUALITIES:
        data = _encode(image, quality)
        if len(data) <= most:
            return data
    while len(data) > most:
        scale = 0.95 * math.sqrt(most / len(data))
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
        data = _encode(image, _QUALITIES[-1])
    return data


def _encode(image: Image.Image, quality: int) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()
