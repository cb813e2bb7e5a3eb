"""What people ask about a certified result: to contest it, to count it anew, to declare another."""

from typing import Annotated, ClassVar

from pydantic import Field

from cocreate.application.drafting import Action, Draft
from cocreate.application.wording import Note
from cocreate.domain import contest
from cocreate.domain.certificate import ELECTED_MAX
from cocreate.domain.errors import RoundNotFound
from cocreate.domain.messages import Command, Pseudonym, Uuid


class ContestResult(Action):
    """Contest a certified result, with the reason; a facilitator has to answer by counting anew. A scribe says on whose behalf."""

    NAME: ClassVar[str] = "contest_result"

    round: Uuid
    reason: Note
    on_behalf_of: Pseudonym | None = None

    def command(self, draft: Draft) -> Command:
        return contest.ContestResult(
            actor=draft.actor,
            author=self.on_behalf_of or draft.actor,
            round=self.round,
            reason=draft.seal(self.reason),
        )


class RecertifyResult(Action):
    """Count a contested result anew; the certificate names the earlier one, which stays on the record."""

    NAME: ClassVar[str] = "recertify_result"

    round: Uuid

    def command(self, draft: Draft) -> Command:
        tie_root = draft.live.tie_roots.get(self.round)
        if tie_root is None:
            raise RoundNotFound(round=self.round)
        return contest.RecertifyResult(actor=draft.actor, round=self.round, tie_root=tie_root)


class OverrideResult(Action):
    """Declare other options than the counted ones, with the reason. The certificate stays what it is."""

    NAME: ClassVar[str] = "override_result"

    round: Uuid
    options: Annotated[tuple[Uuid, ...], Field(max_length=ELECTED_MAX)] = ()
    reason: Note

    def command(self, draft: Draft) -> Command:
        return contest.OverrideResult(
            actor=draft.actor, round=self.round, options=self.options, reason=draft.seal(self.reason)
        )
