"""What requests to S3 need. Its actions follow from method, path and query; the operation has no name on the wire."""

from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

from local_cloud.iam.requests import AwsRequest, Need

_VERBS = {"GET": "Get", "HEAD": "Get", "DELETE": "Delete"}  # all others put
_LISTINGS = {"versions": "ListBucketVersions", "uploads": "ListBucketMultipartUploads"}
_WHOLE_BUCKET = {"GET": "ListBucket", "HEAD": "ListBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
# Subresources of a bucket whose actions do not follow the pattern (Get|Put|Delete)Bucket….
_CONFIGURATIONS = {
    "lifecycle": "LifecycleConfiguration",
    "encryption": "EncryptionConfiguration",
    "replication": "ReplicationConfiguration",
    "accelerate": "AccelerateConfiguration",
    "object-lock": "BucketObjectLockConfiguration",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "ownershipControls": "BucketOwnershipControls",
    "requestPayment": "BucketRequestPayment",
    "cors": "BucketCORS",
}
# What alone has an action for its removal; to remove anything else is to put it.
_DELETED = ("policy", "website")
_LISTING_PARAMETERS = {
    *("list-type", "prefix", "delimiter", "marker", "max-keys", "encoding-type"),
    *("start-after", "continuation-token", "fetch-owner"),
}
_CONDITION_KEYS = ("prefix", "delimiter", "max-keys")
_OBJECT_PARTS = ("acl", "tagging", "retention", "legal-hold", "torrent")


def s3_needs(request: AwsRequest) -> Iterator[Need]:
    """Of path-style requests."""
    bucket, _, key = (unquote(part) for part in request.path.lstrip("/").partition("/"))
    query = {name: values[0] for name, values in parse_qs(request.query, keep_blank_values=True).items()}
    if key:
        yield from _on_key(request, bucket, key, query)
    elif "delete" in query and request.method == "POST":
        yield from _delete_many(request, bucket)
    elif not bucket:
        yield Need("s3:ListAllMyBuckets", "*")
    else:
        context = {f"s3:{name}": query[name] for name in _CONDITION_KEYS if name in query}
        yield Need(f"s3:{_bucket_action(request.method, query)}", f"arn:aws:s3:::{bucket}", context)


def to_read(bucket: str, key: str, version: str | None) -> Need:
    return _on_object("Get", bucket, key, version)


def to_list(bucket: str) -> Need:
    return Need("s3:ListBucket", f"arn:aws:s3:::{bucket}")


def _on_key(request: AwsRequest, bucket: str, key: str, query: Mapping[str, str]) -> Iterator[Need]:
    verb, version = _VERBS.get(request.method, "Put"), query.get("versionId")
    part = next((name for name in _OBJECT_PARTS if name in query), "")
    if "uploadId" in query and verb != "Put":
        verb = {"Get": "ListMultipartUploadParts", "Delete": "AbortMultipartUpload"}[verb]
        yield Need(f"s3:{verb}", f"arn:aws:s3:::{bucket}/{key}")
    elif "restore" in query:
        yield Need("s3:RestoreObject", f"arn:aws:s3:::{bucket}/{key}")
    else:
        yield _on_object(verb, bucket, key, version if part or verb != "Put" else None, part)
    if "attributes" in query:
        yield _on_object(verb, bucket, key, version, "attributes")
    if request.copy_source:
        source, _, version = unquote(request.copy_source).lstrip("/").partition("?versionId=")
        source_bucket, _, source_key = source.partition("/")
        yield to_read(source_bucket, source_key, version or None)


def _on_object(verb: str, bucket: str, key: str, version: str | None, part: str = "") -> Need:
    what = f"{'Version' if version else ''}{part.title().replace('-', '')}"
    context = {"s3:versionid": version} if version else {}
    return Need(f"s3:{verb}Object{what}", f"arn:aws:s3:::{bucket}/{key}", context)


def _delete_many(request: AwsRequest, bucket: str) -> Iterator[Need]:
    root = ElementTree.fromstring(request.body)  # noqa: S314 # nosec B314  # signed by a function of this cloud; expat limits entities
    for entry in root.iter():
        if entry.tag.rpartition("}")[2] == "Object":
            parts = {part.tag.rpartition("}")[2]: part.text or "" for part in entry}
            yield _on_object("Delete", bucket, parts["Key"], parts.get("VersionId"))


def _bucket_action(method: str, query: Mapping[str, str]) -> str:
    parts = [name for name in query if name not in _LISTING_PARAMETERS]
    if not parts:
        return _WHOLE_BUCKET.get(method, "PutObject")
    listing = next((action for name, action in _LISTINGS.items() if name in parts), None)
    if listing and method == "GET":
        return listing
    part = parts[0]
    verb = "Put" if method == "DELETE" and part not in _DELETED else _VERBS.get(method, "Put")
    return verb + (_CONFIGURATIONS.get(part) or f"Bucket{part.title().replace('-', '')}")
