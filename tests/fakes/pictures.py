"""Small valid images, each different, that show nothing."""

import io

from PIL import Image


def make_image(seed: int = 0, *, size: tuple[int, int] = (120, 100), format: str = "JPEG", orientation: int = 1) -> bytes:
    """A JPEG or PNG whose bytes depend on the seed."""
    image = Image.new("RGB", size, (seed * 37 % 256, seed * 101 % 256, seed * 59 % 256))
    image.putpixel((0, 0), (seed % 256, seed // 256 % 256, 0))
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(stream, format, **({"exif": exif, "quality": 95} if format == "JPEG" else {}))
    return stream.getvalue() + (seed.to_bytes(4, "big") if format == "JPEG" else b"")
