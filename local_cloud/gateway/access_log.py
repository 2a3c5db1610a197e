"""One JSON line per request, with API Gateway's field names; never a key, a query or a body."""

import json
import threading
import time
from pathlib import Path

from local_cloud.gateway.exchange import Answer, Exchange
from local_cloud.gateway.refusals import GatewayError


class AccessLog:
    """Appends to one file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()

    def write(self, exchange: Exchange, answer: Answer, refusal: GatewayError | None, *, seconds: float) -> None:
        line = {
            "requestTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(exchange.received)),
            "requestId": exchange.request_id,
            "ip": exchange.source_ip,
            "httpMethod": exchange.method,
            "resourcePath": exchange.resource,
            "status": answer.status,
            "error": refusal.kind if refusal else None,
            "responseLength": len(answer.body),
            "responseLatency": round(seconds * 1000, 1),
        }
        text = json.dumps(line, separators=(",", ":"))
        with self._lock:
            self._file.write(text + "\n")

    def close(self) -> None:
        self._file.close()
