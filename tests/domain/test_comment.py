"""Comments: for, against or neutral, in threads of depth three."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocreate.domain import comment as comment_rules
from cocreate.domain.comment import (
    Alignment,
    CommentHidden,
    CommentPosted,
    CommentRestored,
    CommentWithdrawn,
    HideComment,
    RestoreComment,
    WithdrawComment,
)
from cocreate.domain.errors import (
    CommentNotFound,
    CommentStateConflict,
    CommentTooDeep,
    IdeaNotFound,
    IdeaStateConflict,
    InputPaused,
    LimitReached,
    NotAFacilitator,
    NotAParticipant,
    NotTheAuthor,
)
from tests.domain.words import (
    ANNA,
    BEN,
    CLEO,
    FACILITATOR,
    SAM,
    STRANGER,
    comment_id,
    hides,
    idea_id,
    ideas,
    joins,
    opened,
    pauses,
    posts,
    scribe_and_walk_in,
    text,
)
from tests.given_when_then import given

BOARD = [*opened(), *joins(ANNA, BEN), *ideas(ANNA, 2)]
WITHDRAWS = WithdrawComment(actor=BEN, comment=comment_id(1))
HIDES = HideComment(actor=FACILITATOR, comment=comment_id(1), reason="offensive")
RESTORES = RestoreComment(actor=FACILITATOR, comment=comment_id(1))


@pytest.mark.parametrize("alignment", ["for", "against", "neutral"])
def test_a_comment_takes_a_side_or_none(alignment: Alignment) -> None:
    given(BOARD).when(posts(BEN, 1, alignment=alignment)).then(
        CommentPosted(alignment=alignment, author=BEN, idea=idea_id(1), text=text("comment 1"))
    )


def test_a_thread_goes_three_deep_and_no_deeper() -> None:
    story = given(BOARD, posts(BEN, 1), posts(ANNA, 2, parent=1), posts(BEN, 3, parent=2))
    assert [row.depth for row in story.state.comments.values()] == [1, 2, 3]
    story.when(posts(ANNA, 4, parent=3)).then_refused(CommentTooDeep, depth=4, depth_max=3)


def test_a_reply_stays_on_the_idea_of_what_it_replies_to() -> None:
    story = given(BOARD, posts(BEN, 1))
    story.when(posts(ANNA, 2, parent=1, idea=2)).then_refused(CommentNotFound, comment=comment_id(1))
    story.when(posts(ANNA, 2, parent=9)).then_refused(CommentNotFound, comment=comment_id(9))
    story.when(posts(ANNA, 2, idea=9)).then_refused(IdeaNotFound, idea=idea_id(9))


def test_a_comment_id_is_used_once() -> None:
    given(BOARD, posts(BEN, 1)).when(posts(ANNA, 1)).then_refused(
        CommentStateConflict, status="visible", wanted="posted again"
    )


def test_nobody_comments_on_what_is_hidden_or_withdrawn() -> None:
    given(BOARD, hides(1)).when(posts(BEN, 1)).then_refused(IdeaStateConflict, status="hidden")
    story = given(BOARD, posts(BEN, 1), HIDES)
    story.when(posts(ANNA, 2, parent=1)).then_refused(CommentStateConflict, status="hidden")
    story = given(BOARD, posts(BEN, 1), WITHDRAWS)
    story.when(posts(ANNA, 2, parent=1)).then_refused(CommentStateConflict, status="withdrawn")


def test_only_participants_comment_while_input_is_not_paused_and_scribes_for_walk_ins() -> None:
    given(BOARD).when(posts(STRANGER, 1)).then_refused(NotAParticipant, status="unknown")
    given(BOARD, pauses()).when(posts(BEN, 1)).then_refused(InputPaused)
    story = given(BOARD, scribe_and_walk_in())
    story.when(replace(posts(CLEO, 1), actor=SAM)).then_on((comment_id(1), CommentPosted))
    story.when(replace(posts(BEN, 1), actor=SAM)).then_refused(NotTheAuthor)


def test_comments_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comment_rules, "COMMENTS_MAX", 2)
    monkeypatch.setattr(comment_rules, "COMMENTS_PER_PARTICIPANT_MAX", 1)
    story = given(BOARD, posts(BEN, 1))
    story.when(posts(BEN, 2)).then_refused(LimitReached, of="comments of one participant", limit=1)
    story.tell(posts(ANNA, 2))
    story.when(posts(ANNA, 3)).then_refused(LimitReached, of="comments", limit=2)


def test_an_author_withdraws_a_comment_once_unless_it_is_hidden() -> None:
    story = given(BOARD, posts(BEN, 1))
    story.when(replace(WITHDRAWS, actor=ANNA)).then_refused(NotTheAuthor)
    story.when(replace(WITHDRAWS, comment=comment_id(9))).then_refused(CommentNotFound)
    story = story.when(WITHDRAWS).then(CommentWithdrawn())
    story.when(WITHDRAWS).then_nothing()
    story.when(HIDES).then_refused(CommentStateConflict, status="withdrawn", wanted="hidden")
    story.when(RESTORES).then_refused(CommentStateConflict, status="withdrawn", wanted="restored")
    given(BOARD, posts(BEN, 1), HIDES).when(WITHDRAWS).then_refused(
        CommentStateConflict, status="hidden", wanted="withdrawn"
    )


def test_a_facilitator_hides_a_comment_with_a_reason_and_restores_it() -> None:
    story = given(BOARD, posts(BEN, 1))
    story.when(replace(HIDES, actor=ANNA)).then_refused(NotAFacilitator)
    story = story.when(HIDES).then(CommentHidden(reason="offensive"))
    story.when(HIDES).then_nothing()
    story.when(replace(RESTORES, actor=ANNA)).then_refused(NotAFacilitator)
    story = story.when(RESTORES).then(CommentRestored())
    story.when(RESTORES).then_nothing()
