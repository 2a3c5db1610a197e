"""Lambda: moto runs functions in Docker and delivers events itself; here others do both."""

from collections.abc import Callable
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import EventSourceMapping, LambdaBackend, LambdaFunction, LayerVersion
from moto.s3 import notifications
from moto.sqs.models import Queue

from local_cloud.backend.corrections.replacing import wrap


class _NoMappings(dict[str, EventSourceMapping]):
    """A mapping is registered and listed by Lambda; the queue itself must never act on it."""

    def items(self) -> Any:
        return ()


def leave_event_delivery_to_the_pollers() -> None:
    """Sending a message or writing an object invokes nothing by itself: `local_cloud.events` does, as Lambda does."""

    def construct(original: Any, queue: Queue, *args: Any, **kwargs: Any) -> None:
        original(queue, *args, **kwargs)
        queue.lambda_event_source_mappings = _NoMappings()

    wrap(Queue, "__init__", construct)
    wrap(notifications, "_invoke_awslambda", lambda *_: None)


def describe_functions_fully() -> None:
    """GetFunction's Code.Location can be downloaded, as AWS's presigned link can; moto's points nowhere.

    The path is relative to the endpoint: only the door knows its own address. And a reserved concurrency of 0,
    which stops a function, is told, too; moto takes it for none.
    """

    def get_code(original: Any, function: LambdaFunction) -> Any:
        answer = original(function)
        if "Code" in answer:
            answer["Code"]["Location"] = f"/_local/functions/{function.function_name}/code"
        if function.reserved_concurrency is not None:
            answer["Concurrency"] = {"ReservedConcurrentExecutions": function.reserved_concurrency}
        return answer

    wrap(LambdaFunction, "get_code", get_code)


def serve_layers_from_the_door() -> None:
    """GetLayerVersion's Content.Location likewise."""

    def get_layer_version(original: Any, layer: LayerVersion) -> Any:
        answer = original(layer)
        answer["Content"]["Location"] = f"/_local/layers/{layer.name}/{layer.version}"
        return answer

    wrap(LayerVersion, "get_layer_version", get_layer_version)


def announce_reserved_concurrency(listener: Callable[[str, int | None], None], *, limit: int = 1000) -> None:
    """Whoever runs functions is told at once; None means that the function has nothing reserved any more.

    Of the account's `limit` 100 stay for functions that have reserved nothing, or all of a smaller limit.
    """

    def put(original: Any, backend: LambdaBackend, name: str, reserved: Any) -> Any:
        others = [each for each in backend.list_functions() if each.function_name != name]
        _require_unreserved(limit, int(reserved), sum(int(each.reserved_concurrency or 0) for each in others))
        answer = original(backend, name, reserved)
        listener(name, int(reserved))
        return answer

    def delete(original: Any, backend: LambdaBackend, name: str) -> Any:
        answer = original(backend, name)
        listener(name, None)
        return answer

    wrap(LambdaBackend, "put_function_concurrency", put)
    wrap(LambdaBackend, "delete_function_concurrency", delete)


def _require_unreserved(limit: int, reserved: int, by_others: int) -> None:
    least = min(100, limit)
    if reserved and limit - reserved - by_others < least:
        raise InvalidParameterValueException(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{least}]."
        )
