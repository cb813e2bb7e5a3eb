"""One audit, in one pass: what a record says of itself, held against its entries, its rules, a key, memory and witnesses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cocreate.audit.entries import PAGE_ENTRIES, Entries, Stored
from cocreate.audit.findings import Findings, entry_evidence
from cocreate.audit.memory import Memory, MemoryUnusable, load_memory
from cocreate.audit.predecessor import Continued, check_predecessor, predecessor_of
from cocreate.audit.replay import Recount, Replay
from cocreate.audit.report import Report, report_of
from cocreate.audit.seen import check_cosigned, check_memory, check_witnesses, note_unchecked
from cocreate.audit.texts import SealedTexts
from cocreate.domain.certificate import standing_ballots
from cocreate.domain.errors import Refusal
from cocreate.domain.genesis import Predecessor, RecordStarted, SuccessorStarted
from cocreate.domain.voting.method import Ranking
from cocreate.domain.voting.what_if import Cast, Otherwise, Under, count_otherwise, whole_ballots
from cocreate.record.codec import EntryMalformed, decode
from cocreate.record.export import (
    Disclosed,
    ExportHeader,
    ExportMalformed,
    Signed,
    Withheld,
    read_export,
)
from cocreate.tlog.checkpoints import OpenedCheckpoint, open_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.policy import Policy
from cocreate.tlog.vkey import VerifierKey, parse_vkey

Progress = Callable[[int, int], None]
"""Called with (entries done, entries in all)."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the auditor brings along; nothing of it comes from the record. Times in milliseconds since 1970 UTC."""

    now_ms: int
    key: VerifierKey | None = None
    state: Path | None = None
    policy: Policy | None = None
    round_keys: Mapping[str, bytes] = field(default_factory=dict)
    cosigned_age_ms_max: int | None = None
    predecessor: Path | None = None
    """An export of the record before this one."""

    def key_for(self, origin: str) -> VerifierKey | None:
        """The pinned key, or else the policy's for that origin."""
        if self.key is not None or self.policy is None:
            return self.key
        known = self.policy.logs.get(origin)
        return known.key if known else None


@dataclass(frozen=True, slots=True)
class Claim:
    """What the copy says of itself, none of it believed; `root` in hex."""

    source: str
    origin: str
    vkey: str
    size: int
    root: str
    workshop: str
    served: bool = False


