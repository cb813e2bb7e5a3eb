"""What people see of rounds: results when they may, turnout always, names only in steps."""

import pytest

from cocreate.domain.ballot import WithdrawBallot
from cocreate.domain.canonical import digest_of
from cocreate.domain.round import VoidRound
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.domain.workshop import CloseWorkshop, ReopenWorkshop
from cocreate.projections.history import timeline, withheld_runs
from cocreate.projections.outcome import result, shown_as_voted
from cocreate.projections.reader import AUDIENCES
from tests.history_author import tie_root
from tests.projections.room import Room

OPINION = OpinionRules(method="opinion")


def shows_results(room: Room, round_id: str) -> bool:
    """Whether the room's views show the round's results: to all audiences or to none."""
    shown = {bool(room.sees(audience)["tallies"]) for audience in AUDIENCES}
    assert len(shown) == 1
    item = room.sees("public")["rounds"][round_id]
    assert item["results_shown"] == (not item["withheld"]) == shown.copy().pop()
    return shown.pop()


def test_results_that_always_show_move_with_every_ballot() -> None:
    """A later ballot replaces the earlier one in the count."""
    room = Room()
    ana, ben = room.join(), room.join()
    one, two = room.idea(ana), room.idea(ben)
    round_id = room.open_round(one, two, results="always")
    room.vote(round_id, ana, one)
    room.vote(round_id, ben, one, two)
    tallies = room.sees("public")["tallies"]
    assert [tallies[f"{round_id}/{idea}"]["marks"] for idea in (one, two)] == [
        {"approvals": 2},
        {"approvals": 1},
    ]
    position = room.vote(round_id, ana, two)
    seen = room.sees("public")
    marks = [seen["tallies"][f"{round_id}/{idea}"]["marks"]["approvals"] for idea in (one, two)]
    assert marks == [1, 2]
    turnout = seen["turnouts"][round_id]
    assert turnout == {
        "key": round_id, "changed": position, "voters": 2, "ballots": 2, "replaced": 1, "withdrawn": 0
    }  # fmt: skip


@pytest.mark.parametrize("results", ["after_closing", "after_own_ballot"])
def test_results_wait_for_the_certificate_not_for_the_closing(results: str) -> None:
    """Late ballots of the grace still count, so a closed round keeps its secret until it is certified."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    round_id = room.open_round(idea, results=results)  # type: ignore[arg-type]  # one of Results
    room.vote(round_id, ana, idea)
    voting = room.head
    assert not shows_results(room, round_id)
    room.close(round_id)
    assert not shows_results(room, round_id)
    assert room.sees_today("facilitator", voting)["tallies"] == {}
    room.certify(round_id)
    assert shows_results(room, round_id)
    past = room.sees_today("public", voting)
    assert past["tallies"][f"{round_id}/{idea}"]["marks"] == {"approvals": 1}
    assert past["rounds"][round_id]["status"] == "open"


def test_voiding_a_round_shows_what_it_came_to() -> None:
    """Its ballots stay on record, and everybody may look at them."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    round_id = room.open_round(idea)
    room.vote(round_id, ana, idea)
    room.tell(VoidRound(actor=room.facilitator, round=round_id, reason="mistake", note=room.pen.text("note")))
    assert shows_results(room, round_id)
    item = room.sees("public")["rounds"][round_id]
    assert (item["status"], item["void_reason"], "certificate" in item) == ("voided", "mistake", False)
    assert "void_note" in item


