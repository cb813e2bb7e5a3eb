"""Ballots and the form that opens a vote, as pages without a browser: what each says, and why it refuses."""

import re
from typing import Any

import pytest

from tests.http.house import Answer, House, Room, opened_room
from tests.http.test_methods import VOTES, opened
from tests.http.test_pages import page, send


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


def trouble(answer: Answer) -> str:
    """What the page says is wrong, as text."""
    found = re.search(r'id="trouble".*?</div>', answer.body.decode(), re.DOTALL)
    assert found is not None, answer.status
    return re.sub(r"<[^>]+>|\s+", " ", found[0])


BLANK = {"form": "ballot", "do": "send", "counter": "1"}
SENT: dict[str, dict[str, str]] = {
    "dots": {"m-{second}": "3", "m-{idea}": " 2 "},
    "score": {"m-{second}": "5", "m-{idea}": "0"},
    "quadratic": {"m-{second}": "3", "m-{idea}": "\u22121"},
    "consent": {"m-{second}": "1", "m-{idea}": "-1"},
    "irv": {"m-{second}": "1", "m-{idea}": "2"},
    "stv": {"m-{second}": "3", "m-{idea}": "7"},
    "schulze": {"m-{second}": "4", "m-{idea}": "4"},
    "borda": {"m-{second}": "1", "m-{idea}": ""},
    "budget": {"choice": "{second}"},
    "budget of points": {"m-{second}": "7", "m-{idea}": "0"},
    "equal_shares": {"m-{second}": "1", "m-{idea}": "2"},
}
STANDS: dict[str, Any] = {
    "dots": [["{idea}", 2], ["{second}", 3]],
    "score": [["{idea}", 0], ["{second}", 5]],
    "quadratic": [["{idea}", -1], ["{second}", 3]],
    "consent": [["{idea}", -1], ["{second}", 1]],
    "irv": ["{second}", "{idea}"],
    "stv": ["{second}", "{idea}"],
    "schulze": [["{idea}", 1], ["{second}", 1]],
    "borda": ["{second}"],
    "budget": ["{second}"],
    "budget of points": [["{second}", 7]],
    "equal_shares": [["{idea}", 2], ["{second}", 3]],
}


@pytest.mark.parametrize("name", SENT)
async def test_a_ballot_form_says_the_choice_that_its_fields_hold(room: Room, name: str) -> None:
    """Blanks around numbers, a typographic minus, gaps between places: read as meant, and shown again as they stand."""
    round_id = await opened(room, VOTES[name][0])
    path = f"/w/{room.id}/vote/{round_id}"
    fields = {room.fill(field): room.fill(value) for field, value in SENT[name].items()}
    assert (await send(room.participant, path, **BLANK, **fields)).status == 303
    mine = (await room.participant.get(f"{room.path}/me")).json["ballots"]
    (held,) = [one["choice"] for one in mine if one["round"] == round_id]
    wanted = [room.fill(one) if isinstance(one, str) else [room.fill(one[0]), one[1]] for one in STANDS[name]]
    assert held == (wanted if isinstance(wanted[0], str) else sorted(wanted))
    shown = (await page(room.participant, path)).body.decode()
    again = dict(re.findall(r'name="(m-[^"]+)" type="text"[^>]* value="([^"]*)"', shown))
    again |= dict(re.findall(r'type="radio" name="(m-[^"]+)" value="([^"]+)" checked', shown))
    again |= re.findall(r'name="(choice)" value="([^"]+)" checked', shown)
    answer = await send(room.participant, path, **{**BLANK, "counter": "2"}, **again)
    assert answer.status == 303
    (same,) = [
        one["choice"]
        for one in (await room.participant.get(f"{room.path}/me")).json["ballots"]
        if one["round"] == round_id
    ]
    assert same == held
    assert (await send(room.participant, path, form="ballot", do="withdraw", counter="3")).status == 303


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("dots", {"m-{idea}": "3", "m-{second}": "3"}, "You have used 6 dots, and there are 5. Take 1 away."),
        ("dots", {"m-{idea}": "4"}, "#1 “Benches” has 4 dots: one idea may get at most 3."),
        ("dots", {"m-{idea}": "-1"}, "there are no dots against an idea here"),
        ("dots", {"m-{idea}": "three"}, "#1 “Benches” needs a whole number, not “three”."),
        ("dots", {"m-{idea}": "123456789"}, "at most 3"),
        ("dots", {"m-{opinion}": "1"}, "names an idea that is not in this vote"),
        ("quadratic", {"m-{idea}": "3", "m-{second}": "-2"}, "You have used 13 credits, and there are 10."),
        ("score", {"m-{idea}": "6"}, "expected 0 to 5, found 6"),
        ("consent", {"m-{idea}": "-3"}, "found -3"),
        (
            "irv",
            {"m-{idea}": "1", "m-{second}": "1"},
            "Place 1 is given to several ideas: #1 “Benches”, #2 “Shade”.",
        ),
        ("stv", {"m-{idea}": "0"}, "#1 “Benches” needs a place: 1, 2, 3 or so on, not “0”."),
        ("equal_shares", {"m-{idea}": "2", "m-{second}": "2"}, "Place 2 is given to several ideas"),
        (
            "budget of points",
            {"m-{idea}": "6", "m-{second}": "5"},
            "You have used 11 points, and there are 10.",
        ),
        ("budget", {"choice": "{opinion}"}, "is not an option"),
    ],
)
async def test_a_ballot_that_is_refused_says_why_and_keeps_what_was_typed(
    room: Room, name: str, fields: dict[str, str], said: str
) -> None:
    """The reason names the idea and what to take away; the record has not moved."""
    round_id = await opened(room, VOTES[name][0])
    before = await room.head()
    filled = {room.fill(field): room.fill(value) for field, value in fields.items()}
    answer = await send(room.participant, f"/w/{room.id}/vote/{round_id}", **BLANK, **filled)
    assert answer.status in (409, 422)
    assert said in trouble(answer)
    assert await room.head() == before
    for field, value in filled.items():
        if room.names["idea"] in field and name not in ("score", "consent"):
            assert f'name="{field}" type="text"' in answer.body.decode()
            assert f'value="{value}"' in answer.body.decode()


