"""Servers, loads and rooms of the benchmarks: processes of their own on this machine, and what they cost."""

import asyncio
import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cocreate.application import (
    Caller,
    CreateWorkshop,
    Join,
    OpenRound,
    OpenWorkshop,
    Service,
    SubmitIdea,
)
from cocreate.bootstrap import opened_service
from cocreate.config import Settings

ROOT = Path(__file__).resolve().parents[2]
IDEAS = 20
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Room:
    """A workshop with an open approval round, and the cookies of everybody in it."""

    workshop: str
    round: str
    options: list[str]
    cookies: list[str]
    facilitator: str
    code: str


async def furnish(database: str, key_file: Path, people: int, *, results: str = "after_closing") -> Room:
    """A workshop with so many joined sessions and an open round."""
    async with opened_service(Settings(database=database, key_file=key_file)) as service:
        host = await service.doors.take_link(await service.doors.host_link(), None)
        assert host is not None
        facilitator = Caller(host.session, host=True)
        now = service.clock.now()
        created = CreateWorkshop(title="Bench", host="Bench", starts_at=now, ends_at=now + 86_400_000)
        workshop = (await service.create(facilitator, created)).workshop
        await service.execute(facilitator, workshop, OpenWorkshop())
        joined = await _joined(service, workshop, people)
        author = joined[0][1]
        ideas = [
            (await service.execute(author, workshop, SubmitIdea(text=f"Idea {number}"))).aggregates[0]
            for number in range(IDEAS)
        ]
        rules = {"method": "approval", "choices_max": 3, "seats": 2}
        opening = OpenRound.model_validate(
            {"question": "Which?", "rules": rules, "options": ideas, "results": results}
        )
        round_id = (await service.execute(facilitator, workshop, opening)).aggregates[0]
        code = await service.doors.open_code(workshop)
        cookies = [f"cocreate={token}" for token, _ in joined]
        return Room(workshop, round_id, sorted(ideas), cookies, f"cocreate={host.token}", code)


async def populated(database: str, key_file: Path, room: Room, people: int) -> Room:
    """The room with so many other joined sessions."""
    async with opened_service(Settings(database=database, key_file=key_file)) as service:
        joined = await _joined(service, room.workshop, people)
        return replace(room, cookies=[f"cocreate={token}" for token, _ in joined])


async def _joined(service: Service, workshop: str, people: int) -> list[tuple[str, Caller]]:
    joined: list[tuple[str, Caller]] = []
    for first in range(0, people, 500):
        some = range(first, min(first + 500, people))
        joined += await asyncio.gather(*(_join(service, workshop) for _ in some))
    return joined


async def _join(service: Service, workshop: str) -> tuple[str, Caller]:
    admission = await service.doors.new_session()
    caller = Caller(admission.session)
    await service.execute(caller, workshop, Join(), key="join")
    return admission.token, caller


def bare_room(people: int) -> Room:
    """What the bare handler is asked with: the same shape, no workshop behind it."""
    options = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(IDEAS)]
    return Room("w", "r", options, ["cocreate=none"] * people, "", "")


def votes(room: Room, count: int, *, first: int = 0) -> str:
    """Lines for load.py: each session in turn, each vote with a key of its own."""
    lines = []
    path = f"/api/workshops/{room.workshop}/rounds/{room.round}/ballot"
    for number in range(first, first + count):
        start = number % (IDEAS - 1)
        body = json.dumps({"choice": room.options[start : start + 2]})
        cookie = room.cookies[number % len(room.cookies)]
        lines.append(f"{path}\t{cookie}\t{secrets.token_hex(16)}\t{body}\n")
    return "".join(lines)


@contextmanager
def server(
    *arguments: str, environment: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server process of bench_servers.py on a free port, until the end of the block; its log goes nowhere, but is written."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name, *rest = arguments
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "bench_servers.py"), name, str(port), *rest],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise SystemExit(f"the server {name} did not start; run it by hand to see why")
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def load(port: int, connections: int, lines: str, *, path: str = "load.py") -> dict[str, Any]:
    """Send the lines over so many connections, each answer counted once."""
    count = lines.count("\n")
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / path), "127.0.0.1", str(port), str(connections), str(count)],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    answered: dict[str, Any] = json.loads(done.stdout)
    if answered["answers"] != {"201": count}:
        raise SystemExit(f"expected {count} answers of 201, found {answered['answers']}")
    return answered


@dataclass(frozen=True)
class Measured:
    """One load: requests/s, latencies in ms, CPU ms a request of server and database together."""

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float


def measure(pids: list[int], port: int, connections: int, lines: str) -> Measured:
    before = cpu_seconds(pids)
    answered = load(port, connections, lines)
    count = lines.count("\n")
    spent = cpu_seconds(pids) - before
    return Measured(count / answered["seconds"], answered["p50_ms"], answered["p99_ms"], 1000 * spent / count)


def cpu_seconds(roots: list[int]) -> float:
    """CPU of the processes and all their descendants, those that have ended included."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(stat.parent.name)
        parents[pid] = int(fields[1])
        spent[pid] = sum(int(value) for value in fields[11:15]) / TICK
    total = 0.0
    for pid, seconds in spent.items():
        ancestor = pid
        while ancestor and ancestor not in roots:
            ancestor = parents.get(ancestor, 0)
        total += seconds if ancestor else 0.0
    return total


def resident_bytes(pid: int) -> int:
    """The process's resident memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def head_of(database: str, workshop: str) -> int:
    """The record's length as another reader of the database sees it."""
    if database.startswith("sqlite:///"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
            asked = "SELECT COUNT(*) FROM stored_events WHERE originator_id = ?"
            return int(connection.execute(asked, (workshop.replace("-", ""),)).fetchone()[0])
    import psycopg

    with psycopg.connect(database) as pg:
        row = pg.execute(
            "SELECT COUNT(*) FROM stored_events WHERE originator_id = %s", (workshop,)
        ).fetchone()
        assert row is not None
        return int(row[0])


def durability(database: str) -> str:
    """What makes an answer durable, read from the database and asserted."""
    if database.startswith("sqlite:///"):
        # Both are settings of a connection: asked of one made as the store makes its own.
        from cocreate.persistence.sqlite_recorder import connect

        connection = connect(Path(database.removeprefix("sqlite:///")))
        names = ("journal_mode", "synchronous")
        found = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
        connection.close()
        assert found == {"journal_mode": "wal", "synchronous": 2}, found
        return f"SQLite {sqlite3.sqlite_version}: journal_mode=wal synchronous=2 (FULL)"
    import psycopg

    settings = []
    with psycopg.connect(database) as pg:
        for name in ("server_version", "fsync", "synchronous_commit", "full_page_writes"):
            row = pg.execute(f"SHOW {name}").fetchone()
            assert row is not None
            assert name == "server_version" or row[0] == "on", (name, row[0])
            settings.append(f"{name}={row[0]}")
    return f"PostgreSQL: {' '.join(settings)}"
