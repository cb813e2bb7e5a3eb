"""What tests of the web server share: a running server, people with sessions, a workshop in every state they need."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, CookieJar, web

from cocreate.application.service import Service
from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from cocreate.http.app import make_app
from cocreate.http.limits import Allowance, Limits
from cocreate.http.sse import StreamLimits

UNLIMITED = Limits(*(Allowance(per_s=1e9, burst=1e9),) * 3)
PATIENCE_S = 20
"""No test is about time: the machine may be busy."""
SHUTDOWN_S = 60
"""Longer than a test has patience: a server that waits for its readers is found out."""
CREATE = {"title": "Quality label", "host": "City of Ghent", "starts_at": 1, "ends_at": 2}


async def until(condition: Callable[[], bool]) -> None:
    """Let the server go on until something is so in it that it tells nobody."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # the server has no event for what only its tests watch
            await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The last part of the problem's type; the document must be whole."""
        assert self.headers["Content-Type"] == "application/problem+json", self.body
        assert {"type", "title", "status", "detail"} <= self.json.keys()
        assert self.json["status"] == self.status
        return str(self.json["type"]).removeprefix("/problems/")


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, client: ClientSession) -> None:
        self.client = client
        self.streams: list[ClientResponse] = []

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        async with self.client.request(method, path, **more) as response:
            return Answer(response.status, response.headers.copy(), await response.read())

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> Answer:
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.ask("POST", path, json={} if body is None else body, headers=headers)

    async def do(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """A command that must succeed; its receipt."""
        answer = await self.post(path, body, key=key)
        assert answer.status in (200, 201), answer.body
        return answer.json

    async def stream(self, path: str, **headers: str) -> ClientResponse:
        response = await self.client.get(path, headers=headers)
        self.streams.append(response)
        return response

    async def leave(self) -> None:
        for response in self.streams:
            response.close()
        await self.client.close()


@dataclass(slots=True)
class House:
    """A running server."""

    service: Service
    runner: web.AppRunner
    url: str
    folder: Path
    people: list[Person] = field(default_factory=list)

    def person(self) -> Person:
        person = Person(ClientSession(self.url, cookie_jar=CookieJar(unsafe=True)))
        self.people.append(person)
        return person

    async def host(self) -> Person:
        person = self.person()
        token = await self.service.doors.host_link()
        taken = await person.post("/api/links", {"token": token})
        assert taken.json == {"host": True}
        return person

    async def head(self, workshop: str) -> int:
        """How many entries the store has."""
        return await self.service.store.head(workshop)


@asynccontextmanager
async def opened_house(
    folder: Path,
    *,
    limits: Limits = UNLIMITED,
    stream_limits: StreamLimits | None = None,
    public_url: str | None = None,
) -> AsyncIterator[House]:
    """A house without a timekeeper: nothing is written but what a test asks for. A round without grace is certified by hand."""
    settings = Settings(database=f"sqlite:///{folder}/house.sqlite", key_file=folder / "instance.key")
    async with opened_service(settings) as service:
        service._tasks.pop().cancel()
        app = make_app(service, public_url=public_url, limits=limits, stream_limits=stream_limits)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_S)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        house = House(service, runner, f"http://{host}:{port}", folder)
        try:
            yield house
        finally:
            for person in house.people:
                await person.leave()
            await runner.cleanup()


@dataclass(slots=True)
class Room:
    """An open workshop with one of each: what a test of any route needs to find."""

    house: House
    id: str
    facilitator: Person
    host: Person
    """A host of the installation who is nobody in this workshop."""
    scribe: Person
    participant: Person
    anonymous: Person
    names: dict[str, str] = field(default_factory=dict)
    """Ids by what they are of; the placeholders of paths and bodies."""

    @property
    def path(self) -> str:
        return f"/api/workshops/{self.id}"

    async def head(self) -> int:
        return await self.house.head(self.id)

    def person(self, role: str) -> Person:
        found = getattr(self, role)
        assert isinstance(found, Person)
        return found

    def fill(self, template: str) -> str:
        """The template with each `{name}` replaced by its id."""
        for name, value in self.names.items():
            template = template.replace(f"{{{name}}}", value)
        return template


async def opened_room(house: House, *, opened: bool = True) -> Room:
    """A workshop with people; if opened, with two ideas, a comment and two rounds as well."""
    facilitator = await house.host()
    created = await facilitator.do("/api/workshops", CREATE)
    scribe, participant, anonymous = (house.person() for _ in range(3))
    host = await house.host()
    room = Room(house, created["workshop"], facilitator, host, scribe, participant, anonymous)
    path, names = room.path, room.names
    names["workshop"] = room.id
    names["position"], names["tile"] = "0", "0/000.p/1"
    activities = await facilitator.do(f"{path}/agenda", {"activities": [{"kind": "collect"}]})
    assert activities["count"] == 1
    (activity,) = (await facilitator.get(f"{path}/agenda")).json["items"]
    names["activity"] = activity["key"]
    if opened:
        await facilitator.do(f"{path}/open")
        await _furnish(room)
    # As if a witness had answered.
    held = await house.service.reading.live(room.id)
    house.service.lives.memory.note_cosigned(room.id, held.checkpoint())
    return room


async def _furnish(room: Room) -> None:
    path, names, facilitator, participant = room.path, room.names, room.facilitator, room.participant
    names["participant"] = (await participant.do(f"{path}/join", {"name": "Ada"}))["id"]
    names["scribe"] = (await room.scribe.do(f"{path}/join"))["id"]
    await facilitator.do(f"{path}/participants/{names['scribe']}/role", {"role": "scribe"})
    await facilitator.do(f"{path}/activities/{names['activity']}/start")
    text = {"text": "Benches at every stop", "title": "Benches"}
    names["idea"] = (await participant.do(f"{path}/ideas", text))["id"]
    names["second"] = (await participant.do(f"{path}/ideas", {"text": "Shade"}))["id"]
    comment = {"text": "Yes, with backs", "alignment": "for"}
    names["comment"] = (await participant.do(f"{path}/ideas/{names['idea']}/comments", comment))["id"]
    names["round"] = (await facilitator.do(f"{path}/rounds", approval(names["idea"])))["id"]
    await participant.do(f"{path}/rounds/{names['round']}/ballot", {"choice": [names["idea"]]})
    names["opinion"] = (await facilitator.do(f"{path}/rounds", OPINION))["id"]
    await facilitator.do(f"{path}/rounds/{names['opinion']}/options", {"idea": names["idea"]})


OPINION = {
    "question": "What do you think?",
    "rules": {"method": "opinion"},
    "admission": "growing",
    "secrecy": "open",
    "results": "always",
}


def approval(*ideas: str, **more: Any) -> dict[str, Any]:
    """The rules of a pseudonymous approval round on these ideas, results after closing, no grace."""
    rules = {"method": "approval", "choices_max": 2, "seats": 1}
    return {"question": "Which?", "rules": rules, "options": list(ideas), "grace_ms": 0, **more}
