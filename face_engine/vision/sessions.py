"""How models are run: one thread per call, so that several workers share the processor without fighting for it."""

from __future__ import annotations

from pathlib import Path

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

ERRORS_ONLY = 3
MODEL_ERRORS = (
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NoModel,
    state.NoSuchFile,
    state.NotImplemented,
    state.RuntimeException,
)
"""What the runtime raises for files that are no models, or that it cannot run; they have no base of their own."""


def open_session(model: Path) -> onnxruntime.InferenceSession:
    """A session that many threads may run at the same time.

    Threads of one call that wait for each other by spinning cost more than they bring as soon as the machine is busy:
    7.3 images/s without spinning against 2.7 with it, so parallelism comes from concurrent calls instead.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = ERRORS_ONLY
    options.enable_mem_pattern = False  # plans one block for each picture size seen, which is never given back
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
