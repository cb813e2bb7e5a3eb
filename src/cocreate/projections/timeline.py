"""The timeline: every entry in order, with consecutive ballots of one round as a single run."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from cocreate.domain.ballot import BallotRun
from cocreate.domain.messages import EVENT_TYPES, Event, Recorded
from cocreate.domain.paper import PAPER_WITHHELD
from cocreate.projections.handlers import Handlers

FACTS: dict[str, tuple[str, ...]] = {
    "ActivityEnded.v1": ("activity",),
    "ActivityStarted.v1": ("activity",),
    "CommentHidden.v1": ("reason",),
    "CommentPosted.v1": ("alignment", "author", "claimed_at", "idea", "parent"),
    "CommitmentMade.v1": ("decision", "due"),
    "CommitmentUpdated.v1": ("state",),
    "FacilitatorAdded.v1": ("facilitator",),
    "FacilitatorRemoved.v1": ("facilitator",),
    "IdeaAnswered.v1": ("answer",),
    "IdeaClustered.v1": ("cluster",),
    "IdeaEdited.v1": ("author",),
    "IdeaHidden.v1": ("reason",),
    "IdeaSubmitted.v1": ("author", "claimed_at"),
    "IdeasMerged.v1": ("votes",),
    "OptionAdmitted.v1": ("claimed_at", "idea", "text_at"),
    "PaperBatchChecked.v1": ("batch",),
    "PaperBatchEntered.v1": ("batch", "label"),
    "PaperBatchVoided.v1": ("batch", "reason"),
    "PaperIssued.v1": ("sheet",),
    "ParticipantJoined.v1": ("claimed_at", "how"),
    "ParticipantRemoved.v1": ("reason",),
    "ResultContested.v1": ("author", "contested"),
    "ResultOverridden.v1": ("certificate",),
    "ResultPart.v1": ("number",),
    "ResultRecertified.v1": ("earlier",),
    "RoleGranted.v1": ("role",),
    "RoundClosed.v1": ("because",),
    "RoundOpened.v1": ("replaces", "results", "secrecy", "withheld_until"),
    "RoundVoided.v1": ("reason",),
    "SubjectErased.v1": ("reason", "role"),
    "TextErased.v1": ("field", "position", "reason", "role"),
    "WorkshopRescheduled.v1": ("ends_at", "starts_at"),
}
"""The facts of an event that its line on the timeline carries: small ones, and never a ballot's or a result's."""


_PAPER = frozenset(event.NAME for event in PAPER_WITHHELD)


class Entry(NamedTuple):
    position: int
    time: int
    event: str
    aggregate: str
    actor: str
    facts: tuple[tuple[str, Any], ...]

    @property
    def last(self) -> int:
        return self.position


@dataclass(slots=True)
class Run:
    """Ballots of one round, from position to `last`, nothing else between them."""

    position: int
    last: int
    time: int
    last_time: int
    round: str


class TimelineFold:
    def __init__(self) -> None:
        self.items: list[Entry | Run] = []
        self.runs: list[Run] = []
        """What is withheld with its round's results: ballots, and entries about batches of paper one by one."""
        self._run: Run | None = None

    def handlers(self) -> Handlers:
        return dict.fromkeys(EVENT_TYPES.values(), self._entry)

    def _entry(self, recorded: Recorded, event: Event) -> None:
        names = FACTS.get(event.NAME, ())
        facts = tuple((name, value) for name in names if (value := getattr(event, name)) is not None)
        self._add(
            Entry(recorded.position, recorded.time, event.NAME, recorded.aggregate, recorded.actor, facts)
        )

    def ballots(self, more: BallotRun) -> None:
        run = self._run
        if run is not None and run.round == more.round:
            run.last = more.last
            run.last_time = more.last_time
            return
        self._add(Run(more.position, more.last, more.time, more.last_time, more.round))

    def extend(self, items: Iterable[Entry | Run]) -> None:
        """Go on with items that were told before, in order."""
        for item in items:
            self._add(item)

    def _add(self, item: Entry | Run) -> None:
        self.items.append(item)
        self._run = item if isinstance(item, Run) else None
        if isinstance(item, Run):
            self.runs.append(item)
        elif item.event in _PAPER:
            self.runs.append(Run(item.position, item.last, item.time, item.time, item.aggregate))

    def behind(self, after: int, limit: int) -> list[Entry | Run]:
        """Up to `limit` items that end behind the position, in order."""
        first = bisect_left(self.items, after + 1, key=lambda item: item.last)
        return self.items[first : first + limit]