async def test_more_ideas_than_a_ballot_may_name_are_refused(room: Room) -> None:
    """Ranking, approval and points alike."""
    for rules, fields, said in (
        ({**VOTES["irv"][0], "choices_max": 1}, {"m-{idea}": "1", "m-{second}": "2"}, "up to 1. Take 1 away"),
        (
            {**VOTES["budget of points"][0], "choices_max": 1},
            {"m-{idea}": "1", "m-{second}": "2"},
            "up to 1. Take 1 away",
        ),
    ):
        round_id = await opened(room, rules)
        filled = {room.fill(field): value for field, value in fields.items()}
        answer = await send(room.participant, f"/w/{room.id}/vote/{round_id}", **BLANK, **filled)
        assert answer.status == 422
        assert said in trouble(answer)


async def test_a_ballot_that_came_too_late_is_shown_beside_the_one_that_stands(room: Room) -> None:
    """Nothing filled in is lost, whatever kind of ballot it was."""
    for name, words in (
        ("dots", "2 dots"),
        ("irv", "place 2"),
        ("score", "rated 2"),
        ("quadratic", "2 votes"),
    ):
        round_id = await opened(room, VOTES[name][0])
        await room.facilitator.do(f"{room.path}/rounds/{round_id}/close")
        mark = {f"m-{room.names['idea']}": "2"}
        answer = await send(room.participant, f"/w/{room.id}/vote/{round_id}", **BLANK, **mark)
        assert answer.status == 409
        assert re.search(rf"Benches</span>: <strong>{words}</strong>", answer.body.decode()), name


@pytest.mark.parametrize("secrecy", ["open", "pseudonymous"])
async def test_a_reason_goes_with_the_ballot_in_one_entry(room: Room, secrecy: str) -> None:
    """Once however often the form is sent; the form holds it again, and it is deleted with the next vote."""
    round_id, idea = await opened(room, VOTES["consent"][0], secrecy=secrecy), room.names["idea"]
    path, before = f"/w/{room.id}/vote/{round_id}", await room.head()
    fields = {**BLANK, "key": "a" * 32, f"m-{idea}": "-1", f"why-{idea}": " It blocks the way. "}
    for _ in range(2):
        assert (await send(room.participant, path, **fields)).status == 303
    assert await room.head() == before + 1
    assert "It blocks the way.</textarea>" in (await page(room.participant, path)).body.decode()
    assert "It blocks the way." in (await page(room.participant, f"/w/{room.id}/mine")).body.decode()
    for person in (room.scribe, room.facilitator, room.anonymous):
        for shown in (path, f"/w/{room.id}/results/{round_id}"):
            assert "It blocks the way." not in (await page(person, shown)).body.decode()
    changed = {**BLANK, "counter": "2", f"m-{idea}": "1", f"why-{idea}": "It blocks the way."}
    assert (await send(room.participant, path, **changed)).status == 303
    assert "It blocks the way." not in (await page(room.participant, path)).body.decode()


