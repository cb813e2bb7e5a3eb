"""Ballot: what one voter says in a round; in opinion rounds, on one statement.

A ballot under a new key is an event even if its choice equals the standing one. Its counter rises strictly per voter and
round (per statement in opinion rounds), so a delayed older ballot can never undo a newer one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    BallotSuperseded,
    ChoiceMalformed,
    LimitReached,
    NoBallot,
    NotTheAuthor,
    OptionHidden,
    OptionUnknown,
    RoundNotOpen,
    VotesOnPaper,
)
from cocreate.domain.messages import Aggregate, Command, Event, Millis, Pending, Random, Recorded, Sealed
from cocreate.domain.objection import Objection, Objections, require_objections
from cocreate.domain.round import Round, find_round
from cocreate.domain.voting.choices import one_object
from cocreate.domain.voting.method import Choice

if TYPE_CHECKING:
    from cocreate.domain.state import Table, WorkshopState


RANDOM_BYTES = 16
POSITION_BYTES = 6
MARK_BYTES = RANDOM_BYTES + POSITION_BYTES

COUNTER_MAX = 1_000_000
"""Changes of one ballot; a counter that jumps there has used them all, and the standing ballot stays."""

Counter = Annotated[int, Field(ge=1, le=COUNTER_MAX)]


class BallotCast(Event):
    """`random` keeps the leaf from being guessed: without it few choices and a time would do."""

    NAME: ClassVar[str] = "BallotCast.v1"
    AGGREGATE: ClassVar[Aggregate] = "ballot"

    choice: Choice
    claimed_at: Millis | None = None
    counter: Counter
    random: Random


class BallotReplaced(Event):
    NAME: ClassVar[str] = "BallotReplaced.v1"
    AGGREGATE: ClassVar[Aggregate] = "ballot"

    choice: Choice
    claimed_at: Millis | None = None
    counter: Counter
    random: Random


class BallotWithdrawn(Event):
    NAME: ClassVar[str] = "BallotWithdrawn.v1"
    AGGREGATE: ClassVar[Aggregate] = "ballot"

    counter: Counter
    random: Random


class BallotExplained(Event):
    """Casts or replaces, and says why it objects: in one entry, since one more for the reasons would tell, while results
    wait, that there are objections.

    With the voter's next ballot the reasons are deleted.
    """

    NAME: ClassVar[str] = "BallotExplained.v1"
    AGGREGATE: ClassVar[Aggregate] = "ballot"
    SEALED: ClassVar[tuple[str, ...]] = ("objections.reason",)

    choice: Choice
    claimed_at: Millis | None = None
    counter: Counter
    objections: Objections
    random: Random


BALLOTS = (BallotCast, BallotReplaced, BallotWithdrawn, BallotExplained)


class BallotRun(NamedTuple):
    """Consecutive ballots of one round, in columns: what a busy record is made of. A withdrawn one's choice is None."""

    round: str
    position: int
    """Of the first; they are dense."""
    time: int
    """Of the first."""
    last_time: int
    aggregates: Sequence[str]
    choices: Sequence[Any]
    counters: Sequence[int]
    randoms: Sequence[str]
    commands: Sequence[str]

    @property
    def last(self) -> int:
        """The position of the last one."""
        return self.position + len(self.aggregates) - 1


class Ballot(NamedTuple):
    """The standing ballot; a withdrawn one keeps its counter and has no choice."""

    counter: int
    choice: Any
    mark: bytes
    """Its random bytes and where its entry stands, in one: so the position takes no memory, of which each ballot has its own."""

    @property
    def random(self) -> bytes:
        return self.mark[:RANDOM_BYTES]

    @property
    def position(self) -> int:
        """Of the entry that made it stand, or withdrew it. No rule reads it: its voter is told."""
        return int.from_bytes(self.mark[RANDOM_BYTES:])


