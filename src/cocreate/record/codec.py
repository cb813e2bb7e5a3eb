"""Entry bytes to events and back, as FORMAT.md says.

The envelope's grammar is one regular expression over the canonical bytes; the facts are read by their event's model and
written again, and must come out byte for byte as they were. So a duplicate key, an unknown field, other white space, another
order or a float never gets past the decoder. Ballots, of which a busy record is made, have one expression for the whole entry.
"""

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Final, Protocol, get_args

from pydantic import ValidationError

from cocreate.domain import cluster, contest, erasure, paper, state  # noqa: F401  importing the aggregates registers their events
from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotRun
from cocreate.domain.messages import EVENT_TYPES, INTEGER_MAX, Aggregate, Event, Recorded
from cocreate.domain.voting.choices import OPTIONS_KEPT_MAX, one_object
from cocreate.domain.voting.method import CHOICES_MAX, MARK_MAX

ENTRY_BYTES_MAX: Final = 60_000

_UUID: Final = rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PSEUDONYM: Final = rb"[0-9a-f]{32}"
_BALLOT: Final = rb"%b/%b(?:/%b)?" % (_UUID, _PSEUDONYM, _UUID)
_AGGREGATE: Final = {
    kind: re.compile({"participant": _PSEUDONYM, "ballot": _BALLOT}.get(kind, _UUID))
    for kind in get_args(Aggregate)
}
_ENVELOPE: Final = re.compile(
    rb'\{"actor":"([0-9a-f]{32})","aggregate":"([0-9a-f/-]{32,106})","command":"([0-9a-f]{32})",'
    rb'"event":"([A-Z][A-Za-z]{1,60}\.v[1-9][0-9]{0,3})","facts":(\{.*\}),'
    rb'"position":(0|[1-9][0-9]{0,15}),"time":(0|[1-9][0-9]{0,15})\}'
)
_MARK: Final = rb'\["%b",(?:0|-?(?:[1-9][0-9]{0,5}|%d))\]' % (_UUID, MARK_MAX)
_NAMED: Final = rb'"%b"(?:,"%b"){0,%d}' % (_UUID, _UUID, CHOICES_MAX - 1)
_MARKED: Final = rb"%b(?:,%b){0,%d}" % (_MARK, _MARK, CHOICES_MAX - 1)
_SHORT: Final = rb"(?:0|[1-9][0-9]{0,14})"
_BALLOT_ENTRY: Final = re.compile(
    (
        rb'^\{"actor":"%b","aggregate":"(%b)","command":"([0-9a-f]{32})","event":"(Ballot(?:Cast|Replaced)\.v1)",'
        rb'"facts":\{"choice":(-1|0|1|\[(?:%b|%b)?\])(?:,"claimed_at":%b)?,"counter":([1-9][0-9]{0,5}),'
        rb'"random":"([0-9a-f]{32})"\},"position":(%b),"time":(%b)\}$'
        % (_PSEUDONYM, _BALLOT, _NAMED, _MARKED, _SHORT, _SHORT, _SHORT)
    ).decode(),
    re.ASCII | re.MULTILINE,
)
"""All of a canonical ballot, its integers short enough to be within their limits: what it matches is read from its groups,
anything else goes the way of every other event."""
_ACTOR: Final = slice(10, 42)
_CLAIMED_AT: Final = '"claimed_at":'
_SLASH: Final = slice(93, 94)
"""Where a ballot's composite id has its first slash, and every other entry has something else."""
_BALLOT_KINDS: Final = {kind.NAME: kind for kind in (BallotCast, BallotReplaced)}
_CHOICES_KEPT_MAX: Final = 50_000
_CHOICE_KEPT_LENGTH_MAX: Final = 39 * OPTIONS_KEPT_MAX + 1
_choices: dict[str, Any] = {}
"""Choices by their JSON: thousands of ballots say one of a few things."""


