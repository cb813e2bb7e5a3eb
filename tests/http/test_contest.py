"""A certified result and what is said of it: contested, counted anew, overridden; on its page, in the API, on the console."""

import re
from typing import Any

import pytest

from cocreate.domain.contest import CONTEST_MS
from tests.http.house import Answer, House, Person, Room, opened_room

OWN_PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def room(house: House) -> Room:
    """One whose first round is certified: Ada has chosen the benches."""
    room = await opened_room(house)
    await room.facilitator.do(room.fill(f"{room.path}/rounds/{{round}}/close"))
    await room.facilitator.do(room.fill(f"{room.path}/rounds/{{round}}/certify"))
    return room


def result(room: Room) -> str:
    return room.fill(f"/w/{room.id}/results/{{round}}")


async def words(person: Person, path: str) -> str:
    """What a page says, without its markup."""
    answer = await person.get(path, headers=OWN_PAGE)
    assert answer.status == 200, answer.status
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.body.decode()))


async def send(person: Person, path: str, **fields: Any) -> Answer:
    return await person.ask("POST", path, data=fields, headers=OWN_PAGE, allow_redirects=False)


async def round_of(room: Room) -> Any:
    items = (await room.anonymous.get(f"{room.path}/rounds")).json["items"]
    return next(one for one in items if one["key"] == room.names["round"])


async def test_the_whole_story_stands_on_the_page_for_everybody(room: Room) -> None:
    """Contested by a participant, counted anew, then overridden: in this order, each with its reason."""
    contested = await send(room.participant, f"{result(room)}/contest", reason="My vote is missing")
    assert contested.status == 303
    assert "this waits for an answer" in await words(room.anonymous, result(room))
    console = f"/w/{room.id}/console"
    assert "My vote is missing" in await words(room.facilitator, f"{console}/rounds")
    again = await send(room.facilitator, f"{console}/recertify", round=room.names["round"])
    declared = await send(
        room.facilitator,
        f"{console}/override",
        round=room.names["round"],
        options=room.names["idea"],
        reason="The other one is unsafe",
    )
    assert (again.status, declared.status) == (303, 303)
    told = await words(room.anonymous, result(room))
    places = [
        told.index(one)
        for one in (
            "Not what was counted",
            "The result was certified",
            "My vote is missing",
            "It was counted anew and certified again",
            "The numbers are the same.",
            "A facilitator declared another result",
            "The other one is unsafe",
        )
    ]
    assert places == sorted(places)
    assert "this waits for an answer" not in told


async def test_the_api_tells_the_same_story(room: Room) -> None:
    """Positions name what each is about; the certificate shown is the one that stands."""
    first = (await round_of(room))["certificate"]
    path = room.fill(f"{room.path}/rounds/{{round}}")
    contest = await room.participant.do(f"{path}/contest", {"reason": "Twice"})
    again = await room.facilitator.do(f"{path}/recertify")
    override = await room.facilitator.do(f"{path}/override", {"reason": "Unsafe"})
    found = await round_of(room)
    assert [(one["what"], one.get("of")) for one in found["story"]] == [
        ("certified", None),
        ("contested", first["at"]),
        ("recertified", first["at"]),
        ("overridden", found["certificate"]["at"]),
    ]
    assert found["certificate"]["at"] == again["position"] + again["count"] - 1
    assert found["certificate"]["result_digest"] == first["result_digest"]
    assert found["overridden"] == []
    assert found["changed"] == override["position"] > contest["position"]


async def test_a_contest_can_be_erased_by_who_wrote_it_and_stays_a_contest(room: Room) -> None:
    """Its words go, the fact that somebody contested stays."""
    path = room.fill(f"{room.path}/rounds/{{round}}")
    contest = await room.participant.do(f"{path}/contest", {"reason": "Too much about me"})
    erase = {"position": contest["position"], "field": "reason", "reason": "requested"}
    await room.participant.do(f"{room.path}/texts/erase", erase)
    told = await words(room.anonymous, result(room))
    assert "Too much about me" not in told
    assert "text erased" in told
    await room.facilitator.do(f"{path}/recertify")


async def test_the_form_is_there_for_those_who_may_and_as_long_as_they_may(room: Room) -> None:
    """Not for a passer-by, nor twice for one person, nor after a week."""
    assert "Contest this result" in await words(room.participant, result(room))
    assert "Contest this result" in await words(room.facilitator, result(room))
    assert "Contest this result" not in await words(room.anonymous, result(room))
    await send(room.participant, f"{result(room)}/contest", reason="Why")
    assert "Contest this result" not in await words(room.participant, result(room))
    assert "Contest this result" in await words(room.facilitator, result(room))
    now = room.house.service.clock.now()
    room.house.service.clock.now = lambda: now + CONTEST_MS  # type: ignore[method-assign]  # a week goes by
    assert "Contest this result" not in await words(room.facilitator, result(room))
    late = await room.facilitator.post(room.fill(f"{room.path}/rounds/{{round}}/contest"), {"reason": "Late"})
    assert (late.status, late.problem) == (409, "contest-over")


async def test_an_empty_contest_is_sent_back_with_what_is_missing(room: Room) -> None:
    before = await room.head()
    answer = await send(room.participant, f"{result(room)}/contest", reason="  ")
    assert answer.status == 422
    assert "The reason is missing" in answer.body.decode()
    assert await room.head() == before
