"""Promises on pages: recorded beside a decision, followed until they are kept, also on a sealed record."""

import pytest

from tests.http.house import House, Room, opened_room
from tests.http.test_pages import page, send
from tests.http.test_sorting_pages import words


@pytest.fixture
async def room(house: House) -> Room:
    made = await opened_room(house)
    decision = {"what": "Twelve benches", "why": "Most wanted"}
    made.names["decision"] = (await made.facilitator.do(f"{made.path}/decisions", decision))["id"]
    return made


async def promise(room: Room) -> str:
    """A promise made on the console; its id."""
    sent = {
        "decision": room.names["decision"],
        "who": "The council",
        "what": "Six by spring",
        "due": "2027-04-01",
    }
    answer = await send(room.facilitator, f"/w/{room.id}/console/promise", **sent)
    assert answer.status == 303, answer.body
    (made,) = (await room.anonymous.get(f"{room.path}/commitments")).json["items"]
    return str(made["key"])


async def test_everybody_reads_who_has_promised_what_and_what_became_of_it(room: Room) -> None:
    key = await promise(room)
    before = await words(room, "anonymous", "/outcome")
    assert "Six by spring" in before
    assert "1 April 2027" in before
    assert "<strong>0</strong> of 1 promise kept so far" in before
    news = {
        "commitment": key,
        "state": "kept",
        "note": "They stand",
        "evidence": "https://example.org/benches",
    }
    assert (await send(room.facilitator, f"/w/{room.id}/console/news", **news)).status == 303
    after = await words(room, "anonymous", "/outcome")
    assert "<strong>1</strong> of 1 promise kept so far" in after
    assert '<a class="wrap" rel="nofollow ugc noopener" href="https://example.org/benches">' in after


async def test_evidence_that_is_no_web_address_is_no_link(room: Room) -> None:
    key = await promise(room)
    news = {"commitment": key, "state": "broken", "evidence": "javascript:alert(1)"}
    await send(room.facilitator, f"/w/{room.id}/console/news", **news)
    after = await words(room, "anonymous", "/outcome")
    assert "javascript:alert(1)</span>" in after
    assert 'href="javascript' not in after


async def test_a_day_that_is_none_is_refused_with_what_was_typed(room: Room) -> None:
    form = f"promise-{room.names['decision']}"
    sent = {
        "decision": room.names["decision"],
        "who": "The council",
        "what": "Shade",
        "due": "soon",
        "form": form,
    }
    answer = await send(room.facilitator, f"/w/{room.id}/console/promise", **sent)
    assert answer.status == 422
    assert "The day is missing" in answer.body.decode()
    assert "Shade" in answer.body.decode()


async def test_news_goes_on_when_the_record_is_sealed(room: Room) -> None:
    key = await promise(room)
    for one in ("round", "opinion"):
        await room.facilitator.do(f"{room.path}/rounds/{room.names[one]}/void", {"reason": "mistake"})
    await room.facilitator.do(f"{room.path}/close")
    await room.facilitator.do(f"{room.path}/seal")
    console = (await page(room.facilitator, f"/w/{room.id}/console/decisions")).body.decode()
    assert "News of promise 1" in console
    assert "Record a decision" not in console
    news = {"commitment": key, "state": "kept"}
    assert (await send(room.facilitator, f"/w/{room.id}/console/news", **news)).status == 303
    assert "1</strong> of 1 promise kept so far" in await words(room, "anonymous", "/outcome")
