"""Round: one vote. Once it is open its rules never change, nor do frozen options; a change is a new round."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    IdeaStateConflict,
    NotAFacilitator,
    RoundNotFound,
    RoundNotOpen,
    RoundStateConflict,
)
from cocreate.domain.idea import Idea, find_idea
from cocreate.domain.merging import stands_under
from cocreate.domain.messages import (
    SYSTEM,
    Aggregate,
    Command,
    Event,
    Millis,
    Pending,
    Position,
    Recorded,
    Sealed,
    Subject,
    Uuid,
)
from cocreate.domain.voting import METHODS, Rules
from cocreate.domain.voting.method import Method

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

OPTIONS_GROWING_MAX = 20_000
VOTERS_WARNING = 8
"""Below this many voters, totals may tell how somebody voted; pages say so."""

Options = Literal["frozen", "growing"]
Results = Literal["always", "after_own_ballot", "after_closing"]
Secrecy = Literal["open", "pseudonymous"]
Eligibility = Literal["one_per_browser", "claimed_by_source"]
"""How sure it is that one voter is one person."""
Status = Literal["open", "closed", "voided", "certified"]
ClosingReason = Literal["facilitator", "withheld_until", "key_lost"]
ClosedBecause = ClosingReason | Literal["workshop_closed"]
VoidReason = Literal["mistake", "rules_changed", "irregularity", "other"]


class OptionAdmitted(Event):
    """A statement joins a growing round; its answers count from here on."""

    NAME: ClassVar[str] = "OptionAdmitted.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    claimed_at: Millis | None = None
    idea: Uuid
    text_at: Position


class RoundClosed(Event):
    NAME: ClassVar[str] = "RoundClosed.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"

    because: ClosedBecause


class RoundVoided(Event):
    NAME: ClassVar[str] = "RoundVoided.v1"
    AGGREGATE: ClassVar[Aggregate] = "round"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("note",)

    note: Sealed | None = None
    reason: VoidReason


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands of a certified round's result; positions name entries."""

    certificate: int
    declared: int
    """The latest of the certificate and the override that stands: what can be contested."""
    time: int
    """When that was declared."""
    eligible: int
    contested: frozenset[tuple[str, int]] = frozenset()
    """Who contests which declaration, since the certificate that stands."""
    overridden: tuple[str, ...] | None = None
    """The options declared instead of the certificate's; None where it stands as it was counted."""
    certificates: int = 1
    contests: int = 0
    overrides: int = 0
    """How many of each there have been, against the limits."""


@dataclass(frozen=True, slots=True)
class Round:
    """`options` holds every admitted idea with its text version, in order of admission; growing rounds add to it."""

    rules: Rules
    secrecy: Secrecy
    results: Results
    admission: Options
    eligibility: Eligibility
    grace_ms: int
    opened_at: int
    options: Mapping[str, int]
    withheld_until: int | None = None
    status: Status = "open"
    closed_at: int | None = None
    grace_until: int | None = None
    """The last moment at which a late ballot counts; none while open, and none once the workshop has closed."""
    ballots_digest: str = ""
    result_digest: str = ""
    costs: Mapping[str, int] = field(default_factory=dict)
    """What each option costs, in minor units; empty but in a vote on a budget."""
    verdict: Verdict | None = None
    """None until the round is certified."""
    merged: Mapping[str, str] = field(default_factory=dict)
    """Options that count for another one; empty but where the round declared it when it was opened."""

    @property
    def method(self) -> Method:
        return METHODS[self.rules.method]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmitOption(Command):
    round: str
    idea: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRound(Command):
    round: str
    because: ClosingReason = "facilitator"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidRound(Command):
    round: str
    reason: VoidReason
    note: Sealed | None = None


