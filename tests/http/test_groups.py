"""Opinion groups on pages and in the API: of rounds whose results show, in words and tables, never of few people."""

import re
from typing import Any

from tests.http.house import House, Person, Room, opened_room

HTML = {"Accept": "text/html"}


async def conversation(house: House, results: str = "always") -> tuple[Room, str, list[str]]:
    """Ten people in two camps on seven statements; the first two unite, the third is wanted by nobody."""
    room = await opened_room(house)
    ideas = [
        (await room.participant.do(f"{room.path}/ideas", {"text": f"Statement {number}"}))["id"]
        for number in range(7)
    ]
    rules = {"question": "And?", "rules": {"method": "opinion"}, "options": ideas, "results": results}
    opened = await room.facilitator.do(f"{room.path}/rounds", rules)
    for number in range(10):
        person = await joined(room)
        for place, idea in enumerate(ideas):
            choice = 1 if place < 2 else -1 if place == 2 else 1 if number % 2 else -1
            await person.do(f"{room.path}/rounds/{opened['id']}/ballot", {"option": idea, "choice": choice})
    return room, opened["id"], ideas


async def joined(room: Room) -> Person:
    person = room.house.person()
    await person.do("/api/session", {})
    await person.do(f"{room.path}/join", {})
    return person


async def page(person: Person, path: str) -> str:
    return (await person.get(path, headers=HTML)).body.decode()


async def test_groups_are_told_in_words_and_tables(house: House) -> None:
    """Page, projector and API say the same; nobody is named, and the result page links there."""
    room, round_id, ideas = await conversation(house)
    told: dict[str, Any] = {"counted": False}
    while not told["counted"]:
        # Each answer waits for the count, two seconds at most.
        told = (await room.anonymous.get(f"{room.path}/rounds/{round_id}/groups")).json
    assert [group["voters"] for group in told["groups"]] == [5, 5]
    by_statement = {one["statement"]: one for one in told["statements"]}
    assert by_statement[ideas[0]]["by_group"] == [[5, 0, 0], [5, 0, 0]]
    assert by_statement[ideas[0]]["agreement"] == "36/49"
    assert by_statement[ideas[5]]["divide"] == "5/7"

    shown = await page(room.anonymous, f"/w/{room.id}/results/{round_id}/groups")
    assert "2 groups of people who answer alike" in shown
    assert 'role="img"' in shown
    table = re.search(r"<caption>Most of every group agree</caption>.*?</table>", shown, re.DOTALL)
    assert table is not None
    assert ("Statement 0" in table[0], "Statement 2" in table[0], "Statement 5" in table[0]) == (
        True,
        False,
        False,
    )
    assert "Most of every group disagree" in shown
    differ = re.search(r"<caption>The groups differ most here</caption>.*?</table>", shown, re.DOTALL)
    assert differ is not None
    assert "Statement 5" in differ[0]
    assert "Statement 0" not in differ[0]
    result = await page(room.anonymous, f"/w/{room.id}/results/{round_id}")
    assert f"/results/{round_id}/groups" in result
    assert "The groups differ most" in result
    screen = await page(room.facilitator, f"/w/{room.id}/screen?show=groups")
    assert "This unites us" in screen
    assert "Statement 0" in screen


async def test_groups_wait_for_the_results(house: House) -> None:
    """While a round's results wait there are no groups, for anybody, in any place."""
    room, round_id, _ = await conversation(house, results="after_closing")
    for person in (room.facilitator, room.participant, room.anonymous):
        answer = await person.get(f"{room.path}/rounds/{round_id}/groups")
        assert answer.problem == "round-not-found"
        told = await person.get(
            f"/w/{room.id}/results/{round_id}/groups", headers=HTML, allow_redirects=False
        )
        assert told.status == 303
    screen = await page(room.facilitator, f"/w/{room.id}/screen?show=groups")
    assert "This unites us" not in screen
    assert not room.house.service.reading.groupings._found


async def test_groups_are_of_rounds_of_statements_alone(house: House) -> None:
    room = await opened_room(house)
    for round_id in (room.names["round"], room.id):
        answer = await room.participant.get(f"{room.path}/rounds/{round_id}/groups")
        assert answer.problem == "round-not-found"
    few = await page(room.participant, f"/w/{room.id}/results/{room.names['opinion']}/groups")
    assert "There are no groups to show yet" in few or "being worked out" in few
