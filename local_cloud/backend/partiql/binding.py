"""Puts the request's parameters in the places of the question marks."""

import dataclasses
from typing import Any

from local_cloud.backend.partiql.values import canonical
from local_cloud.partiql.errors import PartiqlError
from local_cloud.partiql.nodes import Literal, Parameter, Statement, Value
from local_cloud.partiql.statements import parse

_MISMATCH = "Number of parameters in request and statement don't match."


def read(text: str, parameters: list[Value]) -> Statement:
    """The statement with its parameters in place. Raises PartiqlError; bad parameters come before a bad statement."""
    values = [canonical(value) for value in parameters]
    parsed = parse(text)
    if parsed.parameters != len(values):
        raise PartiqlError(_MISMATCH)
    bound: Statement = _bound(parsed.statement, values)
    return bound


def _bound(node: Any, values: list[Value]) -> Any:
    if isinstance(node, Parameter):
        return Literal(values[node.number])
    if isinstance(node, tuple):
        return tuple(_bound(part, values) for part in node)
    if dataclasses.is_dataclass(node) and not isinstance(node, type | Literal):
        parts = {field.name: _bound(getattr(node, field.name), values) for field in dataclasses.fields(node)}
        return dataclasses.replace(node, **parts)
    return node
