"""Rounds, their options and their results; every number comes from the domain's own tally."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cocreate.domain.ballot import BallotExplained, BallotRun, ballot_id
from cocreate.domain.certificate import ResultCertified
from cocreate.domain.contest import ResultContested, ResultOverridden, ResultRecertified
from cocreate.domain.erasure import SubjectErased, TextErased
from cocreate.domain.idea import IdeaApproved, IdeaHidden, IdeaRestored, IdeaWithdrawn
from cocreate.domain.messages import Recorded
from cocreate.domain.objection import reason_field
from cocreate.domain.opening import OptionsMerged, OptionsPriced, RoundOpened
from cocreate.domain.paper import (
    PaperBatchChecked,
    PaperBatchEntered,
    PaperBatchVoided,
    PaperIssued,
    PaperReconciled,
)
from cocreate.domain.round import OptionAdmitted, RoundClosed, RoundVoided
from cocreate.domain.voting import METHODS
from cocreate.domain.workshop import WorkshopClosed
from cocreate.projections.board import BoardFold
from cocreate.projections.changes import Changes
from cocreate.projections.handlers import Handlers
from cocreate.projections.poll import Poll


@dataclass(frozen=True, slots=True)
class OptionRow:
    number: int
    text_at: int
    has_title: bool
    admitted_at: int


Declaration = ResultCertified | ResultContested | ResultRecertified | ResultOverridden


@dataclass(frozen=True, slots=True)
class Told:
    """A certificate, or what was said of one since."""

    at: int
    time: int
    event: Declaration


@dataclass(frozen=True, slots=True)
class Explained:
    """Where a standing ballot that says why it objects has its entry, and the options in the order of its reasons."""

    at: int
    options: tuple[str, ...]

    def places(self) -> Iterable[tuple[str, str]]:
        """(option, field) of each reason."""
        return ((option, reason_field(number)) for number, option in enumerate(self.options))


@dataclass(slots=True)
class BatchRow:
    """A bundle of papers; `ballots` are what they say."""

    label: str
    entered_by: str
    entered_at: int
    ballots: tuple[Any, ...]
    spoiled: int
    digest: str
    status: str = "entered"
    checked_by: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class RoundRow:
    number: int
    opened: RoundOpened
    opened_at: int
    opened_time: int
    poll: Poll
    options: dict[str, OptionRow] = field(default_factory=dict)
    costs: dict[str, int] = field(default_factory=dict)
    status: str = "open"
    closed_time: int | None = None
    closed_because: str | None = None
    void_reason: str | None = None
    void_note_at: int | None = None
    certificate: ResultCertified | ResultRecertified | None = None
    certified_at: int = 0
    overridden: tuple[str, ...] | None = None
    story: list[Told] = field(default_factory=list)
    """Its certificates, contests and overrides, in order; empty until it is certified."""
    sheets: dict[str, int] = field(default_factory=dict)
    """How many sheets of paper each voter was given."""
    batches: dict[str, BatchRow] = field(default_factory=dict)
    reconciled: PaperReconciled | None = None
    explained: dict[str, Explained] = field(default_factory=dict)
    """Standing ballots with reasons, by the ballot's id, in the order of their entries."""

    @property
    def released(self) -> bool:
        """Whether everybody may see the results, now and for ever."""
        return self.poll.released


