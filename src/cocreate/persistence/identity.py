"""Who may come in: hosts' sessions, one-time links, join codes, and the installation's settings.

Only digests of session ids and link tokens are kept. Nothing here enters a record.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

LinkPurpose = Literal["host", "return"]
INSTANCE_KEY_ID = "instance_key_id"


class Session(NamedTuple):
    """A browser that came in; `session` is the SHA-256 of its id. Times in milliseconds since 1970 UTC."""

    session: bytes
    host: bool
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time link; `token` is the SHA-256 of what the link says."""

    token: bytes
    purpose: LinkPurpose
    workshop: str | None
    participant: str | None
    expires_at: int


class Identity(Protocol):
    """The identity tables of one store. Expired rows may stay until the next write of their kind."""

    async def put_session(self, session: bytes, *, host: bool, created_at: int, expires_at: int) -> None:
        """Keep a session or replace it, and drop those expired at `created_at`."""
        ...

    async def get_sessions(self, sessions: Collection[bytes]) -> list[Session]:
        """Those of the sessions that are kept, in no order, expired or not: the caller has the clock.

        At least one is asked for, and at most the store's LOOKUPS_MAX.
        """
        ...

    async def drop_session(self, session: bytes) -> None:
        """Sign out."""
        ...

    async def put_link(
        self,
        token: bytes,
        *,
        purpose: LinkPurpose,
        workshop: str | None,
        participant: str | None,
        expires_at: int,
    ) -> None:
        """Keep a one-time link."""
        ...

    async def take_link(self, token: bytes, now: int) -> Link | None:
        """The link, once: of any number of takers one gets it. None if unknown, taken or expired at `now`."""
        ...

    async def put_join_code(self, code: str, workshop: str) -> bool:
        """Give the workshop a code; False if another workshop has it."""
        ...

    async def drop_join_codes(self, workshop: str) -> None:
        """Take back all codes of the workshop."""
        ...

    async def workshop_of_code(self, code: str) -> str | None:
        """The workshop that a code opens."""
        ...

    async def code_of(self, workshop: str) -> str | None:
        """A code of the workshop."""
        ...

    async def setting(self, name: str) -> str | None:
        """A setting of the installation."""
        ...

    async def claim_setting(self, name: str, value: str) -> str:
        """Set it if nobody has, and say what stands: of several nodes that start at once all get the same."""
        ...

    async def instance_key_id(self) -> str | None:
        """Which instance key wrapped the keys in this database."""
        ...

    async def set_instance_key_id(self, key_id: str) -> str:
        """Claim the database for an instance key, and say which key's it is."""
        ...

    async def replace_instance_key_id(self, old: str, new: str) -> None:
        """Make it another key's, if it is still the old one's."""
        ...


class Statements(Protocol):
    """A database that runs one statement with `?` for its parameters, each a transaction of its own."""

    async def query(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a statement that only reads."""
        ...

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows that a writing statement returns."""
        ...


class SqlIdentity:
    """Identity in SQL that SQLite and PostgreSQL both speak."""

    def __init__(self, statements: Statements) -> None:
        self._query = statements.query
        self._execute = statements.execute

    async def put_session(self, session: bytes, *, host: bool, created_at: int, expires_at: int) -> None:
        await self._execute("DELETE FROM cocreate_session WHERE expires_at <= ?", (created_at,))
        await self._execute(
            "INSERT INTO cocreate_session (session, host, created_at, expires_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (session) DO UPDATE SET host = excluded.host, created_at = excluded.created_at,"
            " expires_at = excluded.expires_at",
            (session, host, created_at, expires_at),
        )

    async def get_sessions(self, sessions: Collection[bytes]) -> list[Session]:
        places = ", ".join("?" * len(sessions))
        rows = await self._query(
            f"SELECT session, host, created_at, expires_at FROM cocreate_session WHERE session IN ({places})",  # noqa: S608
            tuple(sessions),
        )
        return [Session(bytes(key), bool(host), *times) for key, host, *times in rows]

    async def drop_session(self, session: bytes) -> None:
        await self._execute("DELETE FROM cocreate_session WHERE session = ?", (session,))

    async def put_link(
        self,
        token: bytes,
        *,
        purpose: LinkPurpose,
        workshop: str | None,
        participant: str | None,
        expires_at: int,
    ) -> None:
        await self._execute(
            "INSERT INTO cocreate_link (token, purpose, workshop, participant, expires_at) VALUES (?, ?, ?, ?, ?)",
            (token, purpose, workshop, participant, expires_at),
        )

    async def take_link(self, token: bytes, now: int) -> Link | None:
        taken = await self._execute(
            "DELETE FROM cocreate_link WHERE token = ? OR expires_at <= ?"
            " RETURNING token, purpose, workshop, participant, expires_at",
            (token, now),
        )
        links = (Link(bytes(key), *facts) for key, *facts in taken)
        return next((link for link in links if link.token == token and link.expires_at > now), None)

    async def put_join_code(self, code: str, workshop: str) -> bool:
        holder = await self._execute(
            "INSERT INTO cocreate_join_code (code, workshop) VALUES (?, ?)"
            " ON CONFLICT (code) DO UPDATE SET workshop = cocreate_join_code.workshop RETURNING workshop",
            (code, workshop),
        )
        return holder == [(workshop,)]

    async def drop_join_codes(self, workshop: str) -> None:
        await self._execute("DELETE FROM cocreate_join_code WHERE workshop = ?", (workshop,))

    async def workshop_of_code(self, code: str) -> str | None:
        return await self._first("SELECT workshop FROM cocreate_join_code WHERE code = ?", code)

    async def code_of(self, workshop: str) -> str | None:
        return await self._first(
            "SELECT code FROM cocreate_join_code WHERE workshop = ? ORDER BY code", workshop
        )

    async def setting(self, name: str) -> str | None:
        return await self._first("SELECT value FROM cocreate_setting WHERE name = ?", name)

    async def claim_setting(self, name: str, value: str) -> str:
        # Updating a row to what it is makes RETURNING give the row that stands.
        standing = await self._execute(
            "INSERT INTO cocreate_setting (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = cocreate_setting.value RETURNING value",
            (name, value),
        )
        return str(standing[0][0])

    async def instance_key_id(self) -> str | None:
        return await self.setting(INSTANCE_KEY_ID)

    async def set_instance_key_id(self, key_id: str) -> str:
        return await self.claim_setting(INSTANCE_KEY_ID, key_id)

    async def replace_instance_key_id(self, old: str, new: str) -> None:
        await self._execute(
            "UPDATE cocreate_setting SET value = ? WHERE name = ? AND value = ?", (new, INSTANCE_KEY_ID, old)
        )

    async def _first(self, statement: str, parameter: str) -> str | None:
        rows = await self._query(statement, (parameter,))
        return str(rows[0][0]) if rows else None
