"""Ballots as bytes, of which a busy record is made: one expression for a whole entry, and runs of them read by columns.

In a run each entry is cut in three: a head and an end, whose values stand at the same places in all of them, and between
these what it says, which is one of a few things. Heads and ends are held to their form column by column, a column at once.

What is read here is canonical, and its event is made without asking its model again. Anything else goes the way of every
other event in `codec`, which tells what is wrong with it.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Final, NamedTuple

from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotRun
from cocreate.domain.messages import Recorded
from cocreate.domain.voting.choices import OPTIONS_KEPT_MAX, one_object
from cocreate.domain.voting.method import CHOICES_MAX, MARK_MAX
from cocreate.record.page import Page

_CASTS: Final = (BallotCast, BallotReplaced)
BALLOT_KINDS: Final = {kind.NAME: kind for kind in _CASTS}

UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HEX: Final = r"[0-9a-f]{32}"
BALLOT_ID: Final = rf"{UUID}/{_HEX}(?:/{UUID})?"
_MARK: Final = rf'\["{UUID}",(?:0|-?(?:[1-9][0-9]{{0,5}}|{MARK_MAX}))\]'
_NAMED: Final = rf'"{UUID}"(?:,"{UUID}"){{0,{CHOICES_MAX - 1}}}'
_MARKED: Final = rf"{_MARK}(?:,{_MARK}){{0,{CHOICES_MAX - 1}}}"
_CHOICE: Final = rf"-1|0|1|\[(?:{_NAMED}|{_MARKED})?\]"
_COUNTER: Final = r"[1-9][0-9]{0,5}"
_SHORT: Final = r"(?:0|[1-9][0-9]{0,14})"
_SAID: Final = (
    rf'(Cast|Replaced)\.v1","facts":\{{"choice":({_CHOICE})(,"claimed_at":{_SHORT})?,"counter":({_COUNTER})'
)
"""What the voter says: the same few things in most ballots."""
_ENTRY: Final = re.compile(
    rf'\{{"actor":"{_HEX}","aggregate":"({BALLOT_ID})","command":"({_HEX})","event":"Ballot({_SAID}),"random":"({_HEX})"\}},'
    rf'"position":({_SHORT}),"time":({_SHORT})\}}'
)
"""All of a canonical ballot, its integers short enough to be within their limits."""
_ANY_HEX: Final = "?" * 32
_ANY_UUID: Final = "????????-????-????-????-????????????"
_HEADS: Final = tuple(
    f'{{"actor":"{_ANY_HEX}","aggregate":"{_ANY_UUID}/{_ANY_HEX}{option}","command":"{_ANY_HEX}","event":"Ballot'.encode()
    for option in ("", f"/{_ANY_UUID}")
)
"""How a ballot on all options begins, and one on a single option: forms, in which a `?` is any hexadecimal digit."""
_ALL_SAID: Final = re.compile(_SAID.encode())
_SHORT_DIGITS_MAX: Final = 15
_HEX_DIGITS: Final = b"0123456789abcdef"
_ACTOR: Final = slice(10, 42)
_AGGREGATE_AT: Final = 57
_ROUND: Final = slice(0, 36)
_CLAIMED_AT: Final = ',"claimed_at":'
_SLASH, _OPTION_SLASH = slice(93, 94), slice(126, 127)
"""Where a ballot's composite id has its slashes, and every other entry has something else."""
_ALIKE: Final = bytes.maketrans(b"123456789abcdef", b"0" * 15)
"""Takes all hexadecimal digits for the same one, so that a form can be compared with at once."""
_HEADS_ALIKE: Final = frozenset(head.replace(b"?", b"0").translate(_ALIKE) for head in _HEADS)
_RANDOM_ALIKE: Final = b"0" * 32
_SHORT_LIMIT: Final = 10**_SHORT_DIGITS_MAX
_SAID_KEPT_MAX: Final = 50_000
_SAID_KEPT_BYTES_MAX: Final = 39 * OPTIONS_KEPT_MAX + 60
_said: dict[bytes, tuple[str, Any, int]] = {}
"""NAME, choice and counter by all the bytes that say them."""
_sayings: dict[tuple[str, Any, int], bytes] = {}
"""The bytes that say NAME, choice and counter."""


