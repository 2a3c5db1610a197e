"""What requests to DynamoDB need: its batches, transactions and PartiQL are allowed by what they do to each table."""

from collections.abc import Iterator

from local_cloud.iam.requests import AwsRequest, Need
from local_cloud.partiql.tokens import Kind, Token, tokenize

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
_NONE = Token(Kind.END, "")


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
    """From the tokens alone: who may not touch a table learns nothing of what is wrong with the statement."""
    tokens = tokenize(statement)
    action, before = _PARTIQL[tokens[0].text]
    words = [token.text if token.kind is Kind.KEYWORD else "" for token in tokens]
    table, dot, index, *_ = [*tokens[words.index(before) + 1 :], _NONE, _NONE]
    in_index = dot.kind is Kind.SYMBOL and dot.text == "."
    return _on_table(request, action, table.text, index.text if in_index else None)
