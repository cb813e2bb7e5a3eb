"""Decision: what was decided and why, with the ideas and the certified votes that led to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    DecisionNotFound,
    DecisionStateConflict,
    IdeaStateConflict,
    RoundStateConflict,
)
from cocreate.domain.idea import find_idea
from cocreate.domain.messages import (
    Aggregate,
    Ascending,
    Command,
    Event,
    Pending,
    Recorded,
    Sealed,
    Subject,
    Uuid,
)
from cocreate.domain.round import find_round

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

DECISIONS_MAX = 1_000
DECISION_IDEAS_MAX = 100
DECISION_ROUNDS_MAX = 20
DECISION_LENGTH_MAX = 1_000
DECISION_WHY_LENGTH_MAX = 5_000

Ideas = Annotated[tuple[Uuid, ...], Field(max_length=DECISION_IDEAS_MAX), Ascending]
Rounds = Annotated[tuple[Uuid, ...], Field(max_length=DECISION_ROUNDS_MAX), Ascending]


class DecisionRecorded(Event):
    """`ideas` and `rounds` led to it; a decision may also rest on neither, and `why` says on what."""

    NAME: ClassVar[str] = "DecisionRecorded.v1"
    AGGREGATE: ClassVar[Aggregate] = "decision"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("what", "why")

    ideas: Ideas = ()
    rounds: Rounds = ()
    what: Sealed
    why: Sealed


class DecisionAmended(Event):
    """The whole decision as it is from here on, and the reason for the change; what it was before stays on the record."""

    NAME: ClassVar[str] = "DecisionAmended.v1"
    AGGREGATE: ClassVar[Aggregate] = "decision"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("reason", "what", "why")

    ideas: Ideas = ()
    reason: Sealed
    rounds: Rounds = ()
    what: Sealed
    why: Sealed


@dataclass(frozen=True, slots=True)
class Decision:
    """`text_at` is the position of the standing wording."""

    text_at: int
    ideas: tuple[str, ...]
    rounds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDecision(Command):
    decision: str
    what: Sealed
    why: Sealed
    ideas: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendDecision(Command):
    decision: str
    reason: Sealed
    what: Sealed
    why: Sealed
    ideas: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()


@decides(RecordDecision)
def record_decision(command: RecordDecision, state: "WorkshopState", now: int) -> Events:
    """Also after the workshop has closed: many decisions are taken on the days that follow."""
    state.require_facilitator(command.actor)
    state.require_status("given a decision", "open", "closed")
    if command.decision in state.decisions:
        raise DecisionStateConflict(status="recorded", wanted="recorded again")
    _require_grounds(state, command)
    state.require_room("decisions", len(state.decisions), DECISIONS_MAX)
    recorded = DecisionRecorded(
        ideas=command.ideas, rounds=command.rounds, what=command.what, why=command.why
    )
    return [Pending(command.decision, recorded)]


@decides(AmendDecision)
def amend_decision(command: AmendDecision, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    state.require_status("given an amended decision", "open", "closed")
    if command.decision not in state.decisions:
        raise DecisionNotFound(decision=command.decision)
    _require_grounds(state, command)
    amended = DecisionAmended(
        ideas=command.ideas,
        reason=command.reason,
        rounds=command.rounds,
        what=command.what,
        why=command.why,
    )
    return [Pending(command.decision, amended)]


def _require_grounds(state: "WorkshopState", command: RecordDecision | AmendDecision) -> None:
    """Ideas that everybody knows of, and results that stand: a vote without a certificate has led to nothing yet."""
    for idea_id in command.ideas:
        idea = find_idea(state, idea_id)
        if idea.status in ("waiting", "hidden"):
            raise IdeaStateConflict(status=idea.status, wanted="named as what led to a decision")
    for round_id in command.rounds:
        row = find_round(state, round_id)
        if row.status != "certified":
            raise RoundStateConflict(status=row.status, wanted="named as what led to a decision")


@evolves(DecisionRecorded)
def decision_recorded(state: "WorkshopState", recorded: Recorded, event: DecisionRecorded) -> None:
    _stand(state, recorded, event)


@evolves(DecisionAmended)
def decision_amended(state: "WorkshopState", recorded: Recorded, event: DecisionAmended) -> None:
    _stand(state, recorded, event)


def _stand(state: "WorkshopState", recorded: Recorded, event: DecisionRecorded | DecisionAmended) -> None:
    state.decisions.put(recorded.aggregate, Decision(recorded.position, event.ideas, event.rounds))
