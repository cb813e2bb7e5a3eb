"""Hidden results are hidden everywhere: in no answer, stream or log of the API can anybody read how somebody voted."""

import json
from collections.abc import Iterator
from typing import Any

import structlog

from cocreate.http.gate import GATE
from tests.http.house import House, Room, opened_room

READS = (
    "", "/ideas", "/rounds", "/options", "/tallies", "/turnouts", "/participation", "/participants", "/timeline", "/entries",
    "/workshop", "/agenda", "/comments", "/join-code", "/rounds/{round}/voted", "/rounds/{round}/steps", "/rounds/{round}/groups",
)  # fmt: skip


async def every_answer(room: Room, role: str) -> list[Any]:
    """What the role can read, every path, past positions as well."""
    person = room.person(role)
    paths = [*map(room.fill, READS), *(f"?at={at}" for at in range(0, await room.head(), 3))]
    return [(await person.get(room.path + path)).json for path in paths]


def marks(answers: Any) -> Iterator[Any]:
    """Every tally, anywhere."""
    if isinstance(answers, dict):
        if "marks" in answers:
            yield answers
        answers = list(answers.values())
    if isinstance(answers, list):
        for one in answers:
            yield from marks(one)


async def test_nothing_of_a_hidden_round_is_read(house: House) -> None:
    """No tally, no ballot's entry and no voter's name, for any role; after the certificate all of it."""
    room = await opened_room(house)
    ballots = room.fill(f"{room.path}/rounds/{{round}}/ballot")
    receipt = await room.scribe.do(ballots, {"choice": []})
    voter = receipt["aggregates"][0].split("/")[1]
    for role in ("anonymous", "participant", "scribe", "host", "facilitator"):
        answers = await every_answer(room, role)
        assert [tally for tally in marks(answers) if tally["round"] == room.names["round"]] == [], role
        told = json.dumps(answers)
        assert voter not in told, role
        assert "BallotCast" not in told, role
        assert receipt["command"] not in told, role
    own = (await room.scribe.get(f"{room.path}/me")).json
    assert next(one for one in own["ballots"] if one["round"] == room.names["round"])["choice"] == []
    assert own["tallies"] == []
    await room.facilitator.do(room.fill(f"{room.path}/rounds/{{round}}/close"))
    await room.facilitator.post(room.fill(f"{room.path}/rounds/{{round}}/certify"))
    shown = await every_answer(room, "anonymous")
    assert any(tally["round"] == room.names["round"] for tally in marks(shown))
    assert voter in json.dumps(shown)


async def test_after_ones_own_ballot_totals_are_personal(house: House) -> None:
    """Who has voted sees the totals on their own page; nobody sees them on a shared one."""
    room = await opened_room(house)
    rules = {
        "question": "Which?", "rules": {"method": "support"}, "options": [room.names["idea"]], "results": "after_own_ballot",
    }  # fmt: skip
    round_id = (await room.facilitator.do(f"{room.path}/rounds", rules))["id"]
    stream = await room.participant.stream(f"{room.path}/live")
    await room.participant.do(f"{room.path}/rounds/{round_id}/ballot", {"choice": [room.names["idea"]]})
    own = (await room.participant.get(f"{room.path}/me")).json["tallies"]
    assert [tally["marks"] for tally in own] == [{"supporters": 1}]
    assert (await room.scribe.get(f"{room.path}/me")).json["tallies"] == []
    for role in ("anonymous", "participant", "facilitator"):
        assert [one for one in marks(await every_answer(room, role)) if one["round"] == round_id] == []
    told = b""
    while b'"ballots":1' not in told:
        told += await stream.content.readany()
    assert b"marks" not in told
    stream.close()


async def test_logs_of_ballot_routes_lead_to_nobody(house: House) -> None:
    """A line says how many ballots came in a moment, neither whose nor when each; no line holds a name, a token or a choice."""
    room = await opened_room(house)
    token = next(cookie.value for cookie in room.participant.client.cookie_jar)
    assert house.runner.app is not None
    house.runner.app[GATE].tell()
    with structlog.testing.capture_logs() as lines:
        receipt = await room.participant.do(
            room.fill(f"{room.path}/rounds/{{round}}/ballot"), {"choice": [room.names["idea"]]}, key="my key"
        )
        await room.participant.post(room.fill(f"{room.path}/rounds/{{round}}/ballot"), {"choice": 1})
        await room.participant.post(room.fill("{path}"), {})
        await room.participant.do(f"{room.path}/ideas", {"text": "Zebrafinch"})
        await room.participant.get("/api/codes/ABCDEF")
        house.runner.app[GATE].tell()
    refused = next(line for line in lines if line["event"] == "request" and "/ballot" in str(line["route"]))
    (taken,) = [line for line in lines if line["event"] == "requests"]
    for ballot in (taken, refused):
        assert ballot["route"].endswith("/rounds/{round}/ballot")
    assert set(refused) == {"event", "log_level", "method", "route", "workshop", "status", "problem", "ms"}
    assert set(taken) == {"event", "log_level", "method", "route", "workshop", "status", "count", "ms_max"}
    assert (taken["count"], refused["status"]) == (1, 422)
    told = json.dumps(lines)
    for secret in (
        token,
        room.names["participant"],
        room.names["idea"],
        receipt["command"],
        "my key",
        "Zebrafinch",
        "ABCDEF",
    ):
        assert secret not in told
