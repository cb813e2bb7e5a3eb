"""Entry bytes to events and back, at every limit."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.domain.messages import EVENT_TYPES, INTEGER_MAX, SYSTEM, Event, Recorded
from cocreate.domain.participant import ConsentGiven, ParticipantLeft
from cocreate.domain.round import RoundClosed
from cocreate.record.codec import ENTRY_BYTES_MAX, EntryMalformed, decode, encode
from tests.record import independent_decoder
from tests.record.examples import largest, recorded, uuid_of
from tests.record.strategies import entries, events

KINDS = pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=EVENT_TYPES.keys())


@KINDS
def test_each_event_at_all_its_limits_fits_into_an_entry(kind: type[Event]) -> None:
    """Every list and text at its longest, every integer at its widest."""
    entry = encode(largest(kind))
    assert len(entry) < 60_000 == ENTRY_BYTES_MAX
    assert decode(entry) == largest(kind)
    independent_decoder.read(entry)


def test_the_largest_events_are_as_large_as_their_limits_say() -> None:
    """So that the test above builds what it claims: 1,000 options of 36 characters and a position each, for example."""
    sizes = {name: len(encode(largest(kind))) for name, kind in EVENT_TYPES.items()}
    assert sizes["RoundOpened.v1"] > 1_000 * (36 + 16)
    assert sizes["BallotCast.v1"] > 1_000 * 36
    assert sizes["ResultPart.v1"] > 500 * (36 + 3 * 16)
    assert sizes["AgendaChanged.v1"] > 40 * 10 * (64 + 12)


@KINDS
@settings(max_examples=25)
@given(data=st.data())
def test_each_event_comes_back_as_it_went(kind: type[Event], data: st.DataObject) -> None:
    entry = recorded(data.draw(events(kind)))
    assert decode(encode(entry)) == entry


@given(entries())
def test_keys_are_plain_and_entries_ascii_without_escapes(entry: Recorded) -> None:
    """FORMAT.md promises both to whoever writes a decoder."""
    written = encode(entry)
    assert written.isascii()
    assert b"\\" not in written
    assert all(re.fullmatch(rb"[a-z_]+", key) for key in re.findall(rb'"([^"]*)":', written))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"actor": SYSTEM.upper() + "0"}, "envelope"),
        ({"actor": "A" * 32}, "envelope"),
        ({"aggregate": 'x","command":"'}, "envelope"),
        ({"aggregate": "f" * 32}, "the id of a round"),
        ({"command": ""}, "envelope"),
        ({"position": -1}, "envelope"),
        ({"position": INTEGER_MAX + 1}, "integers up to"),
        ({"time": INTEGER_MAX + 1}, "integers up to"),
    ],
)
def test_what_could_not_be_read_again_is_never_written(change: dict[str, Any], found: str) -> None:
    """A wrong id or time from our own code stops before it is stored."""
    entry = recorded(RoundClosed(because="facilitator"))
    encode(entry)
    with pytest.raises(EntryMalformed, match=found):
        encode(entry._replace(**change))


@pytest.mark.parametrize(
    ("event", "aggregate"),
    [
        (ParticipantLeft(), uuid_of(1)),
        (ParticipantLeft(), f"{uuid_of(1)}/{'1' * 32}"),
        (ConsentGiven(terms=1), uuid_of(1)),
        (RoundClosed(because="facilitator"), "1" * 32),
        (RoundClosed(because="facilitator"), f"{uuid_of(1)}/{'1' * 32}"),
    ],
)
def test_an_event_on_another_kind_of_aggregate_is_refused(event: Event, aggregate: str) -> None:
    """Folding it would look for a row that cannot be there."""
    entry = recorded(event)
    written = encode(entry)
    with pytest.raises(EntryMalformed, match="expected the id of a"):
        decode(written.replace(entry.aggregate.encode(), aggregate.encode()))


def test_a_refusal_says_what_was_expected_and_where() -> None:
    entry = encode(recorded(ConsentGiven(terms=1)))
    with pytest.raises(EntryMalformed, match=r"ConsentGiven\.v1: terms: .*less than or equal to 1000"):
        decode(entry.replace(b'"terms":1', b'"terms":1001'))
    with pytest.raises(EntryMalformed, match=r"NAME of a known event, found b'ConsentGiven\.v9'"):
        decode(entry.replace(b"ConsentGiven.v1", b"ConsentGiven.v9"))
    with pytest.raises(EntryMalformed, match="under 60000 bytes, found 60000"):
        decode(b" " * 60_000)
