"""The decision state of one workshop: tables of immutable rows, folded from its record.

Owner: the sequencer. It decides a batch on speculative state, so every change since `mark` can be undone in one step.
Nothing here comes from a sealed text, and nobody outside the sequencer reads it.
"""

from typing import TypeVar

from cocreate.domain.answer import Answer
from cocreate.domain.ballot import Ballot, Turnout
from cocreate.domain.comment import Comment
from cocreate.domain.commitment import Commitment
from cocreate.domain.decision import Decision
from cocreate.domain.errors import (
    InputPaused,
    LimitReached,
    NotAFacilitator,
    NotAParticipant,
    NotTheAuthor,
    RecordIsSealed,
    WorkshopNotOpen,
    WorkshopStateConflict,
)
from cocreate.domain.idea import Idea
from cocreate.domain.merging import Merge
from cocreate.domain.paper import Paper
from cocreate.domain.participant import Authored, Participant
from cocreate.domain.round import Round
from cocreate.domain.workshop import Status, Workshop

K = TypeVar("K")
V = TypeVar("V")

_Undo = list[tuple["Table[object, object]", object, object]]


class Table(dict[K, V]):
    """Rows by key; `put` remembers what stood there before."""

    __slots__ = ("_undo",)

    def __init__(self, undo: _Undo) -> None:
        super().__init__()
        self._undo = undo

    def put(self, key: K, row: V) -> None:
        self.put_over(self.get(key), key, row)

    def put_over(self, before: V | None, key: K, row: V) -> None:
        """Put the row where the caller has just found `before`."""
        self._undo.append((self, key, before))  # type: ignore[arg-type]  # one journal serves tables of every type
        self[key] = row


class WorkshopState:
    """What the rules need to know of one workshop at `size` entries."""

    __slots__ = (
        "_marked",
        "_undo",
        "answers",
        "authored",
        "ballots",
        "clustered",
        "clusters",
        "comments",
        "commitments",
        "decisions",
        "erased",
        "explained",
        "ideas",
        "merged",
        "now",
        "paper",
        "participants",
        "rounds",
        "sheets",
        "size",
        "turnout",
        "workshop",
    )

    def __init__(self) -> None:
        self._undo: _Undo = []
        self.size = 0
        self.now = 0
        self.workshop = Workshop()
        self.participants: Table[str, Participant] = Table(self._undo)
        self.authored: Table[str, Authored] = Table(self._undo)
        self.ideas: Table[str, Idea] = Table(self._undo)
        self.comments: Table[str, Comment] = Table(self._undo)
        self.rounds: Table[str, Round] = Table(self._undo)
        self.answers: Table[str, Answer] = Table(self._undo)
        self.merged: Table[str, Merge] = Table(self._undo)
        self.clusters: Table[str, int] = Table(self._undo)
        """Each cluster with the position of its name."""
        self.clustered: Table[str, str] = Table(self._undo)
        """Each sorted idea with its cluster."""
        self.commitments: Table[str, Commitment] = Table(self._undo)
        self.decisions: Table[str, Decision] = Table(self._undo)
        self.erased: Table[tuple[int, str], str] = Table(self._undo)
        self.ballots: Table[str, Table[str, Ballot]] = Table(self._undo)
        """By round, then by the ballot's id, so that closing a round looks at its own ballots alone."""
        self.explained: Table[str, int] = Table(self._undo)
        """How many reasons a standing ballot gives, by its id, once it has given any. No rule asks; what is deleted does."""
        self.paper: Table[str, Paper] = Table(self._undo)
        """By round, where there is any."""
        self.sheets: Table[str, int] = Table(self._undo)
        """How many sheets of paper a voter was given, by `round/voter`."""
        self.turnout: Table[str, Turnout] = Table(self._undo)
        self.mark()

    def hold_ballots(self, round_id: str) -> None:
        """Make room for a new round's ballots."""
        self.ballots.put(round_id, Table(self._undo))

    def mark(self) -> None:
        """Make the state as it is now the one that `rollback` returns to."""
        self._undo.clear()
        self._marked = (self.size, self.now, self.workshop)

    def rollback(self) -> None:
        """Undo every change since `mark`."""
        for table, key, before in reversed(self._undo):
            if before is None:
                del table[key]
            else:
                table[key] = before
        self.size, self.now, self.workshop = self._marked
        self._undo.clear()

    def require_facilitator(self, actor: str) -> None:
        """Refuse anybody who does not facilitate this workshop, and anything on a sealed record."""
        self.require_unsealed()
        if actor not in self.workshop.facilitators:
            raise NotAFacilitator()

    def require_status(self, wanted: str, *allowed: Status) -> None:
        """Refuse what the workshop cannot become, or have done to it, in its present status."""
        if self.workshop.status not in allowed:
            raise WorkshopStateConflict(status=self.workshop.status, wanted=wanted)

    def require_unsealed(self) -> None:
        if self.workshop.status == "sealed":
            raise RecordIsSealed()

    def require_open(self) -> None:
        if self.workshop.status != "open":
            self.require_unsealed()
            raise WorkshopNotOpen(status=self.workshop.status)

    def require_present(self, participant: str) -> Participant:
        """The participant, who must have joined and be neither removed nor gone."""
        row = self.participants.get(participant)
        if row is None or row.status != "present":
            raise NotAParticipant(status="unknown" if row is None else row.status)
        return row

    def require_input(self) -> None:
        """Refuse what participants send while the workshop is not open or input is paused."""
        self.require_open()
        if self.workshop.settings.paused:
            raise InputPaused()

    def require_room(self, of: str, held: int, limit: int) -> None:
        if held >= limit:
            raise LimitReached(of=of, limit=limit)

    def require_author(self, actor: str, author: str) -> None:
        """The actor must be the author, or enter for one without a device; the author must be present.

        Nobody speaks for a person who joined by themselves: a scribe's or facilitator's word stands in only for those
        whom a scribe brought in.
        """
        row = self.require_present(author)
        if actor != author and not (row.how == "scribe" and self.is_scribe(actor)):
            raise NotTheAuthor()

    def is_scribe(self, actor: str) -> bool:
        """Whether the actor may enter for people without a device: a present scribe, or a facilitator."""
        row = self.participants.get(actor)
        present = row is not None and row.status == "present" and row.role == "scribe"
        return present or actor in self.workshop.facilitators
