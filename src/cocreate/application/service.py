"""The use cases: execute what people ask, in order, on the record; everything the web server and the importers call.

One `Service` is one node. It owns the sequencer, the open workshops, the follower and the timekeeper.
"""

import asyncio
import hashlib
import hmac
import random
import secrets
import uuid
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from structlog import get_logger

from cocreate.application.actions_people import Join
from cocreate.application.actions_workshop import CreateWorkshop
from cocreate.application.asked import Asked, Caller, ticket_of
from cocreate.application.clock import Clock
from cocreate.application.cosigning import Cosigning
from cocreate.application.doors import CODE_MOVERS, Doors
from cocreate.application.drafting import Action, Draft
from cocreate.application.errors import AnswerLost, StoreDown
from cocreate.application.keyring import KEY_BYTES
from cocreate.application.lives import LiveWorkshops
from cocreate.application.memory import Memory
from cocreate.application.reachable import store_told
from cocreate.application.reading import Reading
from cocreate.application.sequencer import Sequencer
from cocreate.application.ticket import Intake, Receipt, Ticket
from cocreate.application.timekeeper import Timekeeper
from cocreate.application.waypoints import STOP_S
from cocreate.domain.canonical import canonical_json, framed
from cocreate.domain.errors import NotAParticipant, WorkshopStateConflict
from cocreate.domain.genesis import Predecessor, Source
from cocreate.domain.messages import Command
from cocreate.domain.workshop import ScheduleWorkshop
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sealing import Vault
from cocreate.record.pseudonyms import command_id, request_digest

if TYPE_CHECKING:
    from cocreate.witnessing.asking import Witnesses

log = get_logger()


class NotAHost(Exception):
    """Only a host of this installation may create workshops."""


