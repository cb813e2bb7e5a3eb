"""Durable votes over HTTP, next to a bare handler and to the plain library, in one run: rates, latencies, CPU, ratios.

    python scripts/bench_vote.py [--quick] [--json FILE]

For SQLite and PostgreSQL and for 1, 32 and 256 connections: votes/s, p50 and p99 latency in ms, CPU ms a vote (server and
database together). Each figure is the median of several runs; the load comes from a process of its own, on the same machine.
Every counted answer must add exactly one entry (head difference = answers with 201), from 10,000 sessions with distinct keys,
or the run fails. Durability settings are read from the running databases, printed and asserted.
"""

import argparse
import asyncio
import json
import os
import platform
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from cocreate.application import CreateWorkshop, Join, OpenRound, OpenWorkshop, SubmitIdea  # noqa: E402
from cocreate.application.asked import Caller  # noqa: E402
from cocreate.application.service import Service  # noqa: E402
from cocreate.bootstrap import opened_service  # noqa: E402
from cocreate.config import Settings  # noqa: E402
from cocreate.logconfig import set_up_logging  # noqa: E402
from tests.postgres import create_database, postgres_server  # noqa: E402

SESSIONS = 10_000
IDEAS = 20
CONNECTIONS = (1, 32, 256)
VOTES = {1: 1_500, 32: 8_000, 256: 12_000}
LIBRARY_VOTES = {1: 300, 32: 1_000, 256: 1_500}
LIBRARY_WORKERS = (1, 4, 16)
RUNS = 3


@dataclass(frozen=True)
class Room:
    """A workshop with an open round, and the cookies of everybody in it."""

    workshop: str
    round: str
    options: list[str]
    cookies: list[str]


async def furnish(database: str, key_file: Path) -> Room:
    """A workshop with ten thousand joined sessions and an open approval round."""
    async with opened_service(Settings(database=database, key_file=key_file)) as service:
        host = await service.doors.take_link(await service.doors.host_link(), None)
        assert host is not None
        facilitator = Caller(host.session, host=True)
        now = service.clock.now()
        created = CreateWorkshop(title="Bench", host="Bench", starts_at=now, ends_at=now + 86_400_000)
        workshop = (await service.create(facilitator, created)).workshop
        await service.execute(facilitator, workshop, OpenWorkshop())
        people = []
        for first in range(0, SESSIONS, 500):
            people += await asyncio.gather(
                *(join(service, workshop) for _ in range(first, min(first + 500, SESSIONS)))
            )
        author = people[0][1]
        ideas = [
            (await service.execute(author, workshop, SubmitIdea(text=f"Idea {number}"))).aggregates[0]
            for number in range(IDEAS)
        ]
        rules = {"method": "approval", "choices_max": 3, "seats": 2}
        opening = OpenRound.model_validate({"question": "Which?", "rules": rules, "options": ideas})
        round_id = (await service.execute(facilitator, workshop, opening)).aggregates[0]
        return Room(workshop, round_id, sorted(ideas), [f"cocreate={token}" for token, _ in people])


async def join(service: Service, workshop: str) -> tuple[str, Caller]:
    admission = await service.doors.new_session()
    caller = Caller(admission.session)
    await service.execute(caller, workshop, Join(), key="join")
    return admission.token, caller


def requests(room: Room, count: int) -> str:
    """Lines for load.py: each session in turn, each with a key of its own."""
    lines = []
    path = f"/api/workshops/{room.workshop}/rounds/{room.round}/ballot"
    for number in range(count):
        first = number % (IDEAS - 1)
        body = json.dumps({"choice": room.options[first : first + 2]})
        lines.append(f"{path}\t{room.cookies[number % SESSIONS]}\t{secrets.token_hex(16)}\t{body}\n")
    return "".join(lines)