async def test_reasons_show_with_the_result_and_can_be_erased(room: Room) -> None:
    """By whoever gave them and by a facilitator; others are offered nothing, and refused."""
    round_id, idea, second = await opened(room, VOTES["consent"][0]), room.names["idea"], room.names["second"]
    path, result = f"/w/{room.id}/vote/{round_id}", f"/w/{room.id}/results/{round_id}"
    fields = {
        f"m-{idea}": "-1",
        f"why-{idea}": "It blocks the way.",
        f"m-{second}": "-2",
        f"why-{second}": "Bats",
    }
    assert (await send(room.participant, path, **BLANK, **fields)).status == 303
    await room.facilitator.do(f"{room.path}/rounds/{round_id}/close")
    await room.facilitator.do(f"{room.path}/rounds/{round_id}/certify")
    buttons = {"participant": 2, "facilitator": 2, "scribe": 0, "anonymous": 0}
    for name, count in buttons.items():
        shown = (await page(getattr(room, name), result)).body.decode()
        assert shown.count("<blockquote") == 2
        assert shown.count("Erase the reason</button>") == count, name
        reasons = shown.partition('id="whys"')[2].partition("</section>")[0]
        assert reasons
        # Six letters of an id may stand in another one by chance: it is how a person is shown that must not be there.
        assert room.names["participant"] not in reasons
        assert "pseudonym" not in reasons
    console = (await page(room.facilitator, f"/w/{room.id}/console/rounds")).body.decode()
    assert "It blocks the way." in console
    what_if = (await page(room.anonymous, f"{result}/what-if?method=approval")).body.decode()
    assert "It blocks the way." in what_if
    mine = (await page(room.participant, f"/w/{room.id}/mine")).body.decode()
    assert "2 reasons that you gave in votes without names stay" in mine
    tallies = (await room.anonymous.get(f"{room.path}/tallies")).json["items"]
    (told,) = next(one for one in tallies if one["idea"] == idea and one["round"] == round_id)["reasons"]
    place = {"position": str(told["at"]), "field": told["field"]}
    assert (await send(room.scribe, f"{result}/reasons", **place)).status == 403
    assert (await send(room.participant, f"{result}/reasons", **place)).status == 303
    place["field"] = (
        "objections.1.reason" if told["field"] == "objections.0.reason" else "objections.0.reason"
    )
    assert (await send(room.facilitator, f"{result}/reasons", **place)).status == 303
    shown = (await page(room.anonymous, result)).body.decode()
    assert "Bats" not in shown
    assert "It blocks the way." not in shown
    assert ": 1 objection</p>" in shown
    assert "reasons that you gave" not in (await page(room.participant, f"/w/{room.id}/mine")).body.decode()


async def test_a_reason_that_cannot_be_taken_is_refused_and_kept(room: Room) -> None:
    """Whoever agrees comments on the idea's own page; nothing of the form is sent by half."""
    round_id, idea = await opened(room, VOTES["consent"][0]), room.names["idea"]
    before = await room.head()
    for stance, why, said in (
        ("1", "Lovely.", "a reason goes with an objection or a block"),
        ("-2", "x" * 501, "The reason is too long"),
    ):
        fields = {**BLANK, f"m-{idea}": stance, f"why-{idea}": why}
        answer = await send(room.participant, f"/w/{room.id}/vote/{round_id}", **fields)
        assert answer.status == 422
        assert said in trouble(answer)
        assert why in answer.body.decode()
    assert await room.head() == before


