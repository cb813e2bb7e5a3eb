"""The distributed store: any number of nodes on one PostgreSQL, one transaction a batch, no table lock."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import suppress
from functools import cache, lru_cache, partial
from typing import Any

import psycopg

from cocreate.persistence.batch import Batch, Row, page_of, rows_in_order, rows_of, versions
from cocreate.persistence.changes import CHANGES, Change, changes_of
from cocreate.persistence.errors import HeadMoved, OutcomeUnknown, StoreUnavailable
from cocreate.persistence.identity import Identity, SqlIdentity
from cocreate.persistence.postgres_arrays import ARRAYS, Array
from cocreate.persistence.postgres_notices import NOTICE_CHANNEL, Notices, notice_of
from cocreate.persistence.postgres_recorder import PostgresDatastore, PostgresRecorder, connect
from cocreate.persistence.postgres_session import UNAVAILABLE, Connection, InDoubt, Session
from cocreate.persistence.record_store import READ_ROWS_MAX
from cocreate.persistence.schema import POSTGRES_WORDS, migrate
from cocreate.persistence.side_reads import SideReads
from cocreate.persistence.waypoints import SqlWaypointRows, WaypointRows
from cocreate.persistence.wrapped_keys import SqlWrappedKeys, WrappedKeys
from cocreate.record.page import Page

_MIGRATION_LOCK = 0x636F63726561  # "cocrea": any number that all nodes agree on


class PostgresRecordStore(SideReads):
    """A store in the database that `url` names. It connects again by itself with the next call after a failure."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.recorder = PostgresRecorder(PostgresDatastore(url))
        in_doubt = InDoubt()
        self._writer = Session(url, in_doubt)
        self._reader = Session(url, in_doubt)
        self._notices = Notices(url)
        self._queries = _Statements(self._writer, self._reader)
        self.identity: Identity = SqlIdentity(self._queries)
        self.waypoints: WaypointRows = SqlWaypointRows(self._queries)
        self.wrapped_keys: WrappedKeys = SqlWrappedKeys(self._queries)

    async def open(self) -> None:
        await asyncio.to_thread(self._migrate)

    async def append(self, batch: Batch) -> None:
        rows = rows_in_order(batch)
        await self._writer.run(partial(self._append, batch=batch, rows=rows))

    async def read(
        self, workshop: str, *, after: int = -1, upto: int | None = None, limit: int = READ_ROWS_MAX
    ) -> list[Row]:
        return rows_of(workshop, await self.page(workshop, after=after, upto=upto, limit=limit))

    async def page(
        self, workshop: str, *, after: int = -1, upto: int | None = None, limit: int = READ_ROWS_MAX
    ) -> Page:
        asked = versions(after, upto, limit)
        return await self._reader.read(partial(self._page, workshop=workshop, asked=asked))

    async def head(self, workshop: str) -> int:
        return (await self.heads([workshop]))[workshop]

    async def heads(self, workshops: Collection[str]) -> dict[str, int]:
        return await self._reader.read(partial(self._heads, workshops=workshops))

    def follow(self) -> AsyncIterator[frozenset[str] | None]:
        # The generator itself: one around it would leave its connection open when it is closed.
        return self._notices.follow(leave_out=lambda: self._writer.backend_pid)

    async def close(self) -> None:
        self._notices.close()
        await self._reader.close()
        await self._writer.close()
        self.recorder.datastore.close()

    def _migrate(self) -> None:
        try:
            with connect(self._url) as connection, connection.transaction():

                def execute(statement: str) -> list[tuple[Any, ...]]:
                    cursor = connection.execute(statement)
                    return cursor.fetchall() if cursor.description else []

                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
                for statement in self.recorder.sql_create_statements:
                    connection.execute(statement)
                migrate(execute, POSTGRES_WORDS)
        except UNAVAILABLE as error:
            raise StoreUnavailable(
                "PostgreSQL cannot be reached, or failed while the tables were made"
            ) from error

    async def _append(self, connection: Connection, batch: Batch, rows: Sequence[Row]) -> None:
        try:
            stored = await self._send(connection, batch, rows)
        except psycopg.errors.UniqueViolation as error:
            raise HeadMoved(await self._moved(connection, batch) or frozenset(batch.heads)) from error
        except UNAVAILABLE as error:
            raise StoreUnavailable(
                "PostgreSQL failed before the commit; nothing of the batch is stored"
            ) from error
        moved = frozenset(workshop for workshop, head in batch.heads.items() if stored[workshop] != head)
        if moved:
            await _roll_back(connection)
            raise HeadMoved(moved)
        await self._commit(connection)

    async def _send(self, connection: Connection, batch: Batch, rows: Sequence[Row]) -> dict[str, int]:
        """Everything but the commit, in one round trip; says which heads the transaction saw before it wrote."""
        async with connection.pipeline():
            # READ COMMITTED whatever the server's default: the unique key decides between two writers.
            await connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
            heads = await self._ask_heads(connection, batch.heads)
            if rows:
                await connection.execute(self.recorder.insert_rows_statement, _row_arrays(rows), prepare=True)
            for change, values in changes_of(batch, _stored_id):
                await connection.execute(_STATEMENTS[change], _arrays(change, values), prepare=True)
            if rows:
                await connection.execute(
                    "SELECT pg_notify(%s, %s)", (NOTICE_CHANNEL, notice_of(batch.heads)), prepare=True
                )
        return dict(zip(batch.heads, (head for (head,) in await heads.fetchall()), strict=True))

    async def _commit(self, connection: Connection) -> None:
        try:
            ended_with = (await connection.execute("COMMIT")).statusmessage
        except psycopg.Error as error:
            self._writer.leave_in_doubt()
            raise OutcomeUnknown("the answer to COMMIT was lost") from error
        if ended_with != "COMMIT":
            raise StoreUnavailable(
                f"PostgreSQL answered COMMIT with {ended_with}; nothing of the batch is stored"
            )

    async def _moved(self, connection: Connection, batch: Batch) -> frozenset[str]:
        await _roll_back(connection)
        try:
            stored = await self._heads(connection, batch.heads)
        except psycopg.Error:
            return frozenset()  # the refusal stands, whatever the connection does now
        return frozenset(workshop for workshop, head in batch.heads.items() if stored[workshop] != head)

    async def _page(self, connection: Connection, workshop: str, asked: tuple[int, int]) -> Page:
        found = await connection.execute(
            self.recorder.select_rows_statement,
            (workshop, *asked),
            prepare=True,
            binary=True,
        )
        return page_of(await found.fetchall())

    async def _heads(self, connection: Connection, workshops: Collection[str]) -> dict[str, int]:
        answer = await (await self._ask_heads(connection, workshops)).fetchall()
        return dict(zip(workshops, (head for (head,) in answer), strict=True))

    async def _ask_heads(
        self, connection: Connection, workshops: Iterable[str]
    ) -> psycopg.AsyncCursor[tuple[Any, ...]]:
        asked = ARRAYS["uuid"].of(map(_stored_id, workshops))
        return await connection.execute(self.recorder.select_heads_statement, (asked,), prepare=True)


