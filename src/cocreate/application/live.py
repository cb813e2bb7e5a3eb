"""Open workshops: decision state, projections, tree, keys and texts, folded from the record and kept current.

A live workshop holds what is durable; only its decision state runs ahead, while the sequencer decides a batch.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from itertools import groupby
from typing import TYPE_CHECKING

from structlog import get_logger

from cocreate.application.command_index import CommandIndex
from cocreate.application.errors import RecordDamaged, RecordRewound
from cocreate.application.keyring import Keyring
from cocreate.application.memory import Memory
from cocreate.application.record_log import RecordLog
from cocreate.application.saved_state import Rest
from cocreate.application.texts import Plain, Texts
from cocreate.application.waypoints import Waypoints
from cocreate.domain.ballot import BallotRun, evolve_run, run_of, voted_in
from cocreate.domain.decider import evolve
from cocreate.domain.erasure import SubjectErased, TextErased
from cocreate.domain.errors import WorkshopNotFound
from cocreate.domain.messages import Recorded, Sealed
from cocreate.domain.round import RoundOpened
from cocreate.domain.state import WorkshopState
from cocreate.domain.workshop import WorkshopScheduled
from cocreate.persistence.batch import Row, Summary
from cocreate.persistence.errors import StoreError
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sealing import Vault
from cocreate.projections.fold import Projections
from cocreate.projections.reader import Audience
from cocreate.record.codec import EntryMalformed, decode_page, decode_placed
from cocreate.record.sealed_text import sealed_fields
from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.merkle import EMPTY_ROOT
from cocreate.tlog.tree import Tree
from cocreate.tlog.words import check_words

if TYPE_CHECKING:
    from cocreate.application.reading import View

IDLE_S = 600.0
"""A workshop that nobody used for this long leaves memory; the next use replays it."""
READ_ROWS = 1_000
"""Entries folded before other tasks get their turn: some four milliseconds of work."""
FOLLOW_PAUSE_S = 1.0
"""Before a store that could not be reached is asked again what others wrote."""

log = get_logger()


class LiveWorkshop:
    """Owner: `LiveWorkshops`; written by the sequencer's turn alone, read by everybody."""

    def __init__(self, workshop: str, vault: Vault) -> None:
        self.id = workshop
        self.state = WorkshopState()
        self.projections = Projections()
        self.tree = Tree()
        self.leaf = EMPTY_ROOT
        """The hash of the last entry."""
        self.commands = CommandIndex()
        self.tie_roots: dict[str, bytes] = {}
        """The tree's root before each round was opened: what its ties are broken by."""
        self.keyring = Keyring(workshop, vault)
        self.texts = Texts()
        self.views: dict[Audience, View] = {}
        """The latest view of each audience that was asked for; the next one is made of it. Owner: `Reading`."""
        self.language = "und"
        """The workshop's first language: that of a text which names none."""
        self.summary: Summary | None = None
        """The catalogue row as this node wrote it last; None where another node may have written it since."""
        self.expected = 0
        """How long the record is as this worker's writer says; a read of more than `size` waits for the rest."""
        self.used_at = time.monotonic()
        self.waypoint = 0
        """How many entries the last waypoint has that this node knows of."""
        self.rewound = False
        """What is stored does not go on from what was signed here: it is read, and neither written to nor signed."""
        self._signed: tuple[int, bytes] = (0, b"")
        self.readers = 0
        """Streams that hold it open."""
        self.on_erased: Callable[[str, str], None] | None = None
        """Told (workshop, participant) of everybody who is erased, whichever node did it."""
        self._moved = asyncio.Event()

    @property
    def size(self) -> int:
        """How many durable entries are folded."""
        return self.tree.size

    @property
    def vkey(self) -> str:
        """The key that the genesis names for this record's checkpoints."""
        started = self.projections.workshop.started
        assert started is not None, "a record begins with its genesis"
        return started.vkey

    @property
    def check_words(self) -> str:
        """The root over all that is durable, in six words for people to compare."""
        return check_words(self.tree.root())

    def checkpoint(self) -> bytes:
        """The signed checkpoint over all that is durable. Raises RecordRewound: no two may ever contradict each other."""
        if self.rewound:
            raise RecordRewound()
        if self._signed[0] != self.size:
            signer = self.keyring.log_signer(self.state.workshop.origin)
            checkpoint = Checkpoint(signer.key.name, self.size, self.tree.root())
            self._signed = self.size, sign_checkpoint(checkpoint, signer).encode()
        return self._signed[1]

    def rest(self) -> Rest:
        """What a waypoint keeps of it beside the projections; shared, not copied."""
        return Rest(
            state=self.state,
            tree=self.tree,
            leaf=self.leaf,
            commands=self.commands,
            tie_roots=self.tie_roots,
            language=self.language,
            subjects=self.texts.subjects(),
            texts=self.texts.commitments(),
        )

    def resume(self, projections: Projections, rest: Rest) -> None:
        """Stand where a waypoint was made; keys and texts are opened behind the entries that follow."""
        self.projections, self.state = projections, rest.state
        self.tree, self.leaf = rest.tree, rest.leaf
        self.commands, self.tie_roots, self.language = rest.commands, rest.tie_roots, rest.language
        self.texts.resume(rest.subjects)
        self.waypoint = self.size
        if self.on_erased is not None:
            for participant, row in self.state.participants.items():
                if row.status == "erased":
                    self.on_erased(self.id, participant)

    def require_record(self) -> None:
        if self.size == 0:
            raise WorkshopNotFound(workshop=self.id)

    def apply_all(
        self, written: Sequence[tuple[Recorded, bytes]], plains: Mapping[str, Plain]
    ) -> Iterator[bytes]:
        """Fold durable entries into everything but the decision state; their leaf hashes.

        `plains` are the texts this node has just sealed, by commitment; texts from the store are opened before.
        """
        leaves: list[bytes] = []
        for round_id, group in groupby(written, key=lambda one: voted_in(one[0])):
            entries = list(group)
            if round_id is None:
                leaves += [self.apply(recorded, entry, plains) for recorded, entry in entries]
            else:
                run = run_of([recorded for recorded, _ in entries])
                leaves += self.apply_run(run, [entry for _, entry in entries])
        return iter(leaves)

    def apply_run(self, run: BallotRun, entries: Sequence[bytes]) -> list[bytes]:
        """Fold durable ballots into everything but the decision state; returns their leaf hashes."""
        self.projections.apply_run(run)
        self.commands.add_all(run.commands, run.position)
        leaves = self.tree.append_entries(entries)
        self.leaf = leaves[-1]
        return leaves

    def apply(self, recorded: Recorded, entry: bytes, plains: Mapping[str, Plain] | None = None) -> bytes:
        """Fold one durable entry into everything but the decision state; returns its leaf hash."""
        if recorded.event.SEALED:
            self.texts.note(recorded, self.id)
            if plains:
                self.texts.keep(recorded, plains)
        match recorded.event:
            case WorkshopScheduled(languages=(first, *_)):
                self.language = first
            case RoundOpened():
                self.tie_roots[recorded.aggregate] = self.tree.root()
            case TextErased(position=position, field=field):
                self.texts.erase(position, field)
                self.views.clear()
            case SubjectErased():
                self.texts.erase_subject(recorded.aggregate)
                self.views.clear()
                self.keyring.forget("subject", recorded.aggregate)
                if self.on_erased is not None:
                    self.on_erased(self.id, recorded.aggregate)
            case _:
                pass
        self.projections.apply(recorded)
        self.commands.add(recorded.command, recorded.position)
        self.leaf = self.tree.append_entry(entry)
        return self.leaf

    def fold(self, events: Iterable[Recorded | BallotRun], rows: Sequence[Row]) -> None:
        """Fold what was read from the store, decision state and all."""
        first = rows[0].position
        for event in events:
            if isinstance(event, BallotRun):
                evolve_run(self.state, event)
                self.apply_run(
                    event, [row.entry for row in rows[event.position - first : event.last + 1 - first]]
                )
            else:
                evolve(self.state, event)
                self.apply(event, rows[event.position - first].entry)
        self.state.mark()

    def keyless_rounds(self) -> list[str]:
        """Open pseudonymous rounds whose key is gone: nobody can vote in them any more, so they are to be closed."""
        return [
            round_id
            for round_id, row in self.projections.rounds.unfinished.items()
            if row.closed_time is None
            and row.opened.secrecy == "pseudonymous"
            and self.keyring.round_key(round_id) is None
        ]

    def announce(self) -> None:
        """Wake whoever waits for this workshop to move."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def moved(self) -> None:
        await self._moved.wait()


def decode_row(row: Row) -> Recorded:
    """The event of a row, whose columns must say what its entry says; a difference is fatal."""
    try:
        return decode_placed(row)
    except EntryMalformed as error:
        raise RecordDamaged(f"{row.workshop} at {row.position}: {error.problem}") from error


def decode_rows(rows: Sequence[Row]) -> list[Recorded | BallotRun]:
    """The events of consecutive rows, ballots as runs; fatal as in `decode_row`."""
    try:
        return list(decode_page(rows))
    except EntryMalformed as error:
        raise RecordDamaged(f"{rows[0].workshop}: {error.problem}") from error


async def pages(
    store: RecordStore, workshop: str, *, after: int, upto: int | None = None
) -> AsyncGenerator[list[Row], None]:
    """The record's rows behind a position, page by page."""
    while rows := await store.read(workshop, after=after, upto=upto, limit=READ_ROWS):
        after = rows[-1].position
        await asyncio.sleep(0)
        yield rows


