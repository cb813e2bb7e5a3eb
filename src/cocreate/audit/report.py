"""The report of an audit: what was proven, what was not, and what could not be checked. Never a bare "OK"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from cocreate.audit.findings import Finding
from cocreate.audit.predecessor import BECAUSE, Continued, told
from cocreate.audit.replay import Recount
from cocreate.audit.texts import STATUSES
from cocreate.domain.ballot import Turnout
from cocreate.domain.contest import ResultContested, ResultOverridden
from cocreate.domain.messages import Recorded
from cocreate.domain.paper import Paper
from cocreate.record.digest import state_digest
from cocreate.tlog.words import check_words

if TYPE_CHECKING:
    from cocreate.audit.verify import Audit

PROVEN, VIOLATED, UNCHECKED = 0, 1, 2
VERDICTS: Final = {
    PROVEN: "All of it is proven.",
    VIOLATED: "The record is NOT as it should be.",
    UNCHECKED: "Nothing wrong was found, but not all of it could be checked.",
}


EVENTS_SHOWN_MAX: Final = 5
"""Entries that took texts away, in the report as words: a moderated record has hundreds."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A state that enough witnesses cosigned."""

    size: int
    time_ms: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Since:
    """What was said of a certified result: `what` is contested, recertified or overridden, `of` the entry that it is about."""

    what: str
    position: int
    of: int


@dataclass(frozen=True, slots=True)
class Sheets:
    """What became of the sheets of paper: issued to so many people; the rest is outstanding."""

    people: int
    issued: int
    counted: int
    spoiled: int
    batches: int


@dataclass(frozen=True, slots=True)
class RoundReport:
    """A vote as the record stands: `cast` are voters who cast, `counted` ballots that stand.

    `elected` is what the latest certificate comes to, `declared` what a facilitator declared instead, `since` the story since the
    first certificate.
    `paper` is None where none was issued; its papers are counted beside `counted`.
    `unseen_max`: how many votes could have been added unseen; None where every voter was checked.
    """

    round: str
    opened_at: int
    method: str
    secrecy: str
    eligibility: str
    status: str
    eligible: int
    cast: int
    counted: int
    replaced: int
    withdrawn: int
    paper: Sheets | None
    withheld: bool
    certified_at: int | None
    recounted: str
    elected: tuple[str, ...]
    declared: tuple[str, ...] | None
    since: tuple[Since, ...]
    unseen_max: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that an audit has to say; plain values, times in milliseconds since 1970 UTC."""

    source: str
    origin: str
    key: str
    pinned: bool
    size: int
    root: str
    words: str
    signed: bool
    cosigned_size: int | None
    cosigned_at_ms: int | None
    cosigned_by: tuple[str, ...]
    cosigned_age_ms: int | None
    unwitnessed: int
    remembered: int | None
    entries_hashed: int
    entries_withheld: int
    withheld_until_ms: int | None
    rules_checked_to: int
    digest: str | None
    digests_checked: int
    texts: dict[str, int]
    texts_by_event: tuple[tuple[str, int, int], ...]
    rounds: tuple[RoundReport, ...]
    imported: str | None
    continued: Continued | None
    violations: tuple[Finding, ...]
    violations_left_out: int
    unchecked: dict[str, str]
    made_at_ms: int

    @property
    def exit_code(self) -> int:
        if self.violations:
            return VIOLATED
        return UNCHECKED if self.unchecked else PROVEN

    @property
    def verdict(self) -> str:
        return VERDICTS[self.exit_code]

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values, the evidence left out: it has a file of its own."""
        facts = asdict(self)
        if self.continued is not None:
            facts["continued"]["named"] = self.continued.named.model_dump(mode="json", exclude_none=True)
        for finding, one in zip(self.violations, facts["violations"], strict=True):
            one["evidence"] = sorted(finding.evidence)
        return {"cocreate_audit": 1, "exit_code": self.exit_code, "verdict": self.verdict, **facts}

    def evidence(self) -> dict[str, Any]:
        """What shows the violations to somebody else, for a file."""
        return {
            "cocreate_audit_evidence": 1,
            "source": self.source,
            "origin": self.origin,
            "key": self.key,
            "size": self.size,
            "root": self.root,
            "violations": [{**asdict(one), "meaning": one.meaning} for one in self.violations],
        }


