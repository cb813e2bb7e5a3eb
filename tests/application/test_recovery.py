"""A record that was put back goes on in another one, which says so; the old one is read, and nothing is written to it any more."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from cocreate.application import (
    ActivityDraft,
    CastBallot,
    ChangeAgenda,
    ChangeSettings,
    CloseWorkshop,
    EraseText,
    RescheduleWorkshop,
    SealRecord,
    Service,
    StartActivity,
    SubmitIdea,
)
from cocreate.application.errors import RecordRewound
from cocreate.application.memory import Memory
from cocreate.application.recovery import (
    ERASED,
    NothingToRecover,
    RecoveredAlready,
    Successor,
    start_successor,
)
from cocreate.domain.genesis import SuccessorStarted
from cocreate.domain.messages import Recorded
from cocreate.domain.settings import Settings
from cocreate.exchange.export_record import export_record
from cocreate.exchange.polis_import import import_conversation
from cocreate.exchange.polis_source import read_conversation
from cocreate.persistence.record_store import RecordStore
from cocreate.projections.reader import Item
from cocreate.record.export import ExportHeader, read_export
from cocreate.tlog.checkpoints import Checkpoint, open_checkpoint
from cocreate.tlog.notes import Note
from cocreate.tlog.signatures import SignatureLine
from cocreate.tlog.vkey import parse_vkey
from tests.application.nodes import (
    HOST,
    VAULT,
    Hands,
    create,
    idea,
    join,
    live,
    open_round,
    record,
    rows,
    seat,
)
from tests.application.test_memory import begun, node, put_back
from tests.cli.test_commands import small_export

NewStore = Callable[[], RecordStore]


async def recovered(service: Service, workshop: str) -> Successor:
    return await start_successor(service, workshop, "rewound")


async def lost(folder: Path) -> str:
    """A workshop whose database is from before its last entry."""
    workshop = await begun(folder)
    put_back(folder)
    return workshop


def genesis(entries: list[Recorded]) -> SuccessorStarted:
    first = entries[0].event
    assert isinstance(first, SuccessorStarted)
    return first


async def shown(service: Service, workshop: str) -> Item:
    """The workshop as everybody sees it."""
    held = await service.reading.live(workshop)
    item: Item = (await service.reading.view(held, "public")).facts["items"]["workshop"][0]
    return item


async def test_the_successor_names_what_was_signed_and_what_is_left(tmp_path: Path) -> None:
    """With the signature, so that nobody has to believe it."""
    workshop = await lost(tmp_path)
    note = (tmp_path / "signed" / workshop).read_bytes()
    async with node(tmp_path) as service:
        old = await live(service, workshop)
        signed = open_checkpoint(note, parse_vkey(old.vkey)).checkpoint
        new = await recovered(service, workshop)
        named = genesis(await record(service, new.workshop)).predecessor
        assert (named.because, named.origin, named.vkey) == ("rewound", old.state.workshop.origin, old.vkey)
        assert (named.stored.size, named.stored.root) == (old.size, old.tree.root().hex())
        assert named.signed is not None
        assert (named.signed.size, named.signed.root) == (signed.size, signed.root.hex())
        assert named.stored.size < named.signed.size
        key = parse_vkey(named.vkey)
        text = Checkpoint(named.origin, named.signed.size, bytes.fromhex(named.signed.root)).text
        line = SignatureLine(key.name, key.id, bytes.fromhex(named.signed.signature))
        assert Note(text, (line,)).encode() == note
        held = await live(service, new.workshop)
        assert held.vkey != old.vkey
        assert open_checkpoint(held.checkpoint(), parse_vkey(held.vkey)).checkpoint.size == held.size


async def test_what_was_announced_is_carried_on_and_people_come_in_by_the_code_they_know(
    tmp_path: Path,
) -> None:
    """Schedule, settings, agenda, join code; no idea, no person, no vote."""
    async with node(tmp_path) as service:
        workshop = await create(
            service, title={"en": "A plaza", "fr": "Une place"}, city="Ghent", languages=("en", "fr")
        )
        await service.execute(HOST, workshop, RescheduleWorkshop(starts_at=5, ends_at=9))
        await service.execute(HOST, workshop, ChangeSettings(settings=Settings(tags=("water",))))
        planned = (
            ActivityDraft(kind="collect", title="Ideas", minutes=20, grace_ms=1_000),
            ActivityDraft(kind="vote"),
        )
        await service.execute(HOST, workshop, ChangeAgenda(activities=planned))
        first = (await live(service, workshop)).state.workshop.agenda.activities[0].id
        await service.execute(HOST, workshop, StartActivity(activity=first))
        (guest,) = await join(service, workshop, "Ada")
        await idea(service, workshop, guest)
        code = await service.doors.code_of(workshop)
    shutil.copytree(tmp_path, tmp_path / "early")
    async with node(tmp_path) as service:
        await idea(service, workshop, guest)
    put_back(tmp_path)
    async with node(tmp_path) as service:
        before = await shown(service, workshop)
        new = await recovered(service, workshop)
        after = await shown(service, new.workshop)
        same = ("status", "title", "host", "city", "languages", "starts_at", "ends_at", "settings")
        assert {one: after[one] for one in same} == {one: before[one] for one in same}
        assert after["predecessor"]["workshop"] == workshop
        assert (new.opened, new.activities, new.code) == (True, 2, code)
        items = (await service.reading.view(await live(service, new.workshop), "public")).facts["items"]
        assert [
            (one["kind"], one.get("minutes"), one["grace_ms"], one["state"]) for one in items["agenda"]
        ] == [
            ("collect", 20, 1_000, "ahead"),
            ("vote", None, 0, "ahead"),
        ]
        assert items["agenda"][0]["title"]["texts"] == {"en": "Ideas"}
        assert (items["ideas"], items["participation"][0]["joined"]) == ([], 0)
        assert await service.doors.workshop_of_code(code or "") == new.workshop
        assert await service.doors.code_of(workshop) is None
        (again,) = await join(service, new.workshop, "Ada")
        assert await seat(service, new.workshop, again) != await seat(service, workshop, guest)


async def test_the_old_record_stays_read_only_even_when_what_was_signed_is_forgotten(tmp_path: Path) -> None:
    """It says where it goes on."""
    workshop = await lost(tmp_path)
    async with node(tmp_path) as service:
        stored = await rows(service.store, workshop)
        new = await recovered(service, workshop)
        assert (await live(service, workshop)).successor == new.workshop
        catalogue = {summary.workshop: summary for summary, _ in await service.reading.catalogue()}
        assert (catalogue[new.workshop].predecessor, catalogue[workshop].predecessor) == (workshop, None)
        assert not catalogue[new.workshop].imported
    async with node(tmp_path, memory="empty") as service:
        old = await live(service, workshop)
        assert (old.successor, old.rewound) == (new.workshop, True)
        assert (await service.reading.view(old, "public")).facts["items"]["ideas"]
        with pytest.raises(RecordRewound) as told:
            await join(service, workshop, "Bo")
        assert told.value.facts == {"successor": new.workshop}
        with pytest.raises(RecordRewound):
            old.checkpoint()
        assert await rows(service.store, workshop) == stored
        await join(service, new.workshop, "Bo")


async def test_a_sound_record_has_no_successor(tmp_path: Path) -> None:
    workshop = await begun(tmp_path)
    async with node(tmp_path) as service:
        with pytest.raises(NothingToRecover, match="is sound"):
            await recovered(service, workshop)


async def test_a_record_has_one_successor(tmp_path: Path) -> None:
    """Whoever asks again is told which."""
    workshop = await lost(tmp_path)
    async with node(tmp_path) as service:
        new = await recovered(service, workshop)
        held = await rows(service.store, new.workshop)
        with pytest.raises(RecoveredAlready) as told:
            await recovered(service, workshop)
        assert told.value.successor == new.workshop
        assert await rows(service.store, new.workshop) == held


@pytest.mark.parametrize("entries", [3, 4])
async def test_what_was_interrupted_is_completed(tmp_path: Path, entries: int) -> None:
    """After its genesis, or before it was opened: the same successor, each command once."""
    workshop = await lost(tmp_path)
    async with node(tmp_path) as service:
        new = await recovered(service, workshop)
        whole = [one.event.NAME for one in await record(service, new.workshop)]
    cut_off(tmp_path, new.workshop, entries)
    (tmp_path / "signed" / new.workshop).unlink()
    async with node(tmp_path) as service:
        if entries < len(whole):
            assert (await recovered(service, workshop)).workshop == new.workshop
        else:
            with pytest.raises(RecoveredAlready):
                await recovered(service, workshop)
        assert [one.event.NAME for one in await record(service, new.workshop)] == whole


def cut_off(folder: Path, workshop: str, entries: int) -> None:
    """As if whoever wrote had ended there."""
    with closing(sqlite3.connect(folder / "db.sqlite")) as database, database:
        database.execute(
            "DELETE FROM stored_events WHERE originator_id = ? AND originator_version > ?",
            (workshop.replace("-", ""), entries),
        )
        assert database.execute("SELECT changes()").fetchone()[0] == 4 - entries
        database.execute(
            "DELETE FROM cocreate_request WHERE position >= ? AND workshop IN (?, ?)",
            (entries, workshop, workshop.replace("-", "")),
        )


async def test_a_successor_that_is_put_back_has_a_successor(tmp_path: Path) -> None:
    """And so on; each names the one before it."""
    workshop = await lost(tmp_path)
    async with node(tmp_path) as service:
        second = await recovered(service, workshop)
    shutil.rmtree(tmp_path / "early")
    shutil.copytree(tmp_path, tmp_path / "early")
    async with node(tmp_path) as service:
        await join(service, second.workshop, "Bo")
    put_back(tmp_path)
    async with node(tmp_path) as service:
        third = await recovered(service, second.workshop)
        assert third.predecessor.origin.endswith(second.workshop)
        with pytest.raises(RecoveredAlready):
            await recovered(service, workshop)


async def test_another_history_is_named_as_it_is(tmp_path: Path) -> None:
    """As many entries as were signed, and others: both roots stand in the genesis."""
    workshop = await lost(tmp_path)
    async with node(tmp_path, memory="empty") as service:
        (guest,) = await join(service, workshop, "Ada")
        await service.execute(guest, workshop, SubmitIdea(text="Parking"))
    async with node(tmp_path) as service:
        named = (await recovered(service, workshop)).predecessor
    assert named.signed is not None
    assert named.signed.size == named.stored.size
    assert named.signed.root != named.stored.root


async def test_where_nothing_signed_can_be_read_only_what_is_left_is_named(tmp_path: Path) -> None:
    workshop = await begun(tmp_path)
    (tmp_path / "signed" / workshop).write_bytes(b"not a note")
    async with node(tmp_path) as service:
        named = (await recovered(service, workshop)).predecessor
        assert named.signed is None
        assert named.stored.size == (await live(service, workshop)).size


async def test_the_cosigned_checkpoint_stands_in_where_the_signed_one_is_spoilt(tmp_path: Path) -> None:
    workshop = await begun(tmp_path)
    signed = tmp_path / "signed"
    (signed / workshop).rename(signed / f"{workshop}.cosigned")
    (signed / workshop).write_bytes(b"not a note")
    put_back(tmp_path)
    async with node(tmp_path) as service:
        named = (await recovered(service, workshop)).predecessor
    assert named.signed is not None
    assert named.signed.size > named.stored.size


async def test_an_erased_title_stays_erased(tmp_path: Path) -> None:
    async with node(tmp_path) as service:
        workshop = await create(service)
        await service.execute(HOST, workshop, EraseText(position=1, field="title", reason="personal_content"))
    shutil.copytree(tmp_path, tmp_path / "early")
    async with node(tmp_path) as service:
        await join(service, workshop, "Ada")
    put_back(tmp_path)
    async with node(tmp_path) as service:
        new = await recovered(service, workshop)
        assert (await shown(service, new.workshop))["title"]["texts"] == {"en": ERASED}


async def test_a_closed_workshop_is_only_announced_again(tmp_path: Path) -> None:
    """Whoever facilitates it decides whether it is opened."""
    async with node(tmp_path) as service:
        workshop = await create(service)
        await service.execute(HOST, workshop, CloseWorkshop())
    shutil.copytree(tmp_path, tmp_path / "early")
    async with node(tmp_path) as service:
        await service.execute(HOST, workshop, SealRecord())
    put_back(tmp_path)
    async with node(tmp_path) as service:
        new = await recovered(service, workshop)
        assert (new.opened, (await shown(service, new.workshop))["status"]) == (False, "scheduled")
        assert new.code is not None


async def test_a_record_whose_key_leaked_is_sealed_and_succeeded(tmp_path: Path) -> None:
    """Only sealed, and only by the name of that cause; texts in it may still be erased."""
    async with node(tmp_path) as service:
        workshop = await create(service)
        with pytest.raises(NothingToRecover, match="not sealed"):
            await start_successor(service, workshop, "key_compromised")
        await service.execute(HOST, workshop, CloseWorkshop())
        await service.execute(HOST, workshop, SealRecord())
        with pytest.raises(NothingToRecover, match="is sound"):
            await recovered(service, workshop)
        new = await start_successor(service, workshop, "key_compromised")
        named, old = new.predecessor, await live(service, workshop)
        assert named.signed is not None
        assert (named.signed.size, named.signed.root) == (named.stored.size, named.stored.root)
        assert (named.stored.size, old.size) == (old.size, named.stored.size)
    async with node(tmp_path) as service:
        await service.execute(HOST, workshop, EraseText(position=1, field="title", reason="personal_content"))
        old = await live(service, workshop)
        assert (old.successor, old.rewound) == (new.workshop, False)


async def test_a_record_that_was_put_back_is_recovered_as_that_whatever_became_of_its_key(
    tmp_path: Path,
) -> None:
    workshop = await lost(tmp_path)
    async with node(tmp_path) as service:
        with pytest.raises(NothingToRecover, match="put back"):
            await start_successor(service, workshop, "key_compromised")


async def test_an_import_goes_on_by_importing_it_again(tmp_path: Path) -> None:
    """Into the successor, which says its source too; nothing is written to the old record."""
    conversation = read_conversation(small_export(tmp_path / "export"), text_length_max=1_000)
    async with node(tmp_path) as service:
        first = await import_conversation(service, conversation, licence="CC0-1.0", name="small")
        whole = [one.event.NAME for one in await record(service, first.workshop)]
    cut_off_import(tmp_path, first.workshop)
    async with node(tmp_path) as service:
        with pytest.raises(RecordRewound):
            await import_conversation(service, conversation, licence="CC0-1.0", name="small")
        stored = await rows(service.store, first.workshop)
        new = await recovered(service, first.workshop)
        assert (new.opened, new.code, new.activities) == (False, None, 0)
        catalogue = {summary.workshop: summary for summary, _ in await service.reading.catalogue()}
        assert catalogue[new.workshop].imported
        assert catalogue[new.workshop].predecessor == first.workshop
        again = await import_conversation(service, conversation, licence="CC0-1.0", name="small")
        assert again.workshop == new.workshop
        entries = await record(service, new.workshop)
        assert [one.event.NAME for one in entries] == ["RecordStarted.v2", *whole[1:]]
        assert await rows(service.store, first.workshop) == stored
        third = await import_conversation(service, conversation, licence="CC0-1.0", name="small")
        assert (third.workshop, third.completed) == (new.workshop, True)


def cut_off_import(folder: Path, workshop: str) -> None:
    """The database as it was in the middle of the import."""
    with closing(sqlite3.connect(folder / "db.sqlite")) as database, database:
        database.execute(
            "DELETE FROM stored_events WHERE originator_id = ? AND originator_version > 8",
            (workshop.replace("-", ""),),
        )
        assert database.execute("SELECT changes()").fetchone()[0] > 2


@asynccontextmanager
async def node_of(new_store: NewStore, folder: Path) -> AsyncIterator[Service]:
    store = new_store()
    await store.open()
    service = Service(store, VAULT, clock=Hands().clock(), memory=Memory(folder))
    await service.start()
    try:
        yield service
    finally:
        await service.stop()
        await store.close()


async def test_it_is_so_on_every_store(new_store: NewStore, tmp_path: Path) -> None:
    """What was signed elsewhere for an entry more than there is, is what a store that was put back looks like."""
    async with node_of(new_store, tmp_path / "signed") as service:
        workshop = await create(service)
        (guest,) = await join(service, workshop, "Ada")
        option = await idea(service, workshop, guest)
        round_id = await open_round(service, workshop, [option])
        held = await live(service, workshop)
        signer = held.keyring.log_signer(held.state.workshop.origin)
        ahead = Checkpoint(signer.key.name, held.size + 1, bytes(32))
    (tmp_path / "signed" / workshop).write_bytes(
        Note(ahead.text, (signer.sign(ahead.text),)).encode(),
    )
    async with node_of(new_store, tmp_path / "signed") as service:
        with pytest.raises(RecordRewound):
            await service.execute(guest, workshop, CastBallot(round=round_id, choice=(option,)))
        new = await recovered(service, workshop)
        with pytest.raises(RecoveredAlready):
            await recovered(service, workshop)
    async with node_of(new_store, tmp_path / "empty") as service:
        with pytest.raises(RecordRewound):
            await service.execute(guest, workshop, CastBallot(round=round_id, choice=(option,)))
        await join(service, new.workshop, "Ada")
        assert new.predecessor.signed is not None
        assert new.predecessor.signed.size == new.predecessor.stored.size + 1


async def test_the_export_of_a_successor_has_its_own_checkpoint(tmp_path: Path) -> None:
    """That of the old record has none: nothing is signed over what was put back."""
    workshop = await lost(tmp_path)
    async with node(tmp_path) as service:
        new = await recovered(service, workshop)
        for one, number in ((workshop, 1), (new.workshop, 2)):
            file = tmp_path / f"{one}.jsonl"
            with file.open("wb") as out:
                await export_record(service, one, "public", out)
            with file.open("rb") as written:
                header = next(read_export(written))
            assert isinstance(header, ExportHeader)
            assert header.cocreate_export == number
