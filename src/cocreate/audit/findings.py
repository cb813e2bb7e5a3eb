"""What an audit finds: violations, each with its places and evidence, and what it could not check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from cocreate.tlog.errors import EXPLANATIONS, Reason, VerificationError

Kind = (
    Reason
    | Literal[
        "file",
        "entry",
        "genesis",
        "time",
        "cosigned_time",
        "rewound",
        "fork",
        "frozen",
        "command",
        "rule",
        "facts",
        "ballot",
        "tally",
        "digest",
        "eligible",
        "withheld",
        "text_mismatch",
        "text_missing",
        "text_unknown",
        "text_erased",
        "predecessor",
    ]
)

MEANING: Final[Mapping[str, str]] = {
    **{str(reason): text for reason, text in EXPLANATIONS.items()},
    "file": "The file is not a whole export: it was cut, changed or put together by hand. Ask for it again.",
    "entry": "An entry is not written as the format says, so nobody can say what it means.",
    "genesis": "What the file or the server says of the record is not what the record's first entry says.",
    "time": "An entry was written with an earlier time than the one before it: it was back-dated.",
    "cosigned_time": "An entry's time does not fit the time at which a witness saw the record.",
    "rewound": "The record is shorter than the one you saw before. Either this is an old copy, or entries were taken away.",
    "fork": "The record is not a continuation of the one you saw before: history was changed. Both signed states are kept.",
    "frozen": "No witness has seen the record lately: you may be shown an old state.",
    "command": "Entries that came from one request do not belong together.",
    "rule": "The rules of the workshop do not allow this entry at this place.",
    "facts": "The entry says something else than what the rules make of the request.",
    "ballot": "A ballot stands where the rules of its round do not allow it.",
    "tally": "The certificate does not say what the ballots add up to.",
    "digest": "The digest in this entry is not that of the state before it.",
    "eligible": "More voters voted in the round than could have.",
    "withheld": "An entry is withheld that may not be.",
    "text_mismatch": "A text is not the one that was committed to: it was changed or swapped.",
    "text_missing": "A text that everybody may read is not there, and no entry says that it was erased or hidden.",
    "text_unknown": "A text is there that no entry commits to.",
    "text_erased": "A text is there although an entry says that it was erased.",
    "predecessor": "The record before this one is not what this record's first entry says of it.",
}

FINDINGS_MAX: Final = 1_000
"""More of one audit say no more than that they are many."""
_SHOWN_LENGTH_MAX: Final = 400


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation: what kind, at which entries (ascending; none where it is about the whole), expected and found.

    `evidence` are the pieces that show it, by name: entry bytes as text, signed notes, a text's line.
    """

    kind: Kind
    positions: tuple[int, ...]
    expected: str
    found: str
    evidence: dict[str, str] = field(default_factory=dict)

    @property
    def meaning(self) -> str:
        """For people."""
        return MEANING[self.kind]


class Findings:
    """What was found so far, in order, and what could not be checked, each said once."""

    def __init__(self) -> None:
        self.violations: list[Finding] = []
        self.unchecked: dict[str, str] = {}
        """By a short name, in words for people."""
        self.left_out = 0

    def violation(
        self,
        kind: Kind,
        *positions: int,
        expected: str,
        found: str,
        evidence: dict[str, str] | None = None,
    ) -> None:
        if len(self.violations) >= FINDINGS_MAX:
            self.left_out += 1
            return
        self.violations.append(Finding(kind, positions, _cut(expected), _cut(found), evidence or {}))

    def refused(
        self, error: VerificationError, *positions: int, evidence: dict[str, str] | None = None
    ) -> None:
        """What a verifier of the log found."""
        self.violation(
            error.reason, *positions, expected=error.expected, found=error.found, evidence=evidence
        )

    def could_not_check(self, what: str, why: str) -> None:
        self.unchecked.setdefault(what, why)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_LENGTH_MAX else text[: _SHOWN_LENGTH_MAX - 1] + "…"


def entry_evidence(position: int, entry: bytes) -> dict[str, str]:
    """An entry as a piece of evidence; what is not UTF-8 in hex."""
    try:
        return {f"entry {position}": entry.decode()}
    except UnicodeDecodeError:
        return {f"entry {position} (hex)": entry.hex()}
