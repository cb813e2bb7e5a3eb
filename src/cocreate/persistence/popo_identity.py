"""Identity in plain Python objects."""

from collections.abc import Collection

from cocreate.persistence.identity import INSTANCE_KEY_ID, Link, LinkPurpose, Session


class PopoIdentity:
    """Who may come in, for as long as the process lives."""

    def __init__(self) -> None:
        self._sessions: dict[bytes, Session] = {}
        self._links: dict[bytes, Link] = {}
        self._workshop_by_code: dict[str, str] = {}
        self._settings: dict[str, str] = {}

    async def put_session(self, session: bytes, *, host: bool, created_at: int, expires_at: int) -> None:
        self._sessions = {key: kept for key, kept in self._sessions.items() if kept.expires_at > created_at}
        self._sessions[session] = Session(session, host, created_at, expires_at)

    async def get_sessions(self, sessions: Collection[bytes]) -> list[Session]:
        return [self._sessions[session] for session in sessions if session in self._sessions]

    async def drop_session(self, session: bytes) -> None:
        self._sessions.pop(session, None)

    async def put_link(
        self,
        token: bytes,
        *,
        purpose: LinkPurpose,
        workshop: str | None,
        participant: str | None,
        expires_at: int,
    ) -> None:
        self._links[token] = Link(token, purpose, workshop, participant, expires_at)

    async def take_link(self, token: bytes, now: int) -> Link | None:
        self._links = {key: link for key, link in self._links.items() if link.expires_at > now}
        return self._links.pop(token, None)

    async def put_join_code(self, code: str, workshop: str) -> bool:
        return self._workshop_by_code.setdefault(code, workshop) == workshop

    async def drop_join_codes(self, workshop: str) -> None:
        self._workshop_by_code = {
            code: kept for code, kept in self._workshop_by_code.items() if kept != workshop
        }

    async def workshop_of_code(self, code: str) -> str | None:
        return self._workshop_by_code.get(code)

    async def code_of(self, workshop: str) -> str | None:
        return min((code for code, kept in self._workshop_by_code.items() if kept == workshop), default=None)

    async def setting(self, name: str) -> str | None:
        return self._settings.get(name)

    async def claim_setting(self, name: str, value: str) -> str:
        return self._settings.setdefault(name, value)

    async def instance_key_id(self) -> str | None:
        return self._settings.get(INSTANCE_KEY_ID)

    async def set_instance_key_id(self, key_id: str) -> str:
        return await self.claim_setting(INSTANCE_KEY_ID, key_id)

    async def replace_instance_key_id(self, old: str, new: str) -> None:
        if self._settings.get(INSTANCE_KEY_ID) == old:
            self._settings[INSTANCE_KEY_ID] = new
