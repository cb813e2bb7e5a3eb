"""What people ask about rounds and ballots."""

import secrets
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from cocreate.application.drafting import Action, Draft
from cocreate.application.fresh import FRESH
from cocreate.application.keyring import KEY_BYTES
from cocreate.application.wording import Note, Question, Reason
from cocreate.domain import ballot, certificate, opening
from cocreate.domain import round as rounds
from cocreate.domain.errors import RoundNotFound
from cocreate.domain.messages import Command, Count, Millis, Pseudonym, Uuid
from cocreate.domain.objection import REASONS_MAX
from cocreate.domain.opening import GRACE_MS_DEFAULT, GRACE_MS_MAX, OPTIONS_FROZEN_MAX
from cocreate.domain.round import Options, Results, VoidReason
from cocreate.domain.voting import Choice, Rules
from cocreate.domain.voting.projects import Money
from cocreate.record.pseudonyms import round_key_commitment


class OpenRound(Action):
    """Open a vote. Its rules never change from here on, nor do frozen options and their costs.

    `costs` are pairs of option and price in minor units of the currency, for a vote on a budget and no other.

    `unite`: ideas merged into one of the options may be options beside it, and who chooses any of them counts for it once.
    """

    NAME: ClassVar[str] = "open_round"

    question: Question
    rules: Rules
    admission: Options = "frozen"
    options: Annotated[tuple[Uuid, ...], Field(max_length=OPTIONS_FROZEN_MAX)] = ()
    costs: Annotated[tuple[tuple[Uuid, Money], ...], Field(max_length=OPTIONS_FROZEN_MAX)] = ()
    secrecy: Literal["open", "pseudonymous", "secret"] = "pseudonymous"
    results: Results = "after_closing"
    grace_ms: Annotated[int, Field(ge=0, le=GRACE_MS_MAX)] = GRACE_MS_DEFAULT
    withheld_until: Millis | None = None
    replaces: Uuid | None = None
    unite: bool = False

    def command(self, draft: Draft) -> Command:
        round_id, key = draft.new_id(), None
        if self.secrecy == "pseudonymous":
            round_key = secrets.token_bytes(KEY_BYTES)
            draft.keys.append(("round", round_id, round_key))
            key = round_key_commitment(round_key)
        return opening.OpenRound(
            actor=draft.actor,
            round=round_id,
            question=draft.seal(self.question),
            rules=self.rules,
            admission=self.admission,
            options=self.options,
            costs=self.costs,
            secrecy=self.secrecy,
            results=self.results,
            grace_ms=self.grace_ms,
            withheld_until=self.withheld_until,
            replaces=self.replaces,
            unite=self.unite,
            key=key,
        )


class AdmitOption(Action):
    """Put one more visible idea to the vote in a growing round."""

    NAME: ClassVar[str] = "admit_option"

    round: Uuid
    idea: Uuid

    def command(self, draft: Draft) -> Command:
        return rounds.AdmitOption(actor=draft.actor, round=self.round, idea=self.idea)


class CloseRound(Action):
    """End a vote; ballots on their way still count for the round's grace."""

    NAME: ClassVar[str] = "close_round"

    round: Uuid

    def command(self, draft: Draft) -> Command:
        return rounds.CloseRound(actor=draft.actor, round=self.round)


class VoidRound(Action):
    """Declare a round void for a stated reason; its ballots stay on the record."""

    NAME: ClassVar[str] = "void_round"

    round: Uuid
    reason: VoidReason
    note: Note | None = None

    def command(self, draft: Draft) -> Command:
        note = draft.seal_optional(self.note)
        return rounds.VoidRound(actor=draft.actor, round=self.round, reason=self.reason, note=note)


class CertifyResult(Action):
    """Certify a closed round's result; the system does it by itself when the grace is over."""

    NAME: ClassVar[str] = "certify_result"

    round: Uuid

    def command(self, draft: Draft) -> Command:
        tie_root = draft.live.tie_roots.get(self.round)
        if tie_root is None:
            raise RoundNotFound(round=self.round)
        return certificate.CertifyResult(actor=draft.actor, round=self.round, tie_root=tie_root)


class CastBallot(Action):
    """Cast or replace one's ballot. `option` is the statement it is on, in opinion rounds only.

    `choice`: ideas, the most preferred first where the vote ranks them; or pairs of idea and number (dots, points, votes, rating,
    place, or 1, 0, −1, −2 for consent); or one answer. Where order says nothing, any will do. `counter` is the standing ballot's
    counter as the sender saw it, plus 1; without it the ballot always counts. A scribe says on whose behalf. `claimed_at` is when
    a device that was offline says that it was cast: it is kept and decides nothing.

    `reasons`: in a vote by consent, why the ballot objects to an idea or blocks it, by idea. They show with the results, in a
    vote without names without one, and are deleted with the next ballot or when it is taken back.
    """

    NAME: ClassVar[str] = "cast_ballot"

    round: Uuid
    choice: Choice
    option: Uuid | None = None
    counter: Annotated[Count, Field(ge=1)] | None = None
    claimed_at: Millis | None = None
    on_behalf_of: Pseudonym | None = None
    reasons: Annotated[dict[Uuid, Reason], Field(min_length=1, max_length=REASONS_MAX)] | None = None

    def command(self, draft: Draft) -> Command:
        participant = self.on_behalf_of or draft.actor
        voter = draft.voter(self.round, participant)
        return ballot.CastBallot(
            actor=voter,
            participant=participant,
            by=None if self.on_behalf_of is None else draft.actor,
            claimed_at=self.claimed_at,
            round=self.round,
            option=self.option,
            choice=ordered(self.choice, draft.live.state.rounds[self.round].rules.method),
            counter=self.counter,
            random=FRESH.hex(),
            objections=tuple((option, draft.seal(why)) for option, why in (self.reasons or {}).items()),
        )


class WithdrawBallot(Action):
    """Take one's ballot back; a later one may follow while the round is open."""

    NAME: ClassVar[str] = "withdraw_ballot"

    round: Uuid
    option: Uuid | None = None
    counter: Annotated[Count, Field(ge=1)] | None = None
    on_behalf_of: Pseudonym | None = None

    def command(self, draft: Draft) -> Command:
        participant = self.on_behalf_of or draft.actor
        return ballot.WithdrawBallot(
            actor=draft.voter(self.round, participant),
            participant=participant,
            by=None if self.on_behalf_of is None else draft.actor,
            round=self.round,
            option=self.option,
            counter=self.counter,
            random=FRESH.hex(),
        )


def ordered(choice: Any, method: str) -> Any:
    """The choice as the domain has it: ascending by id, but for ideas ranked, whose order is what the ballot says."""
    if isinstance(choice, int) or (method == "ranked" and all(isinstance(one, str) for one in choice)):
        return choice
    return tuple(sorted(choice))
