"""Reads dlib's serialised face recognition network: bytes in, weights out, nothing else.

The layout is dlib's own (`dlib/serialize.h`, `dlib/dnn/layers.h`): integers are a control byte (low four bits: number
of payload bytes, high bit: negative) and a little-endian magnitude; floats are a mantissa and an exponent of two;
tensors are four sizes followed by raw little-endian float32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]


class DlibFormatError(ValueError):
    """The bytes are not the network this parser knows."""


@dataclass(frozen=True)
class Convolution:
    """`weights` is [outputs, inputs, rows, columns]; stride and padding are (vertical, horizontal) pixels."""

    weights: Array
    bias: Array
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True)
class Affine:
    """y = gamma * x + beta per channel: what is left of batch normalisation after training."""

    gamma: Array
    beta: Array


@dataclass(frozen=True)
class Pool:
    """A window of (0, 0) covers the whole picture."""

    kind: Literal["max", "average"]
    window: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]


@dataclass(frozen=True)
class Relu:
    """max(x, 0)."""


@dataclass(frozen=True)
class AddShortcut:
    """Adds the remembered input of the block; dlib pads the smaller operand with zeros at its end."""


@dataclass(frozen=True)
class FullyConnected:
    """`weights` is [inputs, outputs]; there is no bias."""

    weights: Array


Layer = Convolution | Affine | Pool | Relu | AddShortcut | FullyConnected


@dataclass(frozen=True)
class Network:
    """Layers from the picture to the faceprint; `mean` is the RGB colour that is subtracted, before / 256."""

    mean: tuple[float, float, float]
    size: tuple[int, int]
    layers: tuple[Layer, ...]


class DlibReader:
    """A cursor over serialised bytes; every read moves it."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def at_end(self) -> bool:
        return self._position == len(self._data)

    def read_bytes(self, count: int) -> bytes:
        end = self._position + count
        if count < 0 or end > len(self._data):
            raise DlibFormatError(f"{count} bytes wanted at offset {self._position}, the file ends before that")
        chunk = self._data[self._position : end]
        self._position = end
        return chunk

    def read_int(self) -> int:
        control = self.read_bytes(1)[0]
        magnitude = int.from_bytes(self.read_bytes(control & 0x0F), "little")
        return -magnitude if control & 0x80 else magnitude

    def read_ints(self, count: int) -> tuple[int, ...]:
        return tuple(self.read_int() for _ in range(count))

    def read_pair(self) -> tuple[int, int]:
        return self.read_int(), self.read_int()

    def read_float(self) -> float:
        mantissa, exponent = self.read_pair()
        return mantissa * 2.0**exponent

    def read_bool(self) -> bool:
        byte = self.read_bytes(1)
        if byte not in (b"0", b"1"):
            raise DlibFormatError(f"a boolean is '0' or '1', not {byte!r}")
        return byte == b"1"

    def read_string(self) -> str:
        return self.read_bytes(self.read_int()).decode("latin-1")

    def read_tensor(self) -> Array:
        self.expect_int(2, "tensor version")
        shape = self.read_ints(4)
        count = int(np.prod(shape))
        return np.frombuffer(self.read_bytes(4 * count), dtype="<f4").astype(np.float32).reshape(shape)

    def read_alias_shape(self) -> tuple[int, ...]:
        """The four sizes of a view into a parameter tensor."""
        self.expect_int(1, "alias version")
        return self.read_ints(4)

    def expect_int(self, wanted: int, what: str) -> None:
        found = self.read_int()
        if found != wanted:
            raise DlibFormatError(f"{what} is {found}, not {wanted}")


def _read_convolution(reader: DlibReader) -> Convolution:
    parameters = reader.read_tensor().ravel()
    reader.read_ints(3)  # filter count, rows, columns: repeated by the alias below
    stride, padding = reader.read_pair(), reader.read_pair()
    shape = reader.read_alias_shape()
    reader.read_alias_shape()  # bias: one number per output
    for _ in range(4):
        reader.read_float()  # learning rate and weight decay multipliers
    split = int(np.prod(shape))
    if split + shape[0] != parameters.size:
        raise DlibFormatError(f"{parameters.size} parameters do not make filters {shape} and {shape[0]} biases")
    return Convolution(parameters[:split].reshape(shape), parameters[split:], stride, padding)


def _read_affine(reader: DlibReader) -> Affine:
    parameters = reader.read_tensor().ravel()
    reader.read_alias_shape()
    reader.read_alias_shape()
    reader.read_int()  # mode: per channel or per pixel
    gamma, beta = np.split(parameters, 2)
    return Affine(gamma, beta)


def _read_pool(reader: DlibReader, kind: Literal["max", "average"]) -> Pool:
    return Pool(kind, reader.read_pair(), reader.read_pair(), reader.read_pair())


def _read_fully_connected(reader: DlibReader) -> FullyConnected:
    reader.read_pair()  # outputs, inputs: repeated by the alias below
    parameters = reader.read_tensor().ravel()
    shape = reader.read_alias_shape()
    reader.read_alias_shape()  # bias: empty
    reader.read_int()  # bias mode
    for _ in range(4):
        reader.read_float()
    return FullyConnected(parameters.reshape(shape[0], -1))


LAYERS: dict[str, Callable[[DlibReader], Layer]] = {
    "con_4": _read_convolution,
    "affine_": _read_affine,
    "max_pool_2": lambda reader: _read_pool(reader, "max"),
    "avg_pool_2": lambda reader: _read_pool(reader, "average"),
    "fc_2": _read_fully_connected,
    "relu_": lambda _: Relu(),
    "add_prev_": lambda _: AddShortcut(),
}


def _read_layer(reader: DlibReader) -> Layer:
    name = reader.read_string()
    if name not in LAYERS:
        raise DlibFormatError(f"unknown layer {name!r}")
    layer = LAYERS[name](reader)
    for _ in range(3):
        reader.read_bool()  # set-up, gradient and output flags
    for _ in range(3):
        reader.read_tensor()  # gradients and cached output: empty in a cleaned file
    return layer


def _count_layers(reader: DlibReader) -> int:
    """The nest of versions from the last layer to the first: 2 a layer, 1 a tag or skip without bytes, 3 the first."""
    count = 0
    while (version := reader.read_int()) != 3:
        if version not in (1, 2):
            raise DlibFormatError(f"layer version is {version}, not 1, 2 or 3")
        count += version == 2
    return count


def parse_network(data: bytes) -> Network:
    """Read the whole file; raises `DlibFormatError` unless it ends exactly where the network does."""
    reader = DlibReader(data)
    reader.expect_int(1, "loss layer version")
    if (loss := reader.read_string()) != "loss_metric_2":
        raise DlibFormatError(f"loss layer is {loss!r}, not 'loss_metric_2'")
    reader.read_float()  # margin
    reader.read_float()  # distance threshold
    remaining = _count_layers(reader)
    if (source := reader.read_string()) != "input_rgb_image_sized":
        raise DlibFormatError(f"input layer is {source!r}, not 'input_rgb_image_sized'")
    mean = (reader.read_float(), reader.read_float(), reader.read_float())
    size = reader.read_pair()
    layers = [_read_layer(reader)]
    reader.expect_int(1, "sample expansion")
    layers += [_read_layer(reader) for _ in range(remaining)]
    if not reader.at_end:
        raise DlibFormatError("bytes are left over after the last layer")
    return Network(mean, size, tuple(layers))
