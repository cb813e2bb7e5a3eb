"""Who takes part, and how many."""

from dataclasses import dataclass

from cocreate.domain.erasure import SubjectErased, TextErased
from cocreate.domain.messages import Recorded
from cocreate.domain.participant import (
    NameGiven,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantReadmitted,
    ParticipantRemoved,
    RoleGranted,
)
from cocreate.domain.settings import Settings, SettingsChanged
from cocreate.domain.workshop import WorkshopScheduled
from cocreate.projections.changes import Changes
from cocreate.projections.handlers import Handlers

PARTICIPATION = "participation"
"""The key of the one item that counts everybody."""


@dataclass(slots=True)
class Person:
    """A participant; `name_at` is the position of the name that stands."""

    how: str
    joined_at: int
    claimed_at: int | None
    status: str = "present"
    role: str = "participant"
    name_at: int | None = None


class ParticipationFold:
    """`named_at` tells whose name an entry sealed; `statuses` counts people by status, last changed at `counted_at`."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.named_at: dict[int, str] = {}
        self.statuses = {"present": 0, "left": 0, "removed": 0, "erased": 0}
        self.scribes = 0
        self.changes = Changes()
        self.counted_at = -1
        self._settings = Settings()

    def handlers(self) -> Handlers:
        return {
            WorkshopScheduled: self._scheduled,
            SettingsChanged: self._settings_changed,
            ParticipantJoined: self._joined,
            NameGiven: self._name_given,
            RoleGranted: self._role_granted,
            ParticipantLeft: self._left,
            ParticipantRemoved: self._removed,
            ParticipantReadmitted: self._readmitted,
            SubjectErased: self._erased,
            TextErased: self._text_erased,
        }

    def _scheduled(self, recorded: Recorded, event: WorkshopScheduled) -> None:
        self._settings = event.settings
        self.counted_at = recorded.position

    def _settings_changed(self, recorded: Recorded, event: SettingsChanged) -> None:
        before, self._settings = self._settings, event.settings
        if before.facilitator_sees_names != event.settings.facilitator_sees_names:
            for key in self.people:
                self.changes.touch(key, recorded.position)

    def _joined(self, recorded: Recorded, event: ParticipantJoined) -> None:
        self.people[recorded.aggregate] = Person(event.how, recorded.time, event.claimed_at)
        self.statuses["present"] += 1
        self._touch(recorded)

    def _name_given(self, recorded: Recorded, _: NameGiven) -> None:
        self.people[recorded.aggregate].name_at = recorded.position
        self.named_at[recorded.position] = recorded.aggregate
        self.changes.touch(recorded.aggregate, recorded.position)

    def _role_granted(self, recorded: Recorded, event: RoleGranted) -> None:
        person = self.people[recorded.aggregate]
        self.scribes += (event.role == "scribe") - (person.role == "scribe")
        person.role = event.role
        self._touch(recorded)

    def _left(self, recorded: Recorded, _: ParticipantLeft) -> None:
        self._set_status(recorded, "left")

    def _removed(self, recorded: Recorded, _: ParticipantRemoved) -> None:
        self._set_status(recorded, "removed")

    def _readmitted(self, recorded: Recorded, _: ParticipantReadmitted) -> None:
        self._set_status(recorded, "present")

    def _erased(self, recorded: Recorded, _: SubjectErased) -> None:
        self._set_status(recorded, "erased")

    def _text_erased(self, recorded: Recorded, event: TextErased) -> None:
        named = self.named_at.get(event.position)
        if named is not None:
            self.changes.touch(named, recorded.position)

    def _set_status(self, recorded: Recorded, status: str) -> None:
        person = self.people[recorded.aggregate]
        self.statuses[person.status] -= 1
        self.statuses[status] += 1
        person.status = status
        self._touch(recorded)

    def _touch(self, recorded: Recorded) -> None:
        """The participant changed, and with them the counts."""
        self.changes.touch(recorded.aggregate, recorded.position)
        self.counted_at = recorded.position
