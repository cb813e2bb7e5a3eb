"""Real witnesses on real sockets, and logs that grow, fork and are rewritten."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, web

from cocreate.tlog.proofs import consistency_proof
from cocreate.tlog.signatures import Cosigner
from cocreate.tlog.vkey import VerifierKey
from cocreate.tlog.witness import AddCheckpoint
from cocreate.witnessing.asking import Prove, WitnessAddress
from cocreate.witnessing.seen import Seen, make_seen
from cocreate.witnessing.server import make_app
from cocreate.witnessing.witness import Witness
from tests.tlog.known import LOG, WITNESS, Log, long_log_entry

TIME_S = 1_795_344_000
ENTRIES = [long_log_entry(i) for i in range(600)]


def clock() -> float:
    """A fixed time."""
    return TIME_S + 0.5


def grown(size: int) -> Log:
    """The honest log at that size."""
    return Log(ENTRIES[:size])


def rewritten(size: int, at: int = 5) -> Log:
    """The same log, signed by the same key, with another entry."""
    return Log([*ENTRIES[:at], b"another", *ENTRIES[at + 1 : size]])


def prover(log: Log) -> Prove:
    """Its proofs, as an installation gives them."""

    async def prove(old: int, new: int) -> Sequence[bytes]:
        assert 0 < old <= new <= log.size
        return consistency_proof(log.read, old, new)

    return prove


def request(log: Log, old: int) -> bytes:
    """What an honest client sends."""
    proof = consistency_proof(log.read, old, log.size) if old else []
    return AddCheckpoint(old, tuple(proof), log.note().encode()).encode()


@asynccontextmanager
async def site(app: web.Application) -> AsyncIterator[str]:
    """The application on a free port of this machine: its URL."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            await runner.cleanup()


def seen_file(folder: Path, cosigner: Cosigner = WITNESS) -> Path:
    """Where the witness keeps what it has signed."""
    return folder / f"{cosigner.key.id.hex()}.seen"


@asynccontextmanager
async def hosted(
    folder: Path,
    logs: Mapping[str, VerifierKey] | None,
    *,
    cosigner: Cosigner = WITNESS,
    clock: Callable[[], float] = clock,
) -> AsyncIterator[WitnessAddress]:
    """A witness with its file in the folder, which is made if it is not there."""
    file = seen_file(folder, cosigner)
    if not file.exists():
        make_seen(file, cosigner.key)
    async with (
        Witness(cosigner, Seen(file, cosigner.key), logs, clock=clock) as witness,
        site(make_app(witness)) as url,
    ):
        yield WitnessAddress(cosigner.key, url)


async def post(http: ClientSession, url: str, body: bytes) -> tuple[int, str, bytes]:
    """Status, content type and body of the answer to a request."""
    async with http.post(url, data=body) as response:
        return response.status, response.headers.get("Content-Type", ""), await response.read()


KNOWN = {LOG.key.name: LOG.key}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
