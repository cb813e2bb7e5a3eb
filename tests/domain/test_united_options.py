"""A round that says so counts merged options as one: whoever chooses any of them counts once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from cocreate.domain.certificate import CertifyResult, ResultCertified, ResultPart, count, standing_ballots
from cocreate.domain.errors import IdeaStateConflict, RulesMalformed
from cocreate.domain.idea import HideIdea
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.opening import OpenRound, OptionsMerged, RoundOpened
from cocreate.domain.round import CloseRound, find_round
from cocreate.domain.voting.dots import DotsRules
from cocreate.domain.voting.method import Ranking
from cocreate.domain.voting.what_if import Cast, count_otherwise
from tests.domain.test_merging import merges
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    FACILITATOR,
    OPINION,
    SUPPORT,
    TIE_ROOT,
    approval,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    votes,
)
from tests.given_when_then import Story, Wait, given

BOARD = [*opened(), *joins(ANNA, BEN, CLEO), *ideas(ANNA, 5)]
MERGED = [*BOARD, merges(1, 2, 3, votes="union"), merges(4, 5)]


def unites(*options: int, **more: Any) -> OpenRound:
    return opens_round(1, more.pop("rules", SUPPORT), *options, unite=True, **more)


def certified(*steps: Command) -> tuple[Story, ResultCertified, dict[str, int]]:
    """The story of these ballots, its certificate, and the marks of each option."""
    story = given(MERGED, *steps, CloseRound(actor=FACILITATOR, round=round_id(1)), Wait(60_000))
    pending = story.tell(CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT))
    certificate = pending[-1].event
    assert isinstance(certificate, ResultCertified)
    rows = [row for one in pending[:-1] if isinstance(one.event, ResultPart) for row in one.event.rows]
    return story, certificate, {row[0]: row[1] for row in rows}


def test_the_round_says_at_its_opening_which_option_counts_for_which() -> None:
    given(MERGED).when(unites(3, 1, 4, 2)).then_on((round_id(1), RoundOpened), (round_id(1), OptionsMerged))
    story = given(MERGED, unites(3, 1, 4, 2))
    assert find_round(story.state, round_id(1)).merged == {
        idea_id(2): idea_id(1),
        idea_id(3): idea_id(1),
    }


def test_whoever_chooses_any_of_the_merged_counts_once() -> None:
    ballots = [votes(ANNA, 1, 2), votes(BEN, 3), votes(CLEO, 2, 4)]
    _, _, marks = certified(unites(1, 2, 3, 4), *ballots)
    assert marks == {idea_id(1): 3, idea_id(2): 2, idea_id(3): 1, idea_id(4): 1}


def test_the_steps_tell_what_each_had_and_how_many_chose_any() -> None:
    story = given(MERGED, unites(1, 2, 4), votes(ANNA, 1, 2), votes(BEN, 2))
    row = find_round(story.state, round_id(1))
    result = count(row, round_id(1), standing_ballots(story.state, round_id(1)), TIE_ROOT)
    assert result.steps[0] == {
        "marks": [[idea_id(1), 1], [idea_id(2), 2]],
        "option": idea_id(1),
        "step": "merged",
        "voters": 2,
    }


def test_only_the_one_that_stands_for_all_is_elected() -> None:
    """Alone neither of the merged would have won; together they have more voters than the other."""
    ballots = [votes(ANNA, 2), votes(BEN, 1), votes(CLEO, 4)]
    _, certificate, _ = certified(unites(1, 2, 4, rules=approval(1, 2)), *ballots)
    assert certificate.elected == (idea_id(1), idea_id(4))


def test_a_ballot_changed_or_taken_back_is_counted_as_it_stands() -> None:
    _, _, marks = certified(unites(1, 2, 4), votes(ANNA, 1, 2), votes(ANNA, 2), votes(BEN, 2), votes(BEN, 4))
    assert marks == {idea_id(1): 1, idea_id(2): 1, idea_id(4): 1}


def test_a_round_that_does_not_say_so_takes_no_merged_option() -> None:
    given(MERGED).when(opens_round(1, SUPPORT, 1, 2)).then_refused(IdeaStateConflict, status="merged")


def test_a_merged_option_stands_only_beside_the_one_it_counts_for() -> None:
    given(MERGED).when(unites(2, 4)).then_refused(IdeaStateConflict, status="merged")


def test_ideas_that_were_merged_without_their_votes_are_not_counted_together() -> None:
    given(MERGED).when(unites(1, 2, 4, 5)).then_refused(IdeaStateConflict, status="merged")


def test_there_must_be_something_to_count_together() -> None:
    given(MERGED).when(unites(1, 4)).then_refused(RulesMalformed)
    hidden = HideIdea(actor=FACILITATOR, idea=idea_id(1), reason="spam")
    given(MERGED, hidden).when(unites(2, 4)).then_refused(RulesMalformed)


@pytest.mark.parametrize("rules", [OPINION, DotsRules(method="dots", purse=3, cap=2, seats=1)])
def test_only_a_vote_that_counts_heads_can_count_them_once(rules: Any) -> None:
    given(MERGED).when(unites(1, 2, rules=rules)).then_refused(RulesMalformed)


def test_across_rounds_nothing_is_carried() -> None:
    """An earlier vote on a merged idea stays there: the new round begins with no ballot."""
    story = given(BOARD, opens_round(2, SUPPORT, 1, 2), votes(ANNA, 2, number=2))
    story.tell(CloseRound(actor=FACILITATOR, round=round_id(2)))
    story.tell(Wait(60_000))
    story.tell(CertifyResult(actor=SYSTEM, round=round_id(2), tie_root=TIE_ROOT))
    story.tell(merges(1, 2, votes="union"))
    story.tell(unites(1, 2))
    assert standing_ballots(story.state, round_id(1)) == []
    assert find_round(story.state, round_id(2)).merged == {}


def test_another_count_of_the_same_ballots_counts_them_once_too() -> None:
    """By approval, the two that were merged win the one seat that neither would have won alone."""
    said = Counter({(idea_id(1),): 2, (idea_id(2),): 2, (idea_id(4),): 3})
    options = (idea_id(1), idea_id(2), idea_id(4))
    ties = Ranking(TIE_ROOT, round_id(1))
    apart = Cast(SUPPORT, options, {}, said, ties)
    united = replace(apart, merged={idea_id(2): idea_id(1)})
    assert count_otherwise("approval", apart).result.elected == (idea_id(4),)
    assert count_otherwise("approval", united).result.elected == (idea_id(1),)
