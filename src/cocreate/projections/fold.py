"""All projections of one workshop, folded together."""

from collections.abc import Iterable

from cocreate.domain.ballot import BALLOTS, BallotExplained, BallotRun, run_of
from cocreate.domain.messages import EVENT_TYPES, Event, Recorded
from cocreate.projections.agenda import AgendaFold
from cocreate.projections.board import BoardFold
from cocreate.projections.commitments import CommitmentsFold
from cocreate.projections.decisions import DecisionsFold
from cocreate.projections.handlers import Handler
from cocreate.projections.participation import ParticipationFold
from cocreate.projections.rounds import RoundsFold
from cocreate.projections.timeline import TimelineFold
from cocreate.projections.workshop import WorkshopFold


class Projections:
    """The read models of a record up to and including position `at`, -1 before the first entry.

    Owner: whoever folds; readers only read. Each type of event goes to the projections that react to it, in the order in
    which they are listed: a projection may look at those above it.
    """

    def __init__(self) -> None:
        self.at = -1
        self.workshop = WorkshopFold()
        self.agenda = AgendaFold()
        self.participation = ParticipationFold()
        self.board = BoardFold(self.participation)
        self.rounds = RoundsFold(self.board)
        self.decisions = DecisionsFold()
        self.commitments = CommitmentsFold()
        self.timeline = TimelineFold()
        self._listen()

    def _listen(self) -> None:
        listed = (
            self.workshop, self.agenda, self.participation, self.board, self.rounds, self.decisions,
            self.commitments, self.timeline,
        )  # fmt: skip
        tables = [projection.handlers() for projection in listed]
        self._handlers: dict[type[Event], tuple[Handler, ...]] = {
            event: tuple(table[event] for table in tables if event in table) for event in EVENT_TYPES.values()
        }

    def __getstate__(self) -> dict[str, object]:
        """What was folded, without who handles what: that follows from the code."""
        return {name: held for name, held in vars(self).items() if name != "_handlers"}

    def __setstate__(self, folded: dict[str, object]) -> None:
        vars(self).update(folded)
        self._listen()

    def apply(self, recorded: Recorded) -> None:
        """Fold the next entry in."""
        event = recorded.event
        if isinstance(event, BALLOTS):
            self.apply_run(run_of([recorded]))
            if isinstance(event, BallotExplained):
                self.rounds.explained(recorded, event)
            return
        for handler in self._handlers[type(event)]:
            handler(recorded, event)
        self.at = recorded.position

    def apply_all(self, events: Iterable[Recorded | BallotRun]) -> None:
        """Fold the next events in, in order."""
        for event in events:
            if isinstance(event, BallotRun):
                self.apply_run(event)
            else:
                self.apply(event)

    def apply_run(self, run: BallotRun) -> None:
        """Fold the next entries in, all of them ballots of one round: the same as one after the other."""
        self.rounds.ballots(run)
        self.timeline.ballots(run)
        self.at = run.last
