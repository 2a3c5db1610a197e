"""Small ONNX graphs with the inputs and outputs of published families, and faces where a test wants them.

Faces are encoded one by one as the papers and exports describe, not by turning our decoders around.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

STRIDES = (8, 16, 32)
PRIORS = {8: (16, 32), 16: (64, 128), 32: (256, 512)}
OPSET, IR_VERSION = 17, 8


@dataclass(frozen=True)
class PlantedFace:
    """In pixels of the detector's input; landmarks are (x, y) five times."""

    left: float
    top: float
    width: float
    height: float
    score: float
    stride: int = 16

    @property
    def landmarks(self) -> list[tuple[float, float]]:
        shape = [(0.3, 0.4), (0.7, 0.42), (0.5, 0.6), (0.35, 0.8), (0.65, 0.78)]
        return [(self.left + x * self.width, self.top + y * self.height) for x, y in shape]

    @property
    def centre(self) -> tuple[float, float]:
        return self.left + self.width / 2, self.top + self.height / 2


def write_detector(
    path: Path,
    family: str,
    faces: Sequence[PlantedFace],
    *,
    size: tuple[int, int],
    fixed: bool = False,
    gain_channel: int | None = None,
) -> Path:
    """A model of the family that answers `faces` for inputs of `size` (rows, columns).

    With `gain_channel`, scores are multiplied by the mean of that channel of what the model is given.
    """
    outputs = ENCODERS[family](faces, size)
    gained = {name for name in outputs if name.startswith(("cls", "score", "heat", "conf"))}
    _save(path, outputs, gained if gain_channel is not None else set(), gain_channel or 0, size if fixed else None)
    return path


