"""A saved state brings a round by any method back as it was: its ballots, its totals, its costs and its count."""

from __future__ import annotations

import pytest

from cocreate.application.saved_state import SavedState, views_pieces
from cocreate.projections.fold import Projections
from cocreate.projections.outcome import result
from tests.domain.voting.rulebook import RULES
from tests.domain.voting.test_rounds import voted
from tests.domain.words import TIE_ROOT, round_id


@pytest.mark.parametrize("name", RULES)
def test_a_round_by_every_method_comes_back_from_a_saved_state(name: str) -> None:
    projections = Projections()
    projections.apply_all(voted(name, 1).entries)
    saved = SavedState()
    for piece in views_pieces(projections):
        saved.take_views(piece)
    back = saved.views(projections.at + 1)
    assert result(back, round_id(1), TIE_ROOT) == result(projections, round_id(1), TIE_ROOT)
    one, other = back.rounds.rounds[round_id(1)], projections.rounds.rounds[round_id(1)]
    assert (one.costs, one.poll.standing, one.poll.tally.rows()) == (
        other.costs,
        other.poll.standing,
        other.poll.tally.rows(),
    )