def report_of(audit: Audit, *, remembered: int | None, witnessed: Witnessed | None) -> Report:
    """The report of what was read so far."""
    claim, replay, entries, texts = audit.claim, audit.replay, audit.entries, audit.texts
    root = entries.root()
    until = [
        row.withheld_until
        for held in replay.withheld.values()
        for row in (replay.state.rounds[one] for one in held.rounds)
        if row.withheld_until is not None
    ]
    whole = not replay.stopped and not replay.withheld_count and entries.unreadable_from is None
    return Report(
        source=claim.source,
        origin=claim.origin,
        key=str(audit.key) if audit.key is not None else claim.vkey,
        pinned=audit.key is not None,
        size=entries.tree.size,
        root=root.hex(),
        words=check_words(root),
        signed=audit.opened is not None,
        cosigned_size=None if witnessed is None else witnessed.size,
        cosigned_at_ms=None if witnessed is None else witnessed.time_ms,
        cosigned_by=() if witnessed is None else witnessed.names,
        cosigned_age_ms=None if witnessed is None else audit.trust.now_ms - witnessed.time_ms,
        unwitnessed=entries.tree.size - (0 if witnessed is None else witnessed.size),
        remembered=remembered,
        entries_hashed=entries.hashed,
        entries_withheld=entries.tree.size - entries.hashed,
        withheld_until_ms=max(until, default=None),
        rules_checked_to=replay.state.size,
        digest=state_digest(replay.state) if whole and replay.state.size else None,
        digests_checked=replay.digests_checked,
        texts={status: texts.counts[status] for status in STATUSES},
        texts_by_event=tuple(
            (status, event, count) for (status, event), count in sorted(texts.by_event.items())
        ),
        rounds=tuple(_rounds(audit)),
        imported=_imported(audit),
        continued=audit.continued,
        violations=tuple(audit.findings.violations),
        violations_left_out=audit.findings.left_out,
        unchecked=dict(audit.findings.unchecked),
        made_at_ms=audit.trust.now_ms,
    )


def _rounds(audit: Audit) -> Iterator[RoundReport]:
    replay = audit.replay
    for round_id, row in replay.state.rounds.items():
        turnout = replay.state.turnout.get(round_id, Turnout())
        recounts = replay.recounts.get(round_id, [])
        recount = recounts[-1] if recounts else None
        eligible = replay.eligible(row) if recount is None else recount.reconciliation.eligible
        cast = replay.voters_seen(round_id)
        checked = row.secrecy == "open" or round_id in replay.keys_used
        withheld = any(
            round_id in held.rounds for held in replay.withheld.values()
        ) and not replay.is_released(round_id)
        recounted = "not certified"
        if recount is not None:
            differs = [name for one in recounts for name in one.differs]
            recounted = f"differs in {', '.join(dict.fromkeys(differs))}" if differs else "the same"
        yield RoundReport(
            round=round_id,
            opened_at=row.opened_at,
            method=row.rules.method,
            secrecy=row.secrecy,
            eligibility=row.eligibility,
            status=row.status,
            eligible=eligible,
            cast=cast,
            counted=sum(one.choice is not None for one in replay.state.ballots[round_id].values()),
            replaced=turnout.replaced,
            withdrawn=turnout.withdrawn,
            paper=_sheets(replay.state.paper.get(round_id)),
            withheld=withheld,
            certified_at=None if recount is None else recount.position,
            recounted=recounted,
            elected=() if recount is None else recount.elected,
            declared=None if row.verdict is None else row.verdict.overridden,
            since=tuple(_since(recounts, replay.said_since.get(round_id, []))),
            unseen_max=None if checked else max(0, eligible - cast - replay.paper(round_id).people),
        )


def _sheets(paper: Paper | None) -> Sheets | None:
    if paper is None:
        return None
    return Sheets(paper.people, paper.sheets, paper.ballots, paper.spoiled, len(paper.counted()))


def _since(recounts: Sequence[Recount], said: Iterable[Recorded]) -> list[Since]:
    """Contests, overrides and later certificates, in the order of the record."""
    story = [Since("recertified", later.position, earlier.position) for earlier, later in pairwise(recounts)]
    for one in said:
        if isinstance(one.event, ResultContested):
            story.append(Since("contested", one.position, one.event.contested))
        elif isinstance(one.event, ResultOverridden):
            story.append(Since("overridden", one.position, one.event.certificate))
    return sorted(story, key=lambda one: one.position)


def _imported(audit: Audit) -> str | None:
    """What an import claims, beside what the record has."""
    state = audit.replay.state
    source, done = state.workshop.source, audit.replay.imported
    if source is None:
        return None
    files = ", ".join(f"{name} (SHA-256 {digest})" for name, digest in source.files)
    said = "not completed" if done is None else (
        f"says {done.participants} participants, {done.ideas} ideas, {done.ballots_cast} ballots cast and "
        f"{done.ballots_replaced} replaced"
    )  # fmt: skip
    return f"times and identities claimed by the source: {source.importer} version {source.importer_version}, {files}; {said}"


