"""A record that was put back, or whose key became known to others, goes on in another one: its successor.

The old record stays as it is. The new one names it in its first entry, and begins as the workshop was announced.
"""

from dataclasses import dataclass

from cocreate.application.actions_workshop import ActivityDraft, ChangeAgenda, CreateWorkshop
from cocreate.application.drafting import Draft
from cocreate.application.errors import TooManyWriters
from cocreate.application.live import LiveWorkshop, decode_row
from cocreate.application.service import Service
from cocreate.application.summary import successor_key
from cocreate.application.ticket import Receipt
from cocreate.domain.genesis import Because, Head, Predecessor, SignedHead
from cocreate.domain.messages import Command
from cocreate.domain.workshop import OpenWorkshop
from cocreate.tlog.checkpoints import OpenedCheckpoint, open_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.vkey import VerifierKey, parse_vkey

ERASED = "(text erased)"
"""What a title reads that a workshop must have, and that was erased."""


class NothingToRecover(Exception):
    """The record is sound: what is stored is what was signed."""


class RecoveredAlready(Exception):
    """The record has its successor."""

    def __init__(self, workshop: str, successor: str) -> None:
        self.successor = successor
        super().__init__(
            f"The record of {workshop} goes on in {successor} already. It has no second successor."
        )


@dataclass(frozen=True, slots=True)
class Successor:
    """A record that goes on from another; `predecessor` is what its first entry says of that one.

    `opened`: whether people can take part at once; `code`: their join code, None while there is no way in.
    """

    workshop: str
    predecessor: Predecessor
    facilitator: str
    activities: int
    opened: bool
    code: str | None


async def start_successor(service: Service, workshop: str, because: Because) -> Successor:
    """Begin the successor of a record; one that was interrupted is completed.

    Schedule, settings and agenda are carried on by the commands that people use. An import is not: it is imported again.
    Raises NothingToRecover, RecoveredAlready, WorkshopNotFound, OSError where what was signed cannot be read.
    """
    old = await service.reading.live(workshop)
    new = await _successor(service, old)
    if new is not None and new.rewound:
        raise RecoveredAlready(workshop, new.id)
    written = 0
    if new is None:
        named = _predecessor(service, old, because)
        new = await _begun(service, old, named)
        written = 1
    (first,) = await service.store.read(new.id, limit=1)
    carrying = _Carrying(service, old, new, decode_row(first).actor)
    written += await carrying.carry_on()
    if not written:
        raise RecoveredAlready(workshop, new.id)
    old.successor = new.id
    code = None if old.state.workshop.source is not None else await _code(service, old, new)
    predecessor = new.state.workshop.predecessor
    assert predecessor is not None, "it is found by its predecessor"
    agenda = new.state.workshop.agenda.activities
    opened = new.state.workshop.status == "open"
    return Successor(new.id, predecessor, carrying.actor, len(agenda), opened, code)


async def _successor(service: Service, old: LiveWorkshop) -> LiveWorkshop | None:
    row = old.state.workshop
    found = await service.store.by_source(successor_key(row.origin, imported=row.source is not None))
    return None if found is None else await service.lives.get(found.workshop)


def _predecessor(service: Service, old: LiveWorkshop, because: Because) -> Predecessor:
    """What the successor says of the record."""
    signed = _signed(service, old)
    match because:
        case "rewound" if not old.rewound:
            raise NothingToRecover(
                f"The record of {old.id} is sound: it has all {old.size} entries that were signed, as they were. "
                "It needs no successor."
            )
        case "key_compromised" if old.rewound:
            raise NothingToRecover(
                f"The record of {old.id} was put back, whoever knows its key. Recover it without --key-compromised."
            )
        case "key_compromised" if old.state.workshop.status != "sealed":
            raise NothingToRecover(
                f"The record of {old.id} is not sealed yet. Close the workshop and seal its record first, so that nothing "
                "more is written under that key."
            )
        case "key_compromised":
            key = parse_vkey(old.vkey)
            signed = _head(open_checkpoint(old.checkpoint(), key), key)
        case _:
            pass
    return Predecessor(
        because=because,
        origin=old.state.workshop.origin,
        signed=signed,
        stored=Head(root=old.tree.root().hex(), size=old.size),
        vkey=old.vkey,
    )


