"""The workshop's own item."""

from cocreate.domain.erasure import TextErased
from cocreate.domain.facilitator import FacilitatorAdded, FacilitatorRemoved
from cocreate.domain.genesis import Genesis, ImportCompleted, RecordStarted, SuccessorStarted
from cocreate.domain.messages import Recorded
from cocreate.domain.settings import Settings, SettingsChanged
from cocreate.domain.workshop import (
    RecordSealed,
    WorkshopCancelled,
    WorkshopClosed,
    WorkshopOpened,
    WorkshopReopened,
    WorkshopRescheduled,
    WorkshopScheduled,
)
from cocreate.projections.changes import Changes
from cocreate.projections.handlers import Handlers


class WorkshopFold:
    """`scheduled_at`, `note_at` and `reason_at` are the positions whose entries sealed the texts."""

    def __init__(self) -> None:
        self.id = ""
        self.started: Genesis | None = None
        self.scheduled: WorkshopScheduled | None = None
        self.scheduled_at = 0
        self.status = "unborn"
        self.starts_at = 0
        self.ends_at = 0
        self.settings = Settings()
        self.facilitators: set[str] = set()
        self.incomplete = False
        self.note_at: int | None = None
        self.reason_at: int | None = None
        self.changes = Changes()

    def handlers(self) -> Handlers:
        return {
            RecordStarted: self._record_started,
            SuccessorStarted: self._record_started,
            WorkshopScheduled: self._scheduled,
            WorkshopRescheduled: self._rescheduled,
            WorkshopCancelled: self._cancelled,
            WorkshopOpened: self._opened,
            WorkshopClosed: self._closed,
            WorkshopReopened: self._reopened,
            RecordSealed: self._sealed,
            SettingsChanged: self._settings_changed,
            FacilitatorAdded: self._facilitator_added,
            FacilitatorRemoved: self._facilitator_removed,
            ImportCompleted: self._import_completed,
            TextErased: self._text_erased,
        }

    def _touch(self, recorded: Recorded) -> None:
        self.changes.touch(self.id, recorded.position)

    def _record_started(self, recorded: Recorded, event: Genesis) -> None:
        """Not an item yet: a workshop is seen from its scheduling on."""
        self.id = recorded.aggregate
        self.started = event
        self.incomplete = event.source is not None

    def _scheduled(self, recorded: Recorded, event: WorkshopScheduled) -> None:
        self.status = "scheduled"
        self.scheduled = event
        self.scheduled_at = recorded.position
        self.starts_at, self.ends_at = event.starts_at, event.ends_at
        self.settings = event.settings
        self._touch(recorded)

    def _rescheduled(self, recorded: Recorded, event: WorkshopRescheduled) -> None:
        self.starts_at, self.ends_at = event.starts_at, event.ends_at
        self._touch(recorded)

    def _cancelled(self, recorded: Recorded, event: WorkshopCancelled) -> None:
        self.status = "cancelled"
        if event.note is not None:
            self.note_at = recorded.position
        self._touch(recorded)

    def _opened(self, recorded: Recorded, _: WorkshopOpened) -> None:
        self.status = "open"
        self._touch(recorded)

    def _closed(self, recorded: Recorded, _: WorkshopClosed) -> None:
        self.status = "closed"
        self._touch(recorded)

    def _reopened(self, recorded: Recorded, _: WorkshopReopened) -> None:
        self.status = "open"
        self.reason_at = recorded.position
        self._touch(recorded)

    def _sealed(self, recorded: Recorded, _: RecordSealed) -> None:
        self.status = "sealed"
        self._touch(recorded)

    def _settings_changed(self, recorded: Recorded, event: SettingsChanged) -> None:
        self.settings = event.settings
        self._touch(recorded)

    def _facilitator_added(self, recorded: Recorded, event: FacilitatorAdded) -> None:
        self.facilitators.add(event.facilitator)
        self._touch(recorded)

    def _facilitator_removed(self, recorded: Recorded, event: FacilitatorRemoved) -> None:
        self.facilitators.discard(event.facilitator)
        self._touch(recorded)

    def _import_completed(self, recorded: Recorded, _: ImportCompleted) -> None:
        self.incomplete = False
        self._touch(recorded)

    def _text_erased(self, recorded: Recorded, event: TextErased) -> None:
        if event.position in (self.scheduled_at, self.note_at, self.reason_at):
            self._touch(recorded)
