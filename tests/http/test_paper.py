"""Votes on paper and for people without a device, as the desk sends them: by the API and by its page."""

import json
import re
from typing import Any

import pytest

from cocreate.application import ChoiceMalformed
from cocreate.http.paper_lines import papers_of
from tests.http.house import Answer, House, Person, Room, opened_room
from tests.http.test_methods import VOTES, filled, opened

OWN_PAGE = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def room(house: House) -> Room:
    """One with a walk-in, and an approval round on both ideas without grace."""
    room = await opened_room(house)
    ideas = [room.names["idea"], room.names["second"]]
    rules = {"method": "approval", "choices_max": 2, "seats": 1}
    asked = {"question": "Which?", "rules": rules, "options": ideas, "grace_ms": 0}
    room.names["round"] = (await room.facilitator.do(f"{room.path}/rounds", asked))["id"]
    room.names["walk_in"] = (await room.scribe.do(f"{room.path}/people", {"name": "Grace"}))["id"]
    return room


def at(room: Room, path: str = "") -> str:
    return room.fill(f"{room.path}/rounds/{{round}}{path}")


def desk(room: Room, path: str = "") -> str:
    return room.fill(f"/w/{room.id}/desk/paper/{{round}}{path}")


async def words(person: Person, path: str) -> str:
    answer = await person.get(path, headers=OWN_PAGE)
    assert answer.status == 200, answer.status
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", answer.body.decode()))


async def send(person: Person, path: str, **fields: Any) -> Answer:
    return await person.ask("POST", path, data=fields, headers=OWN_PAGE, allow_redirects=False)


async def round_of(room: Room) -> Any:
    items = (await room.anonymous.get(f"{room.path}/rounds")).json["items"]
    return next(one for one in items if one["key"] == room.names["round"])


async def test_paper_goes_from_the_desk_to_the_certificate(room: Room) -> None:
    """Handed out, entered by one, checked by another; then the certificate adds up, people and ballots alike."""
    idea, second = room.names["idea"], room.names["second"]
    await room.participant.do(at(room, "/ballot"), {"choice": [idea]})
    for person in ("walk_in", "scribe"):
        await room.scribe.do(at(room, "/paper"), {"participant": room.names[person]})
    blocked = await room.scribe.post(at(room, "/ballot"), {"choice": [idea]})
    assert (blocked.status, blocked.problem) == (409, "votes-on-paper")
    await room.facilitator.do(at(room, "/close"))
    bundle = {"label": "box-1", "ballots": [[second, idea], [second]]}
    entered = await room.scribe.do(at(room, "/paper/batches"), bundle)
    again = await room.scribe.post(at(room, "/paper/batches"), {**bundle, "label": "box-2"})
    assert (again.status, again.problem) == (409, "paper-batch-repeated")
    check = at(room, f"/paper/batches/{entered['batch']}/check")
    own = await room.scribe.post(check, {"ballots": bundle["ballots"]})
    assert (own.status, own.problem) == (403, "second-person-needed")
    other = await room.facilitator.post(check, {"ballots": [[second]]})
    assert (other.status, other.problem) == (409, "paper-batch-differs")
    waits = await room.facilitator.post(at(room, "/certify"))
    assert (waits.status, waits.problem) == (409, "paper-unchecked")
    await room.facilitator.do(check, {"ballots": [[second], [idea, second]]})
    await room.facilitator.do(at(room, "/certify"))
    found = await round_of(room)
    reconciliation = found["certificate"]["reconciliation"]
    assert {name: reconciliation[name] for name in ("cast", "paper", "standing", "voters")} == {
        "cast": 1, "paper": 2, "standing": 3, "voters": 3,
    }  # fmt: skip
    paper = found["certificate"]["paper"]
    assert (paper["issued"], paper["counted"], paper["outstanding"]) == (2, 2, 0)
    turnout = (await room.anonymous.get(f"{room.path}/turnouts")).json["items"]
    assert next(one for one in turnout if one["key"] == room.names["round"])["paper"] == 2
    tallies = (await room.anonymous.get(f"{room.path}/tallies")).json["items"]
    marks = {one["idea"]: one["marks"]["approvals"] for one in tallies if one["round"] == room.names["round"]}
    assert marks == {idea: 2, second: 2}
    told = await words(room.anonymous, room.fill(f"/w/{room.id}/results/{{round}}"))
    assert "2 votes, in 1 checked bundle" in told


