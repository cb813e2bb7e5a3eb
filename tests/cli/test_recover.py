"""`cocreate recover` as an operator uses it: a server that is killed, a database that is put back, another record that goes on."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from aiohttp import ClientSession

from cocreate.demo_visitor import Visitor
from tests.cli.commands import STOP_S_MAX, cocreate, facts_of, serving
from tests.postgres import create_database, drop_database

LEFT, SIGNED = 7, 10
"""Entries of the workshop with its first idea, and with a second person's."""


@dataclass(frozen=True)
class Place:
    """A database of the installation in `data`; `copy` makes a backup of it, `put_back` takes it from there."""

    data: Path
    arguments: tuple[str, ...]
    copy: Callable[[], None]
    put_back: Callable[[], None]


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "sqlite":
        yield _sqlite(tmp_path)
        return
    server = request.getfixturevalue("postgres_url")
    url = create_database(server)
    yield _postgres(tmp_path, server, url)
    drop_database(server, url)


def _sqlite(data: Path) -> Place:
    file, backup = data / "records.sqlite", data / "backup.sqlite"

    def copy() -> None:
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(backup)) as target:
            source.backup(target)

    def put_back() -> None:
        for part in data.glob("records.sqlite*"):
            part.unlink()
        shutil.copy(backup, file)

    return Place(data, ("--database", f"sqlite:///{file}"), copy, put_back)


def _postgres(data: Path, server: str, url: str) -> Place:
    name, copies = url.rpartition("/")[2], list[str]()

    def copy() -> None:
        copies.append(create_database(server, template=name))

    def put_back() -> None:
        drop_database(server, url)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{copies.pop().rpartition("/")[2]}" RENAME TO "{name}"')

    return Place(data, ("--database", url), copy, put_back)


async def begun(address: str, link: str) -> str:
    """An open workshop with an idea."""
    async with Visitor(address) as host:
        await host.take_link(link)
        about = {"title": "A plaza", "host": "A city", "starts_at": 1, "ends_at": 2}
        workshop = str((await host.post("/api/workshops", about))["workshop"])
        await host.post(f"/api/workshops/{workshop}/open")
        await said(host, workshop, "Trees")
    return workshop


async def said(host: Visitor, workshop: str, text: str) -> None:
    await host.post(f"/api/workshops/{workshop}/join", {})
    await host.post(f"/api/workshops/{workshop}/ideas", {"text": text})


async def test_a_database_that_is_put_back_goes_on_in_a_successor(place: Place) -> None:
    """Kill, put back, refuse, recover once, go on; then both files audited as anybody can."""
    data, database = place.data, place.arguments
    with serving(data, *database) as (announced, process):
        workshop = await begun(announced["address"], announced["link"])
        early = cocreate(data, "recover", workshop, *database)
        assert (early.returncode, "is in use" in early.stderr) == (1, True)
        process.terminate()
        process.wait(STOP_S_MAX)
    vkey = cocreate(data, "keys", "vkey", workshop, *database).stdout.strip()
    sound = cocreate(data, "recover", workshop, *database)
    assert (sound.returncode, "is sound" in sound.stderr) == (2, True)
    place.copy()
    with serving(data, *database) as (announced, process):
        async with Visitor(announced["address"]) as guest:
            await said(guest, workshop, "Benches")
        await asyncio.to_thread(remembered, data, workshop)
        process.kill()
        process.wait(STOP_S_MAX)
    lost = data / "lost.jsonl"
    assert cocreate(data, "export", workshop, "--output", lost, *database).returncode == 0
    place.put_back()

    result = cocreate(data, "recover", workshop, "--json", "--public-url", "https://w.example", *database)
    facts = facts_of(result)
    named = facts["predecessor"]
    assert (named["because"], named["vkey"], facts["workshop"]) == ("rewound", vkey, workshop)
    assert (named["signed"]["size"], named["stored"]["size"]) == (SIGNED, LEFT)
    assert facts["link"].startswith("https://w.example/link/")
    assert (facts["open"], facts["activities"], len(facts["code"])) == (True, 0, 6)
    again = cocreate(data, "recover", workshop, *database)
    assert (again.returncode, facts["successor"] in again.stderr) == (2, True)

    listed = facts_of(cocreate(data, "workshop", "list", "--json", *database))["workshops"]
    assert {one["workshop"]: one["successor"] for one in listed} == {
        workshop: facts["successor"],
        facts["successor"]: None,
    }

    with serving(data, *database) as (announced, process):
        async with Visitor(announced["address"]) as guest:
            await said(guest, facts["successor"], "Shade")
        await each_names_the_other(announced["address"], workshop, facts["successor"])
        process.terminate()
        process.wait(STOP_S_MAX)

    new, old = data / "new.jsonl", data / "old.jsonl"
    assert cocreate(data, "export", facts["successor"], "--output", new, *database).returncode == 0
    assert cocreate(data, "export", workshop, "--output", old, *database).returncode == 0
    verify = ("audit", "verify", new, "--key", facts["vkey"], "--state", data / "seen.json")
    alone = cocreate(data, *verify)
    assert (alone.returncode, f"{SIGNED} entries were signed, {LEFT} were left" in alone.stdout) == (2, True)
    for copy, says in ((old, "holds what was left"), (lost, "holds what was signed")):
        proven = cocreate(data, *verify, "--predecessor", copy)
        assert (proven.returncode, says in proven.stdout) == (0, True), proven.stdout
    other = cocreate(data, *verify, "--predecessor", new, "--json")
    assert other.returncode == 1
    assert {one["kind"] for one in json.loads(other.stdout)["violations"]} == {"predecessor"}


async def each_names_the_other(address: str, old: str, new: str) -> None:
    """On their pages, and on the front page."""
    async with ClientSession(address, raise_for_status=True) as reader:
        for here, there in ((old, new), (new, old)):
            async with reader.get(f"/w/{here}/record") as page:
                assert f'href="/w/{there}' in await page.text()
        async with reader.get("/") as page:
            assert (await page.text()).count("goes on in another record") == 1


def remembered(data: Path, workshop: str) -> None:
    """Wait until what was signed last lies in its file."""
    (folder,) = data.glob("**/*.signed")
    until = time.monotonic() + STOP_S_MAX
    while (folder / workshop).read_text().split("\n")[1] != str(SIGNED):
        assert time.monotonic() < until, "it is written within a second"
        time.sleep(0.02)


def test_what_is_not_there_is_not_recovered(tmp_path: Path) -> None:
    """No database, no such workshop, no id."""
    assert cocreate(tmp_path, "recover", "0b7c4a9e-52d6-4f0a-9f43-1f6f3d1a2b3c").returncode == 2
    assert not list(tmp_path.rglob("*.sqlite"))
    assert cocreate(tmp_path, "recover", "this one").returncode == 2
