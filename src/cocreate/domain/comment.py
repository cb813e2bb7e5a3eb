"""Comment: for, against or neutral, on an idea or on another comment, in threads of limited depth."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Literal

from cocreate.domain.agenda import require_activity
from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import CommentNotFound, CommentStateConflict, CommentTooDeep, IdeaStateConflict
from cocreate.domain.idea import HidingReason, find_idea
from cocreate.domain.messages import (
    Aggregate,
    Command,
    Event,
    Millis,
    Pending,
    Pseudonym,
    Recorded,
    Sealed,
    Subject,
    Uuid,
)
from cocreate.domain.participant import Authored

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

COMMENTS_MAX = 100_000
COMMENTS_PER_PARTICIPANT_MAX = 2_000
COMMENT_DEPTH_MAX = 3
COMMENT_LENGTH_MAX = 1_000

Alignment = Literal["for", "against", "neutral"]
Status = Literal["visible", "hidden", "withdrawn"]


class CommentPosted(Event):
    """`parent` is the comment it replies to; absent, it is on the idea itself."""

    NAME: ClassVar[str] = "CommentPosted.v1"
    AGGREGATE: ClassVar[Aggregate] = "comment"
    SUBJECT: ClassVar[Subject] = "author"
    SEALED: ClassVar[tuple[str, ...]] = ("text",)

    alignment: Alignment
    author: Pseudonym
    claimed_at: Millis | None = None
    idea: Uuid
    parent: Uuid | None = None
    text: Sealed


class CommentWithdrawn(Event):
    NAME: ClassVar[str] = "CommentWithdrawn.v1"
    AGGREGATE: ClassVar[Aggregate] = "comment"


class CommentHidden(Event):
    NAME: ClassVar[str] = "CommentHidden.v1"
    AGGREGATE: ClassVar[Aggregate] = "comment"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("note",)

    note: Sealed | None = None
    reason: HidingReason


class CommentRestored(Event):
    NAME: ClassVar[str] = "CommentRestored.v1"
    AGGREGATE: ClassVar[Aggregate] = "comment"


@dataclass(frozen=True, slots=True)
class Comment:
    """`depth` is 1 for a comment on an idea."""

    author: str
    idea: str
    depth: int
    status: Status = "visible"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostComment(Command):
    comment: str
    author: str
    idea: str
    parent: str | None = None
    alignment: Alignment
    text: Sealed
    claimed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawComment(Command):
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HideComment(Command):
    comment: str
    reason: HidingReason
    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreComment(Command):
    comment: str


@decides(PostComment)
def post_comment(command: PostComment, state: "WorkshopState", now: int) -> Events:
    state.require_input()
    state.require_author(command.actor, command.author)
    require_activity(state, "comments", now)
    if command.comment in state.comments:
        raise CommentStateConflict(status=state.comments[command.comment].status, wanted="posted again")
    idea = find_idea(state, command.idea)
    if idea.status != "visible":
        raise IdeaStateConflict(status=idea.status, wanted="commented on")
    depth = 1
    if command.parent is not None:
        depth = _parent(state, command.parent, command.idea).depth + 1
    if depth > COMMENT_DEPTH_MAX:
        raise CommentTooDeep(depth=depth, depth_max=COMMENT_DEPTH_MAX)
    state.require_room("comments", len(state.comments), COMMENTS_MAX)
    mine = state.authored.get(command.author, Authored()).comments
    state.require_room("comments of one participant", mine, COMMENTS_PER_PARTICIPANT_MAX)
    posted = CommentPosted(
        alignment=command.alignment,
        author=command.author,
        claimed_at=command.claimed_at,
        idea=command.idea,
        parent=command.parent,
        text=command.text,
    )
    return [Pending(command.comment, posted)]


@decides(WithdrawComment)
def withdraw_comment(command: WithdrawComment, state: "WorkshopState", now: int) -> Events:
    state.require_open()
    comment = find_comment(state, command.comment)
    state.require_author(command.actor, comment.author)
    if comment.status == "withdrawn":
        return []
    if comment.status != "visible":
        raise CommentStateConflict(status=comment.status, wanted="withdrawn")
    return [Pending(command.comment, CommentWithdrawn())]


@decides(HideComment)
def hide_comment(command: HideComment, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    comment = find_comment(state, command.comment)
    if comment.status == "hidden":
        return []
    if comment.status != "visible":
        raise CommentStateConflict(status=comment.status, wanted="hidden")
    return [Pending(command.comment, CommentHidden(note=command.note, reason=command.reason))]


@decides(RestoreComment)
def restore_comment(command: RestoreComment, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    comment = find_comment(state, command.comment)
    if comment.status == "visible":
        return []
    if comment.status != "hidden":
        raise CommentStateConflict(status=comment.status, wanted="restored")
    return [Pending(command.comment, CommentRestored())]


@evolves(CommentPosted)
def comment_posted(state: "WorkshopState", recorded: Recorded, event: CommentPosted) -> None:
    depth = 1 if event.parent is None else state.comments[event.parent].depth + 1
    state.comments.put(recorded.aggregate, Comment(event.author, event.idea, depth))
    before = state.authored.get(event.author, Authored())
    state.authored.put(event.author, replace(before, comments=before.comments + 1))


@evolves(CommentWithdrawn)
def comment_withdrawn(state: "WorkshopState", recorded: Recorded, event: CommentWithdrawn) -> None:
    _set_status(state, recorded.aggregate, "withdrawn")


@evolves(CommentHidden)
def comment_hidden(state: "WorkshopState", recorded: Recorded, event: CommentHidden) -> None:
    _set_status(state, recorded.aggregate, "hidden")


@evolves(CommentRestored)
def comment_restored(state: "WorkshopState", recorded: Recorded, event: CommentRestored) -> None:
    _set_status(state, recorded.aggregate, "visible")


def find_comment(state: "WorkshopState", comment: str) -> Comment:
    row = state.comments.get(comment)
    if row is None:
        raise CommentNotFound(comment=comment)
    return row


def _parent(state: "WorkshopState", parent: str, idea: str) -> Comment:
    row = find_comment(state, parent)
    if row.idea != idea:
        raise CommentNotFound(comment=parent)
    if row.status != "visible":
        raise CommentStateConflict(status=row.status, wanted="replied to")
    return row


def _set_status(state: "WorkshopState", comment: str, status: Status) -> None:
    state.comments.put(comment, replace(state.comments[comment], status=status))
