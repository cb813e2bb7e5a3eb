"""The Merkle tree over a record's entries, as RFC 6962 section 2.1 (kept by RFC 9162) defines it.

Leaf = SHA-256(00 ‖ entry), node = SHA-256(01 ‖ left ‖ right), root of no leaves = SHA-256 of nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

HASH_SIZE_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


class Frontier:
    """The roots of the perfect subtrees of a growing log, largest and leftmost first.

    It holds one hash for each one bit of the size, at most 64, and is all that appending and the root
    need; proofs need more. Not safe to share between threads: it belongs to whoever appends.
    """

    __slots__ = ("_size", "_subtrees")

    def __init__(self) -> None:
        self._size = 0
        self._subtrees: list[bytes] = []

    @property
    def size(self) -> int:
        """Number of leaves appended so far."""
        return self._size

    def append_entry(self, entry: bytes) -> bytes:
        """Append an entry and return its leaf hash."""
        hashed = leaf_hash(entry)
        self.append(hashed)
        return hashed

    def append_entries(self, entries: Iterable[bytes]) -> list[bytes]:
        """Append entries in order and return their leaf hashes."""
        leaves = leaf_hashes(entries)
        self._extend(leaves)
        return leaves

    def append(self, leaf: bytes) -> None:
        """Append a leaf by its hash: one node hash on average, at most one for each bit of the size."""
        self.append_all((leaf,))

    def append_all(self, leaves: Sequence[bytes]) -> None:
        """Append leaves by their hashes, in order."""
        require_hashes(leaves)
        self._extend(leaves)

    def _extend(self, leaves: Iterable[bytes]) -> None:
        subtrees, size = self._subtrees, self._size
        for leaf in leaves:
            node, carry = leaf, size
            while carry & 1:
                # Inlined `node_hash`: replaying a long record spends its time here.
                node = sha256(_NODE + subtrees.pop() + node).digest()
                carry >>= 1
            subtrees.append(node)
            size += 1
        self._size = size

    def root(self) -> bytes:
        """Root of the tree over everything appended so far."""
        return fold(self._subtrees)

    @property
    def subtrees(self) -> Sequence[bytes]:
        """The roots held, largest and leftmost first."""
        return self._subtrees


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one entry as a leaf."""
    return sha256(_LEAF + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Hashes of entries as leaves, in order."""
    return [sha256(_LEAF + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of the node above two hashes of 32 bytes each."""
    require_hashes((left, right))
    return sha256(_NODE + left + right).digest()


def fold(subtrees: Iterable[bytes]) -> bytes:
    """Root of the tree that these perfect subtrees make up, largest and leftmost first; each is 32 bytes."""
    *larger, root = (*subtrees,) or (EMPTY_ROOT,)
    for left in reversed(larger):
        # Inlined `node_hash`: each commit needs a root.
        root = sha256(_NODE + left + root).digest()
    return root


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Root of the tree over these leaf hashes, in order."""
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier.append(leaf)
    return frontier.root()


def require_hashes(values: Iterable[bytes]) -> None:
    """Refuse another length: it would move the boundary between left and right."""
    for value in values:
        if len(value) != HASH_SIZE_BYTES:
            raise ValueError(f"expected a hash of {HASH_SIZE_BYTES} bytes, found {len(value)} bytes")
