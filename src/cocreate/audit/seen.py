"""What was seen of a record before and by others: the auditor's memory, the record's own earlier notes, witnesses."""

from typing import TYPE_CHECKING, Final

from cocreate.audit.entries import TimeMark, check_marks
from cocreate.audit.report import Witnessed
from cocreate.tlog.checkpoints import OpenedCheckpoint
from cocreate.tlog.policy import NONE, Policy

if TYPE_CHECKING:
    from cocreate.audit.verify import Audit

SKEW_MS: Final = 300_000
"""How far the clocks of a server and a witness may be apart, with the time a checkpoint takes to get there."""


def check_memory(audit: "Audit") -> int | None:
    """The largest remembered size that the record continues; None where nothing could be compared."""
    if audit.memory is None:
        return None
    sound = [one for one in audit.memory.notes if _continues(audit, one, "remembered", "seen before")]
    return max((one.checkpoint.size for one in sound), default=0) or None


def check_cosigned(audit: "Audit") -> None:
    """The record goes on from what it shows that witnesses signed; else that tells nothing of it."""
    if audit.cosigned is not None and not _continues(audit, audit.cosigned, "cosigned", "shown to witnesses"):
        audit.cosigned = None


def _continues(audit: "Audit", note: OpenedCheckpoint, kind: str, seen: str) -> bool:
    """Whether the record begins with all that was signed there."""
    size, root = note.checkpoint.size, note.checkpoint.root
    evidence = {f"{kind} checkpoint of {size}": note.note.encode().decode()}
    if audit.opened is not None:
        evidence["checkpoint now"] = audit.opened.note.encode().decode()
    if size > audit.entries.tree.size:
        audit.findings.violation(
            "rewound", expected=f"at least the {size} entries {seen}",
            found=f"{audit.entries.tree.size}", evidence=evidence,
        )  # fmt: skip
        return False
    if audit.entries.roots.get(size) != root:
        found = audit.entries.roots.get(size, b"").hex()
        audit.findings.violation(
            "fork", expected=f"the root {root.hex()} at {size} entries, as {seen}",
            found=found, evidence=evidence,
        )  # fmt: skip
        return False
    return True


def check_witnesses(audit: "Audit") -> Witnessed | None:
    """The latest state that the policy's witnesses cosigned, of this copy and of memory."""
    policy = audit.trust.policy
    if policy is None:
        return None
    notes = [*audit.earlier(), *([] if audit.opened is None else [audit.opened])]
    marks, latest = [], None
    for note in notes:
        marks += [
            TimeMark(note.checkpoint.size, one.time_s * 1000)
            for one in note.cosigned
            if one.time_s is not None
        ]
        time_ms = _quorum_time_ms(policy, note)
        if time_ms is not None and (latest is None or note.checkpoint.size >= latest.size):
            latest = Witnessed(note.checkpoint.size, time_ms, tuple(one.key.name for one in note.cosigned))
    check_marks(audit.entries, marks, SKEW_MS, audit.findings)
    age_max = audit.trust.cosigned_age_ms_max
    if age_max is not None and (latest is None or latest.time_ms < audit.trust.now_ms - age_max):
        found = (
            "none"
            if latest is None
            else f"one of {(audit.trust.now_ms - latest.time_ms) // 1000} seconds ago"
        )
        audit.findings.violation(
            "frozen", expected=f"a state cosigned in the last {age_max // 1000} seconds", found=found
        )
    return latest


def note_unchecked(audit: "Audit", *, remembered: int | None, witnessed: Witnessed | None) -> None:
    could_not = audit.findings.could_not_check
    head_witnessed = witnessed is not None and witnessed.size == audit.claim.size
    record, history = "record", "history was"
    if witnessed is not None:
        tail = audit.claim.size - witnessed.size
        record = f"last {tail:,} of the {audit.claim.size:,} entries"
        history = f"the last {tail:,} entries, which no witness has seen yet, were"
    if audit.trust.policy is None:
        could_not_why = "no policy was given (--policy)"
    elif not head_witnessed:
        could_not_why = "not enough witnesses of the policy have cosigned this state"
        could_not("witnesses", f"Whether others see the same {record}: " + could_not_why + ".")
    else:
        could_not_why = ""
    if remembered is None and not head_witnessed:
        could_not(
            "history",
            f"Whether {history} rewritten and signed again: nothing was remembered of this record (--state), and "
            + could_not_why + ".",
        )  # fmt: skip
    if audit.replay.withheld_count:
        could_not(
            "withheld",
            f"{audit.replay.withheld_count} ballots that are withheld until results show: only their hashes are here.",
        )
    if audit.entries.unread_from is not None:
        could_not(
            "entries",
            f"{audit.entries.unread_count} entries that the server does not show yet; from entry "
            f"{audit.entries.unread_from} on, rules and results were not checked.",
        )
    if audit.replay.digests_unchecked:
        could_not("digests", f"{audit.replay.digests_unchecked} state digests, which count withheld ballots.")


def _quorum_time_ms(policy: Policy, note: OpenedCheckpoint) -> int | None:
    """The latest moment since which enough witnesses stand for the note; None where they are not enough."""
    if policy.quorum == NONE:
        return None
    so_far = []
    for one in sorted(note.cosigned, key=lambda signed: -(signed.time_s or 0)):
        so_far.append(one.key)
        if policy.is_met(so_far):
            return (one.time_s or 0) * 1000
    return None
