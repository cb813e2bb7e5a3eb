"""Ideas like a draft, over HTTP: of what everybody may read now, for those who take part; the draft itself goes nowhere."""

import re

import structlog

from cocreate.application import LiveWorkshop
from cocreate.http.gate import GATE
from tests.http.house import Answer, House, Person, Room, opened_room

OWN_PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
BUSES = "Night buses on every line that crosses the ring road."
DRAFT = "night buses crossing the ring road on every line"
REASON = {"reason": "spam"}


async def like(room: Room, draft: str = DRAFT, person: Person | None = None) -> list[str]:
    answer = await (person or room.participant).post(f"{room.path}/ideas/similar", {"text": draft})
    assert answer.status == 200
    return [one["idea"]["key"] for one in answer.json["items"]]


def kept(live: LiveWorkshop) -> bool:
    return live.similar is not None


async def send(person: Person, room: Room, **fields: str) -> Answer:
    fields = {"form": "idea", **fields}
    return await person.ask(
        "POST", f"/w/{room.id}/ideas", data=fields, headers=OWN_PAGE, allow_redirects=False
    )


async def test_a_draft_finds_what_is_like_it_as_soon_as_that_is_there(house: House) -> None:
    """With its words, for every role that takes part; a new idea is found by the next look."""
    room = await opened_room(house)
    assert await like(room) == []
    idea = (await room.participant.do(f"{room.path}/ideas", {"text": BUSES}))["id"]
    for person in (room.participant, room.scribe, room.facilitator):
        assert await like(room, person=person) == [idea]
    found = (await room.scribe.post(f"{room.path}/ideas/similar", {"text": DRAFT})).json
    assert found["items"][0]["idea"]["text"]["texts"] == {"en": BUSES}
    assert 350 <= found["items"][0]["likeness"] <= 1000
    later = (await room.scribe.do(f"{room.path}/ideas", {"text": f"{BUSES} And on Sundays."}))["id"]
    assert await like(room) == [idea, later]


async def test_what_is_not_for_everybody_to_read_is_never_suggested(house: House) -> None:
    """Hidden, withdrawn, edited away, erased, waiting for approval: gone at the next look, for facilitators as well."""
    room = await opened_room(house)

    async def new() -> str:
        made: str = (await room.participant.do(f"{room.path}/ideas", {"text": BUSES}))["id"]
        return made

    idea = await new()
    await room.facilitator.do(f"{room.path}/ideas/{idea}/hide", REASON)
    assert await like(room) == await like(room, person=room.facilitator) == []
    await room.facilitator.do(f"{room.path}/ideas/{idea}/restore")
    assert await like(room) == [idea]
    await room.participant.do(
        f"{room.path}/ideas/{idea}/edit", {"text": "About the harbour, and nothing else."}
    )
    assert await like(room) == []
    await room.participant.do(f"{room.path}/ideas/{idea}/withdraw")
    assert await like(room, "about the harbour and nothing else") == []

    receipt = await room.participant.do(f"{room.path}/ideas", {"text": BUSES})
    assert await like(room) == [receipt["id"]]
    live = await room.house.service.reading.live(room.id)
    assert kept(live)
    erased = {"position": receipt["position"], "field": "text", "reason": "requested"}
    await room.participant.do(f"{room.path}/texts/erase", erased)
    assert not kept(live), "what was made of an erased text goes at once"
    assert await like(room) == []

    settings = live.projections.workshop.settings.model_dump(mode="json")
    await room.facilitator.do(f"{room.path}/settings", {"settings": {**settings, "approval_first": True}})
    waiting = await new()
    assert await like(room) == await like(room, person=room.facilitator) == []
    await room.facilitator.do(f"{room.path}/ideas/{waiting}/approve")
    assert await like(room) == [waiting]


async def test_only_who_takes_part_may_ask_and_within_limits(house: House) -> None:
    """A passer-by, an unknown workshop, a draft that is too long or none."""
    room = await opened_room(house)
    path = f"{room.path}/ideas/similar"
    assert (await room.anonymous.post(path, {"text": DRAFT})).problem == "not-a-participant"
    assert (await room.participant.post(path, {"text": "x" * 5_201})).status == 422
    assert (await room.participant.post(path, {})).status == 422
    assert (await room.participant.post(path, {"text": 5})).status == 422
    assert (await room.participant.get(path)).status == 405


async def test_a_draft_is_in_no_log(house: House) -> None:
    room = await opened_room(house)
    assert house.runner.app is not None
    with structlog.testing.capture_logs() as logs:
        await like(room)
        house.runner.app[GATE].tell()
    assert logs
    assert "ring road" not in str(logs)


async def test_who_sends_nearly_the_same_is_asked_once_and_loses_nothing(house: House) -> None:
    """The form again with the draft in it; sent anyway it counts. What is merely like it, or has been shown, is not asked about."""
    room = await opened_room(house)
    idea = (await room.participant.do(f"{room.path}/ideas", {"text": BUSES}))["id"]
    asked = await send(room.scribe, room, text=DRAFT, title="Buses at night", key="a" * 32)
    page = asked.body.decode()
    assert asked.status == 422
    assert "Nearly the same is here already" in page
    assert BUSES in page
    assert f"/w/{room.id}/ideas/{idea}#comments" in page
    assert re.search(rf">{DRAFT}</textarea>", page)
    assert 'value="Buses at night"' in page
    before = await room.head()
    sent = await send(room.scribe, room, text=DRAFT, title="Buses at night", anyway="yes", key="a" * 32)
    assert (sent.status, sent.headers["Location"]) == (303, f"/w/{room.id}?done=idea")
    assert await room.head() > before
    other = await send(room.scribe, room, text="Trams to the ring road, and buses.", key="b" * 32)
    assert other.status == 303
    seen = " ".join(await like(room, BUSES))
    assert (await send(room.scribe, room, text=BUSES, seen=seen, key="c" * 32)).status == 303


async def test_a_statement_for_a_vote_keeps_its_way_back_and_shows_where_to_vote(house: House) -> None:
    room = await opened_room(house)
    text = {"text": BUSES}
    opinion = room.names["opinion"]
    idea = (await room.participant.do(f"{room.path}/ideas", text))["id"]
    page = (await send(room.scribe, room, text=DRAFT, back=opinion)).body.decode()
    assert f'name="back" value="{opinion}"' in page
    assert f"/w/{room.id}/vote/{opinion}?statement={idea}" in page
    sent = await send(room.scribe, room, text=DRAFT, back=opinion, anyway="yes")
    assert sent.headers["Location"] == f"/w/{room.id}/vote/{opinion}?done=idea"
    odd = await send(room.scribe, room, text=DRAFT, back="../../elsewhere")
    assert "elsewhere" not in odd.body.decode()
