"""What a request can change: nothing, parts of the state alone, or anything."""

from urllib.parse import parse_qs

from moto.core.request import Request

from local_cloud.backend.moto_state import each_backend_of

# Names of operations that change nothing, so that there is nothing to write down after them.
_READS = ("Get", "List", "Describe", "Query", "Scan", "BatchGet", "Head")

# What they change is rows and messages, or is not kept.
_OF_PARTS = {
    "dynamodb": {
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
        *("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
    },
    "sqs": {
        *("SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch"),
        *("ChangeMessageVisibility", "ChangeMessageVisibilityBatch"),
    },
    "monitoring": {"PutMetricData"},
}


def is_read(request: Request) -> bool:
    return request.method in ("GET", "HEAD") or _operation(request).startswith(_READS)


def changes_parts_only(service: str, request: Request) -> bool:
    """False when in doubt: then all that is no part is compared with what it was."""
    if service == "s3":
        return _is_about_objects(request)
    if service == "dynamodb" and _a_table_has_a_stream():
        return False
    return _operation(request) in _OF_PARTS.get(service, ())


def _operation(request: Request) -> str:
    return str(request.headers.get("X-Amz-Target", "")).rpartition(".")[2]


def _is_about_objects(request: Request) -> bool:
    """One object, or DeleteObjects; uploads in parts belong to their bucket."""
    query = parse_qs(request.query_string.decode("latin-1"), keep_blank_values=True)
    if "delete" in query:
        return True
    _, _, key = request.path.strip("/").partition("/")
    return bool(key) and not query.keys() & {"uploads", "uploadId"}


def _a_table_has_a_stream() -> bool:
    return any(table.stream_shard for db in each_backend_of("dynamodb") for table in db.tables.values())
