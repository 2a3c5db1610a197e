"""The checksums that S3 knows, by their names in `x-amz-checksum-…` headers.

CRC-32C and CRC-64/NVME stand in no library of this project, and byte by byte in Python 15 MB take seconds. Here numpy
computes thousands of short checksums at once, which are then put together in pairs: 0.2 s.
"""

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable
from functools import cache, partial
from typing import Any

# Bits, and the polynomial with its bits in reverse order. Both begin with all ones, and end inverted.
_CRC32C = (32, 0x82F63B78)
_CRC64NVME = (64, 0x9A6C9329AC4BC9B5)


def checksum(algorithm: str, data: bytes) -> bytes:
    """The digest; `algorithm` is a key of ALGORITHMS."""
    return ALGORITHMS[algorithm](data)


def checksum_text(algorithm: str, data: bytes) -> str:
    """The digest as headers have it."""
    return b64encode(checksum(algorithm, data)).decode()


def digest_length(algorithm: str) -> int:
    """Bytes."""
    return len(checksum(algorithm, b""))


def _crc(parameters: tuple[int, int], data: bytes) -> bytes:
    """A CRC is linear: to begin with ones is to begin with zero on data whose first bytes are inverted.

    Zeros before such data change nothing, so it can be cut into `lanes` of equal length, a power of two.
    """
    width, polynomial = parameters
    ones, size = (1 << width) - 1, width // 8
    if len(data) < size:
        return (_bytewise(polynomial, ones, data) ^ ones).to_bytes(size, "big")
    begin = int.from_bytes(data[:size], "little") ^ ones
    value = _from_zero(polynomial, begin.to_bytes(size, "little") + data[size:])
    return (value ^ ones).to_bytes(size, "big")


def _bytewise(polynomial: int, state: int, data: bytes) -> int:
    table = _table(polynomial)
    for byte in data:
        state = int(table[(state ^ byte) & 0xFF]) ^ (state >> 8)
    return state


def _from_zero(polynomial: int, data: bytes) -> int:
    import numpy as np  # 0.1 s, for clients that send such checksums alone

    table, half = _table(polynomial), max(len(data).bit_length() // 2 - 2, 0)
    lanes = 1 << max((len(data) - 1) >> half, 0).bit_length()
    padded = np.zeros(lanes << half, np.uint8)
    padded[-len(data) :] = np.frombuffer(data, np.uint8)
    states = np.zeros(lanes, np.uint64)
    eight = np.uint64(8)
    for column in np.ascontiguousarray(padded.reshape(lanes, -1).T):
        states = table.take(states.astype(np.uint8) ^ column) ^ (states >> eight)
    advance = _one_zero_byte(polynomial)
    for _ in range(half):
        advance = _apply(advance, advance)
    while len(states) > 1:
        states = _apply(advance, states[::2]) ^ states[1::2]
        advance = _apply(advance, advance)
    return int(states[0])


def _apply(operator: Any, states: Any) -> Any:
    """A linear operator, by what it makes of each single bit, on many states at once."""
    import numpy as np

    changed = np.zeros_like(states)
    for bit, column in enumerate(operator):
        changed ^= column * ((states >> np.uint64(bit)) & np.uint64(1))
    return changed


@cache
def _table(polynomial: int) -> Any:
    """What becomes of each byte."""
    import numpy as np

    values = np.arange(256, dtype=np.uint64)
    one, polynomials = np.uint64(1), np.uint64(polynomial)
    for _ in range(8):
        values = (values >> one) ^ (polynomials * (values & one))
    return values


def _one_zero_byte(polynomial: int) -> Any:
    import numpy as np

    bits = np.uint64(1) << np.arange(64, dtype=np.uint64)
    return _table(polynomial)[bits & np.uint64(0xFF)] ^ (bits >> np.uint64(8))


def _hashed(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()


ALGORITHMS: dict[str, Callable[[bytes], bytes]] = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "crc32c": partial(_crc, _CRC32C),
    "crc64nvme": partial(_crc, _CRC64NVME),
    **{name: partial(_hashed, name) for name in ("md5", "sha1", "sha256", "sha512")},
}
