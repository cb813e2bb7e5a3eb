"""What a workshop was folded to, as pieces of bytes and back: views for time travel, the rest for going on from there.

Ballots, of which a busy record is made, lie in columns, five thousand a piece, 18 bytes each in the views and 22 more in the
rest, and the timeline in pieces of its own. Everything else is one pickle before them. Neither part holds a text or a key:
those are opened from their own tables.
Only bytes that this installation's key has authenticated may be read, and reading makes nothing but our own classes.
"""

import io
import pickle
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

from cocreate.application.command_index import CommandIndex
from cocreate.domain.ballot import MARK_BYTES, Ballot
from cocreate.domain.messages import Sealed
from cocreate.domain.state import Table, WorkshopState
from cocreate.domain.voting import METHODS, Method
from cocreate.domain.voting.choices import one_object
from cocreate.projections.fold import Projections
from cocreate.projections.poll import Poll
from cocreate.projections.timeline import Entry, Run, TimelineFold
from cocreate.tlog.tree import Tree

PIECE_BALLOTS = 5_000
"""Ballots in a piece: a few milliseconds of work, in which nothing else gets its turn; and few enough for two-byte numbers."""
PIECE_ITEMS = 2_000
"""Items of the timeline in a piece; the same few milliseconds."""
_PROTOCOL = 5
_VOTER = slice(37, 69)
_OPTION = slice(70, None)
"""Where voter and option stand in a ballot's aggregate id, behind the round."""
_VOTER_DIGITS = 32
_RUN = attrgetter(*(one.name for one in fields(Run)))
"""The facts of a run of ballots, fewer than an entry's, by which the two are told apart."""


class SavedStateMalformed(Exception):
    """Pieces that do not make a state."""


@dataclass(slots=True)
class Rest:
    """What a live workshop holds beside its projections; `texts` are the commitments of those that can be read."""

    state: WorkshopState
    tree: Tree
    leaf: bytes
    """The hash of the last entry."""
    commands: CommandIndex
    tie_roots: dict[str, bytes]
    language: str
    subjects: dict[tuple[int, str], str]
    texts: Mapping[tuple[int, str], Sealed]


class _Votes(NamedTuple):
    """Consecutive standing ballots of one round, as the views have them; numbers point into the tuple beside them."""

    round: str
    voters: bytes
    options: tuple[str, ...]
    asked: bytes
    choices: tuple[Any, ...]
    said: bytes
    counters: dict[int, int]
    """By place, where they are not 1."""


def views_pieces(projections: Projections) -> Iterator[bytes]:
    """The pieces of the projections. Nothing may be folded between two of them."""
    yield _pickled(projections, ())
    items = iter(projections.timeline.items)
    while told := [_row_of(item) for item in islice(items, PIECE_ITEMS)]:
        yield pickle.dumps(told, _PROTOCOL)
    for round_id, row in projections.rounds.rounds.items():
        standing = iter(row.poll.standing.items())
        while some := list(islice(standing, PIECE_BALLOTS)):
            yield pickle.dumps(tuple(_votes(round_id, row.poll, some)), _PROTOCOL)


def rest_pieces(rest: Rest, projections: Projections) -> Iterator[bytes]:
    """The pieces of the rest, ballots in the order and the portions of the views. Nothing may be folded between two."""
    state = rest.state
    facts = tuple(getattr(rest, one.name) for one in fields(Rest))
    yield _pickled(facts, state.ballots.values())
    for round_id, row in projections.rounds.rounds.items():
        keys, ballots = iter(row.poll.standing), iter(state.ballots[round_id].items())
        while some := list(islice(ballots, PIECE_BALLOTS)):
            # Both tables have each ballot where it was first cast; to look it up by its id would cost three times as much.
            if [key for key, _ in some] != list(islice(keys, PIECE_BALLOTS)):
                raise SavedStateMalformed("projections and decision state hold ballots in different orders")
            yield b"".join([ballot.mark for _, ballot in some])


@dataclass(slots=True)
class SavedState:
    """Takes the pieces of the views, then those of the rest, and is whole when both have come to their end.

    Ballots' ids and choices are made once and shared by projections and decision state, as a replay shares them.
    Raises SavedStateMalformed.
    """

    projections: Projections = field(default_factory=Projections)
    rest: Rest | None = None
    _ballots: list[tuple[str, list[str], list[Any], dict[int, int]]] = field(default_factory=list)
    _rest_taken: int = 0

    def take_views(self, piece: bytes) -> None:
        found = _unpickled(piece)
        match found:
            case Projections():
                self.projections = found
            case list():
                self.projections.timeline.extend(map(_item_of, found))
            case _:
                self._stand(_Votes(*found))

    def _stand(self, votes: _Votes) -> None:
        prefix, digits = f"{votes.round}/", votes.voters.hex()
        keys = [prefix + digits[at : at + _VOTER_DIGITS] for at in range(0, len(digits), _VOTER_DIGITS)]
        if votes.options:
            asked = _numbers(votes.asked)
            keys = [f"{key}/{votes.options[which]}" for key, which in zip(keys, asked, strict=True)]
        said_once = [one_object(choice) for choice in votes.choices]
        choices = [said_once[which] for which in _numbers(votes.said)]
        poll = self.projections.rounds.rounds[votes.round].poll
        poll.standing.update(zip(keys, choices, strict=True))
        poll.counters.update((keys[place], counter) for place, counter in votes.counters.items())
        self._ballots.append((votes.round, keys, choices, votes.counters))

    def take_rest(self, piece: bytes) -> None:
        if self.rest is None:
            self.rest = Rest(*_unpickled(piece))
            return
        if self._rest_taken == len(self._ballots):
            raise SavedStateMalformed("more ballots in the rest than in the views")
        round_id, keys, choices, replaced = self._ballots[self._rest_taken]
        self._rest_taken += 1
        counters = [1] * len(keys)
        for place, counter in replaced.items():
            counters[place] = counter
        marks = [piece[at : at + MARK_BYTES] for at in range(0, len(piece), MARK_BYTES)]
        ballots = map(Ballot._make, zip(counters, choices, marks, strict=True))
        self.rest.state.ballots[round_id].update(zip(keys, ballots, strict=True))

    def views(self, size: int) -> Projections:
        """The projections, once their pieces have come, which must be those of `size` entries."""
        if self.projections.at + 1 != size:
            raise SavedStateMalformed(
                f"expected the views of {size} entries, found {self.projections.at + 1}"
            )
        return self.projections

    def whole(self, size: int) -> Rest:
        """The rest, once everything has come and all of it is the state after `size` entries."""
        rest = self.rest
        if rest is None or self._rest_taken < len(self._ballots):
            raise SavedStateMalformed("pieces are missing")
        sizes = (self.views(size).at + 1, rest.state.size, rest.tree.size)
        if sizes != (size, size, size):
            raise SavedStateMalformed(f"expected the state after {size} entries, found {sizes}")
        return rest


