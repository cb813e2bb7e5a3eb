"""Entry bytes to events and back, as FORMAT.md says.

The envelope's grammar is one regular expression over the canonical bytes; the facts are read by their event's model and
written again, and must come out byte for byte as they were. So a duplicate key, an unknown field, other white space, another
order or a float never gets past the decoder. Ballots, of which a busy record is made, have a shorter way (`ballots`).
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final, get_args

from pydantic import ValidationError

from cocreate.domain import (  # noqa: F401  importing the aggregates registers their events
    cluster,
    commitment,
    contest,
    erasure,
    paper,
    state,
)
from cocreate.domain.ballot import BallotRun
from cocreate.domain.messages import EVENT_TYPES, INTEGER_MAX, Aggregate, Event, Recorded
from cocreate.record.ballots import BALLOT_ID, BALLOT_KINDS, UUID, as_ballot, ballot, runs_of, written_ballot
from cocreate.record.page import Page

ENTRY_BYTES_MAX: Final = 60_000
TOGETHER: Final = 500
"""Ballots read at once: they, their text and their values fit into a core's cache."""

_PSEUDONYM: Final = r"[0-9a-f]{32}"
_AGGREGATE: Final = {
    kind: re.compile({"participant": _PSEUDONYM, "ballot": BALLOT_ID}.get(kind, UUID).encode())
    for kind in get_args(Aggregate)
}
_ENVELOPE: Final = re.compile(
    rb'\{"actor":"([0-9a-f]{32})","aggregate":"([0-9a-f/-]{32,106})","command":"([0-9a-f]{32})",'
    rb'"event":"([A-Z][A-Za-z]{1,60}\.v[1-9][0-9]{0,3})","facts":(\{.*\}),'
    rb'"position":(0|[1-9][0-9]{0,15}),"time":(0|[1-9][0-9]{0,15})\}'
)


class EntryMalformed(Exception):
    """Bytes that are no canonical entry of a known event; `problem` says what was expected and found."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class EntryTooLong(Exception):
    """An event that no entry can hold; the limits of its lists should have made this impossible."""


def encode(recorded: Recorded) -> bytes:
    """The canonical bytes of an entry: what is stored, hashed and served, never made again."""
    return written_ballot(recorded) or _written_by_model(recorded)


def _written_by_model(recorded: Recorded) -> bytes:
    facts = recorded.event.__pydantic_serializer__.to_json(recorded.event, exclude_none=True)
    head = (
        f'{{"actor":"{recorded.actor}","aggregate":"{recorded.aggregate}","command":"{recorded.command}",'
        f'"event":"{recorded.event.NAME}","facts":'
    )
    entry = b'%s%s,"position":%d,"time":%d}' % (head.encode(), facts, recorded.position, recorded.time)
    if len(entry) >= ENTRY_BYTES_MAX:
        raise EntryTooLong(f"{recorded.event.NAME}: {len(entry)} bytes, expected under {ENTRY_BYTES_MAX}")
    if as_ballot(entry) is None:
        _envelope(entry)  # what could not be read again must never be stored
    return entry


def decode(entry: bytes) -> Recorded:
    """The event and its envelope; raises EntryMalformed on anything but the canonical bytes of a known event."""
    if len(entry) >= ENTRY_BYTES_MAX:
        raise EntryMalformed(f"expected under {ENTRY_BYTES_MAX} bytes, found {len(entry)}")
    found = as_ballot(entry)
    return _any(entry) if found is None else ballot(found)


def decode_page(page: Page) -> Iterator[Recorded | BallotRun]:
    """The events of a page, ballots of one round as runs.

    Raises EntryMalformed, also where an entry's place differs from what it says, or a position is left out. Ballots that
    follow one another are read together, several times as fast as one by one.
    """
    positions, names, entries = page
    if tuple(positions) != (dense := tuple(range(positions[0], positions[0] + len(positions)))):
        expected, found = next(pair for pair in zip(dense, positions, strict=True) if pair[0] != pair[1])
        raise EntryMalformed(f"expected the entry at {expected}, found that at {found} next")
    first = 0
    for are_ballots, group in groupby(map(BALLOT_KINDS.__contains__, names)):
        end = first + len(list(group))
        for start in range(first, end, TOGETHER):
            part = slice(start, min(start + TOGETHER, end))
            some = Page(positions[part], names[part], entries[part])
            runs = runs_of(some) if are_ballots else None
            yield from map(decode_placed, *some) if runs is None else runs
        first = end


def decode_placed(position: int, name: str, entry: bytes) -> Recorded:
    """The event of an entry whose place must be what it says. Raises EntryMalformed."""
    recorded = decode(entry)
    if recorded.position != position or name != recorded.event.NAME:
        raise EntryMalformed(
            f"the place says {position} ({name}), the entry says {recorded.position} ({recorded.event.NAME})"
        )
    return recorded


def _any(entry: bytes) -> Recorded:
    actor, aggregate, command, kind, facts, position, time = _envelope(entry)
    event = _event(kind, facts)
    return Recorded(int(position), int(time), actor.decode(), aggregate.decode(), command.decode(), event)


def _envelope(entry: bytes) -> tuple[bytes, bytes, bytes, type[Event], bytes, bytes, bytes]:
    """The seven values of an entry in the order of its keys, the facts still as bytes."""
    match = _ENVELOPE.fullmatch(entry)
    if match is None:
        raise EntryMalformed(f"expected an envelope of seven keys in canonical form, found {entry[:80]!r}")
    actor, aggregate, command, name, facts, position, time = match.groups()
    kind = EVENT_TYPES.get(name.decode())
    if kind is None:
        raise EntryMalformed(f"expected the NAME of a known event, found {name!r}")
    if not _AGGREGATE[kind.AGGREGATE].fullmatch(aggregate):
        raise EntryMalformed(f"{kind.NAME}: expected the id of a {kind.AGGREGATE}, found {aggregate!r}")
    if int(position) > INTEGER_MAX or int(time) > INTEGER_MAX:
        raise EntryMalformed(f"expected integers up to {INTEGER_MAX}, found {position!r} and {time!r}")
    return actor, aggregate, command, kind, facts, position, time


def _event(kind: type[Event], facts: bytes) -> Event:
    try:
        event = kind.__pydantic_validator__.validate_json(facts)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        raise EntryMalformed(f"facts of {kind.NAME}: {where or 'all'}: {problem['msg']}") from error
    assert isinstance(event, Event)
    if kind.__pydantic_serializer__.to_json(event, exclude_none=True) != facts:
        raise EntryMalformed(
            f"facts of {kind.NAME}: expected canonical JSON, found another form of the same facts"
        )
    return event
