"""Reads: the same bytes for the same moment, past moments judged by today, nothing kept by shared caches."""

import hashlib

import pytest

from cocreate.http.routes.api_reads import COLLECTIONS
from tests.http.house import House, Room, opened_room


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


async def test_an_etag_is_position_head_and_audience(room: Room) -> None:
    """One reads in it what the answer was made from, and caches know whose it is."""
    head = await room.head() - 1
    answer = await room.participant.get(room.path)
    assert answer.headers["ETag"] == f'"{head}-{head}-participant"'
    assert answer.headers["Vary"] == "Cookie, Accept-Language, Authorization"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert (answer.json["at"], answer.json["head"]) == (head, head)
    past = await room.anonymous.get(f"{room.path}?at=7")
    assert past.headers["ETag"] == f'"7-{head}-public"'


CONDITIONAL = ("", "/ideas", "/me", "/timeline", "/entries", "/join-code", "/rounds/{round}/voted", "?at=9")


@pytest.mark.parametrize("path", CONDITIONAL)
async def test_what_one_has_is_not_sent_again(room: Room, path: str) -> None:
    """304 while nothing has moved, the answer as soon as something has."""
    address = room.path + room.fill(path)
    first = await room.facilitator.get(address)
    etag = first.headers["ETag"]
    for told in (etag, f'"x", {etag}', f"W/{etag}", "*"):
        again = await room.facilitator.get(address, headers={"If-None-Match": told})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
        assert again.headers["Vary"] == first.headers["Vary"]
    assert (await room.facilitator.get(address, headers={"If-None-Match": '"other"'})).status == 200
    await room.participant.do(f"{room.path}/ideas", {"text": "One more"})
    moved = await room.facilitator.get(address, headers={"If-None-Match": etag})
    assert moved.status == (304 if path == "/join-code" else 200)


async def test_head_says_what_get_would(room: Room) -> None:
    """HEAD has the headers and no body."""
    for path in ("", "/timeline", "/me"):
        answer = await room.participant.ask("HEAD", room.path + path)
        full = await room.participant.get(room.path + path)
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["ETag"] == full.headers["ETag"]
        assert answer.headers["Content-Length"] == str(len(full.body))


async def test_each_collection_is_its_part_of_the_view(room: Room) -> None:
    """The routes are the view's collections, all of them."""
    whole = (await room.facilitator.get(room.path)).json
    assert set(whole["items"]) == set(COLLECTIONS)
    for name, items in whole["items"].items():
        part = (await room.facilitator.get(f"{room.path}/{name}")).json
        assert part == {
            "at": whole["at"],
            "head": whole["head"],
            "audience": "facilitator",
            "collection": name,
            "items": items,
        }
    assert (await room.anonymous.get(f"{room.path}/participants")).json["items"] == []


async def test_a_past_moment_by_position_and_by_time(room: Room) -> None:
    """`at` is a position, or a time as milliseconds or RFC 3339; all three find the same moment."""
    timeline = (await room.anonymous.get(f"{room.path}/timeline")).json["items"]
    for item in timeline[::4]:
        time = item["time"]
        last = max(one.get("last", one["position"]) for one in timeline if one["time"] <= time)
        by_time = (await room.anonymous.get(f"{room.path}?at={time}")).json
        assert by_time["at"] == last
        assert by_time == (await room.anonymous.get(f"{room.path}?at={last}")).json
    early = (await room.anonymous.get(f"{room.path}?at=1")).json
    assert early["items"]["ideas"] == []
    assert (await room.anonymous.get(f"{room.path}?at=2999-01-01T00:00:00Z")).json[
        "at"
    ] == await room.head() - 1


@pytest.mark.parametrize("at", ["99999", "2001-01-01T00:00:00%2B02:00", "978307200000"])
async def test_a_moment_that_the_record_does_not_have(room: Room, at: str) -> None:
    """Ahead of the head, or before the first entry."""
    answer = await room.anonymous.get(f"{room.path}?at={at}")
    assert (answer.status, answer.problem) == (404, "position-unknown")


async def test_what_is_hidden_today_is_in_no_past_view(room: Room) -> None:
    """The slider does not bring back what a moderator has hidden, except for facilitators."""
    before = await room.head() - 1
    await room.facilitator.do(room.fill(f"{room.path}/ideas/{{idea}}/hide"), {"reason": "off_topic"})
    past = await room.anonymous.get(f"{room.path}?at={before}")
    assert b"Benches" not in past.body
    assert b"Benches" in (await room.facilitator.get(f"{room.path}?at={before}")).body
    assert b"Benches" in (await room.participant.get(f"{room.path}/me")).body


async def test_audiences_by_role(room: Room) -> None:
    """Everybody may see less than they could, nobody more."""
    assert (await room.anonymous.get(room.path)).json["audience"] == "public"
    assert (await room.anonymous.get(f"{room.path}?audience=screen")).json["audience"] == "public"
    assert (await room.participant.get(f"{room.path}?audience=public")).json["audience"] == "public"
    assert (await room.facilitator.get(f"{room.path}?audience=screen")).json["audience"] == "screen"
    assert (await room.anonymous.get(f"{room.path}?audience=participant")).problem == "not-a-participant"
    assert (await room.scribe.get(f"{room.path}?audience=facilitator")).problem == "not-a-facilitator"


async def test_pages_of_the_timeline_meet(room: Room) -> None:
    """Following the cursor gives every item once, and then stays where it is."""
    whole = (await room.anonymous.get(f"{room.path}/timeline")).json["items"]
    found, after, more = [], -1, True
    while more:
        page = (await room.anonymous.get(f"{room.path}/timeline?limit=3&after={after}")).json
        found += page["items"]
        after, more = page["next"], page["more"]
    assert found == whole
    end = (await room.anonymous.get(f"{room.path}/timeline?after={after}")).json
    assert (end["items"], end["next"]) == ([], after)


async def test_entries_hash_to_their_leaves(room: Room) -> None:
    """Anybody can check the bytes against the leaf hashes, page by page; the ballot is withheld, its hash is not."""
    found, after, more = [], -1, True
    while more:
        page = (await room.anonymous.get(f"{room.path}/entries?limit=7&after={after}")).json
        found += page["items"]
        after, more = page["next"], page["more"]
    assert [item["position"] for item in found] == list(range(await room.head()))
    withheld = [item for item in found if "entry" not in item]
    assert [item["withheld_round"] for item in withheld] == [room.names["round"]]
    for item in found:
        if "entry" in item:
            assert hashlib.sha256(b"\x00" + item["entry"].encode()).hexdigest() == item["leaf"]


async def test_the_catalogue_has_titles_and_states(room: Room) -> None:
    """The list of workshops needs no record to be opened, and filters by status."""
    items = (await room.anonymous.get("/api/workshops")).json["items"]
    (item,) = items
    assert item["title"] == {"language": "en", "texts": {"en": "Quality label"}}
    assert (item["workshop"], item["status"]) == (room.id, "open")
    assert (await room.anonymous.get("/api/workshops?status=closed")).json == {"items": []}


async def test_a_certified_round_explains_its_count(room: Room) -> None:
    """The steps are there once the round is certified, and not before."""
    path = room.fill(f"{room.path}/rounds/{{round}}")
    assert (await room.anonymous.get(f"{path}/steps")).problem == "round-not-found"
    await room.facilitator.do(f"{path}/close")
    await room.facilitator.post(f"{path}/certify")
    assert (await room.anonymous.get(f"{path}/steps")).json["steps"]
