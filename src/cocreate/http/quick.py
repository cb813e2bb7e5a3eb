"""A short JSON answer in one write: what a vote is answered with.

A `web.Response` makes a dictionary of its headers, asks every hook, and renders them again for each answer: a quarter of what
the web server spends on a vote. This one has the same headers, rendered once; no cookies, no compression, no hooks.
"""

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web
from aiohttp.helpers import rfc822_formatted_time
from aiohttp.http import SERVER_SOFTWARE, HttpVersion11


class QuickHeaders:
    """Headers that are the same on every answer, as bytes."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        same = {**headers, "Server": SERVER_SOFTWARE}
        self._block = "".join(f"{name}: {value}\r\n" for name, value in same.items())
        self._heads: dict[tuple[int, bool], bytes] = {}

    def head(self, status: int, *, keep_alive: bool) -> bytes:
        """Status line and headers up to the two that differ each time."""
        place = status, keep_alive
        if place not in self._heads:
            line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
            closing = "" if keep_alive else "Connection: close\r\n"
            self._heads[place] = (line + self._block + closing).encode()
        return self._heads[place]


class QuickAnswer(web.StreamResponse):
    """Written by `prepare`, all of it; the connection stays open for whoever speaks HTTP/1.1 and wants that."""

    def __init__(self, body: bytes, status: int, headers: QuickHeaders) -> None:
        super().__init__(status=status)
        self._whole, self._rendered = body, headers
        self._stays = False

    @property
    def keep_alive(self) -> bool:
        return self._stays

    async def prepare(self, request: web.BaseRequest) -> None:
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client has gone before it was answered")
        self._stays = request.keep_alive and request.version == HttpVersion11
        transport.write(
            b"%sDate: %s\r\nContent-Length: %d\r\n\r\n%s"
            % (
                self._rendered.head(self.status, keep_alive=self._stays),
                rfc822_formatted_time().encode(),
                len(self._whole),
                self._whole,
            )
        )

    async def write_eof(self, data: bytes = b"") -> None:
        """Nothing is left to write."""
