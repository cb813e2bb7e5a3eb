"""One attempt at a batch: look up repeats, decide the rest on speculative state, and then commit or roll back."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from cocreate.application.clock import Clock
from cocreate.application.decide_batch import Decided, decide_ticket
from cocreate.application.live import LiveWorkshop, decode_row
from cocreate.application.lives import LiveWorkshops
from cocreate.application.summary import summary_of
from cocreate.application.ticket import Receipt, Ticket, nothing_written
from cocreate.domain.errors import IdempotencyKeyReused, Refusal
from cocreate.domain.participant import JoinWorkshop
from cocreate.persistence.batch import Batch, CommandRow, Summary
from cocreate.persistence.errors import HeadMoved
from cocreate.persistence.record_store import RecordStore
from cocreate.tlog.merkle import leaf_hash


class Attempt:
    """Answers gather here and are given only after the commit."""

    def __init__(self, store: RecordStore, lives: LiveWorkshops, clock: Clock) -> None:
        self._store, self._lives, self._clock = store, lives, clock
        self._touched: dict[str, LiveWorkshop] = {}
        self._decided: list[Decided] = []
        self._by_id: dict[tuple[str, str], Decided] = {}
        self._twins: list[tuple[Ticket, Decided]] = []
        self._joined: dict[tuple[str, bytes], str] = {}
        self._seated: list[tuple[Ticket, str]] = []
        self._repeats: list[tuple[Ticket, Receipt]] = []
        self._refused: list[tuple[Ticket, Exception]] = []
        self._summaries: dict[str, Summary] = {}
        self._now = 0

    async def decide(self, tickets: Sequence[Ticket]) -> Batch:
        """The batch to append; empty where every command is a repeat, refused or without effect."""
        now = self._now = self._clock.now()
        for ticket in tickets:
            live = self._touched.get(ticket.workshop)
            if live is None:
                live = self._touched[ticket.workshop] = await self._lives.get(ticket.workshop)
            if live.rewound:
                self._refused.append((ticket, live.put_back()))
                continue
            if (twin := self._by_id.get((ticket.workshop, ticket.command_id))) is not None:
                self._twin(ticket, twin)
                continue
            if (places := live.commands.places(ticket.command_id)) and await self._repeat(ticket, places):
                continue
            if isinstance(ticket.command, JoinWorkshop) and await self._has_a_seat(ticket, live):
                continue
            self._decide_one(ticket, live, now)
        return self._batch()

    async def _repeat(self, ticket: Ticket, places: Sequence[int]) -> bool:
        """Give a repeat its first result, even after a newer command of the same person; False where it is none."""
        for position in places:
            row = await self._store.command(ticket.workshop, position)
            if row is not None and await self._repeat_of(ticket, row):
                return True
        return False

    async def _repeat_of(self, ticket: Ticket, row: CommandRow) -> bool:
        """False where another command stands there."""
        last = row.position + row.entries - 1
        stored = await self._store.read(ticket.workshop, after=row.position - 1, upto=last, limit=row.entries)
        entries = [decode_row(one) for one in stored]
        if entries[0].command != ticket.command_id:
            return False
        if row.request != ticket.request:
            self._refused.append((ticket, IdempotencyKeyReused()))
            return True
        receipt = Receipt(
            workshop=ticket.workshop,
            command=ticket.command_id,
            position=row.position,
            count=row.entries,
            leaves=tuple(leaf_hash(one.entry).hex() for one in stored),
            aggregates=tuple(recorded.aggregate for recorded in entries),
            time=entries[0].time,
            repeated=True,
        )
        self._repeats.append((ticket, receipt))
        return True

    def _twin(self, ticket: Ticket, first: Decided) -> None:
        """The same command twice in one batch: one effect, two answers."""
        if first.ticket.request != ticket.request:
            self._refused.append((ticket, IdempotencyKeyReused()))
        else:
            self._twins.append((ticket, first))

    def _decide_one(self, ticket: Ticket, live: LiveWorkshop, now: int) -> None:
        try:
            decided = decide_ticket(ticket, live, now)
        except Refusal as refusal:
            self._refused.append((ticket, refusal))
            return
        self._decided.append(decided)
        if decided.entries:
            self._by_id[ticket.workshop, ticket.command_id] = decided
            if ticket.session is not None:
                self._joined[ticket.workshop, ticket.session] = ticket.command.actor

    async def _has_a_seat(self, ticket: Ticket, live: LiveWorkshop) -> bool:
        """One browser is one participant: whoever joins twice at once, under two keys, is who they are since the first."""
        if (session := ticket.session) is None:
            return False
        seat = self._joined.get((ticket.workshop, session))
        if seat is None:
            seat = await self._store.seat(ticket.workshop, session)
        if seat is None:
            return False
        row = live.state.participants.get(seat)
        if row is not None and row.status == "erased":
            return False  # by this batch: the seat goes with it
        if seat == ticket.command.actor and (row is None or row.status != "present"):
            return False
        self._seated.append((ticket, seat))
        return True

    def _batch(self) -> Batch:
        writing = [decided for decided in self._decided if decided.entries]
        return Batch(
            heads={decided.live.id: decided.live.size for decided in writing},
            rows=[row for decided in writing for row in decided.rows()],
            sealed=[row for decided in writing for row in decided.sealed],
            keys=[row for live in self._touched.values() for row in live.keyring.pending],
            commands=[
                CommandRow(d.live.id, d.first, len(d.entries), d.ticket.request)
                for d in writing
                if d.ticket.keyed
            ],
            seats=[seat for decided in writing for seat in decided.seats()],
            summaries=self._changed_summaries({decided.live.id: decided.live for decided in writing}),
            erasures=[erasure for decided in writing for erasure in decided.erasures],
        )

    def _changed_summaries(self, lives: dict[str, LiveWorkshop]) -> list[Summary]:
        """Catalogue rows that say something new; a vote changes none, so it costs no write."""
        for live in lives.values():
            summary = summary_of(live.state)
            if live.summary is None or replace(summary, head=live.summary.head) != live.summary:
                self._summaries[live.id] = summary
        return list(self._summaries.values())

    def unwritten(self) -> set[str]:
        """Workshops in which something was refused or had no effect: an answer that no append has checked against the head."""
        ineffective = {decided.live.id for decided in self._decided if not decided.entries}
        return ineffective | {ticket.workshop for ticket, _ in (*self._refused, *self._seated)}

    async def require_current(self, workshops: Collection[str]) -> None:
        """Raises HeadMoved where another node's entries, not folded yet, may change what was decided."""
        if workshops:
            heads = await self._store.heads(workshops)
            moved = {workshop for workshop in workshops if heads[workshop] != self._touched[workshop].size}
            if moved:
                raise HeadMoved(frozenset(moved))

    def rollback(self) -> None:
        for live in self._touched.values():
            live.state.rollback()
            live.keyring.discard_pending()

    def commit(self) -> None:
        """The batch is durable: fold it, answer everybody, wake the streams."""
        for live in self._touched.values():
            live.state.mark()
            live.keyring.committed()
        for live_id, summary in self._summaries.items():
            self._touched[live_id].summary = summary
        by_live: dict[LiveWorkshop, list[Decided]] = {}
        for decided in self._decided:
            by_live.setdefault(decided.live, []).append(decided)
        receipts: dict[int, Receipt] = {}
        for live, together in by_live.items():
            plains = {named: plain for decided in together for named, plain in decided.ticket.plains.items()}
            leaves = live.apply_all([entry for decided in together for entry in decided.entries], plains)
            receipts |= {id(decided): decided.receipt(leaves) for decided in together}
            if any(decided.entries for decided in together):
                self._lives.moved(live)
        self._answer(receipts)

    def _answer(self, receipts: dict[int, Receipt]) -> None:
        for decided in self._decided:
            decided.ticket.resolve(receipts[id(decided)])
        for ticket, first in self._twins:
            ticket.resolve(replace(receipts[id(first)], repeated=True))
        for ticket, receipt in self._repeats:
            ticket.resolve(receipt)
        for ticket, seat in self._seated:
            ticket.resolve(nothing_written(ticket, seat, time=self._now))
        for ticket, error in self._refused:
            ticket.fail(error)


def by_workshop(tickets: Sequence[Ticket]) -> list[Sequence[Ticket]]:
    """The tickets of each workshop, in their order."""
    parts: dict[str, list[Ticket]] = {}
    for ticket in tickets:
        parts.setdefault(ticket.workshop, []).append(ticket)
    return list(parts.values())