@contextmanager
def server(
    *arguments: str, environment: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A server process of bench_servers.py on a free port, until the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name, *rest = arguments
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "scripts" / "bench_servers.py"), name, str(port), *rest],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT / "src"),
            "COCREATE_LOG_LEVEL": "warning",
            **(environment or {}),
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline().strip() != "ready":
            raise SystemExit(f"the server {name} did not start; its output stands above")
        yield process, port
    finally:
        process.terminate()
        process.wait(30)


def cpu_seconds(roots: list[int]) -> float:
    """CPU of the processes and all their descendants, those that have ended included."""
    parents: dict[int, int] = {}
    spent: dict[int, float] = {}
    tick = os.sysconf("SC_CLK_TCK")
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(stat.parent.name)
        parents[pid] = int(fields[1])
        spent[pid] = sum(int(value) for value in fields[11:15]) / tick
    total = 0.0
    for pid, seconds in spent.items():
        ancestor = pid
        while ancestor and ancestor not in roots:
            ancestor = parents.get(ancestor, 0)
        total += seconds if ancestor else 0.0
    return total


def load(port: int, connections: int, lines: str, count: int) -> dict[str, Any]:
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "scripts" / "load.py"),
            "127.0.0.1",
            str(port),
            str(connections),
            str(count),
        ],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )
    answered: dict[str, Any] = json.loads(done.stdout)
    if answered["answers"] != {"201": count}:
        raise SystemExit(f"expected {count} answers of 201, found {answered['answers']}")
    return answered


def measure(
    process: subprocess.Popen[str], port: int, database_pids: list[int], connections: int, lines: str
) -> dict[str, float]:
    count = lines.count("\n")
    before = cpu_seconds([process.pid, *database_pids])
    answered = load(port, connections, lines, count)
    spent = cpu_seconds([process.pid, *database_pids]) - before
    return {
        "votes_per_s": count / answered["seconds"],
        "p50_ms": answered["p50_ms"],
        "p99_ms": answered["p99_ms"],
        "cpu_ms": 1000 * spent / count,
    }


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def head_of(database: str, workshop: str) -> int:
    """The record's length as another reader of the database sees it."""
    if database.startswith("sqlite:///"):
        with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
            where = (workshop.replace("-", ""),)
            return int(
                connection.execute(
                    "SELECT COUNT(*) FROM stored_events WHERE originator_id = ?", where
                ).fetchone()[0]
            )
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
        found = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous")
        }
        connection.close()
        assert found == {"journal_mode": "wal", "synchronous": 2}, found
        return "journal_mode=wal synchronous=2 (FULL)"
    import psycopg

    settings = {}
    with psycopg.connect(database) as pg:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            row = pg.execute(f"SHOW {name}").fetchone()
            assert row is not None
            settings[name] = row[0]
            assert row[0] == "on", (name, row[0])
    return " ".join(f"{name}={value}" for name, value in settings.items())


def product(
    database: str, folder: Path, runs: int, connections: tuple[int, ...], database_pids: list[int]
) -> dict[int, dict[str, float]]:
    key_file = folder / "instance.key"
    room = asyncio.run(furnish(database, key_file))
    results = {}
    with server("cocreate", database, str(key_file)) as (process, port):
        load(port, 8, requests(room, 500), 500)
        for count in connections:
            measured = []
            for _ in range(runs):
                before = head_of(database, room.workshop)
                lines = requests(room, VOTES[count])
                measured.append(measure(process, port, database_pids, count, lines))
                added = head_of(database, room.workshop) - before
                if added != VOTES[count]:
                    raise SystemExit(
                        f"expected {VOTES[count]} new entries for as many answers, found {added}"
                    )
            results[count] = medians(measured)
    return results


def bare(runs: int, connections: tuple[int, ...]) -> dict[int, dict[str, float]]:
    room = Room("w", "r", [f"{number:036d}" for number in range(IDEAS)], ["cocreate=none"] * SESSIONS)
    with server("bare") as (process, port):
        load(port, 8, requests(room, 500), 500)
        return {
            count: medians(
                [measure(process, port, [], count, requests(room, VOTES[count])) for _ in range(runs)]
            )
            for count in connections
        }


