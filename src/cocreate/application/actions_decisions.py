"""What people ask about decisions and answers to ideas."""

from typing import Annotated, ClassVar

from pydantic import Field

from cocreate.application.drafting import Action, Draft
from cocreate.application.wording import AnswerReason, DecisionText, Evidence, Note, Promise, Promiser, Why
from cocreate.domain import answer, commitment, decision
from cocreate.domain.answer import Amount, Verdict
from cocreate.domain.commitment import Progress
from cocreate.domain.decision import DECISION_IDEAS_MAX, DECISION_ROUNDS_MAX
from cocreate.domain.messages import Command, Millis, Uuid

Ideas = Annotated[tuple[Uuid, ...], Field(max_length=DECISION_IDEAS_MAX)]
Rounds = Annotated[tuple[Uuid, ...], Field(max_length=DECISION_ROUNDS_MAX)]


class RecordDecision(Action):
    """Record what was decided and why, and which ideas and certified rounds led to it."""

    NAME: ClassVar[str] = "record_decision"

    what: DecisionText
    why: Why
    ideas: Ideas = ()
    rounds: Rounds = ()

    def command(self, draft: Draft) -> Command:
        return decision.RecordDecision(
            actor=draft.actor,
            decision=draft.new_id(),
            what=draft.seal(self.what),
            why=draft.seal(self.why),
            ideas=self.ideas,
            rounds=self.rounds,
        )


class AmendDecision(Action):
    """Say a decision anew as a whole, with the reason for the change; its earlier wording stays readable."""

    NAME: ClassVar[str] = "amend_decision"

    decision: Uuid
    reason: Why
    what: DecisionText
    why: Why
    ideas: Ideas = ()
    rounds: Rounds = ()

    def command(self, draft: Draft) -> Command:
        return decision.AmendDecision(
            actor=draft.actor,
            decision=self.decision,
            reason=draft.seal(self.reason),
            what=draft.seal(self.what),
            why=draft.seal(self.why),
            ideas=self.ideas,
            rounds=self.rounds,
        )


class AnswerIdea(Action):
    """Answer an idea with a reason, and with what it costs: (currency, minor units). The latest answer stands."""

    NAME: ClassVar[str] = "answer_idea"

    idea: Uuid
    answer: Verdict
    reason: AnswerReason
    cost: Amount | None = None

    def command(self, draft: Draft) -> Command:
        reason = draft.seal(self.reason)
        return answer.AnswerIdea(
            actor=draft.actor, idea=self.idea, answer=self.answer, reason=reason, cost=self.cost
        )


class MakeCommitment(Action):
    """Record who has promised what by when; `due` in milliseconds since 1970 UTC."""

    NAME: ClassVar[str] = "make_commitment"

    who: Promiser
    what: Promise
    due: Millis
    decision: Uuid | None = None

    def command(self, draft: Draft) -> Command:
        return commitment.MakeCommitment(
            actor=draft.actor,
            commitment=draft.new_id(),
            who=draft.seal(self.who),
            what=draft.seal(self.what),
            due=self.due,
            decision=self.decision,
        )


class UpdateCommitment(Action):
    """Say what has become of a commitment, and where it can be seen; also on a sealed record."""

    NAME: ClassVar[str] = "update_commitment"

    commitment: Uuid
    state: Progress
    note: Note | None = None
    evidence: Evidence | None = None

    def command(self, draft: Draft) -> Command:
        return commitment.UpdateCommitment(
            actor=draft.actor,
            commitment=self.commitment,
            state=self.state,
            note=draft.seal_optional(self.note),
            evidence=draft.seal_optional(self.evidence),
        )
