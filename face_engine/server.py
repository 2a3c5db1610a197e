"""Puts the parts together and serves them over HTTP until told to stop."""

from __future__ import annotations

import json
import logging
import signal
import sys
import time
import uuid
from pathlib import Path
from typing import Any, NoReturn

import cv2
from threadpoolctl import threadpool_limits
from waitress import create_server

from face_engine.application import Application, Workshop
from face_engine.face_library import FaceLibrary
from face_engine.face_store import FaceStore
from face_engine.model_packs.description import read_pack
from face_engine.operations.context import Engine
from face_engine.protocol import RekognitionModel
from face_engine.s3_objects import read_object
from face_engine.settings import Settings
from face_engine.vision.faces import Vision
from face_engine.vision.model_files import Precision

log = logging.getLogger(__name__)

SPARE_THREADS = 4
"""Answer what needs no picture, and refusals, while all workers are busy."""

SPARE_CONNECTIONS = 64
SWITCH_SECONDS = 0.001
"""After which a thread that computes in Python lets others in. A search asks a few dozen times: at Python's own 5 ms,
one such thread beside it made a search among 300,000 faces take 92 ms instead of 2.5, at 1 ms 26."""

HARD_BODY_LIMIT = 32 * 1024 * 1024
"""The server hangs up beyond this; the application refuses half of it with an error that an SDK understands."""


def load_vision(folder: Path, precision: Precision) -> Vision:
    """The models of a pack. Raises `PackError`, or `ModelsMissingError` for the folder of set-up."""
    return read_pack(folder, precision=precision).open_vision()


def serve(settings: Settings) -> None:
    """Answer requests until SIGTERM or Ctrl-C, then finish those that run.

    Raises `ModelsMissingError`, `PackError`, `StoreLockedError`, or `OSError` when the port is taken.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    cv2.setNumThreads(1)
    threadpool_limits(1, user_api="blas")  # searches run side by side; threads of their own would wait for each other
    pack = read_pack(settings.pack_folder, precision=settings.precision)
    curve, vision = pack.require_curve(), pack.open_vision()
    store = FaceStore(settings.data)
    try:
        engine = Engine(
            library=FaceLibrary(store, size=pack.embedder_spec.dimension, curve=curve),
            vision=vision,
            account_id=settings.account_id,
            now=time.time,
            new_id=lambda: str(uuid.uuid4()),
            read_object=read_object,
            curve=curve,
        )
        workshop = Workshop(workers=settings.workers, queue=settings.queue)
        _run(Application(engine, RekognitionModel(), workshop), settings)
    finally:
        store.close()


def _run(application: Application, settings: Settings) -> None:
    threads = settings.workers + settings.queue + SPARE_THREADS
    server: Any = create_server(
        application,
        host=settings.host,
        port=settings.port,
        threads=threads,
        connection_limit=threads + SPARE_CONNECTIONS,
        max_request_body_size=HARD_BODY_LIMIT,
        send_bytes=65536,  # head and body go out together: between the two, Go's HTTP client may give an answer up
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    signal.signal(signal.SIGTERM, _stop)
    if not settings.is_loopback:
        log.warning(
            "%s is not loopback: whoever reaches it can read and erase faces, no signature is checked", settings.host
        )
    log.info(json.dumps({"event": "ready", "url": f"http://{settings.host}:{server.effective_port}"}))
    server.run()
    server.close()


def _stop(*_: object) -> NoReturn:
    raise SystemExit(0)
