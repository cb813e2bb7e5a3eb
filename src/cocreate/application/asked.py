"""What somebody asks, waiting to become a command: drafted when its batch is, from the state it is decided on."""

import secrets
from dataclasses import dataclass

from cocreate.application.actions_people import Join
from cocreate.application.drafting import Action, Draft
from cocreate.application.ticket import Answer, Ticket
from cocreate.domain.messages import Command
from cocreate.domain.participant import JoinWorkshop
from cocreate.record.pseudonyms import command_id, request_digest


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `session` is the SHA-256 of the session id, None for somebody without one; `host` may create workshops."""

    session: bytes | None = None
    host: bool = False


@dataclass(slots=True)
class Asked:
    """An action of the caller's under their idempotency key, None where a repeat is not to be known."""

    draft: Draft
    action: Action
    caller: Caller
    key: str | None
    answer: Answer

    @property
    def workshop(self) -> str:
        return self.draft.live.id

    def ticket(self) -> Ticket:
        draft, action = self.draft, self.action
        # It may have been tried on less than other nodes had written; nothing of that try is to be written now.
        draft.plains.clear()
        draft.keys.clear()
        command = action.command(draft)
        ticket = ticket_of(
            draft, command, action, first_part=self._first_part(command), key=self.key, answer=self.answer
        )
        if isinstance(action, Join):
            ticket.session = self.caller.session
        return ticket

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)

    def _first_part(self, command: Command) -> bytes:
        """Whose idempotency key it is: the actor's; where the command makes its own actor, whoever sent it."""
        if isinstance(self.action, Join):
            return self.caller.session or b""
        if isinstance(command, JoinWorkshop):
            return bytes.fromhex(self.draft.actor)
        return bytes.fromhex(command.actor)


def ticket_of(
    draft: Draft,
    command: Command,
    action: Action,
    *,
    first_part: bytes,
    key: str | None,
    answer: Answer,
) -> Ticket:
    """The ticket of a command that an action has led to; `first_part` says whose key it is."""
    secret = draft.live.keyring.command_mac
    said = action.__pydantic_serializer__.to_json(action, exclude_none=True)
    return Ticket(
        workshop=draft.live.id,
        command=command,
        command_id=command_id(secret, first_part, key or secrets.token_hex(16)),
        request=request_digest(secret, b"%s %s" % (action.NAME.encode(), said)),
        keyed=key is not None,
        answer=answer,
        plains=draft.plains,
        keys=tuple(draft.keys),
        secret_round=draft.secret_round,
    )
