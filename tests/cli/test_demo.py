"""The demo lives: people come, propose, comment and vote, the agenda goes on, and nothing of it stays behind."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cocreate.demo_visitor import Visitor
from tests.cli.commands import STOP_S_MAX, command, environment

pytestmark = pytest.mark.slow

PATIENCE_S = 90


async def view_once(address: str, workshop: str, shows: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The public view's items, as soon as they show what the test waits for."""
    async with Visitor(address) as anybody, asyncio.timeout(PATIENCE_S):
        while True:
            items: dict[str, Any] = (await anybody.get(f"/api/workshops/{workshop}"))["items"]
            if shows(items):
                return items
            await asyncio.sleep(0.2)


def lively(items: dict[str, Any]) -> bool:
    """Something of everything, the first vote certified, the second one going on."""
    rounds = items["rounds"]
    return (
        len(rounds) > 1
        and rounds[0]["status"] == "certified"
        and any(turnout["ballots"] for turnout in items["turnouts"] if turnout["key"] == rounds[1]["key"])
        and len(items["comments"]) > 0
    )


def test_every_page_of_the_demo_moves(tmp_path: Path) -> None:
    """Within a few stages there are ideas, comments and a certified vote; Ctrl-C ends it and its database is gone."""
    arguments = ["--port", "0", "--people", "12", "--pace", "0.1", "--json"]
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with (
        (tmp_path / "demo.log").open("w") as log,
        subprocess.Popen(
            command("demo", *arguments),
            env=environment(tmp_path) | {"TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            links = json.loads(process.stdout.readline())
            items = asyncio.run(view_once(links["address"], links["workshop"], lively))
            assert any(temporary.iterdir())
            process.send_signal(signal.SIGINT)
            assert process.wait(STOP_S_MAX) == 0
        finally:
            process.kill()
    assert items["participation"][0]["joined"] == 12
    assert {tag for idea in items["ideas"] for tag in idea["tags"]} >= {"criteria", "measures"}
    assert any(activity["state"] == "current" for activity in items["agenda"])
    assert items["workshop"][0]["title"]["texts"]["en"] == "A quality label for user-centric cities"
    assert not any(temporary.iterdir())
    assert "Traceback" not in (tmp_path / "demo.log").read_text()


def test_the_demo_ends_by_itself_after_the_minutes_it_is_given(tmp_path: Path) -> None:
    """And its workshop stays in the database that was named for it."""
    database = f"sqlite:///{tmp_path / 'kept.sqlite'}"
    result = subprocess.run(
        command("demo", "--port", "0", "--people", "2", "--minutes", "0.02", "--database", database),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    assert "/console" not in result.stdout.split("Console")[0]
    assert "Ctrl-C ends it." in result.stdout
    assert (tmp_path / "kept.sqlite").exists()
