"""What a watched page costs: bytes over the wire, CPU of the server for each refresh, and the main thread of the browser.

Two workshops in one server, with fifty ideas and with a thousand, each a statement of an open vote whose numbers always show.
The browser's share is the CPU time of its main thread, not the time that passes: the server, the feeder and the browser share
one machine's cores.
"""

import asyncio
import gzip
import http.client
import json
import random
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from cocreate.application import (
    Caller,
    CastBallot,
    CreateWorkshop,
    Join,
    OpenRound,
    OpenWorkshop,
    PostComment,
    Service,
    SubmitIdea,
)
from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from scripts.benchmarks.figures import Bench, Figure
from scripts.benchmarks.surroundings import cpu_seconds, server
from tests.chromium import LAUNCH_FLAGS, chromium_path

FEW, MANY = 50, 1_000
PEOPLE = 20
PAGE_BYTES_MAX = 60_000
BUSY_MAX = 0.2
CHANGES_PER_S = 10
WATCHED_S = 13.0
"""Three refreshes of the page that asks least often."""
REFRESHES = 20
WORDS = (
    "city",
    "people",
    "street",
    "letter",
    "plain",
    "green",
    "council",
    "water",
    "night",
    "school",
    "light",
    "bench",
)

ROOM = {
    "now": "",
    "ideas": "/ideas",
    "ballot": "/vote/{round}",
    "results": "/results",
    "result": "/results/{round}",
}
WATCHED = {
    "result, every idea in one table": "/results/{round}",
    "ideas": "/ideas",
    "projector, ideas": "/screen?show=ideas",
    "projector, vote": "/screen?show=vote",
    "console": "/console",
    "console, ideas": "/console/ideas",
    "console, votes": "/console/rounds",
}
DASHBOARDS = ("result, every idea in one table", "console, votes")
"""The heaviest of them in the browser."""


@dataclass
class Hall:
    """A workshop with its open vote, and the cookies of those in it."""

    workshop: str
    facilitator: str
    people: list[str]
    round: str = ""
    ideas: list[str] = field(default_factory=list)

    def at(self, path: str) -> str:
        return f"/w/{self.workshop}{path.format(round=self.round)}"


def _sentence(rng: random.Random) -> str:
    return (" ".join(rng.choices(WORDS, k=rng.randint(8, 30))) + ".").capitalize()


