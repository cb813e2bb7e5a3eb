"""An import beside a running server: both write, the server follows, and what it showed is what a replay shows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from cocreate.demo_visitor import Visitor
from tests.cli.commands import POLIS, cocreate, command, environment, facts_of, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not POLIS.exists(), reason=f"the real conversations are not at {POLIS}"),
]

SEATTLE = POLIS / "15-per-hour-seattle"
BREXIT = POLIS / "brexit-consensus"
CAPTURE_EVERY_S = 0.1
REPLAYS_MAX = 8
"""Processes started to compare what was captured; a second or two each."""


async def importing(data: Path, *, folder: Path = SEATTLE) -> dict[str, Any]:
    """What an import in a process of its own prints."""
    process = await asyncio.create_subprocess_exec(
        *command("import", "polis", folder, "--json"),
        env=environment(data),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    facts: dict[str, Any] = json.loads(output)
    return facts


async def until_done(task: asyncio.Task[Any], deed: Callable[[], Awaitable[None]]) -> None:
    """Do it again and again until the task has ended, and once more after that."""
    while not task.done():
        await deed()
        await asyncio.sleep(CAPTURE_EVERY_S)
    await deed()


async def test_people_vote_while_an_import_writes_to_the_same_file(tmp_path: Path) -> None:
    """Nobody is told of a busy database, every ballot is there, and the server shows the import without a restart."""
    with serving(tmp_path) as (announced, _):
        async with Visitor(announced["address"]) as host:
            await host.take_link(announced["link"])
            room = {"title": "Meanwhile", "host": "A city", "starts_at": 1, "ends_at": 2}
            base = f"/api/workshops/{(await host.post('/api/workshops', room))['workshop']}"
            await host.post(f"{base}/open")
            idea = (await host.post(f"{base}/ideas", await _idea(host, base)))["id"]
            rules = {"method": "support", "version": 1}
            asked = {"question": "Is it?", "rules": rules, "options": [idea], "results": "always"}
            round_id = (await host.post(f"{base}/rounds", asked))["id"]
            sent = 0

            async def vote() -> None:
                # Sent once: a refusal for a busy database would fail the test.
                nonlocal sent
                async with Visitor(announced["address"]) as voter:
                    await voter.post_once("/api/session", key="session")
                    await voter.post_once(f"{base}/join", key="join")
                    await voter.post_once(
                        f"{base}/rounds/{round_id}/ballot", {"choice": [idea]}, key="ballot"
                    )
                    sent += 1

            task = asyncio.create_task(importing(tmp_path))
            await until_done(task, vote)
            facts = await task
            view = await host.get(base)
            assert view["items"]["turnouts"][0]["ballots"] == sent > 5
            async with asyncio.timeout(20):
                turnout = await _turnout(host, facts["workshop"])
                while turnout["replaced"] < facts["ballots"]["replaced"]:
                    await asyncio.sleep(CAPTURE_EVERY_S)
                    turnout = await _turnout(host, facts["workshop"])
    assert turnout["ballots"] == facts["ballots"]["cast"]
    assert "locked" not in (tmp_path / "serve.log").read_text()


async def _idea(host: Visitor, base: str) -> dict[str, Any]:
    somebody = await host.post(f"{base}/people")
    return {"text": "A bench", "on_behalf_of": somebody["id"]}


async def _turnout(host: Visitor, workshop: str) -> dict[str, Any]:
    turnout: dict[str, Any] = (await host.get(f"/api/workshops/{workshop}"))["items"]["turnouts"][0]
    return turnout


async def test_what_a_server_showed_while_it_followed_is_what_a_replay_shows(tmp_path: Path) -> None:
    """Bytes of every audience, captured over HTTP while another process imports, and folded again from the store."""
    captured: dict[tuple[int, str], bytes] = {}
    audiences = ["public"]
    with serving(tmp_path) as (announced, _):
        async with ClientSession(announced["address"], cookie_jar=CookieJar(unsafe=True)) as client:
            task = asyncio.create_task(importing(tmp_path, folder=BREXIT))
            workshop = await _first_workshop(client, task)

            async def enter() -> None:
                await _facilitate(client, tmp_path, workshop)
                audiences[:] = ["public", "participant", "facilitator", "screen"]

            entering = asyncio.create_task(enter())

            async def capture() -> None:
                for audience in audiences:
                    path = f"/api/workshops/{workshop}?audience={audience}"
                    async with client.get(path) as answer:
                        body = await answer.read()
                        assert answer.status == 200, body
                        captured[int(answer.headers["ETag"].strip('"').split("-")[0]), audience] = body

            await until_done(task, capture)
            await task
            await entering
            await capture()
    moments = sorted({at for at, _ in captured})
    assert len(moments) > 2, "the server showed the import only when it was over"
    assert {audience for _, audience in captured} == set(audiences)
    for at, audience in sorted(captured)[:: max(1, len(captured) // REPLAYS_MAX)]:
        moment = ["--at", str(at), "--visible-at", str(at), "--audience", audience]
        replayed = await asyncio.to_thread(cocreate, tmp_path, "replay", workshop, *moment)
        assert replayed.stdout.removesuffix("\n").encode() == captured[at, audience]


async def _first_workshop(client: ClientSession, task: asyncio.Task[Any]) -> str:
    async with asyncio.timeout(60):
        while True:
            async with client.get("/api/workshops") as answer:
                if found := (await answer.json())["items"]:
                    return str(found[0]["workshop"])
            assert not task.done() or not task.exception()
            await asyncio.sleep(0.05)


async def _facilitate(client: ClientSession, data: Path, workshop: str) -> None:
    facts = facts_of(await asyncio.to_thread(cocreate, data, "workshop", "link", workshop, "--json"))
    async with client.post("/api/links", json={"token": facts["link"].rsplit("/", 1)[1]}) as answer:
        assert answer.status == 200, await answer.text()
