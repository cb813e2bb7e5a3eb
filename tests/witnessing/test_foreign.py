"""A witness and a client in Go, which share no code with ours, agree with ours about what is signed and what is not."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.signatures import LogSigner
from cocreate.witnessing.asking import Cosigned, WitnessAddress, Witnesses
from tests.tlog.go_program import build
from tests.tlog.known import LOG, WITNESS, Log, long_log_entry
from tests.witnessing.hosting import KNOWN, grown, hosted, post, prover, request, rewritten

pytestmark = pytest.mark.slow

SOURCE = Path(__file__).parent / "foreign" / "main.go"
SUBMIT_S_MAX = 60.0
SEED = bytes(range(1, 33)).hex()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program."""
    return build(SOURCE, tmp_path_factory.mktemp("foreign"))


@pytest.fixture
def go_witness(program: Path) -> Iterator[WitnessAddress]:
    """Go's witness, by the same seed as the one of these tests: its vkey is the same, too."""
    with subprocess.Popen(
        [program, "serve", str(LOG.key), WITNESS.key.name, SEED], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield WitnessAddress(WITNESS.key, process.stdout.readline().strip())
        finally:
            process.kill()


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    """A client's session."""
    async with ClientSession() as session:
        yield session


async def ask(http: ClientSession, log: Log, address: WitnessAddress) -> Cosigned:
    return await Witnesses(http, [address]).cosign(LOG.key, log.note().encode(), prover(log))


async def test_gos_witness_signs_for_our_client(http: ClientSession, go_witness: WitnessAddress) -> None:
    """From nothing, at the edges of tiles, the same again; our checks take its line."""
    for size in (1, 255, 256, 257, 300, 300, 600):
        answer = await ask(http, grown(size), go_witness)
        assert answer.missing == ()
        opened = open_checkpoint(answer.note.encode(), LOG.key, [WITNESS.key])
        assert (opened.checkpoint.size, opened.cosigned) == (size, answer.by)


async def test_gos_witness_and_our_client_agree_on_refusals(
    http: ClientSession, go_witness: WitnessAddress
) -> None:
    """A rewritten log contradicts at the same and at a larger size, and a shorter one is behind."""
    await ask(http, grown(300), go_witness)
    for log, kind in (
        (rewritten(300), "contradicts"),
        (rewritten(400), "contradicts"),
        (grown(299), "ahead"),
    ):
        assert [(one.kind, one.size) for one in (await ask(http, log, go_witness)).missing] == [(kind, 300)]
    assert (await ask(http, grown(301), go_witness)).by


async def test_gos_witness_and_ours_answer_alike(
    http: ClientSession, go_witness: WitnessAddress, tmp_path: Path
) -> None:
    """The same requests, one after the other, have the same statuses, and conflicts the same bodies."""
    tampered = request(grown(300), 0).replace(b"\n300\n", b"\n301\n")
    nameless = Log(grown(300).entries, LogSigner(LOG.key.name, WITNESS._private))
    bodies = [
        b"",
        b"old x\n\n",
        tampered,
        request(nameless, 0),
        request(grown(300), 299),
        request(grown(300), 0),
        request(grown(300), 0),
        request(grown(300), 300),
        request(rewritten(300), 300),
        request(rewritten(400), 300),
        request(grown(400), 299),
        request(grown(400), 300).replace(b"old 300\n", b"old 300\n" + b"A" * 43 + b"=\n"),
        request(grown(400), 300),
        request(grown(300), 300),
    ]
    expected = [400, 400, 403, 403, 409, 200, 409, 200, 409, 422, 409, 422, 200, 409]
    async with hosted(tmp_path, KNOWN) as ours:
        for body, status in zip(bodies, expected, strict=True):
            answers = [await post(http, f"{one.url}/add-checkpoint", body) for one in (ours, go_witness)]
            assert [answer[0] for answer in answers] == [status, status]
            if status == 409:
                assert answers[0] == answers[1]


def submitted(
    program: Path, folder: Path, log: Log, address: WitnessAddress
) -> subprocess.CompletedProcess[str]:
    """What Go's client makes of the log's files and the witness."""
    for name, data in log.files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return subprocess.run(
        [program, "submit", address.url, str(LOG.key), str(address.key), folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=SUBMIT_S_MAX,
    )


async def test_our_witness_signs_for_gos_client(program: Path, tmp_path: Path) -> None:
    """Which proves from our tiles, up to 70,000 entries, and takes our line; what it refuses it tells."""
    async with hosted(tmp_path, KNOWN) as address:

        async def submit(name: str, log: Log) -> subprocess.CompletedProcess[str]:
            return await asyncio.to_thread(submitted, program, tmp_path / name, log, address)

        for size in (1, 257, 600, 70_000):
            log = Log(map(long_log_entry, range(size)))
            done = await submit(f"log-{size}", log)
            assert (done.returncode, done.stderr) == (0, "")
            opened = open_checkpoint(done.stdout.encode(), LOG.key, [WITNESS.key])
            assert (opened.checkpoint, len(opened.cosigned)) == (log.checkpoint(), 1)
        behind = await submit("behind", grown(600))
        assert (behind.returncode, behind.stderr) == (1, "the witness has seen 70000 entries\n")


async def test_our_witness_refuses_gos_client_a_rewritten_log(program: Path, tmp_path: Path) -> None:
    """Its own proof from its own tiles does not help."""
    async with hosted(tmp_path, KNOWN) as address:
        await asyncio.to_thread(submitted, program, tmp_path / "honest", grown(300), address)
        refused = await asyncio.to_thread(submitted, program, tmp_path / "rewritten", rewritten(400), address)
    assert refused.returncode == 1
    assert refused.stderr.startswith("422 ")
