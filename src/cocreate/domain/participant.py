"""Participant: joining, names, consent, roles, leaving."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    NotAFacilitator,
    NotAScribe,
    ParticipantNotFound,
    ParticipantStateConflict,
    WorkshopNotOpen,
    WorkshopStateConflict,
)
from cocreate.domain.messages import Aggregate, Command, Event, Millis, Pending, Recorded, Sealed, Subject

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

PARTICIPANTS_MAX = 100_000
NAME_LENGTH_MAX = 80
TERMS_VERSION = 1
"""The version of the terms that people consent to on joining."""

How = Literal["open_code", "scribe", "imported"]
Role = Literal["participant", "scribe"]
Status = Literal["present", "left", "removed", "erased"]
RemovalReason = Literal["conduct", "duplicate", "not_eligible", "other"]


class ParticipantJoined(Event):
    NAME: ClassVar[str] = "ParticipantJoined.v1"
    AGGREGATE: ClassVar[Aggregate] = "participant"

    claimed_at: Millis | None = None
    how: How


class NameGiven(Event):
    NAME: ClassVar[str] = "NameGiven.v1"
    AGGREGATE: ClassVar[Aggregate] = "participant"
    SUBJECT: ClassVar[Subject] = "aggregate"
    SEALED: ClassVar[tuple[str, ...]] = ("name",)

    name: Sealed


class ConsentGiven(Event):
    NAME: ClassVar[str] = "ConsentGiven.v1"
    AGGREGATE: ClassVar[Aggregate] = "participant"

    terms: Annotated[int, Field(ge=1, le=1000)]


class RoleGranted(Event):
    NAME: ClassVar[str] = "RoleGranted.v1"
    AGGREGATE: ClassVar[Aggregate] = "participant"

    role: Role


class ParticipantLeft(Event):
    NAME: ClassVar[str] = "ParticipantLeft.v1"
    AGGREGATE: ClassVar[Aggregate] = "participant"


class ParticipantRemoved(Event):
    NAME: ClassVar[str] = "ParticipantRemoved.v1"
    AGGREGATE: ClassVar[Aggregate] = "participant"

    reason: RemovalReason


class ParticipantReadmitted(Event):
    NAME: ClassVar[str] = "ParticipantReadmitted.v1"
    AGGREGATE: ClassVar[Aggregate] = "participant"


@dataclass(frozen=True, slots=True)
class Participant:
    how: How
    role: Role = "participant"
    status: Status = "present"
    gone_at: int | None = None
    """The position since which the participant is not present."""


@dataclass(frozen=True, slots=True)
class Authored:
    """How much one participant has written, against the limits."""

    ideas: int = 0
    comments: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinWorkshop(Command):
    """The actor is the new participant; `scribe` names who enters a person without a device."""

    how: How
    name: Sealed | None = None
    scribe: str | None = None
    claimed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveName(Command):
    participant: str
    name: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole(Command):
    participant: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveWorkshop(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveParticipant(Command):
    participant: str
    reason: RemovalReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadmitParticipant(Command):
    participant: str


@decides(JoinWorkshop)
def join_workshop(command: JoinWorkshop, state: "WorkshopState", now: int) -> Events:
    """An imported participant joins without consent; everybody else consents on joining."""
    state.require_unsealed()
    _require_door(command, state)
    held = state.participants.get(command.actor)
    if held is not None:
        raise ParticipantStateConflict(status=held.status, wanted="joined again")
    state.require_room("participants", len(state.participants), PARTICIPANTS_MAX)
    events: list[Event] = [ParticipantJoined(claimed_at=command.claimed_at, how=command.how)]
    if command.how != "imported":
        events.append(ConsentGiven(terms=TERMS_VERSION))
    if command.name is not None:
        events.append(NameGiven(name=command.name))
    return [Pending(command.actor, event) for event in events]


def _require_door(command: JoinWorkshop, state: "WorkshopState") -> None:
    """Open the way in that the command names, or refuse it."""
    if state.workshop.status not in ("scheduled", "open"):
        raise WorkshopNotOpen(status=state.workshop.status)
    if command.how == "imported":
        if not state.workshop.importing:
            raise WorkshopStateConflict(status="not importing", wanted="joined by an import")
    elif command.how == "scribe":
        if command.scribe is None or not state.is_scribe(command.scribe):
            raise NotAScribe()
    elif state.workshop.settings.join == "closed":
        raise WorkshopStateConflict(status="closed to new participants", wanted="joined")


@decides(GiveName)
def give_name(command: GiveName, state: "WorkshopState", now: int) -> Events:
    state.require_unsealed()
    state.require_author(command.actor, command.participant)
    return [Pending(command.participant, NameGiven(name=command.name))]


@decides(GrantRole)
def grant_role(command: GrantRole, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    row = _row(state, command.participant)
    if row.status != "present":
        raise ParticipantStateConflict(status=row.status, wanted="given a role")
    if row.role == command.role:
        return []
    return [Pending(command.participant, RoleGranted(role=command.role))]


@decides(LeaveWorkshop)
def leave_workshop(command: LeaveWorkshop, state: "WorkshopState", now: int) -> Events:
    state.require_unsealed()
    status = _row(state, command.actor).status
    if status == "left":
        return []
    if status != "present":
        raise ParticipantStateConflict(status=status, wanted="gone")
    return [Pending(command.actor, ParticipantLeft())]


@decides(RemoveParticipant)
def remove_participant(command: RemoveParticipant, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    status = _row(state, command.participant).status
    if status == "removed":
        return []
    if status == "erased":
        raise ParticipantStateConflict(status=status, wanted="removed")
    return [Pending(command.participant, ParticipantRemoved(reason=command.reason))]


@decides(ReadmitParticipant)
def readmit_participant(command: ReadmitParticipant, state: "WorkshopState", now: int) -> Events:
    """A facilitator readmits anybody who was removed or left; those who left may also come back by themselves."""
    state.require_unsealed()
    status = _row(state, command.participant).status
    if status == "present":
        return []
    if status == "erased":
        raise ParticipantStateConflict(status=status, wanted="readmitted")
    back_by_themselves = command.actor == command.participant and status == "left"
    if not back_by_themselves and command.actor not in state.workshop.facilitators:
        raise NotAFacilitator()
    return [Pending(command.participant, ParticipantReadmitted())]


@evolves(ParticipantJoined)
def participant_joined(state: "WorkshopState", recorded: Recorded, event: ParticipantJoined) -> None:
    state.participants.put(recorded.aggregate, Participant(how=event.how))


@evolves(NameGiven)
def name_given(state: "WorkshopState", recorded: Recorded, event: NameGiven) -> None:
    """Names are sealed: no rule looks at them."""


@evolves(ConsentGiven)
def consent_given(state: "WorkshopState", recorded: Recorded, event: ConsentGiven) -> None:
    """Consent is a fact for the reader of the record: no rule looks at it."""


@evolves(RoleGranted)
def role_granted(state: "WorkshopState", recorded: Recorded, event: RoleGranted) -> None:
    state.participants.put(
        recorded.aggregate, replace(state.participants[recorded.aggregate], role=event.role)
    )


@evolves(ParticipantLeft)
def participant_left(state: "WorkshopState", recorded: Recorded, event: ParticipantLeft) -> None:
    set_status(state, recorded, "left")


@evolves(ParticipantRemoved)
def participant_removed(state: "WorkshopState", recorded: Recorded, event: ParticipantRemoved) -> None:
    set_status(state, recorded, "removed")


@evolves(ParticipantReadmitted)
def participant_readmitted(state: "WorkshopState", recorded: Recorded, event: ParticipantReadmitted) -> None:
    set_status(state, recorded, "present")


def set_status(state: "WorkshopState", recorded: Recorded, status: Status) -> None:
    row = state.participants[recorded.aggregate]
    gone_at = recorded.position if row.gone_at is None else row.gone_at
    row = replace(row, status=status, gone_at=None if status == "present" else gone_at)
    state.participants.put(recorded.aggregate, row)


def _row(state: "WorkshopState", participant: str) -> Participant:
    row = state.participants.get(participant)
    if row is None:
        raise ParticipantNotFound(participant=participant)
    return row
