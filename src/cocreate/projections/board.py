"""The board: ideas and the comments on them."""

from dataclasses import dataclass, field

from cocreate.domain.answer import IdeaAnswered
from cocreate.domain.cluster import ClusterNamed, IdeaClustered
from cocreate.domain.comment import CommentHidden, CommentPosted, CommentRestored, CommentWithdrawn
from cocreate.domain.erasure import SubjectErased, TextErased
from cocreate.domain.idea import (
    IdeaApproved,
    IdeaEdited,
    IdeaHidden,
    IdeaRestored,
    IdeaSubmitted,
    IdeaTagged,
    IdeaWithdrawn,
)
from cocreate.domain.merging import IdeasMerged, MergeReverted
from cocreate.domain.messages import Recorded
from cocreate.domain.participant import NameGiven
from cocreate.domain.settings import Settings, SettingsChanged
from cocreate.domain.workshop import WorkshopScheduled
from cocreate.projections.changes import Changes
from cocreate.projections.handlers import Handlers
from cocreate.projections.participation import ParticipationFold


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What those responsible say to an idea; `at` is the entry that holds their reason."""

    answer: str
    at: int
    time: int
    cost: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class MergeRow:
    """Under which idea one stands since the entry `at`; `has_note` says whether that entry tells why."""

    into: str
    at: int
    time: int
    votes: str
    has_note: bool


@dataclass(slots=True)
class ClusterRow:
    number: int
    name_at: int


@dataclass(slots=True)
class IdeaRow:
    """`listed`: the public knows of it, as it does not while, and as long as, it only waited for approval."""

    number: int
    author: str
    entered_by: str | None
    status: str
    listed: bool
    text_at: int
    has_title: bool
    tags: tuple[str, ...]
    submitted_at: int
    claimed_at: int | None
    edited: bool = False
    approved: bool = False
    reason: str | None = None
    note_at: int | None = None
    comments: int = 0
    answer: AnswerRow | None = None
    merge: MergeRow | None = None
    merged: list[str] = field(default_factory=list)
    cluster: str | None = None


@dataclass(slots=True)
class CommentRow:
    idea: str
    parent: str | None
    depth: int
    alignment: str
    author: str
    entered_by: str | None
    text_at: int
    posted_at: int
    claimed_at: int | None
    status: str = "visible"
    reason: str | None = None
    note_at: int | None = None


@dataclass(slots=True)
class Written:
    """The ids of what one participant has written, oldest first."""

    ideas: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


class BoardFold:
    """`idea_at` and `comment_at` tell what an entry sealed a text of or about, of any version."""

    def __init__(self, participation: ParticipationFold) -> None:
        self.ideas: dict[str, IdeaRow] = {}
        self.comments: dict[str, CommentRow] = {}
        self.written: dict[str, Written] = {}
        self.idea_at: dict[int, str] = {}
        self.comment_at: dict[int, str] = {}
        self.hidden_ideas = 0
        self.hidden_comments = 0
        self.clusters: dict[str, ClusterRow] = {}
        self.idea_changes = Changes()
        self.cluster_changes = Changes()
        self._merged_at: dict[int, tuple[str, ...]] = {}
        self._cluster_at: dict[int, str] = {}
        self.comment_changes = Changes()
        self.counted_at = -1
        self._participation = participation
        self._settings = Settings()

    def handlers(self) -> Handlers:
        return {
            WorkshopScheduled: self._settings_set,
            SettingsChanged: self._settings_set,
            NameGiven: self._author_changed,
            SubjectErased: self._author_changed,
            TextErased: self._text_erased,
            IdeaSubmitted: self._submitted,
            IdeaEdited: self._edited,
            IdeaTagged: self._tagged,
            IdeaApproved: self._approved,
            IdeaHidden: self._idea_hidden,
            IdeaRestored: self._idea_restored,
            IdeaWithdrawn: self._idea_withdrawn,
            IdeaAnswered: self._answered,
            IdeasMerged: self._merged,
            MergeReverted: self._parted,
            ClusterNamed: self._cluster_named,
            IdeaClustered: self._clustered,
            CommentPosted: self._posted,
            CommentHidden: self._comment_hidden,
            CommentRestored: self._comment_restored,
            CommentWithdrawn: self._comment_withdrawn,
        }

    def _settings_set(self, recorded: Recorded, event: WorkshopScheduled | SettingsChanged) -> None:
        """Whether names show is part of everything that has an author."""
        before, after = self._settings, event.settings
        self._settings = after
        if (before.facilitator_sees_names, before.participants_see_names) != (
            after.facilitator_sees_names,
            after.participants_see_names,
        ):
            for author in self.written:
                self._touch_author(author, recorded.position)

    def _author_changed(self, recorded: Recorded, _: NameGiven | SubjectErased) -> None:
        self._touch_author(recorded.aggregate, recorded.position)

    def _text_erased(self, recorded: Recorded, event: TextErased) -> None:
        if idea := self.idea_at.get(event.position):
            self.idea_changes.touch(idea, recorded.position)
        for merged in self._merged_at.get(event.position, ()):
            self.idea_changes.touch(merged, recorded.position)
        if cluster := self._cluster_at.get(event.position):
            self.cluster_changes.touch(cluster, recorded.position)
        if comment := self.comment_at.get(event.position):
            self.comment_changes.touch(comment, recorded.position)
        if author := self._participation.named_at.get(event.position):
            self._touch_author(author, recorded.position)

    def _touch_author(self, author: str, position: int) -> None:
        written = self.written.get(author, Written())
        for idea in written.ideas:
            self.idea_changes.touch(idea, position)
        for comment in written.comments:
            self.comment_changes.touch(comment, position)

    def _submitted(self, recorded: Recorded, event: IdeaSubmitted) -> None:
        waiting = self._settings.approval_first
        self.ideas[recorded.aggregate] = IdeaRow(
            number=len(self.ideas) + 1,
            author=event.author,
            entered_by=recorded.actor if recorded.actor != event.author else None,
            status="waiting" if waiting else "visible",
            listed=not waiting,
            text_at=recorded.position,
            has_title=event.title is not None,
            tags=event.tags,
            submitted_at=recorded.time,
            claimed_at=event.claimed_at,
        )
        self.written.setdefault(event.author, Written()).ideas.append(recorded.aggregate)
        self.idea_at[recorded.position] = recorded.aggregate
        self.idea_changes.touch(recorded.aggregate, recorded.position)
        self.counted_at = recorded.position

    def _idea(self, recorded: Recorded) -> IdeaRow:
        """The idea that the entry changes."""
        self.idea_changes.touch(recorded.aggregate, recorded.position)
        return self.ideas[recorded.aggregate]

    def _edited(self, recorded: Recorded, event: IdeaEdited) -> None:
        row = self._idea(recorded)
        row.text_at, row.has_title, row.edited = recorded.position, event.title is not None, True
        self.idea_at[recorded.position] = recorded.aggregate

    def _tagged(self, recorded: Recorded, event: IdeaTagged) -> None:
        self._idea(recorded).tags = event.tags

    def _approved(self, recorded: Recorded, _: IdeaApproved) -> None:
        row = self._idea(recorded)
        row.status, row.approved, row.listed = "visible", True, True

    def _idea_hidden(self, recorded: Recorded, event: IdeaHidden) -> None:
        row = self._idea(recorded)
        _hide(row, recorded, event)
        row.listed = True
        self.hidden_ideas += 1
        self.idea_at[recorded.position] = recorded.aggregate
        self.counted_at = recorded.position

    def _idea_restored(self, recorded: Recorded, _: IdeaRestored) -> None:
        _restore(self._idea(recorded))
        self.hidden_ideas -= 1
        self.counted_at = recorded.position

    def _idea_withdrawn(self, recorded: Recorded, _: IdeaWithdrawn) -> None:
        self._idea(recorded).status = "withdrawn"

    def _answered(self, recorded: Recorded, event: IdeaAnswered) -> None:
        row = self._idea(recorded)
        row.answer = AnswerRow(event.answer, recorded.position, recorded.time, event.cost)
        self.idea_at[recorded.position] = recorded.aggregate

    def _merged(self, recorded: Recorded, event: IdeasMerged) -> None:
        into = self._idea(recorded)
        for idea in event.ideas:
            row = self.ideas[idea]
            row.merge = MergeRow(
                recorded.aggregate, recorded.position, recorded.time, event.votes, event.note is not None
            )
            if idea not in into.merged:
                into.merged.append(idea)
            self.idea_changes.touch(idea, recorded.position)
        self._merged_at[recorded.position] = event.ideas

    def _parted(self, recorded: Recorded, event: MergeReverted) -> None:
        into = self._idea(recorded)
        for idea in event.ideas:
            self.ideas[idea].merge = None
            into.merged.remove(idea)
            self.idea_changes.touch(idea, recorded.position)

    def _cluster_named(self, recorded: Recorded, _: ClusterNamed) -> None:
        row = self.clusters.setdefault(recorded.aggregate, ClusterRow(len(self.clusters) + 1, 0))
        row.name_at = recorded.position
        self._cluster_at[recorded.position] = recorded.aggregate
        self.cluster_changes.touch(recorded.aggregate, recorded.position)

    def _clustered(self, recorded: Recorded, event: IdeaClustered) -> None:
        self._idea(recorded).cluster = event.cluster

    def _posted(self, recorded: Recorded, event: CommentPosted) -> None:
        parent = None if event.parent is None else self.comments[event.parent]
        self.comments[recorded.aggregate] = CommentRow(
            idea=event.idea,
            parent=event.parent,
            depth=1 if parent is None else parent.depth + 1,
            alignment=event.alignment,
            author=event.author,
            entered_by=recorded.actor if recorded.actor != event.author else None,
            text_at=recorded.position,
            posted_at=recorded.time,
            claimed_at=event.claimed_at,
        )
        self.written.setdefault(event.author, Written()).comments.append(recorded.aggregate)
        self.comment_at[recorded.position] = recorded.aggregate
        self.comment_changes.touch(recorded.aggregate, recorded.position)
        self._count_comment(event.idea, 1, recorded.position)
        self.counted_at = recorded.position

    def _comment(self, recorded: Recorded) -> CommentRow:
        """The comment that the entry changes."""
        self.comment_changes.touch(recorded.aggregate, recorded.position)
        return self.comments[recorded.aggregate]

    def _comment_hidden(self, recorded: Recorded, event: CommentHidden) -> None:
        row = self._comment(recorded)
        _hide(row, recorded, event)
        self.hidden_comments += 1
        self.comment_at[recorded.position] = recorded.aggregate
        self._count_comment(row.idea, -1, recorded.position)
        self.counted_at = recorded.position

    def _comment_restored(self, recorded: Recorded, _: CommentRestored) -> None:
        row = self._comment(recorded)
        _restore(row)
        self.hidden_comments -= 1
        self._count_comment(row.idea, 1, recorded.position)
        self.counted_at = recorded.position

    def _comment_withdrawn(self, recorded: Recorded, _: CommentWithdrawn) -> None:
        row = self._comment(recorded)
        if row.status == "visible":
            self._count_comment(row.idea, -1, recorded.position)
        row.status = "withdrawn"

    def _count_comment(self, idea: str, step: int, position: int) -> None:
        self.ideas[idea].comments += step
        self.idea_changes.touch(idea, position)


def _hide(row: IdeaRow | CommentRow, recorded: Recorded, event: IdeaHidden | CommentHidden) -> None:
    row.status, row.reason = "hidden", event.reason
    row.note_at = None if event.note is None else recorded.position


def _restore(row: IdeaRow | CommentRow) -> None:
    row.status, row.reason, row.note_at = "visible", None, None
