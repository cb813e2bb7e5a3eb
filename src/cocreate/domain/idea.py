"""Idea: what a participant proposes. Withdrawn by its author, hidden by a moderator and erased on request are three things."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from cocreate.domain.agenda import require_activity
from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import (
    IdeaNotFound,
    IdeaStateConflict,
    ParticipantStateConflict,
    TagUnknown,
)
from cocreate.domain.messages import (
    Aggregate,
    Code,
    Command,
    Distinct,
    Event,
    Millis,
    Pending,
    Pseudonym,
    Recorded,
    Sealed,
    Subject,
)
from cocreate.domain.participant import Authored

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

IDEAS_MAX = 20_000
IDEAS_PER_PARTICIPANT_MAX = 2_000
IDEA_TAGS_MAX = 10
IDEA_TITLE_LENGTH_MAX = 200
IDEA_TEXT_LENGTH_MAX = 5_000

Status = Literal["waiting", "visible", "hidden", "withdrawn"]
HidingReason = Literal[
    "spam", "offensive", "off_topic", "personal_content", "duplicate", "other", "imported_moderation"
]
Tags = Annotated[tuple[Code, ...], Field(max_length=IDEA_TAGS_MAX), Distinct]


class IdeaSubmitted(Event):
    """`author` differs from the entry's actor where a scribe entered it on the author's behalf."""

    NAME: ClassVar[str] = "IdeaSubmitted.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"
    SUBJECT: ClassVar[Subject] = "author"
    SEALED: ClassVar[tuple[str, ...]] = ("text", "title")

    author: Pseudonym
    claimed_at: Millis | None = None
    tags: Tags = ()
    text: Sealed
    title: Sealed | None = None


class IdeaEdited(Event):
    """A new version of the text; rounds keep the version they were opened with."""

    NAME: ClassVar[str] = "IdeaEdited.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"
    SUBJECT: ClassVar[Subject] = "author"
    SEALED: ClassVar[tuple[str, ...]] = ("text", "title")

    author: Pseudonym
    text: Sealed
    title: Sealed | None = None


class IdeaWithdrawn(Event):
    NAME: ClassVar[str] = "IdeaWithdrawn.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"


class IdeaApproved(Event):
    NAME: ClassVar[str] = "IdeaApproved.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"


class IdeaHidden(Event):
    NAME: ClassVar[str] = "IdeaHidden.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("note",)

    note: Sealed | None = None
    reason: HidingReason


class IdeaRestored(Event):
    NAME: ClassVar[str] = "IdeaRestored.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"


class IdeaTagged(Event):
    NAME: ClassVar[str] = "IdeaTagged.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"

    tags: Tags


@dataclass(frozen=True, slots=True)
class Idea:
    """`text_at` is the position of the standing text version; `approved` remembers a moderator's approval."""

    author: str
    text_at: int
    status: Status
    tags: tuple[str, ...]
    approved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitIdea(Command):
    idea: str
    author: str
    text: Sealed
    title: Sealed | None = None
    tags: tuple[str, ...] = ()
    claimed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditIdea(Command):
    idea: str
    text: Sealed
    title: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawIdea(Command):
    idea: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveIdea(Command):
    idea: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HideIdea(Command):
    idea: str
    reason: HidingReason
    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreIdea(Command):
    idea: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagIdea(Command):
    idea: str
    tags: tuple[str, ...]


@decides(SubmitIdea)
def submit_idea(command: SubmitIdea, state: "WorkshopState", now: int) -> Events:
    """In an open growing round a visible idea becomes an option at once."""
    from cocreate.domain.round import (  # rounds look at ideas; only admission looks back
        admissions,
        growing_rounds,
    )

    state.require_input()
    state.require_author(command.actor, command.author)
    if not growing_rounds(state):
        require_activity(state, "ideas", now)
    if command.idea in state.ideas:
        raise IdeaStateConflict(status=state.ideas[command.idea].status, wanted="submitted again")
    _require_tags(state, command.tags)
    state.require_room("ideas", len(state.ideas), IDEAS_MAX)
    mine = state.authored.get(command.author, Authored()).ideas
    state.require_room("ideas of one participant", mine, IDEAS_PER_PARTICIPANT_MAX)
    submitted = IdeaSubmitted(
        author=command.author,
        claimed_at=command.claimed_at,
        tags=command.tags,
        text=command.text,
        title=command.title,
    )
    events = [Pending(command.idea, submitted)]
    if not state.workshop.settings.approval_first:
        events += admissions(state, command.idea, text_at=state.size, claimed_at=command.claimed_at)
    return events


@decides(EditIdea)
def edit_idea(command: EditIdea, state: "WorkshopState", now: int) -> Events:
    """A facilitator may mend a text too; the entry's actor shows who did. An erased author has no key to seal it with."""
    state.require_input()
    idea = find_idea(state, command.idea)
    if command.actor not in state.workshop.facilitators:
        state.require_author(command.actor, idea.author)
    if state.participants[idea.author].status == "erased":
        raise ParticipantStateConflict(status="erased", wanted="given a new text")
    _require_status(idea, "edited", "waiting", "visible")
    edited = IdeaEdited(author=idea.author, text=command.text, title=command.title)
    return [Pending(command.idea, edited)]


