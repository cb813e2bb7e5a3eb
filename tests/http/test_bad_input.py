"""Bad input at every route that takes any: a problem document, nothing changed, nothing echoed."""

import json
from typing import Any

import pytest

from cocreate.http.bodies import BODY_BYTES_MAX
from cocreate.http.route import Route
from cocreate.http.routes.api import API
from tests.http.house import House, Room, opened_room

WRITES = [route for route in API if route.body is not None]
JSON = {"Content-Type": "application/json"}
SECRET = "Zebrafinch"
ZEROS = {"uuid": "00000000-0000-4000-8000-000000000000", "pseudonym": "f" * 32}
WELL_FORMED = {
    "participant": ZEROS["pseudonym"],
    "facilitator": ZEROS["pseudonym"],
    "position": "0",
    "tile": "0/000",
}


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


def address(route: Route, room: Room) -> str:
    """The route's address with ids of the right form; those of things that exist where the room has them."""
    named = dict.fromkeys(("batch", "cluster", "commitment", "decision"), ZEROS["uuid"])
    names = {"facilitator": ZEROS["pseudonym"], **named, **room.names}
    path = route.path
    for name in route.path_fields:
        path = path.replace(f"{{{name}}}", names[name])
    return path


BODIES: list[tuple[str, bytes, dict[str, str], int, str]] = [
    ("not JSON", b'{"text": "Zebrafinch', JSON, 400, "json-malformed"),
    ("not an object", b'["Zebrafinch"]', JSON, 400, "json-malformed"),
    ("a name twice", b'{"text": "Zebrafinch", "text": "b"}', JSON, 400, "json-malformed"),
    ("not UTF-8", b'{"text": "Zebrafinch \xff"}', JSON, 400, "json-malformed"),
    ("NaN", b'{"starts_at": NaN}', JSON, 400, "json-malformed"),
    ("a number of 5000 digits", b'{"starts_at": ' + b"9" * 5000 + b"}", JSON, 400, "json-malformed"),
    ("deep", b'{"text": ' + b"[" * 20 + b"]" * 20 + b"}", JSON, 400, "json-malformed"),
    ("very deep", b'{"text": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", JSON, 400, "json-malformed"),
    ("an unknown member", b'{"Zebrafinch sings": "Zebrafinch"}', JSON, 422, "body-invalid"),
    ("half a surrogate pair", b'{"text": "Zebrafinch \\ud800"}', JSON, 422, "body-invalid"),
    ("a form", b"text=Zebrafinch", {"Content-Type": "application/x-www-form-urlencoded"}, 403, "cross-site"),
    ("XML", b"<text>Zebrafinch</text>", {"Content-Type": "application/xml"}, 415, "content-type-unsupported"),
    (
        "Latin 1",
        b"{}",
        {"Content-Type": "application/json; charset=latin-1"},
        415,
        "content-type-unsupported",
    ),
    ("huge", b'{"text": "' + b"a" * BODY_BYTES_MAX + b'"}', JSON, 413, "body-too-large"),
]


@pytest.mark.parametrize("route", WRITES, ids=lambda route: route.path)
async def test_a_body_that_does_not_fit_changes_nothing(room: Room, route: Route) -> None:
    """Each kind of bad body gets its own problem at every route, and no text comes back."""
    path = address(route, room)
    before = await room.head(), await sessions_and_seats(room)
    for name, body, headers, status, problem in BODIES:
        answer = await room.facilitator.ask("POST", path, data=body, headers=headers)
        assert (answer.status, answer.problem) == (status, problem), (name, answer.body)
        assert SECRET.encode() not in answer.body, name
    assert (await room.head(), await sessions_and_seats(room)) == before


async def sessions_and_seats(room: Room) -> Any:
    return [(await person.get("/api/session")).json for person in (room.facilitator, room.anonymous)]


@pytest.mark.parametrize("route", [r for r in WRITES if r.command], ids=lambda route: route.path)
async def test_a_key_that_does_not_fit_changes_nothing(room: Room, route: Route) -> None:
    """An idempotency key that is cut or mangled would let a repeat count twice."""
    path, before = address(route, room), await room.head()
    body = sample(route)
    for key in ("", "x" * 201, "caf\u00e9"):
        headers = {"Idempotency-Key": key, **JSON}
        answer = await room.facilitator.ask("POST", path, data=json.dumps(body), headers=headers)
        assert answer.status == 422, answer.body
        assert answer.problem in ("key-invalid", "body-invalid")
    assert await room.head() == before


def sample(route: Route) -> dict[str, Any]:
    """Members that fit most bodies; the key is read after the body."""
    ending = WHOLE.get(route.path.rsplit("/", 1)[1], {})
    known = {
        "text": "Words", "title": "T", "host": "H", "starts_at": 1, "ends_at": 2, "name": "N", "role": "scribe",
        "question": "Q", "activities": [], "settings": {}, "tags": [], "position": 1, "field": "text",
        "choice": 1, "idea": ZEROS["uuid"], "rules": {"method": "opinion"}, "reason": "Why", "what": "What", "why": "Why",
        "who": "Who", "due": 1, "ideas": [ZEROS["uuid"]], "participant": ZEROS["pseudonym"], "label": "box-1", **ending,
    }  # fmt: skip
    assert route.body is not None
    fields = route.body.model_fields.items()
    return {
        name: known[name]
        for name, field in fields
        if field.is_required() and name in known and name not in route.path_fields
    }


@pytest.mark.parametrize(
    "route",
    [r for r in API if len(r.path_fields) > 1 or r.path_fields == ("workshop",)],
    ids=lambda r: f"{r.method} {r.path}",
)
async def test_what_does_not_exist_is_not_found(room: Room, route: Route) -> None:
    """Unknown ids and ids of another form are 404 for everybody, and no workshop comes into being by being asked for."""
    unknown = route.path
    for name in route.path_fields:
        unknown = unknown.replace(f"{{{name}}}", WELL_FORMED.get(name, ZEROS["uuid"]))
    malformed = route.path
    for name in route.path_fields:
        malformed = malformed.replace(f"{{{name}}}", "..%2f..")
    body = {"json": sample(route)} if route.body else {}
    asked = QUERIES.get(route.path.rsplit("/", 1)[1], "")
    answer = await room.facilitator.ask(route.method, unknown + asked, **body)
    assert (answer.status, answer.problem) == (404, "workshop-not-found"), answer.body
    assert (await room.facilitator.ask(route.method, malformed, **body)).status == 404
    assert await room.house.head(ZEROS["uuid"]) == 0


QUERIES = {"what-if": "?method=approval"}
"""What a route must be asked with, by its last part."""

WHOLE: dict[str, dict[str, Any]] = {
    "hide": {"reason": "off_topic"},
    "void": {"reason": "mistake"},
    "remove": {"reason": "conduct"},
    "erase": {"reason": "requested"},
    "reopen": {"reason": "More to say"},
    "answer": {"answer": "accepted"},
    "update": {"state": "kept"},
}


async def test_a_pointer_names_the_place_and_what_was_expected(room: Room) -> None:
    """The client learns where and what, in the names it sent."""
    body = {
        "question": "Q",
        "rules": {"method": "approval", "choices_max": "2", "seats": 1},
        "options": ["x"],
        "s": 1,
    }
    answer = await room.facilitator.post(f"{room.path}/rounds", body)
    pointers = {error["pointer"] for error in answer.json["errors"]}
    assert {"#/rules/choices_max", "#/options/0", "#/s"} <= pointers
    assert len(pointers) == len(answer.json["errors"])
    missing = await room.facilitator.post(f"{room.path}/ideas", {})
    assert missing.json["errors"] == [{"pointer": "#/text", "detail": "Field required"}]


async def test_numbers_and_texts_are_not_taken_for_one_another(room: Room) -> None:
    """Strict as the document says: "1" is no number, 1 is no text."""
    for body in (
        {"starts_at": "1", "ends_at": 2},
        {"starts_at": 1.5, "ends_at": 2},
        {"starts_at": True, "ends_at": 2},
    ):
        assert (await room.facilitator.post(f"{room.path}/reschedule", body)).problem == "body-invalid"
    assert (await room.participant.post(f"{room.path}/ideas", {"text": 7})).problem == "body-invalid"


async def test_a_body_cannot_say_what_the_address_says(room: Room) -> None:
    """Two places for one fact would be two facts."""
    body = {"text": "New", "idea": room.names["second"]}
    answer = await room.participant.post(room.fill(f"{room.path}/ideas/{{idea}}/edit"), body)
    assert answer.json["errors"][0]["pointer"] == "#/idea"


async def test_an_empty_body_is_an_object_without_members(room: Room) -> None:
    """Commands without members need no body and no content type."""
    answer = await room.facilitator.ask("POST", f"{room.path}/close")
    assert answer.status == 201


@pytest.mark.parametrize(
    "query",
    [
        "at=x",
        "at=-1",
        "at=1.0",
        "at=1&at=2",
        "audience=king",
        "until=3",
        "at=2024-13-01T00:00:00Z",
        "at=%00",
        "at=+1",
    ],
)
async def test_a_query_that_does_not_fit_is_told(room: Room, query: str) -> None:
    """A misspelt parameter is not silently the present."""
    answer = await room.anonymous.get(f"{room.path}?{query}")
    assert (answer.status, answer.problem) == (400, "query-invalid")


async def test_states_that_do_not_permit_it_are_conflicts(room: Room) -> None:
    """Closed round, unknown option, lower counter: 409 with the facts, nothing written."""
    ballot = room.fill(f"{room.path}/rounds/{{round}}/ballot")
    await room.participant.do(ballot, {"choice": [room.names["idea"]], "counter": 3})
    before = await room.head()
    superseded = await room.participant.post(ballot, {"choice": [], "counter": 2})
    assert (superseded.status, superseded.problem) == (409, "ballot-superseded")
    assert superseded.json["facts"] == {"counter": 2, "standing": 3}
    unknown = await room.participant.post(ballot, {"choice": [room.names["second"]]})
    assert (unknown.status, unknown.problem) == (409, "option-unknown")
    wrong = await room.participant.post(ballot, {"choice": 1})
    assert (wrong.status, wrong.problem) == (422, "choice-malformed")
    assert await room.head() == before
    await room.facilitator.do(room.fill(f"{room.path}/rounds/{{round}}/void"), {"reason": "mistake"})
    closed = await room.participant.post(ballot, {"choice": []})
    assert (closed.status, closed.problem) == (409, "round-not-open")
