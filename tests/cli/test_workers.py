"""`cocreate serve --workers N` as people run it: one or two processes that speak HTTP before one that writes."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, TCPConnector

from cocreate.demo_visitor import Visitor
from tests.cli.commands import STOP_S_MAX, children_of, cocreate, command, environment, is_there, serving

PATIENCE_S = 30
POLL_S = 0.02
VOTES = 12
"""With three looks each: enough that each of two workers gets some of each, but for once in thousands of runs."""

pytestmark = pytest.mark.slow

Told = tuple[dict[str, str], subprocess.Popen[str]]


@pytest.fixture(params=[1, 2])
def number(request: pytest.FixtureRequest) -> int:
    """Of workers."""
    chosen: int = request.param
    return chosen


@pytest.fixture
def served(tmp_path: Path, number: int) -> Iterator[Told]:
    """What the server announced, and the writer's process."""
    with serving(tmp_path, "--workers", str(number)) as told:
        yield told


def workers_of(process: subprocess.Popen[str]) -> set[int]:
    return children_of(process.pid)


def is_worker(pid: int) -> bool:
    """Whether it is more than a copy of the process that is about to start it."""
    return b"serve-worker" in Path(f"/proc/{pid}/cmdline").read_bytes()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  other processes start and end
            await asyncio.sleep(POLL_S)


async def until_gone(pids: set[int]) -> None:
    await until(lambda: not any(map(is_there, pids)))


async def prepared(link: str, host: Visitor) -> tuple[str, str, list[str]]:
    """A workshop with a round of three ideas: its path, the path of a ballot, the ideas."""
    await host.take_link(link)
    about = {"title": "Two at once", "host": "A city", "starts_at": 1, "ends_at": 2}
    base = f"/api/workshops/{(await host.post('/api/workshops', about))['workshop']}"
    await host.post(f"{base}/open")
    somebody = (await host.post(f"{base}/people", {}))["id"]
    ideas = [
        (await host.post(f"{base}/ideas", {"text": f"Idea {number}", "on_behalf_of": somebody}))["id"]
        for number in range(3)
    ]
    asked = {"question": "Which?", "rules": {"method": "support", "version": 1}, "options": ideas}
    return base, f"{base}/rounds/{(await host.post(f'{base}/rounds', asked))['id']}/ballot", ideas


@asynccontextmanager
async def somebody(address: str) -> AsyncIterator[ClientSession]:
    """A browser that makes a new connection for each request, so that either worker may get it."""
    connector = TCPConnector(force_close=True)
    async with ClientSession(
        address, connector=connector, cookie_jar=CookieJar(unsafe=True), raise_for_status=True
    ) as client:
        yield client


@pytest.mark.parametrize("impossible", ["-1", "65", "many"])
def test_impossible_numbers_are_refused(tmp_path: Path, impossible: str) -> None:
    """With what was expected, wherever they come from."""
    from_environment = cocreate(tmp_path, "serve", COCREATE_WORKERS=impossible)
    assert from_environment.returncode == 2
    assert "Expected" in from_environment.stderr
    given = cocreate(tmp_path, "serve", "--workers", impossible)
    assert given.returncode == 2
    assert impossible in given.stderr


def test_a_database_in_memory_is_refused(tmp_path: Path) -> None:
    """No other process could see it. Commands that start no worker do not mind."""
    result = cocreate(tmp_path, "serve", "--workers", "1", "--database", "memory:")
    assert result.returncode == 2
    assert "cannot share" in result.stderr
    listed = cocreate(tmp_path, "workshop", "list", "--database", "memory:", COCREATE_WORKERS="1")
    assert listed.returncode == 0, listed.stderr


async def test_people_see_their_own_vote_at_once_on_any_worker(served: Told, number: int) -> None:
    """Each vote goes over a connection of its own, and so do the looks at it; SIGTERM ends all of them with code 0."""
    announced, process = served
    workers = workers_of(process)
    assert len(workers) == number
    async with Visitor(announced["address"]) as host, somebody(announced["address"]) as ann:
        base, ballot, ideas = await prepared(announced["link"], host)
        await ann.post(f"{base}/join", json={})
        for turn in range(VOTES):
            choice = sorted(ideas[: 1 + turn % 3])
            await ann.post(ballot, json={"choice": choice})
            for _ in range(3):
                async with ann.get(f"{base}/me") as answer:
                    (vote,) = (await answer.json())["ballots"]
                    assert vote["choice"] == choice
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, STOP_S_MAX) == 0
    await until_gone(workers)