class Service:
    """Commands by `execute`, views by `reading`, sessions and links by `doors`."""

    def __init__(
        self,
        store: RecordStore,
        vault: Vault,
        *,
        clock: Clock | None = None,
        permute: random.Random | None = None,
        memory: Memory | None = None,
        witnesses: "Witnesses | None" = None,
    ) -> None:
        self.store, self._vault = store, vault
        self.clock = clock or Clock()
        self.lives = LiveWorkshops(store, vault, memory)
        # Seeded by the system's source once: asking that for each step of each shuffle is what a room's votes would wait for.
        permute = permute or random.Random(secrets.randbits(256))  # noqa: S311  hides an order, keeps no secret
        self.sequencer: Intake = Sequencer(store, self.lives, self.clock, permute=permute)
        self.doors = Doors(store, self.lives, self.clock)
        self.reading, self.log = Reading(store, self.lives), self.lives.log
        self._timekeeper = Timekeeper(self)
        self._cosigning = None if witnesses is None else Cosigning(self.lives, witnesses)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Take commands, follow other writers, keep the clock's promises, waypoints and what was signed."""
        self.sequencer.start()
        self.lives.waypoints.keeps = self.lives.memory.keeps = True
        self._tasks = [
            asyncio.create_task(self.lives.follow(self.store.follow), name="follower"),
            asyncio.create_task(self.lives.waypoints.keep(self.lives.opened), name="waypoints"),
            asyncio.create_task(self.lives.memory.keep(), name="memory"),
            asyncio.create_task(self._timekeeper.run(), name="timekeeper"),
        ]
        if self._cosigning is not None:
            self._tasks.append(asyncio.create_task(self._cosigning.run(), name="cosigning"))

    async def stop(self) -> None:
        """Finish the batches that wait, then end. The store stays open: whoever opened it closes it."""
        for task in self._tasks:
            task.cancel()
        for task, ended in zip(
            self._tasks, await asyncio.gather(*self._tasks, return_exceptions=True), strict=True
        ):
            if isinstance(ended, Exception):
                log.error("task_failed", task=task.get_name(), error=repr(ended))
        await self.sequencer.stop()
        await self.reading.groupings.stop()
        await self.lives.memory.write()
        try:
            async with asyncio.timeout(STOP_S):
                await self.lives.waypoints.save_due(self.lives.opened())
        except TimeoutError:
            log.warning("waypoints_not_saved", seconds=STOP_S)

    async def execute(self, caller: Caller, workshop: str, action: Action, key: str | None = None) -> Receipt:
        """Do what the caller asks and say where it stands on the record.

        `key` is the client's idempotency key: a repeat gets its first result. Raises a Refusal or Unavailable.
        """
        joins = isinstance(action, Join)
        if joins and caller.session is None:
            raise NotAParticipant(status="without a session")
        live = self.lives.find(workshop) or await self.reading.live(workshop)
        seat = None
        if caller.session is not None:
            seat = self.doors.known_seat(workshop, caller.session) or await self.doors.seat(
                workshop, caller.session
            )
        draft = Draft(live=live, seat=seat)
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self.sequencer.offer(Asked(draft, action, caller, key, answer))
        receipt = await answer
        if joins and caller.session is not None:
            self.doors.seated(
                workshop, caller.session, receipt.aggregates[0] if receipt.aggregates else draft.actor
            )
        if type(action) in CODE_MOVERS:
            await self._afterwards(self.doors.after(live, action))
        return receipt

    async def submit(
        self, workshop: str, command: Command, draft: Draft, *, actor: bytes, key: str
    ) -> Receipt:
        """Put a ready command of an importer or of the clock on the record, under the key that names its cause."""
        request = (type(command).__name__, key)
        live = draft.live
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        ticket = Ticket(
            workshop=workshop,
            command=command,
            command_id=command_id(live.keyring.command_mac, actor, key),
            request=request_digest(live.keyring.command_mac, canonical_json(request)),
            keyed=True,
            answer=answer,
            plains=draft.plains,
            keys=tuple(draft.keys),
        )
        self.sequencer.offer(ticket)
        return await answer

    async def create(self, caller: Caller, action: CreateWorkshop, key: str | None = None) -> Receipt:
        """Start a record; the caller becomes its first facilitator. The same key gives the same workshop."""
        if not caller.host or caller.session is None:
            raise NotAHost()
        workshop = str(uuid.uuid4()) if key is None else _workshop_id(caller.session, key)
        try:
            receipt = await self._create(caller.session, workshop, action, key)
        except WorkshopStateConflict:
            # The same request came twice at once, each with a secret of its own: now the first one's is known.
            receipt = await self._create(caller.session, workshop, action, key)
        await self._afterwards(self.doors.open_code(workshop))
        return receipt

    async def _afterwards(self, deed: Awaitable[object]) -> None:
        """What a written command brings with it beside the record; a repeat under the same key does it again."""
        try:
            await deed
        except StoreDown as error:
            raise AnswerLost() from error

    async def _create(
        self, session: bytes, workshop: str, action: CreateWorkshop, key: str | None
    ) -> Receipt:
        draft = await self.genesis_draft(workshop, action.languages[0])
        command = await self.schedule(draft, action)
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        ticket = ticket_of(draft, command, action, first_part=session, key=key, answer=answer)
        ticket.session = session
        self.sequencer.offer(ticket)
        return await answer

    @store_told
    async def genesis_draft(self, workshop: str, language: str) -> Draft:
        """A draft for a record's first command, with the keys that the record begins with."""
        live = await self.lives.get(workshop)
        if live.size == 0:
            live = self.lives.unborn(workshop)
        draft = Draft(live=live, seat=None)
        if live.size == 0:
            live.language = language
            draft.keys.append(("secret", "command", secrets.token_bytes(KEY_BYTES)))
            private = Ed25519PrivateKey.generate().private_bytes_raw()
            draft.keys.append(("log", "ed25519", private))
            live.keyring.preset(draft.keys)
        return draft

    async def schedule(
        self,
        draft: Draft,
        action: CreateWorkshop,
        source: Source | None = None,
        predecessor: Predecessor | None = None,
    ) -> ScheduleWorkshop:
        """The genesis command: the origin never changes, nor does the key that will sign this record."""
        workshop = draft.live.id
        origin = f"{await self.doors.log_name()}/{workshop}"
        return ScheduleWorkshop(
            actor=draft.new_pseudonym(),
            workshop=workshop,
            origin=origin,
            vkey=str(draft.live.keyring.log_signer(origin).key),
            source=source,
            predecessor=predecessor,
            host=draft.seal(action.host),
            title=draft.seal(action.title),
            city=draft.seal_optional(action.city),
            country=action.country,
            place=draft.seal_optional(action.place),
            purpose=draft.seal_optional(action.purpose),
            languages=action.languages,
            starts_at=action.starts_at,
            ends_at=action.ends_at,
            settings=action.settings,
        )


def _workshop_id(session: bytes, key: str) -> str:
    """A random-looking UUID that the same session and key lead to again, and nobody else can foresee."""
    raw = hmac.new(session, framed("workshop", key.encode()), hashlib.sha256).digest()[:16]
    return str(uuid.UUID(bytes=raw, version=4))
