"""Commitments with all the news of them: what was promised, and what has become of it."""

from dataclasses import dataclass, field

from cocreate.domain.commitment import CommitmentMade, CommitmentUpdated
from cocreate.domain.erasure import TextErased
from cocreate.domain.messages import Recorded
from cocreate.projections.changes import Changes
from cocreate.projections.handlers import Handlers


@dataclass(frozen=True, slots=True)
class NewsRow:
    """What was said of a commitment at the entry `at`."""

    at: int
    time: int
    state: str
    has_note: bool
    has_evidence: bool


@dataclass(slots=True)
class CommitmentRow:
    number: int
    made_at: int
    made_time: int
    due: int
    decision: str | None
    state: str = "open"
    news: list[NewsRow] = field(default_factory=list)


class CommitmentsFold:
    def __init__(self) -> None:
        self.commitments: dict[str, CommitmentRow] = {}
        self.commitment_changes = Changes()
        self._commitment_at: dict[int, str] = {}

    def handlers(self) -> Handlers:
        return {
            CommitmentMade: self._made,
            CommitmentUpdated: self._updated,
            TextErased: self._text_erased,
        }

    def _made(self, recorded: Recorded, event: CommitmentMade) -> None:
        number = len(self.commitments) + 1
        self.commitments[recorded.aggregate] = CommitmentRow(
            number, recorded.position, recorded.time, event.due, event.decision
        )
        self._touch(recorded)

    def _updated(self, recorded: Recorded, event: CommitmentUpdated) -> None:
        row = self.commitments[recorded.aggregate]
        row.state = event.state
        told = NewsRow(
            recorded.position,
            recorded.time,
            event.state,
            has_note=event.note is not None,
            has_evidence=event.evidence is not None,
        )
        row.news.append(told)
        self._touch(recorded)

    def _touch(self, recorded: Recorded) -> None:
        self._commitment_at[recorded.position] = recorded.aggregate
        self.commitment_changes.touch(recorded.aggregate, recorded.position)

    def _text_erased(self, recorded: Recorded, event: TextErased) -> None:
        if commitment := self._commitment_at.get(event.position):
            self.commitment_changes.touch(commitment, recorded.position)
