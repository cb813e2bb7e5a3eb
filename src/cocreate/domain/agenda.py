"""Agenda: a workshop's activities, in any order, any number of times; the current one decides what people may do."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    ActivityConflict,
    ActivityNotFound,
    AgendaMalformed,
    NotNow,
)
from cocreate.domain.messages import (
    Aggregate,
    Command,
    Event,
    Facts,
    Pending,
    Recorded,
    Sealed,
    Subject,
    Uuid,
)

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

ACTIVITIES_MAX = 40
ACTIVITY_GRACE_MS_MAX = 600_000
ACTIVITY_TITLE_LENGTH_MAX = 200

ActivityKind = Literal["welcome", "collect", "discuss", "cluster", "vote", "decide", "break"]

TAKES: dict[str, frozenset[ActivityKind]] = {
    "ideas": frozenset({"collect"}),
    "comments": frozenset({"collect", "discuss", "cluster", "decide"}),
}
"""In which activities participants may send what; an empty agenda takes everything. Ballots need an open round instead."""


class Activity(Facts):
    """`grace_ms`: how long after its end the activity still takes what it took."""

    grace_ms: Annotated[int, Field(ge=0, le=ACTIVITY_GRACE_MS_MAX)] = 0
    id: Uuid
    kind: ActivityKind
    minutes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    title: Sealed | None = None


class AgendaChanged(Event):
    NAME: ClassVar[str] = "AgendaChanged.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("activities.title",)

    activities: Annotated[tuple[Activity, ...], Field(max_length=ACTIVITIES_MAX)]


class ActivityStarted(Event):
    NAME: ClassVar[str] = "ActivityStarted.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    activity: Uuid


class ActivityEnded(Event):
    NAME: ClassVar[str] = "ActivityEnded.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    activity: Uuid


@dataclass(frozen=True, slots=True)
class Agenda:
    activities: tuple[Activity, ...] = ()
    current: str | None = None
    ended: tuple[tuple[str, int], ...] = ()
    """(activity, when it last ended), ascending by activity: several may be in their grace at once."""

    def activity(self, activity_id: str) -> Activity | None:
        return next((one for one in self.activities if one.id == activity_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAgenda(Command):
    activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartActivity(Command):
    activity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndActivity(Command):
    activity: str


@decides(ChangeAgenda)
def change_agenda(command: ChangeAgenda, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    state.require_status("given an agenda", "scheduled", "open", "closed")
    ids = [activity.id for activity in command.activities]
    if len(set(ids)) < len(ids):
        raise AgendaMalformed(problem="two activities have the same id")
    current = state.workshop.agenda.current
    if current is not None and current not in ids:
        raise AgendaMalformed(problem="the current activity is missing; end it first")
    if command.activities == state.workshop.agenda.activities:
        return []
    return [Pending(state.workshop.id, AgendaChanged(activities=command.activities))]


@decides(StartActivity)
def start_activity(command: StartActivity, state: "WorkshopState", now: int) -> Events:
    """Starting one activity ends the current one; going back to an earlier one loses nothing."""
    state.require_facilitator(command.actor)
    state.require_open()
    agenda = state.workshop.agenda
    if agenda.activity(command.activity) is None:
        raise ActivityNotFound(activity=command.activity)
    if agenda.current == command.activity:
        return []
    return [*end_current(state), Pending(state.workshop.id, ActivityStarted(activity=command.activity))]


@decides(EndActivity)
def end_activity(command: EndActivity, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    agenda = state.workshop.agenda
    if agenda.activity(command.activity) is None:
        raise ActivityNotFound(activity=command.activity)
    if agenda.current != command.activity:
        if command.activity in dict(agenda.ended):
            return []
        raise ActivityConflict(activity=command.activity, wanted="ended", problem="it is not the current one")
    return end_current(state)


def end_current(state: "WorkshopState") -> Events:
    """The event that ends the current activity, if there is one."""
    current = state.workshop.agenda.current
    return [] if current is None else [Pending(state.workshop.id, ActivityEnded(activity=current))]


def require_activity(state: "WorkshopState", wanted: str, now: int) -> None:
    """Refuse what neither the current activity takes nor one in the grace after its end."""
    agenda = state.workshop.agenda
    if not agenda.activities:
        return
    kinds = set()
    ended = dict(agenda.ended)
    for activity in agenda.activities:
        in_grace = activity.id in ended and now <= ended[activity.id] + activity.grace_ms
        if in_grace or activity.id == agenda.current:
            kinds.add(activity.kind)
    if not kinds & TAKES[wanted]:
        raise NotNow(wanted=wanted, activity=", ".join(sorted(kinds)) or "none")


@evolves(AgendaChanged)
def agenda_changed(state: "WorkshopState", recorded: Recorded, event: AgendaChanged) -> None:
    agenda = state.workshop.agenda
    kept = {activity.id for activity in event.activities}
    ended = tuple(one for one in agenda.ended if one[0] in kept)
    _set(state, replace(agenda, activities=event.activities, ended=ended))


@evolves(ActivityStarted)
def activity_started(state: "WorkshopState", recorded: Recorded, event: ActivityStarted) -> None:
    _set(state, replace(state.workshop.agenda, current=event.activity))


@evolves(ActivityEnded)
def activity_ended(state: "WorkshopState", recorded: Recorded, event: ActivityEnded) -> None:
    agenda = state.workshop.agenda
    ended = dict(agenda.ended) | {event.activity: recorded.time}
    _set(state, replace(agenda, current=None, ended=tuple(sorted(ended.items()))))


def _set(state: "WorkshopState", agenda: Agenda) -> None:
    state.workshop = replace(state.workshop, agenda=agenda)