class RoundsFold:
    """A tally that changes moves its round in `turnout_changes` too, so that unchanged rounds are never looked at."""

    def __init__(self, board: BoardFold) -> None:
        self.rounds: dict[str, RoundRow] = {}
        self.rounds_of: dict[str, list[str]] = {}
        self.round_at: dict[int, str] = {}
        self.unfinished: dict[str, RoundRow] = {}
        self.contested_by: dict[str, set[str]] = {}
        """Rounds by who contests their results: what they said goes when they are erased."""
        self.round_changes = Changes()
        self.option_changes = Changes()
        self.turnout_changes = Changes()
        self._board = board

    def handlers(self) -> Handlers:
        return {
            RoundOpened: self._opened,
            OptionAdmitted: self._admitted,
            OptionsPriced: self._priced,
            OptionsMerged: self._merged,
            RoundClosed: self._closed,
            RoundVoided: self._voided,
            ResultCertified: self._certified,
            PaperIssued: self._paper_issued,
            PaperBatchEntered: self._batch_entered,
            PaperBatchChecked: self._batch_checked,
            PaperBatchVoided: self._batch_voided,
            PaperReconciled: self._reconciled,
            ResultContested: self._contested,
            ResultRecertified: self._certified_again,
            ResultOverridden: self._overridden,
            WorkshopClosed: self._workshop_closed,
            IdeaApproved: self._idea_changed,
            IdeaHidden: self._idea_changed,
            IdeaRestored: self._idea_changed,
            IdeaWithdrawn: self._idea_changed,
            TextErased: self._text_erased,
            SubjectErased: self._subject_erased,
        }

    def ballots(self, run: BallotRun) -> None:
        row = self.rounds[run.round]
        for aggregate in run.aggregates if row.explained else ():
            row.explained.pop(aggregate, None)
        crossed = row.poll.fold(run)
        if crossed is not None:
            self.round_changes.touch(run.round, crossed)
        self.turnout_changes.touch(run.round, run.last)

    def explained(self, recorded: Recorded, event: BallotExplained) -> None:
        """The reasons of a ballot that was folded just before."""
        round_id = recorded.aggregate[:36]
        options = tuple(one.option for one in event.objections)
        self.rounds[round_id].explained[recorded.aggregate] = Explained(recorded.position, options)
        self.round_at[recorded.position] = round_id

    def reasons_gone(self, ballots: Iterable[str]) -> list[tuple[int, str]]:
        """(position, field) of the reasons that standing ballots with these ids, all of one round, give."""
        found = []
        for aggregate in ballots:
            held = self.rounds[aggregate[:36]].explained
            if not held:
                break
            if one := held.get(aggregate):
                found += [(one.at, name) for _, name in one.places()]
        return found

    def _opened(self, recorded: Recorded, event: RoundOpened) -> None:
        row = RoundRow(
            number=len(self.rounds) + 1,
            opened=event,
            opened_at=recorded.position,
            opened_time=recorded.time,
            poll=Poll(METHODS[event.rules.method], released=event.results == "always"),
        )
        self.rounds[recorded.aggregate] = self.unfinished[recorded.aggregate] = row
        self.round_at[recorded.position] = recorded.aggregate
        for idea, text_at in event.options:
            self._admit(recorded, row, idea, text_at)
        self.round_changes.touch(recorded.aggregate, recorded.position)
        self.turnout_changes.touch(recorded.aggregate, recorded.position)

    def _admitted(self, recorded: Recorded, event: OptionAdmitted) -> None:
        self._admit(recorded, self.rounds[recorded.aggregate], event.idea, event.text_at)
        self.turnout_changes.touch(recorded.aggregate, recorded.position)

    def _priced(self, recorded: Recorded, event: OptionsPriced) -> None:
        row = self.rounds[recorded.aggregate]
        for idea, cost in event.costs:
            row.costs[idea] = cost
            self.option_changes.touch(option_key(recorded.aggregate, idea), recorded.position)

    def _merged(self, recorded: Recorded, event: OptionsMerged) -> None:
        poll = self.rounds[recorded.aggregate].poll
        poll.tally.merge(dict(event.merged))
        for option, into in event.merged:
            for one in (option, into):
                poll.tally_changes.touch(one, recorded.position)
                self.option_changes.touch(option_key(recorded.aggregate, one), recorded.position)
        self.turnout_changes.touch(recorded.aggregate, recorded.position)

    def _admit(self, recorded: Recorded, row: RoundRow, idea: str, text_at: int) -> None:
        """An option stands at the version of its idea that is current when it is admitted."""
        row.options[idea] = OptionRow(
            number=len(row.options) + 1,
            text_at=text_at,
            has_title=self._board.ideas[idea].has_title,
            admitted_at=recorded.position,
        )
        row.poll.admit(idea, recorded.position)
        self.rounds_of.setdefault(idea, []).append(recorded.aggregate)
        self.option_changes.touch(option_key(recorded.aggregate, idea), recorded.position)

    def _closed(self, recorded: Recorded, event: RoundClosed) -> None:
        row = self.rounds[recorded.aggregate]
        row.status, row.closed_time, row.closed_because = "closed", recorded.time, event.because
        row.poll.show_all_voters()
        self._touch_round(recorded)

    def _voided(self, recorded: Recorded, event: RoundVoided) -> None:
        row = self.rounds[recorded.aggregate]
        if row.status == "open":
            row.poll.show_all_voters()
        row.status, row.void_reason = "voided", event.reason
        row.closed_time = recorded.time if row.closed_time is None else row.closed_time
        if event.note is not None:
            row.void_note_at = recorded.position
            self.round_at[recorded.position] = recorded.aggregate
        del self.unfinished[recorded.aggregate]
        self._touch_round(recorded)
        self._release(recorded.aggregate, row, recorded.position)

    def _certified(self, recorded: Recorded, event: ResultCertified) -> None:
        row = self.rounds[recorded.aggregate]
        row.status, row.certificate, row.certified_at = "certified", event, recorded.position
        del self.unfinished[recorded.aggregate]
        self._tell(recorded, row, event)
        self._release(recorded.aggregate, row, recorded.position)

    def _certified_again(self, recorded: Recorded, event: ResultRecertified) -> None:
        row = self.rounds[recorded.aggregate]
        row.certificate, row.certified_at, row.overridden = event, recorded.position, None
        self._tell(recorded, row, event)

    def _paper_issued(self, recorded: Recorded, event: PaperIssued) -> None:
        self.rounds[recorded.aggregate].sheets[event.voter] = event.sheet
        self._touch_round(recorded)

    def _batch_entered(self, recorded: Recorded, event: PaperBatchEntered) -> None:
        self.rounds[recorded.aggregate].batches[event.batch] = BatchRow(
            event.label, recorded.actor, recorded.position, event.ballots, event.spoiled, event.digest
        )
        self._touch_round(recorded)

    def _batch_checked(self, recorded: Recorded, event: PaperBatchChecked) -> None:
        row = self.rounds[recorded.aggregate]
        batch = row.batches[event.batch]
        batch.status, batch.checked_by = "checked", recorded.actor
        row.poll.count_papers(batch.ballots, 1, recorded.position)
        self._touch_round(recorded)

    def _batch_voided(self, recorded: Recorded, event: PaperBatchVoided) -> None:
        row = self.rounds[recorded.aggregate]
        batch = row.batches[event.batch]
        if batch.status == "checked":
            row.poll.count_papers(batch.ballots, -1, recorded.position)
        batch.status, batch.reason = "voided", event.reason
        self._touch_round(recorded)

    def _reconciled(self, recorded: Recorded, event: PaperReconciled) -> None:
        self.rounds[recorded.aggregate].reconciled = event

    def _contested(self, recorded: Recorded, event: ResultContested) -> None:
        self.round_at[recorded.position] = recorded.aggregate
        self.contested_by.setdefault(event.author, set()).add(recorded.aggregate)
        self._tell(recorded, self.rounds[recorded.aggregate], event)

    def _overridden(self, recorded: Recorded, event: ResultOverridden) -> None:
        row = self.rounds[recorded.aggregate]
        self.round_at[recorded.position] = recorded.aggregate
        row.overridden = event.options
        self._tell(recorded, row, event)

    def _tell(self, recorded: Recorded, row: RoundRow, event: Declaration) -> None:
        row.story.append(Told(recorded.position, recorded.time, event))
        self._touch_round(recorded)

    def _touch_round(self, recorded: Recorded) -> None:
        self.round_changes.touch(recorded.aggregate, recorded.position)
        self.turnout_changes.touch(recorded.aggregate, recorded.position)

    def _workshop_closed(self, recorded: Recorded, _: WorkshopClosed) -> None:
        for round_id, row in self.unfinished.items():
            self._release(round_id, row, recorded.position)

    def _release(self, round_id: str, row: RoundRow, position: int) -> None:
        if row.released:
            return
        row.poll.release(position)
        self.round_changes.touch(round_id, position)
        self.turnout_changes.touch(round_id, position)

    def _idea_changed(
        self, recorded: Recorded, _: IdeaApproved | IdeaHidden | IdeaRestored | IdeaWithdrawn
    ) -> None:
        self._touch_options(recorded.aggregate, recorded.position)

    def _text_erased(self, recorded: Recorded, event: TextErased) -> None:
        if round_id := self.round_at.get(event.position):
            self.round_changes.touch(round_id, recorded.position)
            self._touch_tallies(round_id, recorded.position)
        if idea := self._board.idea_at.get(event.position):
            self._touch_options(idea, recorded.position)

    def _subject_erased(self, recorded: Recorded, _: SubjectErased) -> None:
        for round_id in self.contested_by.get(recorded.aggregate, ()):
            self.round_changes.touch(round_id, recorded.position)
        for round_id, row in self.rounds.items():
            if ballot_id(round_id, recorded.aggregate, None) in row.explained:
                self._touch_tallies(round_id, recorded.position)
        written = self._board.written.get(recorded.aggregate)
        for idea in written.ideas if written else ():
            self._touch_options(idea, recorded.position)

    def _touch_tallies(self, round_id: str, position: int) -> None:
        """Reasons stand with the tallies of their options."""
        row = self.rounds[round_id]
        if row.explained:
            row.poll.tally_changes.touch_all(row.options, position)
            self.turnout_changes.touch(round_id, position)

    def _touch_options(self, idea: str, position: int) -> None:
        for round_id in self.rounds_of.get(idea, ()):
            self.option_changes.touch(option_key(round_id, idea), position)


def option_key(round_id: str, idea: str) -> str:
    return f"{round_id}/{idea}"
