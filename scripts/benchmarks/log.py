"""What the log under a record costs: appending, signing each commit, receipts, and the whole check, at a million entries."""

import random
import time
from collections.abc import Callable, Iterator
from statistics import median

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.fsck import check_log
from cocreate.tlog.merkle import Frontier, leaf_hash, leaf_hashes
from cocreate.tlog.proofs import inclusion_proof, leaf_tiles_of_inclusion
from cocreate.tlog.receipts import Receipt, verify_receipt
from cocreate.tlog.signatures import LogSigner
from cocreate.tlog.tiles import TILE_WIDTH, Tile, build_bundle, tiles_of
from cocreate.tlog.tree import Tree
from scripts.benchmarks.figures import Bench, Figure

SIZE = 1_000_000
QUICK_SIZE = 20_000
SMALL_SIZE = 1_000
COMMITS = 500
RECEIPTS = 50
CHECKED = 100_000
"""Entries hashed again by the whole check."""
ENTRY_SIZE_BYTES = 400
"""As long as a ballot's entry, nearly."""
SEED = 7


def entry(index: int) -> bytes:
    return b"%0*d" % (ENTRY_SIZE_BYTES, index)


def cpu_s(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def measure_all(bench: Bench) -> Iterator[Figure]:
    signer = LogSigner("workshop.example/log/1", Ed25519PrivateKey.generate())
    size = QUICK_SIZE if bench.quick else SIZE
    yield from _appending(bench, leaf_hashes(map(entry, range(min(size, 200_000)))))
    small, large = Tree(), Tree()
    small.append_entries(map(entry, range(SMALL_SIZE)))
    large.append_entries(map(entry, range(size)))
    yield from _committing(bench, signer, small, large)
    yield from _receipts(signer, large)
    yield _checking(bench, signer, min(size, CHECKED))


def _appending(bench: Bench, leaves: list[bytes]) -> Iterator[Figure]:
    """Both fed in commits of 16, in turns."""
    commits = [leaves[at : at + 16] for at in range(0, len(leaves), 16)]

    def feed(append: Callable[[list[bytes]], None]) -> float:
        began = time.process_time()
        for commit in commits:
            append(commit)
        return time.process_time() - began

    pairs = [(feed(Frontier().append_all), feed(Tree().append_leaves)) for _ in range(bench.runs)]
    bare, kept = (median(pair[which] for pair in pairs) for which in (0, 1))
    yield Figure("leaves appended to a frontier, alone good for the root", len(leaves) / bare, "/s")
    yield Figure("leaves appended to a tree", len(leaves) / kept, "/s", "the frontier", bare / kept)


def _committing(bench: Bench, signer: LogSigner, small: Tree, large: Tree) -> Iterator[Figure]:
    """One entry a commit: append, root, signed checkpoint. The two trees take turns."""
    more = [leaf_hash(b"more %d" % i) for i in range(COMMITS)]

    def commit(tree: Tree) -> float:
        def all_of_them() -> None:
            for leaf in more:
                tree.append_leaves((leaf,))
                sign_checkpoint(Checkpoint(signer.key.name, tree.size, tree.root()), signer).encode()

        return cpu_s(all_of_them)

    before = large.size
    pairs = [(commit(small), commit(large)) for _ in range(bench.runs)]
    at_small, at_large = (1e6 * median(pair[which] for pair in pairs) / COMMITS for which in (0, 1))
    name = "CPU of a commit of one entry, its checkpoint signed, at"
    yield Figure(f"{name} {SMALL_SIZE:,}", at_small, "µs")
    yield Figure(f"{name} {before:,}", at_large, "µs", f"at {SMALL_SIZE:,}", at_large / at_small)


def _receipts(signer: LogSigner, tree: Tree) -> Iterator[Figure]:
    """With the entries of a tile at hand: what the store takes to read 256 of them comes on top."""
    size = tree.size
    sample = random.Random(SEED)

    def leaf_tile(index: int) -> bytes:
        kept = tree.leaf_tile(index)
        first = index * TILE_WIDTH
        return b"".join(leaf_hashes(map(entry, range(first, first + TILE_WIDTH)))) if kept is None else kept

    def receipt(index: int) -> Receipt:
        tiles = {tile: leaf_tile(tile) for tile in leaf_tiles_of_inclusion(index, size)}
        note = sign_checkpoint(Checkpoint(signer.key.name, size, tree.root()), signer)
        return Receipt(index, tuple(inclusion_proof(tree.reader(tiles), index, size)), note.encode())

    anywhere = [sample.randrange(size) for _ in range(RECEIPTS)]
    for what, places in (("the last entry", [size - 1] * RECEIPTS), ("any entry", anywhere)):
        ms = 1e3 * median(cpu_s(lambda: receipt(place).encode()) for place in places)  # noqa: B023 - called at once
        yield Figure(f"CPU of a receipt for {what} of {size:,}", ms, "ms", wanted="≤ 10", met=ms <= 10)
    last = b"the last one"
    tree.append_entry(last)
    size = tree.size
    data = receipt(size - 1).encode()
    ms = 1e3 * median(cpu_s(lambda: verify_receipt(data, last, signer.key)) for _ in range(RECEIPTS))
    yield Figure("CPU of checking it", ms, "ms")


def _checking(bench: Bench, signer: LogSigner, size: int) -> Figure:
    """Files of the log in memory."""
    tree = Tree()
    leaves = tree.append_entries(map(entry, range(size)))
    note = sign_checkpoint(Checkpoint(signer.key.name, size, tree.root()), signer)
    files = {"checkpoint": note.encode()}
    for tile in tiles_of(size):
        files[tile.path] = _file(tile, leaves, tree)
    seconds = median(cpu_s(lambda: check_log(files.__getitem__, signer.key)) for _ in range(bench.runs))
    return Figure("entries hashed again by the whole check of a log", size / seconds, "/s")


def _file(tile: Tile, leaves: list[bytes], tree: Tree) -> bytes:
    first = tile.index * TILE_WIDTH
    if tile.level is None:
        return build_bundle(map(entry, range(first, first + tile.width)))
    return tree.tile(tile.level, tile.index) if tile.level else b"".join(leaves[first : first + tile.width])
