"""`cocreate witness`: a key is made once, and whoever has it signs for others until told to stop."""

from __future__ import annotations

import asyncio
import signal
import stat
from pathlib import Path

import aiohttp
import pytest

from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.vkey import parse_vkey
from cocreate.witnessing.asking import Cosigned, WitnessAddress, Witnesses
from tests.cli.commands import STOP_S_MAX, cocreate, facts_of, serving_witness
from tests.tlog.known import LOG, ORIGIN, Log
from tests.witnessing.hosting import grown, prover, rewritten

NAME = "witness.example/w1"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a witness's key and a list of logs."""
    facts_of(cocreate(tmp_path, "witness", "keygen", NAME, "--key", "w.key", "--json"))
    (tmp_path / "logs").write_text(f"# whom we sign for\n{LOG.key}\n")
    return tmp_path


async def ask(facts: dict[str, str], log: Log) -> Cosigned:
    async with aiohttp.ClientSession() as http:
        witnesses = Witnesses(http, [WitnessAddress(parse_vkey(facts["vkey"]), facts["address"])])
        return await witnesses.cosign(LOG.key, log.note().encode(), prover(log))


def test_keygen_tells_the_vkey_and_keeps_the_key(tmp_path: Path) -> None:
    """For its owner alone; a second time nothing is written over."""
    made = cocreate(tmp_path, "witness", "keygen", NAME, "--key", "w.key")
    assert parse_vkey(made.stdout.strip()).name == NAME
    assert made.stdout.count("\n") == 1
    for name in ("w.key", "w.key.seen"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    key = (tmp_path / "w.key").read_bytes()
    again = cocreate(tmp_path, "witness", "keygen", NAME, "--key", "w.key")
    assert again.returncode == 2
    assert "w.key exists" in again.stderr
    assert (tmp_path / "w.key").read_bytes() == key
    assert "PRIVATE" not in made.stdout + made.stderr + again.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("keygen", "a name", "--key", "new.key"), "without spaces"),
        (("keygen", NAME, "--key", "nowhere/new.key"), "Cannot write"),
        (("serve", "--key", "missing.key", "--logs", "open"), "keygen"),
        (("serve", "--key", "logs", "--logs", "open"), "holds no key"),
        (("serve", "--key", "w.key", "--logs", "missing"), "Cannot read missing"),
        (("serve", "--key", "w.key", "--logs", "w.key"), "is no list of logs"),
    ],
)
def test_what_cannot_be_used_ends_it_in_words(data: Path, arguments: tuple[str, ...], says: str) -> None:
    """With what was expected, and the exit code of bad input."""
    ended = cocreate(data, "witness", *arguments)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_witness_that_lost_its_memory_does_not_serve(data: Path) -> None:
    """It could sign what contradicts what it has signed."""
    (data / "w.key.seen").unlink()
    ended = cocreate(data, "witness", "serve", "--key", "w.key", "--logs", "open", "--port", "0")
    assert ended.returncode == 2
    assert "retire the key" in ended.stderr
    assert not (data / "w.key.seen").exists()


@pytest.mark.parametrize("logs", ["logs", "open"])
def test_it_signs_until_it_is_told_to_stop_and_remembers(data: Path, logs: str) -> None:
    """For the logs of a list, or any that asks."""
    with serving_witness(data, "--key", "w.key", "--logs", logs) as (facts, process):
        answer = asyncio.run(ask(facts, grown(300)))
        opened = open_checkpoint(answer.note.encode(), LOG.key, [parse_vkey(facts["vkey"])])
        assert (opened.checkpoint.origin, len(opened.cosigned)) == (ORIGIN, 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_S_MAX) == 0
    with serving_witness(data, "--key", "w.key", "--logs", logs) as (facts, _):
        answer = asyncio.run(ask(facts, rewritten(300)))
        assert [one.kind for one in answer.missing] == ["contradicts"]
    assert "log_forked" in (data / "serve.log").read_text()
