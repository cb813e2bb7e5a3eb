"""Hints between the nodes of one PostgreSQL: NOTIFY once a batch, LISTEN on a connection of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable

import psycopg

from cocreate.persistence.postgres_recorder import connection_url

NOTICE_CHANNEL = "cocreate_record"
NOTICE_BYTES_MAX = 7_999  # PostgreSQL's limit of a payload is 8000, exclusive
POLL_INTERVAL_SECONDS = 1.0  # the fallback where a notice is lost, and the pause before connecting again


def notice_of(workshops: Iterable[str]) -> str:
    """The payload that names the workshops; empty = any, where they do not fit."""
    named = ",".join(workshops)
    return named if len(named) <= NOTICE_BYTES_MAX else ""


class Notices:
    """What the other nodes say."""

    def __init__(self, url: str) -> None:
        self._url = connection_url(url)
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End all followers within a second."""
        self._closing.set()

    async def follow(self, *, leave_out: Callable[[], int | None]) -> AsyncIterator[frozenset[str] | None]:
        """Workshops that other sessions than `leave_out`'s have moved, and None each second, at once at first.

        While the server is away there are no hints; the first after it has come back is None.
        """
        while not self._closing.is_set():
            try:
                async with await psycopg.AsyncConnection.connect(self._url, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {NOTICE_CHANNEL}")
                    yield None
                    async for hint in self._hints(connection, leave_out):
                        yield hint
            except (psycopg.OperationalError, psycopg.InterfaceError):
                await self._pause()

    async def _hints(
        self, connection: psycopg.AsyncConnection[object], leave_out: Callable[[], int | None]
    ) -> AsyncIterator[frozenset[str] | None]:
        now = asyncio.get_running_loop().time
        poll_at = now() + POLL_INTERVAL_SECONDS
        while not self._closing.is_set():
            moved: set[str] = set()
            # stop_after=1 also takes what came together with the first.
            async for notice in connection.notifies(timeout=max(poll_at - now(), 0.0), stop_after=1):
                if notice.pid != leave_out():
                    moved.update(notice.payload.split(","))
            if now() >= poll_at or "" in moved:
                poll_at = now() + POLL_INTERVAL_SECONDS
                yield None
            elif moved:
                yield frozenset(moved)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_INTERVAL_SECONDS):
                await self._closing.wait()
        except TimeoutError:
            return
