"""A simulated person in front of a browser: a session of their own, over the same HTTP API as everybody."""

import asyncio
import secrets
from typing import Any, Final, Self

from aiohttp import ClientError, ClientSession, ClientTimeout, CookieJar

TRIES_MAX: Final = 6
"""Times a command is sent under one key before the person gives up; the pauses between them double."""
TIMEOUT: Final = ClientTimeout(total=15)
TRY_AGAIN: Final = frozenset({429, 502, 503, 504})


class NotTaken(Exception):
    """The server refused a command; `problem` is the last part of the problem's type."""

    def __init__(self, status: int, problem: str, detail: str) -> None:
        self.status, self.problem = status, problem
        super().__init__(f"{status} {problem}: {detail}")


class Visitor:
    """Owner of one cookie jar. Commands are repeated under their key until the server answers."""

    def __init__(self, address: str) -> None:
        # unsafe: cookies of a server that is named by its IP address are kept, too.
        self._client = ClientSession(address, cookie_jar=CookieJar(unsafe=True), timeout=TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def get(self, path: str) -> Any:
        async with self._client.get(path) as answer:
            facts = await answer.json(content_type=None)
            if answer.status != 200:
                raise _not_taken(answer.status, facts)
            return facts

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """The answer's facts. Raises NotTaken, and ClientError where the server stays away."""
        key = key or secrets.token_hex(16)
        for tried in range(1, TRIES_MAX + 1):
            try:
                return await self.post_once(path, body, key=key)
            except (ClientError, TimeoutError):
                if tried == TRIES_MAX:
                    raise
            except NotTaken as refused:
                if refused.status not in TRY_AGAIN or tried == TRIES_MAX:
                    raise
            await asyncio.sleep(0.1 * 2**tried)
        raise AssertionError("the last try returns or raises")

    async def post_once(self, path: str, body: Any = None, *, key: str) -> Any:
        """Send it once."""
        headers = {"Idempotency-Key": key}
        async with self._client.post(path, json={} if body is None else body, headers=headers) as answer:
            facts = await answer.json(content_type=None)
            if answer.status not in (200, 201):
                raise _not_taken(answer.status, facts)
            return facts

    async def take_link(self, link: str) -> Any:
        """Redeem a one-time link."""
        return await self.post("/api/links", {"token": link.rsplit("/", 1)[1]})


def _not_taken(status: int, problem: Any) -> NotTaken:
    facts = problem if isinstance(problem, dict) else {}
    kind = str(facts.get("type", "")).rsplit("/", 1)[-1]
    return NotTaken(status, kind, str(facts.get("detail", "")))