async def test_a_stop_finishes_streams_and_votes_under_way(served: Told) -> None:
    """A stream is told to come back, and every vote that was acknowledged is on the record."""
    announced, process = served
    async with Visitor(announced["address"]) as host, somebody(announced["address"]) as ann:
        base, ballot, ideas = await prepared(announced["link"], host)
        await ann.post(f"{base}/join", json={})
        async with ann.get(f"{base}/live") as stream:
            await ann.post(ballot, json={"choice": ideas[:1]})
            process.send_signal(signal.SIGTERM)
            told = await stream.content.read()
    assert b"event: bye" in told
    assert await asyncio.to_thread(process.wait, STOP_S_MAX) == 0


async def test_all_processes_may_be_told_to_stop_at_once(served: Told, tmp_path: Path) -> None:
    """As systemd does: workers that end by themselves then are no failure, and none is replaced."""
    _, process = served
    workers = workers_of(process)
    for pid in (*workers, process.pid):
        os.kill(pid, signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, STOP_S_MAX) == 0
    assert (tmp_path / "serve.log").read_text() == "Stopping: finishing what is under way.\n"
    await until_gone(workers)


async def test_a_killed_worker_is_replaced(served: Told, number: int) -> None:
    """People who connect meanwhile wait for the next one; nobody is turned away, and nothing is forgotten."""
    announced, process = served
    before = workers_of(process)
    async with Visitor(announced["address"]) as host, somebody(announced["address"]) as ann:
        base, ballot, ideas = await prepared(announced["link"], host)
        await ann.post(f"{base}/join", json={})
        choice = ideas[:1]
        await ann.post(ballot, json={"choice": choice})
        os.kill(min(before), signal.SIGKILL)
        await until(lambda: not is_there(min(before)))
        for turn in range(VOTES):
            async with ann.get(f"{base}/me") as answer:
                (vote,) = (await answer.json())["ballots"]
                assert vote["choice"] == choice
            choice = sorted(ideas[: 1 + turn % 3])
            await ann.post(ballot, json={"choice": choice})
    await until(lambda: len(workers_of(process) - {min(before)}) == number)


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
async def test_a_stop_while_workers_start_is_an_orderly_one(tmp_path: Path, told: signal.Signals) -> None:
    """A terminal sends Ctrl-C to the whole group of processes, but workers are the writer's to stop; systemd tells everybody."""
    process = await asyncio.create_subprocess_exec(
        *command("serve", "--port", "0", "--json", "--workers", "1"),
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        await until(lambda: any(map(is_worker, children_of(process.pid))))
        if told == signal.SIGTERM:
            for worker in children_of(process.pid):
                os.kill(worker, told)
            await asyncio.sleep(0.1)  # so that the worker is gone before the writer hears of it
        os.killpg(process.pid, told)
        async with asyncio.timeout(STOP_S_MAX):
            _, said = await process.communicate()
        assert process.returncode == 0
        assert said == b"Stopping: finishing what is under way.\n"
    finally:
        if process.returncode is None:
            process.kill()


async def test_a_killed_writer_leaves_no_worker_behind(served: Told) -> None:
    """They are told by the socket they share with it; the address is free again."""
    announced, process = served
    workers = workers_of(process)
    process.kill()
    await until_gone(workers)
    with socket.create_server(("127.0.0.1", int(announced["address"].rpartition(":")[2]))):
        pass


async def test_workers_that_end_again_and_again_end_the_server(served: Told, tmp_path: Path) -> None:
    """It says so, and leaves nobody behind."""
    _, process = served
    known: set[int] = set()
    async with asyncio.timeout(PATIENCE_S):
        while process.poll() is None:
            workers = workers_of(process)
            known |= workers
            for pid in workers:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(POLL_S)
    assert process.returncode == 1
    assert "did not start" in (log := (tmp_path / "serve.log").read_text()) or "ended within" in log
    await until_gone(known)


def test_an_address_in_use_is_told(served: Told, tmp_path: Path) -> None:
    """Also where whoever has it would share it with us."""
    announced, _ = served
    port = announced["address"].rpartition(":")[2]
    for workers in ("0", "1", "2"):
        second = cocreate(tmp_path, "serve", "--port", port, "--workers", workers)
        assert second.returncode == 3
        assert "is in use" in second.stderr
