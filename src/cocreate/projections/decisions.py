"""Decisions with all their wordings, and which of them an idea or a round has led to."""

from dataclasses import dataclass, field

from cocreate.domain.decision import DecisionAmended, DecisionRecorded
from cocreate.domain.erasure import TextErased
from cocreate.domain.messages import Recorded
from cocreate.projections.changes import Changes
from cocreate.projections.handlers import Handlers


@dataclass(frozen=True, slots=True)
class Wording:
    """A decision as it stood from one entry on."""

    at: int
    time: int
    amends: bool


@dataclass(slots=True)
class DecisionRow:
    """`ideas` and `rounds` are those of the last of the `wordings`, which are never none."""

    number: int
    ideas: tuple[str, ...] = ()
    rounds: tuple[str, ...] = ()
    wordings: list[Wording] = field(default_factory=list)


class DecisionsFold:
    def __init__(self) -> None:
        self.decisions: dict[str, DecisionRow] = {}
        self.decision_changes = Changes()
        self._decision_at: dict[int, str] = {}

    def handlers(self) -> Handlers:
        return {
            DecisionRecorded: self._worded,
            DecisionAmended: self._worded,
            TextErased: self._text_erased,
        }

    def _worded(self, recorded: Recorded, event: DecisionRecorded | DecisionAmended) -> None:
        row = self.decisions.setdefault(recorded.aggregate, DecisionRow(len(self.decisions) + 1))
        row.ideas, row.rounds = event.ideas, event.rounds
        amends = isinstance(event, DecisionAmended)
        row.wordings.append(Wording(recorded.position, recorded.time, amends))
        self._decision_at[recorded.position] = recorded.aggregate
        self.decision_changes.touch(recorded.aggregate, recorded.position)

    def _text_erased(self, recorded: Recorded, event: TextErased) -> None:
        if decision := self._decision_at.get(event.position):
            self.decision_changes.touch(decision, recorded.position)
