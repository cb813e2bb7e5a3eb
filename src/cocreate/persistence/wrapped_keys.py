"""All keys that a database holds, wrapped by the instance key: for giving them another one."""

from typing import Protocol

from cocreate.persistence.batch import KeyRow
from cocreate.persistence.identity import Statements
from cocreate.persistence.side_reads import Queries

NIL = "00000000-0000-0000-0000-000000000000"
"""Before every workshop: ids are random."""


class _Statements(Statements, Queries, Protocol):
    """Single statements, and the database's spelling of a workshop id."""


class WrappedKeys(Protocol):
    """The keys of every record of one store. Each call is a transaction of its own."""

    async def behind(self, last: KeyRow | None, limit: int) -> list[KeyRow]:
        """Up to `limit` keys by workshop, purpose and name, those behind `last`; the first ones where it is None."""
        ...

    async def replace(self, row: KeyRow, wrapped: bytes) -> bool:
        """Put another wrapping in the place of the row's; False where the key has gone or changed."""
        ...


class SqlWrappedKeys:
    """The keys in SQL that SQLite and PostgreSQL both speak."""

    def __init__(self, statements: _Statements) -> None:
        self._statements = statements

    async def behind(self, last: KeyRow | None, limit: int) -> list[KeyRow]:
        after = ("", "", "") if last is None else (last.workshop, last.purpose, last.name)
        rows = await self._statements.query(
            "SELECT workshop, purpose, name, wrapped FROM cocreate_key WHERE (workshop, purpose, name) > (?, ?, ?)"
            " ORDER BY workshop, purpose, name LIMIT ?",
            (self._statements.stored_id(after[0] or NIL), *after[1:], limit),
        )
        return [
            KeyRow(self._statements.workshop_id(workshop), purpose, name, bytes(wrapped))
            for workshop, purpose, name, wrapped in rows
        ]

    async def replace(self, row: KeyRow, wrapped: bytes) -> bool:
        replaced = await self._statements.execute(
            "UPDATE cocreate_key SET wrapped = ? WHERE workshop = ? AND purpose = ? AND name = ? AND wrapped = ?"
            " RETURNING purpose",
            (wrapped, self._statements.stored_id(row.workshop), row.purpose, row.name, row.wrapped),
        )
        return bool(replaced)


class PopoWrappedKeys:
    """The keys of a store in memory."""

    def __init__(self, keys: dict[tuple[str, str, str], KeyRow]) -> None:
        self._keys = keys

    async def behind(self, last: KeyRow | None, limit: int) -> list[KeyRow]:
        after = ("", "", "") if last is None else (last.workshop, last.purpose, last.name)
        return [self._keys[place] for place in sorted(self._keys) if place > after][:limit]

    async def replace(self, row: KeyRow, wrapped: bytes) -> bool:
        place = row.workshop, row.purpose, row.name
        if self._keys.get(place) != row:
            return False
        self._keys[place] = KeyRow(*place, wrapped)
        return True
