"""The border: who may send from where, how much, and what every answer carries; starting, stopping, a whole room at once."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web

from cocreate.http.headers import HEADERS
from cocreate.http.keys import STOPPING
from cocreate.http.limits import BUCKETS_MAX, Allowance, Buckets, Limits
from cocreate.http.routes.record_log import PREFIX
from cocreate.http.sessions import SESSIONS
from tests.http.house import CREATE, Answer, House, Room, opened_house, opened_room, until


async def test_every_answer_carries_the_security_headers(house: House) -> None:
    """Answers, problems, pages and streams alike."""
    room = await opened_room(house)
    for path in ("/healthz", "/api", "/api/nothing", room.path, f"{room.path}/me", "/problems/not-now"):
        answer = await room.anonymous.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
    stream = await room.anonymous.stream(f"{room.path}/live")
    assert stream.headers["Content-Security-Policy"].startswith("default-src 'none'")


async def test_a_session_is_an_http_only_cookie(house: House) -> None:
    """The cookie cannot be read by scripts and is not sent along by other sites; the store knows only its digest."""
    person = house.person()
    answer = await person.post("/api/session")
    assert answer.status == 201
    cookie = answer.headers["Set-Cookie"]
    for part in ("cocreate=", "HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=2592000"):
        assert part in cookie
    token = cookie.split("=")[1].split(";")[0]
    assert token.encode() not in (house.folder / "house.sqlite").read_bytes()
    again = await person.post("/api/session")
    assert again.status == 200
    assert "Set-Cookie" not in again.headers


async def test_behind_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    """`__Host-` and Secure, wherever the public address is HTTPS."""
    async with opened_house(tmp_path, public_url="https://label.example/") as house:
        answer = await house.person().post("/api/session")
        assert answer.headers["Set-Cookie"].startswith("__Host-cocreate=")
        assert "Secure" in answer.headers["Set-Cookie"]


async def test_signing_out_ends_the_session_at_once(house: House) -> None:
    """What was remembered of it is forgotten with it."""
    room = await opened_room(house)
    cookies = {cookie.key: cookie.value for cookie in room.participant.client.cookie_jar}
    assert (await room.participant.ask("DELETE", "/api/session")).status == 204
    thief = house.person()
    thief.client.cookie_jar.update_cookies(cookies)
    assert (await thief.get(f"{room.path}/me")).problem == "not-a-participant"
    assert house.runner.app is not None
    assert house.runner.app[SESSIONS].find(next(iter(cookies.values()))) is None


async def test_a_link_works_once(house: House) -> None:
    """The second taker gets nothing, and is told so."""
    room = await opened_room(house)
    link = await room.participant.do(f"{room.path}/return-link")
    assert link["url"].endswith(f"/link/{link['token']}")
    phone = house.person()
    assert (await phone.post("/api/links", {"token": link["token"]})).json["workshop"] == room.id
    assert (await phone.get(f"{room.path}/me")).json["participant"] == room.names["participant"]
    again = await house.person().post("/api/links", {"token": link["token"]})
    assert (again.status, again.problem) == (404, "link-spent")


OWN = [
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "{own}"},
    {"Referer": "{own}/w/x"},
    {},
]
OTHER = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "{own}"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Referer": "https://evil.example/{own}"},
    {"Origin": "http://["},
]


@pytest.mark.parametrize("headers", OWN + OTHER, ids=str)
async def test_other_sites_cannot_make_a_browser_send(house: House, headers: dict[str, str]) -> None:
    """What a page of another site sends changes nothing, whatever its cookie."""
    room = await opened_room(house)
    before = await room.head()
    told = {name: value.replace("{own}", house.url) for name, value in headers.items()}
    answer = await room.participant.ask("POST", f"{room.path}/ideas", json={"text": "Sent"}, headers=told)
    if headers in OWN:
        assert answer.status == 201
    else:
        assert (answer.status, answer.problem) == (403, "cross-site")
        assert await room.head() == before


async def test_a_form_without_an_origin_is_not_ours(house: House) -> None:
    """Programs may leave out where they come from, but no form of another site can send what they send."""
    room = await opened_room(house)
    for media_type in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
        headers = {"Content-Type": media_type}
        answer = await room.participant.ask("POST", f"{room.path}/leave", data=b"", headers=headers)
        assert answer.problem == "cross-site"


async def test_a_room_of_250_joins_at_once_from_one_address(tmp_path: Path) -> None:
    """With the limits as they are shipped: nobody is refused, and everybody is somebody else."""
    async with opened_house(tmp_path, limits=Limits()) as house:
        room = await opened_room(house)

        async def come_in() -> str:
            person = house.person()
            await person.get(room.path)
            await person.get(f"{room.path}/join-code")
            return str((await person.do(f"{room.path}/join", {"name": "Guest"}))["id"])

        seats = await asyncio.gather(*(come_in() for _ in range(250)))
        assert len(set(seats)) == 250


async def test_who_sends_too_fast_is_told_when_to_come_again(tmp_path: Path) -> None:
    """One person's flood costs that person, not the room at the same address."""
    limits = Limits(Allowance(0.01, 30), Allowance(0.01, 30), Allowance(0.01, 10))
    async with opened_house(tmp_path, limits=limits) as house:
        room = await opened_room(house, opened=False)
        answers = [await room.facilitator.get("/api/session") for _ in range(40)]
        assert {answer.status for answer in answers} == {200, 429}
        assert answers[-1].problem == "too-many-requests"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 101
        assert (await room.host.get("/api/session")).status == 200
        assert (await room.anonymous.get("/healthz")).status == 200
        while (last := await house.person().post("/api/session")).status != 429:
            assert last.status == 201


