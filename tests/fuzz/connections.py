"""(connections) Clients that are slow, rude or many, against gateway, door and engine."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from typing import Any

from hypothesis import strategies as st

from fuzz.tally import Tally, explore
from fuzz.world import SIGNED_FOR_ENGINE, SIGNED_FOR_TABLES, Answer, Target, World, exchange, post, read_answer
from http_limits.server import allow_connections

CROWD = 2000
"""Connections at once; all but the good client's say nothing, or half of something."""

HALVES = [
    b"",
    b"GET",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 500,
    b"PUT /v1/index/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
]
LINES = [
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: +1",
    b"Content-Length: 0x5",
    b"Content-Length: 1, 2",
    b"Content-Length: " + b"9" * 5000,
    b"Content-Length: 99999999999",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: chunked, identity",
    b"Expect: 100-continue",
    b"Connection: close",
    b"Connection: keep-alive, Upgrade",
    b"Upgrade: websocket",
    b"X: " + b"a" * 20_000,
    b"X" * 20_000,
    b": x",
    b" x: y",
    b"X : y",
    b"X\0: y",
    b"X: \0",
    b"X-A: \x80\xff",
    *(b"X%d: y" % n for n in range(3)),
]
STARTS = [
    b"GET / HTTP/1.1",
    b"GET /v1/health HTTP/1.1",
    b"POST / HTTP/1.1",
    b"PUT /v1/index/a HTTP/1.1",
    b"GET / HTTP/1.0",
    b"GET /",
    b"GET / HTTP/9.9",
    b"GET  /  HTTP/1.1",
    b"G\xff / HTTP/1.1",
    b"GET http://[ HTTP/1.1",
    b"PRI * HTTP/2.0",
    b"\x16\x03\x01\x02\x00\x01",
    b"GET " + b"/a" * 9000 + b" HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"CONNECT x:1 HTTP/1.1",
    b"GET //x/y HTTP/1.1",
    b"GET /v1/health?\xff HTTP/1.1",
]
ENDS = [
    b"",
    b"abc",
    b"5\r\nabcde\r\n0\r\n\r\n",
    b"ffffffffffffffff\r\n",
    b"-1\r\n",
    b"5;" + b"x" * 3000,
    b"1" * 4000,
    b"0\r\n" + b"X: y\r\n" * 3000,
    b"zz\r\n",
    b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5,
]

_texts = st.builds(
    lambda start, lines, end: b"\r\n".join([start, b"Host: localhost", *lines]) + b"\r\n\r\n" + end,
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(LINES), max_size=4),
    st.sampled_from(ENDS),
)


def good_request(target: Target, key: str) -> bytes:
    """What a client of this address sends who knows how."""
    if target.name == "gateway":
        return f"GET /v1/health HTTP/1.1\r\nHost: localhost\r\nx-api-key: {key}\r\nConnection: close\r\n\r\n".encode()
    if target.name == "engine":
        name, signature = "RekognitionService.ListCollections", SIGNED_FOR_ENGINE
    else:
        name, signature = "DynamoDB_20120810.ListTables", SIGNED_FOR_TABLES
    return post(
        target, "/", b"{}", X_Amz_Target=name, Authorization=signature, Content_Type="application/x-amz-json-1.1"
    )


def fuzz_connections(world: World, tally: Tally) -> None:
    """First the crowds, then single clients, then a good one."""
    targets = [world.gateway, world.door, world.engine]
    for target in targets:
        for half in HALVES if tally.budget.cases >= CROWD else HALVES[2:3]:
            crowd_out(target, half, world.key, tally)

    def talk(case: tuple[int, list[bytes], bool]) -> None:
        number, texts, abort = case
        answer = send_rudely(targets[number], b"".join(texts), abort=abort)
        tally.took(answer.seconds, case)
        tally.answered(answer.status, case)

    explore(st.tuples(st.integers(0, 2), st.lists(_texts, min_size=1, max_size=3), st.booleans()), talk, tally)
    for target in targets:
        require_good_service(target, world.key, tally, "after all")


def crowd_out(target: Target, half: bytes, key: str, tally: Tally, *, crowd: int = CROWD) -> None:
    """Opens the crowd's connections, each with half a request, and asks as a good client while they stand."""
    crowd = allow_connections(crowd, other_files=200)
    with ExitStack() as stack:
        for _ in range(crowd):
            connection = socket.socket()
            stack.callback(connection.close)
            connection.settimeout(5)
            with suppress(OSError):
                connection.connect((target.host, target.port))
                connection.sendall(half)
        require_good_service(target, key, tally, f"among {crowd} that sent {half[:30]!r}")
    tally.cases += crowd


def require_good_service(target: Target, key: str, tally: Tally, when: str) -> None:
    case: Any = (target.name, when)
    answer = exchange(target, good_request(target, key))
    tally.took(answer.seconds, case)
    if answer.status != 200:
        tally.findings.setdefault(f"{target.name} does not serve a good client", f"{when}: {answer.status}")


def send_rudely(target: Target, text: bytes, *, abort: bool) -> Answer:
    """Sends, hangs up in the middle if told, and else reads the first answer that comes."""
    started = time.monotonic()
    with target.connect() as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(text)
            if abort:
                return Answer(0, {}, b"", time.monotonic() - started)
            connection.shutdown(socket.SHUT_WR)
        return read_answer(connection, started)
