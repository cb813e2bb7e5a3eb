"""Waypoints that cannot be used, or made, do no harm, and tell nothing that is sealed."""

import asyncio
import os
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest

from cocreate.application import (
    LiveWorkshop,
    Service,
)
from cocreate.application import waypoints as waypoints_module
from cocreate.application.saved_state import SavedState, SavedStateMalformed
from cocreate.application.waypoints import Waypoints, code_version
from cocreate.persistence.batch import Batch
from cocreate.persistence.errors import StoreUnavailable
from cocreate.persistence.popo import PopoRecordStore
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sealing import Unreadable, Vault
from cocreate.persistence.waypoints import COVER, Piece
from tests.application.keeping import (
    all_pieces,
    busy,
    forget_waypoints,
    fresh,
    keeping,
    save,
)
from tests.application.likeness import assert_alike, assert_live_is_replay, likeness
from tests.application.nodes import (
    VAULT,
    Hands,
    live,
    rows,
    running,
)
from tests.application.test_live import use

OTHER_VAULT = Vault(b"another key, of thirty-two bytes")


@pytest.fixture
async def service(store: RecordStore) -> AsyncIterator[Service]:
    async with keeping(store) as started:
        yield started


async def test_neither_text_nor_key_is_in_a_waypoint(service: Service) -> None:
    """Sealed or opened: not what people wrote, not its salts, no key of theirs, of a round or of the log."""
    workshop = await busy(service)
    await save(service, workshop)
    held = await live(service, workshop)
    leaf = held.leaf
    plain = b"\n".join(
        VAULT.unwrap(piece.sealed, waypoints_module._place(piece, leaf))
        for piece in await all_pieces(service.store, workshop)
    )
    secrets = [held.keyring.log_key, held.keyring.command_secret]
    secrets += [key for one in held.state.rounds if (key := held.keyring.round_key(one)) is not None]
    secrets += [key for one in held.state.participants if (key := held.keyring.subject_key(one)) is not None]
    assert len(secrets) > 6
    for place in held.texts.places():
        for words in held.texts.disclose(*place):
            secrets += [words.text.encode(), words.salt]
    secrets += [row.wrapped for row in await service.store.keys(workshop)]
    secrets += [row.ciphertext for row in await service.store.sealed(workshop)]
    for secret in secrets:
        assert secret not in plain
        assert secret.hex().encode() not in plain
    assert held.id.encode() in plain, "or nothing was opened"


async def corrupt(service: Service, workshop: str) -> None:
    for piece in await all_pieces(service.store, workshop):
        if piece.number == 1:
            changed = bytes([piece.sealed[20] ^ 1])
            await service.store.waypoints.put(
                piece._replace(sealed=piece.sealed[:20] + changed + piece.sealed[21:])
            )


async def truncate(service: Service, workshop: str) -> None:
    """Its last pieces are lost."""
    for cover in await service.store.waypoints.covers(workshop):
        pieces = await all_pieces(service.store, workshop)
        await service.store.waypoints.drop(workshop, cover.size, cover.part)
        kept = [one for one in pieces if one.size == cover.size and one.part == cover.part]
        assert len(kept) > 2
        for one in kept[:-1]:
            await service.store.waypoints.put(one)


async def cut_short(service: Service, workshop: str) -> None:
    for piece in await all_pieces(service.store, workshop):
        if piece.number == COVER:
            await service.store.waypoints.put(piece._replace(sealed=piece.sealed[:-1]))


async def move_to_the_future(service: Service, workshop: str) -> None:
    """As if a backup had lost the end of the record."""
    for piece in await all_pieces(service.store, workshop):
        await service.store.waypoints.drop(workshop, piece.size, piece.part)
        await service.store.waypoints.put(piece._replace(size=piece.size + 1_000))


async def say_earlier(service: Service, workshop: str) -> None:
    """The same bytes at another place."""
    pieces = await all_pieces(service.store, workshop)
    await forget_waypoints(service.store, workshop)
    for piece in pieces:
        await service.store.waypoints.put(piece._replace(size=piece.size - 1))


async def by_other_code(service: Service, workshop: str) -> None:
    """Whole in itself, and not this program's."""
    await forget_waypoints(service.store, workshop)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waypoints_module, "code_version", lambda: "0" * 64)
        await save(service, workshop)


