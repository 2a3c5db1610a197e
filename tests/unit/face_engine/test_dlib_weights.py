"""The parser of dlib's file format, on bytes written by hand."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from face_engine.model_setup.dlib_weights import (
    AddShortcut,
    Affine,
    Convolution,
    DlibFormatError,
    DlibReader,
    FullyConnected,
    Pool,
    Relu,
    parse_network,
)
from face_engine.model_setup.resnet_onnx import fold_linear_layers

EMPTY_TENSOR = bytes([1, 2, 1, 0, 1, 0, 1, 0, 1, 0])


def number(value: int) -> bytes:
    size = (abs(value).bit_length() + 7) // 8 or 1
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def numbers(*values: int) -> bytes:
    return b"".join(map(number, values))


def real(mantissa: int, exponent: int) -> bytes:
    return numbers(mantissa, exponent)


def text(value: str) -> bytes:
    return number(len(value)) + value.encode()


def tensor(*shape: int, values: list[float]) -> bytes:
    return numbers(2, *shape) + struct.pack(f"<{len(values)}f", *values)


def alias(*shape: int) -> bytes:
    return numbers(1, *shape)


def record(body: bytes) -> bytes:
    return body + b"100" + 3 * EMPTY_TENSOR


MULTIPLIERS = 4 * real(1, 0)
CONVOLUTION = record(
    text("con_4")
    + tensor(8, 1, 1, 1, values=[1, 2, 3, 4, 5, 6, 7, 8])
    + numbers(2, 1, 1, 2, 2, 0, 0)
    + alias(2, 3, 1, 1)
    + alias(1, 2, 1, 1)
    + MULTIPLIERS
)
AFFINE = record(text("affine_") + tensor(4, 1, 1, 1, values=[2, 3, 10, 20]) + 2 * alias(1, 2, 1, 1) + number(0))
RELU = record(text("relu_"))
ADD = record(text("add_prev_"))
MAX_POOL = record(text("max_pool_2") + numbers(3, 3, 2, 2, 0, 0))
DENSE = record(
    text("fc_2")
    + numbers(2, 3)
    + tensor(3, 2, 1, 1, values=[1, 2, 3, 4, 5, 6])
    + alias(3, 2, 1, 1)
    + alias(0, 0, 0, 0)
    + number(1)
    + MULTIPLIERS
)


def network(*layers: bytes, versions: bytes) -> bytes:
    first, *rest = layers
    head = number(1) + text("loss_metric_2") + real(1, -5) + real(5, -3) + versions
    source = text("input_rgb_image_sized") + real(123, 0) + real(117, 0) + real(208, -1) + numbers(150, 150)
    return head + source + first + number(1) + b"".join(rest)


WHOLE = network(CONVOLUTION, AFFINE, RELU, MAX_POOL, ADD, DENSE, versions=numbers(2, 2, 1, 2, 2, 1, 2, 3))


@pytest.mark.parametrize("value", [0, 1, -1, 255, 256, -70000, 2**40])
def test_integers_have_a_sign_and_as_many_bytes_as_they_need(value: int) -> None:
    assert DlibReader(number(value)).read_int() == value


def test_floats_are_a_mantissa_and_an_exponent() -> None:
    assert DlibReader(real(-3, -2)).read_float() == -0.75


def test_network_is_read_in_forward_order() -> None:
    parsed = parse_network(WHOLE)

    assert (parsed.mean, parsed.size) == ((123.0, 117.0, 104.0), (150, 150))
    kinds = [type(layer) for layer in parsed.layers]
    assert kinds == [Convolution, Affine, Relu, Pool, AddShortcut, FullyConnected]


def test_weights_are_split_as_their_shapes_say() -> None:
    convolution, affine, _, pool, _, dense = parse_network(WHOLE).layers

    assert isinstance(convolution, Convolution)
    assert convolution.weights.ravel().tolist() == [1, 2, 3, 4, 5, 6]
    assert (convolution.bias.tolist(), convolution.stride, convolution.padding) == ([7, 8], (2, 2), (0, 0))
    assert isinstance(affine, Affine)
    assert (affine.gamma.tolist(), affine.beta.tolist()) == ([2, 3], [10, 20])
    assert pool == Pool("max", (3, 3), (2, 2), (0, 0))
    assert isinstance(dense, FullyConnected)
    assert dense.weights.tolist() == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (WHOLE[:-1], "ends before"),
        (WHOLE + b"\x00", "left over"),
        (WHOLE.replace(b"affine_", b"affinx_"), "affinx_"),
        (WHOLE.replace(b"loss_metric_2", b"loss_metric_3"), "loss"),
        (number(7), "version is 7"),
        (b"", "ends before"),
    ],
)
def test_anything_else_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(DlibFormatError, match=problem):
        parse_network(data)


def test_folding_changes_no_result() -> None:
    parsed = parse_network(WHOLE)
    pixels = np.array([10.0, 200.0, 90.0])
    convolution, affine = parsed.layers[:2]
    assert isinstance(convolution, Convolution) and isinstance(affine, Affine)
    scaled = (pixels - parsed.mean) / 256
    expected = affine.gamma * (convolution.weights[:, :, 0, 0] @ scaled + convolution.bias) + affine.beta

    folded, *rest = fold_linear_layers(parsed)

    assert isinstance(folded, Convolution)
    assert folded.weights[:, :, 0, 0] @ pixels + folded.bias == pytest.approx(expected, rel=1e-5)
    assert not any(isinstance(layer, Affine) for layer in rest)
