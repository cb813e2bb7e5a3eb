"""Receipts on one's own pages: the voter alone learns which entry is theirs, after a restart and on another device too."""

import re
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
import structlog

from cocreate.http.gate import GATE
from cocreate.http.qr import room_qr_svg
from cocreate.tlog.receipts import Receipt, parse_receipt, verify_receipt
from cocreate.tlog.vkey import parse_vkey
from cocreate.tlog.words import check_words
from tests.http.house import House, Person, Room, opened_house, opened_room

HTML = {"Accept": "text/html"}


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


def words_of(html: str) -> str:
    """A page's words without its markup, blanks as one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html))


async def page(person: Person, path: str) -> str:
    answer = await person.get(path, headers=HTML)
    assert answer.status == 200
    return answer.body.decode()


async def cast(room: Room, person: Person, round_name: str = "round", **ballot: Any) -> int:
    """Send a ballot; the position of its entry."""
    answer = await person.do(room.fill(f"{room.path}/rounds/{{{round_name}}}/ballot"), ballot)
    return int(answer["position"])


async def receipt_of(room: Room, person: Person, path: str) -> tuple[Receipt, bytes]:
    """A receipt that proves the entry it names."""
    answer = await person.get(room.fill(path))
    assert answer.status == 200
    receipt = parse_receipt(answer.body)
    live = await room.house.service.reading.live(room.id)
    (row,) = await room.house.service.store.read(room.id, after=receipt.index - 1, limit=1)
    verify_receipt(answer.body, row.entry, parse_vkey(live.vkey))
    return receipt, row.entry


async def test_who_has_voted_is_told_where_the_vote_stands(room: Room) -> None:
    """Number and words on the ballot's page and on the own page, and a receipt that proves the newest of one's ballots."""
    path, mine = room.fill(f"/w/{room.id}/vote/{{round}}"), f"/w/{room.id}/mine"
    first = await cast(room, room.scribe, choice=[])
    second = await cast(room, room.scribe, choice=[room.names["idea"]])
    assert second > first
    live = await room.house.service.reading.live(room.id)
    shown = words_of(await page(room.scribe, path))
    assert f"Your vote is on the record: entry {second}." in shown
    assert f"{live.size} entries. Its check words: {check_words(live.tree.root())}" in shown
    own = words_of(await page(room.scribe, mine))
    assert f"entry {second} · receipt" in own
    assert f"{live.size} entries, check words {check_words(live.tree.root())}" in own
    voted = (await room.scribe.get(f"{room.path}/me")).json["ballots"][0]
    voter = room.house.service.reading.voters(live, room.names["scribe"])[room.names["round"]]
    ballot = f"{room.names['round']}/{voter}"
    assert live.entry_of(ballot, voted["counter"]) == second
    # What the decision state knows ahead of the record is not told yet.
    assert live.entry_of(ballot, voted["counter"] - 1) is None
    receipt, entry = await receipt_of(room, room.scribe, f"/w/{room.id}/vote/{{round}}/receipt")
    assert receipt.index == second
    assert room.names["idea"].encode() in entry


async def test_a_vote_taken_back_is_on_the_record_too(room: Room) -> None:
    """Its receipt is that of the withdrawal."""
    before = await cast(room, room.scribe, choice=[])
    back = await room.scribe.do(room.fill(f"{room.path}/rounds/{{round}}/ballot/withdraw"))
    assert back["position"] > before
    shown = words_of(await page(room.scribe, room.fill(f"/w/{room.id}/vote/{{round}}")))
    assert f"That you took your vote back is on the record: entry {back['position']}." in shown
    receipt, entry = await receipt_of(room, room.scribe, f"/w/{room.id}/vote/{{round}}/receipt")
    assert receipt.index == back["position"]
    assert b"BallotWithdrawn" in entry


async def test_each_answer_to_a_statement_has_its_own_receipt(room: Room) -> None:
    """In a round of opinions there is an entry a statement."""
    position = await cast(room, room.scribe, "opinion", option=room.names["idea"], choice=1)
    shown = words_of(await page(room.scribe, room.fill(f"/w/{room.id}/vote/{{opinion}}")))
    assert f"Your last answer is on the record: entry {position}." in shown
    path = f"/w/{room.id}/vote/{{opinion}}/receipt?statement="
    receipt, _ = await receipt_of(room, room.scribe, path + "{idea}")
    assert receipt.index == position
    for statement in ("{second}", "nothing"):
        assert (await room.scribe.get(room.fill(path + statement))).status == 404


async def test_ideas_and_comments_have_receipts_by_their_number(room: Room) -> None:
    """They are public, and so is where they stand."""
    shown = await page(room.participant, f"/w/{room.id}/mine")
    paths = re.findall(rf"/w/{room.id}/log/receipts/\d+", shown)
    entries = [(await receipt_of(room, room.participant, path))[1] for path in paths]
    assert [b"IdeaSubmitted" in entry for entry in entries] == [True, True, False]
    assert b"CommentPosted" in entries[2]


async def test_nobody_else_learns_which_entry_it_is(room: Room) -> None:
    """No page or answer of another person has the number as a ballot's, and the receipt is for its voter alone."""
    position = await cast(room, room.scribe, choice=[])
    path = room.fill(f"/w/{room.id}/vote/{{round}}")
    for role in ("facilitator", "participant", "anonymous", "host"):
        person = room.person(role)
        assert f"entry {position}." not in words_of(await page(person, path)), role
        answer = await person.get(f"{path}/receipt")
        if role == "participant":
            assert parse_receipt(answer.body).index != position
        else:
            assert answer.status == 404, role
    own = (await room.scribe.get(f"{room.path}/me")).json["ballots"]
    assert [one["position"] for one in own] == [position]


