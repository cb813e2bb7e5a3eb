"""Every voting method over HTTP: opened with all its rules, voted in, counted; and what each refuses."""

from typing import Any

import pytest

from tests.http.house import House, Room, opened_room

MONEY = {"budget": 100_00, "currency": "EUR", "choices_max": 3, "ties": "draw"}
RANKED = {"method": "ranked", "choices_max": 3, "seats": 1}
COSTS = [["{idea}", 60_00], ["{second}", 45_00]]

VOTES: dict[str, tuple[dict[str, Any], Any]] = {
    "dots": ({"method": "dots", "purse": 5, "cap": 3, "seats": 1}, [["{second}", 3], ["{idea}", 2]]),
    "score": (
        {"method": "score", "by": "mean", "raters_min": 1, "seats": 1},
        [["{idea}", 1], ["{second}", 5]],
    ),
    "quadratic": (
        {"method": "quadratic", "credits": 10, "against": True, "seats": 1},
        [["{idea}", -1], ["{second}", 3]],
    ),
    "consent": ({"method": "consent", "objections_max": 0, "quorum": 1}, [["{idea}", -1], ["{second}", 1]]),
    "irv": ({**RANKED, "count": "irv"}, ["{second}", "{idea}"]),
    "stv": ({**RANKED, "count": "stv"}, ["{second}", "{idea}"]),
    "schulze": ({**RANKED, "count": "schulze"}, ["{second}", "{idea}"]),
    "borda": ({**RANKED, "count": "borda"}, ["{second}", "{idea}"]),
    "budget": (
        {"method": "budget", "ballot": "approval", "skip": True, "threshold": 0, **MONEY},
        ["{second}"],
    ),
    "budget of points": (
        {"method": "budget", "ballot": "cumulative", "points_max": 10, "skip": True, "threshold": 1, **MONEY},
        [["{second}", 7], ["{idea}", 3]],
    ),
    "equal_shares": (
        {
            "method": "equal_shares",
            "ballot": "ordinal",
            "completion": "add_one_greedy",
            "raise_by": 1,
            **MONEY,
        },
        [["{second}", 3], ["{idea}", 2]],
    ),
}


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


def filled(room: Room, said: Any) -> Any:
    if isinstance(said, str):
        return room.fill(said)
    return [filled(room, one) for one in said] if isinstance(said, list) else said


async def opened(room: Room, rules: dict[str, Any], **more: Any) -> str:
    costs = {"costs": filled(room, COSTS)} if "budget" in rules else {}
    question = {"question": "How?", "rules": rules, "options": [room.names["idea"], room.names["second"]]}
    receipt = await room.facilitator.do(f"{room.path}/rounds", {**question, **costs, "grace_ms": 0, **more})
    return str(receipt["id"])


@pytest.mark.parametrize("name", VOTES)
async def test_a_vote_by_each_method_is_opened_voted_in_and_counted(room: Room, name: str) -> None:
    """The second idea wins each of them, and the ballot comes back as it was sent."""
    rules, choice = VOTES[name]
    round_id = await opened(room, rules)
    await room.participant.do(f"{room.path}/rounds/{round_id}/ballot", {"choice": filled(room, choice)})
    mine = (await room.participant.get(f"{room.path}/me")).json["ballots"]
    (held,) = [one["choice"] for one in mine if one["round"] == round_id]
    wanted = filled(room, choice)
    assert held == wanted if name in ("irv", "stv", "schulze", "borda") else sorted(held) == sorted(wanted)
    await room.facilitator.do(f"{room.path}/rounds/{round_id}/close")
    await room.facilitator.do(f"{room.path}/rounds/{round_id}/certify")
    (item,) = [
        one
        for one in (await room.participant.get(f"{room.path}/rounds")).json["items"]
        if one["key"] == round_id
    ]
    assert item["certificate"]["elected"][0] == room.names["second"]
    assert (await room.participant.get(f"{room.path}/rounds/{round_id}/steps")).json["steps"]


@pytest.mark.parametrize(
    ("name", "choice"),
    [
        ("dots", [["{idea}", 3], ["{second}", 3]]),
        ("dots", [["{idea}", 4]]),
        ("dots", ["{idea}"]),
        ("score", [["{idea}", 6]]),
        ("quadratic", [["{idea}", 4]]),
        ("consent", [["{idea}", 2]]),
        ("irv", ["{idea}", "{idea}"]),
        ("stv", [["{idea}", 1], ["{second}", 1]]),
        ("budget", [["{idea}", 1]]),
        ("budget of points", [["{idea}", 6], ["{second}", 5]]),
        ("equal_shares", [["{idea}", 2], ["{second}", 1]]),
        ("dots", 1),
    ],
)
async def test_a_choice_that_the_rules_do_not_permit_is_refused(room: Room, name: str, choice: Any) -> None:
    """Too many, too high, twice, or of another form: 422, and nothing is written."""
    round_id = await opened(room, VOTES[name][0])
    before = await room.head()
    answer = await room.participant.post(
        f"{room.path}/rounds/{round_id}/ballot", {"choice": filled(room, choice)}
    )
    assert (answer.status, answer.problem) == (422, "choice-malformed")
    assert await room.head() == before


@pytest.mark.parametrize(
    ("rules", "costs"),
    [
        ({**RANKED, "count": "irv", "seats": 2}, []),
        (VOTES["budget"][0], []),
        (VOTES["budget"][0], COSTS[:1]),
        ({**VOTES["budget"][0], "points_max": 3}, COSTS),
        (VOTES["dots"][0], COSTS),
    ],
)
async def test_rules_that_cannot_decide_are_refused(room: Room, rules: dict[str, Any], costs: Any) -> None:
    """Several seats by instant runoff, a project without a price, prices where nothing is bought."""
    before = await room.head()
    options = [room.names["idea"], room.names["second"]]
    said = {"question": "How?", "rules": rules, "options": options, "costs": filled(room, costs)}
    answer = await room.facilitator.post(f"{room.path}/rounds", said)
    assert (answer.status, answer.problem) == (422, "rules-malformed")
    assert await room.head() == before
