"""What Lambda, API Gateway and SQS report, each under the names and dimensions that AWS gives them."""

from local_cloud.monitoring.metrics import Metric, Recorder


class LambdaMetrics:
    """The observer of `lambda_runtime`. Errors and Throttles are 0 or 1 per call, so that their average is a rate."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def invoked(self, function: str, *, seconds: float, failed: bool) -> None:
        self._record(function, "Invocations", 1.0)
        self._record(function, "Errors", float(failed))
        self._record(function, "Throttles", 0.0)
        self._record(function, "Duration", seconds * 1000, "Milliseconds")

    def throttled(self, function: str) -> None:
        """The function did not run: no invocation, and no error of it either."""
        self._record(function, "Throttles", 1.0)

    def _record(self, function: str, name: str, value: float, unit: str = "Count") -> None:
        self._recorder.record(Metric.of("AWS/Lambda", name, FunctionName=function), value, unit)


class GatewayMetrics:
    """The observer of `gateway`: every request counts for the API as a whole, and for its stage."""

    def __init__(self, recorder: Recorder, *, api_name: str, stage: str) -> None:
        self._recorder = recorder
        self._dimensions = ({"ApiName": api_name}, {"ApiName": api_name, "Stage": stage})

    def answered(self, status: int, *, seconds: float) -> None:
        self._record("Count", 1.0)
        self._record("4XXError", float(400 <= status < 500))
        self._record("5XXError", float(status >= 500))
        self._record("Latency", seconds * 1000, "Milliseconds")

    def _record(self, name: str, value: float, unit: str = "Count") -> None:
        for dimensions in self._dimensions:
            self._recorder.record(Metric.of("AWS/ApiGateway", name, **dimensions), value, unit)


class QueueMetrics:
    """SQS: read now and then, not reported. AWS reads once a minute; its sums over these are as meaningless."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def seen(self, queue: str, *, visible: int, oldest_seconds: float) -> None:
        self._record(queue, "ApproximateNumberOfMessagesVisible", float(visible), "Count")
        self._record(queue, "ApproximateAgeOfOldestMessage", oldest_seconds, "Seconds")

    def _record(self, queue: str, name: str, value: float, unit: str) -> None:
        self._recorder.record(Metric.of("AWS/SQS", name, QueueName=queue), value, unit)
