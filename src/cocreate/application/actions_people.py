"""What people ask for themselves and each other: joining, names, roles, leaving, erasure."""

from typing import ClassVar

from cocreate.application.drafting import Action, Draft
from cocreate.application.wording import Name
from cocreate.domain import erasure, participant
from cocreate.domain.erasure import ErasureReason, FieldPath
from cocreate.domain.errors import TextNotFound
from cocreate.domain.messages import Command, Position, Pseudonym
from cocreate.domain.participant import RemovalReason, Role
from cocreate.projections.history import withheld_runs


class Join(Action):
    """Take part, without an account; joining is consent to the terms. A name is optional."""

    NAME: ClassVar[str] = "join"

    name: Name | None = None

    def command(self, draft: Draft) -> Command:
        """One browser is one participant: who is here already stays who they are, and who left comes back.

        A facilitator who takes part does so under the same pseudonym, which keeps their seat. Who was erased is new.
        """
        seat = draft.seat
        held = None if seat is None else draft.live.state.participants.get(seat)
        if held is not None and held.status == "erased":
            seat = held = None
        if seat is not None and held is not None:
            return participant.ReadmitParticipant(actor=seat, participant=seat)
        name = draft.seal_optional(self.name)
        return participant.JoinWorkshop(actor=seat or draft.new_pseudonym(), how="open_code", name=name)


class EnterPerson(Action):
    """A scribe or facilitator enters a person without a device."""

    NAME: ClassVar[str] = "enter_person"

    name: Name | None = None

    def command(self, draft: Draft) -> Command:
        name = draft.seal_optional(self.name)
        return participant.JoinWorkshop(
            actor=draft.new_pseudonym(), how="scribe", name=name, scribe=draft.actor
        )


class GiveName(Action):
    """Set or change a participant's name."""

    NAME: ClassVar[str] = "give_name"

    participant: Pseudonym
    name: Name

    def command(self, draft: Draft) -> Command:
        return participant.GiveName(
            actor=draft.actor, participant=self.participant, name=draft.seal(self.name)
        )


class GrantRole(Action):
    """Make a participant a scribe, or a scribe a participant again."""

    NAME: ClassVar[str] = "grant_role"

    participant: Pseudonym
    role: Role

    def command(self, draft: Draft) -> Command:
        return participant.GrantRole(actor=draft.actor, participant=self.participant, role=self.role)


class Leave(Action):
    """Stop taking part; what was contributed stays."""

    NAME: ClassVar[str] = "leave"

    def command(self, draft: Draft) -> Command:
        return participant.LeaveWorkshop(actor=draft.actor)


class RemoveParticipant(Action):
    """End somebody's participation, for a stated reason."""

    NAME: ClassVar[str] = "remove_participant"

    participant: Pseudonym
    reason: RemovalReason

    def command(self, draft: Draft) -> Command:
        return participant.RemoveParticipant(
            actor=draft.actor, participant=self.participant, reason=self.reason
        )


class ReadmitParticipant(Action):
    """Let somebody back in who left or was removed."""

    NAME: ClassVar[str] = "readmit_participant"

    participant: Pseudonym

    def command(self, draft: Draft) -> Command:
        return participant.ReadmitParticipant(actor=draft.actor, participant=self.participant)


class EraseText(Action):
    """Delete one text for good; its author may, and a facilitator may. What the record proves stays as it was.

    A reason in a vote without names is erased under the voter's pseudonym of that vote, once the results show.
    """

    NAME: ClassVar[str] = "erase_text"

    position: Position
    field: FieldPath
    reason: ErasureReason

    def command(self, draft: Draft) -> Command:
        subject = draft.live.texts.subject(self.position, self.field)
        if subject is None:
            raise TextNotFound(position=self.position, field=self.field)
        if any(first <= self.position <= last for first, last, _ in withheld_runs(draft.live.projections)):
            # A ballot that is withheld must not tell whether it gives reasons; its voter replaces it.
            raise TextNotFound(position=self.position, field=self.field)
        return erasure.EraseText(
            actor=draft.pseudonym_of(subject),
            position=self.position,
            field=self.field,
            subject=subject,
            reason=self.reason,
        )


class EraseSubject(Action):
    """Delete everything a participant wrote and who they are; their votes stay counted. Without one named, oneself."""

    NAME: ClassVar[str] = "erase_subject"

    participant: Pseudonym | None = None
    reason: ErasureReason

    def command(self, draft: Draft) -> Command:
        subject = self.participant or draft.actor
        return erasure.EraseSubject(actor=draft.actor, subject=subject, reason=self.reason)
