"""Signature Version 4: the signature that a request must carry, in its header or in its query.

It is computed from the request as it arrived, so a changed path, query, signed header, body or method breaks it.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
_HEADER = re.compile(rf"{ALGORITHM} +Credential=([^,]+), *SignedHeaders=([^,]+), *Signature=([0-9a-f]+)")


@dataclass(frozen=True)
class SignedRequest:
    """A request as it arrived: path and query still percent-encoded, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Signing:
    """What a request tells about its signature."""

    credential: str  # key/day/region/service/aws4_request
    signed_headers: str  # joined by ;
    date: str  # 20260131T235959Z
    signature: str

    @property
    def moment(self) -> datetime:
        """Raises ValueError."""
        return datetime.strptime(self.date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    @property
    def scope(self) -> list[str]:
        """Day, region, service and terminator."""
        return self.credential.split("/")[-4:]


def signing_in_header(headers: Mapping[str, str]) -> Signing | None:
    """From the Authorization header, or None where it holds no such signature."""
    found = _HEADER.fullmatch(headers.get("authorization", ""))
    return Signing(found[1], found[2], headers.get("x-amz-date", ""), found[3]) if found else None


def is_signed_by(request: SignedRequest, signing: Signing, secret: str, payload: str) -> bool:
    """`payload` is the SHA-256 of the body, or what stands in its place."""
    return is_same_secret(signature_of(request, signing, secret, payload), signing.signature)


def is_same_secret(given: str, known: str) -> bool:
    """In a time that does not tell how much of it is right. Any text may be given; `hmac` takes text of ASCII alone."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), known.encode("utf-8", "surrogatepass"))


def signature_of(request: SignedRequest, signing: Signing, secret: str, payload: str) -> str:
    """The signature this request must carry."""
    canonical = "\n".join(
        [
            request.method,
            _canonical_path(request.path, signing.scope[2]),
            _canonical_query(request.query),
            *(
                f"{name}:{' '.join(request.headers.get(name, '').split())}"
                for name in signing.signed_headers.split(";")
            ),
            "",
            signing.signed_headers,
            payload,
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join([ALGORITHM, signing.date, "/".join(signing.scope), digest])
    key = f"AWS4{secret}".encode()
    for part in signing.scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def _canonical_path(path: str, service: str) -> str:
    """S3 takes the path encoded once, as it is sent; all others encode what is sent once more."""
    return quote(unquote(path) if service == "s3" else path, safe="/~")


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    decoded = ((unquote(name), unquote(value)) for name, _, value in pairs)
    encoded = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in decoded)
    return "&".join(f"{name}={value}" for name, value in encoded if name != "X-Amz-Signature")
