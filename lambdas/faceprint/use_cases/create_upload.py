"""Hands out presigned uploads for photos that do not fit into a request."""

from dataclasses import dataclass

from faceprint.model.names import CORRELATION_METADATA
from faceprint.use_cases.ports import Answer, Links


@dataclass(frozen=True)
class CreateUpload:
    """No call to AWS: the link is signed here."""

    links: Links
    expiry_seconds: int

    def create(
        self, key: str, *, content_type: str, size: int, name: str, metadata: dict[str, str], correlation_id: str
    ) -> Answer:
        """How to PUT one file of exactly this size (bytes) and type. Raises InvalidParameterError."""
        metadata = metadata | ({"name": name} if name else {}) | {CORRELATION_METADATA: correlation_id}
        url, headers = self.links.upload(key, content_type=content_type, size=size, metadata=metadata)
        return {"key": key, "method": "PUT", "url": url, "headers": headers, "expiresIn": self.expiry_seconds}
