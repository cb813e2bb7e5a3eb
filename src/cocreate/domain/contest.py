"""Contest: what may follow a certificate, each an event beside it and never a change of it.

Whoever takes part may contest a result, with a reason; a facilitator answers by a certificate that is counted anew and names
the earlier one. A facilitator may also declare other options than the counted ones, with a reason: the count stays what it is.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from cocreate.domain.certificate import ELECTED_MAX, PARTS_MAX, Reconciliation, counted
from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import ContestOver, OptionUnknown, RoundStateConflict
from cocreate.domain.messages import (
    Aggregate,
    Command,
    Digest,
    Event,
    Pending,
    Position,
    Pseudonym,
    Recorded,
    Sealed,
    Subject,
    Uuid,
)
from cocreate.domain.paper import reconciled
from cocreate.domain.round import Round, Verdict, find_round
from cocreate.domain.voting import Rules

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

CONTEST_MS = 7 * 86_400_000
"""How long after it was declared a result may be contested: a week, unless the record is sealed before."""
CONTESTS_MAX = 200
"""Contests of one round: each has a text that stands on the page of its result."""
CERTIFICATES_MAX = 50
OVERRIDES_MAX = 50


def _ascending(options: tuple[str, ...]) -> tuple[str, ...]:
    """One way to say a set, so that other bytes for it are refused."""
    return tuple(sorted(set(options)))


class ResultContested(Event):
    """`contested` is the position of what is contested: the certificate that stands, or the override of it."""

    NAME: ClassVar[str] = "ResultContested.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"
    SUBJECT: ClassVar[Subject] = "author"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)

    author: Pseudonym
    contested: Position
    reason: Sealed


class ResultRecertified(Event):
    """Counted anew after a contest, as a certificate is; `earlier` is the position of the one that it takes the place of."""

    NAME: ClassVar[str] = "ResultRecertified.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    ballots_digest: Digest
    counted_to: Position
    digest: Digest
    digest_version: Literal[1]
    earlier: Position
    elected: Annotated[tuple[Uuid, ...], Field(max_length=ELECTED_MAX)]
    parts: Annotated[int, Field(ge=0, le=PARTS_MAX)]
    reconciliation: Reconciliation
    result_digest: Digest
    rules: Rules
    steps_digest: Digest


class ResultOverridden(Event):
    """A facilitator declares these options instead of the counted ones; none at all is a declaration too."""

    NAME: ClassVar[str] = "ResultOverridden.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)

    certificate: Position
    options: Annotated[tuple[Uuid, ...], Field(max_length=ELECTED_MAX), AfterValidator(_ascending)]
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestResult(Command):
    """`author` is who contests; the actor is the author, or enters for one without a device."""

    round: str
    author: str
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class RecertifyResult(Command):
    """`tie_root` as for the first certificate: the tree's root over the entries before the round was opened."""

    round: str
    tie_root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideResult(Command):
    round: str
    options: tuple[str, ...]
    reason: Sealed


@decides(ContestResult)
def contest_result(command: ContestResult, state: "WorkshopState", now: int) -> Events:
    """Participants who are present may, and facilitators; each once for what is declared, within its time."""
    state.require_unsealed()
    if command.actor != command.author or command.actor not in state.workshop.facilitators:
        state.require_author(command.actor, command.author)
    _, verdict = _certified(state, command.round, "contested")
    if (command.author, verdict.declared) in verdict.contested:
        raise RoundStateConflict(status="contested by the same person", wanted="contested again")
    until = verdict.time + CONTEST_MS
    if now > until:
        raise ContestOver(until=until)
    state.require_room("contests of a result", verdict.contests, CONTESTS_MAX)
    contested = ResultContested(author=command.author, contested=verdict.declared, reason=command.reason)
    return [Pending(command.round, contested)]


@decides(RecertifyResult)
def recertify_result(command: RecertifyResult, state: "WorkshopState", now: int) -> Events:
    """Answers every contest there is. Nobody became eligible since the first certificate, so that figure stays."""
    state.require_facilitator(command.actor)
    row, verdict = _certified(state, command.round, "certified again")
    if not verdict.contested:
        if verdict.certificates > 1:
            return []
        raise RoundStateConflict(status="contested by nobody", wanted="certified again")
    state.require_room("certificates of a round", verdict.certificates, CERTIFICATES_MAX)
    paper = reconciled(state, command.round, command.actor)
    parts, facts = counted(row, command.round, state, command.tie_root, eligible=verdict.eligible)
    recertified = ResultRecertified(earlier=verdict.certificate, **facts)
    return [Pending(command.round, event) for event in (*paper, *parts, recertified)]


@decides(OverrideResult)
def override_result(command: OverrideResult, state: "WorkshopState", now: int) -> Events:
    """Stands until another override or a new certificate; contests stay open."""
    state.require_facilitator(command.actor)
    row, verdict = _certified(state, command.round, "overridden")
    for option in command.options:
        if option not in row.options:
            raise OptionUnknown(option=option, round=command.round)
    options = _ascending(command.options)
    if options == verdict.overridden:
        return []
    state.require_room("overrides of a result", verdict.overrides, OVERRIDES_MAX)
    overridden = ResultOverridden(certificate=verdict.certificate, options=options, reason=command.reason)
    return [Pending(command.round, overridden)]


def _certified(state: "WorkshopState", round_id: str, wanted: str) -> tuple[Round, Verdict]:
    row = find_round(state, round_id)
    if row.verdict is None:
        raise RoundStateConflict(status=row.status, wanted=wanted)
    return row, row.verdict


@evolves(ResultContested)
def result_contested(state: "WorkshopState", recorded: Recorded, event: ResultContested) -> None:
    row, verdict = _judged(state, recorded)
    contested = verdict.contested | {(event.author, event.contested)}
    _judge(state, recorded, row, replace(verdict, contested=contested, contests=verdict.contests + 1))


@evolves(ResultRecertified)
def result_recertified(state: "WorkshopState", recorded: Recorded, event: ResultRecertified) -> None:
    row, verdict = _judged(state, recorded)
    row = replace(row, ballots_digest=event.ballots_digest, result_digest=event.result_digest)
    again = replace(
        verdict,
        certificate=recorded.position,
        declared=recorded.position,
        time=recorded.time,
        contested=frozenset(),
        overridden=None,
        certificates=verdict.certificates + 1,
    )
    _judge(state, recorded, row, again)


@evolves(ResultOverridden)
def result_overridden(state: "WorkshopState", recorded: Recorded, event: ResultOverridden) -> None:
    row, verdict = _judged(state, recorded)
    overridden = replace(
        verdict,
        declared=recorded.position,
        time=recorded.time,
        overridden=event.options,
        overrides=verdict.overrides + 1,
    )
    _judge(state, recorded, row, overridden)


def _judged(state: "WorkshopState", recorded: Recorded) -> tuple[Round, Verdict]:
    row = state.rounds[recorded.aggregate]
    assert row.verdict is not None, "only a certified round is contested, certified again or overridden"
    return row, row.verdict


def _judge(state: "WorkshopState", recorded: Recorded, row: Round, verdict: Verdict) -> None:
    state.rounds.put(recorded.aggregate, replace(row, verdict=verdict))