OPENED: dict[str, dict[str, str]] = {
    "approval": {"choices_max": "2", "seats": "1"},
    "support": {},
    "dots": {"dots_purse": "5", "dots_cap": "3", "dots_seats": "1"},
    "score": {"score_by": "sum", "score_raters_min": "1", "score_seats": "1"},
    "quadratic": {"quadratic_credits": "16", "quadratic_against": "yes", "quadratic_seats": "1"},
    "ranked": {"ranked_count": "stv", "ranked_choices_max": "", "ranked_seats": "2"},
    "consent": {"consent_objections_max": "1", "consent_quorum": "2"},
}
MONEY = {
    "money_budget": "10 000", "money_currency": "EUR", "money_ballot": "approval", "money_choices_max": "",
    "money_points_max": "10", "money_ties": "listed", "cost_{idea}": "6000,50", "cost_{second}": "4500",
}  # fmt: skip
OPENED["budget"] = {**MONEY, "budget_skip": "no", "budget_threshold": "1"}
OPENED["equal_shares"] = {
    **MONEY, "money_ballot": "score", "shares_completion": "add_one", "shares_raise_by": "1",
}  # fmt: skip


def form_of(room: Room, method: str, **more: str) -> dict[str, str]:
    fields = {"form": "round", "question": "How?", "method": method, "all": "yes", **OPENED[method], **more}
    return {room.fill(field): room.fill(value) for field, value in fields.items()}


@pytest.mark.parametrize("method", OPENED)
async def test_a_vote_by_each_method_is_opened_with_all_its_parameters(room: Room, method: str) -> None:
    """What the form says is what the rules say; prices are minor units."""
    answer = await send(room.facilitator, f"/w/{room.id}/console/round", **form_of(room, method))
    assert answer.status == 303, trouble(answer)
    item = (await room.participant.get(f"{room.path}/rounds")).json["items"][-1]
    rules = item["rules"]
    assert rules["method"] == method
    if method == "ranked":
        assert (rules["count"], rules["choices_max"], rules["seats"]) == ("stv", 2, 2)
    if method == "quadratic":
        assert rules["against"] is True
    if "money_budget" in OPENED[method]:
        assert (rules["budget"], rules["choices_max"], rules["ties"]) == (10_000_00, 2, "listed")
        assert rules.get("points_max") == (10 if method == "equal_shares" else None)
        options = (await room.participant.get(f"{room.path}/options")).json["items"]
        assert [one["cost"] for one in options if one["round"] == item["key"]] == [6_000_50, 4_500_00]
    for path in (f"/vote/{item['key']}", "/console/rounds", f"/results/{item['key']}", "/screen?show=vote"):
        assert (await page(room.facilitator, f"/w/{room.id}{path}")).status == 200, path


@pytest.mark.parametrize(
    ("method", "wrong", "said"),
    [
        ("dots", {"dots_purse": "many"}, "The dots that each voter has must be a whole number."),
        ("dots", {"dots_cap": "0"}, "The dots that one idea may get must be at least 1."),
        ("dots", {"dots_seats": "101"}, "How many are chosen must be at most 100."),
        ("score", {"score_by": "luck"}, "What decides cannot be read."),
        ("quadratic", {"quadratic_credits": ""}, "The credits that each voter has must be a whole number."),
        ("ranked", {"ranked_count": "irv", "ranked_seats": "2"}, "an instant runoff fills one seat"),
        ("ranked", {"ranked_choices_max": "121"}, "How many each voter may name must be at most 120."),
        ("consent", {"consent_quorum": "0"}, "How many have to say something must be at least 1."),
        ("budget", {"money_budget": "ten"}, "The budget must be an amount of EUR, not “ten”."),
        ("budget", {"cost_{idea}": ""}, "“Benches” needs a price"),
        ("budget", {"cost_{idea}": "12,345"}, "“Benches” costs an amount of EUR above 0, not “12,345”."),
        ("equal_shares", {"money_points_max": ""}, "The points must be a whole number."),
        ("equal_shares", {"shares_raise_by": "0"}, "What shares are raised by must be at least 1."),
        ("approval", {"seats": "x"}, "How many are chosen must be a whole number."),
    ],
)
async def test_parameters_that_do_not_fit_are_refused_at_their_field(
    room: Room, method: str, wrong: dict[str, str], said: str
) -> None:
    """The reason stands at the top and at the field, and what was typed stays."""
    before = await room.head()
    answer = await send(room.facilitator, f"/w/{room.id}/console/round", **form_of(room, method, **wrong))
    assert answer.status == 422
    assert said in trouble(answer)
    assert await room.head() == before
    shown = answer.body.decode()
    if "instant runoff" not in said:
        (field,) = [room.fill(name) for name in wrong]
        assert f'href="#f-{field}"' in shown
        assert re.search(rf'id="f-{field}"[^>]*aria-invalid="true"', shown)
