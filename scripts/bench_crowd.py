"""A crowd in a process of its own: open pages that read a live stream, or voters at a steady rate.

    python scripts/bench_crowd.py read HOST PORT PATH COUNT COOKIES_FILE     until its standard input ends
    python scripts/bench_crowd.py vote HOST PORT RATE < lines   lines as load.py takes them, each sent when its time has come

`read` prints "ready" when every stream has had its first frame, and in the end one JSON object: {"arrivals": for some of the
readers, [[monotonic seconds, position], …], "last": [lowest, highest last position], "backwards": frames whose position was not
above the one before}. `vote` prints {"votes": [[seconds at which the answer came, latency in ms, position], …]}. The clock is
the system's monotonic one, the same for all processes.
"""

import asyncio
import json
import sys
import time
from functools import partial
from itertools import count
from pathlib import Path

SAMPLED = 200
"""Readers whose every frame is noted; of the others only the order and the last."""


class Reader(asyncio.Protocol):
    """One open page: of each frame only its position is looked at."""

    def __init__(
        self, request: bytes, began: "asyncio.Future[None]", arrivals: list[tuple[float, int]] | None
    ) -> None:
        self._request, self._began, self._arrivals = request, began, arrivals
        self.last, self.backwards = -1, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        at = data.rfind(b"id: ")
        if at < 0:
            return
        position = int(data[at + 4 :].split(b"\n", 1)[0])
        self.backwards += position <= self.last
        self.last = position
        if self._arrivals is not None:
            self._arrivals.append((time.monotonic(), position))
        if not self._began.done():
            self._began.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._began.done():
            self._began.set_exception(exc or ConnectionError("the server closed a stream"))


async def read(host: str, port: int, path: str, readers: int, cookies: list[str]) -> None:
    loop = asyncio.get_running_loop()
    crowd: list[Reader] = []
    arrivals: list[list[tuple[float, int]]] = []
    for first in range(0, readers, 250):
        some = []
        for number in range(first, min(first + 250, readers)):
            noted: list[tuple[float, int]] | None = None
            if number % max(1, readers // SAMPLED) == 0:
                arrivals.append(noted := [])
            # A session each: those without one share their address's allowance, as a room of strangers does.
            cookie = cookies[number % len(cookies)]
            request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
            began = loop.create_future()
            some.append(began)
            _, reader = await loop.create_connection(partial(Reader, request, began, noted), host, port)
            crowd.append(reader)
        async with asyncio.timeout(30):
            await asyncio.gather(*some)
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    lasts = [reader.last for reader in crowd]
    told = {
        "arrivals": arrivals,
        "last": [min(lasts), max(lasts)],
        "backwards": sum(reader.backwards for reader in crowd),
    }
    print(json.dumps(told))


async def vote(host: str, port: int, rate: float) -> None:
    lines = sys.stdin.read().splitlines()
    idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    told: list[tuple[float, float, int]] = []

    async def one(line: str) -> None:
        path, cookie, key, body = line.split("\t")
        reader, writer = idle.pop() if idle else await asyncio.open_connection(host, port)
        sent = time.monotonic()
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nCookie: {cookie}\r\n"
            f"Idempotency-Key: {key}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length: ")[1].split(b"\r\n", 1)[0])
        answer = json.loads(await reader.readexactly(length))
        came = time.monotonic()
        if head[9:12] != b"201":
            raise SystemExit(f"expected 201, found {head[:60]!r}")
        told.append((came, 1000 * (came - sent), answer["position"]))
        idle.append((reader, writer))

    began, tasks = time.monotonic(), []
    for number, line in zip(count(), lines, strict=False):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        tasks.append(asyncio.create_task(one(line)))
    await asyncio.gather(*tasks)
    print(json.dumps({"votes": told}))


if __name__ == "__main__":
    what, host, port, *rest = sys.argv[1:]
    if what == "read":
        path, readers, cookies_file = rest
        asyncio.run(read(host, int(port), path, int(readers), Path(cookies_file).read_text().splitlines()))
    else:
        asyncio.run(vote(host, int(port), float(rest[0])))
