"""Queues as an event source mapping reads them: with the permission of its function's role."""

from collections.abc import Mapping
from typing import Any

from local_cloud.iam.gate import Gate
from local_cloud.iam.requests import Need
from local_cloud.iam.roles import Credentials


class RoleQueues:
    """`local_cloud.events.Queues` over another one. `callers` are the mappings' roles by queue ARN."""

    def __init__(self, queues: Any, gate: Gate, callers: Mapping[str, Credentials]) -> None:
        self._queues, self._gate, self._callers = queues, gate, callers

    def receive(self, queue_arn: str, *, limit: int, wait_seconds: float) -> Any:
        """Raises AccessDeniedError; checked before each wait, as Lambda's pollers would notice."""
        self._check("ReceiveMessage", queue_arn)
        return self._queues.receive(queue_arn, limit=limit, wait_seconds=wait_seconds)

    def delete(self, queue_arn: str, receipt_handles: list[str]) -> None:
        self._check("DeleteMessage", queue_arn)
        self._queues.delete(queue_arn, receipt_handles)

    def visibility_seconds(self, queue_arn: str) -> float:
        self._check("GetQueueAttributes", queue_arn)
        return float(self._queues.visibility_seconds(queue_arn))

    def close(self) -> None:
        self._queues.close()

    def _check(self, operation: str, queue_arn: str) -> None:
        self._gate.check(self._callers[queue_arn], [Need(f"sqs:{operation}", queue_arn)], {})
