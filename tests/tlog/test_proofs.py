"""Proofs equal those of other implementations, hold for every size, and nothing else holds."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import EMPTY_ROOT, leaf_hash, root_of
from cocreate.tlog.proofs import (
    PROOF_HASHES_MAX,
    consistency_proof,
    inclusion_proof,
    leaf_tiles_of_consistency,
    leaf_tiles_of_inclusion,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from tests.tlog.known import Log, vectors

LEAVES = [leaf_hash(b"%d" % i) for i in range(3 * 256 + 5)]
ROOTS = [root_of(LEAVES[:size]) for size in range(len(LEAVES) + 1)]


def read(level: int, index: int) -> bytes:
    """Tiles of `LEAVES`: level 0 cut from them, level 1 by definition."""
    if level:
        return b"".join(root_of(LEAVES[at : at + 256]) for at in range(0, len(LEAVES) - 255, 256))
    return b"".join(LEAVES[index * 256 : (index + 1) * 256])


def test_every_proof_of_the_published_leaves_is_as_published() -> None:
    """All 36 inclusion and 36 consistency proofs up to size 8: made alike, and accepted."""
    known = vectors("rfc6962_8leaves.json")
    log = Log(bytes.fromhex(leaf) for leaf in known["leaves_hex"])
    roots = [bytes.fromhex(root) for root in known["roots_by_size"]]
    assert len(known["inclusion"]) == len(known["consistency"]) == 36
    for case in known["inclusion"]:
        proof = inclusion_proof(log.read, case["index"], case["size"])
        assert [one.hex() for one in proof] == case["proof"]
        verify_inclusion(
            leaf_hash(log.entries[case["index"]]), case["index"], case["size"], proof, roots[case["size"]]
        )
    for case in known["consistency"]:
        proof = consistency_proof(log.read, case["old"], case["new"])
        assert [one.hex() for one in proof] == case["proof"]
        verify_consistency(case["old"], roots[case["old"]], case["new"], roots[case["new"]], proof)


def test_every_proof_case_of_another_implementation_is_judged_alike() -> None:
    """196 cases, of which 184 must be refused."""

    def refused(case: dict[str, Any]) -> bool:
        proof = [b64decode(one) for one in case["proof"] or []]
        try:
            if case["kind"] == "inclusion":
                leaf, root = b64decode(case["leafHash"]), b64decode(case["root"])
                verify_inclusion(leaf, case["leafIdx"], case["treeSize"], proof, root)
            else:
                roots = b64decode(case["root1"]), b64decode(case["root2"])
                verify_consistency(case["size1"], roots[0], case["size2"], roots[1], proof)
        except VerificationError:
            return True
        return False

    cases = vectors("merkle_proof_cases.json")["cases"]
    assert len(cases) == 196
    assert [case["file"] for case in cases if refused(case) != case["wantErr"]] == []
    assert sum(map(refused, cases)) == 184


@given(st.data())
def test_every_entry_is_proven_in_every_size_and_nowhere_else(data: st.DataObject) -> None:
    """The same proof is refused for another leaf, position, size or root, and with a hash more or less."""
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(read, index, size)
    leaf, root = LEAVES[index], ROOTS[size]
    verify_inclusion(leaf, index, size, proof, root)
    other = data.draw(st.integers(0, len(LEAVES)).filter(lambda one: one not in (index, size)))
    cases = [
        (LEAVES[index - 1] if size > 1 else EMPTY_ROOT, index, size, proof, root),
        (leaf, other, size, proof, root),
        (leaf, index, size, proof, ROOTS[other]),
        (leaf, index, size, [*proof, root], root),
        (leaf, index, size, [leaf, *proof], root),
    ]
    if proof:
        cases += [(leaf, index, size, proof[1:], root), (leaf, index, size, proof[:-1], root)]
    for case in cases:
        with pytest.raises(VerificationError) as caught:
            verify_inclusion(*case)
        assert caught.value.reason == "inclusion"


@given(st.data())
def test_every_size_begins_with_every_smaller_one_and_with_no_other(data: st.DataObject) -> None:
    """The same proof is refused for other sizes or roots, and with a hash more or less."""
    new = data.draw(st.integers(1, len(LEAVES)))
    old = data.draw(st.integers(1, new))
    proof = consistency_proof(read, old, new)
    verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)
    cases = [
        (old, ROOTS[old - 1], new, ROOTS[new], proof),
        (old, ROOTS[old], new, ROOTS[new - 1], proof),
        (old, ROOTS[old], new, ROOTS[new], [*proof, ROOTS[new]]),
        (old, ROOTS[old], new, ROOTS[new], [ROOTS[old], *proof]),
        (new + 1, ROOTS[new], new, ROOTS[new], proof),
        (0, EMPTY_ROOT, new, ROOTS[new], proof),
    ]
    if proof:
        cases += [
            (old, ROOTS[old], new, ROOTS[new], proof[:-1]),
            (old, ROOTS[old], new, ROOTS[new], []),
            (old, ROOTS[new], new, ROOTS[old], proof),
        ]
    for case in cases:
        with pytest.raises(VerificationError) as caught:
            verify_consistency(*case)
        assert caught.value.reason == "consistency"


@given(st.integers(0, len(LEAVES)))
def test_the_root_of_any_size_comes_from_the_tiles(size: int) -> None:
    """Also of one that the log has left behind."""
    assert tree_root(read, size) == ROOTS[size]


@given(st.data())
def test_a_proof_reads_no_leaf_tile_but_those_it_names(data: st.DataObject) -> None:
    """At most two tiles of level 0 must be at hand, however long the log is."""
    seen: set[int] = set()

    def watched(level: int, index: int) -> bytes:
        seen.update({index} if level == 0 else ())
        return read(level, index)

    new = data.draw(st.integers(1, len(LEAVES)))
    old = data.draw(st.integers(1, new))
    inclusion_proof(watched, old - 1, new)
    named = leaf_tiles_of_inclusion(old - 1, new)
    assert seen <= named
    assert len(named) <= 2
    seen.clear()
    consistency_proof(watched, old, new)
    named = leaf_tiles_of_consistency(old, new)
    assert seen <= named
    assert len(named) <= 2


@pytest.mark.parametrize("cut", [0, 1, 31, 4 * 32])
def test_a_tile_that_is_too_short_makes_no_proof(cut: int) -> None:
    """A cut tile is told as such: it is not hashed as if the tree were smaller."""
    with pytest.raises(VerificationError) as caught:
        inclusion_proof(lambda level, index: read(level, index)[:cut], 3, 8)
    assert caught.value.reason == "unavailable"


def test_what_is_not_32_bytes_is_not_a_hash() -> None:
    """Neither as a leaf, a root nor in a proof, where it would move the boundary between left and right."""
    proof = inclusion_proof(read, 2, 5)
    for wrong in (b"", proof[0][:31], proof[0] + b"\0"):
        for case in (
            (wrong, 2, 5, proof, ROOTS[5]),
            (LEAVES[2], 2, 5, proof, wrong),
            (LEAVES[2], 2, 5, [wrong, *proof[1:]], ROOTS[5]),
        ):
            with pytest.raises(VerificationError, match="bytes"):
                verify_inclusion(*case)
        with pytest.raises(VerificationError, match="bytes"):
            verify_consistency(3, wrong, 5, ROOTS[5], consistency_proof(read, 3, 5))


def test_a_proof_longer_than_any_tree_needs_is_refused_before_it_is_hashed() -> None:
    """The longest that a tree of 2^63 - 1 entries needs is within the limit."""
    with pytest.raises(VerificationError, match="at most 64 hashes"):
        verify_inclusion(LEAVES[0], 0, 2**63 - 1, [EMPTY_ROOT] * (PROOF_HASHES_MAX + 1), ROOTS[1])
    with pytest.raises(VerificationError, match="the root"):
        verify_inclusion(LEAVES[0], 0, 2**63 - 1, [EMPTY_ROOT] * 63, ROOTS[1])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_nobody_proves_what_is_not_there(index: int, size: int) -> None:
    """A position outside the tree is the caller's mistake when made, and refused when read."""
    with pytest.raises(ValueError, match="position"):
        inclusion_proof(read, index, size)
    with pytest.raises(VerificationError, match="position"):
        verify_inclusion(LEAVES[0], index, size, [], LEAVES[0])
    with pytest.raises(ValueError, match="earlier size"):
        consistency_proof(read, index + 1 if index > 0 else 0, size)
