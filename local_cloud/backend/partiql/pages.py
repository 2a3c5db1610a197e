"""NextToken: where to go on, bound to the statement and the parameters that it belongs to."""

import base64
import binascii
import hashlib
import json
from typing import Any

from local_cloud.backend.partiql.values import Item
from local_cloud.partiql.errors import PartiqlError


def next_token(request: dict[str, Any], last: Item) -> str:
    """Opaque to clients."""
    content = json.dumps({"request": _fingerprint(request), "last": last})
    return base64.urlsafe_b64encode(content.encode()).decode()


def last_key(request: dict[str, Any]) -> Item | None:
    """The key that the request's NextToken names. Raises PartiqlError for a foreign token, or none at all."""
    if request.get("NextToken") is None:
        return None
    try:
        content = json.loads(base64.urlsafe_b64decode(request["NextToken"]))
        fingerprint, last = content["request"], Item(content["last"])
    except (ValueError, KeyError, TypeError, binascii.Error) as exc:
        raise PartiqlError("Invalid NextToken") from exc
    if fingerprint != _fingerprint(request):
        raise PartiqlError("NextToken does not match request")
    return last


def _fingerprint(request: dict[str, Any]) -> str:
    """A changed Limit is no other request."""
    content = json.dumps([request["Statement"], request.get("Parameters", [])], sort_keys=True, default=bytes.hex)
    return hashlib.sha256(content.encode()).hexdigest()