@decides(AdmitOption)
def admit_option(command: AdmitOption, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    row = find_round(state, command.round)
    if command.idea in row.options and row.admission == "growing":
        return []
    if row.status != "open":
        raise RoundNotOpen(round=command.round, status=row.status)
    if row.admission != "growing":
        raise RoundStateConflict(status="frozen", wanted="given another option")
    idea = find_votable(state, command.idea)
    state.require_room("options of a round", len(row.options), OPTIONS_GROWING_MAX)
    return [Pending(command.round, OptionAdmitted(idea=command.idea, text_at=idea.text_at))]


@decides(CloseRound)
def close_round(command: CloseRound, state: "WorkshopState", now: int) -> Events:
    """The system closes a round when its term is over or its key is gone."""
    if command.actor != SYSTEM:
        state.require_facilitator(command.actor)
    state.require_unsealed()
    row = find_round(state, command.round)
    if row.status in ("closed", "certified"):
        return []
    if row.status != "open":
        raise RoundStateConflict(status=row.status, wanted="closed")
    if command.because == "withheld_until" and (row.withheld_until is None or now < row.withheld_until):
        return []
    return [Pending(command.round, RoundClosed(because=command.because))]


@decides(VoidRound)
def void_round(command: VoidRound, state: "WorkshopState", now: int) -> Events:
    """A voided round's ballots stay on record; it can be neither reopened nor certified."""
    state.require_facilitator(command.actor)
    row = find_round(state, command.round)
    if row.status == "voided":
        return []
    if row.status == "certified":
        raise RoundStateConflict(status=row.status, wanted="voided")
    return [Pending(command.round, RoundVoided(note=command.note, reason=command.reason))]


@evolves(OptionAdmitted)
def option_admitted(state: "WorkshopState", recorded: Recorded, event: OptionAdmitted) -> None:
    row = state.rounds[recorded.aggregate]
    # A new mapping keeps the old row whole for a rollback; growing rounds admit far more rarely than they take ballots.
    state.rounds.put(recorded.aggregate, replace(row, options={**row.options, event.idea: event.text_at}))


@evolves(RoundClosed)
def round_closed(state: "WorkshopState", recorded: Recorded, event: RoundClosed) -> None:
    row = state.rounds[recorded.aggregate]
    grace_until = recorded.time + row.grace_ms
    closed = replace(row, status="closed", closed_at=recorded.time, grace_until=grace_until)
    state.rounds.put(recorded.aggregate, closed)


@evolves(RoundVoided)
def round_voided(state: "WorkshopState", recorded: Recorded, event: RoundVoided) -> None:
    row = state.rounds[recorded.aggregate]
    closed_at = recorded.time if row.closed_at is None else row.closed_at
    state.rounds.put(recorded.aggregate, replace(row, status="voided", closed_at=closed_at, grace_until=None))


def find_round(state: "WorkshopState", round_id: str) -> Round:
    row = state.rounds.get(round_id)
    if row is None:
        raise RoundNotFound(round=round_id)
    return row


def find_votable(state: "WorkshopState", idea_id: str, *, merged: bool = False) -> Idea:
    """The idea, if it can be put to the vote: it is visible, and stands for itself unless it may be a `merged` one."""
    idea = find_idea(state, idea_id)
    if idea.status != "visible":
        raise IdeaStateConflict(status=idea.status, wanted="put to the vote")
    if not merged and stands_under(state, idea_id) is not None:
        raise IdeaStateConflict(
            status="merged", wanted="put to the vote: name the idea that it is merged into"
        )
    return idea


def growing_rounds(state: "WorkshopState") -> Iterable[tuple[str, Round]]:
    """The open rounds that take new statements."""
    return [
        (key, row) for key, row in state.rounds.items() if row.status == "open" and row.admission == "growing"
    ]


def admissions(state: "WorkshopState", idea: str, *, text_at: int, claimed_at: int | None) -> Events:
    """The idea becomes an option of every growing round that has room for it."""
    return [
        Pending(round_id, OptionAdmitted(claimed_at=claimed_at, idea=idea, text_at=text_at))
        for round_id, row in growing_rounds(state)
        if idea not in row.options and len(row.options) < OPTIONS_GROWING_MAX
    ]


def require_certifier(state: "WorkshopState", actor: str) -> None:
    """The system certifies when the grace is over; a facilitator may do it by hand."""
    if actor != SYSTEM and actor not in state.workshop.facilitators:
        raise NotAFacilitator()
