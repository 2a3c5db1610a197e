"""What decoding takes of a function's memory, measured in a process of its own, for photos as large as any may be."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from faceprint.model.errors import ImageTooLargeError
from faceprint.use_cases.pictures import check_memory
from local_world import ROOT

SIDE = 9900
"""98 megapixels."""

RUNTIME = 130
"""MB that a function takes beside its pixels: Python, the libraries and a request of 6 MB."""

KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "baseline": ("RGB", "JPEG", {}),
    "progressive, all colours": ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
    "progressive CMYK": ("CMYK", "JPEG", {"progressive": True}),
    "turned": ("RGB", "JPEG", {"orientation": 6}),
    "alpha": ("RGBA", "PNG", {}),
    "grey with alpha": ("LA", "PNG", {}),
    "palette": ("P", "PNG", {}),
    "16 bit": ("I;16", "PNG", {}),
}
_MEASURE = """
import re, sys
from pathlib import Path
from faceprint.use_cases.pictures import Label, Picture

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

data, began = Path(sys.argv[1]).read_bytes(), peak()
for again in range(2):
    picture = Picture.open(data)
    box = {"Left": 0.1, "Top": 0.1, "Width": 0.8, "Height": 0.8}
    picture.crop(box, [box])
    picture.draw([Label(box, "Ana", True)], most=4_000_000)
    del picture
print(peak() - began)
"""


def huge(kind: str) -> bytes:
    """One colour, as bytes do not matter here and time does."""
    mode, format, options = KINDS[kind]
    image = Image.new(mode, (SIDE, SIDE))
    if "orientation" in options:
        exif = Image.Exif()
        exif[0x0112] = options["orientation"]
        options = {"exif": exif}
    stream = io.BytesIO()
    image.save(stream, format, **options, **({"compress_level": 1} if format == "PNG" else {}))
    return stream.getvalue()


def least_memory(data: bytes) -> int:
    """MB of the smallest function that takes this picture on."""
    for memory in range(128, 3072, 16):
        try:
            check_memory(data, memory)
        except ImageTooLargeError:
            continue
        return memory
    raise AssertionError("no function takes it on")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("kind", KINDS)
def test_a_function_that_takes_a_huge_picture_on_has_the_memory_for_it(kind: str, tmp_path: Path) -> None:
    data = huge(kind)
    file = tmp_path / "photo"
    file.write_bytes(data)

    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(file)], cwd=ROOT / "lambdas", capture_output=True, text=True, check=True
    )

    taken, memory = int(done.stdout), least_memory(data)
    print(f"{kind}: {taken} MB, and {RUNTIME} of the runtime; taken on from {memory} MB")
    assert taken + RUNTIME <= memory
    functions = yaml.safe_load((ROOT / "lambdas" / "functions.yaml").read_text())["functions"]
    assert memory <= functions["search"]["memory"]
