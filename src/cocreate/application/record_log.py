"""The transparency log of a record, as anybody may read it: checkpoint, tiles, bundles of entries, receipts.

What is asked about comes from one moment: size, checkpoint and the unfinished tile are taken before anything is awaited.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from cocreate.application.errors import EntriesWithheld, PositionUnknown
from cocreate.application.memory import Memory
from cocreate.application.reachable import store_told
from cocreate.persistence.batch import Row
from cocreate.persistence.record_store import RecordStore
from cocreate.projections.history import withheld_runs
from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import HASH_SIZE_BYTES, leaf_hashes
from cocreate.tlog.proofs import (
    consistency_proof,
    inclusion_proof,
    leaf_tiles_of_consistency,
    leaf_tiles_of_inclusion,
    tree_root,
)
from cocreate.tlog.receipts import Receipt
from cocreate.tlog.tiles import TILE_WIDTH, Tile, build_bundle, parse_tile_path
from cocreate.tlog.vkey import parse_vkey

if TYPE_CHECKING:
    from cocreate.application.live import LiveWorkshop


class RecordLog:
    """Reads entries back where the tree in memory does not hold their hashes: a tile of them is one range read."""

    def __init__(self, store: RecordStore, memory: Memory) -> None:
        self._store, self._memory = store, memory

    def checkpoint(self, live: "LiveWorkshop") -> bytes:
        """The signed checkpoint over all that is durable, with the lines of witnesses who have seen it. Raises RecordRewound."""
        signed, cosigned = live.checkpoint(), self.cosigned(live)
        # A witness's line comes behind ours: the same text and signature begin both.
        return cosigned if cosigned is not None and cosigned.startswith(signed) else signed

    def cosigned(self, live: "LiveWorkshop") -> bytes | None:
        """The last checkpoint that witnesses signed too, None where there is none or its file cannot be read."""
        try:
            return self._memory.recall_cosigned(live.id)
        except OSError:
            return None

    @store_told
    async def receipt(self, live: "LiveWorkshop", position: int) -> bytes:
        """The `tlog-proof` file of one entry under the present checkpoint. Raises PositionUnknown, RecordRewound."""
        size, checkpoint = live.size, self.checkpoint(live)
        if not 0 <= position < size:
            raise PositionUnknown(at=position, head=size - 1)
        tiles = await self._leaf_tiles(live, leaf_tiles_of_inclusion(position, size))
        proof = inclusion_proof(live.tree.reader(tiles), position, size)
        return Receipt(position, tuple(proof), checkpoint).encode()

    @store_told
    async def consistency(self, live: "LiveWorkshop", old: int, new: int) -> list[bytes]:
        """That the record of `new` entries begins with the one of `old`, both at least 1 and not beyond the head."""
        tiles = await self._leaf_tiles(live, leaf_tiles_of_consistency(old, new))
        return consistency_proof(live.tree.reader(tiles), old, new)

    @store_told
    async def tile(self, live: "LiveWorkshop", path: str) -> bytes | None:
        """A tile of hashes or a bundle of entries by its path; None where the record has none there. Raises EntriesWithheld."""
        try:
            tile = parse_tile_path(path)
        except VerificationError:
            return None
        if not tile.is_of(live.size):
            return None
        if tile.level is None:
            return await self._bundle(live, tile)
        if tile.level == 0:
            hashes = (await self._leaf_tiles(live, (tile.index,)))[tile.index]
        else:
            hashes = live.tree.tile(tile.level, tile.index)
        return hashes[: tile.width * HASH_SIZE_BYTES]

    async def _bundle(self, live: "LiveWorkshop", tile: Tile) -> bytes:
        first, last = tile.index * TILE_WIDTH, tile.index * TILE_WIDTH + tile.width - 1
        for held_first, held_last, round_id in withheld_runs(live.projections):
            if held_first <= last and held_last >= first:
                opened = live.projections.rounds.rounds[round_id].opened
                raise EntriesWithheld(round_id, opened.withheld_until)
        return build_bundle([row.entry for row in await self._rows(live.id, first, last)])

    async def difference(self, live: "LiveWorkshop", remembered: bytes) -> str | None:
        """How the record differs from the signed checkpoint it must begin with; None where it does not."""
        try:
            checkpoint = open_checkpoint(remembered, parse_vkey(live.vkey)).checkpoint
        except VerificationError as error:
            return f"what was signed cannot be read: {error}"
        if checkpoint.size > live.size:
            return f"{checkpoint.size} entries were signed, {live.size} are stored"
        if await self._root(live, checkpoint.size) != checkpoint.root:
            return f"the first {checkpoint.size} entries are not those that were signed"
        return None

    async def _root(self, live: "LiveWorkshop", size: int) -> bytes:
        """The root over the first `size` entries, at most those there are."""
        if size == live.size:
            return live.tree.root()
        tiles = await self._leaf_tiles(live, {size // TILE_WIDTH})
        return tree_root(live.tree.reader(tiles), size)

    async def _leaf_tiles(self, live: "LiveWorkshop", indexes: Iterable[int]) -> dict[int, bytes]:
        found = {index: live.tree.leaf_tile(index) for index in indexes}
        return {
            index: hashes if hashes is not None else await self._hashed(live.id, index)
            for index, hashes in found.items()
        }

    async def _hashed(self, workshop: str, index: int) -> bytes:
        rows = await self._rows(workshop, index * TILE_WIDTH, (index + 1) * TILE_WIDTH - 1)
        return b"".join(leaf_hashes(row.entry for row in rows))

    async def _rows(self, workshop: str, first: int, last: int) -> list[Row]:
        return await self._store.read(workshop, after=first - 1, upto=last, limit=last - first + 1)
