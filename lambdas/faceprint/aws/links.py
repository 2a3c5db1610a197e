"""Presigned links, signed here without a call to AWS."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from faceprint.model.names import encode_metadata

_ROUNDING_SECONDS = 300
"""Download links are signed as of the last five minutes: within them a photo keeps its URL, so that answers can be
compared and browsers can cache."""


class _SigV4At(S3SigV4QueryAuth):  # type: ignore[misc]  # botocore has no types
    """Signs as of a given time; botocore knows only the present."""

    def sign(self, request: AWSRequest, moment: float) -> str:
        request.context["timestamp"] = datetime.fromtimestamp(moment, UTC).strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        text = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(text, request))
        return str(request.url)


@dataclass(frozen=True)
class Links:
    """Links to objects of one bucket. `client` is an S3 client, `credentials` botocore's."""

    client: Any
    credentials: Any
    bucket: str
    expiry_seconds: int

    def download(self, key: str) -> str:
        """A link that GETs the photo for at least `expiry_seconds`."""
        moment = time.time() // _ROUNDING_SECONDS * _ROUNDING_SECONDS
        request = AWSRequest(method="GET", url=self._url(key))
        return self._signer(self.expiry_seconds + _ROUNDING_SECONDS).sign(request, moment)

    def upload(self, key: str, *, content_type: str, size: int, metadata: dict[str, str]) -> tuple[str, dict[str, str]]:
        """A link that takes one PUT of exactly this size and type, and the headers to send with it."""
        headers = {"Content-Type": content_type, "Content-Length": str(size)}
        headers |= {f"x-amz-meta-{name}": value for name, value in encode_metadata(metadata).items()}
        request = AWSRequest(method="PUT", url=self._url(key), headers=headers)
        return self._signer(self.expiry_seconds).sign(request, time.time()), headers

    def _signer(self, expires: int) -> _SigV4At:
        frozen = self.credentials.get_frozen_credentials()
        return _SigV4At(frozen, "s3", self.client.meta.region_name, expires=expires)

    def _url(self, key: str) -> str:
        return f"{self.client.meta.endpoint_url}/{self.bucket}/{quote(key, safe='/~')}"