def written_ballot(recorded: Recorded) -> bytes | None:
    """The canonical bytes of a ballot; None for what is none, or none that `as_ballot` would take: codec's way tells why.

    What ballots say is written and held to its form once for all that say the same, so that only heads and ends are left.
    """
    position, time, actor, aggregate, command, event = recorded
    if not isinstance(event, _CASTS) or event.claimed_at is not None:
        return None
    said = _sayings.get((event.NAME, event.choice, event.counter)) or _say(event)
    head = f'{{"actor":"{actor}","aggregate":"{aggregate}","command":"{command}","event":"Ballot'.encode()
    random = event.random.encode()
    if not (
        said
        and head.translate(_ALIKE) in _HEADS_ALIKE
        and random.translate(_ALIKE) == _RANDOM_ALIKE
        and 0 <= position < _SHORT_LIMIT
        and 0 <= time < _SHORT_LIMIT
    ):
        return None
    return b'%s%s,"random":"%s"},"position":%d,"time":%d}' % (head, said, random, position, time)


def as_ballot(entry: bytes) -> re.Match[str] | None:
    """The groups of a canonical ballot; None for anything else."""
    if entry[_SLASH] == b"/" and entry.isascii():
        return _ENTRY.fullmatch(entry.decode("ascii"))
    return None


def ballot(found: re.Match[str]) -> Recorded:
    """The event of the groups."""
    aggregate, command, written, _, _, claimed, _, random, position, time = found.groups()
    said = written.encode()
    name, choice, counter = _said.get(said) or _read(said)
    facts = {
        "choice": choice,
        "claimed_at": None if claimed is None else int(claimed[len(_CLAIMED_AT) :]),
        "counter": counter,
        "random": random,
    }
    return Recorded(
        int(position), int(time), found.string[_ACTOR], aggregate, command, BALLOT_KINDS[name].of(facts)
    )


def runs_of(page: Page) -> list[BallotRun] | None:
    """The runs of consecutive ballots; None where one of them is not as it should be, which reading one by one will tell."""
    columns = _columns(page) or _columns_of_several_forms(page)
    if columns is None:
        return None
    runs, first = [], 0
    for round_id, group in groupby([one[_ROUND] for one in columns.aggregates]):
        end = first + len(list(group))
        runs.append(
            BallotRun(
                round_id,
                page.positions[first],
                _time(page.entries[first]),
                _time(page.entries[end - 1]),
                columns.aggregates[first:end],
                columns.choices[first:end],
                columns.counters[first:end],
                columns.randoms[first:end],
                columns.commands[first:end],
            )
        )
        first = end
    return runs


class _Columns(NamedTuple):
    """What ballots hold beside their positions, NAMEs and times."""

    aggregates: Sequence[str]
    commands: Sequence[str]
    choices: Sequence[Any]
    counters: Sequence[int]
    randoms: Sequence[str]


def _columns(page: Page) -> _Columns | None:
    """The columns of ballots that are written alike; None where one of them is not as it should be, or not like the first."""
    positions, names, entries = page
    count, digits = len(entries), "".join(map(str, positions)).encode()
    position_size, time_size = len(digits) // count, len(entries[0]) - entries[0].rfind(b":") - 2
    if not 0 < position_size <= _SHORT_DIGITS_MAX or not 0 < time_size <= _SHORT_DIGITS_MAX:
        return None
    head, end = _HEADS[entries[0][_OPTION_SLASH] == b"/"], _end(position_size, time_size)
    width, end_width = len(head), len(end)
    heads = b"".join([one[:width] for one in entries])
    ends = b"".join([one[-end_width:] for one in entries])
    if not (_has_form(heads, head, count) and _has_form(ends, end, count)):
        return None
    written = [one[width:-end_width] for one in entries]
    said = list(map(_said.get, written))
    if not all(said):
        said = [known or _read(one) for known, one in zip(said, written, strict=True)]
    found, choices, counters = zip(*said, strict=True)
    position_at, time_at = end.index(b'"position":') + 11, end_width - 1 - time_size
    time_digits = [ends[time_at + place :: end_width] for place in range(time_size)]
    if not (
        found == tuple(names)
        and all(
            ends[position_at + place :: end_width] == digits[place::position_size]
            for place in range(position_size)
        )
        and b"".join(time_digits).isdigit()
        and (time_size == 1 or b"0" not in time_digits[0])
    ):
        return None
    command_at = head.index(b'"command":"') + 11
    return _Columns(
        _cut(heads, width, _AGGREGATE_AT, command_at - 13 - _AGGREGATE_AT),
        _cut(heads, width, command_at, 32),
        choices,
        counters,
        _cut(ends, end_width, end.index(b"?"), 32),
    )


