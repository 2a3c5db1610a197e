"""(requests) File names, headers, queries and percent-encodings, as raw bytes: HTTP clients would tidy them up."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from fuzz.pictures import originals
from fuzz.tally import FoundError, Tally, explore
from fuzz.world import Answer, World, exchange

ROUTES = [
    "/index/",
    "/index",
    "/search/",
    "/search",
    "/faces/",
    "/uploads",
    "/detect",
    "/compare",
    "/info",
    "/identify",
    "/openapi.json",
    "/health",
    "/",
]
METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "get", "NONSENSE"]
NAMES = [
    "limit",
    "cursor",
    "prefix",
    "threshold",
    "maxFaces",
    "faceId",
    "qualityFilter",
    "attributes",
    "name",
    "annotate",
]
HEADERS = [
    "x-amz-meta-name",
    "x-amz-meta-A_b",
    "x-amz-meta-",
    "Content-Type",
    "Accept",
    "Prefer",
    "Origin",
    "Expect",
    "X-Forwarded-For",
    "Authorization",
    "Cookie",
    "x-api-key",
    "Range",
    "If-Match",
    "Host",
]
FIELDS = ["image", "source", "target", "filename", "bytes", "name", "metadata", "threshold", "prefix", "contentType"]
WORDS = [b"=?utf-8?b?a?=", b"=?utf-8?q?=0a?=", b"=?raw_unicode_escape?q?=5Cud800?=", b"=?x?b?AAAA?=", b"NaN", b"1e400"]
PIECES = [
    b"%",
    b"%2",
    b"%2F",
    b"%2e%2e",
    b"%00",
    b"%0a",
    b"%ff%fe",
    b"%ed%a0%80",
    b"..",
    b"/",
    b"//",
    b"?",
    b"#",
    b"+",
    b"*",
    b"&",
    b"=",
    b"\xc3\xa9",
    b"\xff",
    b"%F0%9F%98%80",
    b"{x}",
    b"${jndi}",
    b"<!--",
    b"a" * 300,
]

_raw = st.binary(max_size=40).map(lambda data: bytes(byte for byte in data if byte not in b"\r\n"))
_pieces = st.lists(st.sampled_from(PIECES) | _raw, max_size=6).map(b"".join)
_words = st.one_of(_pieces, st.sampled_from(WORDS), _raw)
_queries = st.lists(st.tuples(st.sampled_from(NAMES), _words), max_size=4)
_headers = st.lists(st.tuples(st.sampled_from(HEADERS), _words), max_size=5)
_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["\ud800", "{" * 5000, '{"a":' * 5000, "data:image/png;base64,AAAA", "\u0301\u0316" * 50]),
)
_values = st.recursive(_leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
_objects = st.dictionaries(st.sampled_from(FIELDS), _values, max_size=5).map(lambda value: json.dumps(value).encode())


def bodies() -> st.SearchStrategy[bytes]:
    """JSON of any shape, a small photo, anything."""
    return st.one_of(st.just(b""), _objects, _objects, st.sampled_from(originals()[:3]), _raw)


@st.composite
def raw_requests(draw: st.DrawFn, key: str) -> bytes:
    """A request's bytes: its head may hold anything but a line break within a line."""
    method, route = draw(st.sampled_from(METHODS[:5]) | st.sampled_from(METHODS)), draw(st.sampled_from(ROUTES))
    path = b"/v1" + route.encode() + (draw(_pieces) if route.endswith("/") else b"")
    query = b"&".join(name.encode() + b"=" + value for name, value in draw(_queries))
    body = draw(bodies())
    lines = [
        method.encode() + b" " + path.replace(b" ", b"%20") + b"?" + query.replace(b" ", b"+") + b" HTTP/1.1",
        b"Host: localhost",
        b"Connection: close",
        b"Content-Length: %d" % len(body),
        b"x-api-key: " + key.encode(),
        *(name.encode() + b": " + value for name, value in draw(_headers)),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def fuzz_requests(world: World, tally: Tally) -> None:
    """Through the gateway and the functions, and the same at the door."""

    def ask_gateway(request: bytes) -> None:
        answer = exchange(world.gateway, request)
        tally.took(answer.seconds, request)
        tally.answered(answer.status, request, where=route_of(request))
        require_shape(answer, request)

    def ask_door(request: bytes) -> None:
        answer = exchange(world.door, request.replace(b"/v1/", b"/rekognition-123456789012/", 1))
        tally.took(answer.seconds, request)
        tally.answered(answer.status, request, where="door")
        if not answer.status:
            raise FoundError("the door closes without an answer", request)

    explore(raw_requests(world.key), ask_gateway, tally, share=0.85)
    explore(raw_requests(world.key), ask_door, tally, share=0.15)


def route_of(request: bytes) -> str:
    """Method and first part of the path."""
    method, _, rest = request.partition(b" ")
    return f"{method.decode('latin-1')} /{rest.split(b'/')[2].split(b'?')[0].decode('latin-1')}"


def require_shape(answer: Answer, request: bytes) -> None:
    """Every refusal is the error object of the contract."""
    if not answer.status:
        raise FoundError("the gateway closes without an answer", request)
    if answer.status < 400 or request.startswith(b"HEAD"):
        return
    try:
        body = answer.json
    except ValueError as exc:
        raise FoundError("a refusal is not JSON", request) from exc
    if not isinstance(body, dict) or set(body) != {"error", "description", "requestId"}:
        raise FoundError("a refusal is not the contract's error object", request)
