"""What one request or record adds to log and metrics."""

from collections import defaultdict
from typing import Any

from faceprint.model.costs import estimate_usd
from faceprint.model.metrics import CALL_LATENCIES, METRICS
from faceprint.observability import write_metrics
from faceprint.wiring import Wiring


def describe_calls(wiring: Wiring) -> dict[str, Any]:
    """The calls to AWS since the counter's reset, their milliseconds and retries, and what they cost, for the log."""
    cost = estimate_usd(wiring.counter.of("rekognition"), wiring.settings.price_per_image)
    return {**wiring.counter.summary(), "estimatedUsd": cost}


class Measurements:
    """Values of metrics, gathered until they are written."""

    def __init__(self) -> None:
        self._values: defaultdict[tuple[str, str], dict[str, list[float]]] = defaultdict(dict)

    def add(self, metric: str, *values: float, of: str = "") -> None:
        """Values of one metric; `of` is its route, outcome or reason, and KeyError means that it is none of METRICS."""
        group = self._values[METRICS[metric][1], of]
        group[metric] = [*group.get(metric, ()), *values]

    def add_calls(self, wiring: Wiring) -> None:
        """The calls to AWS since the counter's reset."""
        for service, metric in CALL_LATENCIES.items():
            if taken := wiring.counter.milliseconds_of(service):
                self.add(metric, *taken)
        told = describe_calls(wiring)
        for metric, value in (("CallRetries", sum(told["retries"].values())), ("EstimatedUsd", told["estimatedUsd"])):
            if value:
                self.add(metric, value)

    def write(self, wiring: Wiring) -> None:
        """One line for each value of a dimension; none where the deployment wants no metrics."""
        settings = wiring.settings
        if settings.metrics_namespace:
            for dimension, values in self._values.items():
                write_metrics(
                    values, namespace=settings.metrics_namespace, service=settings.service, dimension=dimension
                )
