"""Writes the parsed network as an ONNX graph that takes plain RGB pixels and gives dlib's 128 numbers.

Everything linear is folded into the convolutions: the affine layers (W * gamma, b * gamma + beta), and in the first
convolution, which has no padding, also the mean colour and the division by 256 (W / 256, b - sum(W * mean) / 256).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from face_engine.model_setup.dlib_weights import (
    AddShortcut,
    Affine,
    Array,
    Convolution,
    DlibFormatError,
    FullyConnected,
    Layer,
    Network,
    Pool,
    Relu,
)

OPSET = 17
WHOLE_PICTURE = (0, 0)
IR_VERSION = 8  # the oldest that holds opset 17, so that older runtimes load it too


@dataclass(frozen=True)
class Tensor:
    """A value in the graph: its name and its size without the batch."""

    name: str
    channels: int
    rows: int
    columns: int


class ResNetWriter:
    """Appends nodes in forward order; `shortcut` is what the next `AddShortcut` adds."""

    def __init__(self, network: Network) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._current = Tensor("chips", 3, *network.size)
        self._shortcut = self._current

    def write(self, layers: list[Layer]) -> None:
        for position, layer in enumerate(layers):
            self._append(layer)
            if _opens_a_block(layer, layers[position - 1]):
                self._shortcut = self._current

    def _append(self, layer: Layer) -> None:
        match layer:
            case Convolution():
                self._current = self._convolve(self._current, layer)
            case Relu():
                self._current = self._add_node("Relu", self._current, [self._current.name])
            case Pool():
                self._pool(layer)
            case AddShortcut():
                self._add_shortcut()
            case FullyConnected():
                self._multiply(layer)
            case _:
                raise DlibFormatError(f"{type(layer).__name__} has no place of its own in the graph")

    def _pool(self, layer: Pool) -> None:
        if layer.window == WHOLE_PICTURE:
            size = replace(self._current, rows=1, columns=1)
            self._current = self._add_node("GlobalAveragePool", size, [self._current.name])
        elif layer.kind == "max":
            self._max_pool(layer)
        else:
            self._shortcut = self._halve(self._shortcut, layer, self._current.channels)

    def to_model(self) -> onnx.ModelProto:
        pixels = helper.make_tensor_value_info("chips", onnx.TensorProto.FLOAT, ["n", 3, 150, 150])
        numbers = helper.make_tensor_value_info("faceprints", onnx.TensorProto.FLOAT, ["n", 128])
        self._nodes[-1].output[0] = "faceprints"
        graph = helper.make_graph(self._nodes, "dlib_face_recognition_resnet", [pixels], [numbers], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        return model

    def _add_node(self, kind: str, size: Tensor, inputs: list[str], **attributes: Any) -> Tensor:
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return replace(size, name=name)

    def _add_constant(self, values: np.ndarray, what: str) -> str:
        name = f"{what}_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def _convolve(self, source: Tensor, layer: Convolution) -> Tensor:
        outputs, _, rows, columns = layer.weights.shape
        (down, right), (top, left) = layer.stride, layer.padding
        size = Tensor(
            "", outputs, (source.rows + 2 * top - rows) // down + 1, (source.columns + 2 * left - columns) // right + 1
        )
        inputs = [source.name, self._add_constant(layer.weights, "weights"), self._add_constant(layer.bias, "bias")]
        return self._add_node(
            "Conv",
            size,
            inputs,
            kernel_shape=[rows, columns],
            strides=[down, right],
            pads=[top, left, top, left],
        )

    def _max_pool(self, layer: Pool) -> None:
        (rows, columns), (down, right) = layer.window, layer.stride
        size = replace(
            self._current,
            rows=(self._current.rows - rows) // down + 1,
            columns=(self._current.columns - columns) // right + 1,
        )
        self._current = self._add_node(
            "MaxPool", size, [self._current.name], kernel_shape=[rows, columns], strides=[down, right]
        )

    def _halve(self, source: Tensor, layer: Pool, channels: int) -> Tensor:
        """Average pooling and the zero channels after it as one convolution, which the runtime keeps in its layout."""
        rows, columns = layer.window
        weights = np.zeros((channels, source.channels, rows, columns), np.float32)
        for channel in range(source.channels):
            weights[channel, channel] = 1 / (rows * columns)
        return self._convolve(source, Convolution(weights, np.zeros(channels, np.float32), layer.stride, layer.padding))

    def _add_shortcut(self) -> None:
        branch, shortcut = self._current, self._shortcut
        missing = [0, 0, shortcut.rows - branch.rows, shortcut.columns - branch.columns]
        if any(missing):
            pads = self._add_constant(np.array([0] * 4 + missing, np.int64), "pads")
            branch = self._add_node("Pad", shortcut, [branch.name, pads])
        self._current = self._add_node("Add", branch, [branch.name, shortcut.name])

    def _multiply(self, layer: FullyConnected) -> None:
        flat = self._add_node("Flatten", self._current, [self._current.name])
        weights = self._add_constant(layer.weights, "weights")
        self._current = self._add_node("MatMul", flat, [flat.name, weights])


def _opens_a_block(layer: Layer, previous: Layer) -> bool:
    """A block starts after the first pooling and after each activation that closes the block before it."""
    after_pooling = isinstance(layer, Pool) and layer.kind == "max"
    return after_pooling or (isinstance(layer, Relu) and isinstance(previous, AddShortcut))


def fold_linear_layers(network: Network) -> list[Layer]:
    """The same function with fewer layers: no `Affine`, and a first convolution that takes RGB 0..255."""
    folded: list[Layer] = []
    for layer in network.layers:
        if isinstance(layer, Affine):
            convolution = folded.pop()
            if not isinstance(convolution, Convolution):
                raise DlibFormatError("an affine layer follows something other than a convolution")
            layer = Convolution(
                convolution.weights * layer.gamma[:, None, None, None],
                convolution.bias * layer.gamma + layer.beta,
                convolution.stride,
                convolution.padding,
            )
        folded.append(layer)
    first = folded[0]
    if not isinstance(first, Convolution) or any(first.padding):
        raise DlibFormatError("the first layer is not a convolution without padding")
    folded[0] = _fold_colours(first, np.array(network.mean, np.float32))
    return folded


def _fold_colours(first: Convolution, mean: Array) -> Convolution:
    weights = first.weights.astype(np.float64)
    bias = first.bias - (weights * mean[None, :, None, None]).sum(axis=(1, 2, 3)) / 256
    return Convolution((weights / 256).astype(np.float32), bias.astype(np.float32), first.stride, first.padding)


def build_resnet(network: Network) -> onnx.ModelProto:
    """A checked model with input `chips` [n, 3, 150, 150] and output `faceprints` [n, 128], not normalised."""
    writer = ResNetWriter(network)
    writer.write(fold_linear_layers(network))
    return writer.to_model()
