"""Live streams: everything once and in order, resumed anywhere, gathered under load, and no reader hurts another."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from hypothesis import given
from hypothesis import strategies as st

from cocreate.application import canonical_json
from cocreate.http.parameters import INTEGER_MAX, integer
from cocreate.http.sse import PAUSE_S, STREAMS, Frame, StreamLimits
from tests.http.house import PATIENCE_S, House, Person, Room, opened_house, opened_room, until

Items = dict[tuple[str, str], Any]


class Reader:
    """An EventSource: parses events, remembers the last id, applies changes by key."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response
        self.last_id = ""
        self.frames: list[Any] = []
        self.items: Items = {}

    async def event(self) -> tuple[str, Any] | None:
        """The next event, comments and hints left out; None at the end of the stream."""
        name, payload = "message", ""
        while line := (await self.response.content.readline()).decode():
            field, _, value = line.rstrip("\n").partition(": ")
            if field == "id":
                self.last_id = value
            elif field == "event":
                name = value
            elif field == "data":
                payload = value
            elif not field and payload:
                return name, json.loads(payload)
        return None

    async def follow(self, head: int) -> Items:
        """Apply frames until the record's head is reached."""
        while not self.frames or self.frames[-1]["at"] < head:
            got = await self.event()
            assert got is not None, "the stream ended"
            name, frame = got
            assert name == "changes"
            assert self.last_id == str(frame["at"])
            self.frames.append(frame)
            for collection, items in frame["items"].items():
                for item in items:
                    self.items[collection, item["key"]] = item
        return self.items


def keyed(view: Any) -> Items:
    return {(name, item["key"]): item for name, items in view["items"].items() for item in items}


async def listen(person: Person, room: Room, query: str = "", **headers: str) -> Reader:
    response = await person.stream(f"{room.path}/live{query}", **headers)
    assert response.status == 200
    assert response.headers["Content-Type"].startswith("text/event-stream")
    return Reader(response)


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


@pytest.mark.parametrize("role", ["anonymous", "participant", "facilitator"])
async def test_from_the_beginning_a_stream_is_the_view(room: Room, role: str) -> None:
    """Changes since -1, and whatever follows, are what the view of the same audience holds."""
    reader = await listen(room.person(role), room, "?since=-1")
    await reader.follow(await room.head() - 1)
    await room.participant.do(f"{room.path}/ideas", {"text": "Water"})
    await room.facilitator.do(room.fill(f"{room.path}/ideas/{{idea}}/hide"), {"reason": "off_topic"})
    items = await reader.follow(await room.head() - 1)
    assert items == keyed((await room.person(role).get(room.path)).json)


async def test_without_a_position_a_stream_begins_with_what_comes_next(room: Room) -> None:
    """The first frame says only where the record stands."""
    head = await room.head() - 1
    reader = await listen(room.anonymous, room)
    await reader.follow(head)
    assert reader.frames == [{"at": head, "items": {}}]


async def test_a_reader_resumes_where_it_was(room: Room) -> None:
    """Whatever was missed comes first, by the browser's own header, which goes before the query."""
    reader = await listen(room.anonymous, room, "?since=-1")
    await reader.follow(await room.head() - 1)
    reader.response.close()
    await room.participant.do(f"{room.path}/ideas", {"text": "Missed"})
    again = await listen(room.anonymous, room, "?since=-1", **{"Last-Event-ID": reader.last_id})
    again.items = reader.items
    items = await again.follow(await room.head() - 1)
    assert len(again.frames[0]["items"]["ideas"]) == 1
    assert items == keyed((await room.anonymous.get(room.path)).json)


async def test_many_changes_are_few_frames(room: Room) -> None:
    """Sixty entries in a moment are a handful of frames, the first of them at once, and nothing is missing."""
    reader = await listen(room.anonymous, room)
    await reader.follow(await room.head() - 1)
    reader.frames.clear()
    began = asyncio.get_running_loop().time()
    ideas = (room.participant.do(f"{room.path}/ideas", {"text": f"Idea {n}"}) for n in range(60))
    await asyncio.gather(*ideas)
    await reader.follow(await room.head() - 1)
    seconds = asyncio.get_running_loop().time() - began
    assert len(reader.frames) <= seconds / PAUSE_S + 2
    assert sum(key[0] == "ideas" for key in reader.items) == 60