async def claim_this_code(service: Service, workshop: str) -> None:
    """Written by another program, and said to be by this one."""
    await by_other_code(service, workshop)
    for piece in await all_pieces(service.store, workshop):
        await service.store.waypoints.put(piece._replace(code=code_version()))


async def of_another_key(service: Service, workshop: str) -> None:
    await forget_waypoints(service.store, workshop)
    other = Waypoints(service.store, OTHER_VAULT)
    assert await other.save(await live(service, workshop))


async def mixed_of_two_saves(service: Service, workshop: str) -> None:
    """Two nodes saved the same place at once: each piece opens, but they are not of one pickle."""
    before = await all_pieces(service.store, workshop)
    await save(service, workshop)
    for one in before:
        if one.number == 1:
            await service.store.waypoints.put(one)


async def of_another_history(service: Service, workshop: str) -> None:
    """A record that went another way at its last entry, as after a restored backup."""
    store = PopoRecordStore()
    *record, last = await rows(service.store, workshop)
    other = last._replace(entry=last.entry[:-2] + b"8}", name=last.name)
    await store.append(Batch({workshop: 0}, [*record, other]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waypoints_module, "_require_own", lambda *_: None)
        elsewhere = Waypoints(store, VAULT)
        assert await elsewhere.save(await live(service, workshop))
    await forget_waypoints(service.store, workshop)
    for piece in await all_pieces(store, workshop):
        await service.store.waypoints.put(piece)


SPOILINGS: list[Callable[[Service, str], Awaitable[None]]] = [
    corrupt,
    truncate,
    cut_short,
    move_to_the_future,
    say_earlier,
    by_other_code,
    claim_this_code,
    of_another_key,
    mixed_of_two_saves,
    of_another_history,
]


@pytest.mark.parametrize("spoil", SPOILINGS)
async def test_an_unusable_waypoint_is_passed_over(
    service: Service,
    spoil: Callable[[Service, str], Awaitable[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Opening and looking back answer by replay, and a node that saves throws the thing away."""
    monkeypatch.setattr("cocreate.application.saved_state.PIECE_BALLOTS", 4)
    workshop = await busy(service, moves=30)
    size = await save(service, workshop)
    await spoil(service, workshop)
    await use((service,), Hands(), workshop, 7, 10)
    head = await service.store.head(workshop)
    for keeps in (False, True):
        lives = fresh(service, keeps=keeps)
        opened = await lives.get(workshop)
        assert (opened.waypoint, opened.size) == (0, head)
        assert_alike(likeness(opened), likeness(await live(service, workshop)))
        assert (await lives.waypoints.views(workshop, size)).at == -1
    left = await service.store.waypoints.covers(workshop)
    assert [one for one in left if one.code == code_version()] == []


async def test_an_earlier_waypoint_stands_in_for_a_spoilt_one(service: Service) -> None:
    """Of views there may be many; of what an open needs, only the last: it is replayed then, and looking back is not."""
    workshop = await busy(service)
    first = await save(service, workshop)
    await use((service,), Hands(), workshop, 3, 40)
    await save(service, workshop)
    (latest,) = [
        one
        for one in await service.store.waypoints.covers(workshop)
        if one.part == "views" and one.size > first
    ]
    await service.store.waypoints.put(latest._replace(sealed=b"x" * 60))
    assert (await service.lives.waypoints.views(workshop, latest.size)).at == first - 1


async def test_bytes_that_ask_for_other_classes_make_nothing() -> None:
    """Even behind the right key a saved state can call nothing but what makes our own values."""

    class Harm:
        def __reduce__(self) -> Any:
            return os.mkdir, ("/nonexistent/harm",)

    for value in (Harm(), print, os.system, getattr, Vault, Waypoints, LiveWorkshop):
        with pytest.raises(SavedStateMalformed, match="a saved state has no"):
            SavedState().take_views(pickle.dumps(value))


@pytest.mark.parametrize("name", ["operator.attrgetter", "re", "EVENT_TYPES", "Facts.model_rebuild"])
async def test_modules_of_ours_lend_no_names_of_others(name: str) -> None:
    """What our modules import or hold beside their classes is not found through them."""
    asks = pickle.PROTO + b"\x04" + _text("cocreate.domain.messages") + _text(name) + b"\x93."
    with pytest.raises(SavedStateMalformed):
        SavedState().take_views(asks)


def _text(name: str) -> bytes:
    return pickle.SHORT_BINUNICODE + bytes([len(name)]) + name.encode()


@pytest.mark.parametrize("what", ["durable", "decided"])
async def test_a_workshop_that_moves_meanwhile_is_not_saved(store: RecordStore, what: str) -> None:
    """Neither what became durable between two slices nor what a batch has only decided gets into a waypoint."""
    async with keeping(store) as service:
        workshop = await busy(service)
        held = await live(service, workshop)
        saving = asyncio.create_task(service.lives.waypoints.save(held))
        await asyncio.sleep(0)
        if what == "durable":
            held.tree.append_entry(b"another")
        else:
            held.state.size += 1
        assert not await saving
        assert await store.waypoints.covers(workshop) == []
        assert held.waypoint == 0
        service.lives.forget([workshop])


async def test_memory_that_is_not_the_records_is_not_saved(service: Service) -> None:
    """Should a node ever hold something else than its store, no waypoint carries it on."""
    workshop = await busy(service)
    held = await live(service, workshop)
    held.leaf = b"\0" * 32
    assert not await service.lives.waypoints.save(held)
    assert await service.store.waypoints.covers(workshop) == []


class NoRoom:
    """A store that takes entries and no waypoints."""

    def __init__(self, store: RecordStore) -> None:
        self._real = store
        self.waypoints = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def put(self, _: Piece) -> None:
        raise StoreUnavailable("told to be full")

    async def covers(self, workshop: str, *, upto: int | None = None) -> list[Piece]:
        return await self._real.waypoints.covers(workshop, upto=upto)


async def test_a_store_that_takes_no_waypoint_goes_on_as_before(store: RecordStore) -> None:
    """Opening, looking back, quiet moments and stopping all go on; the next attempt is a waypoint's distance away."""
    async with running(store, timekeeper=False) as service:
        workshop = await busy(service)
    async with keeping(cast("RecordStore", NoRoom(store))) as service:
        held = await live(service, workshop)
        assert (await service.reading.view(held, "public", held.size - 2)).at == held.size - 2
        await service.lives.waypoints.save_due([held])
        assert held.waypoint == held.size
        await assert_live_is_replay(service, workshop)
    assert await store.waypoints.covers(workshop) == []


async def test_a_piece_opens_at_its_own_place_alone(service: Service) -> None:
    """Workshop, size, part, number, program and last entry are all part of what it is sealed with."""
    workshop = await busy(service)
    await save(service, workshop)
    held = await live(service, workshop)
    piece = (await all_pieces(service.store, workshop))[0]
    VAULT.unwrap(piece.sealed, waypoints_module._place(piece, held.leaf))
    changes: list[dict[str, Any]] = [
        {"workshop": "another"},
        {"size": piece.size + 1},
        {"part": "views"},
        {"number": 1},
        {"code": "0" * 64},
    ]
    for change in changes:
        with pytest.raises(Unreadable):
            VAULT.unwrap(piece.sealed, waypoints_module._place(piece._replace(**change), held.leaf))
    with pytest.raises(Unreadable):
        VAULT.unwrap(piece.sealed, waypoints_module._place(piece, b"\0" * 32))


def test_the_code_version_moves_with_the_sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Every source by which a state has its shape is in it."""
    root = tmp_path / "cocreate"
    for name in ("domain/voting/approval.py", "projections/poll.py", "record/codec.py", "tlog/merkle.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("one = 1\n")
    (root / "application").mkdir()
    for name in ("command_index", "live", "saved_state", "texts", "waypoints"):
        (root / f"application/{name}.py").write_text("one = 1\n")
    monkeypatch.setattr("cocreate.__file__", str(root / "__init__.py"))
    compute = code_version.__wrapped__
    before = compute()
    assert before == compute() != code_version()
    for path in sorted(root.rglob("*.py")):
        path.write_text("one = 2\n")
        assert compute() != before, path
        path.write_text("one = 1\n")
    assert compute() == before
