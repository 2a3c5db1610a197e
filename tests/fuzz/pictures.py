"""Real JPEG and PNG files of every kind the decoders know, and what can be done to their structure."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

from hypothesis import strategies as st
from PIL import Image

from local_world import sample

Mutation = Callable[[bytes], bytes]
SIDES = [0, 1, 79, 80, 81, 4000, 10_000, 65_500, 65_535, 100_000, 2**31 - 1, 2**31, 2**32 - 1]
JPEG_MARKERS = [0x00, 0x01, *range(0xC0, 0xFF)]
PNG_KINDS = [b"IHDR", b"PLTE", b"IDAT", b"IEND", b"acTL", b"fcTL", b"fdAT", b"eXIf", b"zTXt", b"iCCP", b"iTXt", b"tRNS"]


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(columns: int, rows: int, *, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    """A valid black PNG of this size; thousands of its pixels take a byte. `extra` chunks stand before its data."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    packed, row = zlib.compressobj(9), b"\0" * (1 + columns * channels * depth // 8)
    data = b"".join([*(packed.compress(row) for _ in range(rows)), packed.flush()])
    head = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def animated_png(columns: int, rows: int) -> bytes:
    """An APNG that promises two thousand million pictures of this size, and holds one."""
    control = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, columns, rows, 0, 0, 1, 1, 0, 0))
    return png(columns, rows, colour=6, extra=control + frame)


def jpeg(*, mode: str = "RGB", size: tuple[int, int] = (96, 88), **options: object) -> bytes:
    """A valid JPEG that shows nothing."""
    stream = io.BytesIO()
    Image.new(mode, size).save(stream, "JPEG", **options)
    return stream.getvalue()


def many_scans(columns: int, rows: int, scans: int, *, progressive: bool = True) -> bytes:
    """A JPEG of this size whose scans are empty: each still takes the decoder over the whole picture."""
    data = jpeg(progressive=progressive)
    head = data[: next(position for position, marker, _ in _segments(data) if marker == 0xDA)]
    empty = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00" if progressive else b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return resize_jpeg(head, columns, rows) + empty * scans + b"\xff\xd9"


def resize_jpeg(data: bytes, columns: int, rows: int) -> bytes:
    """Another size in the frame header."""
    for position, marker, _ in _segments(data):
        if marker in (0xC0, 0xC1, 0xC2):
            return data[: position + 5] + struct.pack(">HH", rows & 0xFFFF, columns & 0xFFFF) + data[position + 9 :]
    return data


def exif_loop() -> bytes:
    """A JPEG whose EXIF directories point at themselves."""
    entries = struct.pack("<H", 2) + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x0112, 3, 1, 6)
    tiff = b"II*\0" + struct.pack("<I", 8) + entries + struct.pack("<I", 8)
    return jpeg(exif=b"Exif\0\0" + tiff)


@cache
def originals() -> list[bytes]:
    """One file of each kind; the first shows a face."""
    face = io.BytesIO()
    with Image.open(io.BytesIO(sample("grace-hopper"))) as photo:
        photo.resize((160, 200)).save(face, "JPEG", quality=80)
    frames = [Image.new("RGB", (90, 90), colour) for colour in ("red", "blue")]
    apng, palette, laced = io.BytesIO(), io.BytesIO(), io.BytesIO()
    frames[0].save(apng, "PNG", save_all=True, append_images=frames[1:])
    frames[0].quantize(4).save(palette, "PNG")
    frames[0].save(laced, "PNG", exif=Image.Exif())
    return [
        face.getvalue(),
        jpeg(progressive=True),
        jpeg(mode="L"),
        jpeg(mode="CMYK"),
        exif_loop(),
        many_scans(96, 88, 3),
        png(96, 88),
        png(96, 88, depth=16, colour=6),
        png(96, 88, depth=16, colour=0),
        png(80, 80, extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(1_000_000)))),
        apng.getvalue(),
        palette.getvalue(),
        laced.getvalue(),
    ]


