"""What people see of why others object: with the results, under each option, as long as the ballot stands."""

from itertools import pairwise

import pytest

from cocreate.domain.ballot import WithdrawBallot
from cocreate.domain.erasure import EraseSubject, EraseText
from cocreate.domain.voting.consent import ConsentRules
from cocreate.projections.reader import AUDIENCES, Audience, Item
from cocreate.projections.round_items import REASONS_SHOWN_MAX
from tests.projections.room import Room, said

CONSENT = ConsentRules(method="consent", objections_max=0, quorum=1)


def told(room: Room, round_id: str, idea: str, audience: Audience = "public") -> list[Item]:
    found: list[Item] = room.sees(audience)["tallies"][f"{round_id}/{idea}"].get("reasons", [])
    return found


def words(room: Room, round_id: str, idea: str) -> list[str]:
    return [said(one["text"]) for one in told(room, round_id, idea)]


def test_reasons_stand_under_their_option_while_the_ballot_that_gives_them_stands() -> None:
    """A ballot that says something else takes them along, one taken back too."""
    room = Room()
    ana, ben = room.join(), room.join()
    one, two = room.idea(ana), room.idea(ben)
    round_id = room.open_round(one, two, rules=CONSENT, results="always")
    room.consent(round_id, ana, {one: "noise", two: "cost"})
    room.consent(round_id, ben, {one: "trees", two: None}, stance=-2)
    assert words(room, round_id, one) == ["noise", "trees"]
    assert words(room, round_id, two) == ["cost"]
    assert [one["mark"] for one in told(room, round_id, one)] == ["object", "block"]
    room.consent(round_id, ana, {one: "dust", two: None})
    assert words(room, round_id, one) == ["trees", "dust"]
    assert words(room, round_id, two) == []
    room.consent(round_id, ana, {one: None}, stance=1)
    assert words(room, round_id, one) == ["trees"]
    voter = room.pen.voter(round_id, ben)
    room.tell(WithdrawBallot(actor=voter, participant=ben, round=round_id, random="0" * 32))
    assert words(room, round_id, one) == []


@pytest.mark.parametrize("results", ["after_closing", "after_own_ballot"])
def test_reasons_wait_for_the_results_also_where_totals_do_not(results: str) -> None:
    """Who has voted sees totals, and of reasons their own."""
    room = Room()
    ana, ben = room.join(), room.join()
    idea = room.idea(ana)
    round_id = room.open_round(idea, rules=CONSENT, results=results)  # type: ignore[arg-type]  # one of Results
    room.consent(round_id, ana, {idea: "noise"})
    at = room.consent(round_id, ben, {idea: "trees"})
    voting = room.head
    page = room.own_page(ben)
    (reason,) = page["ballots"][0]["reasons"]
    assert said(reason["text"]) == "trees"
    assert (reason["option"], reason["at"], reason["field"]) == (idea, at, "objections.0.reason")
    assert "noise" not in str(page)
    assert not any("reasons" in one for one in page["tallies"])
    for audience in AUDIENCES:
        assert not room.sees(audience)["tallies"]
    room.close(round_id)
    room.certify(round_id)
    for audience in AUDIENCES:
        assert [said(one["text"]) for one in told(room, round_id, idea, audience)] == ["noise", "trees"]
        past = room.sees_today(audience, voting)["tallies"][f"{round_id}/{idea}"]
        assert len(past["reasons"]) == 2


def test_an_option_carries_so_many_reasons_and_says_how_many_more_there_are() -> None:
    room = Room()
    people = [room.join() for _ in range(REASONS_SHOWN_MAX + 2)]
    idea = room.idea(people[0])
    round_id = room.open_round(idea, rules=CONSENT, results="always")
    for person in people:
        room.consent(round_id, person, {idea: "noise"})
    item = room.sees("public")["tallies"][f"{round_id}/{idea}"]
    assert (len(item["reasons"]), item["reasons_left_out"]) == (REASONS_SHOWN_MAX, 2)
    assert all(one["at"] < other["at"] for one, other in pairwise(item["reasons"]))


def test_an_erased_reason_moves_its_option() -> None:
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    round_id = room.open_round(idea, rules=CONSENT, results="always")
    at = room.consent(round_id, ana, {idea: "noise"})
    erasure = EraseText(
        actor=room.facilitator,
        position=at,
        field="objections.0.reason",
        subject=room.pen.voter(round_id, ana),
        reason="unlawful",
    )
    position = room.tell(erasure)
    item = room.sees("public")["tallies"][f"{round_id}/{idea}"]
    assert item["changed"] == position
    assert item["reasons"][0]["text"] == {"gone": "erased"}


@pytest.mark.parametrize("secrecy", ["open", "pseudonymous"])
def test_erasing_a_person_takes_their_reasons_only_from_votes_with_names(secrecy: str) -> None:
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    round_id = room.open_round(idea, rules=CONSENT, results="always", secrecy=secrecy)  # type: ignore[arg-type]
    room.consent(round_id, ana, {idea: "noise"})
    before = room.sees("public")["tallies"][f"{round_id}/{idea}"]
    assert before["reasons"][0].get("author") == (ana if secrecy == "open" else None)
    position = room.tell(EraseSubject(actor=ana, subject=ana, reason="requested"))
    item = room.sees("public")["tallies"][f"{round_id}/{idea}"]
    if secrecy == "open":
        assert item["changed"] == position
        assert item["reasons"][0]["text"] == {"gone": "erased"}
    else:
        assert item == before
