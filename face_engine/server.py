"""Puts the parts together and serves them over HTTP until told to stop."""

from __future__ import annotations

import json
import logging
import signal
import sys
import time
import uuid
from pathlib import Path
from typing import NoReturn

import cv2
from threadpoolctl import threadpool_limits

from face_engine.application import Application, Workshop, refuse_unreadable
from face_engine.browsers import SECURITY_HEADERS
from face_engine.face_library import FaceLibrary
from face_engine.face_store import FaceStore
from face_engine.model_packs.description import read_pack
from face_engine.operations.context import Engine
from face_engine.operations.quality_filter import QualityGates
from face_engine.processor import choose_precision
from face_engine.protocol import RekognitionModel
from face_engine.quotas import Quotas
from face_engine.s3_objects import read_object
from face_engine.settings import Settings
from face_engine.vision.faces import Vision
from face_engine.vision.model_files import MODEL_VERSIONS, Precision
from http_limits.server import BoundedChannel, BoundedServer, RefusalTask, allow_connections

log = logging.getLogger(__name__)

SPARE_THREADS = 4
"""Answer what needs no picture, and refusals, while all workers are busy."""

SWITCH_SECONDS = 0.001
"""After which a thread that computes in Python lets others in. A search asks a few dozen times: at Python's own 5 ms,
one such thread beside it made a search among 300,000 faces take 92 ms instead of 2.5, at 1 ms 26."""

CONNECTIONS = 1000
"""Clients that may be connected; for one more, the one that has been silent longest is let go."""

FILES_OF_THE_ENGINE = 100
BODY_IN_MEMORY = 64 * 1024
"""Larger bodies wait on disk: hundreds of photos that wait in memory would be hundreds of megabytes."""

RECEIVED_AT_ONCE = 128 * 1024
"""Bytes; each time costs a turn over all connections. With waitress's own 8 KB a refusal took 1.6 to 2.3 ms of CPU, not
1.0 to 1.4, and half of it is spent on requests that are refused when hundreds of clients ask."""

NAMES_TOLD = 10
HARD_BODY_LIMIT = 32 * 1024 * 1024
"""The server hangs up beyond this; the application refuses half of it with an error that an SDK understands."""


class _RefusalTask(RefusalTask):
    refuse = staticmethod(refuse_unreadable)
    headers = SECURITY_HEADERS


class _Channel(BoundedChannel):
    error_task_class = _RefusalTask


class _Server(BoundedServer):
    channel_class = _Channel


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
    pack = read_pack(settings.pack_folder, precision=choose_precision(settings.precision))
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
            gates=QualityGates(settings.min_confidence, settings.min_frontality, settings.min_face_area),
        )
        workshop = Workshop(workers=settings.workers, queue=settings.queue)
        names = settings.host_names | {settings.host.lower()}
        application = Application(engine, RekognitionModel(), workshop, names, Quotas(settings.tps))
        _run(application, settings, find_other_models(store, vision.version))
    finally:
        store.close()


def find_other_models(store: FaceStore, version: str) -> dict[str, list[str]]:
    """Names of the collections that this face model cannot search, by the version they were made with."""
    others: dict[str, list[str]] = {}
    for collection in store.list_collections(after=0, limit=store.count_collections()):
        if collection.model_version != version:
            others.setdefault(collection.model_version, []).append(collection.name)
    return others


def _tell_of_other_models(others: dict[str, list[str]]) -> None:
    precisions = {version: precision for precision, version in MODEL_VERSIONS.items()}
    for version, names in others.items():
        known = (
            f"Start with --precision {precisions[version]} to use them" if version in precisions else "Use its models"
        )
        advice = f"{known}, or index their images into new collections; they can be listed and deleted as they are."
        line = {"event": "otherFaceModel", "faceModelVersion": version, "collections": len(names), "advice": advice}
        log.warning(json.dumps(line | {"first": names[:NAMES_TOLD]}))


def _run(application: Application, settings: Settings, others: dict[str, list[str]]) -> None:
    threads = settings.workers + settings.queue + SPARE_THREADS
    server = _Server(
        application,
        host=settings.host,
        port=settings.port,
        threads=threads,
        connection_limit=allow_connections(CONNECTIONS, other_files=FILES_OF_THE_ENGINE),
        max_request_body_size=HARD_BODY_LIMIT,
        inbuf_overflow=BODY_IN_MEMORY,
        recv_bytes=RECEIVED_AT_ONCE,
        send_bytes=65536,  # head and body go out together: between the two, Go's HTTP client may give an answer up
        clear_untrusted_proxy_headers=True,
    )
    signal.signal(signal.SIGTERM, _stop)
    if not settings.is_loopback:
        log.warning(
            "%s is not loopback: whoever reaches it can read and erase faces, no signature is checked", settings.host
        )
    log.info(json.dumps({"event": "ready", "url": f"http://{settings.host}:{server.effective_port}"}))
    _tell_of_other_models(others)
    server.run()
    server.close()


def _stop(*_: object) -> NoReturn:
    raise SystemExit(0)