async def hall(service: Service, count: int) -> Hall:
    """So many ideas, each with a few answers in a vote that shows its numbers; a fifth of them have been talked about."""
    rng = random.Random(count)
    host = await service.doors.take_link(await service.doors.host_link(), None)
    assert host is not None
    facilitator = Caller(host.session, host=True)
    now = service.clock.now()
    created = CreateWorkshop(
        title="A label for cities", host="Bench", starts_at=now, ends_at=now + 86_400_000
    )
    workshop = (await service.create(facilitator, created)).workshop
    await service.execute(facilitator, workshop, OpenWorkshop())
    admissions = [await service.doors.new_session() for _ in range(PEOPLE)]
    callers = [Caller(one.session) for one in admissions]
    await asyncio.gather(*(service.execute(one, workshop, Join(), key="join") for one in callers))
    made = Hall(workshop, host.token, [one.token for one in admissions])
    texts = [_sentence(rng) for _ in range(count)]
    sent = [service.execute(rng.choice(callers), workshop, SubmitIdea(text=text)) for text in texts]
    made.ideas = [receipt.aggregates[0] for receipt in await asyncio.gather(*sent)]
    said = [PostComment(idea=rng.choice(made.ideas), text=_sentence(rng)) for _ in range(count // 5)]
    await asyncio.gather(*(service.execute(rng.choice(callers), workshop, one) for one in said))
    opening = OpenRound.model_validate(
        {
            "question": "What belongs in the label?",
            "rules": {"method": "opinion"},
            "admission": "growing",
            "results": "always",
            "options": made.ideas,
        }
    )
    made.round = (await service.execute(facilitator, workshop, opening)).aggregates[0]
    answers = [
        CastBallot(round=made.round, option=idea, choice=rng.choice((1, 0, -1)))
        for idea in made.ideas
        for _ in (1, 2)
    ]
    await asyncio.gather(*(service.execute(rng.choice(callers), workshop, one) for one in answers))
    return made


async def _halls(database: str, key_file: Path) -> list[Hall]:
    async with opened_service(Settings(database=database, key_file=key_file)) as service:
        return [await hall(service, count) for count in (FEW, MANY)]


def measure_all(bench: Bench) -> Iterator[Figure]:
    database, key_file = bench.new_database("sqlite"), bench.folder / "pages.key"
    few, many = asyncio.run(_halls(database, key_file))
    with server("cocreate", database, str(key_file)) as (process, port):
        yield from _weights(port, many)
        refreshes = 5 if bench.quick else REFRESHES
        for name, path in WATCHED.items():
            small, large = (_refresh_ms(process.pid, port, one, path, refreshes) for one in (few, many))
            yield Figure(
                f"CPU of a change and a refresh: {name}", large, "ms", f"with {FEW} ideas", large / small
            )
        yield from _shares(port, few, many, seconds=2.0 if bench.quick else WATCHED_S)


def _weights(port: int, room: Hall) -> Iterator[Figure]:
    """Everything that a phone fetches to show the page for the first time, packed, heads of answers left out."""
    for name, path in ROOM.items():
        page = _get(port, room.at(path), room.people[0])
        parts = set(re.findall(rb'(?:href|src)="(/static/[^"]+)"', gzip.decompress(page)))
        total = len(page) + sum(len(_get(port, part.decode(), room.people[0])) for part in parts)
        yield Figure(
            f"weight of {name} with its {len(parts)} parts{', every idea on it' if name == 'result' else ''}",
            total / 1000,
            "kB",
            wanted=f"≤ {PAGE_BYTES_MAX // 1000} kB",
            met=total <= PAGE_BYTES_MAX,
        )


def _get(port: int, path: str, token: str) -> bytes:
    """The answer's packed body."""
    asking = http.client.HTTPConnection("127.0.0.1", port)
    asking.request("GET", path, headers={"Cookie": f"cocreate={token}", "Accept-Encoding": "gzip"})
    answer = asking.getresponse()
    body = answer.read()
    asking.close()
    if answer.status != 200 or answer.headers["Content-Encoding"] != "gzip":
        raise SystemExit(f"{path}: expected a packed page, found {answer.status}")
    return body


class Feeder:
    """Somebody who votes, comments and proposes, a change at each call: seven votes, two comments and an idea in ten."""

    def __init__(self, port: int, room: Hall) -> None:
        self._asking = http.client.HTTPConnection("127.0.0.1", port)
        self._room, self._rng, self._made = room, random.Random(1), 0

    def change(self) -> None:
        room, rng = self._room, self._rng
        turn, self._made = self._made % 10, self._made + 1
        idea = rng.choice(room.ideas)
        path, said = "", dict[str, Any]()
        if turn == 0:
            path, said = "/ideas", {"text": _sentence(rng)}
        elif turn in (3, 6):
            path, said = f"/ideas/{idea}/comments", {"text": _sentence(rng)}
        else:
            path, said = f"/rounds/{room.round}/ballot", {"option": idea, "choice": rng.choice((1, 0, -1))}
        headers = {
            "Cookie": f"cocreate={rng.choice(room.people)}",
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(16),
        }
        self._asking.request("POST", f"/api/workshops/{room.workshop}{path}", json.dumps(said), headers)
        answer = self._asking.getresponse()
        told = answer.read()
        if answer.status != 201:
            raise SystemExit(f"a change was answered with {answer.status}: {told[:300]!r}")


def _refresh_ms(pid: int, port: int, room: Hall, path: str, count: int) -> float:
    """CPU ms of the server for a change and for the page that shows it, as the facilitator's browser asks for it."""
    feeder = Feeder(port, room)
    _get(port, room.at(path), room.facilitator)
    before = cpu_seconds([pid])
    for _ in range(count):
        feeder.change()
        _get(port, room.at(path), room.facilitator)
    return 1000 * (cpu_seconds([pid]) - before) / count


def _shares(port: int, few: Hall, many: Hall, seconds: float) -> Iterator[Figure]:
    """What part of a core the page's main thread takes while ten things change a second."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(LAUNCH_FLAGS))
        for name in DASHBOARDS:
            small, large = (_share(browser, port, one, WATCHED[name], seconds) for one in (few, many))
            yield Figure(
                f"main thread: {name}",
                100 * large,
                "%",
                f"with {FEW} ideas",
                large / small,
                f"≤ {100 * BUSY_MAX:.0f} %",
                large <= BUSY_MAX,
            )
        browser.close()


def _share(browser: Browser, port: int, room: Hall, path: str, seconds: float) -> float:
    address = f"http://127.0.0.1:{port}"
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": "cocreate", "value": room.facilitator, "url": address}])
    page = context.new_page()
    page.goto(address + room.at(path))
    asked = context.new_cdp_session(page)
    asked.send("Performance.enable", {"timeDomain": "threadTicks"})
    with _fed(port, room):
        page.wait_for_timeout(1_000)
        before = _busy_s(asked.send("Performance.getMetrics"))
        page.wait_for_timeout(1_000 * seconds)
        busy = _busy_s(asked.send("Performance.getMetrics")) - before
    context.close()
    return busy / seconds


def _busy_s(answer: dict[str, Any]) -> float:
    """CPU seconds of the main thread so far: scripts, style, layout, painting, parsing."""
    return float(next(one["value"] for one in answer["metrics"] if one["name"] == "TaskDuration"))


@contextmanager
def _fed(port: int, room: Hall) -> Iterator[None]:
    """Ten changes a second until the end of the block."""
    feeder, ended = Feeder(port, room), threading.Event()

    def feed() -> None:
        due = time.perf_counter()
        while not ended.wait(max(0.0, due - time.perf_counter())):
            feeder.change()
            due += 1 / CHANGES_PER_S

    feeding = threading.Thread(target=feed)
    feeding.start()
    try:
        yield
    finally:
        ended.set()
        feeding.join()