def _row_of(item: Entry | Run) -> tuple[Any, ...]:
    """An item of the timeline as a plain tuple, which pickles several times as fast."""
    return tuple(item) if isinstance(item, Entry) else _RUN(item)


def _item_of(row: tuple[Any, ...]) -> Entry | Run:
    return Entry(*row) if len(row) == len(Entry._fields) else Run(*row)


def _votes(round_id: str, poll: Poll, some: list[tuple[str, Any]]) -> _Votes:
    choices: dict[Any, int] = {}
    said = array("H", [choices.setdefault(choice, len(choices)) for _, choice in some])
    options: dict[str, int] = {}
    asked = array("H")
    if poll.per_option:
        asked.extend([options.setdefault(key[_OPTION], len(options)) for key, _ in some])
    counters = poll.counters
    return _Votes(
        round_id,
        bytes.fromhex("".join([key[_VOTER] for key, _ in some])),
        tuple(options),
        asked.tobytes(),
        tuple(choices),
        said.tobytes(),
        {place: counters[key] for place, (key, _) in enumerate(some) if key in counters},
    )


def _numbers(raw: bytes) -> "array[int]":
    numbers = array("H")
    numbers.frombytes(raw)
    return numbers


class _Pickler(pickle.Pickler):
    """Leaves out what lies in columns, and names a voting method instead of copying it."""

    def __init__(self, file: io.BytesIO, emptied: frozenset[int]) -> None:
        super().__init__(file, _PROTOCOL)
        self._emptied = emptied

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        if kind is Poll:
            make, of, (held, slots), *_ = value.__reduce_ex__(_PROTOCOL)
            return make, of, (held, {**slots, "standing": {}, "counters": {}})
        if kind is TimelineFold:
            return TimelineFold, ()
        if kind is Table and id(value) in self._emptied:
            return value.__reduce_ex__(_PROTOCOL)[:3]
        if kind in _METHOD_KINDS:
            return method_named, (value.name,)
        facts = _facts_of(kind)
        return NotImplemented if facts is None else (kind, facts(value))


_Facts = Callable[[Any], tuple[Any, ...]] | None
_facts: dict[type, _Facts] = {}


def _facts_of(kind: type) -> _Facts:
    """The arguments that make a row again, if it is a data class: several times as fast as by its own way of pickling."""
    if kind not in _facts:
        _facts[kind] = _attributes(kind) if is_dataclass(kind) else None
    return _facts[kind]


def _attributes(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    names = [one.name for one in fields(kind)]
    if len(names) == 1:
        return lambda row: (getattr(row, names[0]),)
    return attrgetter(*names)


class _Unpickler(pickle.Unpickler):
    """Finds our own classes of values and nothing else, whatever the bytes ask for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _NAMED or module.startswith(_PACKAGES):
            try:
                found = super().find_class(module, name)
            except (AttributeError, ImportError):
                found = None
            if found is method_named or (isinstance(found, type) and found.__module__ == module):
                return found
        raise pickle.UnpicklingError(f"a saved state has no {module}.{name}")


_PACKAGES = ("cocreate.domain.", "cocreate.projections.", "cocreate.tlog.")
_NAMED = frozenset(
    {
        ("builtins", "bytearray"),
        ("builtins", "set"),
        ("builtins", "frozenset"),
        (CommandIndex.__module__, "CommandIndex"),
        (__name__, "method_named"),
    }
)


def method_named(name: str) -> Method:
    """The registry's own object, so that there is one of each method."""
    return METHODS[name]


_METHOD_KINDS = frozenset(type(method) for method in METHODS.values())


def _pickled(value: object, emptied: Any) -> bytes:
    file = io.BytesIO()
    _Pickler(file, frozenset(map(id, emptied))).dump(value)
    return file.getvalue()


def _unpickled(piece: bytes) -> Any:
    try:
        return _Unpickler(io.BytesIO(piece)).load()
    except pickle.UnpicklingError as error:
        raise SavedStateMalformed(str(error)) from error
