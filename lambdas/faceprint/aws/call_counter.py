"""A count of the calls to AWS. No boto3 in here: not every function calls AWS, and importing it takes 0.2 s."""

from collections import Counter
from typing import Any


class CallCounter:
    """Counts calls by "service.Operation" since the last `reset`. A retry is not a new call."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def reset(self) -> None:
        """Forgets all calls; a function does this at the beginning of each request."""
        self.calls.clear()

    def of(self, service: str) -> dict[str, int]:
        """Calls of one service by operation."""
        return {name.split(".")[1]: count for name, count in self.calls.items() if name.startswith(f"{service}.")}

    def attach(self, client: Any) -> None:
        """Counts the calls of this client from now on."""
        client.meta.events.register("before-call", self._count)

    def _count(self, model: Any, **_: Any) -> None:
        self.calls[f"{model.service_model.endpoint_prefix}.{model.name}"] += 1