def _signed(service: Service, old: LiveWorkshop) -> SignedHead | None:
    """The largest state that is remembered to have been signed; None where nothing of that can be read any more."""
    key, memory = parse_vkey(old.vkey), service.lives.memory
    found: list[OpenedCheckpoint] = []
    for note in (memory.recall(old.id), memory.recall_cosigned(old.id)):
        try:
            found += [] if note is None else [open_checkpoint(note, key)]
        except VerificationError:
            continue
    largest = max(found, key=lambda one: one.checkpoint.size, default=None)
    return None if largest is None else _head(largest, key)


def _head(opened: OpenedCheckpoint, key: VerifierKey) -> SignedHead:
    (line,) = (one for one in opened.note.lines if (one.name, one.key_id) == (key.name, key.id))
    return SignedHead(
        root=opened.checkpoint.root.hex(), signature=line.signature.hex(), size=opened.checkpoint.size
    )


async def _begun(service: Service, old: LiveWorkshop, named: Predecessor) -> LiveWorkshop:
    about = _about(old)
    draft = await service.genesis_draft(Draft.new_id(), about.languages[0])
    workshop = draft.live.id
    command = await service.schedule(draft, about, old.state.workshop.source, named)
    try:
        await service.submit(workshop, command, draft, actor=bytes.fromhex(command.actor), key="genesis")
    except TooManyWriters:
        # The catalogue has room for one successor: somebody else's may have been first.
        found = await _successor(service, old)
        if found is None:
            raise
        raise RecoveredAlready(old.id, found.id) from None
    return await service.lives.get(workshop)


def _about(old: LiveWorkshop) -> CreateWorkshop:
    """The workshop as it is announced now, in the texts that can still be read."""
    fold = old.projections.workshop
    scheduled = fold.scheduled
    assert scheduled is not None, "a record begins with its genesis and the workshop's schedule"

    def said(field: str) -> dict[str, str] | None:
        return dict(old.texts(fold.scheduled_at, field) or ()) or None

    return CreateWorkshop.model_construct(
        title=said("title") or ERASED,
        host=said("host") or ERASED,
        city=said("city"),
        country=scheduled.country,
        place=said("place"),
        purpose=said("purpose"),
        languages=scheduled.languages,
        starts_at=fold.starts_at,
        ends_at=fold.ends_at,
        settings=fold.settings,
    )


class _Carrying:
    """What follows the genesis, each command under a key of its own: sent again after an interruption, it stands once."""

    def __init__(self, service: Service, old: LiveWorkshop, new: LiveWorkshop, actor: str) -> None:
        self._service, self._old, self._new, self.actor = service, old, new, actor

    async def carry_on(self) -> int:
        """How many commands were written now."""
        written = 0
        if self._old.state.workshop.source is not None:
            return written
        if activities := self._activities():
            draft = Draft(live=self._new, seat=self.actor)
            agenda = ChangeAgenda.model_construct(activities=activities)
            written += await self._send("agenda", agenda.command(draft), draft)
        if self._old.state.workshop.status == "open":
            draft = Draft(live=self._new, seat=self.actor)
            written += await self._send("open", OpenWorkshop(actor=self.actor), draft)
        return written

    def _activities(self) -> tuple[ActivityDraft, ...]:
        fold = self._old.projections.agenda
        stages = [stage for stage in fold.stages.values() if stage.index is not None]
        return tuple(
            ActivityDraft.model_construct(
                id=None,
                kind=stage.activity.kind,
                title=dict(self._old.texts(fold.agenda_at, f"activities.{stage.index}.title") or ()) or None,
                minutes=stage.activity.minutes,
                grace_ms=stage.activity.grace_ms,
            )
            for stage in sorted(stages, key=lambda one: one.index or 0)
        )

    async def _send(self, key: str, command: Command, draft: Draft) -> int:
        receipt: Receipt = await self._service.submit(
            self._new.id, command, draft, actor=bytes.fromhex(self.actor), key=key
        )
        return 0 if receipt.repeated or not receipt.count else 1


async def _code(service: Service, old: LiveWorkshop, new: LiveWorkshop) -> str | None:
    """The join code that posters and screens show leads to the successor from now on, while there is a way in."""
    if new.state.workshop.status not in ("scheduled", "open"):
        return None
    return await service.doors.move_code(old.id, new.id)
