"""A witness over HTTP answers by the protocol's statuses, within its limits, and signs nothing that it cannot keep."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.vkey import LOG_ED25519, VerifierKey
from cocreate.tlog.witness import REQUEST_SIZE_BYTES_MAX, SIZE_CONTENT_TYPE, read_cosignature
from cocreate.witnessing import seen as seen_module
from cocreate.witnessing import server as server_module
from cocreate.witnessing.asking import WitnessAddress
from cocreate.witnessing.server import VKEY_SIZE_BYTES_MAX
from cocreate.witnessing.witness import read_logs
from tests.tlog.known import LOG, ORIGIN, WITNESS
from tests.witnessing.hosting import KNOWN, TIME_S, grown, hosted, post, request, rewritten, seen_file

POSTS = 200
"""More than the other connection needs to be seen by the server."""
OTHER_KEY = VerifierKey(ORIGIN, LOG_ED25519, WITNESS.key.public)


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    """A client's session."""
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def witness(tmp_path: Path) -> AsyncIterator[WitnessAddress]:
    """One that knows the log."""
    async with hosted(tmp_path, KNOWN) as address:
        yield address


def add_checkpoint(address: WitnessAddress) -> str:
    return f"{address.url}/add-checkpoint"


def add_log(address: WitnessAddress) -> str:
    return f"{address.url}/add-log"


async def test_the_answer_is_a_line_over_what_was_sent(http: ClientSession, witness: WitnessAddress) -> None:
    """With the time of the witness's clock."""
    status, _, answer = await post(http, add_checkpoint(witness), request(grown(300), 0))
    assert status == 200
    _, signed = read_cosignature(answer, grown(300).checkpoint().text, WITNESS.key)
    assert signed.time_s == TIME_S
    assert answer.count(b"\n") == 1


async def test_each_status_is_answered_as_the_protocol_has_it(
    http: ClientSession, witness: WitnessAddress, tmp_path: Path
) -> None:
    """A conflict has the size and a content type of its own."""
    url = add_checkpoint(witness)
    await post(http, url, request(grown(300), 0))
    conflict = (409, SIZE_CONTENT_TYPE, b"300\n")
    assert await post(http, url, request(grown(400), 0)) == conflict
    assert await post(http, url, request(rewritten(300), 300)) == conflict
    assert (await post(http, url, request(rewritten(400), 300)))[0] == 422
    assert (await post(http, url, b"old 300\n\n"))[0] == 400
    tampered = request(grown(400), 300).replace(b"\n400\n", b"\n401\n")
    assert (await post(http, url, tampered))[0] == 403
    async with hosted(tmp_path, {}) as stranger:
        assert (await post(http, add_checkpoint(stranger), request(grown(300), 0)))[0] == 404
    async with http.get(url) as response:
        assert response.status == 405


async def test_a_fork_is_kept(http: ClientSession, witness: WitnessAddress, tmp_path: Path) -> None:
    """Both of the log's own signatures for one size, for whoever has to prove it."""
    url = add_checkpoint(witness)
    await post(http, url, request(grown(300), 0))
    await post(http, url, request(rewritten(300), 300))
    database = sqlite3.connect(seen_file(tmp_path))
    assert database.execute("SELECT signed, refused FROM fork").fetchall() == [
        (grown(300).note().encode(), rewritten(300).note().encode())
    ]
    database.close()


async def test_an_open_witness_is_told_of_logs(http: ClientSession, tmp_path: Path) -> None:
    """A vkey of a log and a newline, and nothing else."""
    vkey = f"{LOG.key}\n".encode()
    async with hosted(tmp_path, None) as address:
        url = add_log(address)
        assert (await post(http, add_checkpoint(address), request(grown(3), 0)))[0] == 404
        for body in (b"", b"\n", vkey[:-1], vkey + b"\n", vkey * 2, b"\xff\n", f"{WITNESS.key}\n".encode()):
            assert (await post(http, url, body))[0] == 400
        assert (await post(http, url, vkey))[0] == 200
        assert (await post(http, url, vkey))[0] == 200
        assert (await post(http, url, f"{OTHER_KEY}\n".encode()))[0] == 409
        assert (await post(http, add_checkpoint(address), request(grown(3), 0)))[0] == 200