class Turnout(NamedTuple):
    """How many ballot events a round has had, by kind; standing = cast - withdrawn."""

    cast: int = 0
    replaced: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CastBallot(Command):
    """The actor is the voter. `option` is the statement it is on, in opinion rounds only; `counter` is what the sender saw + 1.

    `by` is who enters it for somebody without a device, None where the participant sends it; the record does not tell.
    """

    round: str
    participant: str
    option: str | None = None
    choice: Any
    counter: int | None = None
    random: str
    claimed_at: int | None = None
    by: str | None = None
    objections: tuple[tuple[str, Sealed], ...] = ()
    """(option, why it is objected to or blocked)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawBallot(Command):
    round: str
    participant: str
    option: str | None = None
    counter: int | None = None
    random: str
    by: str | None = None


@decides(CastBallot)
def cast_ballot(command: CastBallot, state: "WorkshopState", now: int) -> Events:
    row = _require_voting(command, state, now)
    row.method.check(row.rules, command.choice)
    _require_options(command, state, row)
    aggregate = ballot_id(command.round, command.actor, command.option)
    standing = state.ballots[command.round].get(aggregate)
    counter = _next_counter(standing, command.counter)
    kind = BallotCast if standing is None or standing.choice is None else BallotReplaced
    facts = {
        "choice": one_object(command.choice),
        "claimed_at": command.claimed_at,
        "counter": counter,
        "random": command.random,
    }
    if command.objections:
        require_objections(row, command.choice, [option for option, _ in command.objections])
        objections = tuple(Objection(option=option, reason=reason) for option, reason in command.objections)
        return [Pending(aggregate, BallotExplained(**facts, objections=objections))]
    return [Pending(aggregate, kind.of(facts))]


@decides(WithdrawBallot)
def withdraw_ballot(command: WithdrawBallot, state: "WorkshopState", now: int) -> Events:
    _require_voting(command, state, now)
    aggregate = ballot_id(command.round, command.actor, command.option)
    standing = state.ballots[command.round].get(aggregate)
    if standing is None or standing.choice is None:
        raise NoBallot(round=command.round)
    counter = _next_counter(standing, command.counter)
    return [Pending(aggregate, BallotWithdrawn(counter=counter, random=command.random))]


def _require_voting(command: CastBallot | WithdrawBallot, state: "WorkshopState", now: int) -> Round:
    """The round, which must take this participant's ballots at this moment."""
    state.require_input()
    state.require_author(command.by or command.participant, command.participant)
    row = find_round(state, command.round)
    if row.secrecy == "open" and command.actor != command.participant:
        raise NotTheAuthor()
    if not takes_ballots(row, now):
        raise RoundNotOpen(round=command.round, status=row.status)
    method = row.method
    if method.per_option != (command.option is not None):
        expected = "the statement it is on" if method.per_option else "no single statement"
        raise ChoiceMalformed(method=method.name, expected=expected, found=command.option or "none")
    if command.option is not None and command.option not in row.options:
        raise OptionUnknown(option=command.option, round=command.round)
    if state.sheets and f"{command.round}/{command.actor}" in state.sheets:
        raise VotesOnPaper(round=command.round)
    return row


def takes_ballots(row: Round, now: int) -> bool:
    """Whether a ballot stamped `now` counts: the round is open, or closed for no longer than its grace and uncertified."""
    if row.status == "open":
        return True
    return row.status == "closed" and row.grace_until is not None and now <= row.grace_until


def _require_options(command: CastBallot, state: "WorkshopState", row: Round) -> None:
    """Frozen options take ballots whatever happens to their ideas; a statement hidden since takes no new answers."""
    if command.option is None:
        for option in row.method.named(None, command.choice):
            if option not in row.options:
                raise OptionUnknown(option=option, round=command.round)
        return
    status = state.ideas[command.option].status
    if row.admission == "growing" and status != "visible":
        raise OptionHidden(option=command.option, status=status)


