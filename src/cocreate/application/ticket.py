"""What waits in the sequencer's queue, and what it is answered with."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from cocreate.application.texts import Plain
from cocreate.domain.messages import Command


@dataclass(slots=True)
class Receipt:
    """Where a command stands on the record: `count` entries from `position`, which is None for a harmless repeat.

    `leaves` are the entries' leaf hashes (RFC 6962), `aggregates` whom each entry is about.
    """

    workshop: str
    command: str
    position: int | None
    count: int
    leaves: tuple[str, ...]
    aggregates: tuple[str, ...]
    time: int
    repeated: bool


class Answer(Protocol):
    """Who waits for a receipt: a future of this process, or a reply to another one."""

    def done(self) -> bool: ...

    def set_result(self, receipt: Receipt, /) -> None: ...

    def set_exception(self, error: Exception, /) -> None: ...


class Waiting(Protocol):
    """What stands in the queue: something that a ticket can be made of, and somebody who waits for its answer."""

    @property
    def workshop(self) -> str: ...

    def ticket(self) -> "Ticket":
        """The command as it stands in the moment of its batch. May raise a Refusal, or what its request alone shows."""
        ...

    def fail(self, error: Exception) -> None: ...


class Intake(Protocol):
    """Where commands go in: the sequencer, or what forwards them to the process that has it."""

    @property
    def running(self) -> bool: ...

    @property
    def waiting(self) -> int: ...

    def start(self) -> None: ...

    def offer(self, waiting: Waiting) -> None: ...

    async def stop(self) -> None: ...


@dataclass(slots=True)
class Ticket:
    """A command on its way to the record.

    `plains` are the texts behind its commitments, by commitment; `keys` are (purpose, name, key) of new keys; `session` is
    the SHA-256 of the session that a join takes its seat with. `keyed`: the client chose the key, so it may be a repeat.
    """

    workshop: str
    command: Command
    command_id: str
    request: bytes
    keyed: bool
    answer: Answer
    plains: Mapping[str, Plain] = field(default_factory=dict)
    keys: tuple[tuple[str, str, bytes], ...] = ()
    session: bytes | None = None
    secret_round: str | None = None
    """The pseudonymous round this is a ballot command of: such runs are permuted."""

    def ticket(self) -> "Ticket":
        return self

    def resolve(self, receipt: Receipt) -> None:
        """A waiter that has gone hurts nobody."""
        if not self.answer.done():
            self.answer.set_result(receipt)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


def nothing_written(ticket: Ticket, aggregate: str, *, time: int) -> Receipt:
    """The answer to a command whose effect stands already, by another command."""
    return Receipt(
        workshop=ticket.workshop,
        command=ticket.command_id,
        position=None,
        count=0,
        leaves=(),
        aggregates=(aggregate,),
        time=time,
        repeated=True,
    )


def permuted(tickets: Sequence[Ticket], rng: random.Random) -> list[Ticket]:
    """Permute each run of consecutive ballot commands of one pseudonymous round, each voter's own order kept.

    So the order of entries tells nothing about the order in which known people pressed the button.
    """
    order: list[Ticket] = []
    for secret_round, run in groupby(tickets, key=lambda ticket: ticket.secret_round):
        together = list(run)
        order.extend(together if secret_round is None else _shuffled(together, rng))
    return order


def _shuffled(run: Iterable[Ticket], rng: random.Random) -> Iterable[Ticket]:
    by_voter: defaultdict[str, list[Ticket]] = defaultdict(list)
    for ticket in run:
        by_voter[ticket.command.actor].append(ticket)
    turns = [voter for voter, own in by_voter.items() for _ in own]
    turns.sort(key=lambda _: rng.random())  # an even order, as `shuffle` makes one, at a third of its cost
    queues = {voter: iter(own) for voter, own in by_voter.items()}
    return (next(queues[voter]) for voter in turns)
