"""What a request needs: actions and resources that its caller must be allowed.

By AWS's Service Authorization Reference.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

from local_cloud.backend.moto_state import ACCOUNT_ID


@dataclass(frozen=True)
class Need:
    """One action on one resource (an ARN, or "*" where AWS knows none)."""

    action: str
    resource: str


@dataclass(frozen=True)
class AwsRequest:
    """A request as the door sees it; `path` still percent-encoded, `body` empty where `reads_body` says so."""

    service: str
    region: str
    method: str
    path: str
    query: str
    target: str  # X-Amz-Target
    copy_source: str
    body: bytes

    @property
    def operation(self) -> str:
        return self.target.rpartition(".")[2]

    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body or b"{}")
        return document

    def arn(self, resource: str) -> str:
        return f"arn:aws:{self.service}:{self.region}:{ACCOUNT_ID}:{resource}"


def reads_body(service: str, method: str, query: str) -> bool:
    """Whether the needs stand in the body. Photos on their way into the bucket are not looked at."""
    return service != "s3" or (method == "POST" and "delete" in query.split("&")[0])


def needs_of(request: AwsRequest) -> list[Need]:
    """Everything that must be allowed; never empty."""
    return list(_NEEDS.get(request.service, _any_service)(request))


def _any_service(request: AwsRequest) -> Iterator[Need]:
    form = parse_qs(request.body.decode("latin-1")) if not request.target else {}
    operation = request.operation or "".join(form.get("Action", [f"{request.method} {unquote(request.path)}"]))
    yield Need(f"{request.service}:{operation}", "*")


_TRANSACTION = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_PARTIQL = {"SELECT": "PartiQLSelect", "INSERT": "PartiQLInsert", "UPDATE": "PartiQLUpdate", "DELETE": "PartiQLDelete"}
_STATEMENT = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE)\b(?:.*?\b(?:FROM|INTO)\b)?\s*\"?([\w.-]+?)\"?(?:\.\"?([\w.-]+)\"?)?(?:\s|$)",
    re.IGNORECASE | re.DOTALL,
)


def _dynamodb(request: AwsRequest) -> Iterator[Need]:
    document = request.json()
    if "RequestItems" in document:
        yield from (_on_table(request, request.operation, table) for table in document["RequestItems"])
    elif "TransactItems" in document:
        for kind, item in (next(iter(entry.items())) for entry in document["TransactItems"]):
            yield _on_table(request, _TRANSACTION[kind], item["TableName"])
    elif "Statement" in document and (found := _STATEMENT.match(document["Statement"])):
        yield _on_table(request, _PARTIQL[found[1].upper()], found[2], found[3])
    elif "TableName" in document:
        yield _on_table(request, request.operation, document["TableName"], document.get("IndexName"))
    else:
        yield Need(f"dynamodb:{request.operation}", "*")


def _on_table(request: AwsRequest, operation: str, table: str, index: str | None = None) -> Need:
    arn = table if table.startswith("arn:") else request.arn(f"table/{table}")
    return Need(f"dynamodb:{operation}", f"{arn}/index/{index}" if index else arn)


def _sqs(request: AwsRequest) -> Iterator[Need]:
    document = request.json() if request.target else {}
    name = document.get("QueueUrl", "").rsplit("/", 1)[-1] or document.get("QueueName", "")
    if not request.target or not name:
        yield from _any_service(request)
    else:
        yield Need(f"sqs:{request.operation.removesuffix('Batch')}", request.arn(name))


def _rekognition(request: AwsRequest) -> Iterator[Need]:
    document = request.json()
    collection = document.get("CollectionId")
    yield Need(f"rekognition:{request.operation}", request.arn(f"collection/{collection}") if collection else "*")
    for image in (document.get(name) or {} for name in ("Image", "SourceImage", "TargetImage")):
        # Rekognition reads the bucket with its caller's permission.
        if place := image.get("S3Object"):
            yield _on_object("Get", place["Bucket"], place["Name"], place.get("Version"))


def _lambda(request: AwsRequest) -> Iterator[Need]:
    found = re.fullmatch(r"/2015-03-31/functions/([^/]+)/invocations/?", request.path)
    if found is None:
        yield from _any_service(request)
    else:
        name = unquote(found[1]).split(":function:")[-1].split(":")[0]
        yield Need("lambda:InvokeFunction", request.arn(f"function:{name}"))


def _s3(request: AwsRequest) -> Iterator[Need]:
    bucket, _, key = request.path.lstrip("/").partition("/")
    query = {name: values[0] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
    key = unquote(key)
    if key:
        yield from _on_key(request, unquote(bucket), key, query)
    elif "delete" in query and request.method == "POST":
        yield from _delete_many(request, bucket)
    else:
        yield Need(_bucket_action(request.method, query), f"arn:aws:s3:::{bucket}" if bucket else "*")


def _on_key(request: AwsRequest, bucket: str, key: str, query: Mapping[str, str]) -> Iterator[Need]:
    sub = next((name for name in ("acl", "tagging", "retention", "legal-hold", "torrent") if name in query), None)
    if sub:
        verb = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}.get(request.method, "Get")
        yield Need(f"s3:{verb}Object{sub.title().replace('-', '')}", f"arn:aws:s3:::{bucket}/{key}")
        return
    verb = {"GET": "Get", "HEAD": "Get", "DELETE": "Delete"}.get(request.method, "Put")
    if "uploadId" in query and request.method == "DELETE":
        yield Need("s3:AbortMultipartUpload", f"arn:aws:s3:::{bucket}/{key}")
        return
    yield _on_object(verb, bucket, key, query.get("versionId") if verb != "Put" else None)
    if request.copy_source:
        source, _, version = unquote(request.copy_source).lstrip("/").partition("?versionId=")
        source_bucket, _, source_key = source.partition("/")
        yield _on_object("Get", source_bucket, source_key, version or None)


def _on_object(verb: str, bucket: str, key: str, version: str | None) -> Need:
    return Need(f"s3:{verb}Object{'Version' if version else ''}", f"arn:aws:s3:::{bucket}/{key}")


def _delete_many(request: AwsRequest, bucket: str) -> Iterator[Need]:
    root = ElementTree.fromstring(request.body)  # noqa: S314  # signed by a function of this cloud; expat limits entities
    for entry in root.iter():
        if entry.tag.rpartition("}")[2] == "Object":
            parts = {part.tag.rpartition("}")[2]: part.text or "" for part in entry}
            yield _on_object("Delete", bucket, parts["Key"], parts.get("VersionId"))


def _bucket_action(method: str, query: Mapping[str, str]) -> str:
    if method == "HEAD" or (method == "GET" and ("list-type" in query or not query.keys() - _LISTING)):
        return "s3:ListBucket"
    if method == "GET" and "versions" in query:
        return "s3:ListBucketVersions"
    if method == "GET" and "uploads" in query:
        return "s3:ListBucketMultipartUploads"
    verb = {"GET": "Get", "PUT": "Put", "DELETE": "Delete"}.get(method, "Put")
    sub = next(iter(query), "")
    return f"s3:{verb}Bucket{sub.title().replace('-', '')}"


_LISTING = {"prefix", "delimiter", "marker", "max-keys", "encoding-type"}
_NEEDS: dict[str, Callable[[AwsRequest], Iterator[Need]]] = {
    "dynamodb": _dynamodb,
    "sqs": _sqs,
    "rekognition": _rekognition,
    "lambda": _lambda,
    "s3": _s3,
}
