"""Somebody who lays the list of those who have voted beside the entries finds no voter of a late ballot."""

import pytest

from cocreate.domain.round import VoidRound
from cocreate.projections.outcome import shown_as_voted
from tests.projections.room import Room


@pytest.mark.parametrize("ending", ["certify", "void"])
def test_a_single_late_voter_is_not_named_when_the_round_ends(ending: str) -> None:
    """Their entry stands alone behind the closing: a list that moved by one name then would say whose it is."""
    room = Room()
    people = [room.join() for _ in range(7)]
    idea = room.idea(people[0])
    round_id = room.open_round(idea)
    for person in people[:6]:
        room.vote(round_id, person, idea)
    room.close(round_id)
    at_closing = shown_as_voted(room.projections(), round_id)
    assert len(at_closing) == 6
    room.vote(round_id, people[6], idea)
    assert shown_as_voted(room.projections(), round_id) == at_closing
    if ending == "certify":
        room.certify(round_id)
    else:
        room.tell(VoidRound(actor=room.facilitator, round=round_id, reason="mistake"))
    assert shown_as_voted(room.projections(), round_id) == at_closing
    assert room.sees("public")["turnouts"][round_id]["voters"] == 7


def test_five_late_voters_are_named_together() -> None:
    """Nobody is kept off the list for good where others hide them."""
    room = Room()
    people = [room.join() for _ in range(6)]
    idea = room.idea(people[0])
    round_id = room.open_round(idea)
    room.vote(round_id, people[0], idea)
    room.close(round_id)
    counts = []
    for person in people[1:]:
        room.vote(round_id, person, idea)
        counts.append(len(shown_as_voted(room.projections(), round_id)))
    assert counts == [1, 1, 1, 1, 6]


def test_voiding_an_open_round_completes_the_list() -> None:
    """It is a closing as well."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    round_id = room.open_round(idea)
    room.vote(round_id, ana, idea)
    room.tell(VoidRound(actor=room.facilitator, round=round_id, reason="mistake"))
    assert shown_as_voted(room.projections(), round_id) == {room.pen.voter(round_id, ana)}
