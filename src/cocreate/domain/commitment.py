"""Commitment: who has promised what by when, and what has become of it, told until long after the workshop."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    CommitmentNotFound,
    CommitmentStateConflict,
    DecisionNotFound,
    NotAFacilitator,
)
from cocreate.domain.messages import (
    Aggregate,
    Command,
    Event,
    Millis,
    Pending,
    Recorded,
    Sealed,
    Subject,
    Uuid,
)

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

COMMITMENTS_MAX = 1_000
COMMITMENT_WHO_LENGTH_MAX = 200
COMMITMENT_LENGTH_MAX = 1_000
EVIDENCE_LENGTH_MAX = 1_000

Progress = Literal["open", "under_way", "kept", "broken"]


class CommitmentMade(Event):
    """`due` is by when it is to be kept; `decision` is what it carries out, if it carries one out."""

    NAME: ClassVar[str] = "CommitmentMade.v1"
    AGGREGATE: ClassVar[Aggregate] = "commitment"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("what", "who")

    decision: Uuid | None = None
    due: Millis
    what: Sealed
    who: Sealed


class CommitmentUpdated(Event):
    """`evidence` is where it can be seen, as a rule the address of a page."""

    NAME: ClassVar[str] = "CommitmentUpdated.v1"
    AGGREGATE: ClassVar[Aggregate] = "commitment"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("evidence", "note")

    evidence: Sealed | None = None
    note: Sealed | None = None
    state: Progress


@dataclass(frozen=True, slots=True)
class Commitment:
    """`at` is the position of the entry that says the standing state."""

    due: int
    decision: str | None
    state: Progress
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeCommitment(Command):
    commitment: str
    who: Sealed
    what: Sealed
    due: int
    decision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateCommitment(Command):
    commitment: str
    state: Progress
    note: Sealed | None = None
    evidence: Sealed | None = None


@decides(MakeCommitment)
def make_commitment(command: MakeCommitment, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    state.require_status("given a commitment", "open", "closed")
    if command.commitment in state.commitments:
        raise CommitmentStateConflict(status=state.commitments[command.commitment].state, wanted="made again")
    if command.decision is not None and command.decision not in state.decisions:
        raise DecisionNotFound(decision=command.decision)
    state.require_room("commitments", len(state.commitments), COMMITMENTS_MAX)
    made = CommitmentMade(decision=command.decision, due=command.due, what=command.what, who=command.who)
    return [Pending(command.commitment, made)]


@decides(UpdateCommitment)
def update_commitment(command: UpdateCommitment, state: "WorkshopState", now: int) -> Events:
    """Also on a sealed record: what was promised falls due when everything else is over."""
    if command.actor not in state.workshop.facilitators:
        raise NotAFacilitator()
    state.require_status("given news of a commitment", "open", "closed", "sealed")
    row = state.commitments.get(command.commitment)
    if row is None:
        raise CommitmentNotFound(commitment=command.commitment)
    if command.state == row.state and command.note is None and command.evidence is None:
        return []
    updated = CommitmentUpdated(evidence=command.evidence, note=command.note, state=command.state)
    return [Pending(command.commitment, updated)]


@evolves(CommitmentMade)
def commitment_made(state: "WorkshopState", recorded: Recorded, event: CommitmentMade) -> None:
    row = Commitment(event.due, event.decision, "open", recorded.position)
    state.commitments.put(recorded.aggregate, row)


@evolves(CommitmentUpdated)
def commitment_updated(state: "WorkshopState", recorded: Recorded, event: CommitmentUpdated) -> None:
    row = state.commitments[recorded.aggregate]
    state.commitments.put(recorded.aggregate, replace(row, state=event.state, at=recorded.position))
