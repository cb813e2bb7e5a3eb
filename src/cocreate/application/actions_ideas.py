"""What people ask about ideas and comments."""

from typing import Annotated, ClassVar

from pydantic import Field

from cocreate.application.drafting import Action, Draft
from cocreate.application.wording import CommentText, IdeaText, IdeaTitle, Note
from cocreate.domain import comment, idea
from cocreate.domain.comment import Alignment
from cocreate.domain.idea import IDEA_TAGS_MAX, HidingReason
from cocreate.domain.messages import Code, Command, Pseudonym, Uuid

Tags = Annotated[tuple[Code, ...], Field(max_length=IDEA_TAGS_MAX)]


class SubmitIdea(Action):
    """Propose an idea. A scribe says on whose behalf."""

    NAME: ClassVar[str] = "submit_idea"

    text: IdeaText
    title: IdeaTitle | None = None
    tags: Tags = ()
    on_behalf_of: Pseudonym | None = None

    def command(self, draft: Draft) -> Command:
        return idea.SubmitIdea(
            actor=draft.actor,
            idea=draft.new_id(),
            author=self.on_behalf_of or draft.actor,
            text=draft.seal(self.text),
            title=draft.seal_optional(self.title),
            tags=self.tags,
        )


class EditIdea(Action):
    """Write a new version of an idea; rounds keep the version they were opened with."""

    NAME: ClassVar[str] = "edit_idea"

    idea: Uuid
    text: IdeaText
    title: IdeaTitle | None = None

    def command(self, draft: Draft) -> Command:
        text, title = draft.seal(self.text), draft.seal_optional(self.title)
        return idea.EditIdea(actor=draft.actor, idea=self.idea, text=text, title=title)


class WithdrawIdea(Action):
    """Take one's own idea back."""

    NAME: ClassVar[str] = "withdraw_idea"

    idea: Uuid

    def command(self, draft: Draft) -> Command:
        return idea.WithdrawIdea(actor=draft.actor, idea=self.idea)


class ApproveIdea(Action):
    """Approve an idea; where ideas wait for approval this shows it."""

    NAME: ClassVar[str] = "approve_idea"

    idea: Uuid

    def command(self, draft: Draft) -> Command:
        return idea.ApproveIdea(actor=draft.actor, idea=self.idea)


class HideIdea(Action):
    """Hide an idea for a stated reason; its author is told."""

    NAME: ClassVar[str] = "hide_idea"

    idea: Uuid
    reason: HidingReason
    note: Note | None = None

    def command(self, draft: Draft) -> Command:
        note = draft.seal_optional(self.note)
        return idea.HideIdea(actor=draft.actor, idea=self.idea, reason=self.reason, note=note)


class RestoreIdea(Action):
    """Show a hidden idea again."""

    NAME: ClassVar[str] = "restore_idea"

    idea: Uuid

    def command(self, draft: Draft) -> Command:
        return idea.RestoreIdea(actor=draft.actor, idea=self.idea)


class TagIdea(Action):
    """Set an idea's tags to these."""

    NAME: ClassVar[str] = "tag_idea"

    idea: Uuid
    tags: Tags

    def command(self, draft: Draft) -> Command:
        return idea.TagIdea(actor=draft.actor, idea=self.idea, tags=self.tags)


class PostComment(Action):
    """Comment on an idea, or reply to a comment on it: for, against or neutral."""

    NAME: ClassVar[str] = "post_comment"

    idea: Uuid
    parent: Uuid | None = None
    alignment: Alignment = "neutral"
    text: CommentText
    on_behalf_of: Pseudonym | None = None

    def command(self, draft: Draft) -> Command:
        return comment.PostComment(
            actor=draft.actor,
            comment=draft.new_id(),
            author=self.on_behalf_of or draft.actor,
            idea=self.idea,
            parent=self.parent,
            alignment=self.alignment,
            text=draft.seal(self.text),
        )


class WithdrawComment(Action):
    """Take one's own comment back."""

    NAME: ClassVar[str] = "withdraw_comment"

    comment: Uuid

    def command(self, draft: Draft) -> Command:
        return comment.WithdrawComment(actor=draft.actor, comment=self.comment)


class HideComment(Action):
    """Hide a comment for a stated reason."""

    NAME: ClassVar[str] = "hide_comment"

    comment: Uuid
    reason: HidingReason
    note: Note | None = None

    def command(self, draft: Draft) -> Command:
        note = draft.seal_optional(self.note)
        return comment.HideComment(actor=draft.actor, comment=self.comment, reason=self.reason, note=note)


class RestoreComment(Action):
    """Show a hidden comment again."""

    NAME: ClassVar[str] = "restore_comment"

    comment: Uuid

    def command(self, draft: Draft) -> Command:
        return comment.RestoreComment(actor=draft.actor, comment=self.comment)