def _segments(data: bytes) -> list[tuple[int, int, int]]:
    """Position, marker and length of a JPEG's segments up to its first scan; of a damaged one, those that are there."""
    found, position = [], 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        found.append((position, data[position + 1], length))
        if data[position + 1] == 0xDA or length < 2:
            break
        position += 2 + length
    return found


def _chunks(data: bytes) -> list[tuple[int, int]]:
    """Begin and end of a PNG's chunks."""
    found, position = [], 8
    while position + 12 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        found.append((position, end))
        position = end
    return found


def _parts(data: bytes) -> list[tuple[int, int]]:
    """Begin and end of segments or chunks."""
    if data.startswith(b"\x89PNG"):
        return _chunks(data)
    return [(position, position + 2 + length) for position, _, length in _segments(data)]


def _truncate(part: float) -> Mutation:
    return lambda data: data[: int(part * len(data))]


def _put(place: float, value: bytes) -> Mutation:
    def mutate(data: bytes) -> bytes:
        position = int(place * len(data))
        return data[:position] + value + data[position + len(value) :]

    return mutate


def _flip(place: float, bit: int) -> Mutation:
    def mutate(data: bytes) -> bytes:
        if not data:
            return data
        position = min(int(place * len(data)), len(data) - 1)
        return data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :]

    return mutate


def _resize(columns: int, rows: int) -> Mutation:
    def mutate(data: bytes) -> bytes:
        if not data.startswith(b"\x89PNG"):
            return resize_jpeg(data, columns, rows)
        head = struct.pack(">II", columns, rows) + data[24:29]
        return data[:8] + chunk(b"IHDR", head) + data[33:]

    return mutate


def _on_part(place: float, action: str, value: int) -> Mutation:
    """Drops, doubles, or gives a false length to a segment or chunk."""

    def mutate(data: bytes) -> bytes:
        parts = _parts(data)
        if not parts:
            return data
        begin, end = parts[min(int(place * len(parts)), len(parts) - 1)]
        if action == "drop":
            return data[:begin] + data[end:]
        if action == "double":
            return data[:begin] + data[begin:end] * (2 + value % 50) + data[end:]
        if data.startswith(b"\x89PNG"):
            return data[:begin] + struct.pack(">I", value) + data[begin + 4 :]
        return data[: begin + 2] + struct.pack(">H", value & 0xFFFF) + data[begin + 4 :]

    return mutate


def _insert(place: float, marker: int, kind: bytes, content: bytes) -> Mutation:
    """A segment or chunk of another kind."""

    def mutate(data: bytes) -> bytes:
        parts = _parts(data)
        begin = parts[min(int(place * len(parts)), len(parts) - 1)][0] if parts else len(data)
        new = chunk(kind, content) if data.startswith(b"\x89PNG") else bytes([0xFF, marker])
        if not data.startswith(b"\x89PNG"):
            new += struct.pack(">H", len(content) + 2) + content
        return data[:begin] + new + data[begin:]

    return mutate


_places = st.floats(0, 1)
_values = st.integers(0, 2**32 - 1) | st.sampled_from(SIDES)
_mutations = st.one_of(
    st.builds(_truncate, _places),
    st.builds(_put, _places, st.binary(min_size=1, max_size=8)),
    st.builds(_flip, _places, st.integers(0, 7)),
    st.builds(_resize, st.sampled_from(SIDES), st.sampled_from(SIDES)),
    st.builds(_on_part, _places, st.sampled_from(["drop", "double", "length"]), _values),
    st.builds(_insert, _places, st.sampled_from(JPEG_MARKERS), st.sampled_from(PNG_KINDS), st.binary(max_size=64)),
)


def mutate(data: bytes, mutations: list[Mutation]) -> bytes:
    """One after the other."""
    for each in mutations:
        data = each(data)
    return data


@cache
def pictures() -> st.SearchStrategy[bytes]:
    """Originals with up to six mutations, and a few bytes of anything."""
    mutated = st.builds(mutate, st.sampled_from(originals()), st.lists(_mutations, max_size=6))
    return st.one_of(mutated, mutated, mutated, st.binary(max_size=200))
