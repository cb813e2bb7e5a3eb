"""Waypoints: what a long record was folded to at some of its positions, so that opening it and looking back need no full replay.

The record is the truth and a waypoint only a help: one that cannot be used for whatever reason is passed over, and an earlier
one or the replay answers instead. README.md says what makes one usable.
"""

import asyncio
import hashlib
import sys
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pydantic
from structlog import get_logger

import cocreate
from cocreate.application.saved_state import SavedState, SavedStateMalformed, rest_pieces, views_pieces
from cocreate.domain.canonical import framed
from cocreate.domain.messages import Sealed
from cocreate.persistence.errors import StoreError
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.sealing import TAG_BYTES, Unreadable, Vault
from cocreate.persistence.waypoints import COVER, Part, Piece
from cocreate.projections.fold import Projections
from cocreate.tlog.merkle import leaf_hash

if TYPE_CHECKING:
    from cocreate.application.live import LiveWorkshop

EVERY = 10_000
"""Entries from one waypoint to the next, while the record is short: some 0.1 s of folding to any moment between them."""
FRACTION = 8
"""In a long record they stand an eighth of it apart, so that all of them together take at most a third of what the record takes."""
QUIET_S = 3.0
"""A workshop in which nothing was written for so long is saved; who votes never waits for it."""
STOP_S = 5.0
"""What a node gives to saving before it ends."""
READ_PIECES = 16
"""Pieces in one answer of the store: at most 12 MB where a record has a million entries, usually one or two."""

Commitments = Mapping[tuple[int, str], Sealed]

log = get_logger()


