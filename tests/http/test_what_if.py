"""A certified round counted another way: in the API and on a page, never before its results show, never for long."""

import asyncio
import re
from typing import Any

import pytest

from cocreate.application import what_if
from cocreate.projections.outcome import otherwise
from tests.http.house import House, Room, opened_room

HTML = {"Accept": "text/html"}


@pytest.fixture
async def room(house: House) -> Room:
    """One with a support round in which Ada supports the shade and the scribe both."""
    room = await opened_room(house)
    ideas = [room.names["idea"], room.names["second"]]
    asked = {"question": "Which?", "rules": {"method": "support"}, "options": ideas, "grace_ms": 0}
    room.names["support"] = (await room.facilitator.do(f"{room.path}/rounds", asked))["id"]
    await room.participant.do(room.fill(f"{room.path}/rounds/{{support}}/ballot"), {"choice": [ideas[1]]})
    await room.scribe.do(room.fill(f"{room.path}/rounds/{{support}}/ballot"), {"choice": ideas})
    return room


async def certify(room: Room) -> None:
    await room.facilitator.do(room.fill(f"{room.path}/rounds/{{support}}/close"))
    await room.facilitator.do(room.fill(f"{room.path}/rounds/{{support}}/certify"))


def address(room: Room, query: str = "?method=approval") -> str:
    return room.fill(f"{room.path}/rounds/{{support}}/what-if{query}")


async def test_the_other_count_stands_beside_the_certified_one(room: Room) -> None:
    await certify(room)
    found = (await room.anonymous.get(address(room))).json
    second, idea = room.names["second"], room.names["idea"]
    assert (found["method"], found["instead_of"], found["reading"]) == ("approval", "support", "as_cast")
    assert found["rows"] == [[idea, 1], [second, 2]]
    assert (found["elected"], found["certified"]["elected"]) == ([second], [])
    assert found["steps"] == [{"step": "elected", "seat": 1, "option": second, "approvals": 2}]
    two = (await room.anonymous.get(address(room, "?method=approval&seats=2"))).json
    assert two["elected"] == [second, idea]


async def test_nothing_is_counted_before_the_result_is_certified(room: Room) -> None:
    """Open or closed; whoever asks."""
    for person in (room.anonymous, room.participant, room.facilitator):
        answer = await person.get(address(room))
        assert (answer.status, answer.problem) == (409, "round-state-conflict")
        page = await person.get(
            room.fill(f"/w/{room.id}/results/{{support}}/what-if?method=approval"), headers=HTML
        )
        assert page.status == 404


async def test_what_the_ballots_do_not_say_is_refused_with_what_they_do(room: Room) -> None:
    await certify(room)
    answer = await room.anonymous.get(address(room, "?method=schulze"))
    assert (answer.status, answer.problem) == (409, "count-impossible")
    assert "approval" in answer.json["detail"]
    for query in ("", "?method=dictator", "?method=approval&seats=0"):
        assert (await room.anonymous.get(address(room, query))).problem == "query-invalid"
    nowhere = f"{room.path}/rounds/00000000-0000-4000-8000-000000000000/what-if?method=approval"
    assert (await room.anonymous.get(nowhere)).problem == "round-not-found"


async def test_the_page_tells_both_in_words(room: Room) -> None:
    """Reached from the result, and it says that it is not the result."""
    await certify(room)
    result = room.fill(f"/w/{room.id}/results/{{support}}")
    assert (
        f"{result}/what-if?method=approval" in (await room.anonymous.get(result, headers=HTML)).body.decode()
    )
    page = (await room.anonymous.get(f"{result}/what-if?method=approval", headers=HTML)).body.decode()
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    for words in (
        "Not the result.",
        "The certified count adds up and chooses nothing; this one chooses.",
        "Each ballot is taken as it was cast.",
        "Place 1: “Shade” with 2 approvals.",
    ):
        assert words in told, told
    assert (await room.anonymous.get(f"{result}/what-if?method=stv", headers=HTML)).status == 404


async def test_a_count_is_made_once_and_not_many_wait_for_one(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks for the same gets the same; who comes to a full queue is asked to come again."""
    await certify(room)
    counts: list[Any] = []

    def count(*asked: Any) -> Any:
        counts.append(asked)
        return otherwise(*asked)

    monkeypatch.setattr(what_if, "otherwise", count)
    answers = await asyncio.gather(*(room.anonymous.get(address(room)) for _ in range(5)))
    assert len({answer.body for answer in answers}) == 1
    assert len(counts) == 1
    monkeypatch.setattr(what_if, "WAITING_MAX", 0)
    answer = await room.anonymous.get(address(room))
    assert (answer.status, answer.problem) == (503, "queue-full")
