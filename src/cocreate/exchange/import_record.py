"""The record that an import writes: found again by its source, continued where it stopped, each row at most once.

A row is a command under a key of its own, so whatever was interrupted, sending all rows again writes the missing ones
alone. What is on the record is read once, not asked for row by row.
"""

import asyncio
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from cocreate.application.actions_workshop import CreateWorkshop
from cocreate.application.drafting import Draft
from cocreate.application.errors import QueueFull, StoreDown, TooManyWriters, Unavailable
from cocreate.application.live import LiveWorkshop, decode_row
from cocreate.application.service import Service
from cocreate.application.summary import source_key
from cocreate.domain.errors import Refusal
from cocreate.domain.genesis import Source
from cocreate.domain.messages import Command
from cocreate.domain.voting import Rules
from cocreate.record.pseudonyms import command_id

BEGINNINGS_MAX: Final = 5
"""Times the source is looked up again because another run of the same import began its record first."""
SENDINGS_MAX: Final = 8
"""Times a flight is sent before the import gives up; with the pauses between them about ten seconds."""


class _Sent(NamedTuple):
    key: str
    command: Command
    draft: Draft


class ImportRecord:
    """What one run of an importer knows of its record, and the commands it has in flight.

    Commands in flight reach the record in the order in which they were sent, unless the store fails one and takes a later
    one; the failed one then follows. So a caller settles before it sends what must not come before a command in flight.
    """

    def __init__(self, service: Service, live: LiveWorkshop, actor: str, *, resumed: bool) -> None:
        self.workshop, self.actor, self.resumed = live.id, actor, resumed
        self._service, self._live = service, live
        self._secret = live.keyring.command_mac
        self._stored: dict[str, str] = {}
        """By command id, what the first entry of each command of earlier runs is about."""
        self._settled: dict[str, str] = {}
        """The same by key, for what this run has asked for."""
        self._flight: dict[str, _Sent] = {}
        self._plain = self.draft()
        """Of commands without texts and keys: nothing is ever put into it."""

    @property
    def completed(self) -> bool:
        """Whether an earlier run has finished this import."""
        return not self._live.state.workshop.importing

    def find(self, key: str) -> str | None:
        """What the first entry written under this key is about; None if it is not durable yet."""
        found = self._settled.get(key)
        if found is None and self._stored:
            found = self._stored.get(self._derived(key))
            if found is not None:
                self._settled[key] = found
        return found

    def new_id(self, key: str) -> str:
        """A UUID that every run of this import gives to this key, and nobody else can foresee."""
        return str(UUID(hex=self._derived(f"id/{key}"), version=4))

    def round_rules(self, key: str) -> Rules | None:
        """The rules of the round that was opened under this key, None if there is none yet."""
        round_id = self.find(key)
        return None if round_id is None else self._live.state.rounds[round_id].rules

    def tie_root(self, round_id: str) -> bytes:
        """What the ties of a round are drawn from."""
        return self._live.tie_roots[round_id]

    def draft(self) -> Draft:
        """For a command with sealed texts."""
        return Draft(live=self._live, seat=self.actor)

    def send(self, key: str, command: Command, draft: Draft | None = None) -> None:
        """Put a command in flight, unless its key is on the record or in flight already."""
        if key not in self._flight and self.find(key) is None:
            self._flight[key] = _Sent(key, command, draft or self._plain)

    async def write(self, key: str, command: Command) -> None:
        """Send one command and wait until it is durable."""
        self.send(key, command)
        await self.settle()

    def get(self, key: str) -> str:
        """What the first entry written under this key is about, which the caller has settled."""
        aggregate = self.find(key)
        assert aggregate is not None, f"{key} is sent and settled before anything that needs it"
        return aggregate

    async def settle(self) -> None:
        """Wait until everything in flight is durable. Raises what the rules refused, or Unavailable."""
        waiting = list(self._flight.values())
        for sending in range(1, SENDINGS_MAX + 1):
            waiting, cause = await self._attempt(waiting)
            if cause is None:
                break
            if sending == SENDINGS_MAX:
                raise cause
            await asyncio.sleep(cause.retry_after_s * min(sending, 2) / 2)
        self._flight.clear()

    async def _attempt(self, flight: list[_Sent]) -> tuple[list[_Sent], Unavailable | None]:
        """Send all at once; what was not taken is returned with the reason, to be sent again under the same keys.

        Behind a command that was not taken, a refusal may only say that what it rests on is missing: it is sent again too.
        """
        actor = bytes.fromhex(self.actor)
        submit = self._service.submit
        answers = await asyncio.gather(
            *(submit(self.workshop, one.command, one.draft, actor=actor, key=one.key) for one in flight),
            return_exceptions=True,
        )
        missing: list[_Sent] = []
        cause: Unavailable | None = None
        for one, answer in zip(flight, answers, strict=True):
            if isinstance(answer, Unavailable):
                missing.append(one)
                cause = answer
            elif isinstance(answer, Refusal) and cause is not None:
                missing.append(one)
            elif isinstance(answer, BaseException):
                raise answer
            elif answer.aggregates:
                self._settled[one.key] = answer.aggregates[0]
        return missing, cause

    async def read_stored(self) -> None:
        """Learn what is on the record already."""
        after = -1
        while rows := await self._service.store.read(self.workshop, after=after):
            after = rows[-1].position
            for row in rows:
                recorded = decode_row(row)
                self._stored.setdefault(recorded.command, recorded.aggregate)
            await asyncio.sleep(0)

    def _derived(self, key: str) -> str:
        return command_id(self._secret, bytes.fromhex(self.actor), key)


async def open_import(service: Service, source: Source, about: CreateWorkshop) -> ImportRecord:
    """The record of this source: the one that an earlier run began, else a new one."""
    source_id = source_key(source)
    for _ in range(BEGINNINGS_MAX):
        summary = await service.store.by_source(source_id)
        if summary is not None:
            return await _resumed(service, summary.workshop)
        try:
            return await _begun(service, source, about)
        except (TooManyWriters, StoreDown, QueueFull):
            # Another run of the same import may have been first: then its record is found by its source.
            await asyncio.sleep(0.2)
    raise TooManyWriters()


async def _begun(service: Service, source: Source, about: CreateWorkshop) -> ImportRecord:
    workshop = str(uuid4())
    draft = await service.genesis_draft(workshop, about.languages[0])
    command = await service.schedule(draft, about, source)
    await service.submit(workshop, command, draft, actor=bytes.fromhex(command.actor), key="genesis")
    live = await service.lives.get(workshop)
    return ImportRecord(service, live, command.actor, resumed=False)


async def _resumed(service: Service, workshop: str) -> ImportRecord:
    live = await service.lives.get(workshop)
    while live.successor is not None:
        # A record that was put back is not written to: what goes on from it is imported into from the beginning.
        live = await service.lives.get(live.successor)
    if live.rewound:
        raise live.put_back()
    (first,) = await service.store.read(live.id, limit=1)
    record = ImportRecord(service, live, decode_row(first).actor, resumed=True)
    await record.read_stored()
    return record
