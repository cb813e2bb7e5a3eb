"""Merged and sorted ideas on pages: who stands for whom, and how authors and voters learn of it."""

import pytest

from tests.http.house import House, Room, approval, opened_room
from tests.http.test_pages import page, send


@pytest.fixture
async def room(house: House) -> Room:
    """Nothing is put to the vote any more: the two ideas can be merged."""
    made = await opened_room(house)
    for one in ("round", "opinion"):
        await made.facilitator.do(f"{made.path}/rounds/{made.names[one]}/void", {"reason": "mistake"})
    return made


async def words(room: Room, role: str, path: str) -> str:
    answer = await page(room.person(role), room.fill(f"/w/{room.id}{path}"))
    assert answer.status == 200
    return " ".join(answer.body.decode().split())


async def test_voters_and_authors_learn_of_a_merge_on_their_own_pages(room: Room) -> None:
    """The ballot stays where it was cast; its voter reads what has become of the idea."""
    names = room.names
    vote = (await room.facilitator.do(f"{room.path}/rounds", approval(names["idea"], names["second"])))["id"]
    await room.scribe.do(f"{room.path}/rounds/{vote}/ballot", {"choice": [names["second"]]})
    await room.facilitator.do(f"{room.path}/rounds/{vote}/close")
    await room.facilitator.post(f"{room.path}/rounds/{vote}/certify")
    before = (await room.anonymous.get(f"{room.path}/tallies")).json["items"]
    assert "that were merged since" not in await words(room, "scribe", "/mine")
    sent = {"ideas": names["second"], "into": names["idea"], "note": "Both give shade", "form": "sort"}
    assert (await send(room.facilitator, f"/w/{room.id}/console/merge", **sent)).status == 303
    assert (await room.anonymous.get(f"{room.path}/tallies")).json["items"] == before
    voter = await words(room, "scribe", "/mine")
    assert "that were merged since" in voter
    assert "Both give shade" in voter
    assert "Both give shade" in await words(room, "participant", "/mine")
    assert "Both give shade" in await words(room, "anonymous", "/ideas/{second}")
    assert "Merged into another" in await words(room, "anonymous", "/outcome")


async def test_a_merged_idea_stands_under_the_other_until_it_is_taken_out(room: Room) -> None:
    await room.facilitator.do(
        room.fill(f"{room.path}/ideas/{{idea}}/merge"), {"ideas": [room.names["second"]]}
    )
    assert "<h1>1 idea</h1>" in await words(room, "anonymous", "/ideas")
    assert "It also stands for" in await words(room, "anonymous", "/ideas")
    sent = {"idea": room.names["idea"], "ideas": room.names["second"]}
    assert (await send(room.facilitator, f"/w/{room.id}/console/part", **sent)).status == 303
    assert "<h1>2 ideas</h1>" in await words(room, "anonymous", "/ideas")


async def test_an_idea_stands_for_itself_where_the_one_above_it_is_hidden(room: Room) -> None:
    await room.facilitator.do(
        room.fill(f"{room.path}/ideas/{{idea}}/merge"), {"ideas": [room.names["second"]]}
    )
    await room.facilitator.do(room.fill(f"{room.path}/ideas/{{idea}}/hide"), {"reason": "spam"})
    listed = await words(room, "anonymous", "/ideas")
    assert "<h1>1 idea</h1>" in listed
    assert "Shade" in listed


async def test_ideas_are_laid_into_a_cluster_by_ticking_and_naming(room: Room) -> None:
    sort = f"/w/{room.id}/console/cluster"
    sent = {"ideas": room.names["second"], "cluster": "", "name": "In summer"}
    assert (await send(room.facilitator, sort, **sent)).status == 303
    (cluster,) = (await room.anonymous.get(f"{room.path}/clusters")).json["items"]
    assert "In summer" in await words(room, "anonymous", "/ideas")
    assert "Shade" in await words(room, "anonymous", f"/ideas?cluster={cluster['key']}")
    assert "Benches" not in await words(room, "anonymous", f"/ideas?cluster={cluster['key']}")
    assert "In summer" in await words(room, "anonymous", "/screen?show=clusters")
    await send(room.facilitator, sort, ideas=room.names["second"], cluster="none")
    assert "Shade" not in await words(room, "anonymous", f"/ideas?cluster={cluster['key']}")


async def test_a_merge_without_a_tick_says_so(room: Room) -> None:
    sent = {"into": room.names["idea"], "form": "sort"}
    answer = await send(room.facilitator, f"/w/{room.id}/console/merge", **sent)
    assert answer.status == 422
    assert "The choice of ideas is missing" in answer.body.decode()


async def test_an_idea_in_an_open_vote_is_not_merged(room: Room) -> None:
    await room.facilitator.do(f"{room.path}/rounds", approval(room.names["idea"]))
    sent = {"ideas": room.names["second"], "into": room.names["idea"], "form": "sort"}
    answer = await send(room.facilitator, f"/w/{room.id}/console/merge", **sent)
    assert answer.status == 409
    assert "in a vote that has no result yet" in answer.body.decode()


async def test_a_vote_lists_merged_ideas_and_counts_who_chooses_any_of_them_once(room: Room) -> None:
    """Opened on the console; ballot and result say which option counts for which, and the certificate how many."""
    names = room.names
    await room.facilitator.do(
        room.fill(f"{room.path}/ideas/{{idea}}/merge"), {"ideas": [names["second"]], "votes": "union"}
    )
    sent = {
        "question": "Which of them?", "method": "approval", "choices_max": "2", "seats": "1", "all": "yes",
        "unite": "yes", "secrecy": "pseudonymous", "results": "after_closing", "grace_s": "0", "form": "round",
    }  # fmt: skip
    answer = await send(room.facilitator, f"/w/{room.id}/console/round", **sent)
    assert answer.status == 303, answer.body
    rounds = (await room.anonymous.get(f"{room.path}/rounds")).json["items"]
    vote = rounds[-1]["key"]
    assert "counts for 1" in await words(room, "participant", f"/vote/{vote}")
    both = {"choice": sorted([names["idea"], names["second"]])}
    await room.participant.do(f"{room.path}/rounds/{vote}/ballot", both)
    await room.scribe.do(f"{room.path}/rounds/{vote}/ballot", {"choice": [names["second"]]})
    await room.facilitator.do(f"{room.path}/rounds/{vote}/close")
    await room.facilitator.post(f"{room.path}/rounds/{vote}/certify")
    tallies = {
        one["key"]: one["marks"] for one in (await room.anonymous.get(f"{room.path}/tallies")).json["items"]
    }
    assert tallies[f"{vote}/{names['idea']}"] == {"approvals": 2}
    assert tallies[f"{vote}/{names['second']}"] == {"approvals": 2}
    result = await words(room, "anonymous", f"/results/{vote}")
    assert "counts for 1" in result
    assert "Whoever chose any of them counts once: 2." in result
