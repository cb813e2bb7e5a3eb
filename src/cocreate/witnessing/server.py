"""A witness over HTTP: c2sp.org/tlog-witness, and one call of our own by which an open witness is told of a log.

| call | body | answer |
| --- | --- | --- |
| `POST /add-checkpoint` | as in the protocol | 200 a signature line · 400 · 403 · 404 · 409 the size seen · 422 |
| `POST /add-log` | a vkey and a newline | 200 · 400 · 403 not an open witness · 409 the origin has another key · 507 full |

Both: 408 too slow · 413 too long · 503 try again.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from structlog import get_logger

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.witness import REQUEST_SIZE_BYTES_MAX, SIZE_CONTENT_TYPE, NotCosigned
from cocreate.witnessing.seen import LogNotTaken
from cocreate.witnessing.witness import Witness

VKEY_SIZE_BYTES_MAX: Final = 512
"""Of a log that is told of: a name of some 400 bytes, which stays in the file for ever."""
REQUESTS_MAX: Final = 64
"""Under way at once, each with a body of up to 260 kB and a turn at the disk; the next are sent away with 503."""
BODY_S_MAX: Final = 10.0
"""How long a body may take to arrive, for it holds one of the places."""
RETRY_AFTER_S: Final = 5

log = get_logger()

Answer = Callable[[bytes], Awaitable[web.Response]]


def make_app(witness: Witness) -> web.Application:
    """The witness below the root of a server of its own."""
    site = _Site(witness)
    app = web.Application()
    app.router.add_post("/add-checkpoint", site.add_checkpoint)
    app.router.add_post("/add-log", site.add_log)
    return app


class _Site:
    def __init__(self, witness: Witness) -> None:
        self._witness = witness
        self._under_way = 0

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        async def answer(body: bytes) -> web.Response:
            try:
                line = await self._witness.cosign(body)
            except NotCosigned as refusal:
                log.info("checkpoint_refused", status=refusal.status, reason=str(refusal))
                return _refused(refusal)
            return _text(200, str(line))

        return await self._within_limits(request, REQUEST_SIZE_BYTES_MAX, answer)

    async def add_log(self, request: web.Request) -> web.Response:
        async def answer(body: bytes) -> web.Response:
            if not self._witness.is_open:
                return _text(403, "this witness knows the logs that its operator has named\n")
            try:
                await self._witness.take(body)
            except VerificationError as error:
                return _text(400, f"{error}\n")
            except LogNotTaken as refusal:
                log.warning("log_not_taken", reason=str(refusal))
                return _text(507 if refusal.full else 409, f"{refusal}\n")
            return _text(200, "")

        return await self._within_limits(request, VKEY_SIZE_BYTES_MAX, answer)

    async def _within_limits(self, request: web.Request, size_max: int, answer: Answer) -> web.Response:
        if self._under_way >= REQUESTS_MAX:
            return _busy("too many requests under way")
        self._under_way += 1
        try:
            async with asyncio.timeout(BODY_S_MAX):
                body = await _body(request, size_max)
            return await answer(body)
        except TimeoutError:
            return _text(408, "the body took too long\n")
        except sqlite3.Error as error:
            log.warning("cannot_keep", reason=str(error))
            return _busy("what was seen cannot be kept")
        finally:
            self._under_way -= 1


async def _body(request: web.Request, size_max: int) -> bytes:
    """The body of at most so many bytes. Raises HTTPRequestEntityTooLarge."""
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > size_max:
            raise web.HTTPRequestEntityTooLarge(max_size=size_max, actual_size=len(body))
    return bytes(body)


def _refused(refusal: NotCosigned) -> web.Response:
    if refusal.size is not None:
        return web.Response(
            status=refusal.status,
            body=f"{refusal.size}\n".encode(),
            headers={"Content-Type": SIZE_CONTENT_TYPE},
        )
    return _text(refusal.status, f"{refusal}\n")


def _busy(reason: str) -> web.Response:
    answer = _text(503, f"{reason}\n")
    answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def _text(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text)
