"""Answer: what those responsible say to an idea: accepted, rejected or under evaluation, with the reason and what it costs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import IdeaStateConflict
from cocreate.domain.idea import find_idea
from cocreate.domain.messages import Aggregate, Command, Event, Pending, Recorded, Sealed, Subject

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

ANSWER_REASON_LENGTH_MAX = 5_000
ANSWER_COST_MAX = 10**12

Verdict = Literal["accepted", "rejected", "under_evaluation"]
Amount = tuple[
    Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")], Annotated[int, Field(ge=0, le=ANSWER_COST_MAX)]
]
"""(ISO 4217 currency, amount in its minor units)."""


class IdeaAnswered(Event):
    """The answer that stands from here on; earlier ones stay on the record."""

    NAME: ClassVar[str] = "IdeaAnswered.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)

    answer: Verdict
    cost: Amount | None = None
    reason: Sealed


@dataclass(frozen=True, slots=True)
class Answer:
    """`at` is the position of the standing answer."""

    answer: Verdict
    at: int
    cost: Amount | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerIdea(Command):
    idea: str
    answer: Verdict
    reason: Sealed
    cost: Amount | None = None


@decides(AnswerIdea)
def answer_idea(command: AnswerIdea, state: "WorkshopState", now: int) -> Events:
    """An idea that its author took back or a moderator hid needs no answer: what became of it is known."""
    state.require_facilitator(command.actor)
    state.require_status("given an answer to an idea", "open", "closed")
    idea = find_idea(state, command.idea)
    if idea.status != "visible":
        raise IdeaStateConflict(status=idea.status, wanted="answered")
    answered = IdeaAnswered(answer=command.answer, cost=command.cost, reason=command.reason)
    return [Pending(command.idea, answered)]


@evolves(IdeaAnswered)
def idea_answered(state: "WorkshopState", recorded: Recorded, event: IdeaAnswered) -> None:
    state.answers.put(recorded.aggregate, Answer(event.answer, recorded.position, event.cost))
