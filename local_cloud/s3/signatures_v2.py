"""Signature Version 2 of S3, in the header or the query: what older AWS CLIs make, and boto3 by default of a link.

AWS takes it in the regions that opened before 2014, and in no other.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote

from local_cloud.s3.refusal import S3Error
from local_cloud.signatures import SignedRequest

_REGIONS = {
    *("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1"),
    *("sa-east-1", "us-gov-west-1"),
}
# The parts of the query that are signed: they name another resource, or change the answer.
_SIGNED = {
    *("accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "encryption", "inventory", "lifecycle"),
    *("location", "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "policyStatus"),
    *("publicAccessBlock", "replication", "requestPayment", "restore", "retention", "select", "select-type", "tagging"),
    *("torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website", "legal-hold"),
    *("response-cache-control", "response-content-disposition", "response-content-encoding"),
    *("response-content-language", "response-content-type", "response-expires"),
}


def require_version_2(region: str) -> None:
    """Raises S3Error where AWS does not take it any more."""
    if region not in _REGIONS:
        text = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
        raise S3Error(400, "InvalidRequest", text)


def signature_v2(request: SignedRequest, date: str, secret: str) -> str:
    """`date` is the Date header, empty with x-amz-date, or the Expires of a link, whose query may hold headers."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    headers = {name.lower(): value for name, value in query.items()} | dict(request.headers)
    amazon = sorted((name, value.strip()) for name, value in headers.items() if name.startswith("x-amz-"))
    to_sign = "\n".join(
        [
            request.method,
            headers.get("content-md5", ""),
            headers.get("content-type", ""),
            date,
            *(f"{name}:{value}" for name, value in amazon),
            request.path + _signed_query(request.query),
        ]
    )
    return base64.b64encode(hmac.new(secret.encode(), to_sign.encode(), hashlib.sha1).digest()).decode()


def _signed_query(query: str) -> str:
    parts: list[tuple[str, str, str]] = sorted(part.partition("=") for part in query.split("&"))
    kept = [f"{name}{equals}{unquote(value)}" for name, equals, value in parts if name in _SIGNED]
    return "?" + "&".join(kept) if kept else ""


def key_and_signature(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Of `Authorization: AWS key:signature`."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    key, colon, signature = rest.partition(":")
    return (key, signature) if scheme == "AWS" and colon else None
