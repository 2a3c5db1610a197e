"""Cuts faces out of a picture and draws boxes and names on it, with Pillow."""

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont, ImageOps

from faceprint.model.boxes import BoundingBox, Pixels, to_pixels, with_margin
from faceprint.model.errors import UnsupportedFormatError
from faceprint.model.limits import MIN_IMAGE_SIDE

_MARGIN = 0.5
"""AWS advises head and shoulders, not the bare box."""

_BLANK = (128, 128, 128)
_KNOWN = (0, 212, 0)
_UNKNOWN = (255, 176, 0)
_TEXT = (0, 0, 0)
_JPEG_QUALITY = 92


@dataclass(frozen=True)
class Picture:
    """RGB, turned upright as Rekognition's boxes are."""

    image: Image.Image

    @classmethod
    def open(cls, data: bytes) -> "Picture":
        """Decodes a JPEG or PNG. Raises UnsupportedFormatError."""
        try:
            with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
                return cls(ImageOps.exif_transpose(image).convert("RGB"))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
            raise UnsupportedFormatError("The image is damaged; send a complete JPEG or PNG.") from exc

    def crop(self, box: BoundingBox, faces: list[BoundingBox]) -> bytes:
        """A JPEG of one face with a margin, at least 80 pixels a side; the other faces on it are blanked."""
        frame = with_margin(box, self.image.size, margin=_MARGIN, least=MIN_IMAGE_SIDE)
        own = to_pixels(box, self.image.size)
        crop = self.image.crop(frame)
        draw = ImageDraw.Draw(crop)
        for other in faces:
            if other is not box:
                left, top, right, bottom = _shift(to_pixels(other, self.image.size), frame)
                draw.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), fill=_BLANK)
        crop.paste(self.image.crop(own), _shift(own, frame)[:2])
        return _to_jpeg(crop)

    def draw(self, labels: list[tuple[BoundingBox, str | None, bool]]) -> bytes:
        """A JPEG with a box for each face and a name under it: green where the face is known, amber where not."""
        image = self.image.copy()
        draw = ImageDraw.Draw(image)
        size = max(12, round(min(image.size) / 28))
        font = ImageFont.load_default(size)
        for box, name, known in labels:
            colour = _KNOWN if known else _UNKNOWN
            left, top, right, bottom = to_pixels(box, image.size)
            draw.rectangle((left, top, right, bottom), outline=colour, width=max(2, size // 6))
            text = name or ("nameless" if known else "unknown")
            width, height = draw.textbbox((0, 0), text, font=font)[2:]
            x = max(0, min(left, image.width - round(width)))
            y = max(0, min(bottom, image.height - round(height) - size // 3))
            draw.rectangle((x, y, x + width + size // 3, y + height + size // 3), fill=colour)
            draw.text((x + size // 6, y + size // 8), text, fill=_TEXT, font=font)
        return _to_jpeg(image)


def _shift(pixels: Pixels, frame: Pixels) -> Pixels:
    left, top = frame[:2]
    return pixels[0] - left, pixels[1] - top, pixels[2] - left, pixels[3] - top


def _to_jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_JPEG_QUALITY)
    return stream.getvalue()
