"""What a witness can take: checkpoints signed for many logs at once, each on the disk first, and what one costs it."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from aiohttp import ClientSession
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.proofs import consistency_proof
from cocreate.tlog.signatures import LogSigner
from cocreate.tlog.tiles import TILE_WIDTH
from cocreate.tlog.tree import Tree
from cocreate.tlog.vkey import parse_vkey
from cocreate.witnessing.asking import WitnessAddress, Witnesses
from scripts.benchmarks.figures import Bench, Figure
from scripts.benchmarks.surroundings import ROOT

LOGS = 32
"""Installations that ask at the same time."""
ROUNDS, QUICK_ROUNDS = 20, 3


class Growing:
    """A log of a few entries, which gets one more before each time it asks."""

    def __init__(self, number: int) -> None:
        self.signer = LogSigner(f"workshop.example/log/{number}", Ed25519PrivateKey.generate())
        self.tree = Tree()

    def checkpoint(self) -> bytes:
        return sign_checkpoint(
            Checkpoint(self.signer.key.name, self.tree.size, self.tree.root()), self.signer
        ).encode()

    async def prove(self, old: int, new: int) -> Sequence[bytes]:
        assert new <= TILE_WIDTH
        return consistency_proof(self.tree.reader({0: self.tree.leaf_tile(0) or b""}), old, new)


def measure_all(bench: Bench) -> Iterator[Figure]:
    with _witness(bench.folder) as (address, pid):
        growing, same, cpu_ms, alone_ms = asyncio.run(
            _asked(address, pid, QUICK_ROUNDS if bench.quick else ROUNDS)
        )
    name = f"checkpoints signed by a witness for {LOGS} logs at once"
    yield Figure(f"{name}, nothing new in them", same, "/s")
    yield Figure(f"{name}, each on the disk first", growing, "/s", "nothing new", growing / same)
    yield Figure("CPU of a checkpoint, at the witness", cpu_ms, "ms")
    yield Figure("a checkpoint of one log alone, until it is cosigned", alone_ms, "ms")


async def _asked(address: WitnessAddress, pid: int, rounds: int) -> tuple[float, float, float, float]:
    logs = [Growing(number) for number in range(LOGS)]
    async with ClientSession() as http:
        witnesses = Witnesses(http, [address])

        async def ask(log: Growing, *, grow: bool) -> None:
            if grow:
                log.tree.append_entry(b"another entry")
            answer = await witnesses.cosign(log.signer.key, log.checkpoint(), log.prove)
            assert answer.by, answer.missing

        async def per_second(*, grow: bool) -> float:
            began = time.perf_counter()
            for _ in range(rounds):
                await asyncio.gather(*(ask(log, grow=grow) for log in logs))
            return rounds * LOGS / (time.perf_counter() - began)

        await asyncio.gather(*(ask(log, grow=True) for log in logs))
        before = _cpu_s(pid)
        growing = await per_second(grow=True)
        cpu_ms = 1000 * (_cpu_s(pid) - before) / (rounds * LOGS)
        same = await per_second(grow=False)
        alone = []
        for _ in range(rounds):
            began = time.perf_counter()
            await ask(logs[0], grow=True)
            alone.append(time.perf_counter() - began)
        return growing, same, cpu_ms, 1000 * median(alone)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _witness(folder: Path) -> Iterator[tuple[WitnessAddress, int]]:
    """The command, as people run it."""
    program = [sys.executable, "-P", "-m", "cocreate", "witness"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    key = folder / "witness.key"
    subprocess.run(
        [*program, "keygen", "witness.example/w1", "--key", key],
        env=environment,
        check=True,
        capture_output=True,
    )
    with subprocess.Popen(
        [*program, "serve", "--key", key, "--logs", "open", "--port", "0", "--json", "--log-level", "error"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            facts = json.loads(process.stdout.readline())
            yield WitnessAddress(parse_vkey(facts["vkey"]), facts["address"]), process.pid
        finally:
            process.terminate()
