"""The embedded store: one file, one writing thread and one reading thread, so that neither waits for the other."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from cocreate.persistence.batch import Batch, Row, page_of, rows_in_order, rows_of, versions
from cocreate.persistence.changes import CHANGES, Change, changes_of
from cocreate.persistence.errors import HeadMoved, OutcomeUnknown, StoreUnavailable
from cocreate.persistence.identity import Identity, SqlIdentity
from cocreate.persistence.record_store import READ_ROWS_MAX
from cocreate.persistence.schema import SQLITE_WORDS, migrate
from cocreate.persistence.side_reads import SideReads
from cocreate.persistence.sqlite_recorder import BUSY_TIMEOUT_MS, SqliteDatastore, SqliteRecorder, connect
from cocreate.persistence.waypoints import SqlWaypointRows, WaypointRows
from cocreate.persistence.wrapped_keys import SqlWrappedKeys, WrappedKeys
from cocreate.record.page import Page

FOLLOW_INTERVAL_SECONDS = 0.25
# An erasure empties the write-ahead log, for which every reader must be between two transactions. Ours are short;
# whoever else reads may make it wait for the next append.
FORGET_TIMEOUT_MS = 100
INSERT_ROWS_MAX = 512  # in one statement: with ten columns still far from SQLite's limit of 32,766 parameters

T = TypeVar("T")


class SqliteRecordStore(SideReads):
    """A store in the file at `path`, whose folder exists. Other processes may write to it, too."""

    def __init__(self, path: Path, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        self.recorder = SqliteRecorder(SqliteDatastore(path))
        self._writer = _ConnectionThread(path, "record-writer", busy_timeout_ms)
        self._reader = _ConnectionThread(path, "record-reader", busy_timeout_ms)
        self._busy_timeout_ms = busy_timeout_ms
        self._must_forget = False  # owned by the writing thread
        self._closing = asyncio.Event()
        self._queries = _Statements(self._writer, self._reader)
        self.identity: Identity = SqlIdentity(self._queries)
        self.waypoints: WaypointRows = SqlWaypointRows(self._queries)
        self.wrapped_keys: WrappedKeys = SqlWrappedKeys(self._queries)

    async def open(self) -> None:
        await self._writer.open()
        try:
            await self._writer.run(self._migrate)
            await self._reader.open()
        except BaseException:
            await self.close()
            raise

    async def append(self, batch: Batch) -> None:
        await self._writer.run(partial(self._append, batch=batch))

    async def read(
        self, workshop: str, *, after: int = -1, upto: int | None = None, limit: int = READ_ROWS_MAX
    ) -> list[Row]:
        return rows_of(workshop, await self.page(workshop, after=after, upto=upto, limit=limit))

    async def page(
        self, workshop: str, *, after: int = -1, upto: int | None = None, limit: int = READ_ROWS_MAX
    ) -> Page:
        asked = versions(after, upto, limit)
        return await self._reader.run(partial(self._page, workshop=workshop, asked=asked))

    async def head(self, workshop: str) -> int:
        return (await self.heads([workshop]))[workshop]

    async def heads(self, workshops: Collection[str]) -> dict[str, int]:
        return await self._reader.run(partial(self._heads, workshops=workshops))

    async def follow(self) -> AsyncIterator[frozenset[str] | None]:
        # Asked on the writing connection, the version moves with other connections' commits and not with our own.
        seen = await self._writer.run(_data_version)
        yield None
        while not await self._closes_within(FOLLOW_INTERVAL_SECONDS):
            version = await self._writer.run(_data_version)
            if version != seen:
                seen = version
                yield None

    async def close(self) -> None:
        self._closing.set()
        await self._reader.close()
        await self._writer.close()
        self.recorder.datastore.close()

    async def _closes_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                return await self._closing.wait()
        except TimeoutError:
            return False

    def _migrate(self, connection: sqlite3.Connection) -> None:
        def execute(statement: str) -> list[tuple[Any, ...]]:
            return connection.execute(statement).fetchall()

        _begin(connection)
        try:
            for statement in self.recorder.create_table_statements:
                execute(statement)
            migrate(execute, SQLITE_WORDS)
            connection.commit()
        finally:
            _roll_back(connection)

    def _append(self, connection: sqlite3.Connection, batch: Batch) -> None:
        rows = rows_in_order(batch)
        _begin(connection)
        try:
            self._write(connection, batch, rows)
        except sqlite3.IntegrityError as error:
            raise HeadMoved(frozenset(batch.heads)) from error
        except sqlite3.OperationalError as error:
            raise StoreUnavailable("SQLite could not write; nothing of the batch is stored") from error
        else:
            _commit(connection)
        finally:
            _roll_back(connection)
        self._must_forget = self._must_forget or bool(batch.erasures)
        if self._must_forget:
            self._must_forget = not _empty_log(connection, self._busy_timeout_ms)

    def _write(self, connection: sqlite3.Connection, batch: Batch, rows: Sequence[Row]) -> None:
        stored = self._heads(connection, batch.heads)
        moved = frozenset(workshop for workshop, head in batch.heads.items() if stored[workshop] != head)
        if moved:
            raise HeadMoved(moved)
        _insert(
            connection,
            self.recorder.insert_rows_statement,
            [(_stored_id(row.workshop), row.position + 1, row.name, row.entry) for row in rows],
        )
        for change, values in changes_of(batch, _stored_id):
            if change.deletes:
                connection.executemany(_STATEMENTS[change], values)
            else:
                _insert(connection, _STATEMENTS[change], values)

    def _page(self, connection: sqlite3.Connection, workshop: str, asked: tuple[int, int]) -> Page:
        found = connection.execute(self.recorder.select_rows_statement, (_stored_id(workshop), *asked))
        return page_of(found.fetchall())

    def _heads(self, connection: sqlite3.Connection, workshops: Collection[str]) -> dict[str, int]:
        statement = self.recorder.select_head_statement
        return {
            workshop: connection.execute(statement, (_stored_id(workshop),)).fetchone()[0]
            for workshop in workshops
        }


class _ConnectionThread:
    """One connection and the one thread that uses it."""

    def __init__(self, path: Path, name: str, busy_timeout_ms: int) -> None:
        self._connect = partial(connect, path, busy_timeout_ms=busy_timeout_ms)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._connection: sqlite3.Connection | None = None

    async def open(self) -> None:
        try:
            self._connection = await self._submit(self._connect)
        except sqlite3.OperationalError as error:
            raise StoreUnavailable("the SQLite file cannot be opened") from error

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do the work in the thread. A read that finds the file busy for too long is StoreUnavailable, too."""
        if self._connection is None:
            raise RuntimeError("the store is not open")
        try:
            return await self._submit(partial(work, self._connection))
        except sqlite3.OperationalError as error:
            raise StoreUnavailable("SQLite could not answer") from error

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await self._submit(connection.close)
        self._executor.shutdown()

    async def _submit(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


class _Statements:
    """Single statements on the two threads."""

    def __init__(self, writer: _ConnectionThread, reader: _ConnectionThread) -> None:
        self._writer = writer
        self._reader = reader

    async def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return await self._reader.run(lambda connection: connection.execute(statement, parameters).fetchall())

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return await self._writer.run(lambda connection: connection.execute(statement, parameters).fetchall())

    def stored_id(self, workshop: str) -> str:
        return _stored_id(workshop)

    def workshop_id(self, stored: str) -> str:
        return _workshop_id(stored)


@lru_cache(1024)
def _stored_id(workshop: str) -> str:
    """A UUID as the library writes it into SQLite."""
    return workshop.replace("-", "")


def _workshop_id(stored: str) -> str:
    return f"{stored[:8]}-{stored[8:12]}-{stored[12:16]}-{stored[16:20]}-{stored[20:]}"


def _statement(change: Change) -> str:
    names = ", ".join(change.names)
    if change.deletes:
        return f"DELETE FROM {change.table} WHERE ({names}) = ({_marks(len(change.names))})"  # noqa: S608 constants of ours
    return f"INSERT INTO {change.table} ({names}) VALUES {{rows}}{change.on_conflict}"  # noqa: S608 the same


def _marks(columns: int) -> str:
    return ", ".join("?" * columns)


def _insert(connection: sqlite3.Connection, statement: str, values: Sequence[tuple[Any, ...]]) -> None:
    """Insert many rows by few statements, whose sizes are powers of two, so that each is prepared once.

    The driver gives the interpreter's lock back and asks for it again with every statement. While the event loop is busy,
    that costs more than the row: one statement a row made each batch wait several times as long.
    """
    done, size = 0, INSERT_ROWS_MAX
    while done < len(values):
        if size > len(values) - done:
            size //= 2
            continue
        part = values[done : done + size]
        connection.execute(_many(statement, len(part[0]), size), list(chain.from_iterable(part)))
        done += size


@cache
def _many(statement: str, columns: int, rows: int) -> str:
    return statement.format(rows=", ".join([f"({_marks(columns)})"] * rows))


_STATEMENTS = {change: _statement(change) for change in CHANGES}


def _begin(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise StoreUnavailable("another process has been writing for too long") from error


def _commit(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        # The commit frame may have reached the file although the disk refused to say so.
        raise OutcomeUnknown("SQLite did not confirm the commit") from error


def _roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction that is still open; some errors make SQLite end it by itself."""
    if connection.in_transaction:
        connection.rollback()


def _empty_log(connection: sqlite3.Connection, busy_timeout_ms: int) -> bool:
    """Move the write-ahead log into the file and cut it: erased text is still in it. False if a reader prevents it."""
    connection.execute(f"PRAGMA busy_timeout = {FORGET_TIMEOUT_MS}")
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout = {busy_timeout_ms}")
    return not busy


def _data_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return version
