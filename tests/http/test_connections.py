"""Who sends or reads too slowly, or only holds a connection, is let go; who does nothing wrong notices nothing."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cocreate import cli_serve
from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from cocreate.http import connections
from cocreate.http.connections import WAIT_S_MAX, Porter
from tests.http.house import PATIENCE_S, House, opened_room, until

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]

PROPER = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF_HEAD = b"GET /healthz HTTP/1.1\r\nHost: local"
HALF_BODY = b'POST /api/links HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"tok'


class Desk:
    """A server's porter, who looks when told to, and clients who speak in bytes."""

    def __init__(self, house: House, connections_max: int = 100) -> None:
        self.house = house
        assert house.runner.server is not None
        self.server = house.runner.server
        self.porter = Porter(self.server, connections_max)
        self.wires: list[Wire] = []

    async def connect(self, said: bytes, *, deaf: bool = False) -> Wire:
        """A client that has said this, once the server knows it; a deaf one takes hardly a byte that it does not read."""
        host, port = self.house.url.removeprefix("http://").split(":")
        sock = socket.socket()
        if deaf:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        wire = await asyncio.open_connection(sock=sock, limit=1 if deaf else 65_536)
        self.wires.append(wire)
        wire[1].write(said)
        await until(lambda: any(_is(one, wire) for one in self.server.connections))
        return wire

    def is_open(self, wire: Wire) -> bool:
        return any(_is(one, wire) for one in self.server.connections)

    def served(self, wire: Wire) -> Any:
        return next(one for one in self.server.connections if _is(one, wire))

    async def closes(self, wire: Wire) -> None:
        """Waits for the end of what the server sends; passes only if there is one."""
        reader, _ = wire
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionResetError):
                while await reader.read(65_536):
                    pass
        await until(lambda: not self.is_open(wire))


def _is(one: Any, wire: Wire) -> bool:
    return bool(one.transport and one.peername == wire[1].get_extra_info("sockname"))


@pytest.fixture
async def desk(house: House) -> AsyncIterator[Desk]:
    one = Desk(house)
    yield one
    for _, writer in one.wires:
        writer.close()


@pytest.mark.parametrize(
    ("said", "of"),
    [(b"", "head"), (HALF_HEAD, "head"), (PROPER, "next"), (PROPER + HALF_HEAD, "next")],
    ids=["nothing", "half a head", "nothing more", "half another head"],
)
async def test_a_request_that_does_not_come_is_not_waited_for(
    desk: Desk, said: bytes, of: connections.Awaited
) -> None:
    wire = await desk.connect(said)
    if of == "next":
        assert (await wire[0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
    desk.porter.look(1_000)
    desk.porter.look(1_000 + WAIT_S_MAX[of] - 0.1)
    assert desk.is_open(wire)
    desk.porter.look(1_000 + WAIT_S_MAX[of])
    await desk.closes(wire)


async def test_a_body_that_does_not_come_is_not_waited_for(desk: Desk) -> None:
    """It is the client's doing: nothing is told of a fault of ours."""
    wire = await desk.connect(HALF_BODY)
    await until(lambda: desk.served(wire)._current_request is not None)
    desk.porter.look(0)
    wire[1].write(b'en":')
    desk.porter.look(WAIT_S_MAX["body"] - 0.1)
    assert desk.is_open(wire)
    with capture_logs() as told:
        desk.porter.look(WAIT_S_MAX["body"])
        await desk.closes(wire)
    assert [line for line in told if line["log_level"] == "error"] == []


async def test_who_asks_again_and_again_stays(desk: Desk) -> None:
    """The time counts from the latest answer."""
    reader, writer = await desk.connect(b"")
    for turn in range(4):
        writer.write(PROPER)
        await reader.readuntil(b"}")
        await until(lambda: desk.served((reader, writer))._current_request is None)
        desk.porter.look(turn * (WAIT_S_MAX["next"] - 1))
    assert desk.is_open((reader, writer))


async def test_a_live_stream_lives_on(desk: Desk) -> None:
    """However long it has been silent."""
    room = await opened_room(desk.house)
    wire = await desk.connect(f"GET {room.path}/live HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await wire[0].readuntil(b"\r\n\r\n")
    for hours in range(3):
        desk.porter.look(hours * 3_600)
    await room.participant.get(
        "/healthz"
    )  # their idle connection was closed: a read is asked again on another
    await room.participant.do(f"{room.path}/ideas", {"text": "Still here"})
    assert b"Still here" in await wire[0].readuntil(b"Still here")


async def test_who_takes_nothing_of_what_they_asked_for_is_let_go(desk: Desk) -> None:
    """And who takes a little at a time is not."""
    asking = b"GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 30
    deaf = await desk.connect(asking, deaf=True)
    slow = await desk.connect(asking, deaf=True)
    unread = [desk.served(one).transport.get_write_buffer_size for one in (deaf, slow)]
    await until(lambda: all(bytes_held() > 0 for bytes_held in unread))
    desk.porter.look(0)
    before = unread[1]()
    while not 0 < unread[1]() < before:
        assert await slow[0].read(65_536)
        await asyncio.sleep(0)
    desk.porter.look(WAIT_S_MAX["reading"])
    await desk.closes(deaf)
    assert desk.is_open(slow)


async def test_where_too_many_connect_those_idle_for_longest_make_room(desk: Desk) -> None:
    """A stream and a request under way are kept, however old."""
    room = await opened_room(desk.house)
    stream = await desk.connect(f"GET {room.path}/live HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await stream[0].readuntil(b"\r\n\r\n")
    under_way = await desk.connect(HALF_BODY)
    await until(lambda: desk.served(under_way)._current_request is not None)
    desk.porter.look(0)
    first = await desk.connect(HALF_HEAD)
    desk.porter.look(1)
    second = await desk.connect(b"")
    desk.porter.look(2)
    desk.porter._connections_max = len(desk.server.connections) - len(room.house.people)
    with capture_logs() as told:
        desk.porter.look(3)
    assert [line["event"] for line in told] == ["connections_full"]
    await until(lambda: len(desk.server.connections) <= desk.porter._connections_max)
    assert [desk.is_open(one) for one in (stream, under_way, first)] == [True, True, False]
    assert desk.is_open(second)


async def test_a_served_application_has_its_porter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clock, as `serve` runs."""
    monkeypatch.setattr(connections, "LOOK_S", 0.01)
    monkeypatch.setitem(WAIT_S_MAX, "head", 0.05)
    settings = Settings(database=f"sqlite:///{tmp_path}/a.sqlite", key_file=tmp_path / "instance.key")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with opened_service(settings) as service, cli_serve.served(service, listener, None):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(HALF_HEAD)
            assert await reader.read() == b""
            writer.close()
