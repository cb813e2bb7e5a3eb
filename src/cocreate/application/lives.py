"""The workshops that a node has open: loaded on first use, kept current with what others write, let go when nobody needs them."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing

from structlog import get_logger

from cocreate.application.errors import RecordDamaged
from cocreate.application.keyring import Keyring
from cocreate.application.live import LiveWorkshop, decode_entries, decode_row
from cocreate.application.memory import Memory
from cocreate.application.record_log import RecordLog
from cocreate.application.summary import successor_key
from cocreate.application.waypoints import Waypoints
from cocreate.domain.genesis import Predecessor, SuccessorStarted
from cocreate.domain.messages import Recorded, Sealed
from cocreate.domain.opening import RoundOpened
from cocreate.persistence.errors import StoreError
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sealing import Vault
from cocreate.record.page import Page
from cocreate.record.sealed_text import sealed_fields

IDLE_S = 600.0
"""A workshop that nobody used for this long leaves memory; the next use replays it."""
READ_ROWS = 1_000
"""Entries folded before other tasks get their turn: some three milliseconds of work."""
FOLLOW_PAUSE_S = 1.0
"""Before a store that could not be reached is asked again what others wrote."""

log = get_logger()


async def pages(
    store: RecordStore, workshop: str, *, after: int, upto: int | None = None
) -> AsyncGenerator[Page, None]:
    """The record's entries behind a position, page by page. Raises RecordDamaged where a page does not begin there."""
    while (page := await store.page(workshop, after=after, upto=upto, limit=READ_ROWS)).entries:
        if page.positions[0] != after + 1:
            raise RecordDamaged(f"{workshop}: expected an entry at {after + 1}, found none")
        after = page.positions[-1]
        await asyncio.sleep(0)
        yield page


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
            await self._find_successor(live)
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
            # Another node stores before it signs: what it signed since the record was read here is read now.
            await self._catch_up(live)
            differs = None if remembered is None else await self.log.difference(live, remembered)
        except OSError as error:
            differs = f"what was signed cannot be read: {type(error).__name__}"
        if differs is not None:
            live.rewound = True
            log.error("record_rewound", workshop=live.id, size=live.size, cause=differs)

    async def _find_successor(self, live: LiveWorkshop) -> None:
        """A record that was put back and goes on in another stays read-only, even if what was signed is forgotten."""
        row = live.state.workshop
        found = await self._store.by_source(successor_key(row.origin, imported=row.source is not None))
        if found is None:
            return
        live.successor = found.workshop
        (first,) = await self._store.read(found.workshop, limit=1)
        match decode_row(first).event:
            case SuccessorStarted(predecessor=Predecessor(because="rewound")):
                live.rewound = True
            case _:
                pass

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
            async for page in read:
                events = decode_entries(live.id, page)
                for recorded in events:
                    if isinstance(recorded, Recorded):
                        order.update(
                            ((recorded.position, field), sealed) for field, sealed in sealed_fields(recorded)
                        )
                        keyed = keyed or isinstance(recorded.event, RoundOpened)
                if loading is None:
                    await self._open_texts(live, order, keyed=keyed)
                    order.clear()
                live.fold(events, page)
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
