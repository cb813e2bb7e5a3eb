"""The decision state can be taken back to where it was marked, row by row and in order."""

from __future__ import annotations

from cocreate.domain.round import CloseRound
from tests.domain.words import (
    ANNA,
    BEN,
    FACILITATOR,
    SUPPORT,
    hides,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    submits,
    votes,
    withdraws_ballot,
)
from tests.given_when_then import given, picture

ROUND = [*opened(), *joins(ANNA, BEN), *ideas(ANNA, 2), opens_round(1, SUPPORT, 1, 2), votes(BEN, 1)]


def test_rows_changed_more_than_once_go_back_to_the_first_value() -> None:
    story = given(ROUND)
    story.state.mark()
    before = picture(story.state)
    for command in (votes(BEN, 2), votes(BEN, 1, 2), votes(ANNA, 1), votes(ANNA, 2), withdraws_ballot(ANNA)):
        story.tell(command)
    story.tell(submits(ANNA, 3))
    story.tell(hides(3))
    story.tell(CloseRound(actor=FACILITATOR, round=round_id(1)))
    assert picture(story.state) != before
    story.state.rollback()
    assert picture(story.state) == before


def test_what_was_there_at_the_last_mark_stays() -> None:
    story = given(ROUND)
    story.state.mark()
    story.tell(votes(ANNA, 1))
    story.state.mark()
    kept = picture(story.state)
    story.tell(votes(ANNA, 2))
    story.state.rollback()
    assert picture(story.state) == kept
