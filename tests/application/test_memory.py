"""What was signed is remembered outside the database: a record that was put back is read, and never signed or written to."""

import asyncio
import os
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cocreate.application import Service, SubmitIdea
from cocreate.application.errors import RecordRewound
from cocreate.application.memory import Memory
from cocreate.persistence.popo import PopoRecordStore
from cocreate.persistence.sqlite import SqliteRecordStore
from cocreate.record.page import Page
from cocreate.tlog.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from cocreate.tlog.tree import Tree
from cocreate.tlog.vkey import parse_vkey
from tests.application.nodes import VAULT, create, join, live, record, rows


@asynccontextmanager
async def node(folder: Path, *, memory: str = "signed") -> AsyncIterator[Service]:
    """A node on the folder's database that stops in order."""
    store = SqliteRecordStore(folder / "db.sqlite")
    await store.open()
    service = Service(store, VAULT, memory=Memory(folder / memory))
    await service.start()
    try:
        yield service
    finally:
        await service.stop()
        await store.close()


async def begun(folder: Path) -> str:
    """A workshop with two ideas and a copy of the database from before the second."""
    async with node(folder) as service:
        workshop = await create(service)
        (guest,) = await join(service, workshop, "Ada")
        await service.execute(guest, workshop, SubmitIdea(text="Trees"))
    shutil.copytree(folder, folder / "early")
    async with node(folder) as service:
        await service.execute(guest, workshop, SubmitIdea(text="Benches"))
    return workshop


def put_back(folder: Path) -> None:
    for file in folder.glob("db.sqlite*"):
        file.unlink()
    for file in (folder / "early").glob("db.sqlite*"):
        shutil.copy(file, folder)


async def test_a_database_that_was_put_back_is_read_only(tmp_path: Path) -> None:
    """People read on; nothing is written, nothing is signed, and what was signed stays as it is."""
    workshop = await begun(tmp_path)
    signed = (tmp_path / "signed" / workshop).read_bytes()
    put_back(tmp_path)
    async with node(tmp_path) as service:
        held = await service.reading.live(workshop)
        assert held.size < open_checkpoint(signed, parse_vkey(held.vkey)).checkpoint.size
        assert (await service.reading.view(held, "public")).facts["items"]["ideas"]
        with pytest.raises(RecordRewound):
            await join(service, workshop, "Bo")
        with pytest.raises(RecordRewound):
            held.checkpoint()
        with pytest.raises(RecordRewound):
            await service.log.receipt(held, 0)
        assert len(await rows(service.store, workshop)) == held.size
    assert (tmp_path / "signed" / workshop).read_bytes() == signed