def test_closing_the_workshop_shows_results_and_reopening_does_not_take_them_back() -> None:
    """What everybody has seen cannot be unseen."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    round_id = room.open_round(idea)
    room.tell(CloseWorkshop(actor=room.facilitator))
    assert shows_results(room, round_id)
    room.tell(ReopenWorkshop(actor=room.facilitator, reason=room.pen.text("reason")))
    assert shows_results(room, round_id)
    workshop = next(iter(room.sees("public")["workshop"].values()))
    assert (workshop["status"], "reopened_because" in workshop) == ("open", True)


def test_a_certificate_shows_who_was_elected_and_how_the_ballots_add_up() -> None:
    """The steps that explain it are those whose digest it carries."""
    room = Room()
    people = [room.join() for _ in range(3)]
    one, two = room.idea(people[0]), room.idea(people[0])
    round_id = room.open_round(one, two)
    for person in people:
        room.vote(round_id, person, one)
    room.close(round_id)
    room.certify(round_id)
    certificate = room.sees("screen")["rounds"][round_id]["certificate"]
    assert certificate["elected"] == [one]
    assert certificate["at"] == room.head
    assert (certificate["reconciliation"]["cast"], certificate["reconciliation"]["standing"]) == (3, 3)
    counted = result(room.projections(), round_id, tie_root(round_id))
    assert digest_of(counted.steps) == certificate["steps_digest"]
    assert digest_of(counted.rows) == certificate["result_digest"]


def test_a_round_under_eight_voters_says_so() -> None:
    """Below that, totals may tell how somebody voted; a withdrawal can bring it back."""
    room = Room()
    people = [room.join() for _ in range(8)]
    idea = room.idea(people[0])
    round_id = room.open_round(idea)
    few = []
    for person in people:
        room.vote(round_id, person, idea)
        few.append(room.sees("public")["rounds"][round_id]["few_voters"])
    assert few == [True] * 7 + [False]
    assert room.sees("public")["rounds"][round_id]["changed"] == room.head
    voter = room.pen.voter(round_id, people[0])
    room.tell(WithdrawBallot(actor=voter, round=round_id, participant=people[0], random=room.pen.hex()))
    seen = room.sees("public")
    assert seen["rounds"][round_id]["few_voters"]
    assert seen["rounds"][round_id]["changed"] == room.head
    assert (seen["turnouts"][round_id]["voters"], seen["turnouts"][round_id]["withdrawn"]) == (7, 1)


def test_in_an_opinion_round_a_voter_counts_once_and_each_answer_is_a_ballot() -> None:
    """Turnout tells people from answers."""
    room = Room()
    ana, ben = room.join(), room.join()
    one, two = room.idea(ana), room.idea(ana)
    round_id = room.open_round(one, two, rules=OPINION, results="always")
    room.answer(round_id, ana, one, 1)
    room.answer(round_id, ana, two, -1)
    room.answer(round_id, ben, one, 0)
    seen = room.sees("public")
    assert seen["tallies"][f"{round_id}/{one}"]["marks"] == {"agree": 1, "disagree": 0, "pass": 1}
    assert seen["tallies"][f"{round_id}/{two}"]["marks"] == {"agree": 0, "disagree": 1, "pass": 0}
    assert (seen["turnouts"][round_id]["voters"], seen["turnouts"][round_id]["ballots"]) == (2, 3)


def test_the_facilitator_sees_who_has_voted_five_at_a_time_and_all_at_closing() -> None:
    """A withdrawal takes nobody off the list, for that would tell whose it was."""
    room = Room()
    people = [room.join() for _ in range(7)]
    idea = room.idea(people[0])
    round_id = room.open_round(idea, secrecy="open")
    shown = []
    for person in people:
        room.vote(round_id, person, idea)
        shown.append(room.sees("facilitator")["turnouts"][round_id]["voted"])
    assert [len(voted) for voted in shown] == [0, 0, 0, 0, 5, 5, 5]
    assert shown[-1] == sorted(people[:5])
    room.tell(WithdrawBallot(actor=people[1], round=round_id, participant=people[1], random=room.pen.hex()))
    assert room.sees("facilitator")["turnouts"][round_id]["voted"] == shown[-1]
    room.close(round_id)
    assert room.sees("facilitator")["turnouts"][round_id]["voted"] == sorted(people)
    assert all("voted" not in room.sees(audience)["turnouts"][round_id] for audience in ("public", "screen"))


def test_voters_of_a_pseudonymous_round_are_in_no_view() -> None:
    """Who holds the round's key may ask for them; the list is the same steps of five."""
    room = Room()
    people = [room.join() for _ in range(5)]
    idea = room.idea(people[0])
    round_id = room.open_round(idea)
    for person in people:
        assert shown_as_voted(room.projections(), round_id) == frozenset()
        room.vote(round_id, person, idea)
    voters = {room.pen.voter(round_id, person) for person in people}
    assert shown_as_voted(room.projections(), round_id) == voters
    assert "voted" not in room.sees("facilitator")["turnouts"][round_id]


