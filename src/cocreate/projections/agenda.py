"""The agenda's activities, each with how far it has come; an activity taken off the agenda leaves a mark behind."""

from dataclasses import dataclass

from cocreate.domain.agenda import Activity, ActivityEnded, ActivityStarted, AgendaChanged
from cocreate.domain.erasure import TextErased
from cocreate.domain.messages import Recorded
from cocreate.projections.changes import Changes
from cocreate.projections.handlers import Handlers


@dataclass(slots=True)
class Stage:
    """An activity and where it stands; `index` is its place in the agenda that sealed its title, None once it is removed."""

    activity: Activity
    index: int | None
    state: str = "ahead"
    started_at: int | None = None


class AgendaFold:
    """All titles are sealed with the last `AgendaChanged`, at position `agenda_at`."""

    def __init__(self) -> None:
        self.stages: dict[str, Stage] = {}
        self.agenda_at = 0
        self.changes = Changes()

    def handlers(self) -> Handlers:
        return {
            AgendaChanged: self._agenda_changed,
            ActivityStarted: self._activity_started,
            ActivityEnded: self._activity_ended,
            TextErased: self._text_erased,
        }

    def _agenda_changed(self, recorded: Recorded, event: AgendaChanged) -> None:
        """Every title has a new place, so every activity has changed."""
        before = self.stages
        self.stages = {}
        for index, activity in enumerate(event.activities):
            stage = before.pop(activity.id, None) or Stage(activity, index)
            stage.activity, stage.index = activity, index
            self.stages[activity.id] = stage
        for key, removed in before.items():
            removed.index = None
            self.stages[key] = removed
        self.agenda_at = recorded.position
        for key in self.stages:
            self.changes.touch(key, recorded.position)

    def _activity_started(self, recorded: Recorded, event: ActivityStarted) -> None:
        stage = self.stages[event.activity]
        stage.state, stage.started_at = "current", recorded.time
        self.changes.touch(event.activity, recorded.position)

    def _activity_ended(self, recorded: Recorded, event: ActivityEnded) -> None:
        self.stages[event.activity].state = "done"
        self.changes.touch(event.activity, recorded.position)

    def _text_erased(self, recorded: Recorded, event: TextErased) -> None:
        if event.position != self.agenda_at:
            return
        for key, stage in self.stages.items():
            if event.field == f"activities.{stage.index}.title":
                self.changes.touch(key, recorded.position)
