"""A repeat under the same key is the first request's echo, and never a second effect."""

import asyncio
from pathlib import Path

from tests.http.house import CREATE, House, Person, opened_house, opened_room


async def test_a_repeat_gets_the_first_receipt(house: House) -> None:
    """The same key and body: one entry, the same answer, marked as repeated."""
    room = await opened_room(house)
    first = await room.participant.do(f"{room.path}/ideas", {"text": "Once"}, key="k1")
    size = await room.head()
    second = await room.participant.do(f"{room.path}/ideas", {"text": "Once"}, key="k1")
    assert second == {**first, "repeated": True}
    assert await room.head() == size


async def test_the_same_key_with_another_body_is_refused(house: House) -> None:
    """A key that is used again for something else is a client's mistake, and says so."""
    room = await opened_room(house)
    await room.participant.do(f"{room.path}/ideas", {"text": "Once"}, key="k1")
    size = await room.head()
    answer = await room.participant.post(f"{room.path}/ideas", {"text": "Twice"}, key="k1")
    assert (answer.status, answer.problem) == (409, "idempotency-key-reused")
    assert await room.head() == size


async def test_a_key_belongs_to_its_sender(house: House) -> None:
    """Two people with the same key do two things."""
    room = await opened_room(house)
    first = await room.participant.do(f"{room.path}/ideas", {"text": "Mine"}, key="k")
    second = await room.scribe.do(f"{room.path}/ideas", {"text": "Mine"}, key="k")
    assert first["id"] != second["id"]


async def test_a_repeated_join_is_one_participant(house: House) -> None:
    """Tapping twice, or a retry after a lost answer, does not make two people."""
    room = await opened_room(house)
    person = house.person()
    await person.post("/api/session")
    path = f"{room.path}/join"
    answers = await asyncio.gather(*(person.do(path, {"name": "Eve"}, key="join") for _ in range(5)))
    assert len({answer["id"] for answer in answers}) == 1


async def test_a_late_repeat_does_not_undo_a_newer_ballot(house: House) -> None:
    """The old request's receipt comes back; the newer ballot stands."""
    room = await opened_room(house)
    path = room.fill(f"{room.path}/rounds/{{opinion}}/ballot")
    old = {"choice": 1, "option": room.names["idea"]}
    await room.participant.do(path, old, key="old")
    await room.participant.do(path, {**old, "choice": -1}, key="new")
    assert (await room.participant.do(path, old, key="old"))["repeated"]
    assert (await _choice(room.participant, room.path)) == -1


async def _choice(person: Person, path: str) -> int:
    ballots = (await person.get(f"{path}/me")).json["ballots"]
    (statements,) = (ballot["statements"] for ballot in ballots if "statements" in ballot)
    return int(statements[0]["choice"])


async def test_a_workshop_is_created_once_also_after_a_restart(tmp_path: Path) -> None:
    """The key's memory is in the store."""
    async with opened_house(tmp_path) as house:
        host = await house.host()
        first = await host.do("/api/workshops", CREATE, key="w")
        cookies = {cookie.key: cookie.value for cookie in host.client.cookie_jar}
    async with opened_house(tmp_path) as house:
        again = house.person()
        again.client.cookie_jar.update_cookies(cookies)
        second = await again.do("/api/workshops", CREATE, key="w")
    assert (second["workshop"], second["repeated"]) == (first["workshop"], True)


async def test_a_harmless_repeat_writes_nothing_and_says_so(house: House) -> None:
    """Opening what is open is 200 without a position, not an error."""
    room = await opened_room(house)
    size = await room.head()
    answer = await room.facilitator.post(f"{room.path}/open")
    assert answer.status == 200
    assert (answer.json["count"], "position" in answer.json) == (0, False)
    assert await room.head() == size