def test_a_participants_page_shows_their_ballots_and_what_to_send_next() -> None:
    """A withdrawn ballot keeps its counter and has no choice."""
    room = Room()
    ana, ben = room.join(), room.join()
    one, two = room.idea(ana), room.idea(ana)
    approval, opinion = room.open_round(one, two), room.open_round(one, two, rules=OPINION)
    room.vote(approval, ana, one)
    room.vote(approval, ana, two, one)
    room.answer(opinion, ana, two, -1)
    assert room.own_page(ana)["ballots"] == [
        {"round": approval, "counter": 2, "choice": sorted([one, two])},
        {"round": opinion, "statements": [{"option": two, "counter": 1, "choice": -1}]},
    ]
    voter = room.pen.voter(approval, ana)
    room.tell(WithdrawBallot(actor=voter, round=approval, participant=ana, random=room.pen.hex()))
    assert room.own_page(ana)["ballots"][0] == {"round": approval, "counter": 3}
    assert room.own_page(ben)["ballots"] == []


@pytest.mark.parametrize("rules", [None, OPINION])
def test_totals_show_after_ones_own_ballot_to_oneself_alone(rules: OpinionRules | None) -> None:
    """And no longer once it is withdrawn."""
    room = Room()
    ana, ben = room.join(), room.join()
    idea = room.idea(ana)
    if rules is None:
        round_id = room.open_round(idea, results="after_own_ballot")
        room.vote(round_id, ana, idea)
    else:
        round_id = room.open_round(idea, results="after_own_ballot", rules=rules)
        room.answer(round_id, ana, idea, 1)
    marks = [item["marks"] for item in room.own_page(ana)["tallies"]]
    assert marks == [{"approvals": 1} if rules is None else {"agree": 1, "disagree": 0, "pass": 0}]
    assert room.own_page(ben)["tallies"] == []
    assert not shows_results(room, round_id)
    voter = room.pen.voter(round_id, ana)
    option = None if rules is None else idea
    room.tell(
        WithdrawBallot(actor=voter, round=round_id, participant=ana, option=option, random=room.pen.hex())
    )
    assert room.own_page(ana)["tallies"] == []


def test_totals_after_closing_are_on_nobodys_own_page() -> None:
    """One's own ballot opens only rounds that say so."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    room.vote(room.open_round(idea, results="after_closing"), ana, idea)
    assert room.own_page(ana)["tallies"] == []


def test_ballots_are_runs_on_the_timeline_and_withheld_until_released() -> None:
    """Consecutive ballots of one round are one item; anything between them starts another."""
    room = Room()
    ana, ben = room.join(), room.join()
    idea = room.idea(ana)
    round_id = room.open_round(idea)
    first = room.vote(round_id, ana, idea)
    second = room.vote(round_id, ben, idea)
    room.comment(ana, idea)
    third = room.vote(round_id, ana)
    items = timeline(room.projections(), after=first - 1)["items"]
    assert [(item["event"], item["position"], item.get("count")) for item in items] == [
        ("ballots", first, 2),
        ("CommentPosted.v1", second + 1, None),
        ("ballots", third, 1),
    ]
    assert items[1]["facts"] == {"alignment": "for", "author": ana, "idea": idea}
    assert withheld_runs(room.projections()) == [(first, second, round_id), (third, third, round_id)]
    room.close(round_id)
    room.certify(round_id)
    assert withheld_runs(room.projections()) == []