class Audit:
    """Owner: whoever reads the copy and hands its parts on, in their order."""

    def __init__(
        self, claim: Claim, trust: Trust, progress: Progress | None = None, cosigned: bytes | None = None
    ) -> None:
        """`cosigned`: what the copy has beside its checkpoint, an earlier one that witnesses signed."""
        self.claim, self.trust = claim, trust
        self.findings = Findings()
        self.key = trust.key_for(claim.origin)
        self._verifier = self.key
        if self._verifier is None:
            self.findings.could_not_check(
                "key",
                "Who signed the record: no key was given, so the copy was only compared with the key in itself. "
                "Get the vkey from another source (minutes, poster, the host's own site) and give it as --key.",
            )
            self._verifier = self._own_key()
        self.memory = self._load_memory()
        self.texts = SealedTexts(claim.workshop)
        self.replay = Replay(self.findings, self.texts, trust.round_keys)
        self.cosigned = None if cosigned is None else self._open_cosigned(cosigned)
        sizes = [one.checkpoint.size for one in self.earlier()] + [claim.size]
        self.entries = Entries(self.findings, self.replay, self.texts, sizes)
        self.opened: OpenedCheckpoint | None = None
        self.predecessor: Predecessor | None = None
        self.continued: Continued | None = None
        self._signed = False
        self._progress = progress

    @property
    def witnesses(self) -> Sequence[VerifierKey]:
        return () if self.trust.policy is None else self.trust.policy.witness_keys

    def page(self, page: Sequence[Stored], leaves: Sequence[bytes]) -> None:
        """The next entries; `leaves` are the hashes of those that are None."""
        if self.entries.tree.size == 0 and page:
            self._check_genesis(page[0])
        self.entries.take(page, leaves)
        if self._progress is not None:
            self._progress(self.entries.tree.size, self.claim.size)

    def unread(self, leaves: Sequence[bytes]) -> None:
        """The next entries, of which only the hashes are there and nobody says which are withheld: the rules end here."""
        self.entries.unread(leaves)

    def text(self, text: Disclosed) -> None:
        if self.entries.unreadable_from is None:
            self.texts.open(text, self.findings)

    def checkpoint(self, note: bytes) -> None:
        """The signed note of the record's head."""
        self._signed = True
        if self._verifier is None:
            return
        try:
            self.opened = open_checkpoint(note, self._verifier, self.witnesses)
        except VerificationError as error:
            self.findings.refused(error, evidence={"checkpoint": note.decode(errors="replace")})
            return
        signed = self.opened.checkpoint
        if (signed.size, signed.root.hex()) != (self.claim.size, self.claim.root):
            self.findings.violation(
                "tree",
                expected=f"a checkpoint of {self.claim.size} entries with root {self.claim.root}",
                found=f"one of {signed.size} with root {signed.root.hex()}",
                evidence={"checkpoint": note.decode(errors="replace")},
            )

    def report(self) -> Report:
        """What was found so far, where the rest cannot be read: nothing is remembered of it."""
        return report_of(self, remembered=None, witnessed=None)

    def conclude(self) -> Report:
        """The record has been read to its end."""
        self.replay.finish()
        self._check_root()
        if self.entries.unreadable_from is None:
            self.texts.close(self.findings, served=self.claim.served)
        else:
            self.findings.could_not_check(
                "texts", f"Texts: entry {self.entries.unreadable_from} and those behind it could not be read."
            )
        if not self._signed:
            self.findings.could_not_check(
                "signature",
                "The signature: this file has no checkpoint (export format 1). Ask for an export of format 2.",
            )
        if self.predecessor is not None:
            self.continued = check_predecessor(self.predecessor, self.trust.predecessor, self.findings)
        elif self.trust.predecessor is not None:
            self.findings.could_not_check(
                "predecessor",
                f"What {self.trust.predecessor} has to do with this record, which names none before it.",
            )
        remembered = check_memory(self)
        check_cosigned(self)
        witnessed = check_witnesses(self)
        note_unchecked(self, remembered=remembered, witnessed=witnessed)
        report = report_of(self, remembered=remembered, witnessed=witnessed)
        if self.memory is not None and self.opened is not None and not self.findings.violations:
            if self.cosigned is not None and self.cosigned.cosigned:
                self.memory.keep(self.cosigned)
            self.memory.keep(self.opened)
        return report

    def _own_key(self) -> VerifierKey | None:
        try:
            return parse_vkey(self.claim.vkey)
        except VerificationError as error:
            self.findings.refused(error)
            return None

    def _open_cosigned(self, note: bytes) -> OpenedCheckpoint | None:
        if self._verifier is None:
            return None
        try:
            return open_checkpoint(note, self._verifier, self.witnesses)
        except VerificationError as error:
            self.findings.refused(error, evidence={"cosigned": note.decode(errors="replace")})
            return None

    def earlier(self) -> Sequence[OpenedCheckpoint]:
        """Signed states that this record must continue, beside its own head."""
        cosigned = [] if self.cosigned is None else [self.cosigned]
        return [*([] if self.memory is None else self.memory.notes), *cosigned]

    def _load_memory(self) -> Memory | None:
        if self.trust.state is None or self._verifier is None:
            return None
        try:
            return load_memory(self.trust.state, self._verifier, self.witnesses)
        except MemoryUnusable as error:
            self.findings.could_not_check("memory", f"What you saw before: {error}.")
            return None

    def _check_genesis(self, entry: Stored) -> None:
        """The first entry names origin, key and workshop as the copy and the pinned key do."""
        if entry is None:
            return  # told where withheld entries are judged
        try:
            recorded = decode(entry)
        except EntryMalformed:
            return  # told where entries are read
        claim, event = self.claim, recorded.event
        if not isinstance(event, RecordStarted | SuccessorStarted):
            return  # told where the rules are asked
        self.predecessor = predecessor_of(event)
        said = (event.origin, event.vkey, recorded.aggregate)
        pinned = claim.vkey if self.key is None else str(self.key)
        for wanted in dict.fromkeys(
            ((claim.origin, claim.vkey, claim.workshop), (claim.origin, pinned, claim.workshop))
        ):
            if said != wanted:
                self.findings.violation(
                    "genesis",
                    0,
                    expected=" · ".join(wanted),
                    found=" · ".join(said),
                    evidence=entry_evidence(0, entry),
                )
        if (
            event.origin.rpartition("/")[2] != recorded.aggregate
            or event.vkey.partition("+")[0] != event.origin
        ):
            self.findings.violation(
                "genesis", 0, expected="an origin that ends with the workshop, and a key of that name",
                found=" · ".join(said), evidence=entry_evidence(0, entry),
            )  # fmt: skip

    def _check_root(self) -> None:
        root = self.entries.root().hex()
        if self.claim.size == 0:
            self.findings.violation(
                "genesis", expected="a record that begins with its genesis", found="no entries"
            )
        if root != self.claim.root:
            self.findings.violation(
                "tree", expected=f"entries that make the root {self.claim.root}", found=f"they make {root}"
            )