def _closable(hints: AsyncIterator[frozenset[str] | None]) -> AsyncGenerator[frozenset[str] | None, None]:
    assert isinstance(hints, AsyncGenerator), "followers are written as generators"
    return hints


class LiveWorkshops:
    """The workshops this node has open. `turn` is held by whoever writes to or refreshes one."""

    def __init__(self, store: RecordStore, vault: Vault, memory: Memory | None = None) -> None:
        self._store, self._vault = store, vault
        self.memory = memory or Memory()
        self.log = RecordLog(store, self.memory)
        self._open: dict[str, LiveWorkshop] = {}
        self._loading: dict[str, asyncio.Task[LiveWorkshop]] = {}
        self.waypoints = Waypoints(store, vault)
        self.turn = asyncio.Lock()
        self.on_erased: Callable[[str, str], None] | None = None
        """Told (workshop, participant) of everybody who is erased from an open workshop."""
        self.followers: set[Callable[[dict[str, int] | None], None]] = set()
        """Workers, each told which records have moved and how long they are; 0 or None = ask the store."""
        self._expected: dict[str, int] = {}
        """What was told of workshops that are being loaded: they may have read their tail already."""

    def __len__(self) -> int:
        return len(self._open)

    def opened(self) -> Sequence[LiveWorkshop]:
        return tuple(self._open.values())

    def find(self, workshop: str) -> LiveWorkshop | None:
        """The workshop if it is open."""
        live = self._open.get(workshop)
        if live is not None:
            live.used_at = time.monotonic()
        return live

    async def get(self, workshop: str) -> LiveWorkshop:
        """The workshop, loaded on first use from its last waypoint and by replay; empty where it has no record yet."""
        live = self.find(workshop)
        if live is None:
            task = self._loading.get(workshop)
            if task is None:
                task = asyncio.ensure_future(self._load(workshop))
                # Its failure is told to whoever waits; if all have gone, to nobody.
                task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
                self._loading[workshop] = task
            # A caller that gives up must not take the replay from the others.
            live = await asyncio.shield(task)
        return live

    async def _load(self, workshop: str) -> LiveWorkshop:
        try:
            live = LiveWorkshop(workshop, self._vault)
            live.on_erased = self.on_erased
            began = time.perf_counter()
            texts = await self.waypoints.resume(live)
            resumed_at = live.size
            await self._catch_up(live, loading=dict(texts))
            if not live.size:
                return live
            await self._remember(live)
            log.info(
                "workshop_opened",
                workshop=workshop,
                size=live.size,
                resumed_at=resumed_at,
                seconds=time.perf_counter() - began,
            )
            live.expected = self._expected.get(workshop, 0)
            # The sequencer may have adopted it meanwhile, with its genesis: then that one is written to.
            return self._open.setdefault(workshop, live)
        finally:
            del self._loading[workshop]
            self._expected.pop(workshop, None)

    async def _remember(self, live: LiveWorkshop) -> None:
        """Hold the record to what was signed for it, and go on from there."""
        try:
            remembered = self.memory.recall(live.id)
            differs = None if remembered is None else await self.log.difference(live, remembered)
        except OSError as error:
            differs = f"what was signed cannot be read: {type(error).__name__}"
        if differs is not None:
            live.rewound = True
            log.error("record_rewound", workshop=live.id, size=live.size, cause=differs)

    def unborn(self, workshop: str) -> LiveWorkshop:
        """A workshop without a record that nobody else holds: two drafts of one genesis must not share their keys."""
        return LiveWorkshop(workshop, self._vault)

    def keyring(self, workshop: str) -> Keyring:
        """An empty keyring for a workshop that is not opened."""
        return Keyring(workshop, self._vault)

    def moved(self, live: LiveWorkshop) -> None:
        """Tell everybody that follows of what was just written or folded; keep a workshop whose genesis that was."""
        self._open.setdefault(live.id, live)
        if self.memory.keeps and not live.rewound:
            self.memory.note(live.id, live.checkpoint())
        live.announce()
        self._tell({live.id: live.size})

    def _tell(self, moved: dict[str, int] | None) -> None:
        for follower in tuple(self.followers):
            follower(moved)

    def expect(self, moved: Mapping[str, int]) -> None:
        """From now on nobody is shown less of these records."""
        for workshop, size in moved.items():
            if (live := self._open.get(workshop)) is not None:
                live.expected = max(live.expected, size)
            elif workshop in self._loading:
                self._expected[workshop] = max(self._expected.get(workshop, 0), size)

    async def current(self, workshop: str) -> LiveWorkshop:
        """The workshop with all that this node was told of."""
        live = await self.get(workshop)
        if live.size < live.expected:
            async with self.turn:
                await self.refresh(workshop)
        return live

    def forget(self, workshops: Iterable[str]) -> None:
        """Drop what may be ahead of the store; the next use replays it. Streams see it as a move and come back."""
        for workshop in workshops:
            if (live := self._open.pop(workshop, None)) is not None:
                live.announce()

    async def refresh(self, workshop: str) -> None:
        """Fold what others wrote. The caller holds the turn."""
        live = self._open.get(workshop)
        if live is not None and await self._catch_up(live):
            live.summary = None
            self.moved(live)

    async def _catch_up(
        self, live: LiveWorkshop, *, loading: dict[tuple[int, str], Sealed] | None = None
    ) -> bool:
        """Read the tail and fold it; whether there was one.

        A workshop that is being loaded opens its texts once, at the end, when nobody can see it yet: those that `loading`
        brings from its waypoint and those of the tail. One that is open has them page by page before the fold, so that no
        view shows an idea without its text.
        """
        before = passed = live.size
        order: dict[tuple[int, str], Sealed] = {} if loading is None else loading
        keyed = loading is not None
        async with aclosing(pages(self._store, live.id, after=before - 1)) as read:
            async for rows in read:
                events = decode_rows(rows)
                for recorded in events:
                    if isinstance(recorded, Recorded):
                        order.update(
                            ((recorded.position, field), sealed) for field, sealed in sealed_fields(recorded)
                        )
                        keyed = keyed or isinstance(recorded.event, RoundOpened)
                if loading is None:
                    await self._open_texts(live, order, keyed=keyed)
                    order.clear()
                live.fold(events, rows)
                if loading is not None:
                    passed = await self.waypoints.passed(live.id, live.projections, passed)
        if loading is not None and live.size:
            await self._open_texts(live, order, keyed=keyed)
        return live.size > before

    async def _open_texts(
        self, live: LiveWorkshop, order: Mapping[tuple[int, str], Sealed], *, keyed: bool
    ) -> None:
        """Read keys and texts after the entries that need them, so that none is missed."""
        if order or keyed:
            live.keyring.replace(await self._store.keys(live.id))
        if order:
            rows = await self._store.sealed(live.id, after=min(position for position, _ in order) - 1)
            live.texts.open_rows(rows, live.keyring, order, live.state.workshop.origin)

    def evict_idle(self, idle_s: float = IDLE_S) -> None:
        """Let go of workshops that nobody has used for a while. The caller holds the turn."""
        horizon = time.monotonic() - idle_s
        for live in self.opened():
            if not live.readers and live.used_at < horizon:
                del self._open[live.id]
                log.info("workshop_evicted", workshop=live.id, size=live.size)

    async def follow(self, follow: Callable[[], AsyncIterator[frozenset[str] | None]]) -> None:
        """Keep open workshops current with what other writers do, until cancelled or the hints end, as a store's `follow` does."""
        while True:
            try:
                # Closed by hand: the store's generator may hold a connection.
                async with aclosing(_closable(follow())) as hints:
                    async for hint in hints:
                        await self._follow(hint)
            except StoreError as error:
                log.warning("following_interrupted", cause=type(error).__name__)
                await asyncio.sleep(FOLLOW_PAUSE_S)
            else:
                return

    async def _follow(self, hint: frozenset[str] | None) -> None:
        """Fold what a hint tells of; one damaged record does not keep the others from moving."""
        # Workers may have open what this node has not.
        self._tell(None if hint is None else dict.fromkeys(hint, 0))
        # What is being loaded may have read its tail already: its hint counts as well.
        for workshop, task in tuple(self._loading.items()):
            if hint is None or workshop in hint:
                await asyncio.wait([task])
        wanted = [live.id for live in self.opened() if hint is None or live.id in hint]
        if not wanted:
            return
        async with self.turn:
            heads = await self._store.heads(wanted)
            for workshop, head in heads.items():
                live = self._open.get(workshop)
                if live is None or head <= live.size:
                    continue
                try:
                    await self.refresh(workshop)
                except RecordDamaged:
                    log.exception("record_damaged", workshop=workshop)
                    self.forget([workshop])
