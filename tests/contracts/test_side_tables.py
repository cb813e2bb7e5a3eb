"""What every store promises about what lies beside the entries, and about erasing it."""

import pytest

from cocreate.persistence.batch import Batch, Erasure
from cocreate.persistence.errors import HeadMoved
from cocreate.persistence.record_store import RecordStore
from tests.contracts.batches import (
    ADA,
    BEN,
    BOTANY,
    CINEMA,
    command,
    entries,
    key,
    rows,
    sealed,
    seat,
    summary,
)


async def test_sealed_texts_come_back_by_position(store: RecordStore) -> None:
    """All of a record's, or those of later entries."""
    texts = [
        sealed(0),
        sealed(0, field="why"),
        sealed(1),
        sealed(1, language="fr", subject=BEN, ciphertext=b"\0\xff"),
    ]
    await store.append(entries(2, sealed=texts[::-1]))
    assert await store.sealed(BOTANY) == texts
    assert await store.sealed(BOTANY, after=0) == texts[2:]
    assert await store.sealed(CINEMA) == []


async def test_keys_come_back_by_purpose_and_name(store: RecordStore) -> None:
    """A workshop's own."""
    keys = [key("ed25519", purpose="log"), key(BOTANY, purpose="round"), key(ADA), key(BEN, wrapped=b"\0")]
    await store.append(entries(1, keys=keys[::-1]))
    assert await store.keys(BOTANY) == keys
    assert await store.keys(CINEMA) == []


async def test_a_key_or_a_text_is_never_replaced(store: RecordStore) -> None:
    """What a commitment or a signature rests on is written once."""
    await store.append(entries(1, keys=[key()], sealed=[sealed(0)]))
    for again in ({"keys": [key(wrapped=b"other")]}, {"sealed": [sealed(0, ciphertext=b"other")]}):
        with pytest.raises(HeadMoved):
            await store.append(entries(1, start=1, **again))
    assert await store.keys(BOTANY) == [key()]
    assert await store.sealed(BOTANY) == [sealed(0)]


async def test_a_command_is_found_by_its_first_position(store: RecordStore) -> None:
    """Only one that was noted, and only where it begins."""
    known = [command(0), command(1, entries=2), command(0, CINEMA)]
    await store.append(Batch({BOTANY: 0, CINEMA: 0}, [*rows(3), *rows(1, CINEMA)], commands=known))
    assert [await store.command(BOTANY, position) for position in range(4)] == [*known[:2], None, None]
    assert await store.command(CINEMA, 0) == known[2]
    assert await store.command(CINEMA, 1) is None


async def test_a_sessions_last_seat_in_a_workshop_wins(store: RecordStore) -> None:
    """In one batch and in a later one."""
    other = b"t" * 32
    await store.append(entries(1, seats=[seat(BEN), seat(ADA), seat(BEN, session=other)]))
    assert await store.seat(BOTANY, b"s" * 32) == ADA
    await store.append(Batch({}, seats=[seat(BEN), seat(ADA, CINEMA)]))
    assert await store.seat(BOTANY, b"s" * 32) == BEN
    assert await store.seat(CINEMA, other) is None
    assert await store.seats_of([b"s" * 32]) == [seat(BEN), seat(ADA, CINEMA)]
    assert await store.seats_of([b"u" * 32]) == []
    assert [one.session for one in await store.seats_of([other, b"u" * 32, b"s" * 32])] == [
        b"s" * 32,
        b"s" * 32,
        other,
    ]


async def test_the_catalogue_has_one_summary_a_workshop(store: RecordStore) -> None:
    """A later one replaces it, in the same batch and in the next; the latest start comes first."""
    await store.append(
        Batch({}, summaries=[summary(head=1), summary(head=2), summary(CINEMA, starts_at=5_000)])
    )
    assert await store.summaries() == [summary(CINEMA, starts_at=5_000), summary(head=2)]
    closed = summary(status="closed", head=9, incomplete=True)
    await store.append(Batch({}, summaries=[closed]))
    assert await store.summaries(status="closed") == [closed]
    assert await store.summaries(status="open") == [summary(CINEMA, starts_at=5_000)]
    assert await store.summaries(status="planned") == []


async def test_what_is_due_is_found_at_its_time(store: RecordStore) -> None:
    """At the millisecond and later, the longest waiting first."""
    soon, later = summary(CINEMA, due_at=100), summary(due_at=200)
    await store.append(Batch({}, summaries=[later, soon]))
    assert await store.due(99) == []
    assert await store.due(100) == [soon]
    assert await store.due(2**50) == [soon, later]
    await store.append(Batch({}, summaries=[summary(due_at=None)]))
    assert await store.due(2**50) == [soon]