def lines_of(report: Report) -> Iterator[str]:
    """The report in lines for a terminal."""
    yield report.verdict
    yield ""
    yield f"Record     {report.origin}, from {report.source}"
    yield f"Key        {report.key}"
    yield f"           {'given by you' if report.pinned else 'taken from the copy itself: nobody vouches for it'}"
    yield f"Size       {report.size:,} entries"
    yield f"Root       {report.root}"
    yield f"In words   {report.words}"
    yield f"Signature  {'holds' if report.signed else 'NOT CHECKED or not good, see below'}"
    yield f"Remembered {_remembered(report)}"
    yield f"Witnessed  {_witnessed(report)}"
    yield f"Unwitnessed tail  {report.unwitnessed:,} entries"
    yield (
        f"Entries    {report.entries_hashed:,} hashed again, {report.entries_withheld:,} as their hashes alone"
        + (
            f", withheld until {moment(report.withheld_until_ms)}"
            if report.withheld_until_ms is not None
            else ""
        )
    )
    yield f"Rules      asked again for {report.rules_checked_to:,} entries"
    yield f"Digest     {report.digest or 'not computed'}; {report.digests_checked} in entries checked"
    yield "Texts      " + ", ".join(f"{count} {_status(status)}" for status, count in report.texts.items())
    for status, event, count in report.texts_by_event[:EVENTS_SHOWN_MAX]:
        yield f"           {count} {_status(status)} by entry {event}"
    if (more := len(report.texts_by_event) - EVENTS_SHOWN_MAX) > 0:
        yield f"           and by {more} more entries, which --json lists"
    for one in report.rounds:
        yield from _round_lines(one)
    if report.imported is not None:
        yield f"Imported   {report.imported}"
    if report.continued is not None:
        yield f"Goes on    from {report.continued.named.origin}: {BECAUSE[report.continued.named.because]}"
        yield from (f"           {sentence}" for sentence in told(report.continued))
    if report.violations:
        yield ""
        yield f"Violations ({len(report.violations) + report.violations_left_out})"
        for finding in report.violations:
            yield from _finding_lines(finding)
    if report.unchecked:
        yield ""
        yield "Could not be checked"
        yield from (f"- {why}" for why in report.unchecked.values())


def _finding_lines(finding: Finding) -> Iterator[str]:
    yield f"- {finding.kind}{where(finding)}: {finding.meaning}"
    yield f"  expected {finding.expected}"
    yield f"  found    {finding.found}"
    if finding.evidence:
        yield f"  evidence {', '.join(finding.evidence)}"


def where(finding: Finding) -> str:
    """The places of a finding in words."""
    if not finding.positions:
        return ""
    first, last = finding.positions[0], finding.positions[-1]
    return f" at entry {first}" if first == last else f" at entries {first} to {last}"


def _round_lines(one: RoundReport) -> Iterator[str]:
    yield f"Round      {one.round}: {one.method}, {one.secrecy}, {one.status}, {one.eligibility.replace('_', ' ')}"
    yield (
        f"           eligible {one.eligible}, cast {one.cast}, counted {one.counted} "
        f"(replaced {one.replaced}, withdrawn {one.withdrawn}){'; ballots withheld' if one.withheld else ''}"
    )
    if one.paper is not None:
        paper = one.paper
        left = paper.issued - paper.counted - paper.spoiled
        yield (
            f"           on paper: {paper.issued} sheets to {paper.people} people, {paper.counted} counted in {paper.batches} "
            f"batches, {paper.spoiled} spoiled, {left} not brought back"
        )
    at = "" if one.certified_at is None else f" (certificate at entry {one.certified_at})"
    yield f"           recount: {one.recounted}{at}"
    for since in one.since:
        yield f"           {said(since)}"
    if one.declared is not None:
        yield f"           DECLARED INSTEAD of what was counted: {', '.join(one.declared) or 'nothing'}"
    yield f"           {stuffing(one)}"


def said(since: Since) -> str:
    """What was said of a result, in words."""
    about = {
        "contested": f"contested by entry {since.position} (what entry {since.of} says)",
        "recertified": f"counted anew by entry {since.position}, in place of entry {since.of}",
        "overridden": f"overridden by a facilitator in entry {since.position} (certificate at entry {since.of})",
    }
    return about[since.what]


def stuffing(one: RoundReport) -> str:
    """How far added votes can be excluded, in words."""
    if one.unseen_max is None:
        return "every voter was checked against the participants"
    if one.withheld:
        return f"ballots are withheld: of {one.eligible} eligible, nobody can say yet how many voted"
    return f"at most {one.unseen_max} votes could have been added unseen (eligible less cast and paper)"


def _remembered(report: Report) -> str:
    if report.remembered is None:
        return "nothing to compare with"
    return f"a state of {report.remembered:,} entries, which this record continues"


def _witnessed(report: Report) -> str:
    if report.cosigned_size is None or report.cosigned_at_ms is None or report.cosigned_age_ms is None:
        return "by nobody that you named"
    return (
        f"{report.cosigned_size:,} entries, {moment(report.cosigned_at_ms)} "
        f"({report.cosigned_age_ms // 1000:,} seconds ago), by {', '.join(report.cosigned_by)}"
    )


def _status(status: str) -> str:
    return status.upper() if status in ("missing", "mismatch") else status.replace("_", " ")


def moment(time_ms: int) -> str:
    """A time for people, in UTC; its number where no calendar has it."""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms since 1970"
