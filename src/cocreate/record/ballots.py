"""Ballots as bytes, of which a busy record is made: one expression for a whole entry, and runs of them read by columns.

What is read here is canonical, and its event is made without asking its model again. Anything else goes the way of every
other event in `codec`, which tells what is wrong with it.
"""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final, Protocol

from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotRun
from cocreate.domain.messages import Recorded
from cocreate.domain.voting.choices import OPTIONS_KEPT_MAX, one_object
from cocreate.domain.voting.method import CHOICES_MAX, MARK_MAX

BALLOT_KINDS: Final = {kind.NAME: kind for kind in (BallotCast, BallotReplaced)}

UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HEX: Final = r"[0-9a-f]{32}"
BALLOT_ID: Final = rf"{UUID}/{_HEX}(?:/{UUID})?"
_MARK: Final = rf'\["{UUID}",(?:0|-?(?:[1-9][0-9]{{0,5}}|{MARK_MAX}))\]'
_NAMED: Final = rf'"{UUID}"(?:,"{UUID}"){{0,{CHOICES_MAX - 1}}}'
_MARKED: Final = rf"{_MARK}(?:,{_MARK}){{0,{CHOICES_MAX - 1}}}"
_CHOICE: Final = rf"-1|0|1|\[(?:{_NAMED}|{_MARKED})?\]"
_COUNTER: Final = r"[1-9][0-9]{0,5}"
_SHORT: Final = r"(?:0|[1-9][0-9]{0,14})"
_ENTRY: Final = re.compile(
    rf'\{{"actor":"{_HEX}","aggregate":"({BALLOT_ID})","command":"({_HEX})","event":"(Ballot(?:Cast|Replaced)\.v1)",'
    rf'"facts":\{{"choice":({_CHOICE})(?:,"claimed_at":{_SHORT})?,"counter":({_COUNTER}),"random":"({_HEX})"\}},'
    rf'"position":({_SHORT}),"time":({_SHORT})\}}'
)
"""All of a canonical ballot, its integers short enough to be within their limits."""
_COLONS: Final = 10
"""In each ballot without a claimed time; no value has one."""
_CLAIM: Final = re.compile(rf',"claimed_at":{_SHORT}(?=,"counter":)')
_COLUMN: Final = {
    name: re.compile(pattern)
    for name, pattern in (
        ("round", f"{UUID}/"),
        ("option", f"(?:/{UUID})?"),
        ("choice", _CHOICE),
        ("counter", _COUNTER),
        ("time", _SHORT),
    )
}
_HEX_DIGITS: Final = b"0123456789abcdef"
_ROUND, _VOTER, _OPTION = slice(0, 37), slice(37, 69), slice(69, None)
"""The parts of a ballot's composite id, with the slashes between them."""
_ACTOR: Final = slice(10, 42)
_CLAIMED_AT: Final = '"claimed_at":'
_SLASH: Final = slice(93, 94)
"""Where a ballot's composite id has its first slash, and every other entry has something else."""
_CHOICES_KEPT_MAX: Final = 50_000
_CHOICE_KEPT_LENGTH_MAX: Final = 39 * OPTIONS_KEPT_MAX + 1
_choices: dict[str, Any] = {}
"""Choices by their canonical JSON: thousands of ballots say one of a few things."""