async def test_whoever_has_a_sheet_reads_that_they_vote_on_paper(room: Room) -> None:
    await room.scribe.do(at(room, "/paper"), {"participant": room.names["participant"]})
    assert (await room.participant.get(f"{room.path}/me")).json["paper"] == [room.names["round"]]
    assert "You vote on paper here" in await words(
        room.participant, room.fill(f"/w/{room.id}/vote/{{round}}")
    )
    assert "You vote on paper here" not in await words(room.scribe, room.fill(f"/w/{room.id}/vote/{{round}}"))


async def test_no_public_byte_tells_who_has_a_sheet(room: Room) -> None:
    """The entry names the voter of this round, which nobody can lay beside a participant without its key."""
    receipt = await room.scribe.do(at(room, "/paper"), {"participant": room.names["walk_in"]})
    entries = await room.anonymous.get(f"{room.path}/entries?after={receipt['position'] - 1}")
    assert entries.status == 200
    assert room.names["walk_in"] not in entries.body.decode()
    assert room.names["walk_in"] not in (await room.anonymous.get(f"{room.path}/rounds")).body.decode()


async def test_what_papers_say_is_withheld_like_ballots_until_the_result_is_certified(room: Room) -> None:
    """Entered, checked and taken out: hashes alone, for the facilitator too, in the API, the log and an export."""
    for person in ("walk_in", "scribe"):
        await room.scribe.do(at(room, "/paper"), {"participant": room.names[person]})
    await room.facilitator.do(at(room, "/close"))
    first = await room.head()
    bundle = {"label": "box-1", "ballots": [[room.names["idea"]]]}
    wrong = (await room.scribe.do(at(room, "/paper/batches"), bundle))["batch"]
    await room.facilitator.do(at(room, f"/paper/batches/{wrong}/void"), {"reason": "mistake"})
    right = (await room.scribe.do(at(room, "/paper/batches"), bundle))["batch"]
    await room.facilitator.do(at(room, f"/paper/batches/{right}/check"), {"ballots": bundle["ballots"]})
    path = f"{room.path}/entries?after={first - 1}"
    for reader in (room.facilitator, room.scribe, room.anonymous):
        items = (await reader.get(path)).json["items"]
        assert [one.get("withheld_round") for one in items] == [room.names["round"]] * 4
        assert not any("entry" in one for one in items)
    tallies = (await room.facilitator.get(f"{room.path}/tallies")).json["items"]
    assert not any(one["round"] == room.names["round"] for one in tallies)
    await room.facilitator.do(at(room, "/certify"))
    items = (await room.anonymous.get(path)).json["items"]
    assert not any("withheld_round" in one for one in items)


async def test_a_scribe_votes_for_a_walk_in_and_for_nobody_else(room: Room) -> None:
    choice = {"choice": [room.names["idea"]]}
    await room.scribe.do(at(room, "/ballot"), {**choice, "on_behalf_of": room.names["walk_in"]})
    for person, whom in (
        (room.scribe, "participant"),
        (room.participant, "walk_in"),
        (room.anonymous, "walk_in"),
    ):
        answer = await person.post(at(room, "/ballot"), {**choice, "on_behalf_of": room.names[whom]})
        assert answer.status == 403, whom
    facilitated = await room.facilitator.post(
        at(room, "/ballot"), {**choice, "on_behalf_of": room.names["walk_in"]}
    )
    assert facilitated.status == 201
    back = {"on_behalf_of": room.names["walk_in"]}
    await room.scribe.do(at(room, "/ballot/withdraw"), back)


async def test_what_an_offline_device_says_of_the_time_is_kept_and_decides_nothing(room: Room) -> None:
    """A late ballot is refused by the time at which it came, whatever it claims."""
    receipt = await room.participant.do(at(room, "/ballot"), {"choice": [], "claimed_at": 7})
    assert receipt["count"] == 1
    await room.facilitator.do(at(room, "/close"))
    late = await room.scribe.post(at(room, "/ballot"), {"choice": [], "claimed_at": 7})
    assert (late.status, late.problem) == (409, "round-not-open")


