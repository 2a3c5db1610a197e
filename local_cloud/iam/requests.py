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
            document: dict[str, Any] = json.loads(self.body or b"{}")
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
