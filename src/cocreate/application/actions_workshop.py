"""What people ask of a workshop as a whole: its life, settings, agenda and facilitators."""

from typing import Annotated, ClassVar

from pydantic import Field

from cocreate.application.drafting import Action, Draft
from cocreate.application.wording import ActivityTitle, Note, Purpose, Title
from cocreate.domain import agenda, facilitator, settings, workshop
from cocreate.domain.agenda import (
    ACTIVITIES_MAX,
    ACTIVITY_GRACE_MS_MAX,
    ActivityKind,
)
from cocreate.domain.messages import Command, Language, Millis, Pseudonym, Uuid
from cocreate.domain.settings import Settings


class CreateWorkshop(Action):
    """Schedule a workshop; whoever does it becomes its first facilitator."""

    NAME: ClassVar[str] = "create_workshop"

    title: Title
    host: Title
    city: Title | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    place: Title | None = None
    purpose: Purpose | None = None
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=30)] = ("en",)
    starts_at: Millis
    ends_at: Millis
    settings: Settings = Settings()


class RescheduleWorkshop(Action):
    """Move the workshop to other times."""

    NAME: ClassVar[str] = "reschedule_workshop"

    starts_at: Millis
    ends_at: Millis

    def command(self, draft: Draft) -> Command:
        return workshop.RescheduleWorkshop(actor=draft.actor, starts_at=self.starts_at, ends_at=self.ends_at)


class CancelWorkshop(Action):
    """Call the workshop off before it was opened."""

    NAME: ClassVar[str] = "cancel_workshop"

    note: Note | None = None

    def command(self, draft: Draft) -> Command:
        return workshop.CancelWorkshop(actor=draft.actor, note=draft.seal_optional(self.note))


class OpenWorkshop(Action):
    """Let participants begin."""

    NAME: ClassVar[str] = "open_workshop"

    def command(self, draft: Draft) -> Command:
        return workshop.OpenWorkshop(actor=draft.actor)


class CloseWorkshop(Action):
    """End the workshop; its current activity ends and its open rounds close."""

    NAME: ClassVar[str] = "close_workshop"

    def command(self, draft: Draft) -> Command:
        return workshop.CloseWorkshop(actor=draft.actor)


class ReopenWorkshop(Action):
    """Reopen a closed workshop for discussion and new rounds."""

    NAME: ClassVar[str] = "reopen_workshop"

    reason: Note

    def command(self, draft: Draft) -> Command:
        return workshop.ReopenWorkshop(actor=draft.actor, reason=draft.seal(self.reason))


class SealRecord(Action):
    """End the record of a closed workshop; only erasures and news of commitments may follow."""

    NAME: ClassVar[str] = "seal_record"

    def command(self, draft: Draft) -> Command:
        return workshop.SealRecord(actor=draft.actor)


class ChangeSettings(Action):
    """Replace the workshop's settings."""

    NAME: ClassVar[str] = "change_settings"

    settings: Settings

    def command(self, draft: Draft) -> Command:
        return settings.ChangeSettings(actor=draft.actor, settings=self.settings)


class ActivityDraft(Action):
    """One activity of an agenda; without an id it is a new one."""

    NAME: ClassVar[str] = "activity"

    id: Uuid | None = None
    kind: ActivityKind
    title: ActivityTitle | None = None
    minutes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    grace_ms: Annotated[int, Field(ge=0, le=ACTIVITY_GRACE_MS_MAX)] = 0


class ChangeAgenda(Action):
    """Replace the agenda; activities that stay keep their id."""

    NAME: ClassVar[str] = "change_agenda"

    activities: Annotated[tuple[ActivityDraft, ...], Field(max_length=ACTIVITIES_MAX)]

    def command(self, draft: Draft) -> Command:
        activities = tuple(
            agenda.Activity(
                grace_ms=one.grace_ms,
                id=one.id or draft.new_id(),
                kind=one.kind,
                minutes=one.minutes,
                title=draft.seal_optional(one.title),
            )
            for one in self.activities
        )
        return agenda.ChangeAgenda(actor=draft.actor, activities=activities)


class StartActivity(Action):
    """Make an activity the current one; any order, any number of times."""

    NAME: ClassVar[str] = "start_activity"

    activity: Uuid

    def command(self, draft: Draft) -> Command:
        return agenda.StartActivity(actor=draft.actor, activity=self.activity)


class EndActivity(Action):
    """End the current activity without starting another."""

    NAME: ClassVar[str] = "end_activity"

    activity: Uuid

    def command(self, draft: Draft) -> Command:
        return agenda.EndActivity(actor=draft.actor, activity=self.activity)


class AddFacilitator(Action):
    """Give a second person the facilitator's role; the answer carries a one-time link for them."""

    NAME: ClassVar[str] = "add_facilitator"

    def command(self, draft: Draft) -> Command:
        return facilitator.AddFacilitator(actor=draft.actor, facilitator=draft.new_pseudonym())


class RemoveFacilitator(Action):
    """Take the facilitator's role back; the last one stays."""

    NAME: ClassVar[str] = "remove_facilitator"

    facilitator: Pseudonym

    def command(self, draft: Draft) -> Command:
        return facilitator.RemoveFacilitator(actor=draft.actor, facilitator=self.facilitator)