class Placed(Protocol):
    """An entry with the columns by which its store finds it."""

    @property
    def position(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def entry(self) -> bytes: ...


def as_ballot(entry: bytes) -> re.Match[str] | None:
    """The groups of a canonical ballot; None for anything else."""
    if entry[_SLASH] == b"/" and entry.isascii():
        return _ENTRY.fullmatch(entry.decode("ascii"))
    return None


def ballot(found: re.Match[str]) -> Recorded:
    """The event of the groups."""
    text = found.string
    aggregate, command, name, said, counter, random, position, time = found.groups()
    claimed = text.partition(_CLAIMED_AT)[2]
    facts = {
        "choice": _choices[said] if said in _choices else _choice(said),
        "claimed_at": int(claimed.partition(",")[0]) if claimed else None,
        "counter": int(counter),
        "random": random,
    }
    return Recorded(int(position), int(time), text[_ACTOR], aggregate, command, BALLOT_KINDS[name].of(facts))


def runs_of(ballots: Sequence[Placed]) -> list[BallotRun] | None:
    """The runs of consecutive ballots; None where one of them is not as it should be, which reading one by one will tell.

    The text is cut at its colons, and what stands between them is taken as values, column by column. These are checked, and
    written again with the names and positions of their places: that must give the text byte for byte.
    """
    joined = b"\n".join([one.entry for one in ballots])
    if not joined.isascii():
        return None
    text = joined.decode("ascii")
    cut = text.split(":")
    if len(cut) != _COLONS * len(ballots) + 1:
        # A run does not have the times that voters claimed.
        text = _CLAIM.sub("", text)
        cut = text.split(":")
        if len(cut) != _COLONS * len(ballots) + 1:
            return None
    actors = [one[1:33] for one in cut[1::_COLONS]]
    aggregates = [one[1:-11] for one in cut[2::_COLONS]]
    commands = [one[1:33] for one in cut[3::_COLONS]]
    said = [one[:-10] for one in cut[6::_COLONS]]
    counters = [one[:-9] for one in cut[7::_COLONS]]
    randoms = [one[1:33] for one in cut[8::_COLONS]]
    times = [one[:-10] for one in cut[10::_COLONS]]
    times[-1] = cut[-1][:-1]
    rounds = [one[_ROUND] for one in aggregates]
    again = [
        f'{{"actor":"{actor}","aggregate":"{aggregate}","command":"{command}","event":"{one.name}",'
        f'"facts":{{"choice":{choice},"counter":{counter},"random":"{random}"}},"position":{one.position},"time":{time}}}'
        for one, actor, aggregate, command, choice, counter, random, time in zip(
            ballots, actors, aggregates, commands, said, counters, randoms, times, strict=True
        )
    ]
    if not (
        _all_hex([*actors, *[one[_VOTER] for one in aggregates], *commands, *randoms])
        and _all_are("round", rounds)
        and _all_are("option", [one[_OPTION] for one in aggregates])
        and _all_are("choice", [one for one in said if one not in _choices])
        and _all_are("counter", counters)
        and _all_are("time", times)
        and "\n".join(again) == text
    ):
        return None
    choices = [_choices[one] if one in _choices else _choice(one) for one in said]
    counts = [int(one) for one in counters]
    runs, first = [], 0
    for round_id, group in groupby(rounds):
        end = first + len(list(group))
        runs.append(
            BallotRun(
                round_id[:-1],
                ballots[first].position,
                int(times[first]),
                int(times[end - 1]),
                aggregates[first:end],
                choices[first:end],
                counts[first:end],
                randoms[first:end],
                commands[first:end],
            )
        )
        first = end
    return runs


def _all_hex(values: Sequence[str]) -> bool:
    """Whether each of the values is 32 lower-case hexadecimal digits."""
    return {32} == set(map(len, values)) and not "".join(values).encode().translate(None, _HEX_DIGITS)


def _all_are(column: str, values: Iterable[str]) -> bool:
    """Whether each of the values, few of which differ, is written as the column has it."""
    return all(map(_COLUMN[column].fullmatch, set(values)))


def _choice(said: str) -> Any:
    """What canonical JSON of a choice says."""
    if not said.startswith("["):
        return int(said)
    found = one_object(tuple([one if type(one) is str else tuple(one) for one in json.loads(said)]))
    if len(said) <= _CHOICE_KEPT_LENGTH_MAX:
        if len(_choices) >= _CHOICES_KEPT_MAX:
            _choices.clear()
        _choices[said] = found
    return found
