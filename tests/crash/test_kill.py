"""kill -9 at random moments loses nothing that was acknowledged, doubles nothing, and an import resumes to the same end."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError

from cocreate.application.live import decode_row
from cocreate.demo_visitor import NotTaken, Visitor
from cocreate.domain.messages import Recorded
from cocreate.persistence.batch import Row
from cocreate.persistence.record_store import RecordStore, open_store
from cocreate.tlog.merkle import leaf_hash
from tests.cli.commands import (
    POLIS,
    children_of,
    cocreate,
    command,
    environment,
    facts_of,
    is_there,
)

pytestmark = pytest.mark.slow

CONVERSATION = POLIS / "bg2050-volunteers"
"""Long enough that no machine finishes it between a look at its record and the kill."""
IMPORT_KILLS = 6
SERVER_KILLS = 10
VOTERS = 12
BALLOTS_MIN = SERVER_KILLS * VOTERS // 2
ENTRIES = 15_586
STEP_MAX = ENTRIES // (2 * IMPORT_KILLS + 2)
POLL_S = 0.01
START_S_MAX = 60


def seed() -> random.Random:
    """Random moments that a failing run can be repeated with."""
    chosen = int(os.environ.get("COCREATE_TEST_SEED", random.SystemRandom().randrange(2**32)))
    print(f"COCREATE_TEST_SEED={chosen}")
    return random.Random(chosen)


async def records(store: RecordStore, workshop: str) -> list[Recorded]:
    """The whole record, each entry decoded and in its place."""
    found: list[Recorded] = []
    while rows := await store.read(workshop, after=len(found) - 1):
        found += map(decode_row, rows)
    assert [one.position for one in found] == list(range(len(found)))
    return found


@pytest.mark.skipif(not CONVERSATION.exists(), reason=f"the real conversations are not at {POLIS}")
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_an_import_killed_again_and_again_ends_with_the_same_counts(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each run is killed once it has come a random way further; the last one, undisturbed, completes the record."""
    rng = seed()
    file = tmp_path / "records.sqlite"
    database = f"sqlite:///{file}" if kind == "sqlite" else request.getfixturevalue("postgres_database")
    store = open_store(f"sqlite:{file}" if kind == "sqlite" else database)
    await store.open()
    try:
        heads = [0]
        for _ in range(IMPORT_KILLS):
            target = heads[-1] + rng.randrange(1, STEP_MAX)
            heads.append(await _import_until(store, tmp_path, database, target))
        assert heads == sorted(heads)
        assert heads[1] > 0
        assert heads[-1] < ENTRIES
        facts = facts_of(
            cocreate(tmp_path, "import", "polis", CONVERSATION, "--json", "--database", database)
        )
        (summary,) = await store.summaries()
        history = await records(store, summary.workshop)
    finally:
        await store.close()

    expected = json.loads((POLIS / "expected.json").read_text())[CONVERSATION.name]
    assert facts["ballots"] == {"cast": expected["distinct_voter_comment"], "replaced": expected["revotes"]}
    assert facts["latest_counts"] == expected["latest_counts"]
    assert facts["moderated"] == expected["moderated"]
    assert (facts["ideas"], facts["participants"]) == (expected["comments"], expected["voters"])
    assert len(history) == ENTRIES
    assert not summary.incomplete
    per_command = Counter(one.command for one in history if one.event.NAME.startswith("Ballot"))
    assert set(per_command.values()) == {1}


async def _import_until(store: RecordStore, data: Path, database: str, entries: int) -> int:
    """Start an import and kill it as soon as the record has so many entries; returns how many it has then."""
    arguments = command("import", "polis", CONVERSATION, "--json", "--database", database)
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *arguments, env=environment(data), stdout=nowhere, stderr=nowhere
    )
    async with asyncio.timeout(START_S_MAX):
        while process.returncode is None and await _head(store) < entries:  # noqa: ASYNC110  another process writes
            await asyncio.sleep(POLL_S)
    if process.returncode is None:
        process.kill()
    await process.wait()
    return await _head(store)


async def _head(store: RecordStore) -> int:
    summaries = await store.summaries()
    return await store.head(summaries[0].workshop) if summaries else 0


