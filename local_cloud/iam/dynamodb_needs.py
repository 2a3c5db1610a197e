"""What requests to DynamoDB need: its batches, transactions and PartiQL are allowed by what they do to each table."""

import re
from collections.abc import Iterator

from local_cloud.iam.requests import AwsRequest, Need

_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
# Verb of a statement -> its action, and the word before the table.
_PARTIQL = {
    "SELECT": ("PartiQLSelect", "FROM"),
    "EXISTS": ("PartiQLSelect", "FROM"),
    "INSERT": ("PartiQLInsert", "INTO"),
    "UPDATE": ("PartiQLUpdate", "UPDATE"),
    "DELETE": ("PartiQLDelete", "FROM"),
}
_STATEMENTS = {"BatchExecuteStatement": "Statements", "ExecuteTransaction": "TransactStatements"}
_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")+"|[A-Za-z_][\w-]*|\S""")


def dynamodb_needs(request: AwsRequest) -> Iterator[Need]:
    """One need for each table, index or item that the operation touches."""
    parameters, operation = request.parameters, request.operation
    if operation in ("BatchGetItem", "BatchWriteItem"):
        yield from (_on_table(request, operation, table) for table in parameters["RequestItems"])
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for kind, item in (part for entry in parameters["TransactItems"] for part in entry.items()):
            yield _on_table(request, _TRANSACTION[kind], item["TableName"])
    elif operation == "ExecuteStatement":
        yield _of_statement(request, parameters["Statement"])
    elif operation in _STATEMENTS:
        yield from (_of_statement(request, entry["Statement"]) for entry in parameters[_STATEMENTS[operation]])
    elif "TableName" in parameters:
        yield _on_table(request, operation, parameters["TableName"], parameters.get("IndexName"))
    else:
        yield request.need(parameters.get("ResourceArn") or parameters.get("StreamArn") or "*")


def _on_table(request: AwsRequest, operation: str, table: str, index: str | None = None) -> Need:
    arn = table if table.startswith("arn:") else request.arn(f"table/{table}")
    return Need(f"dynamodb:{operation}", f"{arn}/index/{index}" if index else arn)


def _of_statement(request: AwsRequest, statement: str) -> Need:
    tokens = _TOKEN.findall(statement)
    action, before = _PARTIQL[tokens[0].upper()]
    at = [token.upper() for token in tokens].index(before) + 1
    index = _name(tokens[at + 2]) if tokens[at + 1 : at + 2] == ["."] else None
    return _on_table(request, action, _name(tokens[at]), index)


def _name(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token