async def test_a_full_witness_says_so(
    http: ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it knows it goes on signing."""
    monkeypatch.setattr(seen_module, "LOGS_MAX", 1)
    other = VerifierKey("workshop.example/log/8", LOG_ED25519, LOG.key.public)
    async with hosted(tmp_path, None) as address:
        assert (await post(http, add_log(address), f"{LOG.key}\n".encode()))[0] == 200
        assert (await post(http, add_log(address), f"{other}\n".encode()))[0] == 507
        assert (await post(http, add_checkpoint(address), request(grown(3), 0)))[0] == 200


async def test_a_witness_with_a_list_is_told_of_nothing(http: ClientSession, witness: WitnessAddress) -> None:
    """Its operator decides."""
    assert (await post(http, add_log(witness), f"{LOG.key}\n".encode()))[0] == 403


async def test_a_body_of_the_longest_kind_is_read_and_no_longer_one(
    http: ClientSession, witness: WitnessAddress
) -> None:
    """Whether its length is told or comes out in the end."""
    for url, size_max in (
        (add_checkpoint(witness), REQUEST_SIZE_BYTES_MAX),
        (add_log(witness), VKEY_SIZE_BYTES_MAX),
    ):

        async def chunks(size: int) -> AsyncIterator[bytes]:
            yield b"x" * (size - 1)
            yield b"x"

        assert (await post(http, url, b"x" * size_max))[0] != 413
        assert (await post(http, url, b"x" * (size_max + 1)))[0] == 413
        async with http.post(url, data=chunks(size_max + 1)) as response:
            assert response.status == 413


async def half_a_request(address: WitnessAddress) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection whose body never comes to its end."""
    host, _, port = address.url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 100\r\n\r\nold ")
    await writer.drain()
    return reader, writer


async def test_a_body_that_does_not_come_is_given_up(
    witness: WitnessAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that nobody can hold all places by doing nothing."""
    monkeypatch.setattr(server_module, "BODY_S_MAX", 0.05)
    reader, writer = await half_a_request(witness)
    assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
    writer.close()
    await writer.wait_closed()


async def test_when_all_places_are_taken_the_next_is_sent_away(
    http: ClientSession, witness: WitnessAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And comes again when one is free."""
    monkeypatch.setattr(server_module, "REQUESTS_MAX", 1)
    _, writer = await half_a_request(witness)
    url, body = add_checkpoint(witness), request(grown(3), 0)
    # The half one may arrive after the first of these, which is answered then.
    statuses = [(await post(http, url, body))[0] for _ in range(POSTS)]
    assert set(statuses) <= {200, 409, 503}
    assert statuses[-1] == 503
    async with http.post(url, data=body) as response:
        assert response.headers["Retry-After"] == "5"
    writer.close()
    await writer.wait_closed()
    assert any([(await post(http, url, body))[0] != 503 for _ in range(POSTS)])


async def test_what_cannot_be_kept_is_not_signed(
    http: ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While somebody else holds the file nothing is signed; afterwards all is as it was."""
    monkeypatch.setattr(seen_module, "BUSY_TIMEOUT_S", 0)
    async with hosted(tmp_path, KNOWN) as address:
        holder = sqlite3.connect(seen_file(tmp_path), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        assert (await post(http, add_checkpoint(address), request(grown(3), 0)))[0] == 503
        holder.execute("ROLLBACK")
        holder.close()
        assert (await post(http, add_checkpoint(address), request(grown(3), 0)))[0] == 200


def test_a_list_of_logs_is_a_vkey_a_line() -> None:
    """With blank lines and comments; a log twice, a witness's key or anything else is refused."""
    other = VerifierKey("workshop.example/log/8", LOG_ED25519, LOG.key.public)
    assert read_logs(f"# ours\n\n{LOG.key}\n{other}".encode()) == {ORIGIN: LOG.key, other.name: other}
    for text in (
        f"{LOG.key}\n{OTHER_KEY}\n",
        f"{LOG.key}\n{LOG.key}\n",
        f"{WITNESS.key}\n",
        f" {LOG.key}\n",
        "x\n",
    ):
        with pytest.raises(VerificationError):
            read_logs(text.encode())
    with pytest.raises(VerificationError):
        read_logs(b"\xff\n")