class Overtaken(SqliteRecordStore):
    """A store to which another node writes on when the record's end has just been read."""

    def __init__(self, path: Path, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__(path)
        self._meanwhile = [meanwhile]

    async def page(self, *asked: Any, **more: Any) -> Page:
        found = await super().page(*asked, **more)
        if not found.entries and self._meanwhile:
            await self._meanwhile.pop()()
        return found


async def test_what_another_node_signs_while_a_record_is_loaded_is_no_sign_of_a_loss(tmp_path: Path) -> None:
    """It stored that before it signed, so it is read before the two are compared."""
    async with node(tmp_path) as writer:
        workshop = await create(writer)
        (guest,) = await join(writer, workshop, "Ada")

        async def go_on() -> None:
            await writer.execute(guest, workshop, SubmitIdea(text="Trees"))
            await writer.lives.memory.write()

        store = Overtaken(tmp_path / "db.sqlite", go_on)
        await store.open()
        reader = Service(store, VAULT, memory=Memory(tmp_path / "signed"))
        held = await reader.lives.get(workshop)
        assert held.size == (await writer.reading.live(workshop)).size
        assert not held.rewound
        await store.close()


async def test_without_memory_it_would_pass(tmp_path: Path) -> None:
    """The same database beside an empty folder: nobody can tell. So the folder is not kept with the database."""
    workshop = await begun(tmp_path)
    put_back(tmp_path)
    async with node(tmp_path, memory="empty") as service:
        await join(service, workshop, "Bo")


async def test_another_history_of_the_same_length_is_found_out(tmp_path: Path) -> None:
    """What was signed is a root, not a number."""
    workshop = await begun(tmp_path)
    put_back(tmp_path)
    async with node(tmp_path, memory="empty") as service:
        (guest,) = await join(service, workshop, "Ada")
        await service.execute(guest, workshop, SubmitIdea(text="Parking"))
    async with node(tmp_path) as service:
        assert (await service.reading.live(workshop)).rewound
        with pytest.raises(RecordRewound):
            await join(service, workshop, "Bo")


async def test_a_longer_record_that_begins_otherwise_is_found_out(tmp_path: Path) -> None:
    """The signed root is made again from the record's own beginning, wherever its edge lies."""
    async with node(tmp_path) as service:
        workshop = await create(service)
        for _ in range(3):
            await join(service, workshop, "Bo")
        held = await live(service, workshop)
        entries = [row.entry for row in await rows(service.store, workshop)]
        signer = held.keyring.log_signer(held.state.workshop.origin)
    for size in range(1, len(entries) + 1):
        tree = Tree()
        tree.append_entries(entries[:size])
        right = sign_checkpoint(Checkpoint(signer.key.name, size, tree.root()), signer).encode()
        other = sign_checkpoint(Checkpoint(signer.key.name, size, bytes(32)), signer).encode()
        for note, rewound in ((right, False), (other, True)):
            (tmp_path / "signed" / workshop).write_bytes(note)
            async with node(tmp_path) as service:
                assert (await service.reading.live(workshop)).rewound is rewound


@pytest.mark.parametrize("spoil", [b"", b"not a note", b"x" * 100_000])
async def test_a_memory_that_cannot_be_read_is_no_leave_to_sign(tmp_path: Path, spoil: bytes) -> None:
    workshop = await begun(tmp_path)
    (tmp_path / "signed" / workshop).write_bytes(spoil)
    async with node(tmp_path) as service:
        assert (await service.reading.live(workshop)).rewound


async def test_one_record_that_was_put_back_keeps_no_other_from_going_on(tmp_path: Path) -> None:
    """In the same batch, too."""
    workshop = await begun(tmp_path)
    put_back(tmp_path)
    async with node(tmp_path) as service:
        other = await create(service)
        await join(service, other, "Bo")
        with pytest.raises(RecordRewound):
            await join(service, workshop, "Bo")
        await join(service, other, "Bo")


async def test_each_commit_is_signed_and_remembered() -> None:
    """The checkpoint stands when the answer is given, over exactly what is durable."""
    service = Service(PopoRecordStore(), VAULT)
    await service.start()
    workshop = await create(service)
    held = await live(service, workshop)
    for _ in range(4):
        await join(service, workshop, "Bo")
        remembered = service.lives.memory.recall(workshop)
        assert remembered is not None
        found = open_checkpoint(remembered, parse_vkey(held.vkey)).checkpoint
        assert (found.size, found.root) == (held.size, held.tree.root())
        assert held.size == len(await record(service, workshop))
    await service.stop()


async def test_a_database_edited_by_hand_is_found_out(tmp_path: Path) -> None:
    """An entry that was replaced by another valid one is not what was signed."""
    workshop = await begun(tmp_path)
    with sqlite3.connect(tmp_path / "db.sqlite") as database:
        (entry,) = database.execute("SELECT state FROM stored_events WHERE originator_version = 2").fetchone()
        at = entry.index(b'"command":"') + len(b'"command":"')
        digit = b"1" if entry[at : at + 1] == b"0" else b"0"
        database.execute(
            "UPDATE stored_events SET state = ? WHERE originator_version = 2",
            (entry[:at] + digit + entry[at + 1 :],),
        )
    async with node(tmp_path) as service:
        assert (await service.reading.live(workshop)).rewound


async def test_who_stops_waits_for_what_is_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that writes cannot be cancelled with the task that began it: the later state is written behind the earlier one."""
    began, may_end, real = threading.Event(), threading.Event(), os.fsync
    writing: list[int] = []

    def slow(descriptor: int) -> None:
        writing.append(descriptor)
        began.set()
        assert may_end.wait(30)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    memory = Memory(tmp_path / "signed")
    memory.note("record", b"earlier")
    first = asyncio.create_task(memory.write())
    await asyncio.to_thread(began.wait, 30)
    first.cancel()
    memory.note("record", b"later")
    second = asyncio.create_task(memory.write())
    done, _ = await asyncio.wait({first, second}, timeout=0.1)
    assert done == {first}
    assert len(writing) == 1
    may_end.set()
    await second
    assert (tmp_path / "signed" / "record").read_bytes() == b"later"
    assert memory.recall("record") == b"later"
