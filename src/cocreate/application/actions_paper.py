"""What people ask at the desk: to hand out paper, to enter it, to check and to void what was entered."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from cocreate.application.actions_rounds import ordered
from cocreate.application.drafting import Action, Draft
from cocreate.domain import paper
from cocreate.domain.messages import Code, Command, Pseudonym, Uuid
from cocreate.domain.paper import BATCH_BALLOTS_MAX, SHEETS_MAX, SPOILED_MAX, PaperChoice, PaperReason

Papers = Annotated[tuple[PaperChoice, ...], Field(max_length=BATCH_BALLOTS_MAX)]
Spoiled = Annotated[int, Field(ge=0, le=SPOILED_MAX)]


class IssuePaper(Action):
    """Hand out a sheet of paper: that person sends no ballot in this round any more. `sheet` above 1 replaces a spoiled one."""

    NAME: ClassVar[str] = "issue_paper"

    round: Uuid
    participant: Pseudonym
    sheet: Annotated[int, Field(ge=1, le=SHEETS_MAX)] = 1

    def command(self, draft: Draft) -> Command:
        return paper.IssuePaper(
            actor=draft.actor,
            round=self.round,
            participant=self.participant,
            voter=draft.voter_of(self.round, self.participant),
            sheet=self.sheet,
        )


class EnterPaperBatch(Action):
    """Enter a bundle of papers, once the round is closed and its grace is over. It counts when somebody else has checked it.

    `ballots` are choices as in a ballot that is sent, `[]` a blank one; `spoiled` counts sheets that are no votes. `same_as`
    names a batch that says the same and is another bundle.
    """

    NAME: ClassVar[str] = "enter_paper_batch"

    round: Uuid
    label: Code
    ballots: Papers = ()
    spoiled: Spoiled = 0
    same_as: Uuid | None = None

    def command(self, draft: Draft) -> Command:
        return paper.EnterPaperBatch(
            actor=draft.actor,
            round=self.round,
            batch=draft.new_id(),
            label=self.label,
            ballots=_ballots(draft, self.round, self.ballots),
            spoiled=self.spoiled,
            same_as=self.same_as,
        )


class CheckPaperBatch(Action):
    """Enter the same bundle a second time, by somebody else; if both say the same, the batch counts."""

    NAME: ClassVar[str] = "check_paper_batch"

    round: Uuid
    batch: Uuid
    ballots: Papers = ()
    spoiled: Spoiled = 0

    def command(self, draft: Draft) -> Command:
        ballots = _ballots(draft, self.round, self.ballots)
        digest = paper.batch_digest(self.round, ballots, self.spoiled)
        return paper.CheckPaperBatch(actor=draft.actor, round=self.round, batch=self.batch, digest=digest)


class VoidPaperBatch(Action):
    """Take a batch out of the count, for a stated reason; whoever entered it may do that until it is checked."""

    NAME: ClassVar[str] = "void_paper_batch"

    round: Uuid
    batch: Uuid
    reason: PaperReason

    def command(self, draft: Draft) -> Command:
        return paper.VoidPaperBatch(actor=draft.actor, round=self.round, batch=self.batch, reason=self.reason)


def _ballots(draft: Draft, round_id: str, ballots: Papers) -> tuple[Any, ...]:
    """Each in the one form that its method knows."""
    row = draft.live.state.rounds.get(round_id)
    return ballots if row is None else tuple(ordered(choice, row.rules.method) for choice in ballots)