class EntryMalformed(Exception):
    """Bytes that are no canonical entry of a known event; `problem` says what was expected and found."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class EntryTooLong(Exception):
    """An event that no entry can hold; the limits of its lists should have made this impossible."""


def encode(recorded: Recorded) -> bytes:
    """The canonical bytes of an entry: what is stored, hashed and served, never made again."""
    facts = recorded.event.__pydantic_serializer__.to_json(recorded.event, exclude_none=True)
    head = (
        f'{{"actor":"{recorded.actor}","aggregate":"{recorded.aggregate}","command":"{recorded.command}",'
        f'"event":"{recorded.event.NAME}","facts":'
    )
    entry = b'%s%s,"position":%d,"time":%d}' % (head.encode(), facts, recorded.position, recorded.time)
    if len(entry) >= ENTRY_BYTES_MAX:
        raise EntryTooLong(f"{recorded.event.NAME}: {len(entry)} bytes, expected under {ENTRY_BYTES_MAX}")
    if _as_ballot(entry) is None:
        _envelope(entry)  # what could not be read again must never be stored
    return entry


def decode(entry: bytes) -> Recorded:
    """The event and its envelope; raises EntryMalformed on anything but the canonical bytes of a known event."""
    if len(entry) >= ENTRY_BYTES_MAX:
        raise EntryMalformed(f"expected under {ENTRY_BYTES_MAX} bytes, found {len(entry)}")
    found = _as_ballot(entry)
    return _any(entry) if found is None else _ballot(found)


def _as_ballot(entry: bytes) -> re.Match[str] | None:
    """The groups of a canonical ballot; None for anything else."""
    if entry[_SLASH] == b"/" and entry.isascii():
        return _BALLOT_ENTRY.fullmatch(entry.decode("ascii"))
    return None


class Placed(Protocol):
    """An entry with the columns by which its store finds it."""

    @property
    def position(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def entry(self) -> bytes: ...


def decode_page(page: Sequence[Placed]) -> Iterator[Recorded | BallotRun]:
    """The events of consecutive entries, ballots of one round as runs. Raises EntryMalformed, also where a column differs.

    Ballots that follow one another are read by one expression over all of them, several times as fast as one by one.
    """
    for are_ballots, group in groupby(page, key=lambda placed: placed.name in _BALLOT_KINDS):
        placed = list(group)
        runs = _runs(placed) if are_ballots else None
        yield from map(decode_placed, placed) if runs is None else runs


def decode_placed(placed: Placed) -> Recorded:
    """The event of an entry whose columns must say what the entry says. Raises EntryMalformed."""
    recorded = decode(placed.entry)
    if recorded.position != placed.position or placed.name != recorded.event.NAME:
        raise EntryMalformed(
            f"the place says {placed.position} ({placed.name}), the entry says {recorded.position} ({recorded.event.NAME})"
        )
    return recorded


def _runs(ballots: Sequence[Placed]) -> list[BallotRun] | None:
    """The runs of consecutive ballots; None where one of them is not as it should be, which reading one by one will tell."""
    joined = b"\n".join([one.entry for one in ballots])
    if not joined.isascii() or joined.count(b"\n") != len(ballots) - 1:
        return None
    found = _BALLOT_ENTRY.findall(joined.decode("ascii"))
    if len(found) != len(ballots):
        return None
    aggregates, commands, names, said, counts, randoms, places, times = zip(*found, strict=True)
    if names != tuple([one.name for one in ballots]) or places != tuple(
        [str(one.position) for one in ballots]
    ):
        return None
    choices = [_choices[one] if one in _choices else _choice(one) for one in said]
    counters = [int(one) for one in counts]
    runs, first = [], 0
    for round_id, group in groupby([aggregate[:36] for aggregate in aggregates]):
        end = first + len(list(group))
        runs.append(
            BallotRun(
                round_id,
                ballots[first].position,
                int(times[first]),
                int(times[end - 1]),
                aggregates[first:end],
                choices[first:end],
                counters[first:end],
                randoms[first:end],
                commands[first:end],
            )
        )
        first = end
    return runs


def _ballot(found: re.Match[str]) -> Recorded:
    text = found.string
    aggregate, command, name, said, counter, random, position, time = found.groups()
    claimed = text.partition(_CLAIMED_AT)[2]
    facts = {
        "choice": _choices[said] if said in _choices else _choice(said),
        "claimed_at": int(claimed.partition(",")[0]) if claimed else None,
        "counter": int(counter),
        "random": random,
    }
    return Recorded(int(position), int(time), text[_ACTOR], aggregate, command, _BALLOT_KINDS[name].of(facts))


def _choice(said: str) -> Any:
    if not said.startswith("["):
        return int(said)
    found = one_object(tuple([one if type(one) is str else tuple(one) for one in json.loads(said)]))
    if len(said) <= _CHOICE_KEPT_LENGTH_MAX:
        if len(_choices) >= _CHOICES_KEPT_MAX:
            _choices.clear()
        _choices[said] = found
    return found


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
