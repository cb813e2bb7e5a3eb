"""Reading the tables beside the entries, in SQL that SQLite and PostgreSQL both speak."""

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from cocreate.persistence.batch import CommandRow, KeyRow, SealedRow, Seat, Summary, unpacked

POSITION_MAX = 2**53
_SEALED = "SELECT position, field, language, subject, nonce, ciphertext FROM cocreate_sealed"
_SUMMARIES = (
    "SELECT workshop, status, head, title_position, starts_at, ends_at, due_at, source, incomplete"
    " FROM cocreate_summary"
)


class Queries(Protocol):
    """A database that answers a statement with `?` for its parameters, and its spelling of a workshop id."""

    async def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of the answer."""
        ...

    def stored_id(self, workshop: str) -> str:
        """A workshop id as a parameter."""
        ...

    def workshop_id(self, stored: Any) -> str:
        """A workshop id from a column."""
        ...


class SideReads:
    """The half of a RecordStore that reads what lies beside the entries."""

    _queries: Queries

    async def sealed(self, workshop: str, *, after: int = -1, upto: int | None = None) -> list[SealedRow]:
        last = POSITION_MAX if upto is None else upto
        rows = await self._queries.query(
            f"{_SEALED} WHERE workshop = ? AND position > ? AND position <= ? ORDER BY position, field, language",
            (self._queries.stored_id(workshop), after, last),
        )
        return [SealedRow(workshop, *row) for row in rows]

    async def keys(self, workshop: str) -> list[KeyRow]:
        rows = await self._queries.query(
            "SELECT purpose, name, wrapped FROM cocreate_key WHERE workshop = ? ORDER BY purpose, name",
            (self._queries.stored_id(workshop),),
        )
        return [KeyRow(workshop, *row) for row in rows]

    async def command(self, workshop: str, position: int) -> CommandRow | None:
        rows = await self._queries.query(
            "SELECT position, places, requests FROM cocreate_request WHERE workshop = ? AND position <= ?"
            " ORDER BY position DESC LIMIT 1",
            (self._queries.stored_id(workshop), position),
        )
        found = (unpacked(workshop, position, (first, places, requests)) for first, places, requests in rows)
        return next(found, None)

    async def seat(self, workshop: str, session: bytes) -> str | None:
        rows = await self._queries.query(
            "SELECT participant FROM cocreate_seat WHERE session = ? AND workshop = ?",
            (session, self._queries.stored_id(workshop)),
        )
        return str(rows[0][0]) if rows else None

    async def seats_of(self, sessions: Collection[bytes]) -> list[Seat]:
        places = ", ".join("?" * len(sessions))
        rows = await self._queries.query(
            f"SELECT workshop, participant, session FROM cocreate_seat WHERE session IN ({places})"  # noqa: S608
            " ORDER BY session, workshop",
            tuple(sessions),
        )
        return [
            Seat(self._queries.workshop_id(stored), participant, bytes(session))
            for stored, participant, session in rows
        ]

    async def summaries(self, *, status: str | None = None) -> list[Summary]:
        condition, parameters = ("", ()) if status is None else (" WHERE status = ?", (status,))
        return await self._summaries(f"{condition} ORDER BY starts_at DESC, workshop", parameters)

    async def due(self, now: int) -> list[Summary]:
        return await self._summaries(" WHERE due_at <= ? ORDER BY due_at, workshop", (now,))

    async def by_source(self, source: str) -> Summary | None:
        return next(iter(await self._summaries(" WHERE source = ?", (source,))), None)

    async def _summaries(self, which: str, parameters: Sequence[Any]) -> list[Summary]:
        rows = await self._queries.query(_SUMMARIES + which, parameters)
        return [Summary(*(self._queries.workshop_id(row[0]), *row[1:-1], bool(row[-1]))) for row in rows]