class Server:
    """`cocreate serve` on one port and one database, killed and started again."""

    def __init__(self, data: Path, workers: int) -> None:
        self._data, self._workers = data, workers
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[str] | None = None

    async def start(self) -> str:
        """The one-time link that it announces once it takes connections."""
        return await asyncio.to_thread(self._start)

    def _start(self) -> str:
        options = (
            "--port",
            str(self._port),
            "--workers",
            str(self._workers),
            "--json",
            "--log-level",
            "warning",
        )
        with (self._data / "serve.log").open("a") as log:
            self._process = subprocess.Popen(
                command("serve", *options),
                env=environment(self._data),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, (self._data / "serve.log").read_text()
        return str(json.loads(line)["link"])

    async def kill(self) -> None:
        """Returns when its workers have gone as well, by themselves."""
        if self._process is not None:
            workers = self._worker_pids()
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate()
            self._process = None
            async with asyncio.timeout(START_S_MAX):
                while any(map(is_there, workers)):  # noqa: ASYNC110  other processes end
                    await asyncio.sleep(POLL_S)

    def kill_worker(self) -> None:
        """Kill one of them, if there are any; the server replaces it."""
        for pid in self._worker_pids()[:1]:
            os.kill(pid, signal.SIGKILL)

    def _worker_pids(self) -> list[int]:
        assert self._process is not None
        return sorted(children_of(self._process.pid))


@pytest.mark.parametrize("workers", [0, 1, 2])
async def test_a_server_killed_again_and_again_loses_and_doubles_no_ballot(
    tmp_path: Path, workers: int
) -> None:
    """Every ballot is sent under its key until it is acknowledged; each stands on the record once, where its receipt says."""
    rng = seed()
    server = Server(tmp_path, workers)
    link = await server.start()
    try:
        async with Visitor(server.address) as host:
            workshop, round_id, ideas = await _prepared(host, link)
            voters = [
                Voter(server.address, workshop, round_id, ideas, rng.randrange(2**32)) for _ in range(VOTERS)
            ]
            stop = asyncio.Event()
            voting = [asyncio.create_task(voter.vote(stop)) for voter in voters]
            kills = SERVER_KILLS // (2 if workers else 1)
            for _ in range(kills):
                await _until_acknowledged(voters, voting, BALLOTS_MIN // kills)
                await asyncio.sleep(rng.uniform(0.2, 0.6))
                server.kill_worker()
                await asyncio.sleep(rng.uniform(0, 0.6))
                await server.kill()
                await server.start()
            stop.set()
            await asyncio.gather(*voting)
            for voter in voters:
                await voter.repeat_all(rng)
                await voter.leave()
    finally:
        await server.kill()
    await _compare(tmp_path, workshop, voters)


async def _prepared(host: Visitor, link: str) -> tuple[str, str, list[str]]:
    await host.take_link(link)
    created = await host.post(
        "/api/workshops", {"title": "Kill me", "host": "A city", "starts_at": 1, "ends_at": 2}
    )
    base = f"/api/workshops/{created['workshop']}"
    await host.post(f"{base}/open")
    ideas = [(await host.post(f"{base}/people", {}))["id"]]
    ideas = [
        (await host.post(f"{base}/ideas", {"text": f"Idea {number}", "on_behalf_of": ideas[0]}))["id"]
        for number in range(3)
    ]
    asked = {
        "question": "Which?",
        "rules": {"method": "support", "version": 1},
        "options": ideas,
        "secrecy": "pseudonymous",
    }
    opened = await host.post(f"{base}/rounds", asked)
    return created["workshop"], opened["id"], ideas


class Voter:
    """Sends one ballot after the other, each under a key of its own, until it is acknowledged."""

    def __init__(self, address: str, workshop: str, round_id: str, ideas: list[str], seed: int) -> None:
        self._visitor = Visitor(address)
        self._base = f"/api/workshops/{workshop}"
        self._path = f"{self._base}/rounds/{round_id}/ballot"
        self._ideas, self._rng = ideas, random.Random(seed)
        self.acknowledged: dict[str, dict[str, Any]] = {}
        self._bodies: dict[str, dict[str, Any]] = {}

    async def vote(self, stop: asyncio.Event) -> None:
        await self._until_taken("/api/session", {}, self._key("session"))
        await self._until_taken(f"{self._base}/join", {}, self._key("join"))
        number = 0
        while not stop.is_set():
            number += 1
            key = self._key(f"ballot/{number}")
            self._bodies[key] = {"choice": sorted(self._rng.sample(self._ideas, self._rng.randint(0, 3)))}
            self.acknowledged[key] = await self._until_taken(self._path, self._bodies[key], key)
            await asyncio.sleep(self._rng.uniform(0, 0.05))

    async def repeat_all(self, rng: random.Random) -> None:
        """A late repeat of any ballot gets its first answer and writes nothing."""
        for key in rng.sample(sorted(self.acknowledged), min(5, len(self.acknowledged))):
            again = await self._until_taken(self._path, self._bodies[key], key)
            assert again["repeated"]
            assert {**again, "repeated": False} == {**self.acknowledged[key], "repeated": False}

    async def leave(self) -> None:
        await self._visitor.__aexit__()

    def _key(self, name: str) -> str:
        return f"{name}/{id(self)}"

    async def _until_taken(self, path: str, body: dict[str, Any], key: str) -> dict[str, Any]:
        while True:
            try:
                answer: dict[str, Any] = await self._visitor.post_once(path, body, key=key)
            except (ClientError, TimeoutError):
                await asyncio.sleep(0.05)
            except NotTaken as refused:
                if refused.status not in (429, 503):
                    raise
                await asyncio.sleep(0.2)
            else:
                return answer


async def _until_acknowledged(voters: list[Voter], voting: list[asyncio.Task[None]], more: int) -> None:
    """Wait for so many more ballots, however slow the machine is; a voter that failed is told of in the end."""

    def count() -> int:
        return sum(len(voter.acknowledged) for voter in voters)

    wanted = count() + more
    async with asyncio.timeout(START_S_MAX):
        while count() < wanted and not any(task.done() for task in voting):  # noqa: ASYNC110  they vote by themselves
            await asyncio.sleep(POLL_S)


async def _compare(data: Path, workshop: str, voters: list[Voter]) -> None:
    """What was acknowledged is what is stored: position, leaf and command, each ballot once."""
    store = open_store(f"sqlite:{data / 'cocreate' / 'cocreate.sqlite'}")
    await store.open()
    try:
        history = await records(store, workshop)
        rows: list[Row] = []
        while page := await store.read(workshop, after=len(rows) - 1):
            rows += page
    finally:
        await store.close()
    receipts = [receipt for voter in voters for receipt in voter.acknowledged.values()]
    assert len(receipts) >= BALLOTS_MIN
    for receipt in receipts:
        entry = rows[receipt["position"]].entry
        assert [leaf_hash(entry).hex()] == receipt["leaves"]
        assert history[receipt["position"]].command == receipt["command"]
    ballots = Counter(one.command for one in history if one.event.NAME.startswith("Ballot"))
    assert ballots == Counter(receipt["command"] for receipt in receipts)
    joined = [one for one in history if one.event.NAME == "ParticipantJoined.v1"]
    assert len(joined) == VOTERS + 1
