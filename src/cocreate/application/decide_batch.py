"""From a command to the entries it causes: decided, stamped, digested, sealed and encoded on speculative state."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cocreate.application.live import LiveWorkshop
from cocreate.application.texts import seal_event
from cocreate.application.ticket import Receipt, Ticket
from cocreate.domain.certificate import ResultCertified
from cocreate.domain.contest import ResultRecertified
from cocreate.domain.decider import decide, evolve
from cocreate.domain.erasure import SubjectErased, TextErased
from cocreate.domain.errors import KeyLost
from cocreate.domain.messages import Recorded
from cocreate.domain.objection import reasons_gone
from cocreate.domain.state import WorkshopState
from cocreate.domain.workshop import RecordSealed, WorkshopClosed
from cocreate.persistence.batch import Erasure, Row, SealedRow, Seat
from cocreate.record.codec import encode
from cocreate.record.digest import state_digest

DIGESTED = frozenset({WorkshopClosed, RecordSealed, ResultCertified, ResultRecertified})
"""Closing and certifying events carry the digest of the state before them."""


@dataclass(slots=True)
class Decided:
    """A command's part of a batch; `entries` become durable together or not at all."""

    ticket: Ticket
    live: LiveWorkshop
    first: int
    time: int
    entries: list[tuple[Recorded, bytes]] = field(default_factory=list)
    sealed: list[SealedRow] = field(default_factory=list)
    erasures: list[Erasure] = field(default_factory=list)

    def rows(self) -> list[Row]:
        return [
            Row(self.live.id, recorded.position, recorded.event.NAME, entry)
            for recorded, entry in self.entries
        ]

    def seats(self) -> list[Seat]:
        if self.ticket.session is None or not self.entries:
            return []
        return [Seat(self.live.id, self.ticket.command.actor, self.ticket.session)]

    def receipt(self, leaves: Iterator[bytes]) -> Receipt:
        """The answer; takes as many leaf hashes as there are entries."""
        return Receipt(
            workshop=self.live.id,
            command=self.ticket.command_id,
            position=self.first if self.entries else None,
            count=len(self.entries),
            leaves=tuple([next(leaves).hex() for _ in self.entries]),
            aggregates=tuple([recorded.aggregate for recorded, _ in self.entries]),
            time=self.time,
            repeated=False,
        )


def decide_ticket(ticket: Ticket, live: LiveWorkshop, now: int) -> Decided:
    """Decide one command and evolve the speculative state by it. Raises a Refusal, having changed nothing."""
    state = live.state
    secret = ticket.secret_round
    if secret is not None and secret in state.rounds and live.keyring.round_key(secret) is None:
        raise KeyLost(round=secret)
    stamped = max(now, state.now)
    decided = Decided(ticket, live, state.size, stamped)
    pending = decide(ticket.command, state, stamped)
    for purpose, name, key in ticket.keys if pending else ():
        live.keyring.put(purpose, name, key)
    for aggregate, wanted in pending:
        event = wanted
        if type(wanted) in DIGESTED:
            event = wanted.model_copy(update={"digest": state_digest(state)})
        recorded = Recorded(state.size, stamped, ticket.command.actor, aggregate, ticket.command_id, event)
        decided.entries.append((recorded, encode(recorded)))
        decided.erasures += _erasures(state, live.id, recorded)
        evolve(state, recorded)
        if recorded.event.SEALED:
            decided.sealed += seal_event(
                recorded, live.id, state.workshop.origin, ticket.plains, live.keyring
            )
    return decided


def _erasures(state: WorkshopState, workshop: str, recorded: Recorded) -> list[Erasure]:
    """What is deleted with an entry; the state is that before it."""
    event = recorded.event
    if type(event) is SubjectErased:
        return [Erasure(workshop, subject=recorded.aggregate)]
    gone = [(event.position, event.field)] if type(event) is TextErased else reasons_gone(state, recorded)
    return [Erasure(workshop, position=position, field=name) for position, name in gone]
