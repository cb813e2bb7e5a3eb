"""The store in plain Python objects: for tests, demonstrations and simulation. Nothing outlives the process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.popo import POPOAggregateRecorder

from cocreate.persistence.batch import (
    Batch,
    CommandRow,
    Erasure,
    KeyRow,
    Row,
    SealedRow,
    Seat,
    Summary,
    page_of,
    rows_in_order,
    versions,
)
from cocreate.persistence.errors import HeadMoved
from cocreate.persistence.popo_identity import PopoIdentity
from cocreate.persistence.record_store import READ_ROWS_MAX
from cocreate.persistence.waypoints import PopoWaypointRows
from cocreate.persistence.wrapped_keys import PopoWrappedKeys
from cocreate.record.page import Page


class PopoRecorder(POPOAggregateRecorder):
    """The library's recorder, and beside its events what our batches keep. Several stores may share one."""

    def __init__(self) -> None:
        super().__init__()
        self.sealed: dict[tuple[str, int, str, str], SealedRow] = {}
        self.keys: dict[tuple[str, str, str], KeyRow] = {}
        self.commands: dict[tuple[str, int], CommandRow] = {}
        self.seats: dict[tuple[bytes, str], Seat] = {}
        self.summaries: dict[str, Summary] = {}
        self.identity = PopoIdentity()
        self.waypoints = PopoWaypointRows()
        self.wrapped_keys = PopoWrappedKeys(self.keys)
        self.watchers: set[Callable[[object, frozenset[str]], None]] = set()

    def head(self, workshop: str) -> int:
        """How many entries the record has."""
        return len(self._stored_events_index.get(workshop, ()))

    def read(self, workshop: str, first: int, end: int) -> list[Row]:
        """Entries at positions `first` … `end - 1`; all of them exist."""
        index = self._stored_events_index[workshop]
        found = (self._stored_events[index[position + 1]] for position in range(first, end))
        return [Row(workshop, event.originator_version - 1, event.topic, event.state) for event in found]

    def write(self, batch: Batch) -> None:
        """Check all of the batch, then write all of it: a refusal leaves nothing behind."""
        rows = rows_in_order(batch)
        with self._database_lock:
            moved = {workshop for workshop, head in batch.heads.items() if self.head(workshop) != head}
            if moved or self._takes_a_taken_key(batch):
                raise HeadMoved(frozenset(moved or batch.heads))
            self.insert_events(
                [StoredEvent(UUID(row.workshop), row.position + 1, row.name, row.entry) for row in rows]
            )
            self.sealed |= {_sealed_key(row): row for row in batch.sealed}
            self.keys.update({_key_key(row): row for row in batch.keys})
            self.commands |= {(row.workshop, row.position): row for row in batch.commands}
            self.seats |= {(row.session, row.workshop): row for row in batch.seats}
            self.summaries |= {row.workshop: row for row in batch.summaries}
            for erasure in batch.erasures:
                self._erase(erasure)

    def _takes_a_taken_key(self, batch: Batch) -> bool:
        return (
            _repeats(_sealed_key(row) for row in batch.sealed)
            or _repeats(_key_key(row) for row in batch.keys)
            or _repeats((row.workshop, row.position) for row in batch.commands)
            or any(_sealed_key(row) in self.sealed for row in batch.sealed)
            or any(_key_key(row) in self.keys for row in batch.keys)
            or any((row.workshop, row.position) in self.commands for row in batch.commands)
            or (bool(batch.summaries) and self._takes_a_taken_source(batch))
        )

    def _takes_a_taken_source(self, batch: Batch) -> bool:
        standing = self.summaries | {row.workshop: row for row in batch.summaries}
        return _repeats(row.source for row in standing.values() if row.source is not None)

    def _erase(self, erasure: Erasure) -> None:
        workshop, subject = erasure.workshop, erasure.subject
        if subject is None:
            place = (workshop, erasure.position, erasure.field)
            self.sealed = {key: row for key, row in self.sealed.items() if key[:3] != place}
            return
        self.sealed = {
            key: row for key, row in self.sealed.items() if (row.workshop, row.subject) != (workshop, subject)
        }
        self.keys.pop((workshop, "subject", subject), None)
        self.seats = {
            key: row
            for key, row in self.seats.items()
            if (row.workshop, row.participant) != (workshop, subject)
        }


