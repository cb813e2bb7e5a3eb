"""The Merkle tree equals RFC 6962 section 2.1, its published test leaves and large generated logs."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash, node_hash, root_of
from tests.tlog.known import checkpoint_root, long_log_entry, vectors

# The eight leaves of the Certificate Transparency test log and its roots, from transparency-dev/merkle.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
CT_ROOTS_BY_SIZE = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def recursive_root(leaves: Sequence[bytes]) -> bytes:
    """The root by RFC 6962's own recursive definition, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + recursive_root(leaves[:split]) + recursive_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(len(CT_ROOTS_BY_SIZE)))
def test_the_published_leaves_give_the_published_roots(size: int) -> None:
    """Sizes 0 to 8 of the Certificate Transparency test log, by every way to a root."""
    frontier = Frontier()
    for entry in CT_LEAVES[:size]:
        assert frontier.append_entry(entry) == leaf_hash(entry)
    assert frontier.size == size
    assert frontier.root().hex() == CT_ROOTS_BY_SIZE[size]
    assert root_of(map(leaf_hash, CT_LEAVES[:size])).hex() == CT_ROOTS_BY_SIZE[size]


def test_the_shared_vectors_agree() -> None:
    """Leaf hashes and roots of the shared file, which also guards the constants above."""
    known = vectors("rfc6962_8leaves.json")
    assert [bytes.fromhex(leaf) for leaf in known["leaves_hex"]] == CT_LEAVES
    assert [leaf_hash(leaf).hex() for leaf in CT_LEAVES] == known["leaf_hashes"]
    assert known["roots_by_size"] == CT_ROOTS_BY_SIZE


def test_another_writers_log_has_the_same_roots() -> None:
    """Every published checkpoint of the Tessera test log commits to the root computed here."""
    known = vectors("tessera_log.json")
    frontier = Frontier()
    roots = {"0": frontier.root()}
    for entry in known["entries"]:
        frontier.append_entry(entry.encode())
        roots[str(frontier.size)] = frontier.root()
    assert roots == {size: checkpoint_root(note) for size, note in known["checkpoints_by_size"].items()}


def test_a_long_log_has_the_roots_other_verifiers_accepted() -> None:
    """Sizes about tile boundaries and 70,000, accepted by four foreign verifiers."""
    known = vectors("notes.json")["big"]["checkpoints"]
    roots: dict[str, bytes] = {}
    frontier = Frontier()
    for i in range(max(map(int, known))):
        frontier.append_entry(long_log_entry(i))
        if str(frontier.size) in known:
            roots[str(frontier.size)] = frontier.root()
    assert roots == {size: checkpoint_root(note) for size, note in known.items()}


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=70))
def test_the_frontier_root_is_the_recursive_definition(leaves: list[bytes]) -> None:
    """At every size on the way, not only the last."""
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == recursive_root([])
    for size, leaf in enumerate(leaves, start=1):
        frontier.append(leaf)
        assert frontier.root() == recursive_root(leaves[:size])
    assert frontier.size == len(leaves)


@given(st.binary(max_size=80).filter(lambda value: len(value) != 32))
def test_what_is_not_32_bytes_is_not_a_hash(value: bytes) -> None:
    """A refused leaf leaves the frontier as it was."""
    frontier = Frontier()
    frontier.append_entry(b"first")
    before = frontier.root()
    with pytest.raises(ValueError, match="32 bytes"):
        frontier.append(value)
    with pytest.raises(ValueError, match="32 bytes"):
        frontier.append_all([EMPTY_ROOT, value])
    with pytest.raises(ValueError, match="32 bytes"):
        node_hash(value, EMPTY_ROOT)
    with pytest.raises(ValueError, match="32 bytes"):
        node_hash(EMPTY_ROOT, value)
    assert (frontier.size, frontier.root()) == (1, before)


def test_a_leaf_is_never_a_node() -> None:
    """An entry made of two hashes does not collide with the node above them."""
    left, right = leaf_hash(b"left"), leaf_hash(b"right")
    assert leaf_hash(left + right) != node_hash(left, right)