class _Statements:
    """Single statements on the two sessions."""

    def __init__(self, writer: Session, reader: Session) -> None:
        self._writer = writer
        self._reader = reader

    async def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        async def ask(connection: Connection) -> list[tuple[Any, ...]]:
            cursor = await connection.execute(_with_psycopg_marks(statement), parameters, binary=True)
            return await cursor.fetchall()

        return await self._reader.read(ask)

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        async def do(connection: Connection) -> list[tuple[Any, ...]]:
            try:
                cursor = await connection.execute(_with_psycopg_marks(statement), parameters, binary=True)
            except UNAVAILABLE as error:
                raise OutcomeUnknown("the answer of PostgreSQL was lost") from error
            return await cursor.fetchall() if cursor.description else []

        return await self._writer.run(do)

    def stored_id(self, workshop: str) -> str:
        return workshop

    def workshop_id(self, stored: object) -> str:
        return str(stored)


async def _roll_back(connection: Connection) -> None:
    with suppress(psycopg.Error):  # the session makes another connection where this one is not idle
        await connection.rollback()


@cache
def _with_psycopg_marks(statement: str) -> str:
    return statement.replace("?", "%s")


@lru_cache(1024)
def _stored_id(workshop: str) -> bytes:
    """A UUID as the array of uuids wants it."""
    return bytes.fromhex(workshop.replace("-", ""))


def _row_arrays(rows: Sequence[Row]) -> tuple[Array, ...]:
    return (
        ARRAYS["uuid"].of([_stored_id(row.workshop) for row in rows]),
        ARRAYS["int8"].of([row.position + 1 for row in rows]),
        ARRAYS["text"].of([row.name for row in rows]),
        ARRAYS["bytea"].of([row.entry for row in rows]),
    )


def _arrays(change: Change, values: Iterable[Sequence[Any]]) -> list[Array]:
    columns = zip(*values, strict=True)
    return [ARRAYS[kind].of(column) for (_, kind), column in zip(change.columns, columns, strict=True)]


def _statement(change: Change) -> str:
    names = ", ".join(change.names)
    given = f"unnest({', '.join(f'%s::{kind}[]' for _, kind in change.columns)})"
    if change.deletes:
        same = " AND ".join(f"kept.{name} = gone.{name}" for name in change.names)
        return f"DELETE FROM {change.table} AS kept USING {given} AS gone({names}) WHERE {same}"  # noqa: S608 constants
    return f"INSERT INTO {change.table} ({names}) SELECT * FROM {given}{change.on_conflict}"  # noqa: S608 of ours


_STATEMENTS = {change: _statement(change) for change in CHANGES}
