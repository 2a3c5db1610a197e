"""DynamoDB's update expressions: each is parsed once and validated once.

moto parses an expression twice per call and, for a new item, validates it twice; validation walks the parsed
tree ten times. Together that is most of what an UpdateItem costs, and functions send the same few expressions
again and again.
"""

import functools
from typing import Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.parsing import ast_nodes, expressions
from moto.dynamodb.parsing.validators import UpdateExpressionValidator

from local_cloud.backend.corrections.replacing import wrap


def parse_once() -> None:
    """Validators work on a copy of the parsed tree, so it can be shared between calls."""
    parser = vars(expressions)["UpdateExpressionParser"]
    parse = functools.lru_cache(maxsize=256)(parser.make)
    wrap(parser, "make", lambda _, expression: parse(expression))


def ask_once_which_nodes_matter() -> None:
    """A traverser asks itself at every node which kinds of nodes it is for; the answer never changes."""

    def traverse(original: Any, traverser: Any, node: Any) -> Any:
        kinds = traverser.nodes_to_be_processed()
        traverser.nodes_to_be_processed = lambda: kinds
        return original(traverser, node)

    wrap(vars(ast_nodes)["DepthFirstTraverser"], "traverse", traverse)


def validate_new_items_once() -> None:
    """moto validates against an empty item before it makes the new one, so that a refusal leaves none behind.

    Here the item that a refused update made is taken away again, and the rehearsal is left out.
    """

    def validate(original: Any, validator: UpdateExpressionValidator) -> Any:
        return None if not validator.item.attrs else original(validator)

    def update_item(original: Any, backend: DynamoDBBackend, table_name: str, key: Any, *args: Any, **kw: Any) -> Any:
        table = backend.get_table(table_name)
        if any(name not in key for name in table.table_key_attrs):
            return original(backend, table_name, key, *args, **kw)
        hash_key = DynamoType(key[table.hash_key_attr])
        range_key = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
        existed = table.get_item(hash_key, range_key) is not None
        try:
            return original(backend, table_name, key, *args, **kw)
        except Exception:
            if not existed:
                table.delete_item(hash_key, range_key)
            raise

    wrap(UpdateExpressionValidator, "validate", validate)
    wrap(DynamoDBBackend, "update_item", update_item)
