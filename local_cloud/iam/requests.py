"""What a request needs: actions and resources that its caller must be allowed.

By AWS's Service Authorization Reference. The operation decides what is read of a request, never what happens to stand
in its body: a service ignores members it does not know, and so must we.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

from local_cloud.backend.moto_state import ACCOUNT_ID

# Services that IAM calls otherwise than their signatures do.
_IAM_NAMES = {"monitoring": "cloudwatch"}
_BYTES = b'"Bytes"'


class MalformedRequestError(Exception):
    """What the request needs cannot be read from it; its service could not serve it either."""


@dataclass(frozen=True)
class Need:
    """One action on one resource (an ARN, or "*" where AWS knows none), and what conditions may ask of it."""

    action: str
    resource: str
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict, compare=False)


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

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """Of the JSON body, or of the form and the query: whichever protocol it is."""
        if self.target:
            body = without_image_bytes(self.body) if self.service == "rekognition" else self.body
            document: dict[str, Any] = json.loads(body or b"{}")
            return document
        form = parse_qs(self.query) | parse_qs(self.body.decode("latin-1"))
        return {name: values[0] for name, values in form.items()}

    @property
    def operation(self) -> str:
        """Of a JSON or query protocol; of others method and path."""
        named: str = self.target.rpartition(".")[2] or self.parameters.get("Action", "")
        return named or f"{self.method} {unquote(self.path)}"

    def arn(self, resource: str) -> str:
        return f"arn:aws:{self.service}:{self.region}:{ACCOUNT_ID}:{resource}"

    def need(self, resource: str = "*") -> Need:
        """The request's own operation on a resource."""
        return Need(f"{_IAM_NAMES.get(self.service, self.service)}:{self.operation}", resource)


def reads_body(service: str, method: str, query: str) -> bool:
    """Whether the needs stand in the body. Photos on their way into the bucket are not looked at."""
    return service != "s3" or (method == "POST" and "delete" in parse_qs(query, keep_blank_values=True))


def without_image_bytes(body: bytes) -> bytes:
    """A JSON document whose `"Bytes": "…"` are empty: megabytes that need not be parsed, since no need is in them.

    A quote inside a JSON string is escaped, so that the mark cannot be a part of one.
    """
    kept, at = [], 0
    while (mark := body.find(_BYTES, at)) >= 0:
        start = body.find(b'"', mark + len(_BYTES)) + 1
        end = body.find(b'"', start)
        is_value = body[mark + len(_BYTES) : start].split() in ([b':"'], [b":", b'"'])
        if start == 0 or end < 0 or not is_value or body.find(b"\\", start, end) >= 0:
            break  # nothing that an SDK writes: left to the parser
        kept.append(body[at:start])
        at = end
    return b"".join([*kept, body[at:]])