async def test_the_desk_does_all_of_it_with_forms(room: Room) -> None:
    """Hand out, print, enter, check; what was mistyped comes back as it was typed."""
    assert "Hand out a sheet" in await words(room.scribe, desk(room))
    assert (await send(room.scribe, desk(room, "/issue"), participant="", name="Rosa")).status == 303
    assert (await round_of(room))["paper"]["people"] == 1
    sheet = await words(room.scribe, desk(room, "/sheet"))
    assert "Mark up to 2." in sheet
    assert "Benches" in sheet
    for person in ("walk_in", "participant"):
        assert (
            await send(room.facilitator, desk(room, "/issue"), participant=room.names[person])
        ).status == 303
    assert (
        await send(room.facilitator, desk(room, "/vote"), on_behalf_of=room.names["walk_in"])
    ).status == 409
    await room.facilitator.do(at(room, "/close"))
    wrong = await send(
        room.scribe, desk(room, "/enter"), form="enter", label="Box 1", ballots="1 2\n7", spoiled="0"
    )
    assert wrong.status == 422
    assert "line 2" in wrong.body.decode()
    assert "1 2\n7</textarea>" in wrong.body.decode()
    typed = {"ballots": "1 2\n-", "spoiled": "0"}
    assert (await send(room.scribe, desk(room, "/enter"), label="Box 1", **typed)).status == 303
    (batch,) = (await round_of(room))["paper"]["batches"]
    assert batch["label"] == "box-1"
    assert "Waits for somebody else" in await words(room.scribe, desk(room))
    check = {"batch": batch["key"], "ballots": "-\n2,1"}
    assert (await send(room.facilitator, desk(room, "/check"), **check)).status == 303
    assert (await round_of(room))["paper"]["counted"] == 2
    void = {"batch": batch["key"], "reason": "mistake"}
    assert (await send(room.facilitator, desk(room, "/void"), **void)).status == 303
    assert "Void: a mistake." in await words(room.facilitator, desk(room))
    assert (await round_of(room))["paper"]["counted"] == 0


TYPED: dict[str, tuple[dict[str, str], dict[str, str] | None]] = {
    "dots": ({"m-{second}": "3", "m-{idea}": "2"}, {"m-{second}": "9", "m-{idea}": "2"}),
    "score": ({"m-{second}": "5", "m-{idea}": "1"}, {"m-{second}": "five"}),
    "quadratic": ({"m-{second}": "3", "m-{idea}": "-1"}, {"m-{second}": "7"}),
    "consent": (
        {"m-{second}": "1", "m-{idea}": "-1", "why-{idea}": "Too dark"},
        {"m-{second}": "1", "why-{second}": "No reason to give"},
    ),
    "irv": ({"m-{second}": "1", "m-{idea}": "2"}, {"m-{second}": "1", "m-{idea}": "1"}),
    "borda": ({"m-{second}": "1", "m-{idea}": "2"}, None),
    "budget": ({"choice": "{second}"}, None),
    "equal_shares": ({"m-{second}": "1", "m-{idea}": "2"}, {"m-{second}": "0.5"}),
}
"""What is typed at the desk to say the choice of VOTES, and what cannot be sent."""


