"""Connections that take up room and let nothing happen are closed, by one look a second at all of them.

A request costs nothing by it: a timer for each would cost every vote. A look costs 0.7 ms for a thousand connections.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Literal, NamedTuple

from aiohttp import web
from structlog import get_logger

Awaited = Literal["head", "next", "body", "reading"]
"""The head of a connection's first request, the next request, the rest of a body, that the client takes what it was sent."""

WAIT_S_MAX: Final[dict[Awaited, float]] = {"head": 20, "body": 30, "reading": 120, "next": 150}
"""A head, or a body of 64 KiB, takes seconds on the slowest phone. Proxies keep a connection for up to two minutes, and must not
send a request down one that we are just closing."""
LOOK_S: Final = 1.0
CONNECTIONS_MAX: Final = 20_000
"""Where there are more, those that have waited longest for a request make room: a page opens another when it needs one."""


class Wait(NamedTuple):
    """For what, since when; `at` is the request, counted on its connection, or how many bytes have been sent and not taken."""

    of: Awaited
    at: int
    since_s: float

    def goes_on(self, of: Awaited, at: int) -> bool:
        return self.of == of and (self.at <= at if of == "reading" else self.at == at)


class Porter:
    """Looks at the connections of one server, and remembers what each was waiting for."""

    def __init__(self, server: web.Server, connections_max: int) -> None:
        self._server, self._connections_max = server, connections_max
        self._waits: dict[web.RequestHandler, Wait] = {}

    def look(self, now_s: float) -> None:
        """Close what has waited too long, and as many as are too many of those that have no request."""
        connections, before, waits = self._server.connections, self._waits, dict[web.RequestHandler, Wait]()
        for one in connections:
            if found := _awaited(one):
                earlier = before.get(one)
                if earlier is None or not earlier.goes_on(*found):
                    waits[one] = Wait(*found, now_s)
                else:
                    waits[one] = earlier if earlier.at == found[1] else Wait(*found, earlier.since_s)
        self._waits = waits
        closed = [one for one, wait in waits.items() if now_s - wait.since_s >= WAIT_S_MAX[wait.of]]
        if (too_many := len(connections) - self._connections_max) > 0:
            idle = [one for one, wait in waits.items() if wait.of in ("head", "next")]
            idle.sort(key=lambda one: waits[one].since_s)
            closed += idle[:too_many]
            get_logger().warning(
                "connections_full", connections=len(connections), closed=min(too_many, len(idle))
            )
        for one in closed:
            if one.transport is not None:
                one.transport.abort()

    async def keep(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self.look(loop.time())
            await asyncio.sleep(LOOK_S)


@asynccontextmanager
async def watched(server: web.Server | None, connections_max: int) -> AsyncIterator[None]:
    """A runner's server, once it is set up, with its connections looked at; CONNECTIONS_MAX holds besides."""
    assert server is not None
    porter = Porter(server, min(connections_max, CONNECTIONS_MAX))
    looking = asyncio.create_task(porter.keep(), name="connections")
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


def _awaited(one: Any) -> tuple[Awaited, int] | None:
    """What a connection waits for; None while we are the ones who are at work, or it is a stream whose reader keeps up."""
    # The framework has no public word for a connection's request.
    request, count, transport = one._current_request, one._request_count, one.transport  # noqa: SLF001
    if transport is None:
        return None
    if unread := transport.get_write_buffer_size():
        return "reading", unread
    if request is None:
        return "next" if count else "head", count
    return None if request.content.is_eof() else ("body", count)
