"""PartiQL: moto's parser silently answers the wrong rows, so that none of it is used."""

from collections.abc import Callable
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from local_cloud.backend.corrections.replacing import wrap
from local_cloud.backend.partiql.batches import batch_execute_statement
from local_cloud.backend.partiql.execution import Answer, FindTable, Request, execute_statement
from local_cloud.backend.partiql.transactions import execute_transaction
from local_cloud.partiql.errors import PartiqlError


def execute_statements_as_dynamodb() -> None:
    """ExecuteStatement, BatchExecuteStatement and ExecuteTransaction by `local_cloud.backend.partiql`."""
    wrap(DynamoHandler, "execute_statement", _by(execute_statement))
    wrap(DynamoHandler, "batch_execute_statement", _by(batch_execute_statement))
    wrap(DynamoHandler, "execute_transaction", _by(execute_transaction))


def _by(execute: Callable[[Request, FindTable], Answer]) -> Callable[..., DynamoResult]:
    def handle(_original: Any, handler: DynamoHandler) -> DynamoResult:
        try:
            return DynamoResult(execute(handler.body, handler.dynamodb_backend.get_table))
        except PartiqlError as exc:
            raise MockValidationException(str(exc)) from exc

    return handle