def _next_counter(standing: Ballot | None, counter: int | None) -> int:
    held = 0 if standing is None else standing.counter
    wanted = held + 1 if counter is None else counter
    if wanted <= held:
        raise BallotSuperseded(standing=held, counter=wanted)
    if wanted > COUNTER_MAX:
        raise LimitReached(of="changes of one ballot", limit=COUNTER_MAX)
    return wanted


def _ballot_moved(state: "WorkshopState", recorded: Recorded, event: Any) -> None:
    round_id, choice = recorded.aggregate[:36], None if type(event) is BallotWithdrawn else event.choice
    turnout = list(state.turnout.get(round_id, _NOBODY))
    ballot = Ballot(event.counter, choice, _mark(event.random, recorded.position))
    turnout[_stand(state.ballots[round_id], recorded.aggregate, ballot)] += 1
    state.turnout.put(round_id, Turnout(*turnout))
    _explain(state, recorded.aggregate, len(event.objections) if type(event) is BallotExplained else 0)


for _kind in BALLOTS:
    evolves(_kind)(_ballot_moved)


def voted_in(recorded: Recorded) -> str | None:
    """The round of a ballot that can be one of a run, None for every other event: one with texts is read by itself."""
    event = recorded.event
    return recorded.aggregate[:36] if isinstance(event, BALLOTS) and not event.SEALED else None


def run_of(ballots: Sequence[Recorded]) -> BallotRun:
    """The run of these entries, which are consecutive ballots of one round."""
    first = ballots[0]
    events: list[Any] = [one.event for one in ballots]
    return BallotRun(
        first.aggregate[:36],
        first.position,
        first.time,
        ballots[-1].time,
        [one.aggregate for one in ballots],
        [None if type(event) is BallotWithdrawn else event.choice for event in events],
        [event.counter for event in events],
        [event.random for event in events],
        [one.command for one in ballots],
    )


def evolve_run(state: "WorkshopState", run: BallotRun) -> None:
    """Fold a run of ballots into the state; the same as one after the other."""
    ballots = state.ballots[run.round]
    turnout = list(state.turnout.get(run.round, _NOBODY))
    for position, aggregate, choice, counter, random in zip(
        count(run.position), run.aggregates, run.choices, run.counters, run.randoms, strict=False
    ):
        turnout[_stand(ballots, aggregate, Ballot(counter, choice, _mark(random, position)))] += 1
    for aggregate in run.aggregates if state.explained else ():
        _explain(state, aggregate, 0)
    state.turnout.put(run.round, Turnout(*turnout))
    state.size = run.last + 1
    state.now = run.last_time


_NOBODY = Turnout()
_CAST, _REPLACED, _WITHDRAWN = range(3)


def _mark(random: str, position: int) -> bytes:
    return bytes.fromhex(random) + position.to_bytes(POSITION_BYTES)


def _stand(ballots: "Table[str, Ballot]", aggregate: str, ballot: Ballot) -> int:
    """Make this the standing ballot; returns its column of the turnout."""
    before = ballots.get(aggregate)
    ballots.put_over(before, aggregate, ballot)
    if ballot.choice is None:
        return _WITHDRAWN
    return _CAST if before is None or before.choice is None else _REPLACED


def _explain(state: "WorkshopState", aggregate: str, reasons: int) -> None:
    """Note how many reasons the standing ballot gives."""
    if reasons or state.explained.get(aggregate):
        state.explained.put(aggregate, reasons)


def ballot_id(round_id: str, voter: str, option: str | None) -> str:
    return f"{round_id}/{voter}" if option is None else f"{round_id}/{voter}/{option}"


def ballot_parts(aggregate: str) -> tuple[str, str, str | None]:
    """(round, voter, option) of a ballot's aggregate id; the option only in opinion rounds."""
    round_id, voter, *option = aggregate.split("/")
    return round_id, voter, option[0] if option else None
