"""tlog-scales (Apache-2.0), written by others for tlog-tiles, reads our files, takes our proofs, and makes proofs that we take."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cocreate.tlog.merkle import leaf_hash
from cocreate.tlog.notes import Note
from cocreate.tlog.proofs import consistency_proof, tree_root, verify_consistency, verify_inclusion
from tests.tlog.known import LOG, ORIGIN, WITNESS, Log, long_log_entry

SIZES = (1, 2, 3, 255, 256, 257, 700)
LONGEST = 700
RECORD = Log(map(long_log_entry, range(LONGEST)))


def scales(module: str) -> Any:
    try:
        return import_module(f"tlog_scales.{module}")
    except ImportError:
        pytest.skip("needs tlog-scales, a development dependency")


def cosigned(log: Log) -> Note:
    return log.note().signed_also(WITNESS.sign(log.checkpoint().text, 1_795_344_000))


def reader_of(folder: Path, log: Log) -> Any:
    """Its reader over our files."""
    for name, data in (log.files() | {"checkpoint": cosigned(log).encode()}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return scales("reader").TilesReader(scales("backend").LocalBackend(folder))


@pytest.mark.parametrize("size", SIZES)
def test_it_finds_the_signed_root_in_our_tiles(tmp_path: Path, size: int) -> None:
    """Our signature and the witness's hold; every entry is where it belongs."""
    log = Log(map(long_log_entry, range(size)))
    reader = reader_of(tmp_path, log)
    checkpoint = reader.get_checkpoint()
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, size)
    for key in (LOG.key, WITNESS.key):
        checkpoint.verify(scales("signing").Vkey.from_string(str(key)))
    assert reader.calculate_root_hash() == checkpoint.root_hash == log.tree.root()
    for index in {0, size // 2, size - 1}:
        assert reader.get_entry(index) == long_log_entry(index)


@pytest.mark.parametrize("size", SIZES)
def test_each_takes_the_others_proofs(tmp_path: Path, size: int) -> None:
    """Inclusion of entries, and consistency with every kind of earlier size."""
    log, theirs = Log(map(long_log_entry, range(size))), scales("tlog")
    reader, root = reader_of(tmp_path, log), log.tree.root()
    reader.get_checkpoint()
    for index in {0, size // 3, size // 2, size - 1}:
        leaf, proof = leaf_hash(long_log_entry(index)), log.proof(index)
        theirs.InclusionProof(index, size, proof).check(leaf, root)
        verify_inclusion(leaf, index, size, reader.get_inclusion_proof(index, size).node_hashes, root)
    for old in {one for one in (*SIZES, 128, size - 1) if 0 < one < size}:
        old_root, proof = tree_root(log.read, old), consistency_proof(log.read, old, size)
        theirs.ConsistencyProof(old, size, proof).check(old_root, root)
        verify_consistency(old, old_root, size, root, reader.get_consistency_proof(old, size).node_hashes)


def test_it_refuses_what_we_refuse() -> None:
    """Another entry, place or root; a hash flipped, dropped or added."""
    theirs, root, index = scales("tlog"), RECORD.tree.root(), 300
    leaf, proof = leaf_hash(long_log_entry(index)), RECORD.proof(index)
    wrong = [
        (index, proof, leaf_hash(b"another"), root),
        (index + 1, proof, leaf, root),
        (index, proof, leaf, bytes(32)),
        (index, [bytes(32), *proof[1:]], leaf, root),
        (index, proof[:-1], leaf, root),
        (index, [*proof, bytes(32)], leaf, root),
    ]
    for place, hashes, one, over in wrong:
        with pytest.raises(theirs.InclusionProofInvalid):
            theirs.InclusionProof(place, LONGEST, hashes).check(one, over)
    old_root, grown = tree_root(RECORD.read, 257), consistency_proof(RECORD.read, 257, LONGEST)
    for hashes, before in ((grown, bytes(32)), (grown[:-1], old_root), ([*grown[:-1], bytes(32)], old_root)):
        with pytest.raises(theirs.ConsistencyProofInvalid):
            theirs.ConsistencyProof(257, LONGEST, hashes).check(before, root)
