"""A PostgreSQL connection and the one thread that uses it; it is made anew after it failed."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import psycopg

from cocreate.persistence.errors import StoreUnavailable
from cocreate.persistence.postgres_recorder import connect

Connection = psycopg.Connection[tuple[Any, ...]]
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

    def settle(self, connection: Connection) -> None:
        """Wait until all of them have ended. Raises psycopg's OperationalError where one takes too long."""
        for session_lock in tuple(self._session_locks):
            connection.execute("SELECT pg_advisory_lock(%s)", (session_lock,))
            connection.execute("SELECT pg_advisory_unlock(%s)", (session_lock,))
            self._session_locks.discard(session_lock)


class Session:
    """The thread and its connection. All but `open`, `run` and `close` belongs to the thread."""

    def __init__(self, url: str, name: str, in_doubt: InDoubt) -> None:
        self._url = url
        self._in_doubt = in_doubt
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: Connection | None = None
        self._closed = False
        self.lock = 0

    @property
    def backend_pid(self) -> int | None:
        """The server's process behind the connection, if there is one. Any thread may ask."""
        connection = self._connection
        return None if connection is None or connection.closed else connection.info.backend_pid

    async def run(self, work: Callable[[], T]) -> T:
        """Do the work in the thread."""
        if self._closed:
            raise RuntimeError("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    async def close(self) -> None:
        if not self._closed:
            await self.run(self.drop)
            self._closed = True
            self._executor.shutdown()

    def connection(self) -> Connection:
        """The connection, made anew where it failed, with nothing in doubt. Raises StoreUnavailable."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = connect(self._url)
                self.lock = secrets.randbits(62)
                self._connection.execute("SELECT pg_advisory_lock(%s)", (self.lock,))
            self._in_doubt.settle(self._connection)
        except UNAVAILABLE as error:
            self.drop()
            raise StoreUnavailable(
                "PostgreSQL cannot be reached, or a lost transaction has not ended yet"
            ) from error
        return self._connection

    def drop(self) -> None:
        """Let go of the connection; the next call makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Work that only reads, tried again once: the first sign that the server was restarted is a failed read."""
        try:
            return work(self.connection())
        except UNAVAILABLE:
            self.drop()
        try:
            return work(self.connection())
        except UNAVAILABLE as error:
            self.drop()
            raise StoreUnavailable("PostgreSQL did not answer") from error
