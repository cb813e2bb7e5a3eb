"""Merging: several ideas stand for one from here on; originals and authors stay, and it can be taken apart again."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from cocreate.domain.decider import Events, decides, evolves
from cocreate.domain.errors import IdeaInRound, IdeaStateConflict, LimitReached, MergeMalformed
from cocreate.domain.idea import find_idea
from cocreate.domain.messages import (
    Aggregate,
    Ascending,
    Command,
    Event,
    Pending,
    Recorded,
    Sealed,
    Subject,
    Uuid,
)

if TYPE_CHECKING:
    from cocreate.domain.state import WorkshopState

MERGED_MAX = 100
"""Ideas that stand under one other; a card with more of them helps nobody."""

VotesCarried = Literal["none", "union"]
Merging = Annotated[tuple[Uuid, ...], Field(min_length=1, max_length=MERGED_MAX), Ascending]


class IdeasMerged(Event):
    """`ideas` stand under the aggregate from here on. `votes` says how rounds to come may count them (see `round.py`)."""

    NAME: ClassVar[str] = "IdeasMerged.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("note",)

    ideas: Merging
    note: Sealed | None = None
    votes: VotesCarried


class MergeReverted(Event):
    """`ideas` stand for themselves again; the others stay merged into the aggregate."""

    NAME: ClassVar[str] = "MergeReverted.v1"
    AGGREGATE: ClassVar[Aggregate] = "idea"
    SUBJECT: ClassVar[Subject] = "host"
    SEALED: ClassVar[tuple[str, ...]] = ("note",)

    ideas: Merging
    note: Sealed | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """Where an idea that has been merged at some time stands now; `into` is None where it stands for itself again."""

    into: str | None
    votes: VotesCarried = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeIdeas(Command):
    idea: str
    ideas: tuple[str, ...]
    votes: VotesCarried = "none"
    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertMerge(Command):
    idea: str
    ideas: tuple[str, ...]
    note: Sealed | None = None


@decides(MergeIdeas)
def merge_ideas(command: MergeIdeas, state: "WorkshopState", now: int) -> Events:
    """What stood under one of the ideas moves along: nothing is ever merged into what is itself merged."""
    state.require_facilitator(command.actor)
    state.require_status("given merged ideas", "open", "closed")
    into = find_idea(state, command.idea)
    if command.idea in command.ideas:
        raise MergeMalformed(problem="an idea cannot be merged into itself")
    if into.status != "visible":
        raise IdeaStateConflict(status=into.status, wanted="merged with others")
    if merge_of(state, command.idea).into is not None:
        raise IdeaStateConflict(status="merged", wanted="one that others are merged into")
    wanted = Merge(command.idea, command.votes)
    named = {idea for idea in command.ideas if merge_of(state, idea) != wanted}
    for idea in sorted(named):
        _require_mergeable(state, idea, command)
    under = {idea: members for idea in sorted(named) if (members := members_of(state, idea))}
    moved = named.union(*under.values())
    if not moved:
        return []
    require_no_round(state, [command.idea, *sorted(moved)])
    if len(moved.union(members_of(state, command.idea))) > MERGED_MAX:
        raise LimitReached(of="ideas merged into one", limit=MERGED_MAX)
    taken_apart = [Pending(idea, MergeReverted(ideas=members)) for idea, members in under.items()]
    merged = IdeasMerged(ideas=tuple(moved), note=command.note, votes=command.votes)
    return [*taken_apart, Pending(command.idea, merged)]


def _require_mergeable(state: "WorkshopState", idea: str, command: MergeIdeas) -> None:
    """Visible, and under no other idea; what stands under one that is merged too moves along with it, whatever it is."""
    row = find_idea(state, idea)
    if merge_of(state, idea).into in command.ideas:
        return
    if row.status != "visible":
        raise IdeaStateConflict(status=row.status, wanted="merged with others")
    if merge_of(state, idea).into not in (None, command.idea):
        raise IdeaStateConflict(status="merged", wanted="merged into another: take it apart first")


@decides(RevertMerge)
def revert_merge(command: RevertMerge, state: "WorkshopState", now: int) -> Events:
    """Takes some or all of the ideas out again, whatever has become of them or of the one they stand under."""
    state.require_facilitator(command.actor)
    state.require_status("given ideas taken apart", "open", "closed")
    for idea in (command.idea, *command.ideas):
        find_idea(state, idea)
    parted = tuple(idea for idea in command.ideas if merge_of(state, idea).into == command.idea)
    if not parted:
        return []
    require_no_round(state, [command.idea, *parted])
    return [Pending(command.idea, MergeReverted(ideas=parted, note=command.note))]


@evolves(IdeasMerged)
def ideas_merged(state: "WorkshopState", recorded: Recorded, event: IdeasMerged) -> None:
    for idea in event.ideas:
        state.merged.put(idea, Merge(recorded.aggregate, event.votes))


@evolves(MergeReverted)
def merge_reverted(state: "WorkshopState", recorded: Recorded, event: MergeReverted) -> None:
    for idea in event.ideas:
        state.merged.put(idea, ALONE)


ALONE = Merge(None)


def merge_of(state: "WorkshopState", idea: str) -> Merge:
    return state.merged.get(idea, ALONE)


def members_of(state: "WorkshopState", idea: str) -> tuple[str, ...]:
    """What stands under the idea, ascending. Cost: the merged ideas of the workshop."""
    return tuple(sorted(key for key, row in state.merged.items() if row.into == idea))


def stands_under(state: "WorkshopState", idea: str) -> str | None:
    """The idea that this one is merged into, as long as that one is up for reading: a merge must hide nothing."""
    into = merge_of(state, idea).into
    return into if into is not None and state.ideas[into].status == "visible" else None


def require_no_round(state: "WorkshopState", ideas: Iterable[str]) -> None:
    """What people vote on, or have voted on without a result, stays as they saw it."""
    pending = [(key, row) for key, row in state.rounds.items() if row.status in ("open", "closed")]
    for idea in ideas:
        for round_id, row in pending:
            if idea in row.options:
                raise IdeaInRound(idea=idea, round=round_id)
