"""Erasure: a text, or everything a person wrote, goes for good; what the record proves stays as it was."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import StringConstraints

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import NotTheAuthor, ParticipantNotFound, TextNotFound
from cocreate.domain.messages import Aggregate, Command, Event, Pending, Position, Recorded
from cocreate.domain.participant import set_status

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

ErasureReason = Literal["requested", "personal_content", "unlawful", "retention_ended"]
ErasureRole = Literal["subject", "facilitator"]
FieldPath = Annotated[
    str, StringConstraints(pattern=r"^[a-z_]{1,20}(\.([a-z_]{1,20}|0|[1-9][0-9]{0,2})){0,3}$")
]


class TextErased(Event):
    """The sealed rows of `field` of the entry at `position`, in every language, are deleted with this entry."""

    NAME: ClassVar[str] = "TextErased.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    field: FieldPath
    position: Position
    reason: ErasureReason
    role: ErasureRole


class SubjectErased(Event):
    """The subject's key, sealed rows and identity are deleted with this entry; its aggregate is the pseudonym."""

    NAME: ClassVar[str] = "SubjectErased.v1"
    AGGREGATE: ClassVar[Aggregate] = "participant"

    reason: ErasureReason
    role: ErasureRole


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseText(Command):
    """`subject` is whose key seals the text; the border found both text and subject."""

    position: int
    field: str
    subject: str
    reason: ErasureReason


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseSubject(Command):
    subject: str
    reason: ErasureReason


@decides(EraseText)
def erase_text(command: EraseText, state: "WorkshopState", now: int) -> Events:
    role = _role(state, command.actor, command.subject)
    if command.position >= state.size:
        raise TextNotFound(position=command.position, field=command.field)
    if (command.position, command.field) in state.erased:
        return []
    erased = TextErased(field=command.field, position=command.position, reason=command.reason, role=role)
    return [Pending(state.workshop.id, erased)]


@decides(EraseSubject)
def erase_subject(command: EraseSubject, state: "WorkshopState", now: int) -> Events:
    role = _role(state, command.actor, command.subject)
    row = state.participants.get(command.subject)
    if row is None:
        raise ParticipantNotFound(participant=command.subject)
    if row.status == "erased":
        return []
    return [Pending(command.subject, SubjectErased(reason=command.reason, role=role))]


@evolves(TextErased)
def text_erased(state: "WorkshopState", recorded: Recorded, event: TextErased) -> None:
    state.erased.put((event.position, event.field), event.reason)


@evolves(SubjectErased)
def subject_erased(state: "WorkshopState", recorded: Recorded, event: SubjectErased) -> None:
    set_status(state, recorded, "erased")


def _role(state: "WorkshopState", actor: str, subject: str) -> ErasureRole:
    """An erasure is possible on a sealed record too, by its subject or a facilitator."""
    if actor == subject:
        return "subject"
    if actor in state.workshop.facilitators:
        return "facilitator"
    raise NotTheAuthor()