async def test_every_reader_of_an_audience_gets_the_same_bytes(room: Room) -> None:
    """A frame is built once: thirty readers cost one."""
    readers = [await listen(room.anonymous, room) for _ in range(30)]
    head = await room.head() - 1
    await asyncio.gather(*(reader.follow(head) for reader in readers))
    built = 0
    reading = room.house.service.reading
    changes = reading.changes

    def counted(*arguments: Any) -> Any:
        nonlocal built
        built += 1
        return changes(*arguments)

    reading.changes = counted  # type: ignore[assignment,method-assign]
    await room.participant.do(f"{room.path}/ideas", {"text": "One"})
    await asyncio.gather(*(reader.follow(head + 1) for reader in readers))
    assert built == 1
    assert len({canonical_json(reader.frames[-1]) for reader in readers}) == 1


async def test_a_reader_that_does_not_read_is_cut_off_alone(house: House) -> None:
    """Its bytes do not pile up in the server; the others go on, and it can resume."""
    room = await opened_room(house)
    quick = await listen(room.anonymous, room)
    host, port = house.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1)
    writer.write(f"GET {room.path}/live HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    await reader.read(1)
    streams = house.runner.app[STREAMS]
    await until(lambda: len(streams) == 2)
    (hub,) = streams._hubs.values()
    slow = next(
        one
        for one in hub._streams
        if one.transport.get_extra_info("peername") == writer.get_extra_info("sockname")
    )
    bulk, writes = Frame(b":" * 65_535 + b"\n"), 0
    while len(streams) == 2 and writes < 400:
        await hub._write(bulk)
        writes += 1
        await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            await quick.response.content.readexactly(len(bulk.plain))
    assert slow.ended.is_set()
    await room.participant.do(f"{room.path}/ideas", {"text": "Goes on"})
    await quick.follow(await room.head() - 1)
    writer.close()


async def test_a_stop_says_goodbye_and_does_not_wait(tmp_path: Path) -> None:
    """Every stream ends with `bye`, and the server is down at once instead of waiting for its readers."""
    async with opened_house(tmp_path) as house:
        room = await opened_room(house)
        readers = [await listen(room.anonymous, room), await listen(room.participant, room)]
        for reader in readers:
            await reader.follow(await room.head() - 1)
        async with asyncio.timeout(PATIENCE_S):
            await house.runner.cleanup()
        for reader in readers:
            assert await reader.event() == ("bye", {"reason": "stopping"})
            assert await reader.event() is None
        assert len(house.service.lives.opened()) == 1
        assert house.service.lives.opened()[0].readers == 0


@pytest.mark.parametrize("query", ["", "?audience=facilitator"])
async def test_a_removed_facilitator_stops_reading_as_one(room: Room, query: str) -> None:
    """With the role goes the stream; asking again as a facilitator is refused."""
    added = await room.facilitator.do(f"{room.path}/facilitators")
    other = room.house.person()
    taken = await other.post("/api/links", {"token": added["link"]["token"]})
    assert taken.json == {"host": False, "workshop": room.id}
    reader = await listen(other, room, query)
    await reader.follow(await room.head() - 1)
    stays = await listen(room.facilitator, room)
    await stays.follow(await room.head() - 1)
    await room.facilitator.do(f"{room.path}/facilitators/{added['facilitator']}/remove")
    assert await reader.event() == ("bye", {"reason": "audience"})
    assert await reader.event() is None
    assert (await other.get(f"{room.path}/live?audience=facilitator")).problem == "not-a-facilitator"
    await stays.follow(await room.head() - 1)


async def test_a_reloaded_workshop_streams_on(room: Room) -> None:
    """When memory was dropped and replayed, readers notice nothing, and the new object is held in its place."""
    reader = await listen(room.anonymous, room)
    await reader.follow(await room.head() - 1)
    lives = room.house.service.lives
    lives.forget([room.id])
    await room.participant.do(f"{room.path}/ideas", {"text": "After"})
    await reader.follow(await room.head() - 1)
    await until(lambda: [live.readers for live in lives.opened()] == [1])
    reader.response.close()


async def test_who_leaves_is_let_go(room: Room) -> None:
    """A closed tab costs nothing after the next frame, and the last one lets the workshop go."""
    reader = await listen(room.anonymous, room)
    await reader.follow(await room.head() - 1)
    streams = room.house.runner.app[STREAMS]
    reader.response.close()
    await room.participant.do(f"{room.path}/ideas", {"text": "Alone"})
    await until(lambda: len(streams) == 0)
    await until(lambda: room.house.service.lives.opened()[0].readers == 0)


async def test_streams_have_a_limit_which_those_who_left_do_not_count_for(tmp_path: Path) -> None:
    """Beyond the limit a reader is told to reload; room comes back without waiting for the next change."""
    async with opened_house(tmp_path, stream_limits=StreamLimits(node=3, workshop=2)) as house:
        room = await opened_room(house)
        first, second = await listen(room.anonymous, room), await listen(room.participant, room)
        full = await room.scribe.get(f"{room.path}/live")
        assert (full.status, full.problem, full.headers["Retry-After"]) == (503, "too-many-readers", "30")
        first.response.close()
        await until(
            lambda: any(
                s.transport.is_closing() for h in house.runner.app[STREAMS]._hubs.values() for s in h._streams
            )
        )
        third = await listen(room.scribe, room)
        await third.follow(await room.head() - 1)
        second.response.close()
        third.response.close()


async def test_an_old_browser_gets_the_stream_without_chunks(room: Room) -> None:
    """HTTP/1.0 has no chunks; the bytes are those of the frames."""
    host, port = room.house.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {room.path}/live HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    assert await reader.readuntil(b"\n\n") == b"retry: 2000\n\n"
    assert (await reader.readuntil(b"\n\n")).startswith(b"id: ")
    writer.close()


def _as_header(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


BAD = ["x", "1.0", "+1", "-2", "01", "1 ", "", "9" * 17, "9007199254740992", "1e3", "\u0661", "--1", "-0"]


@pytest.mark.parametrize("text", BAD)
async def test_a_position_that_is_none_is_refused(room: Room, text: str) -> None:
    """A garbled position is not silently the present: the page would miss changes."""
    refused = await room.anonymous.get(f"{room.path}/live", params={"since": text})
    assert (refused.status, refused.problem) == (400, "query-invalid")
    if text and text.isascii() and text == text.strip():
        refused = await room.anonymous.get(f"{room.path}/live", headers={"Last-Event-ID": text})
        assert (refused.status, refused.problem) == (400, "query-invalid")


@given(st.text(max_size=20) | st.integers().map(str) | st.binary(max_size=20).map(_as_header))
def test_a_position_has_one_form(text: str) -> None:
    """Whatever is accepted is the decimal of an integer in range, written as we write it."""
    try:
        found = integer(text, -1)
    except ValueError:
        return
    assert str(found) == text
    assert -1 <= found <= INTEGER_MAX


async def test_any_position_resumes_to_the_same_state(room: Room) -> None:
    """From each position, and from ones beyond the head, applying what comes ends at the view; so does a random walk."""
    head = await room.head() - 1
    whole = keyed((await room.anonymous.get(room.path)).json)
    for since in range(-1, head + 1):
        past = {} if since < 0 else keyed((await room.anonymous.get(f"{room.path}?at={since}")).json)
        reader = await listen(room.anonymous, room, **{"Last-Event-ID": str(since)})
        reader.items = past
        assert await reader.follow(head) == whole, since
        reader.response.close()
    for beyond in (head + 1, head + 1000, INTEGER_MAX):
        reader = await listen(room.anonymous, room, f"?since={beyond}")
        assert await reader.follow(head) == {}
        reader.response.close()
