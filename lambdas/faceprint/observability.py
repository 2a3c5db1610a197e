"""One structured log line per request, and metrics; with debug_mode the event too, its image replaced by its sha256."""

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

from faceprint.model.metrics import METRICS

logger = Logger(service="faceprint", utc=True, log_uncaught_exceptions=False)

# Only what is listed is shown: a key, a signature or a name may come under any other.
_SHOWN_HEADERS = frozenset(
    ("accept", "accept-encoding", "content-length", "content-type", "host", "prefer", "user-agent", "x-forwarded-proto")
)
_SHOWN_PARAMETERS = frozenset(
    (
        *("threshold", "FaceMatchThreshold", "SimilarityThreshold", "maxFaces", "MaxFaces", "qualityFilter"),
        *("QualityFilter", "attributes", "annotate", "maxSearch", "faceId", "limit", "cursor", "prefix"),
    )
)
_HIDDEN = "(hidden)"
_SAFE_CONTEXT = ("requestId", "stage", "httpMethod", "resourcePath", "path")
_MOST_VALUES = 99
"""Of one metric in a line. CloudWatch takes 100, at which Powertools would write a line by itself."""


def set_log_level(*, debug_mode: bool) -> None:
    """DEBUG with debug_mode, else INFO."""
    logger.setLevel("DEBUG" if debug_mode else "INFO")


def log_event(event: Mapping[str, Any]) -> None:
    """Writes the event at DEBUG: no image bytes, no key."""
    logger.debug("event", event=redact(event))


def write_metrics(
    values: Mapping[str, Sequence[float]], *, namespace: str, service: str, dimension: tuple[str, str]
) -> None:
    """Writes a line of CloudWatch's embedded metric format: values by metric, of a service and one more dimension.

    Without a name the second dimension is left out. It is written in one piece, as processes may share a log.
    """
    metrics = EphemeralMetrics(namespace=namespace, service=service)
    if dimension[0]:
        metrics.add_dimension(*dimension)
    for name, numbers in values.items():
        for number in numbers[:_MOST_VALUES]:
            metrics.add_metric(name=name, unit=METRICS[name][0], value=number)
    sys.stdout.write(json.dumps(metrics.serialize_metric_set(), separators=(",", ":")) + "\n")
    sys.stdout.flush()


def redact(event: Mapping[str, Any]) -> dict[str, Any]:
    """An API Gateway event without body, keys, identity and names of people."""
    body = event.get("body") or ""
    context = event.get("requestContext") or {}
    return {
        "resource": event.get("resource"),
        "path": event.get("path"),
        "queryStringParameters": {
            name: value if name in _SHOWN_PARAMETERS else _HIDDEN
            for name, value in (event.get("queryStringParameters") or {}).items()
        },
        "headers": {
            name: value if name.lower() in _SHOWN_HEADERS else _HIDDEN
            for name, value in (event.get("headers") or {}).items()
        },
        "requestContext": {name: context[name] for name in _SAFE_CONTEXT if name in context},
        "body": {"length": len(body), "sha256": hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()},
    }
