"""A PostgreSQL connection that does one piece of work after the other; it is made anew after it failed."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg.pq import TransactionStatus

from cocreate.persistence.errors import HeadMoved, StoreUnavailable
from cocreate.persistence.postgres_recorder import SESSION_SETTINGS, connection_url

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
T = TypeVar("T")

# What says that the database cannot do it now; anything else psycopg raises is our mistake. InternalError: the server
# that we are connected to has become a read-only standby.
UNAVAILABLE = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError)


class InDoubt:
    """Transactions whose end nobody has told us, as the advisory lock that each session holds while it lives.

    The server may still be working on a COMMIT whose connection we lost. Until that session has ended, a look into
    the table proves nothing; whoever gets its lock knows that it has.
    """

    def __init__(self) -> None:
        self._session_locks: set[int] = set()

    def add(self, session_lock: int) -> None:
        self._session_locks.add(session_lock)

    async def settle(self, connection: Connection) -> None:
        """Wait until all of them have ended. Raises psycopg's OperationalError where one takes too long."""
        for session_lock in tuple(self._session_locks):
            await connection.execute("SELECT pg_advisory_lock(%s)", (session_lock,))
            await connection.execute("SELECT pg_advisory_unlock(%s)", (session_lock,))
            self._session_locks.discard(session_lock)


class Session:
    """The connection, and its work in the order in which it was given."""

    def __init__(self, url: str, in_doubt: InDoubt) -> None:
        self._url = connection_url(url)
        self._in_doubt = in_doubt
        self._turn = asyncio.Lock()
        self._under_way: set[asyncio.Task[Any]] = set()
        self._connection: Connection | None = None
        self._lock = 0
        self._closed = False

    @property
    def backend_pid(self) -> int | None:
        """The server's process behind the connection, if there is one."""
        connection = self._connection
        return None if connection is None or connection.closed else connection.info.backend_pid

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Do the work with nothing in doubt. Raises StoreUnavailable, and what the work raises.

        A caller that is cancelled leaves it to be done: what is broken off would cost the connection.
        """
        if self._closed:
            raise RuntimeError("the store is closed")
        task = asyncio.create_task(self._in_turn(work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def read(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """Work that only reads, tried again once: the first sign that the server was restarted is a failed read."""
        with suppress(*UNAVAILABLE):
            return await self.run(work)
        try:
            return await self.run(work)
        except UNAVAILABLE as error:
            raise StoreUnavailable("PostgreSQL did not answer") from error

    def leave_in_doubt(self) -> None:
        """The end of the transaction at hand was not told: nobody works on before the session has ended."""
        self._in_doubt.add(self._lock)

    async def close(self) -> None:
        """Finish what has begun."""
        self._closed = True
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self._drop()

    async def _in_turn(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        async with self._turn:
            try:
                return await work(await self._connected())
            except HeadMoved:
                raise
            except BaseException:
                # Whatever state it is in: the server rolls back what nobody commits.
                await self._drop()
                raise

    async def _connected(self) -> Connection:
        try:
            if self._connection is None or self._connection.info.transaction_status != TransactionStatus.IDLE:
                await self._drop()
                self._connection = await Connection.connect(self._url, autocommit=True)
                await self._connection.execute(SESSION_SETTINGS)
                self._lock = secrets.randbits(62)
                await self._connection.execute("SELECT pg_advisory_lock(%s)", (self._lock,))
            await self._in_doubt.settle(self._connection)
        except UNAVAILABLE as error:
            raise StoreUnavailable(
                "PostgreSQL cannot be reached, or a lost transaction has not ended yet"
            ) from error
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
