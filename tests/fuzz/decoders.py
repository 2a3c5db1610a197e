"""(images) The image decoders: Faceprint's headers and forms in this process, the engine's over HTTP."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable

from hypothesis import strategies as st

from faceprint.http_api import ApiRequest
from faceprint.model.errors import FaceprintError
from faceprint.model.images import read_image_info
from fuzz.pictures import animated_png, many_scans, pictures, png
from fuzz.tally import FoundError, Tally, explore
from fuzz.world import World, exchange, rekognition

BOMBS: dict[str, Callable[[], bytes]] = {
    "a PNG of 40 megapixels": lambda: png(8000, 5000),
    "a PNG of 40 megapixels with 16 bits and transparency": lambda: png(8000, 5000, depth=16, colour=6),
    "an APNG of 40 megapixels": lambda: animated_png(8000, 5000),
    "a JPEG of 100 megapixels in scans": lambda: many_scans(10_000, 10_000, 1, progressive=False),
    "a progressive JPEG of 40 megapixels": lambda: many_scans(8000, 5000, 1),
    "a JPEG of 40 megapixels in 16 scans": lambda: many_scans(8000, 5000, 16),
    "a JPEG of 1 megapixel in 100,000 scans": lambda: many_scans(1000, 1000, 100_000),
    "4 MB of fill bytes": lambda: b"\xff\xd8" + b"\xff" * 4_000_000,
    "4 MB of empty markers": lambda: b"\xff\xd8\xff\xe0\x00\x02" + b"\xff\x01" * 2_000_000,
}
"""Small files that ask for much; each is decoded, or refused, within the bounds of time and memory."""


def _as_data_uri(data: bytes) -> tuple[bytes, str]:
    return b"data:image/jpeg;base64," + base64.b64encode(data), "text/plain"


def _as_form(data: bytes) -> tuple[bytes, str]:
    head = b'--B\r\nContent-Disposition: form-data; name="file"\r\n\r\n'
    return head + data + b"\r\n--B--\r\n", "multipart/form-data; boundary=B"


WRAPPINGS: list[Callable[[bytes], tuple[bytes, str]]] = [
    lambda data: (data, "image/jpeg"),
    lambda data: (base64.b64encode(data), "text/plain"),
    lambda data: (base64.b64encode(base64.b64encode(data)), "text/plain"),
    _as_data_uri,
    _as_form,
    lambda data: (json.dumps({"image": base64.b64encode(data).decode()}).encode(), "application/json"),
    lambda data: (data[:20] + b"--B\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=B"),
]


def request_of(body: bytes, content_type: str) -> ApiRequest:
    """As API Gateway hands it on."""
    event = {"headers": {"content-type": content_type}, "body": base64.b64encode(body).decode()}
    return ApiRequest(event | {"httpMethod": "POST", "resource": "/detect", "isBase64Encoded": True})


def fuzz_decoders(world: World, tally: Tally) -> None:
    """A third of the cases goes through the engine: it decodes them."""

    def read_here(case: tuple[bytes, int, bool]) -> None:
        data, wrapping, whole = case
        started = time.monotonic()
        try:
            image = request_of(*WRAPPINGS[wrapping](data)).image()
            read_image_info(image, whole=whole)
        except FaceprintError as exc:
            tally.answered(exc.status, case)
        except Exception as exc:
            raise FoundError(f"the header reader fails with {type(exc).__name__}", case) from exc
        finally:
            tally.took(time.monotonic() - started, case)

    def decode_there(data: bytes) -> None:
        body = json.dumps({"Image": {"Bytes": base64.b64encode(data).decode()}}).encode()
        answer = exchange(world.engine, rekognition(world.engine, "DetectFaces", body))
        tally.took(answer.seconds, data)
        tally.answered(answer.status, data)
        if answer.status not in (200, 400):
            raise FoundError(f"the engine answers {answer.status}", data)

    for make in BOMBS.values():
        decode_there(make())
    places = st.integers(0, len(WRAPPINGS) - 1)
    explore(st.tuples(pictures(), places, st.booleans()), read_here, tally, share=0.4)
    explore(pictures(), decode_there, tally, share=0.6)
