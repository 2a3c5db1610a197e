"""Gives the published CenterFace graph free picture sizes; its weights and operations stay as they are."""

from __future__ import annotations

import onnx
from onnx import helper

CHANNELS = {"537": 1, "538": 2, "539": 2, "540": 10}  # heat map, log size, offset, five landmarks
STRIDE = 4


def free_input_size(model: onnx.ModelProto) -> onnx.ModelProto:
    """The graph with input `pictures` sizes [1, 3, rows, columns] of any multiple of 32, and weights out of the inputs.

    The published file fixes the sizes it was exported with and lists every weight as an input, which keeps the
    runtime from folding them.
    """
    free = onnx.ModelProto()
    free.CopyFrom(model)
    graph = free.graph
    weights = {tensor.name for tensor in graph.initializer}
    pictures = next(value.name for value in graph.input if value.name not in weights)
    kind = onnx.TensorProto.FLOAT
    del graph.input[:], graph.output[:], graph.value_info[:]
    graph.input.append(helper.make_tensor_value_info(pictures, kind, [1, 3, "rows", "columns"]))
    for name, channels in CHANNELS.items():
        sizes: list[int | str | None] = [1, channels, f"rows/{STRIDE}", f"columns/{STRIDE}"]
        graph.output.append(helper.make_tensor_value_info(name, kind, sizes))
    onnx.checker.check_model(free)
    return free
