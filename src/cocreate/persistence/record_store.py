"""What the rest of the program asks of a store, whichever database is behind it.

Three implementations pass one contract suite: `popo.PopoRecordStore`, `sqlite.SqliteRecordStore`,
`postgres.PostgresRecordStore`.
"""

from collections.abc import AsyncIterator, Collection
from pathlib import Path
from typing import Protocol

from eventsourcing.persistence import AggregateRecorder

from cocreate.persistence.batch import Batch, CommandRow, KeyRow, Row, SealedRow, Seat, Summary
from cocreate.persistence.identity import Identity
from cocreate.persistence.waypoints import WaypointRows
from cocreate.persistence.wrapped_keys import WrappedKeys
from cocreate.record.page import Page

LOOKUPS_MAX = 500  # keys in one query: far below what either database takes as parameters
READ_ROWS_MAX = 4096  # a page of entries: at most 240 MB at their size limit, usually one or two


class RecordStore(Protocol):
    """Records and what lies beside them. All reads see every batch whose append has returned."""

    @property
    def recorder(self) -> AggregateRecorder:
        """The library's view of the same table, for its EventStore. Synchronous: not for the event loop."""
        ...

    @property
    def identity(self) -> Identity:
        """Accounts' sessions, one-time links, join codes and settings in the same database."""
        ...

    @property
    def wrapped_keys(self) -> WrappedKeys:
        """Every key in the database, for giving them another instance key."""
        ...

    @property
    def waypoints(self) -> WaypointRows:
        """States saved beside the records, in the same database."""
        ...

    async def open(self) -> None:
        """Connect, and bring the tables to this program's schema. Raises SchemaTooNew, StoreUnavailable."""
        ...

    async def append(self, batch: Batch) -> None:
        """Write the batch in ONE durable transaction, or nothing.

        Raises HeadMoved, StoreUnavailable, OutcomeUnknown. A caller that is cancelled does not know the outcome.
        """
        ...

    async def read(
        self, workshop: str, *, after: int = -1, upto: int | None = None, limit: int = READ_ROWS_MAX
    ) -> list[Row]:
        """Entries at positions > `after` and <= `upto`, ascending, at most `limit`."""
        ...

    async def page(
        self, workshop: str, *, after: int = -1, upto: int | None = None, limit: int = READ_ROWS_MAX
    ) -> Page:
        """The same entries in columns, for who reads many: it costs two thirds."""
        ...

    async def head(self, workshop: str) -> int:
        """How many entries the record has; 0 if there is none."""
        ...

    async def heads(self, workshops: Collection[str]) -> dict[str, int]:
        """The head of each of them."""
        ...

    async def sealed(self, workshop: str, *, after: int = -1, upto: int | None = None) -> list[SealedRow]:
        """Sealed texts that still exist, of entries at positions > `after` and <= `upto`, by position, field, language."""
        ...

    async def keys(self, workshop: str) -> list[KeyRow]:
        """All keys of the workshop that still exist, by purpose and name."""
        ...

    async def command(self, workshop: str, position: int) -> CommandRow | None:
        """The command whose first entry stands at the position, if a repeat of it is to be known."""
        ...

    async def seat(self, workshop: str, session: bytes) -> str | None:
        """The participant that a session is in a workshop."""
        ...

    async def seats_of(self, sessions: Collection[bytes]) -> list[Seat]:
        """All seats of these sessions, at least one and at most LOOKUPS_MAX, by session and workshop."""
        ...

    async def summaries(self, *, status: str | None = None) -> list[Summary]:
        """The catalogue, or the part with one status, latest start first."""
        ...

    async def due(self, now: int) -> list[Summary]:
        """Workshops whose `due_at` is `now` or earlier, earliest first."""
        ...

    async def by_source(self, source: str) -> Summary | None:
        """The workshop that was imported under this key."""
        ...

    def follow(self) -> AsyncIterator[frozenset[str] | None]:
        """Workshops that another writer may have moved; None = any may have. Ends when the store is closed.

        A hint, never the truth: read the heads. Own appends are left out where the store can tell. The first item
        is None and comes when watching has begun, so a reader that reads its tail then misses nothing.
        """
        ...

    async def close(self) -> None:
        """Finish what has begun and let go of everything. Closing twice does nothing."""
        ...


def open_store(url: str) -> RecordStore:
    """The store that a URL names: `memory:`, `postgresql://…`, or else the path of an SQLite file.

    It is constructed, not yet connected: `await store.open()` does that.
    """
    if url == "memory:":
        from cocreate.persistence.popo import PopoRecordStore

        return PopoRecordStore()
    if url.startswith(("postgresql://", "postgres://")):
        from cocreate.persistence.postgres import PostgresRecordStore

        return PostgresRecordStore(url)
    from cocreate.persistence.sqlite import SqliteRecordStore

    return SqliteRecordStore(Path(url.removeprefix("sqlite:")))