async def test_no_address_cache_or_log_has_the_number(room: Room) -> None:
    """The address names the round; the log only counts who came, as it does for ballots, also for those of a form."""
    path = room.fill(f"/w/{room.id}/vote/{{round}}")
    form = {"form": "ballot", "key": "k", "counter": "1", "choice": room.names["idea"], "do": "send"}
    assert room.house.runner.app is not None
    room.house.runner.app[GATE].tell()
    with structlog.testing.capture_logs() as lines:
        sent = await room.scribe.ask(
            "POST", path, data=form, headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False
        )
        assert sent.status == 303
        changed = await room.scribe.ask(
            "POST",
            room.fill(f"/w/{room.id}/vote/{{opinion}}/answers"),
            data={"form": "a", "key": "k", "counter": "1", "choice": "1", "option": room.names["idea"]},
            headers={"Sec-Fetch-Site": "same-origin"},
            allow_redirects=False,
        )
        assert changed.status == 303
        answer = await room.scribe.get(f"{path}/receipt")
        room.house.runner.app[GATE].tell()
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert parse_receipt(answer.body).index > 0
    assert sent.headers["Location"] == f"{path}?done=vote"
    told = [line for line in lines if "/vote/{round}" in str(line.get("route"))]
    assert sorted((line["event"], line["method"], line["count"]) for line in told) == [
        ("requests", "GET", 1),
        ("requests", "POST", 1),
        ("requests", "POST", 1),
    ]
    assert not any("position" in line for line in lines if line["event"].startswith("request"))


async def test_the_number_is_known_after_a_restart_and_on_another_device(tmp_path: Path) -> None:
    """It is in what the record folds to, not in a cookie of the browser that voted."""
    async with opened_house(tmp_path) as house:
        room = await opened_room(house)
        position = await cast(room, room.scribe, choice=[])
        link = await house.service.doors.return_link(room.id, room.names["scribe"])
    async with opened_house(tmp_path) as again:
        other = again.person()
        assert (await other.post("/api/links", {"token": link})).status == 200
        own = (await other.get(f"{room.path}/me")).json["ballots"]
        assert [one["position"] for one in own] == [position]
        answer = await other.get(room.fill(f"/w/{room.id}/vote/{{round}}/receipt"))
        assert parse_receipt(answer.body).index == position


async def test_the_projector_leads_to_the_record_with_what_it_shows(room: Room) -> None:
    """Size and root stand behind the #, for the device that scans them and for no server."""
    live = await room.house.service.reading.live(room.id)
    root = urlsafe_b64encode(live.tree.root()).decode().rstrip("=")
    address = f"{room.house.url}/w/{room.id}/record#seen={live.size}.{root}"
    code = str(room_qr_svg(address, "Square code to compare this record on your device"))
    path = f"/w/{room.id}/screen"
    shown = await page(room.facilitator, f"{path}?show=record")
    assert code in shown
    assert check_words(live.tree.root()) in shown
    assert code in await page(room.anonymous, f"{path}?show=record")
    # A room that sees two codes scans the wrong one.
    assert code not in await page(room.facilitator, path)
    await room.facilitator.do(f"{room.path}/rounds/{room.names['opinion']}/close")
    await room.facilitator.do(f"{room.path}/close")
    closed = await page(room.facilitator, path)
    assert closed.count('class="qr"') == 1
    assert "Scan it to check the record." in closed


async def test_a_record_that_was_put_back_offers_no_proof(room: Room) -> None:
    """Neither words, nor a code, nor a receipt that could not be made."""
    position = await cast(room, room.scribe, choice=[])
    live = await room.house.service.reading.live(room.id)
    live.rewound = True
    shown = await page(room.scribe, room.fill(f"/w/{room.id}/vote/{{round}}"))
    assert f"entry {position}." in words_of(shown)
    for told in (
        shown,
        *[await page(room.scribe, f"/w/{room.id}{path}") for path in ("/mine", "/screen?show=record")],
    ):
        assert "/receipt" not in told
        assert check_words(live.tree.root()) not in told
    assert (await room.scribe.get(room.fill(f"/w/{room.id}/vote/{{round}}/receipt"))).status == 503
