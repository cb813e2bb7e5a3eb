"""Ballots read together are the ballots read one by one, and what is refused alone is refused in company."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotRun, run_of
from cocreate.domain.canonical import canonical_json
from cocreate.domain.messages import Recorded
from cocreate.persistence.batch import Row
from cocreate.record.ballots import written_ballot
from cocreate.record.codec import EntryMalformed, decode, decode_page, decode_placed, encode
from tests.pages import page_of

SEEDS = st.integers(0, 2**32 - 1)
PIECES = (b'"', b",", b":", b"\n", b"{", b"}", b"[", b"]", b"-", b"/", b"0", b"1", b"a", b"A", b"g", b" ", b"\xc3\xa4",
          b',"claimed_at":5', b',"claimed_at":05', b'"counter":1,', b'\n{"actor":')  # fmt: skip


ROUND = "10000000-0000-4000-8000-000000000001"
LIKE = BallotCast(choice=1, counter=1, random="f" * 32)


def hex_of(chance: Random, digits: int) -> str:
    return f"{chance.getrandbits(4 * digits):0{digits}x}"


def uuid_of(chance: Random) -> str:
    return "-".join(hex_of(chance, digits) for digits in (8, 4, 4, 4, 12))


def a_page(chance: Random) -> list[Row]:
    """Consecutive ballots of two rounds, of every form, a few of them with the time that their voter claimed."""
    rounds, options = [uuid_of(chance), uuid_of(chance)], [uuid_of(chance) for _ in range(4)]
    rows, first = [], chance.choice((0, 8, 98, 10**14 - 2))
    for position in range(first, first + chance.randint(2, 9)):
        named = tuple(chance.sample(options, chance.randint(0, 4)))
        marked = tuple((option, chance.choice((-5, 0, 1, 12))) for option in named)
        kind: type[BallotCast | BallotReplaced] = chance.choice((BallotCast, BallotReplaced))
        event = kind(
            choice=chance.choice((named, marked, chance.choice((-1, 0, 1)))),
            claimed_at=chance.choice((None, None, None, 0, 1_700_000_000_000)),
            counter=chance.choice((1, 1, 1, 2, 17, 999_999)),
            random=hex_of(chance, 32),
        )
        voter, option = hex_of(chance, 32), chance.choice(("", "", f"/{chance.choice(options)}"))
        aggregate, command = f"{chance.choice(rounds)}/{voter}{option}", hex_of(chance, 32)
        actor = voter if chance.random() < 0.9 else hex_of(chance, 32)
        ballot = Recorded(position, chance.choice((0, 7, 10**12)), actor, aggregate, command, event)
        rows.append(Row("w", position, event.NAME, encode(ballot)))
    return rows


def like_ballots(count: int) -> list[Row]:
    """Consecutive ballots that only their places and commands tell from each other, the first of them at 100."""
    aggregate = f"{ROUND}/{'f' * 32}"
    ballots = [
        Recorded(at, 9_900 + at, "f" * 32, aggregate, f"{at:032x}", LIKE) for at in range(100, 100 + count)
    ]
    return [Row("w", ballot.position, BallotCast.NAME, encode(ballot)) for ballot in ballots]


def spoiled(page: Sequence[Row], chance: Random) -> list[Row]:
    """The page with some bytes changed, lost, added, or moved across the border between two entries."""
    entries = [bytearray(row.entry) for row in page]
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(entries))
        entry, after = entries[at], entries[(at + 1) % len(entries)]
        place = chance.randrange(len(entry) + 1)
        match chance.randrange(7):
            case 0:
                entry[place : place + 1] = chance.choice(PIECES)
            case 1:
                del entry[place : place + chance.choice((1, 1, 2, 32))]
            case 2:
                entry[place:place] = chance.choice(PIECES)
            case 3:
                size = chance.choice((1, 8, len(entry)))
                after[:0] = entry[len(entry) - size :]
                del entry[len(entry) - size :]
            case 4:
                entry += chance.choice((b"\n", b"")) + after[: chance.choice((1, 10, len(after)))]
            case 5:
                entry[:] = entry.replace(b'"counter":', chance.choice((b'"counter":0', b'"counter":100000')))
            case _:
                place = min(place, len(after))
                entry[place : place + 32], after[place : place + 32] = (
                    after[place : place + 32],
                    entry[place : place + 32],
                )
    rows = [row._replace(entry=bytes(entry)) for row, entry in zip(page, entries, strict=True)]
    at = chance.randrange(len(rows))
    if chance.random() < 0.1:
        rows[at] = rows[at]._replace(position=rows[at].position + 1)
    if chance.random() < 0.1:
        rows[at] = rows[at]._replace(name=chance.choice(("BallotCast.v1", "BallotReplaced.v1")))
    return rows


def told(events: Sequence[Recorded | BallotRun]) -> list[tuple[object, ...]]:
    """What a fold is told, ballot by ballot."""
    lines: list[tuple[object, ...]] = []
    for event in events:
        run = event if isinstance(event, BallotRun) else run_of([event])
        size = len(run.aggregates)
        lines += zip(
            [run.round] * size,
            range(run.position, run.last + 1),
            run.aggregates,
            [(type(choice), choice) for choice in run.choices],
            run.counters,
            run.randoms,
            run.commands,
            strict=True,
        )
    return lines


@settings(max_examples=150, deadline=None)
@given(seed=SEEDS)
def test_ballots_of_every_form_are_told_as_they_are_alone(seed: int) -> None:
    """Those of one round that stand together come as one run, with the first and the last of their times."""
    page = a_page(Random(seed))
    alone, together = [decode_placed(*row[1:]) for row in page], list(decode_page(page_of(page)))
    assert told(together) == told(alone)
    for run in together:
        assert isinstance(run, BallotRun), "canonical ballots have no slow way"
        first, last = (alone[at - page[0].position] for at in (run.position, run.last))
        assert (run.time, run.last_time) == (first.time, last.time)


@settings(max_examples=600, deadline=None)
@given(seed=SEEDS)
@example(seed=0)
def test_whatever_is_done_to_a_page_it_is_read_as_its_entries_are_or_refused_as_they_are(seed: int) -> None:
    """The one expression over a whole entry is the judge of what the columns let pass."""
    chance = Random(seed)
    page = spoiled(a_page(chance), chance)
    try:
        alone = [decode_placed(*row[1:]) for row in page]
    except EntryMalformed:
        with pytest.raises(EntryMalformed):
            list(decode_page(page_of(page)))
    else:
        assert told(list(decode_page(page_of(page)))) == told(alone)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b'"position":103', b'"position":104'),
        (b'"position":103', b'"position":013'),
        (b'"position":103', b'"position":1a3'),
        (b'"time":10003', b'"time":1000a'),
        (b'"time":10003', b'"time":01003'),
        (b'"counter":1,', b'"counter":0,'),
        (b'"choice":1,', b'"choice":2,'),
        (b"Cast", b"Lost"),
        (b'"actor"', b'"bctor"'),
        (b"-", b"f"),
        (b'"random":"f', b'"random":"F'),
        (b"/", b"-"),
    ],
)
def test_one_byte_amiss_in_a_ballot_among_its_like_is_refused(written: bytes, instead: bytes) -> None:
    """Though it is as long as it should be, and the others are all well."""
    page = like_ballots(8)
    (run,) = decode_page(page_of(page))
    assert isinstance(run, BallotRun)
    assert written in page[3].entry
    page[3] = page[3]._replace(entry=page[3].entry.replace(written, instead, 1))
    with pytest.raises(EntryMalformed):
        list(decode_page(page_of(page)))


def test_an_entry_that_was_taken_out_is_missed() -> None:
    """Each of those left says where it stands, and that is where they are; still the page is not whole."""
    page = like_ballots(8)
    with pytest.raises(
        EntryMalformed, match=f"the entry at {page[1].position}, found that at {page[2].position}"
    ):
        list(decode_page(page_of([page[0], *page[2:]])))


@given(SEEDS)
def test_a_ballot_is_written_as_its_canonical_json(seed: int) -> None:
    """Ballots are put together from parts, and other entries by their model: the bytes are those of the plain rule."""
    for row in a_page(Random(seed)):
        found = decode(row.entry)
        facts = found.event.model_dump(mode="json", exclude_none=True)
        envelope = {**found._asdict(), "event": found.event.NAME, "facts": facts}
        assert row.entry == canonical_json(envelope)


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "F" * 32},
        {"actor": "f" * 31},
        {"aggregate": f"{ROUND}/{'f' * 31}g"},
        {"aggregate": f"{ROUND}-{'f' * 32}"},
        {"aggregate": f"{ROUND}/{'f' * 32}/{ROUND[:-1]}"},
        {"command": "f" * 31 + '"'},
        {"command": "f" * 32 + "\n"},
        {"position": -1},
        {"position": 2**53},
        {"time": 2**53},
        {"event": LIKE.model_copy(update={"random": "G" * 32})},
        {"event": LIKE.model_copy(update={"random": "f" * 33})},
        {"event": LIKE.model_copy(update={"choice": ("Anna",)})},
        {"event": LIKE.model_copy(update={"counter": 0})},
        {"event": LIKE.model_copy(update={"counter": 10**7})},
    ],
    ids=str,
)
def test_a_ballot_that_could_not_be_read_is_not_written(change: dict[str, Any]) -> None:
    ballot = Recorded(5, 7, "f" * 32, f"{ROUND}/{'f' * 32}", "c" * 32, LIKE)
    assert written_ballot(ballot) == encode(ballot)
    assert written_ballot(ballot._replace(**change)) is None
