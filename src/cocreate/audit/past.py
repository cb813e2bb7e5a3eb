"""A record's view at a moment, folded from an export file alone; and where two exports part."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, BinaryIO

from cocreate.domain.messages import Recorded
from cocreate.projections.fold import Projections
from cocreate.projections.reader import Audience
from cocreate.projections.views import view
from cocreate.record.codec import decode
from cocreate.record.export import Disclosed, ExportHeader, Withheld, read_export
from cocreate.record.sealed_text import sealed_fields
from cocreate.tlog.merkle import leaf_hash

Moment = tuple[str, int]
"""("position", p) or ("time", milliseconds): the last entry up to there."""


class MomentUnknown(Exception):
    """The record has no such moment."""


def view_at(stream: BinaryIO, moment: Moment | None, audience: Audience) -> dict[str, Any]:
    """The view at a moment (None: at the head), of what may be seen at the head and whose texts are in the file.

    The file must be one that an audit found no violation in. Withheld ballots are in no view.
    """
    facts, visible = Projections(), Projections()
    texts: dict[tuple[int, str], dict[str, str | None]] = {}
    position = -1
    for item in read_export(stream):
        match item:
            case bytes():
                position += 1
                recorded = decode(item)
                for field, sealed in sealed_fields(recorded):
                    texts[position, field] = dict.fromkeys(language for language, _ in sealed)
                if _is_within(recorded, moment):
                    facts.apply(recorded)
                visible.apply(recorded)
            case Withheld():
                position += 1
                if facts.at == position - 1 and (
                    moment is None or moment[0] == "time" or position <= moment[1]
                ):
                    facts.at = position
                visible.at = position
            case Disclosed():
                texts[item.position, item.field][item.language] = item.text
            case _:
                pass
    if facts.at < 0 or (moment is not None and moment[0] == "position" and moment[1] > position):
        raise MomentUnknown(
            f"The record has the entries 0 to {position}. Name one of them, or a time after the first."
        )

    def readable(at: int, field: str) -> tuple[tuple[str, str], ...] | None:
        found = texts.get((at, field), {})
        return tuple((language, text) for language, text in found.items() if text is not None) or None

    return view(facts, visible, audience, readable)


def _is_within(recorded: Recorded, moment: Moment | None) -> bool:
    if moment is None:
        return True
    kind, upto = moment
    return (recorded.position if kind == "position" else recorded.time) <= upto


@dataclass(frozen=True, slots=True)
class Difference:
    """How two copies of a record compare. `parted_at` is the first position at which they differ, None where none does."""

    same_record: bool
    sizes: tuple[int, int]
    parted_at: int | None
    entries: tuple[str, str]
    """What each has at that position."""
    shown_in_one: int
    """Entries that only one of them shows, with the same hash in the other."""

    @property
    def forked(self) -> bool:
        """Neither is a continuation of the other."""
        return not self.same_record or self.parted_at is not None

    @property
    def said(self) -> str:
        """In words."""
        if not self.same_record:
            return "These are two records: their origins differ."
        if self.parted_at is not None:
            return f"They differ from entry {self.parted_at} on: one of them was changed."
        first, second = self.sizes
        if first == second:
            return f"Both hold the same {first:,} entries."
        return (
            f"The longer one ({max(self.sizes):,} entries) continues the shorter one ({min(self.sizes):,})."
        )


def difference(first: BinaryIO, second: BinaryIO) -> Difference:
    """Compare two exports entry by entry; reads both once, side by side."""
    (header, left), (other, right) = _opened(first), _opened(second)
    same_record = (header.origin, header.vkey) == (other.origin, other.vkey)
    parted_at, entries, shown_in_one = None, ("", ""), 0
    for position, (one, two) in enumerate(zip_longest(left, right)):
        if one is None or two is None or parted_at is not None:
            continue  # both are read to their ends: a file that was cut is none to compare
        if _leaf(one) != _leaf(two):
            parted_at, entries = position, (_shown(one), _shown(two))
        elif type(one) is not type(two):
            shown_in_one += 1
    return Difference(same_record, (header.size, other.size), parted_at, entries, shown_in_one)


def _opened(stream: BinaryIO) -> tuple[ExportHeader, Iterator[bytes | Withheld]]:
    items = read_export(stream)
    header = next(items)
    assert isinstance(header, ExportHeader), "the reader gives the header first"
    return header, (item for item in items if isinstance(item, bytes | Withheld))


def _leaf(entry: bytes | Withheld) -> bytes:
    return leaf_hash(entry) if isinstance(entry, bytes) else bytes.fromhex(entry.withheld)


def _shown(entry: bytes | Withheld) -> str:
    return entry.decode(errors="replace") if isinstance(entry, bytes) else f"withheld: {entry.withheld}"
