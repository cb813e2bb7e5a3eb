"""Offers in opinion rounds: worked out again from the record alone, telling nothing that is withheld."""

import json
from collections.abc import Iterator
from random import Random

import pytest

from cocreate.domain.ballot import WithdrawBallot
from cocreate.domain.idea import HideIdea
from cocreate.domain.messages import Recorded
from cocreate.domain.round import Results
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.projections.fold import Projections
from cocreate.projections.offers import offer, open_statements
from tests.histories import random_history, tie_root
from tests.projections.room import Room
from tests.record import independent_offers

ROUTED = OpinionRules(method="opinion", routing="informative.v1")
LISTED = OpinionRules(method="opinion")


def room_with(
    count: int, *, rules: OpinionRules = ROUTED, results: Results = "always"
) -> tuple[Room, str, list[str]]:
    room = Room()
    author = room.join()
    ideas = [room.idea(author) for _ in range(count)]
    return room, room.open_round(*ideas, rules=rules, results=results), ideas


def offered(room: Room, round_id: str, person: str, skipped: str | None = None) -> str | None:
    voter = room.pen.voter(round_id, person)
    return offer(room.projections(), round_id, voter, tie_root(round_id), skipped)


def plain(entry: Recorded) -> dict[str, object]:
    facts = json.loads(entry.event.model_dump_json(exclude_none=True))
    return {**entry._asdict(), "event": entry.event.NAME, "facts": facts}


@pytest.mark.parametrize("batch", range(4))
def test_every_offer_can_be_worked_out_again_from_the_entries_before_it(batch: int) -> None:
    """By a second program, written from the format's page: for those who voted and one who did not, at several positions."""
    compared = 0
    for seed in range(12 * batch, 12 * batch + 12):
        chance = Random(f"offers {seed}")
        history = random_history(chance, 120)
        entries = [plain(one) for one in history.entries]
        folded = Projections()
        for entry in history.entries:
            folded.apply(entry)
            if entry.position % 3:
                continue
            for round_id, voter, skipped in asked(folded, chance):
                before, root = entries[: entry.position + 1], tie_root(round_id)
                told = independent_offers.offer(before, round_id, root, voter, skipped)
                assert offer(folded, round_id, voter, root, skipped) == told
                compared += 1
    assert compared > 10


def asked(folded: Projections, chance: Random) -> Iterator[tuple[str, str, str | None]]:
    """(round, voter, skipped) of some whom a routed round could be asking."""
    for round_id, row in folded.rounds.rounds.items():
        if getattr(row.opened.rules, "routing", None) is not None:
            voters = sorted({key[37:69] for key in row.poll.standing})[:3]
            for voter in (*voters, "0" * 31 + "1"):
                yield round_id, voter, chance.choice([None, *row.options])


def test_answering_goes_through_every_statement_once() -> None:
    room, round_id, ideas = room_with(9)
    ana, seen = room.join(), []
    while (statement := offered(room, round_id, ana)) is not None:
        seen.append(statement)
        room.answer(round_id, ana, statement, 1)
    assert sorted(seen) == sorted(ideas)
    assert seen != ideas, "in an order of her own"


def test_what_was_skipped_comes_back_behind_everything_else() -> None:
    """Skipping walks through all that is open and begins again; it writes nothing."""
    room, round_id, ideas = room_with(6)
    ana = room.join()
    first = offered(room, round_id, ana)
    seen = [first]
    while (statement := offered(room, round_id, ana, seen[-1])) != first:
        seen.append(statement)
    assert sorted(map(str, seen)) == sorted(ideas)


def test_an_answer_taken_back_is_offered_again() -> None:
    """Undo shows the same statement: its lot has not moved."""
    room, round_id, _ = room_with(12, results="after_closing")
    ana = room.join()
    first = offered(room, round_id, ana)
    assert first is not None
    room.answer(round_id, ana, first, -1)
    assert offered(room, round_id, ana) != first
    voter = room.pen.voter(round_id, ana)
    room.tell(
        WithdrawBallot(actor=voter, round=round_id, participant=ana, option=first, random=room.pen.hex())
    )
    assert offered(room, round_id, ana) == first


@pytest.mark.parametrize("results", ["after_closing", "after_own_ballot"])
def test_while_results_wait_offers_do_not_depend_on_how_people_answered(results: Results) -> None:
    """Two rooms that answer the same statements in opposite ways offer the same to everybody; shown results do not."""

    def orders(answer: int, results: Results) -> list[str | None]:
        room, round_id, ideas = room_with(15, results=results)
        for number, idea in enumerate(ideas):
            for place in range(3):
                person = room.join()
                room.answer(round_id, person, idea, answer if (number + place) % 2 else 0)
        voters = [f"{number:032x}" for number in range(60)]
        folded = room.projections()
        return [offer(folded, round_id, voter, tie_root(round_id)) for voter in voters]

    assert orders(1, results) == orders(-1, results)
    assert orders(1, "always") != orders(-1, "always"), "where they may tell, they do"


def test_a_new_statement_is_offered_before_those_that_many_have_answered() -> None:
    """To nearly every voter, whether results show or wait."""
    shows: tuple[Results, ...] = ("always", "after_closing")
    for results in shows:
        room, round_id, ideas = room_with(5, results=results)
        for person in [room.join() for _ in range(25)]:
            for number, idea in enumerate(ideas[:-1]):
                room.answer(round_id, person, idea, 1 if number % 2 else -1)
        folded = room.projections()
        first = [offer(folded, round_id, f"{number:032x}", tie_root(round_id)) for number in range(50)]
        assert first.count(ideas[-1]) > 30


def test_a_hidden_statement_is_offered_to_nobody() -> None:
    room, round_id, ideas = room_with(2)
    ana = room.join()
    room.tell(HideIdea(actor=room.facilitator, idea=ideas[0], reason="spam"))
    assert offered(room, round_id, ana) == ideas[1]
    assert offered(room, round_id, ana, ideas[0]) == ideas[1]
    room.answer(round_id, ana, ideas[1], 0)
    assert offered(room, round_id, ana) is None


def test_without_a_rule_statements_come_in_the_rounds_order() -> None:
    """Rounds that were opened before there was one, and those that want it so."""
    room, round_id, ideas = room_with(3, rules=LISTED)
    ana = room.join()
    assert offered(room, round_id, ana) == ideas[0]
    assert offered(room, round_id, ana, ideas[1]) == ideas[2]
    assert offered(room, round_id, ana, ideas[2]) == ideas[0]
    assert offered(room, round_id, ana, "not of this round") == ideas[0]
    assert open_statements(room.projections(), round_id, room.pen.voter(round_id, ana)) == ideas