class PopoRecordStore:
    """One node's store; give another store's recorder to be a second node on the same memory."""

    def __init__(self, recorder: PopoRecorder | None = None) -> None:
        self.recorder = recorder or PopoRecorder()
        self._closing = asyncio.Event()

    @property
    def identity(self) -> PopoIdentity:
        return self.recorder.identity

    @property
    def waypoints(self) -> PopoWaypointRows:
        return self.recorder.waypoints

    @property
    def wrapped_keys(self) -> PopoWrappedKeys:
        return self.recorder.wrapped_keys

    async def open(self) -> None:
        self._closing.clear()

    async def append(self, batch: Batch) -> None:
        self.recorder.write(batch)
        for tell in tuple(self.recorder.watchers):
            tell(self, frozenset(batch.heads))

    async def read(
        self, workshop: str, *, after: int = -1, upto: int | None = None, limit: int = READ_ROWS_MAX
    ) -> list[Row]:
        first, end = versions(after, upto, limit)
        return self.recorder.read(workshop, first, min(end, self.recorder.head(workshop)))

    async def page(
        self, workshop: str, *, after: int = -1, upto: int | None = None, limit: int = READ_ROWS_MAX
    ) -> Page:
        rows = await self.read(workshop, after=after, upto=upto, limit=limit)
        return page_of([row[1:] for row in rows])

    async def head(self, workshop: str) -> int:
        return self.recorder.head(workshop)

    async def heads(self, workshops: Collection[str]) -> dict[str, int]:
        return {workshop: self.recorder.head(workshop) for workshop in workshops}

    async def sealed(self, workshop: str, *, after: int = -1, upto: int | None = None) -> list[SealedRow]:
        found = sorted(
            key
            for key in self.recorder.sealed
            if key[0] == workshop and key[1] > after and (upto is None or key[1] <= upto)
        )
        return [self.recorder.sealed[key] for key in found]

    async def keys(self, workshop: str) -> list[KeyRow]:
        found = sorted(key for key in self.recorder.keys if key[0] == workshop)
        return [self.recorder.keys[key] for key in found]

    async def command(self, workshop: str, position: int) -> CommandRow | None:
        return self.recorder.commands.get((workshop, position))

    async def seat(self, workshop: str, session: bytes) -> str | None:
        seat = self.recorder.seats.get((session, workshop))
        return seat.participant if seat else None

    async def seats_of(self, sessions: Collection[bytes]) -> list[Seat]:
        found = [seat for seat in self.recorder.seats.values() if seat.session in sessions]
        return sorted(found, key=lambda seat: (seat.session, seat.workshop))

    async def summaries(self, *, status: str | None = None) -> list[Summary]:
        found = [row for row in self.recorder.summaries.values() if status is None or row.status == status]
        return sorted(found, key=lambda row: (-row.starts_at, row.workshop))

    async def due(self, now: int) -> list[Summary]:
        found = [(row.due_at, row) for row in self.recorder.summaries.values() if row.due_at is not None]
        ripe = [(due_at, row.workshop, row) for due_at, row in found if due_at <= now]
        return [row for *_, row in sorted(ripe, key=lambda item: item[:2])]

    async def by_source(self, source: str) -> Summary | None:
        return next((row for row in self.recorder.summaries.values() if row.source == source), None)

    async def follow(self) -> AsyncIterator[frozenset[str] | None]:
        moved: set[str] = set()
        woken = asyncio.Event()

        def tell(writer: object, workshops: frozenset[str]) -> None:
            if writer is not self:
                moved.update(workshops)
                woken.set()

        self.recorder.watchers.add(tell)
        closing = asyncio.ensure_future(self._closing.wait())
        closing.add_done_callback(lambda _: woken.set())
        try:
            yield None
            while not self._closing.is_set():
                await woken.wait()
                woken.clear()
                if moved:
                    told = frozenset(moved)
                    moved.clear()
                    yield told
        finally:
            closing.cancel()
            self.recorder.watchers.discard(tell)

    async def close(self) -> None:
        self._closing.set()


def _repeats(keys: Iterable[Any]) -> bool:
    listed = list(keys)
    return len(set(listed)) < len(listed)


def _sealed_key(row: SealedRow) -> tuple[str, int, str, str]:
    return row.workshop, row.position, row.field, row.language


def _key_key(row: KeyRow) -> tuple[str, str, str]:
    return row.workshop, row.purpose, row.name
