"""Attacks of readers: on results before their release, on what only people who are here may see, on what is somebody else's."""

import asyncio
from typing import Any

import pytest

from tests.http.house import PATIENCE_S, Answer, House, Person, Room, opened_room

HTML = {"Accept": "text/html"}
NAMED = {
    "approval_first": False, "facilitator_sees_names": True, "participants_see_names": True,
    "join": "open_code", "paused": False, "tags": [],
}  # fmt: skip
OF_THE_VOTE = "Results: Which?"
"""What the table of results of the rounds in which people have voted is called."""


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


async def page(person: Person, room: Room, path: str) -> Answer:
    return await person.get(f"/w/{room.id}{path}", headers=HTML, allow_redirects=False)


async def vote_as(person: Person, room: Room) -> str:
    """A round that shows each voter its totals, in which this person has voted."""
    asked = {
        "question": "Which?", "rules": {"method": "support"}, "options": [room.names["idea"]], "results": "after_own_ballot",
    }  # fmt: skip
    round_id: str = (await room.facilitator.do(f"{room.path}/rounds", asked))["id"]
    await person.do(f"{room.path}/rounds/{round_id}/ballot", {"choice": [room.names["idea"]]})
    return round_id


async def test_the_projector_shows_no_totals_that_only_its_browser_may_see(room: Room) -> None:
    """Whoever opens the screen may have voted; the room that reads it may not have."""
    await room.facilitator.do(f"{room.path}/join")
    round_id = await vote_as(room.facilitator, room)
    await vote_as(room.participant, room)
    await room.participant.do(f"{room.path}/leave")
    assert (await room.facilitator.get(f"{room.path}/me")).json["tallies"]
    for person in (room.facilitator, room.participant):
        for show in ("auto", "vote", "results"):
            shown = (await page(person, room, f"/screen?show={show}")).body.decode()
            assert OF_THE_VOTE not in shown, show
    assert OF_THE_VOTE in (await page(room.facilitator, room, f"/vote/{round_id}")).body.decode()


async def test_the_slider_shows_no_totals_of_now_as_those_of_then(room: Room) -> None:
    """Own totals are those of the head; a past moment before the ballot had none."""
    await vote_as(room.participant, room)
    at = await room.head() - 2
    shown = (await page(room.participant, room, f"/record?at={at}")).body.decode()
    assert shown.count("Its numbers may not be seen yet") == 2


async def ways_out(room: Room, way: str) -> None:
    person = f"{room.path}/participants/{room.names['participant']}"
    if way == "removed":
        await room.facilitator.do(f"{person}/remove", {"reason": "conduct"})
    elif way == "left":
        await room.participant.do(f"{room.path}/leave")
    else:
        await room.facilitator.do(
            f"{room.path}/erase", {"participant": room.names["participant"], "reason": "unlawful"}
        )


@pytest.mark.parametrize("way", ["removed", "left", "erased"])
async def test_who_is_no_longer_here_reads_what_the_public_reads(room: Room, way: str) -> None:
    """No names, no code to come in again by, no stream of participants; what is their own stays theirs unless erased."""
    await room.facilitator.do(f"{room.path}/settings", {"settings": NAMED})
    await room.scribe.do(f"{room.path}/participants/{room.names['scribe']}/name", {"name": "Grace Hopper"})
    await room.scribe.do(f"{room.path}/ideas", {"text": "Shade"})
    before = (await room.participant.get(f"{room.path}/ideas")).json
    assert (before["audience"], "Grace Hopper" in str(before)) == ("participant", True)
    stream = await room.participant.stream(f"{room.path}/live?audience=participant")
    await ways_out(room, way)

    async with asyncio.timeout(PATIENCE_S):
        told = await stream.content.readuntil(b'"audience"}')
    assert told.endswith(b'event: bye\ndata: {"reason":"audience"}')
    code = await room.house.service.doors.code_of(room.id)
    assert code is not None
    after = (await room.participant.get(f"{room.path}/ideas")).json
    assert (after["audience"], "Grace Hopper" in str(after)) == ("public", False)
    for audience in ("participant", "facilitator"):
        refused = await room.participant.get(f"{room.path}/ideas?audience={audience}")
        assert refused.status == 403
        assert (await room.participant.get(f"{room.path}/live?audience={audience}")).status == 403
    for path in ("/screen", "/ideas", "", "/record"):
        shown = (await page(room.participant, room, path)).body.decode()
        assert "Grace Hopper" not in shown
        assert code not in shown
    own = await room.participant.get(f"{room.path}/me")
    assert own.status == (403 if way == "erased" else 200)


async def test_a_removed_facilitator_who_never_joined_is_nobody_special(room: Room) -> None:
    """The seat is still there; what it was for is not."""
    added = await room.facilitator.do(f"{room.path}/facilitators")
    second = room.house.person()
    await second.do("/api/links", {"token": added["link"]["token"]})
    assert (await second.get(f"{room.path}/rounds")).json["audience"] == "facilitator"
    await room.facilitator.do(f"{room.path}/facilitators/{added['facilitator']}/remove")
    assert (await second.get(f"{room.path}/rounds")).json["audience"] == "public"


async def test_a_browser_that_is_somebody_else_now_gets_no_304_for_the_one_before(room: Room) -> None:
    """A return link may seat the same session as another person, and no entry is written."""
    first: Any = await room.participant.get(f"{room.path}/me")
    link = await room.scribe.do(f"{room.path}/return-link")
    head = await room.head()
    await room.participant.do("/api/links", {"token": link["token"]})
    assert await room.head() == head
    again = await room.participant.get(f"{room.path}/me", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 200
    assert again.json["participant"] == room.names["scribe"]


async def test_a_link_made_before_an_erasure_makes_nobody_that_person(room: Room) -> None:
    """Their ballots stand; whoever still holds the link must not read them as their own."""
    link = await room.participant.do(f"{room.path}/return-link")
    await room.participant.do(f"{room.path}/erase", {"reason": "requested"})
    finder = room.house.person()
    taken = await finder.post("/api/links", {"token": link["token"]})
    assert (taken.status, taken.problem) == (404, "link-spent")
    assert (await finder.get(f"{room.path}/me")).status == 403