@decides(WithdrawIdea)
def withdraw_idea(command: WithdrawIdea, state: "WorkshopState", now: int) -> Events:
    """Possible while input is paused. A hidden idea stays hidden: withdrawing would take the moderator's mark off it."""
    state.require_open()
    idea = find_idea(state, command.idea)
    state.require_author(command.actor, idea.author)
    if idea.status == "withdrawn":
        return []
    _require_status(idea, "withdrawn", "waiting", "visible")
    return [Pending(command.idea, IdeaWithdrawn())]


@decides(ApproveIdea)
def approve_idea(command: ApproveIdea, state: "WorkshopState", now: int) -> Events:
    from cocreate.domain.round import admissions

    state.require_facilitator(command.actor)
    idea = find_idea(state, command.idea)
    if idea.approved:
        return []
    _require_status(idea, "approved", "waiting", "visible")
    events = [Pending(command.idea, IdeaApproved())]
    if idea.status == "waiting":
        events += admissions(state, command.idea, text_at=idea.text_at, claimed_at=None)
    return events


@decides(HideIdea)
def hide_idea(command: HideIdea, state: "WorkshopState", now: int) -> Events:
    state.require_facilitator(command.actor)
    idea = find_idea(state, command.idea)
    if idea.status == "hidden":
        return []
    _require_status(idea, "hidden", "waiting", "visible")
    return [Pending(command.idea, IdeaHidden(note=command.note, reason=command.reason))]


@decides(RestoreIdea)
def restore_idea(command: RestoreIdea, state: "WorkshopState", now: int) -> Events:
    """Shows it, even if it waited for approval before; whether a growing round takes it is left to the facilitator."""
    state.require_facilitator(command.actor)
    idea = find_idea(state, command.idea)
    if idea.status == "visible":
        return []
    _require_status(idea, "restored", "hidden")
    return [Pending(command.idea, IdeaRestored())]


@decides(TagIdea)
def tag_idea(command: TagIdea, state: "WorkshopState", now: int) -> Events:
    idea = find_idea(state, command.idea)
    if command.actor not in state.workshop.facilitators:
        state.require_input()
        state.require_author(command.actor, idea.author)
    state.require_unsealed()
    _require_status(idea, "tagged", "waiting", "visible")
    _require_tags(state, command.tags)
    if command.tags == idea.tags:
        return []
    return [Pending(command.idea, IdeaTagged(tags=command.tags))]


@evolves(IdeaSubmitted)
def idea_submitted(state: "WorkshopState", recorded: Recorded, event: IdeaSubmitted) -> None:
    status: Status = "waiting" if state.workshop.settings.approval_first else "visible"
    state.ideas.put(recorded.aggregate, Idea(event.author, recorded.position, status, event.tags))
    before = state.authored.get(event.author, Authored())
    state.authored.put(event.author, replace(before, ideas=before.ideas + 1))


@evolves(IdeaEdited)
def idea_edited(state: "WorkshopState", recorded: Recorded, event: IdeaEdited) -> None:
    state.ideas.put(recorded.aggregate, replace(state.ideas[recorded.aggregate], text_at=recorded.position))


@evolves(IdeaWithdrawn)
def idea_withdrawn(state: "WorkshopState", recorded: Recorded, event: IdeaWithdrawn) -> None:
    _set_status(state, recorded.aggregate, "withdrawn")


@evolves(IdeaApproved)
def idea_approved(state: "WorkshopState", recorded: Recorded, event: IdeaApproved) -> None:
    row = replace(state.ideas[recorded.aggregate], approved=True, status="visible")
    state.ideas.put(recorded.aggregate, row)


@evolves(IdeaHidden)
def idea_hidden(state: "WorkshopState", recorded: Recorded, event: IdeaHidden) -> None:
    _set_status(state, recorded.aggregate, "hidden")


@evolves(IdeaRestored)
def idea_restored(state: "WorkshopState", recorded: Recorded, event: IdeaRestored) -> None:
    _set_status(state, recorded.aggregate, "visible")


@evolves(IdeaTagged)
def idea_tagged(state: "WorkshopState", recorded: Recorded, event: IdeaTagged) -> None:
    state.ideas.put(recorded.aggregate, replace(state.ideas[recorded.aggregate], tags=event.tags))


def find_idea(state: "WorkshopState", idea: str) -> Idea:
    row = state.ideas.get(idea)
    if row is None:
        raise IdeaNotFound(idea=idea)
    return row


def _set_status(state: "WorkshopState", idea: str, status: Status) -> None:
    state.ideas.put(idea, replace(state.ideas[idea], status=status))


def _require_status(idea: Idea, wanted: str, *allowed: Status) -> None:
    if idea.status not in allowed:
        raise IdeaStateConflict(status=idea.status, wanted=wanted)


def _require_tags(state: "WorkshopState", tags: tuple[str, ...]) -> None:
    known = state.workshop.settings.tags
    for tag in tags:
        if tag not in known:
            raise TagUnknown(tag=tag, known=", ".join(known) or "none")
