"""What an import left on its record, counted from the stored entries and from nothing else."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from cocreate.application.live import decode_row
from cocreate.domain.ballot import BallotCast, BallotReplaced, BallotWithdrawn
from cocreate.domain.idea import IdeaApproved, IdeaHidden, IdeaSubmitted
from cocreate.domain.messages import Recorded
from cocreate.domain.opening import RoundOpened
from cocreate.domain.participant import ParticipantJoined
from cocreate.persistence.record_store import RecordStore


@dataclass
class ImportCounts:
    """A fold of the record; what came later by other ways than the import is left out."""

    workshop: str
    round: str | None = None
    participants: int = 0
    ideas: set[str] = field(default_factory=set)
    approved: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    standing: dict[str, int] = field(default_factory=dict)
    cast: int = 0
    replaced: int = 0

    def apply(self, recorded: Recorded) -> None:
        match recorded.event:
            case BallotCast(choice=int(choice)) if recorded.aggregate[:36] == self.round:
                self.cast += 1
                self.standing[recorded.aggregate] = choice
            case BallotReplaced(choice=int(choice)) if recorded.aggregate[:36] == self.round:
                self.replaced += 1
                self.standing[recorded.aggregate] = choice
            case BallotWithdrawn():
                self.standing.pop(recorded.aggregate, None)
            case ParticipantJoined(how="imported"):
                self.participants += 1
            case IdeaSubmitted(claimed_at=int()):
                self.ideas.add(recorded.aggregate)
            case IdeaApproved() if recorded.aggregate in self.ideas:
                self.approved.add(recorded.aggregate)
            case IdeaHidden(reason="imported_moderation"):
                self.hidden.add(recorded.aggregate)
            case RoundOpened() if self.round is None:
                self.round = recorded.aggregate
            case _:
                pass

    def facts(self) -> dict[str, Any]:
        """What `import --json` prints; votes by the source's own values, moderation by those that occur."""
        latest = Counter(self.standing.values())
        untouched = len(self.ideas) - len(self.approved) - len(self.hidden)
        moderated = {"1": len(self.approved), "0": untouched, "-1": len(self.hidden)}
        return {
            "workshop": self.workshop,
            "ideas": len(self.ideas),
            "participants": self.participants,
            "ballots": {"cast": self.cast, "replaced": self.replaced},
            "latest_counts": {str(value): latest[value] for value in (1, 0, -1)},
            "moderated": {value: ideas for value, ideas in moderated.items() if ideas},
        }


async def count_import(store: RecordStore, workshop: str) -> ImportCounts:
    """Fold the stored record; costs its length."""
    counts = ImportCounts(workshop)
    after = -1
    while rows := await store.read(workshop, after=after):
        after = rows[-1].position
        for row in rows:
            counts.apply(decode_row(row))
    return counts
