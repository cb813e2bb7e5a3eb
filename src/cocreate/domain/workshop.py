"""Workshop: its genesis, settings, facilitators and life from scheduled to sealed."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from cocreate.domain.agenda import Agenda, end_current
from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    ImportIncomplete,
    RoundStateConflict,
    TimesMalformed,
)
from cocreate.domain.facilitator import FacilitatorAdded
from cocreate.domain.genesis import (
    Genesis,
    Predecessor,
    RecordStarted,
    Source,
    SuccessorStarted,
    require_predecessor,
)
from cocreate.domain.messages import (
    Aggregate,
    Command,
    Digest,
    Distinct,
    Event,
    Language,
    Millis,
    Pending,
    Recorded,
    Sealed,
    Subject,
)
from cocreate.domain.settings import Settings

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

TITLE_LENGTH_MAX = 200
PURPOSE_LENGTH_MAX = 5_000
NOTE_LENGTH_MAX = 1_000
"""Longest text in characters; texts are sealed, so the border holds these."""
UNSET_DIGEST = "0" * 64
"""What `decide` writes where the encoder sets the state digest."""
Status = Literal["unborn", "scheduled", "open", "closed", "cancelled", "sealed"]


class WorkshopScheduled(Event):
    NAME: ClassVar[str] = "WorkshopScheduled.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("city", "host", "place", "purpose", "title")

    city: Sealed | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    ends_at: Millis
    host: Sealed
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=30), Distinct]
    place: Sealed | None = None
    purpose: Sealed | None = None
    settings: Settings
    starts_at: Millis
    title: Sealed


class WorkshopRescheduled(Event):
    NAME: ClassVar[str] = "WorkshopRescheduled.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    ends_at: Millis
    starts_at: Millis


class WorkshopCancelled(Event):
    NAME: ClassVar[str] = "WorkshopCancelled.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("note",)

    note: Sealed | None = None


class WorkshopOpened(Event):
    NAME: ClassVar[str] = "WorkshopOpened.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"


class WorkshopClosed(Event):
    """`digest` is the state digest over everything before this entry."""

    NAME: ClassVar[str] = "WorkshopClosed.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    digest: Digest
    digest_version: Literal[1]


class WorkshopReopened(Event):
    NAME: ClassVar[str] = "WorkshopReopened.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("reason",)

    reason: Sealed


class RecordSealed(Event):
    NAME: ClassVar[str] = "RecordSealed.v1"
    AGGREGATE: ClassVar[Aggregate] = "workshop"

    digest: Digest
    digest_version: Literal[1]


@dataclass(frozen=True, slots=True)
class Workshop:
    """The workshop's own row of the decision state."""

    id: str = ""
    status: Status = "unborn"
    origin: str = ""
    source: Source | None = None
    predecessor: Predecessor | None = None
    importing: bool = False
    settings: Settings = field(default_factory=Settings)
    starts_at: int = 0
    ends_at: int = 0
    facilitators: frozenset[str] = frozenset()
    agenda: Agenda = field(default_factory=Agenda)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleWorkshop(Command):
    """Start a record, one that goes on from another where it names a `predecessor`; the actor becomes its first facilitator."""

    workshop: str
    origin: str
    vkey: str
    source: Source | None = None
    predecessor: Predecessor | None = None
    host: Sealed
    title: Sealed
    city: Sealed | None = None
    country: str | None = None
    place: Sealed | None = None
    purpose: Sealed | None = None
    languages: tuple[str, ...]
    starts_at: int
    ends_at: int
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RescheduleWorkshop(Command):
    starts_at: int
    ends_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelWorkshop(Command):
    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWorkshop(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseWorkshop(Command):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenWorkshop(Command):
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class SealRecord(Command):
    pass


@decides(ScheduleWorkshop)
def schedule_workshop(command: ScheduleWorkshop, state: "WorkshopState", now: int) -> Events:
    state.require_status("scheduled", "unborn")
    _require_times(command.starts_at, command.ends_at)
    scheduled = WorkshopScheduled(
        city=command.city,
        country=command.country,
        ends_at=command.ends_at,
        host=command.host,
        languages=command.languages,
        place=command.place,
        purpose=command.purpose,
        settings=command.settings,
        starts_at=command.starts_at,
        title=command.title,
    )
    events = (_started(command), scheduled, FacilitatorAdded(facilitator=command.actor))
    return [Pending(command.workshop, event) for event in events]


def _started(command: ScheduleWorkshop) -> Genesis:
    if command.predecessor is None:
        return RecordStarted(
            digest=1,
            format=1,
            origin=command.origin,
            source=command.source,
            tree="rfc6962-sha256",
            vkey=command.vkey,
        )
    require_predecessor(command.predecessor, command.origin)
    return SuccessorStarted(
        digest=1,
        format=1,
        origin=command.origin,
        predecessor=command.predecessor,
        source=command.source,
        tree="rfc6962-sha256",
        vkey=command.vkey,
    )


@decides(RescheduleWorkshop)
def reschedule_workshop(command: RescheduleWorkshop, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    state.require_status("rescheduled", "scheduled", "open")
    _require_times(command.starts_at, command.ends_at)
    if (command.starts_at, command.ends_at) == (state.workshop.starts_at, state.workshop.ends_at):
        return []
    return _on(state, WorkshopRescheduled(ends_at=command.ends_at, starts_at=command.starts_at))


@decides(CancelWorkshop)
def cancel_workshop(command: CancelWorkshop, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    if state.workshop.status == "cancelled":
        return []
    state.require_status("cancelled", "scheduled")
    return _on(state, WorkshopCancelled(note=command.note))


@decides(OpenWorkshop)
def open_workshop(command: OpenWorkshop, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    if state.workshop.status == "open":
        return []
    state.require_status("opened", "scheduled")
    return _on(state, WorkshopOpened())


@decides(CloseWorkshop)
def close_workshop(command: CloseWorkshop, state: "WorkshopState", now: int) -> Events:
    """Closing the workshop ends the current activity and closes every open round first."""
    from cocreate.domain.round import (
        RoundClosed,  # the round's rules look at the workshop's; only this one looks back
    )

    state.require_facilitator(command.actor)
    if state.workshop.status == "closed":
        return []
    state.require_status("closed", "open")
    if state.workshop.importing:
        raise ImportIncomplete()
    rounds = [
        Pending(round_id, RoundClosed(because="workshop_closed"))
        for round_id, row in state.rounds.items()
        if row.status == "open"
    ]
    closed = WorkshopClosed(digest=UNSET_DIGEST, digest_version=1)
    return [*end_current(state), *rounds, *_on(state, closed)]


@decides(ReopenWorkshop)
def reopen_workshop(command: ReopenWorkshop, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    if state.workshop.status == "open":
        return []
    state.require_status("reopened", "closed")
    return _on(state, WorkshopReopened(reason=command.reason))


@decides(SealRecord)
def seal_record(command: SealRecord, state: "WorkshopState", now: int) -> Events:
    """A round that waits for its certificate would never get one, nor a contest its answer."""
    if state.workshop.status == "sealed" and command.actor in state.workshop.facilitators:
        return []
    state.require_facilitator(command.actor)
    state.require_status("sealed", "closed")
    if any(row.status == "closed" for row in state.rounds.values()):
        raise RoundStateConflict(status="closed", wanted="sealed with the record: certify or void it first")
    if any(row.verdict is not None and row.verdict.contested for row in state.rounds.values()):
        raise RoundStateConflict(status="contested", wanted="sealed with the record: certify it again first")
    return _on(state, RecordSealed(digest=UNSET_DIGEST, digest_version=1))


@evolves(WorkshopScheduled)
def workshop_scheduled(state: "WorkshopState", recorded: Recorded, event: WorkshopScheduled) -> None:
    state.workshop = replace(
        state.workshop,
        status="scheduled",
        settings=event.settings,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
    )


@evolves(WorkshopRescheduled)
def workshop_rescheduled(state: "WorkshopState", recorded: Recorded, event: WorkshopRescheduled) -> None:
    state.workshop = replace(state.workshop, starts_at=event.starts_at, ends_at=event.ends_at)


@evolves(WorkshopCancelled)
def workshop_cancelled(state: "WorkshopState", recorded: Recorded, event: WorkshopCancelled) -> None:
    state.workshop = replace(state.workshop, status="cancelled")


@evolves(WorkshopOpened)
def workshop_opened(state: "WorkshopState", recorded: Recorded, event: WorkshopOpened) -> None:
    state.workshop = replace(state.workshop, status="open")


@evolves(WorkshopClosed)
def workshop_closed(state: "WorkshopState", recorded: Recorded, event: WorkshopClosed) -> None:
    state.workshop = replace(state.workshop, status="closed")
    for round_id, row in state.rounds.items():
        if row.grace_until is not None:
            # Closing the workshop releases results, so no late ballot may count from here on, reopened or not.
            state.rounds.put(round_id, replace(row, grace_until=None))


@evolves(WorkshopReopened)
def workshop_reopened(state: "WorkshopState", recorded: Recorded, event: WorkshopReopened) -> None:
    state.workshop = replace(state.workshop, status="open")


@evolves(RecordSealed)
def record_sealed(state: "WorkshopState", recorded: Recorded, event: RecordSealed) -> None:
    state.workshop = replace(state.workshop, status="sealed")


def _on(state: "WorkshopState", event: Event) -> Events:
    return [Pending(state.workshop.id, event)]


def _require_times(starts_at: int, ends_at: int) -> None:
    if ends_at <= starts_at:
        raise TimesMalformed(starts_at=starts_at, ends_at=ends_at)