def _columns_of_several_forms(page: Page) -> _Columns | None:
    """The same of ballots that are written in several ways, which are read apart."""
    alike: dict[tuple[bool, int, int], list[int]] = {}
    for place, (position, entry) in enumerate(zip(page.positions, page.entries, strict=True)):
        form = entry[_OPTION_SLASH] == b"/", len(str(position)), len(entry) - entry.rfind(b":")
        alike.setdefault(form, []).append(place)
    if len(alike) == 1:
        return None
    ballots: dict[int, tuple[Any, ...]] = {}
    for places in alike.values():
        columns = _columns(
            Page(
                [page.positions[place] for place in places],
                [page.names[place] for place in places],
                [page.entries[place] for place in places],
            )
        )
        if columns is None:
            return None
        ballots.update(zip(places, zip(*columns, strict=True), strict=True))
    return _Columns(*zip(*[ballots[place] for place in range(len(page.entries))], strict=True))


@lru_cache
def _end(position_size: int, time_size: int) -> bytes:
    """The form in which ballots end whose numbers have so many digits."""
    return f',"random":"{_ANY_HEX}"}},"position":{"?" * position_size},"time":{"?" * time_size}}}'.encode()


def _has_form(text: bytes, form: bytes, count: int) -> bool:
    """Whether the text is the form so many times."""
    return (
        len(text) == count * len(form)
        and all(text[place :: len(form)].count(byte) == count for place, byte in _places(form))
        and len(text.translate(None, _HEX_DIGITS)) == count * len(form.translate(None, _HEX_DIGITS + b"?"))
    )


@lru_cache
def _places(form: bytes) -> list[tuple[int, int]]:
    """Where the form says which byte it is."""
    return [(place, byte) for place, byte in enumerate(form) if byte != ord("?")]


def _time(entry: bytes) -> int:
    """What a canonical entry ends with."""
    return int(entry[entry.rfind(b":") + 1 : -1])


def _cut(text: bytes, width: int, at: int, size: int) -> list[str]:
    """What stands at a place of each ballot's head or end."""
    plain = text.decode("ascii")
    return [plain[place : place + size] for place in range(at, len(plain), width)]


def _read(said: bytes) -> tuple[str, Any, int]:
    """NAME, choice and counter; no NAME where it is not as it should be."""
    match = _ALL_SAID.fullmatch(said)
    if match is None:
        return "", None, 0
    kind, choice, claimed, counter = match.groups()
    if claimed is not None:
        said = said.replace(claimed, b"")
        return _said.get(said) or _read(said)
    found = f"Ballot{kind.decode()}.v1", _choice(choice.decode()), int(counter)
    if len(said) <= _SAID_KEPT_BYTES_MAX:
        if len(_said) >= _SAID_KEPT_MAX:
            _said.clear()
        _said[said] = found
    return found


def _say(event: BallotCast | BallotReplaced) -> bytes | None:
    """What the ballot says, as bytes; None where it is not as it should be."""
    facts = event.__pydantic_serializer__.to_json(event, exclude_none=True)
    said = b'%s","facts":%s' % (
        event.NAME.removeprefix("Ballot").encode(),
        facts[: facts.rfind(b',"random":"')],
    )
    if _ALL_SAID.fullmatch(said) is None:
        return None
    if len(said) <= _SAID_KEPT_BYTES_MAX:
        if len(_sayings) >= _SAID_KEPT_MAX:
            _sayings.clear()
        _sayings[event.NAME, event.choice, event.counter] = said
    return said


def _choice(written: str) -> Any:
    """What canonical JSON of a choice says."""
    if written.startswith('["'):
        return one_object(tuple(written[2:-2].split('","')))
    if written.startswith("["):
        return one_object(tuple(map(tuple, json.loads(written))))
    return int(written)
