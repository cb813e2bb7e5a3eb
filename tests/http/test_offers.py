"""Which statement next, over HTTP: an offer says all that it takes to work it out again from the record that everybody can read."""

import json
import re
from typing import Any

from cocreate.tlog.merkle import Frontier
from tests.http.house import House, Person, opened_room
from tests.record import independent_offers

HTML = {"Accept": "text/html"}
ROUTED = {"method": "opinion", "routing": "informative.v1"}


async def items_of(person: Person, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = (await person.get(f"{path}/entries?after={len(found) - 1}")).json
        found += page["items"]
        if not page["more"]:
            return found


async def test_an_offer_can_be_worked_out_again_from_the_served_entries(house: House) -> None:
    """By the second program, with the root over the served bytes: before and after an answer, and with one skipped."""
    room = await opened_room(house)
    ideas = [
        (await room.participant.do(f"{room.path}/ideas", {"text": f"Statement {number}"}))["id"]
        for number in range(6)
    ]
    opened = await room.facilitator.do(
        f"{room.path}/rounds", {"question": "And?", "rules": ROUTED, "options": ideas, "results": "always"}
    )
    path = f"{room.path}/rounds/{opened['id']}"
    await room.scribe.do(f"{path}/ballot", {"option": ideas[3], "choice": 1})
    told = []
    for person in (room.participant, room.scribe):
        told.append((await person.get(f"{path}/offer")).json)
        told.append((await person.get(f"{path}/offer?skipped={told[-1]['statement']}")).json)
    await room.participant.do(f"{path}/ballot", {"option": told[0]["statement"], "choice": -1})
    told.append((await room.participant.get(f"{path}/offer")).json)

    items = await items_of(room.anonymous, room.path)
    tree = Frontier()
    for item in items[: opened["position"]]:
        tree.append(bytes.fromhex(item["leaf"]))
    # Another round's ballots are withheld, and play no part.
    plain = [json.loads(item["entry"]) for item in items if "entry" in item]
    for place, one in enumerate(told):
        skipped = told[place - 1]["statement"] if place in (1, 3) else None
        assert one["root"] == tree.root().hex()
        before = [entry for entry in plain if entry["position"] <= one["at"]]
        again = independent_offers.offer(before, opened["id"], tree.root(), one["voter"], skipped)
        assert one["statement"] == again
    assert [one["open"] for one in told] == [6, 6, 5, 5, 5]
    assert told[1]["statement"] != told[0]["statement"] != told[4]["statement"]


async def test_the_page_shows_what_is_offered_and_says_by_which_rule(house: House) -> None:
    room = await opened_room(house)
    rules = {"question": "And?", "rules": ROUTED, "options": [room.names["idea"], room.names["second"]]}
    opened = await room.facilitator.do(f"{room.path}/rounds", rules)
    offer = (await room.participant.get(f"{room.path}/rounds/{opened['id']}/offer")).json
    page = (await room.participant.get(f"/w/{room.id}/vote/{opened['id']}", headers=HTML)).body.decode()
    shown = re.search('name="option" value="([^"]+)"', page)
    assert shown is not None
    assert shown[1] == offer["statement"]
    assert "Rule informative.v1" in page
    assert offer["voter"] in page


async def test_only_rounds_of_statements_have_offers(house: House) -> None:
    """Another method's round, one that does not exist, somebody who has not joined, and an odd id are each told so."""
    room = await opened_room(house)
    path = f"{room.path}/rounds"
    assert (await room.participant.get(f"{path}/{room.names['round']}/offer")).problem == "round-not-found"
    assert (await room.participant.get(f"{path}/{room.id}/offer")).problem == "round-not-found"
    assert (await room.anonymous.get(f"{path}/{room.names['opinion']}/offer")).problem == "not-a-participant"
    assert (await room.participant.get(f"{path}/{room.names['opinion']}/offer?skipped=x")).status == 400