def test_buckets_are_bounded_and_refill() -> None:
    """Memory has a limit, and waiting helps."""
    buckets = Buckets(Allowance(per_s=2, burst=3))
    assert [buckets.take("a", now=0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("a", now=0.5) == 0
    assert buckets.take("a", now=0.5) > 0
    assert buckets.take("b", now=0.5) == 0
    for number in range(BUCKETS_MAX + 10):
        buckets.take(str(number), now=1)
    assert len(buckets) == BUCKETS_MAX


async def test_a_stopping_server_takes_nothing_new(house: House) -> None:
    """503 with Retry-After, also on connections that are open already; readiness goes first."""
    room = await opened_room(house)
    assert (await room.anonymous.get("/readyz")).json == {"status": "ready"}
    house.runner.app[STOPPING].set()
    before = await room.head()
    answer = await room.participant.post(f"{room.path}/ideas", {"text": "Late"})
    assert (answer.status, answer.problem, answer.headers["Retry-After"]) == (503, "stopping", "2")
    assert await room.head() == before
    assert (await room.anonymous.get("/readyz")).status == 503


async def test_what_is_running_is_finished(tmp_path: Path) -> None:
    """A command on its way to the record when the server stops is written, and its sender gets the receipt."""
    async with opened_house(tmp_path) as house:
        room = await opened_room(house)
        before = await room.head()
        async with house.service.lives.turn:
            # One is taken by the writer, which waits for its turn; the others are in the queue behind it.
            sent = [_idea_sent(room, 0)]
            await until(lambda: house.service.sequencer.waiting == 1)
            await until(lambda: house.service.sequencer.waiting == 0)
            sent += [_idea_sent(room, number) for number in range(1, 5)]
            await until(lambda: house.service.sequencer.waiting == 4)
            stopping = asyncio.create_task(house.runner.cleanup())
            await asyncio.sleep(0)
        answers = await asyncio.gather(*sent)
        await stopping
        assert [answer.status for answer in answers] == [201] * 5
        rows = await house.service.store.read(room.id, after=before - 1)
        assert sum(row.name == "IdeaSubmitted.v1" for row in rows) == 5


def _idea_sent(room: Room, number: int) -> asyncio.Task[Answer]:
    return asyncio.create_task(room.participant.post(f"{room.path}/ideas", {"text": f"On its way {number}"}))


async def test_a_stopped_sequencer_is_not_ready(house: House) -> None:
    """A load balancer must not send commands where nobody writes them."""
    await house.service.sequencer.stop()
    answer = await house.person().get("/readyz")
    assert (answer.status, answer.problem) == (503, "stopping")
    refused = await (await house.host()).post("/api/workshops", CREATE)
    assert (refused.status, refused.problem) == (503, "stopping")
    assert "Retry-After" in refused.headers


async def test_a_mistake_of_ours_is_a_problem_too(house: House) -> None:
    """A 500 tells the client nothing of what broke, and the log where."""

    def broken(*arguments: object) -> None:
        raise ZeroDivisionError("Zebrafinch")

    house.service.reading.personal = broken  # type: ignore[assignment,method-assign]
    room = await opened_room(house)
    answer = await room.participant.get(f"{room.path}/me")
    assert (answer.status, answer.problem) == (500, "unexpected")
    assert b"Zebrafinch" not in answer.body


async def test_the_document_and_the_server_are_one(house: House) -> None:
    """Every route of the server is in the document, and every operation of the document is a route."""
    document = json.loads((await house.person().get("/api/openapi.json")).body)
    assert document["openapi"] == "3.1.0"
    told = {(method.upper(), path) for path, operations in document["paths"].items() for method in operations}
    served = {
        (route.method, route.resource.canonical)
        for route in house.runner.app.router.routes()
        if isinstance(route, web.ResourceRoute) and route.method != "HEAD" and route.resource is not None
    }
    pages = {
        (method, path)
        for method, path in served
        if not path.startswith(("/api", "/healthz", "/readyz", "/problems", PREFIX))
    }
    assert told == served - pages
    edit = document["components"]["schemas"]["EditIdea"]
    assert set(edit["properties"]) == {"text", "title"}
    assert edit["required"] == ["text"]
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(set(ids)) == len(ids)
    reference = (await house.person().get("/api")).body.decode()
    assert all(f'id="{one}"' in reference for one in ids)