async def test_one_source_is_imported_once(store: RecordStore) -> None:
    """A second workshop under the same import key is refused whole; the same workshop keeps its key."""
    source = "5a" * 32
    await store.append(entries(1, summaries=[summary(source=source)]))
    with pytest.raises(HeadMoved):
        await store.append(entries(1, CINEMA, summaries=[summary(CINEMA, source=source)]))
    assert await store.head(CINEMA) == 0
    await store.append(Batch({}, summaries=[summary(source=source, head=5), summary(CINEMA)]))
    assert await store.by_source(source) == summary(source=source, head=5)
    assert await store.by_source("00" * 32) is None


@pytest.fixture
async def furnished(store: RecordStore) -> RecordStore:
    """Two workshops in which Ada and Ben have the same of everything."""
    for workshop in (BOTANY, CINEMA):
        texts = [
            sealed(position, workshop, field=field, subject=subject)
            for position, subject in ((0, ADA), (1, BEN))
            for field in ("title", "why")
        ]
        keys = [key(ADA, workshop), key(BEN, workshop), key(ADA, workshop, purpose="round")]
        seats = [seat(ADA, workshop, session=b"a" * 32), seat(BEN, workshop, session=b"b" * 32)]
        await store.append(entries(2, workshop, sealed=texts, keys=keys, seats=seats))
    return store


async def test_erasing_a_text_deletes_that_text_in_all_its_languages(furnished: RecordStore) -> None:
    """Its neighbours, its subject's key and the same place in another workshop stay."""
    await furnished.append(entries(1, start=2, sealed=[sealed(2), sealed(2, language="fr")]))
    await furnished.append(
        entries(
            1, start=3, erasures=[Erasure(BOTANY, position=0, field="title"), Erasure(BOTANY, 2, "title")]
        )
    )
    kept = [(text.position, text.field) for text in await furnished.sealed(BOTANY)]
    assert kept == [(0, "why"), (1, "title"), (1, "why")]
    assert len(await furnished.sealed(CINEMA)) == 4
    assert len(await furnished.keys(BOTANY)) == 3
    assert await furnished.read(BOTANY) == rows(4)


async def test_erasing_a_subject_deletes_its_texts_key_and_seats(furnished: RecordStore) -> None:
    """Other subjects, other purposes, other workshops and every entry stay."""
    before = await furnished.keys(CINEMA), await furnished.sealed(CINEMA)
    await furnished.append(entries(1, start=2, erasures=[Erasure(BOTANY, subject=ADA)]))
    assert {text.subject for text in await furnished.sealed(BOTANY)} == {BEN}
    assert await furnished.keys(BOTANY) == [key(ADA, purpose="round"), key(BEN)]
    assert await furnished.seats_of([b"a" * 32]) == [seat(ADA, CINEMA, session=b"a" * 32)]
    assert await furnished.seat(BOTANY, b"b" * 32) == BEN
    assert (await furnished.keys(CINEMA), await furnished.sealed(CINEMA)) == before
    assert await furnished.read(BOTANY) == rows(3)


async def test_an_erasure_reaches_what_its_own_batch_writes(store: RecordStore) -> None:
    """An idea and its erasure may be decided in one batch."""
    await store.append(
        entries(
            2,
            sealed=[sealed(0), sealed(1)],
            keys=[key()],
            seats=[seat()],
            erasures=[Erasure(BOTANY, subject=ADA)],
        )
    )
    assert [*await store.sealed(BOTANY), *await store.keys(BOTANY), *await store.seats_of([b"s" * 32])] == []


async def test_a_refused_batch_erases_nothing(furnished: RecordStore) -> None:
    """Deletions belong to the transaction like everything else."""
    with pytest.raises(HeadMoved):
        await furnished.append(entries(1, start=1, erasures=[Erasure(BOTANY, subject=ADA)]))
    assert len(await furnished.sealed(BOTANY)) == 4
    assert len(await furnished.keys(BOTANY)) == 3


@pytest.mark.parametrize(
    "facts",
    [{}, {"position": 1}, {"field": "title"}, {"position": 1, "field": "title", "subject": ADA}],
    ids=["nothing", "no field", "no position", "both"],
)
def test_an_erasure_that_names_too_little_or_too_much_cannot_be_built(facts: dict[str, object]) -> None:
    """What is deleted for good is never left to interpretation."""
    with pytest.raises(ValueError, match="erasure names"):
        Erasure(BOTANY, **facts)  # type: ignore[arg-type]