def library(
    environment: dict[str, str], runs: int, connections: tuple[int, ...], database_pids: list[int]
) -> dict[int, dict[str, float]]:
    """The best of several sizes of its pool of threads, connections by connections."""
    room = Room("w", "r", [f"{number:036d}" for number in range(IDEAS)], ["cocreate=none"] * SESSIONS)
    best: dict[int, dict[str, float]] = {}
    for workers in LIBRARY_WORKERS:
        with server("library", str(workers), environment=environment) as (process, port):
            load(port, 4, requests(room, 100), 100)
            for count in connections:
                votes = LIBRARY_VOTES[count]
                measured = medians(
                    [measure(process, port, database_pids, count, requests(room, votes)) for _ in range(runs)]
                )
                if count not in best or measured["votes_per_s"] > best[count]["votes_per_s"]:
                    best[count] = {**measured, "workers": workers}
    return best


def library_environment(store: str, folder: Path, url: str) -> dict[str, str]:
    if store == "sqlite":
        return {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(folder / "library.sqlite")}
    from psycopg.conninfo import conninfo_to_dict

    facts = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(facts["dbname"]),
        "POSTGRES_HOST": str(facts.get("host", "127.0.0.1")),
        "POSTGRES_PORT": str(facts.get("port", 5432)),
        "POSTGRES_USER": str(facts.get("user", "postgres")),
        "POSTGRES_PASSWORD": str(facts.get("password", "postgres")),
    }


def table(results: dict[str, dict[int, dict[str, float]]]) -> str:
    lines = [
        f"{'':24}{'conn':>6}{'votes/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'× bare':>9}{'× library':>11}"
    ]
    for name, by_connections in results.items():
        for count, row in by_connections.items():
            ratio = row["votes_per_s"] / results["bare"][count]["votes_per_s"]
            peer = results.get(f"library {name.split()[-1]}", {}).get(count)
            times = (
                f"{row['votes_per_s'] / peer['votes_per_s']:>10.1f}×" if peer and "cocreate" in name else ""
            )
            lines.append(
                f"{name:24}{count:>6}{row['votes_per_s']:>10,.0f}{row['p50_ms']:>9.2f}{row['p99_ms']:>9.2f}"
                f"{row['cpu_ms']:>9.3f}{ratio:>8.2f}×{times}"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="one run of each, at 256 connections only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file")
    options = parser.parse_args()
    runs, connections = (1, (256,)) if options.quick else (RUNS, CONNECTIONS)
    set_up_logging("warning")
    began = time.perf_counter()
    results: dict[str, dict[int, dict[str, float]]] = {}
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(postgres_server(fsync=True))
        postmaster = postmaster_pids(url)
        stores = {
            "sqlite": (f"sqlite:///{folder / 'bench.sqlite'}", []),
            "postgresql": (create_database(url), postmaster),
        }
        results["bare"] = bare(runs, connections)
        for store, (database, pids) in stores.items():
            results[f"cocreate {store}"] = product(database, folder / store, runs, connections, pids)
            print(f"{store}: {durability(database)}")
            environment = library_environment(store, folder, create_database(url))
            results[f"library {store}"] = library(environment, runs, connections, pids)
    print(table(results))
    print(f"medians of {runs} run(s); {time.perf_counter() - began:.0f} s in all")
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


def postmaster_pids(url: str) -> list[int]:
    """The database's first process, whose CPU and whose children's counts as the server's."""
    import psycopg

    with psycopg.connect(url) as pg:
        row = pg.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        # The backend is the postmaster's child while we are connected.
        stat = Path(f"/proc/{row[0]}/stat")
        if not stat.exists():
            raise SystemExit("the PostgreSQL server is not on this machine, so its CPU cannot be measured")
        return [int(stat.read_text().rpartition(")")[2].split()[1])]


if __name__ == "__main__":
    main()
