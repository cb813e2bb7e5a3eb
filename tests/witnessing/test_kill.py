"""kill -9 of a witness, at whatever moment, never lets it sign two states of which neither holds the other."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientError, ClientSession

from cocreate.tlog.checkpoints import Checkpoint, require_grown
from cocreate.tlog.proofs import consistency_proof
from cocreate.tlog.vkey import parse_vkey
from cocreate.tlog.witness import read_cosignature
from cocreate.witnessing.asking import WitnessAddress
from tests.cli.commands import ROOT, STOP_S_MAX, cocreate, facts_of, serving_witness
from tests.tlog.known import LOG, WITNESS, Log
from tests.witnessing.hosting import ENTRIES, KNOWN, grown, hosted, post, request, rewritten

pytestmark = pytest.mark.slow

ROUNDS = 6
SIZE_STEP_MAX = 20


@contextmanager
def dying(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The witness of `dying.py`: its URL and its process."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.witnessing.dying", folder],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()
            process.wait(STOP_S_MAX)


async def test_a_signature_that_left_before_the_kill_binds_the_witness_afterwards(tmp_path: Path) -> None:
    """The worst moment there is: it exists, and nobody was answered."""
    async with ClientSession() as http:
        with dying(tmp_path) as (url, process):
            with pytest.raises(ClientError):
                await post(http, f"{url}/add-checkpoint", request(grown(300), 0))
            assert process.wait(STOP_S_MAX) < 0
        escaped = (tmp_path / "escaped").read_bytes()
        read_cosignature(escaped, grown(300).checkpoint().text, WITNESS.key)
        async with hosted(tmp_path, KNOWN) as again:
            url = f"{again.url}/add-checkpoint"
            for other, old in ((rewritten(300), 0), (rewritten(300), 300), (grown(299), 0)):
                assert (await post(http, url, request(other, old)))[0] == 409
            assert (await post(http, url, request(rewritten(400), 300)))[0] == 422
            assert (await post(http, url, request(grown(300), 300)))[0] == 200


class Histories:
    """Two histories of one log, which grow apart from the fifth entry on, and what was signed of either."""

    def __init__(self) -> None:
        self.logs = [Log(ENTRIES), rewritten(len(ENTRIES))]
        self.signed: list[tuple[Log, Checkpoint]] = []

    def at(self, which: int, size: int) -> Log:
        return Log(self.logs[which].entries[:size])

    def require_consistent(self) -> None:
        """Whatever was signed, each smaller is the beginning of each larger."""
        by_size = sorted(self.signed, key=lambda one: one[1].size)
        for (_, smaller), (log, larger) in itertools.pairwise(by_size):
            proof = consistency_proof(log.read, smaller.size, larger.size)
            require_grown(smaller, larger, proof)


async def test_a_witness_killed_at_random_moments_stays_consistent(tmp_path: Path) -> None:
    """Both histories are offered from every size at once while it is killed and started again."""
    seed = int(os.environ.get("COCREATE_TEST_SEED", random.SystemRandom().randrange(2**32)))
    print(f"COCREATE_TEST_SEED={seed}")
    rng, histories = random.Random(seed), Histories()
    vkey = facts_of(
        cocreate(tmp_path, "witness", "keygen", "witness.example/w1", "--key", "w.key", "--json")
    )["vkey"]
    (tmp_path / "logs").write_text(f"{LOG.key}\n")
    size = 10
    for _ in range(ROUNDS):
        with serving_witness(tmp_path, "--key", "w.key", "--logs", "logs") as (facts, process):
            assert facts["vkey"] == vkey
            address = WitnessAddress(parse_vkey(vkey), facts["address"])
            size = await _offer_until_killed(address, process, histories, size, rng)
        histories.require_consistent()
    assert histories.signed


async def _offer_until_killed(
    address: WitnessAddress,
    process: subprocess.Popen[str],
    histories: Histories,
    size: int,
    rng: random.Random,
) -> int:
    """The size that was offered last."""
    kill_after = rng.randrange(1, 30)
    answers = 0

    async def offer(http: ClientSession, which: int, offered: int, old: int) -> None:
        nonlocal answers
        log = histories.at(which, offered)
        status, _, answer = await post(http, f"{address.url}/add-checkpoint", request(log, old))
        answers += 1
        if status == 200:
            read_cosignature(answer, log.checkpoint().text, address.key)
            histories.signed.append((log, log.checkpoint()))
        if answers >= kill_after:
            process.kill()

    async with ClientSession() as http:
        try:
            while True:
                status, _, answer = await post(
                    http, f"{address.url}/add-checkpoint", request(histories.at(0, size), 0)
                )
                old = int(answer) if status == 409 else 0
                size = min(max(size, old) + rng.randrange(SIZE_STEP_MAX), len(ENTRIES))
                offers = [offer(http, which, size, old) for which in (0, 1, 0, 1)]
                for failed in await asyncio.gather(*offers, return_exceptions=True):
                    if isinstance(failed, BaseException):
                        raise failed
        except ClientError:
            return size
