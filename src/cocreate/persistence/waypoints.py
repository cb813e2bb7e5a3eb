"""Saved states beside a record, as sealed pieces: a help for opening it, which can be thrown away at any time."""

from typing import Literal, NamedTuple, Protocol

from cocreate.persistence.identity import Statements
from cocreate.persistence.side_reads import POSITION_MAX, Queries


class _Statements(Statements, Queries, Protocol):
    """Single statements, and the database's spelling of a workshop id."""


Part = Literal["views", "rest"]
COVER = 0
"""The number of a part's cover, which is written last and names its pieces; they are counted from 1."""


class Piece(NamedTuple):
    """One piece of a part of the state after `size` entries; `code` names the program that can read it."""

    workshop: str
    size: int
    part: Part
    number: int
    code: str
    sealed: bytes


class WaypointRows(Protocol):
    """The saved states of one store. Each call is a transaction of its own."""

    async def put(self, piece: Piece) -> None:
        """Keep a piece, or replace it."""
        ...

    async def covers(self, workshop: str, *, upto: int | None = None) -> list[Piece]:
        """The covers of all parts after at most `upto` entries, latest first, then by part."""
        ...

    async def pieces(self, workshop: str, size: int, part: Part, *, after: int, limit: int) -> list[Piece]:
        """Up to `limit` pieces of a part in order, those with numbers above `after`."""
        ...

    async def drop(self, workshop: str, size: int, part: Part) -> None:
        """Throw a part away, cover and pieces."""
        ...

    async def drop_other_code(self, workshop: str, code: str) -> None:
        """Throw away everything of the workshop that another program wrote."""
        ...


class SqlWaypointRows:
    """Saved states in SQL that SQLite and PostgreSQL both speak."""

    def __init__(self, statements: _Statements) -> None:
        self._query = statements.query
        self._execute = statements.execute
        self._stored_id = statements.stored_id

    async def put(self, piece: Piece) -> None:
        await self._execute(
            "INSERT INTO cocreate_waypoint (workshop, size, part, number, code, sealed) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (workshop, size, part, number)"
            " DO UPDATE SET code = excluded.code, sealed = excluded.sealed",
            (self._stored_id(piece.workshop), *piece[1:]),
        )

    async def covers(self, workshop: str, *, upto: int | None = None) -> list[Piece]:
        rows = await self._query(
            "SELECT size, part, code, sealed FROM cocreate_waypoint"
            " WHERE workshop = ? AND number = ? AND size <= ? ORDER BY size DESC, part",
            (self._stored_id(workshop), COVER, POSITION_MAX if upto is None else upto),
        )
        return [Piece(workshop, size, part, COVER, code, bytes(sealed)) for size, part, code, sealed in rows]

    async def pieces(self, workshop: str, size: int, part: Part, *, after: int, limit: int) -> list[Piece]:
        rows = await self._query(
            "SELECT number, code, sealed FROM cocreate_waypoint"
            " WHERE workshop = ? AND size = ? AND part = ? AND number > ? AND number <= ? ORDER BY number",
            (self._stored_id(workshop), size, part, after, after + limit),
        )
        return [Piece(workshop, size, part, number, code, bytes(sealed)) for number, code, sealed in rows]

    async def drop(self, workshop: str, size: int, part: Part) -> None:
        await self._execute(
            "DELETE FROM cocreate_waypoint WHERE workshop = ? AND size = ? AND part = ?",
            (self._stored_id(workshop), size, part),
        )

    async def drop_other_code(self, workshop: str, code: str) -> None:
        await self._execute(
            "DELETE FROM cocreate_waypoint WHERE workshop = ? AND code <> ?",
            (self._stored_id(workshop), code),
        )


class PopoWaypointRows:
    """Saved states for as long as the process lives."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, Part, int], Piece] = {}

    async def put(self, piece: Piece) -> None:
        self._kept[piece[:4]] = piece

    async def covers(self, workshop: str, *, upto: int | None = None) -> list[Piece]:
        found = [
            piece
            for piece in self._kept.values()
            if (piece.workshop, piece.number) == (workshop, COVER) and (upto is None or piece.size <= upto)
        ]
        return sorted(found, key=lambda piece: (-piece.size, piece.part))

    async def pieces(self, workshop: str, size: int, part: Part, *, after: int, limit: int) -> list[Piece]:
        places = ((workshop, size, part, number) for number in range(after + 1, after + limit + 1))
        return [self._kept[place] for place in places if place in self._kept]

    async def drop(self, workshop: str, size: int, part: Part) -> None:
        self._kept = {
            place: piece for place, piece in self._kept.items() if place[:3] != (workshop, size, part)
        }

    async def drop_other_code(self, workshop: str, code: str) -> None:
        self._kept = {
            place: piece
            for place, piece in self._kept.items()
            if piece.workshop != workshop or piece.code == code
        }