class Waypoints:
    """Saved states of the store's records. `keeps`: this node saves them, as one that only reads does not."""

    def __init__(self, store: RecordStore, vault: Vault, *, every: int = EVERY) -> None:
        self._store, self._vault, self._every = store, vault, every
        self.keeps = False

    def due(self, size: int, last: int) -> bool:
        """Whether a record that has come from `last` entries to `size` deserves the next waypoint."""
        return self.keeps and size - last >= max(self._every, size // FRACTION)

    async def resume(self, live: "LiveWorkshop") -> Commitments:
        """Bring an empty live workshop to the latest waypoint there is; the commitments of the texts it had then."""
        tried: set[int] = set()
        while (found := await self._latest(live.id, tried)) is not None:
            views, kept = found
            saved = SavedState()
            try:
                await self._take(views, saved.take_views)
                await self._take(kept, saved.take_rest)
                rest = saved.whole(views.size)
            except (Unreadable, SavedStateMalformed) as error:
                await self._discard(views, error)
                tried.add(views.size)
                continue
            live.resume(saved.projections, rest)
            return rest.texts
        return {}

    async def _latest(self, workshop: str, tried: Collection[int]) -> tuple[Piece, Piece] | None:
        """The covers of views and rest of the latest waypoint that has both. Asked anew after each that failed: another node
        may have put a later one in its place."""
        covers = await self._covers(workshop)
        rests = {cover.size: cover for cover in covers if cover.part == "rest" and cover.size not in tried}
        both = ((one, rests[one.size]) for one in covers if one.part == "views" and one.size in rests)
        return next(both, None)

    async def views(self, workshop: str, at: int) -> Projections:
        """The projections of the last waypoint at or before the position; empty ones where there is none."""
        for cover in await self._covers(workshop, upto=at + 1):
            if cover.part == "views":
                saved = SavedState()
                try:
                    await self._take(cover, saved.take_views)
                    return saved.views(cover.size)
                except (Unreadable, SavedStateMalformed) as error:
                    await self._discard(cover, error)
        return Projections()

    async def passed(self, workshop: str, projections: Projections, last: int) -> int:
        """Save the views of a replay that has come far enough from its last waypoint; where the last one is now."""
        size = projections.at + 1
        if not self.due(size, last):
            return last
        views = [piece async for piece in _slices(views_pieces(projections))]
        await self._write(workshop, size, {"views": views})
        return size

    async def save(self, live: "LiveWorkshop") -> bool:
        """Save an open workshop as it stands; False if somebody wrote to it meanwhile, or the store did not take it."""
        size = live.size
        parts: dict[Part, list[bytes]] = {"views": [], "rest": []}
        if live.state.size != size:
            return False
        sources: dict[Part, Iterator[bytes]] = {
            "views": views_pieces(live.projections),
            "rest": rest_pieces(live.rest(), live.projections),
        }
        try:
            for part, pieces in sources.items():
                async for piece in _slices(pieces):
                    parts[part].append(piece)
                    # Between two slices others had their turn; what a batch has only decided counts as moved, too.
                    if not live.size == live.state.size == size:
                        return False
        except SavedStateMalformed as error:
            log.warning("waypoint_not_saved", workshop=live.id, size=size, cause=str(error))
            return False
        saved = await self._write(live.id, size, parts, own_leaf=live.leaf)
        # Where the store did not take it, too: the next attempt is a waypoint's distance away.
        live.waypoint = size
        return saved

    async def save_due(self, opened: Iterable["LiveWorkshop"]) -> None:
        """Save what has come far enough since its last waypoint."""
        for live in opened:
            if self.due(live.size, live.waypoint):
                await self.save(live)

    async def save_quiet(
        self, opened: Sequence["LiveWorkshop"], before: Mapping[str, int]
    ) -> Mapping[str, int]:
        """The same for those that still have the size they had `before`; the sizes that they have."""
        await self.save_due(live for live in opened if before.get(live.id) == live.size)
        return {live.id: live.size for live in opened}

    async def keep(self, opened: Callable[[], Sequence["LiveWorkshop"]]) -> None:
        """Save open workshops in quiet moments, until cancelled."""
        sizes: Mapping[str, int] = {}
        while True:
            await asyncio.sleep(QUIET_S)
            sizes = await self.save_quiet(opened(), sizes)

    async def _covers(self, workshop: str, *, upto: int | None = None) -> list[Piece]:
        covers = await self._store.waypoints.covers(workshop, upto=upto)
        return [cover for cover in covers if cover.code == code_version()]

    async def _take(self, cover: Piece, take: Callable[[bytes], None]) -> None:
        """Hand over the pieces that a cover names, one a turn of the event loop. Raises Unreadable, SavedStateMalformed."""
        async with aclosing(self._pieces(cover)) as pieces:
            async for piece in pieces:
                take(piece)
                await asyncio.sleep(0)

    async def _pieces(self, cover: Piece) -> AsyncGenerator[bytes, None]:
        leaf = await self._last_leaf(cover.workshop, cover.size)
        tags = self._vault.unwrap(cover.sealed, _place(cover, leaf))
        for first in range(0, len(tags) // TAG_BYTES, READ_PIECES):
            wanted = tags[first * TAG_BYTES : (first + READ_PIECES) * TAG_BYTES]
            found = await self._store.waypoints.pieces(
                cover.workshop, cover.size, cover.part, after=first, limit=READ_PIECES
            )
            if b"".join([piece.sealed[-TAG_BYTES:] for piece in found]) != wanted:
                raise SavedStateMalformed("its pieces are not those that its cover names")
            for piece in found:
                yield self._vault.unwrap(piece.sealed, _place(piece, leaf))

    async def _last_leaf(self, workshop: str, size: int) -> bytes:
        """What the record has where the waypoint was made: another entry, and it is another history's waypoint."""
        rows = await self._store.read(workshop, after=size - 2, upto=size - 1, limit=1)
        if not rows:
            raise SavedStateMalformed(f"the record has no {size} entries")
        return leaf_hash(rows[0].entry)

    async def _write(
        self,
        workshop: str,
        size: int,
        parts: Mapping[Part, Sequence[bytes]],
        *,
        own_leaf: bytes | None = None,
    ) -> bool:
        """Each piece in a transaction of its own, so that no vote waits for more than one of them; the cover comes last."""
        try:
            leaf = await self._last_leaf(workshop, size)
            _require_own(leaf, own_leaf)
            for part, pieces in parts.items():
                cover, tags = Piece(workshop, size, part, COVER, code_version(), b""), b""
                for number, piece in enumerate(pieces, COVER + 1):
                    tags += (await self._put(cover._replace(number=number), piece, leaf))[-TAG_BYTES:]
                await self._put(cover, tags, leaf)
            await self._store.waypoints.drop_other_code(workshop, code_version())
            if "rest" in parts:
                for cover in await self._store.waypoints.covers(workshop, upto=size - 1):
                    if cover.part == "rest":
                        await self._store.waypoints.drop(workshop, cover.size, "rest")
        except (StoreError, SavedStateMalformed) as error:
            log.warning("waypoint_not_saved", workshop=workshop, size=size, cause=type(error).__name__)
            return False
        log.debug("waypoint_saved", workshop=workshop, size=size, parts=sorted(parts))
        return True

    async def _put(self, place: Piece, plain: bytes, leaf: bytes) -> bytes:
        sealed = self._vault.wrap(plain, _place(place, leaf))
        await self._store.waypoints.put(place._replace(sealed=sealed))
        return sealed

    async def _discard(self, cover: Piece, error: Exception) -> None:
        """Throw away what nobody can use, unless this node only reads."""
        log.warning("waypoint_passed_over", workshop=cover.workshop, size=cover.size, cause=str(error))
        if not self.keeps:
            return
        try:
            for part in ("views", "rest"):
                await self._store.waypoints.drop(cover.workshop, cover.size, part)
        except StoreError as failed:
            log.warning("waypoint_not_discarded", workshop=cover.workshop, cause=type(failed).__name__)


def _require_own(leaf: bytes, own: bytes | None) -> None:
    """What is saved under an entry's hash must have been folded up to that entry."""
    if own not in (None, leaf):
        raise SavedStateMalformed("what this node has in memory is not what the record says")


async def _slices(pieces: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The pieces, and a turn for everybody else behind each."""
    for piece in pieces:
        await asyncio.sleep(0)
        yield piece


def _place(piece: Piece, leaf: bytes) -> bytes:
    """What a sealed piece is bound to: it opens at its own place, behind its own history, in its own program alone."""
    facts = (piece.workshop, str(piece.size), piece.part, str(piece.number), piece.code)
    return framed("waypoint", *(fact.encode() for fact in facts), leaf)


_SHAPING = (
    *("domain", "projections", "record", "tlog"),
    *(f"application/{name}.py" for name in ("command_index", "live", "saved_state", "texts", "waypoints")),
)
"""The sources by which a state has its shape and its meaning."""


@cache
def code_version() -> str:
    """Names the program that wrote a state, in hex: any change of these sources makes it another one, as does the interpreter."""
    root = Path(cocreate.__file__).parent
    sources = [path for name in _SHAPING for path in sorted((root / name).rglob("*.py")) or [root / name]]
    digest = hashlib.sha256(f"{sys.version} {sys.byteorder} {pydantic.VERSION}".encode())
    for path in sources:
        digest.update(framed("source", path.relative_to(root).as_posix().encode(), path.read_bytes()))
    return digest.hexdigest()
