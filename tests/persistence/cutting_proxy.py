"""A TCP proxy before PostgreSQL that fails at a chosen message, as a network may."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal, Self
from urllib.parse import urlsplit, urlunsplit

Fault = Literal["never sent", "answer lost", "sent late"]


class CuttingProxy:
    """Passes everything on until the client sends bytes that contain `marker`; then the fault happens, once.

    never sent: both sides are cut, the server has not seen the message.
    answer lost: the server does it, the client is cut before it hears of it.
    sent late: the client is cut at once, the server gets the message when `deliver` is called.
    """

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._fault: tuple[bytes, Fault] | None = None
        self._deliver = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self.happened = asyncio.Event()

    @property
    def url(self) -> str:
        """The database's URL through the proxy."""
        user = f"{self._parts.username}@" if self._parts.username else ""
        return urlunsplit(self._parts._replace(netloc=f"{user}127.0.0.1:{self._port}"))

    def fail_at(self, marker: bytes, fault: Fault) -> None:
        """Arm one fault."""
        self._fault = marker, fault

    def deliver(self) -> None:
        """Give the server what came late."""
        self._deliver.set()

    async def start(self) -> None:
        """Listen, at the same port again after `stop`."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse and cut everything, as a server that is down."""
        assert self._server is not None
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    @classmethod
    @asynccontextmanager
    async def before(cls, url: str) -> AsyncIterator[Self]:
        """A proxy that is stopped when the block ends."""
        proxy = cls(url)
        await proxy.start()
        try:
            yield proxy
        finally:
            await proxy.stop()

    async def _accept(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        server, to_server = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        answers = asyncio.create_task(_pass_on(server, to_client))
        try:
            while sent := await client.read(65_536):
                if self._fault is not None and self._fault[0] in sent:
                    answers.cancel()
                    fault, self._fault = self._fault[1], None
                    await self._fail(fault, sent, server, to_server, to_client)
                    return
                to_server.write(sent)
                await to_server.drain()
        except ConnectionError:
            return
        finally:
            answers.cancel()
            to_client.close()
            to_server.close()

    async def _fail(
        self,
        fault: Fault,
        sent: bytes,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        to_client: asyncio.StreamWriter,
    ) -> None:
        self.happened.set()
        if fault == "never sent":
            return
        if fault == "sent late":
            to_client.close()
            await self._deliver.wait()
        to_server.write(sent)
        await server.read(65_536)


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()
    target.close()
