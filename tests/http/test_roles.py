"""Who may do what: every route with every role, in one table."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from cocreate.http.routes.api import API
from cocreate.http.routes.record_log import PREFIX
from tests.http.house import CREATE, House, Room, opened_room

ROLES = ("anonymous", "host", "participant", "scribe", "facilitator")
W = "/api/workshops/{workshop}"
ANYONE = frozenset(ROLES)
PEOPLE = frozenset({"participant", "scribe"})
SEATED = frozenset({"participant", "scribe", "facilitator"})
ENTERING = frozenset({"scribe", "facilitator"})
FACILITATOR = frozenset({"facilitator"})
AUTHOR = frozenset({"participant"})
AUTHOR_OR_FACILITATOR = frozenset({"participant", "facilitator"})
HOSTS = frozenset({"host", "facilitator"})
MERGE = {"ideas": ["{idea}"], "votes": "union", "note": "They say the same"}
CLUSTER = {"name": "Places", "ideas": ["{second}"]}
PROMISE = {"who": "The council", "what": "Twelve benches", "due": 9}
DECISION = {"what": "Benches", "why": "Most wanted", "ideas": ["{idea}"]}
REASON = {"reason": "off_topic"}


class Case(NamedTuple):
    """A route, what is sent, who may; `before`: what the facilitator does first."""

    method: str
    path: str
    may: frozenset[str]
    body: Any = None
    before: Sequence[tuple[str, Any]] = ()
    opened: bool = True


def read(path: str, may: frozenset[str] = ANYONE) -> Case:
    return Case("GET", path, may)


def write(path: str, may: frozenset[str], body: Any = None, **more: Any) -> Case:
    return Case("POST", W + path, may, body, **more)


CLOSED = [("/rounds/{round}/close", None)]
PAPERED = [
    ("/rounds/{round}/paper", {"participant": "{scribe}"}),
    *CLOSED,
    ("/rounds/{round}/paper/batches", {"label": "box-1", "ballots": [[]]}),
]
CERTIFIED = [*CLOSED, ("/rounds/{round}/certify", None)]
ENDED = [("/close", None)]
SETTLED = [
    ("/rounds/{round}/void", {"reason": "mistake"}),
    ("/rounds/{opinion}/void", {"reason": "mistake"}),
]
CASES = (
    read("/healthz"),
    read("/readyz"),
    read("/api"),
    read("/api/openapi.json"),
    read("/problems/round-not-open"),
    read("/api/session"),
    read("/api/workshops"),
    read("/api/codes/{code}"),
    read(W),
    *(
        read(f"{W}/{name}")
        for name in (
            "workshop",
            "agenda",
            "ideas",
            "comments",
            "rounds",
            "options",
            "tallies",
            "turnouts",
            "clusters",
            "decisions",
            "commitments",
        )
    ),
    read(f"{W}/participants"),
    read(f"{W}/participation"),
    read(f"{W}/me", SEATED),
    read(f"{W}/timeline"),
    read(f"{W}/entries"),
    read(f"{W}/join-code"),
    read(f"{W}/live"),
    *(
        read(f"{PREFIX}/{path}")
        for path in ("checkpoint", "cosigned", "vkey", "tile/{tile}", "receipts/{position}")
    ),
    read(W + "/rounds/{round}/voted", FACILITATOR),
    Case("GET", W + "/rounds/{round}/steps", ANYONE, before=CERTIFIED),
    Case(
        "GET",
        W + "/rounds/{opinion}/what-if?method=approval",
        ANYONE,
        before=[("/rounds/{opinion}/close", None), ("/close", None), ("/rounds/{opinion}/certify", None)],
    ),
    read(W + "/rounds/{opinion}/offer", SEATED),
    write("/ideas/similar", SEATED, {"text": "Better benches on every square"}),
    read(W + "/rounds/{opinion}/groups"),
    Case("POST", "/api/session", ANYONE),
    Case("DELETE", "/api/session", ANYONE),
    Case("POST", "/api/links", ANYONE, {"token": "{link}"}),
    Case("POST", "/api/workshops", HOSTS, CREATE),
    write("/return-link", SEATED),
    write("/join", ANYONE),
    write("/leave", PEOPLE),
    write("/people", ENTERING, {"name": "Grace"}),
    write("/facilitators", FACILITATOR),
    write("/facilitators/{other}/remove", FACILITATOR, before=[("/facilitators", None)]),
    write("/settings", FACILITATOR, {"settings": {"tags": ["green"]}}),
    write(
        "/agenda", FACILITATOR, {"activities": [{"kind": "vote"}, {"kind": "collect", "id": "{activity}"}]}
    ),
    write("/activities/{activity}/start", FACILITATOR, before=[("/activities/{activity}/end", None)]),
    write("/activities/{activity}/end", FACILITATOR),
    write("/open", FACILITATOR, opened=False),
    write("/cancel", FACILITATOR, {"note": "Rain"}, opened=False),
    write("/reschedule", FACILITATOR, {"starts_at": 5, "ends_at": 6}),
    write("/close", FACILITATOR),
    write("/reopen", FACILITATOR, {"reason": "One thing more"}, before=[*SETTLED, *ENDED]),
    write("/seal", FACILITATOR, before=[*SETTLED, *ENDED]),
    write("/ideas", SEATED - FACILITATOR, {"text": "Water"}),
    write("/ideas/{idea}/edit", AUTHOR_OR_FACILITATOR, {"text": "Better benches"}),
    write("/ideas/{idea}/withdraw", AUTHOR),
    write("/ideas/{idea}/approve", FACILITATOR),
    write("/ideas/{idea}/hide", FACILITATOR, REASON),
    write("/ideas/{idea}/restore", FACILITATOR, before=[("/ideas/{idea}/hide", REASON)]),
    write("/ideas/{idea}/tags", AUTHOR_OR_FACILITATOR, {"tags": []}),
    write("/ideas/{idea}/comments", PEOPLE, {"text": "Fine"}),
    write("/ideas/{idea}/answer", FACILITATOR, {"answer": "rejected", "reason": "No money"}),
    write("/ideas/{second}/merge", FACILITATOR, MERGE, before=SETTLED),
    write(
        "/ideas/{second}/unmerge",
        FACILITATOR,
        {"ideas": ["{idea}"]},
        before=[*SETTLED, ("/ideas/{second}/merge", MERGE)],
    ),
    write("/clusters", FACILITATOR, CLUSTER),
    write("/clusters/{cluster}/name", FACILITATOR, {"name": "Streets"}, before=[("/clusters", CLUSTER)]),
    write("/clusters/{cluster}/ideas", FACILITATOR, {"ideas": ["{idea}"]}, before=[("/clusters", CLUSTER)]),
    write("/ideas/uncluster", FACILITATOR, {"ideas": ["{second}"]}, before=[("/clusters", CLUSTER)]),
    write("/decisions", FACILITATOR, DECISION),
    write(
        "/decisions/{decision}/amend",
        FACILITATOR,
        {**DECISION, "reason": "More money"},
        before=[("/decisions", DECISION)],
    ),
    write("/commitments", FACILITATOR, PROMISE),
    write(
        "/commitments/{commitment}/update",
        FACILITATOR,
        {"state": "kept", "evidence": "https://example.org"},
        before=[("/commitments", PROMISE)],
    ),
    write("/comments/{comment}/withdraw", AUTHOR),
    write("/comments/{comment}/hide", FACILITATOR, REASON),
    write("/comments/{comment}/restore", FACILITATOR, before=[("/comments/{comment}/hide", REASON)]),
    write("/rounds", FACILITATOR, {"question": "Q?", "rules": {"method": "support"}, "options": ["{idea}"]}),
    write("/rounds/{opinion}/options", FACILITATOR, {"idea": "{second}"}),
    write("/rounds/{round}/close", FACILITATOR),
    write("/rounds/{round}/void", FACILITATOR, {"reason": "mistake"}),
    write("/rounds/{round}/certify", FACILITATOR, before=CLOSED),
    write("/rounds/{round}/paper", ENTERING, {"participant": "{scribe}"}),
    write(
        "/rounds/{round}/paper/batches",
        ENTERING,
        {"label": "box-2", "ballots": [["{idea}"]]},
        before=[*PAPERED[:-1]],
    ),
    write("/rounds/{round}/paper/batches/{batch}/check", ENTERING, {"ballots": [[]]}, before=PAPERED),
    # Whoever entered it, here the facilitator, or a facilitator.
    write("/rounds/{round}/paper/batches/{batch}/void", FACILITATOR, {"reason": "mistake"}, before=PAPERED),
    write("/rounds/{round}/contest", SEATED, {"reason": "Counted twice"}, before=CERTIFIED),
    write(
        "/rounds/{round}/recertify",
        FACILITATOR,
        before=[*CERTIFIED, ("/rounds/{round}/contest", {"reason": "Counted twice"})],
    ),
    write(
        "/rounds/{round}/override", FACILITATOR, {"options": ["{idea}"], "reason": "Safety"}, before=CERTIFIED
    ),
    write("/rounds/{round}/ballot", PEOPLE, {"choice": ["{idea}"]}),
    write("/rounds/{round}/ballot/withdraw", PEOPLE),
    write("/participants/{participant}/name", AUTHOR, {"name": "Ada L."}),
    write("/participants/{participant}/role", FACILITATOR, {"role": "scribe"}),
    write("/participants/{participant}/remove", FACILITATOR, {"reason": "conduct"}),
    write(
        "/participants/{participant}/readmit",
        FACILITATOR,
        before=[("/participants/{participant}/remove", {"reason": "conduct"})],
    ),
    write("/texts/erase", AUTHOR_OR_FACILITATOR, {"position": 0, "field": "text", "reason": "requested"}),
    write("/erase", AUTHOR_OR_FACILITATOR, {"participant": "{participant}", "reason": "requested"}),
)


def pattern(case: Case) -> tuple[str, str]:
    path = (
        case.path.partition("?")[0]
        .replace("{opinion}", "{round}")
        .replace("{other}", "{facilitator}")
        .replace("{second}", "{idea}")
    )
    return case.method, path.replace("/problems/round-not-open", "/problems/{type}")


def filled(room: Room, body: Any) -> Any:
    if isinstance(body, str):
        return room.fill(body)
    if isinstance(body, list):
        return [filled(room, one) for one in body]
    if isinstance(body, dict):
        return {name: filled(room, one) for name, one in body.items()}
    return body


def test_the_table_has_every_route() -> None:
    """A route that nobody thought of is a route that anybody may use."""
    assert {pattern(case) for case in CASES} == {(route.method, route.path) for route in API}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method} {case.path.removeprefix(W)}")
async def test_who_may(house: House, case: Case) -> None:
    """Who may, can; who may not gets 403, and nothing changes."""
    room = await opened_room(house, opened=case.opened)
    for path, body in case.before:
        receipt = await room.facilitator.do(
            W.replace("{workshop}", room.id) + room.fill(path), filled(room, body)
        )
        room.names["decision"] = room.names["cluster"] = room.names["commitment"] = receipt.get("id", "")
        room.names["other"] = receipt.get("facilitator", "")
        room.names["batch"] = receipt.get("batch", "")
    room.names["code"] = (await room.anonymous.get(f"{room.path}/join-code")).json.get("code", "")
    answers = [await _try(room, case, role) for role in ROLES]
    first = next(status for role, status in zip(ROLES, answers, strict=True) if role in case.may)
    assert first < 300, "the first who may finds the state that permits it; later ones may come too late"


async def _try(room: Room, case: Case, role: str) -> int:
    room.names["link"] = await room.house.service.doors.host_link()
    person, path = room.person(role), room.fill(case.path)
    before = await room.head()
    if path.endswith("/live"):
        async with await person.stream(path) as response:
            return response.status
    body = filled(room, case.body)
    if path.endswith("/texts/erase"):
        body = body | {"position": await _position_of_idea(room)}
    answer = await person.ask(case.method, path, **({"json": body} if body is not None else {}))
    if role in case.may:
        assert answer.status in (200, 201, 204, 409), (role, answer.body)
    else:
        assert answer.status in (403, 404), (role, answer.body)
        assert answer.problem
        assert await room.head() == before, role
    return answer.status


async def _position_of_idea(room: Room) -> int:
    ideas = (await room.facilitator.get(f"{room.path}/ideas")).json["items"]
    return int(ideas[0]["text_at"])
