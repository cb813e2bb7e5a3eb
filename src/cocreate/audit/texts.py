"""Sealed texts against their commitments: which are verified, erased, hidden, not for this reader, missing or swapped."""

from collections import Counter
from typing import Final, Literal

from cocreate.audit.findings import Findings
from cocreate.domain.ballot import BALLOTS, BallotExplained, BallotRun
from cocreate.domain.comment import CommentHidden, CommentPosted, CommentRestored
from cocreate.domain.erasure import SubjectErased, TextErased
from cocreate.domain.idea import IdeaApproved, IdeaEdited, IdeaHidden, IdeaRestored, IdeaSubmitted
from cocreate.domain.messages import Recorded
from cocreate.domain.participant import NameGiven
from cocreate.domain.settings import SettingsChanged
from cocreate.domain.workshop import WorkshopScheduled
from cocreate.record.export import Disclosed
from cocreate.record.sealed_text import commitment, sealed_fields, subject_of

Status = Literal["verified", "erased", "withheld", "not_for_this_reader", "missing", "mismatch"]
STATUSES: Final[tuple[Status, ...]] = (
    "verified",
    "erased",
    "withheld",
    "not_for_this_reader",
    "missing",
    "mismatch",
)


class _Place:
    """One sealed field of one entry: its commitments by language, and what decides who may read it."""

    __slots__ = ("about", "commitments", "subject")

    def __init__(self, commitments: dict[str, str], subject: str, about: str | None) -> None:
        self.commitments = commitments
        self.subject = subject
        self.about = about
        """The idea or comment that it is the text of; "" for everybody; None for some readers only."""


class SealedTexts:
    """Commitments as the entries make them, and what later entries say of their texts."""

    def __init__(self, workshop: str) -> None:
        self._workshop = workshop
        self._places: dict[tuple[int, str], _Place] = {}
        self._erased: dict[tuple[int, str], int] = {}
        self._subjects_erased: dict[str, int] = {}
        self._hidden: dict[str, int] = {}
        self._waiting: set[str] = set()
        self._explained: dict[str, list[tuple[int, str]]] = {}
        """Where the reasons of standing ballots are, by ballot: the next one of the same voter deletes them."""
        self._approval_first = False
        self.counts: Counter[Status] = Counter()
        self.by_event: Counter[tuple[Status, int]] = Counter()
        """How many texts each erasing or hiding entry accounts for."""

    def subject(self, position: int, field: str) -> str | None:
        """Whose key seals the text at a place, if there is one."""
        place = self._places.get((position, field))
        return None if place is None else place.subject

    def note(self, recorded: Recorded) -> None:
        """Take the next entry in."""
        event = recorded.event
        if isinstance(event, BALLOTS):
            self._replace(recorded.aggregate, recorded.position)
        if isinstance(event, BallotExplained):
            self._explained[recorded.aggregate] = [
                (recorded.position, field) for field, _ in sealed_fields(recorded)
            ]
        if event.SEALED:
            subject = subject_of(recorded, self._workshop)
            about = _about(recorded)
            for field, sealed in sealed_fields(recorded):
                self._places[recorded.position, field] = _Place(dict(sealed), subject, about)
        match event:
            case WorkshopScheduled(settings=settings) | SettingsChanged(settings=settings):
                self._approval_first = settings.approval_first
            case TextErased(position=position, field=field):
                self._erased.setdefault((position, field), recorded.position)
            case SubjectErased():
                self._subjects_erased.setdefault(recorded.aggregate, recorded.position)
            case IdeaSubmitted() if self._approval_first:
                self._waiting.add(recorded.aggregate)
            case IdeaApproved():
                self._waiting.discard(recorded.aggregate)
            case IdeaHidden() | CommentHidden():
                self._hidden[recorded.aggregate] = recorded.position
            case IdeaRestored() | CommentRestored():
                self._hidden.pop(recorded.aggregate, None)
                self._waiting.discard(recorded.aggregate)
            case _:
                pass

    def note_run(self, run: BallotRun) -> None:
        """Take the next run of ballots in."""
        for at, aggregate in enumerate(run.aggregates) if self._explained else ():
            self._replace(aggregate, run.position + at)

    def _replace(self, ballot: str, position: int) -> None:
        for place in self._explained.pop(ballot, ()):
            self._erased.setdefault(place, position)

    def open(self, text: Disclosed, findings: Findings) -> None:
        """Check a disclosed text; each is given once."""
        key = (text.position, text.field)
        place = self._places.get(key)
        where = f"{text.field} ({text.language}) of entry {text.position}"
        evidence = {f"text of entry {text.position}": text.model_dump_json()}
        committed = None if place is None else place.commitments.pop(text.language, None)
        if place is None or committed is None:
            findings.violation(
                "text_unknown",
                text.position,
                expected="a commitment to it",
                found=f"none to {where}",
                evidence=evidence,
            )
            return
        made = commitment(bytes.fromhex(text.salt), text.text)
        if made != committed:
            self.counts["mismatch"] += 1
            findings.violation(
                "text_mismatch",
                text.position,
                expected=f"{where}: {committed}",
                found=made,
                evidence=evidence,
            )
            return
        erased = self._erased_at(key, place)
        if erased is not None:
            findings.violation(
                "text_erased",
                text.position,
                erased,
                expected=f"no text, entry {erased} erased it",
                found=where,
            )
        self.counts["verified"] += 1

    def close(self, findings: Findings, *, served: bool) -> None:
        """Say of every text that was not disclosed why; a served log holds none (`served`)."""
        for key, place in self._places.items():
            for language in place.commitments:
                status, event = self._why(key, place, served=served)
                self.counts[status] += 1
                if event is not None:
                    self.by_event[status, event] += 1
                if status == "missing":
                    findings.violation(
                        "text_missing",
                        key[0],
                        expected=f"{key[1]} ({language}), or an entry that erases or hides it",
                        found="neither",
                    )

    def _why(self, key: tuple[int, str], place: _Place, *, served: bool) -> tuple[Status, int | None]:
        erased = self._erased_at(key, place)
        if erased is not None:
            return "erased", erased
        if place.about is not None and place.about in self._hidden:
            return "withheld", self._hidden[place.about]
        if served or place.about is None or place.about in self._waiting:
            return "not_for_this_reader", None
        return "missing", None

    def _erased_at(self, key: tuple[int, str], place: _Place) -> int | None:
        found = self._erased.get(key)
        return self._subjects_erased.get(place.subject) if found is None else found


def _about(recorded: Recorded) -> str | None:
    match recorded.event:
        case IdeaSubmitted() | IdeaEdited() | CommentPosted():
            return recorded.aggregate
        case NameGiven() | IdeaHidden() | CommentHidden():
            return None
        case _:
            return ""
