"""Inclusion and consistency proofs of RFC 9162 sections 2.1.3 and 2.1.4 (RFC 6962 section 2.1), made from tiles.

Whoever makes proofs trusts the tiles; whoever verifies trusts nothing but the roots.
"""

from collections.abc import Callable, Sequence
from typing import Final, Literal

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import EMPTY_ROOT, HASH_SIZE_BYTES, Frontier, fold, node_hash
from cocreate.tlog.tiles import TILE_HEIGHT, TILE_WIDTH

ReadTile = Callable[[int, int], bytes]
"""The hashes of the tile at (level, index): at least as many as the tree proven about has, for a log may have grown."""

PROOF_HASHES_MAX: Final = 64
"""More than any tree of 2^63 entries needs: 63 for inclusion, 64 for consistency."""


def tree_root(read: ReadTile, size: int) -> bytes:
    """Root of the first `size` entries of the log."""
    return _Subtrees(read).root(0, size) if size else EMPTY_ROOT


def inclusion_proof(read: ReadTile, index: int, size: int) -> list[bytes]:
    """The hashes beside the way from entry `index` up to the root of the first `size` entries, lowest first."""
    if not 0 <= index < size:
        raise ValueError(f"expected a position below {size}, found {index}")
    subtrees, proof = _Subtrees(read), []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(subtrees.root(middle, high))
            high = middle
        else:
            proof.append(subtrees.root(low, middle))
            low = middle
    return proof[::-1]


def consistency_proof(read: ReadTile, old: int, new: int) -> list[bytes]:
    """The hashes from which both the root of the first `old` and of the first `new` entries are made, lowest first.

    Of equal sizes it is empty; from size 0 there is none.
    """
    if not 0 < old <= new:
        raise ValueError(f"expected an earlier size of 1 to {new}, found {old}")
    subtrees, proof = _Subtrees(read), []
    low, high = 0, new
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(subtrees.root(middle, high))
            high = middle
        else:
            proof.append(subtrees.root(low, middle))
            low = middle
    # At the left edge the verifier has the old root itself.
    if low:
        proof.append(subtrees.root(low, high))
    return proof[::-1]


def leaf_tiles_of_inclusion(index: int, size: int) -> set[int]:
    """Indexes of the level 0 tiles that the proof reads, at most two: the entry's own and that of the tree's edge."""
    return {index // TILE_WIDTH} | _edge(size)


def leaf_tiles_of_consistency(old: int, new: int) -> set[int]:
    """Indexes of the level 0 tiles that the proof may read, at most two: those of both trees' edges."""
    return _edge(old) | _edge(new)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Refuse unless the entry with that leaf hash stands at `index` in the tree of that size and root."""
    if not 0 <= index < size:
        raise VerificationError("inclusion", expected=f"a position below {size}", found=str(index))
    _require_hashes("inclusion", leaf, root, *proof)
    at, last, made = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            raise VerificationError("inclusion", expected="a shorter proof", found=f"{len(proof)} hashes")
        if at & 1 or at == last:
            made = node_hash(beside, made)
            # Levels at which the way has no right neighbour have no hash in the proof.
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            made = node_hash(made, beside)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise VerificationError("inclusion", expected="a longer proof", found=f"{len(proof)} hashes")
    _require_equal("inclusion", root, made)


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Refuse unless the tree of size `new` begins with the one of size `old`.

    Size 0 is refused: nothing can be proven of it. Who remembers an empty log has nothing to compare.
    """
    if not 0 < old <= new:
        raise VerificationError("consistency", expected=f"an earlier size of 1 to {new}", found=str(old))
    if old == new:
        if proof:
            raise VerificationError(
                "consistency", expected="no proof between equal sizes", found=f"{len(proof)} hashes"
            )
        # Whatever they are: with equal sizes nothing is hashed, so that their length moves no boundary.
        _require_equal("consistency", old_root, new_root)
        return
    _require_hashes("consistency", old_root, new_root, *proof)
    hashes = iter(proof if old & (old - 1) else (old_root, *proof))
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if (first := next(hashes, None)) is None:
        raise VerificationError("consistency", expected="a proof", found="none")
    made_old = made_new = first
    for beside in hashes:
        if last == 0:
            raise VerificationError("consistency", expected="a shorter proof", found=f"{len(proof)} hashes")
        if at & 1 or at == last:
            made_old = node_hash(beside, made_old)
            made_new = node_hash(beside, made_new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            made_new = node_hash(made_new, beside)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise VerificationError("consistency", expected="a longer proof", found=f"{len(proof)} hashes")
    _require_equal("consistency", old_root, made_old)
    _require_equal("consistency", new_root, made_new)


class _Subtrees:
    """Roots of subtrees from tiles, each tile read once for a proof."""

    def __init__(self, read: ReadTile) -> None:
        self._read = read
        self._tiles: dict[tuple[int, int], bytes] = {}

    def root(self, low: int, high: int) -> bytes:
        """Root over entries `low` to `high - 1`, where `low` is a multiple of the largest subtree in them."""
        perfect: list[bytes] = []
        while low < high:
            height = (high - low).bit_length() - 1
            perfect.append(self._perfect(height, low))
            low += 1 << height
        return fold(perfect)

    def _perfect(self, height: int, low: int) -> bytes:
        """Root over 2^height entries from `low` on, from the highest tile that has them."""
        level, above = divmod(height, TILE_HEIGHT)
        index, first = divmod(low >> TILE_HEIGHT * level, TILE_WIDTH)
        place = level, index
        if (tile := self._tiles.get(place)) is None:
            tile = self._tiles[place] = self._read(level, index)
        last = first + (1 << above)
        if len(tile) < last * HASH_SIZE_BYTES:
            raise VerificationError(
                "unavailable",
                expected=f"{last} hashes in the tile at level {level}, index {index}",
                found=f"{len(tile)} bytes",
            )
        frontier = Frontier()
        for at in range(first, last):
            frontier.append(tile[at * HASH_SIZE_BYTES : (at + 1) * HASH_SIZE_BYTES])
        return frontier.root()


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2: how many leaves the left subtree has."""
    return 1 << (count - 1).bit_length() - 1


def _edge(size: int) -> set[int]:
    """The partial level 0 tile of a tree, if it has one."""
    return {size // TILE_WIDTH} if size % TILE_WIDTH else set()


def _require_hashes(reason: Literal["inclusion", "consistency"], *hashes: bytes) -> None:
    if len(hashes) > PROOF_HASHES_MAX + 2:
        raise VerificationError(
            reason, expected=f"at most {PROOF_HASHES_MAX} hashes", found=f"{len(hashes) - 2} hashes"
        )
    for one in hashes:
        if len(one) != HASH_SIZE_BYTES:
            raise VerificationError(
                reason, expected=f"hashes of {HASH_SIZE_BYTES} bytes", found=f"{len(one)} bytes"
            )


def _require_equal(reason: Literal["inclusion", "consistency"], root: bytes, made: bytes) -> None:
    if root != made:
        raise VerificationError(reason, expected=f"the root {root.hex()}", found=made.hex())