@pytest.mark.parametrize("name", TYPED)
async def test_the_desk_votes_for_somebody_by_any_method(room: Room, name: str) -> None:
    """With the fields that every voter has; what is wrong comes back as it was typed; of two votes the last one stands."""
    (rules, choice), (right, wrong) = VOTES[name], TYPED[name]
    room.names["round"] = await opened(room, rules)
    whom = {"form": "ballot", "on_behalf_of": room.names["walk_in"], "do": "send"}

    def typed(fields: dict[str, str]) -> dict[str, str]:
        return {room.fill(field): room.fill(value) for field, value in fields.items()}

    if wrong is not None:
        refused = await send(room.scribe, desk(room, "/vote"), **whom, **typed(wrong))
        assert refused.status == 422
        shown = refused.body.decode()
        for field, value in typed(wrong).items():
            again = rf'name="{field}"[^>]*value="{value}"' + (" checked" if name == "consent" else "")
            # A rating that is none has no button to stand at: it is told in words.
            told = {"score": f"“{value}”"}.get(name, f">{value}</textarea>")
            assert re.search(again, shown) or told in shown, field
    before = await room.head()
    for _ in range(2):
        assert (await send(room.scribe, desk(room, "/vote"), **whom, **typed(right))).status == 303
    nobody = await send(room.scribe, desk(room, "/vote"), form="ballot", do="send", **typed(right))
    assert nobody.status == 400
    assert await room.head() == before + 2
    await room.facilitator.do(at(room, "/close"))
    await room.facilitator.do(at(room, "/certify"))
    items = (await room.anonymous.get(f"{room.path}/entries?after={before - 1}")).json["items"]
    said, wanted = json.loads(items[1]["entry"])["facts"]["choice"], filled(room, choice)
    assert said == wanted if rules["method"] == "ranked" else sorted(said) == sorted(wanted)
    assert room.names["walk_in"] not in str(items)
    if name == "consent":
        assert "Too dark" in await words(room.anonymous, room.fill(f"/w/{room.id}/results/{{round}}"))


async def test_the_desk_takes_a_vote_back_for_somebody(room: Room) -> None:
    whom = {"form": "ballot", "on_behalf_of": room.names["walk_in"]}
    assert (await send(room.scribe, desk(room, "/vote"), **whom, do="withdraw")).status == 409
    sent = await send(room.scribe, desk(room, "/vote"), **whom, choice=room.names["idea"], do="send")
    assert sent.headers["Location"].endswith("?done=vote_for")
    back = await send(room.scribe, desk(room, "/vote"), **whom, do="withdraw")
    assert back.headers["Location"].endswith("?done=vote_for_back")
    await room.facilitator.do(at(room, "/close"))
    await room.facilitator.do(at(room, "/certify"))
    reconciliation = (await round_of(room))["certificate"]["reconciliation"]
    assert (reconciliation["cast"], reconciliation["standing"]) == (1, 0)


async def test_the_desk_is_for_those_who_work_at_it(room: Room) -> None:
    for person in (room.participant, room.anonymous):
        for path in ("", "/sheet"):
            answer = await person.get(desk(room, path), headers=OWN_PAGE, allow_redirects=False)
            assert answer.status == 303
        before = await room.head()
        assert (await send(person, desk(room, "/issue"), participant=room.names["walk_in"])).status == 303
        assert await room.head() == before


OPTIONS = {1: "a", 2: "b", 10: "j"}
APPROVAL = {"method": "approval"}
DOTS = {"method": "dots"}


@pytest.mark.parametrize(
    ("text", "rules", "papers"),
    [
        ("1 2\n\n10,1\n-\n0", APPROVAL, [["a", "b"], ["j", "a"], [], []]),
        ("3x 1\n2 × 10; 2", APPROVAL, [["a"]] * 3 + [["j", "b"]] * 2),
        ("1:5 2=3\n2x 10:-1", DOTS, [[["a", 5], ["b", 3]], [["j", -1]], [["j", -1]]]),
        ("1:2", {"method": "budget", "ballot": "score"}, [[["a", 2]]]),
        ("1", {"method": "budget", "ballot": "approval"}, [["a"]]),
        ("", APPROVAL, []),
    ],
)
def test_papers_are_typed_line_by_line(text: str, rules: dict[str, str], papers: list[Any]) -> None:
    assert papers_of(text, OPTIONS, rules) == papers


@pytest.mark.parametrize(
    ("text", "rules", "line"),
    [("1\n3", APPROVAL, 2), ("x", APPROVAL, 1), ("1 2:3", APPROVAL, 1), ("1", DOTS, 1), ("99x 1", APPROVAL, 1),
     ("1\n" * 61, APPROVAL, 61), ("1²", APPROVAL, 1)],
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_named(text: str, rules: dict[str, str], line: int) -> None:
    with pytest.raises(ChoiceMalformed, match=f"line {line}"):
        papers_of(text, OPTIONS, rules)
