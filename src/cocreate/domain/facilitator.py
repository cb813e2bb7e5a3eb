"""Facilitators: who runs a workshop. There is always at least one."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    LastFacilitator,
    ParticipantNotFound,
)
from cocreate.domain.messages import (
    Aggregate,
    Command,
    Event,
    Pending,
    Pseudonym,
    Recorded,
)

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

FACILITATORS_MAX = 50


class FacilitatorAdded(Event):
    NAME: ClassVar[str] = "FacilitatorAdded.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    facilitator: Pseudonym


class FacilitatorRemoved(Event):
    NAME: ClassVar[str] = "FacilitatorRemoved.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    facilitator: Pseudonym


@dataclass(frozen=True, slots=True, kw_only=True)
class AddFacilitator(Command):
    facilitator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveFacilitator(Command):
    facilitator: str


@decides(AddFacilitator)
def add_facilitator(command: AddFacilitator, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    if command.facilitator in state.workshop.facilitators:
        return []
    state.require_room("facilitators", len(state.workshop.facilitators), FACILITATORS_MAX)
    return [Pending(state.workshop.id, FacilitatorAdded(facilitator=command.facilitator))]


@decides(RemoveFacilitator)
def remove_facilitator(command: RemoveFacilitator, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    if command.facilitator not in state.workshop.facilitators:
        raise ParticipantNotFound(participant=command.facilitator)
    if len(state.workshop.facilitators) == 1:
        raise LastFacilitator()
    return [Pending(state.workshop.id, FacilitatorRemoved(facilitator=command.facilitator))]


@evolves(FacilitatorAdded)
def facilitator_added(state: "WorkshopState", recorded: Recorded, event: FacilitatorAdded) -> None:
    state.workshop = replace(state.workshop, facilitators=state.workshop.facilitators | {event.facilitator})


@evolves(FacilitatorRemoved)
def facilitator_removed(state: "WorkshopState", recorded: Recorded, event: FacilitatorRemoved) -> None:
    state.workshop = replace(state.workshop, facilitators=state.workshop.facilitators - {event.facilitator})