def encode_centerface(faces: Sequence[PlantedFace], size: tuple[int, int]) -> dict[str, np.ndarray]:
    rows, columns = size[0] // 4, size[1] // 4
    heat, log_size, offset, points = (np.zeros((1, n, rows, columns), np.float32) for n in (1, 2, 2, 10))
    for face in faces:
        x, y = face.centre
        row, column = int(y // 4), int(x // 4)
        heat[0, 0, row, column] = face.score
        log_size[0, :, row, column] = math.log(face.height / 4), math.log(face.width / 4)
        offset[0, :, row, column] = y / 4 - row - 0.5, x / 4 - column - 0.5
        for index, (px, py) in enumerate(face.landmarks):
            shift = (py - face.top) / face.height, (px - face.left) / face.width
            points[0, 2 * index : 2 * index + 2, row, column] = shift
    return {"heat": heat, "size": log_size, "offset": offset, "points": points}


def _cell_of(face: PlantedFace, size: tuple[int, int]) -> tuple[int, int, int]:
    """Number, column and row of the cell of the face's stride that its middle lies in, or the nearest one."""
    column = min(max(int(face.centre[0] // face.stride), 0), size[1] // face.stride - 1)
    row = min(max(int(face.centre[1] // face.stride), 0), size[0] // face.stride - 1)
    return row * (size[1] // face.stride) + column, column, row


def _cells(size: tuple[int, int], stride: int) -> int:
    return (size[0] // stride) * (size[1] // stride)


def encode_scrfd(faces: Sequence[PlantedFace], size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Two anchors for each cell; faces sit on the second."""
    kinds = {"score": 1, "bbox": 4, "kps": 10}
    outputs = {
        f"{kind}_{s}": np.zeros((2 * _cells(size, s), n), np.float32) for kind, n in kinds.items() for s in STRIDES
    }
    for face in faces:
        number, column, row = _cell_of(face, size)
        x, y, s = column * face.stride, row * face.stride, face.stride
        outputs[f"score_{s}"][2 * number + 1] = face.score
        edges = x - face.left, y - face.top, face.left + face.width - x, face.top + face.height - y
        outputs[f"bbox_{s}"][2 * number + 1] = [edge / s for edge in edges]
        shifts = [value for px, py in face.landmarks for value in ((px - x) / s, (py - y) / s)]
        outputs[f"kps_{s}"][2 * number + 1] = shifts
    return outputs


def encode_yunet(faces: Sequence[PlantedFace], size: tuple[int, int]) -> dict[str, np.ndarray]:
    """The score is sqrt(cls obj): cls has the square of it here, obj is 1."""
    kinds = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
    outputs = {
        f"{kind}_{s}": np.zeros((1, _cells(size, s), n), np.float32) for kind, n in kinds.items() for s in STRIDES
    }
    for face in faces:
        number, column, row = _cell_of(face, size)
        s = face.stride
        outputs[f"cls_{s}"][0, number], outputs[f"obj_{s}"][0, number] = face.score**2, 1
        x, y = face.centre
        sides = math.log(face.width / s), math.log(face.height / s)
        outputs[f"bbox_{s}"][0, number] = [x / s - column, y / s - row, *sides]
        shifts = [value for px, py in face.landmarks for value in (px / s - column, py / s - row)]
        outputs[f"kps_{s}"][0, number] = shifts
    return outputs


def encode_retinaface(faces: Sequence[PlantedFace], size: tuple[int, int]) -> dict[str, np.ndarray]:
    """Faces sit on the second prior of their cell; coordinates are normalised there, which cancels out."""
    total = sum(2 * _cells(size, stride) for stride in STRIDES)
    loc, conf, points = (np.zeros((1, total, n), np.float32) for n in (4, 2, 10))
    conf[0, :, 0] = 1
    for face in faces:
        number, column, row = _cell_of(face, size)
        before = sum(2 * _cells(size, stride) for stride in STRIDES if stride < face.stride)
        index, prior = before + 2 * number + 1, PRIORS[face.stride][1]
        x, y = (column + 0.5) * face.stride, (row + 0.5) * face.stride
        conf[0, index] = 1 - face.score, face.score
        sides = math.log(face.width / prior) / 0.2, math.log(face.height / prior) / 0.2
        loc[0, index] = [(face.centre[0] - x) / prior / 0.1, (face.centre[1] - y) / prior / 0.1, *sides]
        shifts = [value for px, py in face.landmarks for value in ((px - x) / prior / 0.1, (py - y) / prior / 0.1)]
        points[0, index] = shifts
    return {"loc": loc, "conf": conf, "landms": points}


ENCODERS = {
    "centerface": encode_centerface,
    "scrfd": encode_scrfd,
    "retinaface": encode_retinaface,
    "yunet": encode_yunet,
}


def _save(
    path: Path, outputs: dict[str, np.ndarray], gained: set[str], channel: int, fixed: tuple[int, int] | None
) -> None:
    constants = [numpy_helper.from_array(values, f"{name}_values") for name, values in outputs.items()]
    constants += [
        numpy_helper.from_array(np.float32(0), "nothing"),
        numpy_helper.from_array(np.array(channel, np.int64), "channel"),
    ]
    nodes = [
        helper.make_node("Gather", ["input", "channel"], ["plane"], axis=1),
        helper.make_node("ReduceMean", ["plane"], ["mean"], keepdims=0),
        helper.make_node("Mul", ["mean", "nothing"], ["zero"]),
    ]
    for name in outputs:
        operation, factor = ("Mul", "mean") if name in gained else ("Add", "zero")
        nodes.append(helper.make_node(operation, [f"{name}_values", factor], [name]))
    pictures = ("input", [1, 3, *(fixed or ("rows", "columns"))])
    _write(path, nodes, constants, pictures, {name: values.shape for name, values in outputs.items()})


def write_embedder(path: Path, *, side: int = 112, dimension: int = 512, batch: int | str = "n", seed: int = 5) -> Path:
    """A model that sees a face coarsely: means of 8 x 8 regions of each channel, mixed into `dimension` numbers."""
    window = side // 8
    mixed = np.random.default_rng(seed).normal(size=(3 * 64, dimension)).astype(np.float32)
    nodes = [
        helper.make_node("AveragePool", ["input"], ["pooled"], kernel_shape=[window] * 2, strides=[window] * 2),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "mixed"], ["embedding"]),
    ]
    constants = [numpy_helper.from_array(mixed, "mixed")]
    _write(path, nodes, constants, ("input", [batch, 3, side, side]), {"embedding": (batch, dimension)})
    return path


def write_colour_embedder(path: Path, *, side: int = 112) -> Path:
    """A model whose three numbers are the means of the three channels that it is given."""
    nodes = [helper.make_node("ReduceMean", ["input"], ["embedding"], axes=[2, 3], keepdims=0)]
    _write(path, nodes, [], ("input", ["n", 3, side, side]), {"embedding": ("n", 3)})
    return path


def _write(
    path: Path,
    nodes: list[onnx.NodeProto],
    constants: list[onnx.TensorProto],
    given: tuple[str, Sequence[int | str]],
    answered: dict[str, Sequence[int | str]],
) -> None:
    kind = onnx.TensorProto.FLOAT
    taken = [helper.make_tensor_value_info(given[0], kind, list(given[1]))]
    results = [helper.make_tensor_value_info(name, kind, list(shape)) for name, shape in answered.items()]
    graph = helper.make_graph(nodes, "generated", taken, results, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
