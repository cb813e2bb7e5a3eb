"""The tree of a live log has the roots, tiles and proofs of the log, and keeps a 255th of its hashes."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.tlog.merkle import EMPTY_ROOT, Frontier, leaf_hash, leaf_hashes, root_of
from cocreate.tlog.proofs import (
    consistency_proof,
    leaf_tiles_of_consistency,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from cocreate.tlog.tree import Tree
from tests.tlog.known import Log, long_log_entry

LEAVES = leaf_hashes(b"%d" % i for i in range(70_000))
SIZES = [0, 1, 2, 255, 256, 257, 511, 512, 1_000, 65_535, 65_536, 65_537, 65_792, 70_000]


def test_the_root_is_the_frontiers_at_every_boundary() -> None:
    """About full tiles of levels 0 and 1, fed in steps of any length."""
    tree, frontier = Tree(), Frontier()
    for size in SIZES:
        leaves = LEAVES[tree.size : size]
        tree.append_leaves(leaves)
        frontier.append_all(leaves)
        assert (tree.size, tree.root()) == (size, frontier.root())


@given(st.lists(st.integers(0, 600), max_size=8))
def test_the_steps_it_was_fed_in_do_not_show(steps: list[int]) -> None:
    """Neither in the root nor in any tile."""
    tree, whole = Tree(), Tree()
    for step in steps:
        tree.append_leaves(LEAVES[tree.size : tree.size + step])
    whole.append_leaves(LEAVES[: sum(steps)])
    assert (tree.size, tree.root()) == (whole.size, whole.root())
    assert [tree.tile(1, 0), tree.leaf_tile(tree.size // 256)] == [
        whole.tile(1, 0),
        whole.leaf_tile(whole.size // 256),
    ]


def test_entries_are_hashed_as_leaves() -> None:
    """One or many at a time, with their hashes returned."""
    tree = Tree()
    assert tree.append_entry(b"one") == leaf_hash(b"one")
    assert tree.append_entries([b"two", b"three"]) == [leaf_hash(b"two"), leaf_hash(b"three")]
    assert (tree.size, tree.root()) == (3, root_of(map(leaf_hash, [b"one", b"two", b"three"])))


def test_the_tiles_are_the_roots_of_what_lies_under_them() -> None:
    """By definition: each hash at level l is the root of 256^l leaves."""
    tree = Tree()
    tree.append_leaves(LEAVES)
    assert tree.tile(1, 0) == b"".join(root_of(LEAVES[at : at + 256]) for at in range(0, 65_536, 256))
    assert tree.tile(1, 1) == b"".join(root_of(LEAVES[at : at + 256]) for at in range(65_536, 69_888, 256))
    assert tree.tile(2, 0) == root_of(LEAVES[:65_536])
    assert (tree.tile(1, 2), tree.tile(3, 0)) == (b"", b"")


def test_only_the_unfinished_leaf_tile_is_kept() -> None:
    """The others are a range read of entries; the memory of a long log says so."""
    tree = Tree()
    tree.append_leaves(LEAVES)
    assert tree.leaf_tile(273) == b"".join(LEAVES[273 * 256 :])
    assert tree.leaf_tile(272) is None
    assert tree.leaf_tile(274) is None
    assert sum(map(len, tree._kept)) == 32 * (70_000 % 256 + 70_000 // 256 + 1)
    with pytest.raises(ValueError, match="level of 1 or above"):
        tree.tile(0, 0)


@given(st.data())
def test_a_live_log_proves_every_entry_and_every_earlier_state(data: st.DataObject) -> None:
    """From what it keeps and the entries of at most two tiles, at sizes about the boundaries."""
    size = data.draw(st.sampled_from([1, 255, 256, 257, 1_000, 1_024]))
    log = Log(map(long_log_entry, range(size)))
    index = data.draw(st.integers(0, size - 1))
    verify_inclusion(leaf_hash(log.entries[index]), index, size, log.proof(index), log.tree.root())
    old = data.draw(st.integers(1, size))
    tiles = {tile: log.read(0, tile) for tile in leaf_tiles_of_consistency(old, size)}
    proof = consistency_proof(log.tree.reader(tiles), old, size)
    verify_consistency(old, tree_root(log.read, old), size, log.tree.root(), proof)


def test_a_refused_leaf_leaves_the_tree_as_it_was() -> None:
    """Also where the tile before it would have been finished."""
    tree = Tree()
    tree.append_leaves(LEAVES[:250])
    before = tree.root()
    with pytest.raises(ValueError, match="32 bytes"):
        tree.append_leaves([*LEAVES[250:258], b"short"])
    assert (tree.size, tree.root()) == (250, before)
    assert Tree().root() == EMPTY_ROOT


def test_a_tree_goes_on_from_where_it_was_put_away() -> None:
    """As one pickle of a 255th of its hashes: a saved state of a workshop holds it."""
    tree, whole = Tree(), Tree()
    tree.append_leaves(LEAVES[:66_000])
    saved = pickle.dumps(tree, 5)
    assert len(saved) < 32 * (66_000 // 255 + 256) + 1_500
    back: Tree = pickle.loads(saved)
    back.append_leaves(LEAVES[66_000:])
    whole.append_leaves(LEAVES)
    assert (back.size, back.root()) == (whole.size, whole.root())
    assert (back.tile(1, 1), back.leaf_tile(273)) == (whole.tile(1, 1), whole.leaf_tile(273))
