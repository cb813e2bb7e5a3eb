"""A closed-loop HTTP load of exactly so many requests, from a process of its own: every answer is counted once.

    python scripts/load.py HOST PORT CONNECTIONS REQUESTS < lines

Each line of standard input is one request: path, tab, cookie, tab, idempotency key, tab, JSON body. Prints one JSON object:
{"seconds", "answers": {status: n}, "p50_ms", "p99_ms", "cpu_seconds"}. It speaks just enough HTTP/1.1 to be cheap beside the
server under test: one request at a time a connection, answers with Content-Length.
"""

import asyncio
import collections
import json
import resource
import sys
import time
from collections.abc import Iterator
from functools import partial


class Client(asyncio.Protocol):
    """One connection that sends the next request as soon as its answer is whole."""

    def __init__(
        self, requests: Iterator[bytes], done: "asyncio.Future[None]", latencies: list[float]
    ) -> None:
        self._requests, self._done, self._latencies = requests, done, latencies
        self.answers: collections.Counter[int] = collections.Counter()
        self._buffer = b""
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < head_end + 4 + length:
            return
        self._latencies.append(time.perf_counter() - self._sent_at)
        self.answers[int(head[9:12])] += 1
        self._buffer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed a connection under load"))

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            if not self._done.done():
                self._done.set_result(None)
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


def prepared(host: str, port: int, lines: Iterator[str]) -> list[bytes]:
    """The requests as bytes, made before the clock starts."""
    requests = []
    for line in lines:
        path, cookie, key, body = line.rstrip("\n").split("\t")
        payload = body.encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            f"Cookie: {cookie}\r\nIdempotency-Key: {key}\r\nSec-Fetch-Site: same-origin\r\nContent-Length: {len(payload)}\r\n\r\n"
        )
        requests.append(head.encode() + payload)
    return requests


async def run(host: str, port: int, connections: int, requests: list[bytes]) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    queue = iter(requests)
    latencies: list[float] = []
    finished = [loop.create_future() for _ in range(connections)]
    began = time.perf_counter()
    clients = []
    for done in finished:
        _, client = await loop.create_connection(partial(Client, queue, done, latencies), host, port)
        clients.append(client)
    await asyncio.gather(*finished)
    seconds = time.perf_counter() - began
    answers: collections.Counter[int] = collections.Counter()
    for client in clients:
        answers.update(client.answers)
    latencies.sort()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": seconds,
        "answers": {str(status): count for status, count in answers.items()},
        "p50_ms": 1000 * latencies[len(latencies) // 2],
        "p99_ms": 1000 * latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)],
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }


def main() -> None:
    host, port, connections, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    requests = prepared(host, port, sys.stdin)
    if len(requests) != count:
        raise SystemExit(f"expected {count} requests on standard input, found {len(requests)}")
    print(json.dumps(asyncio.run(run(host, port, connections, requests))))


if __name__ == "__main__":
    main()
