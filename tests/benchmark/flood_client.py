"""Sends calls with a wrong key at a steady rate: a process of its own, small and of the standard library alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections import Counter
from urllib.parse import urlsplit

CONNECTIONS = 20


async def flood(url: str, *, kind: str, seconds: float, rate: int) -> dict[str, object]:
    """Refused calls at a steady rate over some connections: statuses by count, and the rate that was reached."""
    address, statuses = urlsplit(url), Counter[str]()
    head = (
        f"GET {address.path}/info HTTP/1.1\r\nHost: {address.netloc}\r\nx-api-key: wrong\r\nConnection: {kind}\r\n\r\n"
    )
    started = time.monotonic()

    async def send_all() -> None:
        due, streams = started, None
        while (due := due + CONNECTIONS / rate) < started + seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            reader, writer = streams or await asyncio.open_connection(address.hostname, address.port)
            writer.write(head.encode())
            statuses[await read_status(reader)] += 1
            streams = (reader, writer) if kind == "keep-alive" else None
            if streams is None:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    await asyncio.gather(*(send_all() for _ in range(CONNECTIONS)))
    return {"statuses": statuses, "rate": statuses.total() / (time.monotonic() - started)}


async def read_status(reader: asyncio.StreamReader) -> str:
    """Reads one whole answer."""
    answer = await reader.readuntil(b"\r\n\r\n")
    length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    return answer.split(b" ", 2)[1].decode()


if __name__ == "__main__":
    target, how, duration, wanted = sys.argv[1:]
    print(json.dumps(asyncio.run(flood(target, kind=how, seconds=float(duration), rate=int(wanted)))))
