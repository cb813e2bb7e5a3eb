"""Ideas merged, taken apart and laid into clusters; votes are never touched."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cocreate.domain import cluster as cluster_rules
from cocreate.domain import merging as merging_rules
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.cluster import ClusterIdeas, ClusterNamed, IdeaClustered, NameCluster
from cocreate.domain.errors import (
    ClusterNotFound,
    IdeaInRound,
    IdeaNotFound,
    IdeaStateConflict,
    LimitReached,
    MergeMalformed,
    NotAFacilitator,
    RecordIsSealed,
    WorkshopStateConflict,
)
from cocreate.domain.idea import RestoreIdea, WithdrawIdea
from cocreate.domain.merging import IdeasMerged, MergeIdeas, MergeReverted, RevertMerge, stands_under
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.opening import RoundOpened
from cocreate.domain.round import AdmitOption, CloseRound, OptionAdmitted, VoidRound
from cocreate.domain.workshop import SealRecord
from tests.domain.words import (
    ANNA,
    BEN,
    CLOSES_WORKSHOP,
    FACILITATOR,
    OPINION,
    SUPPORT,
    TIE_ROOT,
    cluster_id,
    hides,
    idea_id,
    ideas,
    joins,
    opened,
    opens_round,
    round_id,
    schedule,
    submits,
    text,
    votes,
)
from tests.given_when_then import Wait, given

BOARD = [*opened(), *joins(ANNA, BEN), *ideas(ANNA, 5)]
NOTE = text("They say the same")


def merges(into: int, *numbers: int, **more: Any) -> MergeIdeas:
    return MergeIdeas(
        actor=FACILITATOR, idea=idea_id(into), ideas=tuple(idea_id(one) for one in numbers), **more
    )


def parts(into: int, *numbers: int, **more: Any) -> RevertMerge:
    return RevertMerge(
        actor=FACILITATOR, idea=idea_id(into), ideas=tuple(idea_id(one) for one in numbers), **more
    )


def names(number: int, *numbers: int) -> NameCluster:
    return NameCluster(
        actor=FACILITATOR,
        cluster=cluster_id(number),
        name=text(f"cluster {number}"),
        ideas=tuple(idea_id(one) for one in numbers),
    )


def lays(number: int | None, *numbers: int) -> ClusterIdeas:
    return ClusterIdeas(
        actor=FACILITATOR,
        cluster=None if number is None else cluster_id(number),
        ideas=tuple(idea_id(one) for one in numbers),
    )


def merged(*numbers: int, **more: Any) -> IdeasMerged:
    return IdeasMerged(ideas=tuple(idea_id(one) for one in numbers), **{"votes": "none", **more})


def parted(*numbers: int, **more: Any) -> MergeReverted:
    return MergeReverted(ideas=tuple(idea_id(one) for one in numbers), **more)


def test_ideas_are_merged_into_one_of_them_and_the_originals_stay() -> None:
    story = given(BOARD).when(merges(1, 3, 2, votes="union", note=NOTE))
    after = story.then(merged(2, 3, votes="union", note=NOTE))
    assert [after.state.ideas[idea_id(one)].status for one in (1, 2, 3)] == ["visible"] * 3
    assert {row.author for row in after.state.ideas.values()} == {ANNA}


def test_merging_what_is_merged_already_changes_nothing() -> None:
    given(BOARD, merges(1, 2)).when(merges(1, 2)).then_nothing()


def test_another_way_of_counting_votes_is_a_new_merge() -> None:
    given(BOARD, merges(1, 2)).when(merges(1, 2, 3, votes="union")).then(merged(2, 3, votes="union"))


def test_what_stood_under_an_idea_moves_along_with_it() -> None:
    story = given(BOARD, merges(2, 3, 4)).when(merges(1, 2))
    after = story.then(parted(3, 4), merged(2, 3, 4))
    after.when(merges(1, 2, 3)).then_nothing()


def test_a_hidden_idea_moves_along_too() -> None:
    given(BOARD, merges(2, 3), hides(3)).when(merges(1, 2)).then(parted(3), merged(2, 3))


def test_nothing_is_merged_into_itself_or_into_what_is_itself_merged() -> None:
    story = given(BOARD, merges(1, 2))
    story.when(merges(1, 1)).then_refused(MergeMalformed)
    story.when(merges(2, 3)).then_refused(IdeaStateConflict, status="merged")
    story.when(merges(3, 2)).then_refused(IdeaStateConflict, status="merged")


def test_only_ideas_that_are_up_for_reading_are_merged() -> None:
    story = given(BOARD, hides(2), WithdrawIdea(actor=ANNA, idea=idea_id(3)))
    story.when(merges(1, 2)).then_refused(IdeaStateConflict, status="hidden")
    story.when(merges(3, 1)).then_refused(IdeaStateConflict, status="withdrawn")
    story.when(merges(1, 9)).then_refused(IdeaNotFound)
    story.when(merges(9, 1)).then_refused(IdeaNotFound)


def test_merged_ideas_are_taken_apart_all_or_some() -> None:
    story = given(BOARD, merges(1, 2, 3))
    story.when(parts(1, 3, 4, note=NOTE)).then(parted(3, note=NOTE))
    story.when(parts(1, 3)).then_nothing()
    story.when(parts(1, 9)).then_refused(IdeaNotFound)
    story.when(parts(1, 2)).then(parted(2))
    assert stands_under(story.state, idea_id(2)) is None


def test_no_idea_of_a_round_without_a_result_is_merged_or_taken_apart() -> None:
    """The options of a vote stay as people saw them until it is certified or void."""
    story = given(BOARD, merges(1, 4), opens_round(1, SUPPORT, 1, 2))
    for command in (merges(1, 3), merges(3, 2), parts(1, 4)):
        story.when(command).then_refused(IdeaInRound, round=round_id(1))
    story.when(merges(3, 5)).then(merged(5))
    story.tell(CloseRound(actor=FACILITATOR, round=round_id(1)))
    story.when(merges(1, 3)).then_refused(IdeaInRound, idea=idea_id(1))
    story.tell(Wait(60_000))
    story.tell(CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT))
    story.when(merges(3, 2)).then_on((idea_id(3), IdeasMerged))


def test_a_void_round_holds_nothing_back() -> None:
    void = VoidRound(actor=FACILITATOR, round=round_id(1), reason="mistake")
    given(BOARD, opens_round(1, SUPPORT, 1, 2), void).when(merges(1, 2)).then(merged(2))


def test_a_merge_changes_nothing_of_a_certified_result() -> None:
    story = given(BOARD, opens_round(1, SUPPORT, 1, 2), votes(BEN, 2))
    story.tell(CloseRound(actor=FACILITATOR, round=round_id(1)))
    story.tell(Wait(60_000))
    story.tell(CertifyResult(actor=SYSTEM, round=round_id(1), tie_root=TIE_ROOT))
    before = story.state.rounds[round_id(1)]
    story.tell(merges(1, 2))
    assert story.state.rounds[round_id(1)] == before


def test_a_merged_idea_is_put_to_the_vote_by_the_one_it_stands_under() -> None:
    story = given(BOARD, merges(1, 2), opens_round(7, OPINION, 3, admission="growing"))
    story.when(opens_round(1, SUPPORT, 2)).then_refused(IdeaStateConflict, status="merged")
    story.when(AdmitOption(actor=FACILITATOR, round=round_id(7), idea=idea_id(2))).then_refused(
        IdeaStateConflict, status="merged"
    )
    story.when(opens_round(1, SUPPORT, 1)).then_on((round_id(1), RoundOpened))


def test_a_merge_hides_nothing() -> None:
    """Where the idea that others stand under is taken back or hidden, they stand for themselves."""
    story = given(BOARD, merges(1, 2), opens_round(7, OPINION, 3, admission="growing"), hides(1))
    story.when(opens_round(1, SUPPORT, 2)).then_on((round_id(1), RoundOpened))
    story.tell(RestoreIdea(actor=FACILITATOR, idea=idea_id(1)))
    assert stands_under(story.state, idea_id(2)) == idea_id(1)
    story.when(AdmitOption(actor=FACILITATOR, round=round_id(7), idea=idea_id(4))).then_on(
        (round_id(7), OptionAdmitted)
    )


def test_one_idea_holds_a_limited_number_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging_rules, "MERGED_MAX", 2)
    given(BOARD, merges(1, 2, 3)).when(merges(1, 4)).then_refused(LimitReached, limit=2)


def test_a_cluster_begins_with_a_name_and_with_ideas() -> None:
    story = given(BOARD).when(names(1, 2, 3))
    story.then_on(
        (cluster_id(1), ClusterNamed), (idea_id(2), IdeaClustered), (idea_id(3), IdeaClustered)
    ).when(names(1, 2)).then(ClusterNamed(name=text("cluster 1")))


def test_an_idea_lies_in_one_cluster_at_a_time_and_can_be_taken_out() -> None:
    story = given(BOARD, names(1, 1, 2), names(2))
    story.when(lays(2, 2)).then(IdeaClustered(cluster=cluster_id(2)))
    story.when(lays(1, 1)).then_nothing()
    story.when(lays(None, 1, 3, 1)).then_on((idea_id(1), IdeaClustered))
    story.when(lays(None, 1)).then_nothing()


def test_ideas_are_laid_only_where_a_cluster_is_and_only_if_they_can_be_read() -> None:
    story = given(BOARD, names(1), hides(2))
    story.when(lays(9, 1)).then_refused(ClusterNotFound, cluster=cluster_id(9))
    story.when(lays(1, 2)).then_refused(IdeaStateConflict, status="hidden")
    story.when(names(1, 9)).then_refused(IdeaNotFound)


def test_clusters_and_what_is_sorted_at_once_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_rules, "CLUSTERS_MAX", 1)
    monkeypatch.setattr(cluster_rules, "CLUSTERED_AT_ONCE_MAX", 2)
    story = given(BOARD, names(1))
    story.when(names(2)).then_refused(LimitReached, of="clusters")
    story.when(lays(1, 1, 2, 3)).then_refused(LimitReached, of="ideas sorted at once")
    story.when(lays(1, 1, 2)).then_on((idea_id(1), IdeaClustered), (idea_id(2), IdeaClustered))


COMMANDS: list[Command] = [merges(1, 3), parts(1, 2), names(1, 1), lays(1, 3)]
PREPARED = [*BOARD, merges(1, 2), names(1)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: type(one).__name__)
def test_sorting_is_the_facilitators_after_the_opening_and_before_the_seal(command: Command) -> None:
    given(PREPARED).when(replace(command, actor=ANNA)).then_refused(NotAFacilitator)
    assert given(PREPARED, CLOSES_WORKSHOP).when(command).answer
    sealed = given(PREPARED, CLOSES_WORKSHOP, SealRecord(actor=FACILITATOR))
    sealed.when(command).then_refused(RecordIsSealed)
    given(schedule()).when(command).then_refused(WorkshopStateConflict, status="scheduled")


def test_a_later_idea_can_join_a_merge() -> None:
    given(BOARD, merges(1, 2), submits(BEN, 6)).when(merges(1, 6)).then(merged(6))