def audit_export(stream: BinaryIO, source: str, trust: Trust, progress: Progress | None = None) -> Report:
    """Audit an export file; reads it once, and holds a page of it."""
    return recount_export(stream, source, trust, progress)[0]


def recount_export(
    stream: BinaryIO, source: str, trust: Trust, progress: Progress | None = None, under: Under | None = None
) -> tuple[Report, Sequence[Recount], Mapping[str, Otherwise | str]]:
    """The same, with every certified round counted again, and with `under` by that method too, or why it cannot be."""
    items = read_export(stream)
    audit: Audit | None = None
    page: list[Stored] = []
    leaves: list[bytes] = []
    try:
        header = next(items)
        assert isinstance(header, ExportHeader), "the reader gives the header first"
        audit = Audit(_claim(header, source), trust, progress)
        for item in items:
            match item:
                case bytes() | Withheld():
                    page.append(item if isinstance(item, bytes) else None)
                    if isinstance(item, Withheld):
                        leaves.append(bytes.fromhex(item.withheld))
                    if len(page) < PAGE_ENTRIES and audit.entries.tree.size + len(page) < header.size:
                        continue
                    audit.page(page, leaves)
                    page, leaves = [], []
                case Disclosed():
                    audit.text(item)
                case Signed():
                    audit.checkpoint(item.checkpoint.encode())
                case _:
                    raise AssertionError("the reader gives one header")
    except ExportMalformed as error:
        if audit is None:
            audit = Audit(Claim(source, "", "", 0, "", ""), trust)
        audit.page(page, leaves)
        audit.findings.violation(
            "file", expected="a whole export file", found=f"line {error.line}: {error.problem}"
        )
        return audit.report(), (), {}
    # The last command of the record is judged when it is concluded.
    report = audit.conclude()
    recounts = tuple(one for recounts in audit.replay.recounts.values() for one in recounts)
    others: dict[str, Otherwise | str] = {}
    if under is not None:
        others = {one: _otherwise(audit.replay, one, under) for one in audit.replay.recounts}
    return report, recounts, others


def _otherwise(replay: Replay, round_id: str, under: Under) -> Otherwise | str:
    row = replay.state.rounds[round_id]
    standing = [(key, choice) for key, _, choice in standing_ballots(replay.state, round_id)]
    ballots = whole_ballots(standing, per_option=row.method.per_option)
    ties = Ranking(replay.tie_root(round_id), round_id)
    try:
        return count_otherwise(
            under, Cast(row.rules, tuple(row.options), row.costs, ballots, ties, row.merged)
        )
    except Refusal as refusal:
        return str(refusal)


def _claim(header: ExportHeader, source: str) -> Claim:
    return Claim(source, header.origin, header.vkey, header.size, header.root, header.workshop)
