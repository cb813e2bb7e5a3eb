"""Entries of a record in pages: hashed into the tree, read strictly, their times compared, and handed to the replay."""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from cocreate.audit.findings import Findings, entry_evidence
from cocreate.audit.replay import Replay
from cocreate.audit.texts import SealedTexts
from cocreate.domain.ballot import BallotRun
from cocreate.domain.messages import Recorded
from cocreate.record.codec import EntryMalformed, decode_page
from cocreate.record.page import Page
from cocreate.tlog.merkle import Frontier, leaf_hash

PAGE_ENTRIES: Final = 1_000
"""Enough for runs of ballots to be long, and some hundred kilobytes."""

_TIME: Final = re.compile(rb',"time":(0|[1-9][0-9]{0,15})\}\Z')
_NAME: Final = b'"event":"'

Stored = bytes | None
"""An entry's bytes; None where only its hash is there."""


class TimeMark(NamedTuple):
    """At `time_ms` a witness saw the first `size` entries of the record."""

    size: int
    time_ms: int


class Entries:
    """Owner: one audit. `roots` are the tree's at the sizes that were asked for, as far as the record goes."""

    def __init__(self, findings: Findings, replay: Replay, texts: SealedTexts, sizes: Iterable[int]) -> None:
        self._findings, self._replay, self._texts = findings, replay, texts
        self._wanted = sorted(set(sizes), reverse=True)
        self.tree = Frontier()
        self.roots: dict[int, bytes] = {}
        self.times_around: dict[int, tuple[int | None, int | None]] = {}
        """By a size asked for: the time of the last entry within it, and of the first behind it."""
        self.hashed = 0
        """Entries whose bytes were there."""
        self.last_time: int | None = None
        self.unreadable_from: int | None = None
        """Where an entry that is not of the format ended reading."""
        self.unread_from: int | None = None
        """Where entries first were not shown, nor marked one by one as withheld."""
        self.unread_count = 0
        self._note_size()

    def take(self, page: Sequence[Stored], leaves: Sequence[bytes]) -> None:
        """Take the next page in; `leaves` are the hashes of those entries that are None, in order."""
        absent = iter(leaves)
        stretch: list[bytes] = []
        for entry in page:
            if entry is not None:
                stretch.append(entry)
                continue
            self._present(stretch)
            stretch = []
            position = self.tree.size
            self._append([next(absent)])
            if self.unreadable_from is None:
                self._replay.skip(position)
        self._present(stretch)

    def unread(self, leaves: Sequence[bytes]) -> None:
        """Take in the hashes of entries of which nothing else is known."""
        if self.unread_from is None:
            self.unread_from = self.tree.size
        self.unread_count += len(leaves)
        self._replay.end()
        self._append(leaves)

    def root(self) -> bytes:
        return self.tree.root()

    def _present(self, entries: Sequence[bytes]) -> None:
        """Entries whose bytes are there, next to each other."""
        if not entries:
            return
        first = self.tree.size
        self.hashed += len(entries)
        if self.unreadable_from is None:
            self._check_times(first, entries)
            page = Page(range(first, first + len(entries)), list(map(_name, entries)), entries)
            try:
                for event in decode_page(page):
                    self._event(event, page, first)
            except EntryMalformed as error:
                self._malformed(entries[self.tree.size - first], error)
        rest = entries[self.tree.size - first :]
        self._append([leaf_hash(entry) for entry in rest])

    def _event(self, event: Recorded | BallotRun, page: Page, first: int) -> None:
        if isinstance(event, BallotRun):
            within = slice(event.position - first, event.last + 1 - first)
            run_entries = page.entries[within]
            self._texts.note_run(event)
            self._replay.take_run(event, run_entries, page.names[within])
            self._append([leaf_hash(entry) for entry in run_entries])
            return
        entry = page.entries[event.position - first]
        self._texts.note(event)
        self._replay.take(event, entry, self.tree.root)
        self._append([leaf_hash(entry)])

    def _malformed(self, entry: bytes, error: EntryMalformed) -> None:
        self.unreadable_from = self.tree.size
        self._findings.violation(
            "entry",
            self.tree.size,
            expected="the canonical bytes of an entry of the format",
            found=error.problem,
            evidence=entry_evidence(self.tree.size, entry),
        )

    def _append(self, leaves: Sequence[bytes]) -> None:
        """Into the tree, noting its root at the sizes that were asked for."""
        while self._wanted and self._wanted[-1] <= self.tree.size + len(leaves):
            upto = self._wanted[-1] - self.tree.size
            self.tree.append_all(leaves[:upto])
            leaves = leaves[upto:]
            self._note_size()
        self.tree.append_all(leaves)

    def _note_size(self) -> None:
        if self._wanted and self._wanted[-1] == self.tree.size:
            self.roots[self._wanted.pop()] = self.tree.root()

    def _check_times(self, first: int, entries: Sequence[bytes]) -> None:
        """Times never decrease; an entry without one is the decoder's to refuse."""
        times = [time_of(entry) for entry in entries]
        last = self.last_time
        for at, time in enumerate(times):
            if last is not None and time < last and time >= 0:
                self._findings.violation(
                    "time",
                    first + at,
                    expected=f"a time of at least {last}",
                    found=str(time),
                    evidence=entry_evidence(first + at, entries[at]),
                )
            last = max(time, last or 0)
        for size in self._wanted:
            if first < size <= first + len(times):
                self._around(size, before=times[size - 1 - first])
            if first <= size < first + len(times):
                self._around(size, behind=times[size - first])
        self.last_time = last

    def _around(self, size: int, before: int | None = None, behind: int | None = None) -> None:
        was = self.times_around.get(size, (None, None))
        self.times_around[size] = (was[0] if before is None else before, was[1] if behind is None else behind)


def time_of(entry: bytes) -> int:
    """The time that an entry ends with; -1 where it does not."""
    found = _TIME.search(entry, max(0, len(entry) - 32))
    return -1 if found is None else int(found[1])


def _name(entry: bytes) -> str:
    """The NAME that an entry claims; the decoder checks it."""
    start = entry.find(_NAME)
    end = entry.find(b'"', start + len(_NAME))
    return entry[start + len(_NAME) : end].decode("latin-1") if 0 <= start < end else ""


def check_marks(entries: Entries, marks: Iterable[TimeMark], skew_ms: int, findings: Findings) -> None:
    """Each entry lies between the cosigned times around it, give or take `skew_ms`; times that never decrease need no more."""
    for mark in marks:
        before, behind = entries.times_around.get(mark.size, (None, None))
        if before is not None and before > mark.time_ms + skew_ms:
            findings.violation(
                "cosigned_time",
                mark.size - 1,
                expected=f"a time up to {mark.time_ms + skew_ms}: a witness saw the entry at {mark.time_ms}",
                found=str(before),
            )
        if behind is not None and behind < mark.time_ms - skew_ms:
            findings.violation(
                "cosigned_time",
                mark.size,
                expected=f"a time from {mark.time_ms - skew_ms} on: a witness saw the record without the entry at {mark.time_ms}",
                found=str(behind),
            )
