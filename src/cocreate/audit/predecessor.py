"""The record before this one: what a successor's first entry says of it, and a copy of it held against that."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cocreate.audit.findings import Findings
from cocreate.domain.genesis import Genesis, Head, Predecessor, RecordStarted, SignedHead, SuccessorStarted
from cocreate.record.codec import EntryMalformed, decode
from cocreate.record.export import ExportHeader, ExportMalformed, Withheld, read_export
from cocreate.tlog.checkpoints import Checkpoint, open_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import Frontier
from cocreate.tlog.notes import Note
from cocreate.tlog.signatures import SignatureLine
from cocreate.tlog.vkey import parse_vkey

BECAUSE: Final = {
    "rewound": "its store was put back, or changed, behind what was signed",
    "key_compromised": "its key became known to others",
}


@dataclass(frozen=True, slots=True)
class Continued:
    """What is known of the record before this one.

    `signed` and `stored`: whether the copy begins with that state; None where there is no copy, or it is shorter.
    """

    named: Predecessor
    signature_holds: bool
    copy_size: int | None = None
    signed: bool | None = None
    stored: bool | None = None


def check_predecessor(named: Predecessor, copy: Path | None, findings: Findings) -> Continued:
    """Check what is named by itself and against a copy, an export file. Raises OSError where that cannot be read."""
    holds = _check_signature(named, findings)
    if copy is None:
        findings.could_not_check(
            "predecessor",
            f"The record before this one, {named.origin}: give an export of it (--predecessor), and have that one audited too.",
        )
        return Continued(named, holds)
    try:
        size, roots = _read(named, copy, findings)
    except (ExportMalformed, EntryMalformed) as error:
        findings.could_not_check(
            "predecessor", f"The record before this one: {copy} is no whole export: {error}."
        )
        return Continued(named, holds)
    found = Continued(named, holds, size, _begins(roots, named.signed), _begins(roots, named.stored))
    if found.signed is None and found.stored is None:
        findings.could_not_check(
            "predecessor",
            f"The record before this one: {copy} has {size} entries, fewer than this record says were signed or left of it.",
        )
    elif not (found.signed or found.stored):
        findings.violation(
            "predecessor", 0, expected=_said(named), found=f"{copy} has neither of these beginnings"
        )
    return found


def _check_signature(named: Predecessor, findings: Findings) -> bool:
    signed = named.signed
    if signed is None:
        findings.could_not_check(
            "predecessor_signed",
            "What was signed last of the record before this one: its server has lost that, and names only what was left.",
        )
        return False
    text = Checkpoint(named.origin, signed.size, bytes.fromhex(signed.root)).text
    try:
        key = parse_vkey(named.vkey)
        line = SignatureLine(key.name, key.id, bytes.fromhex(signed.signature))
        open_checkpoint(Note(text, (line,)).encode(), key)
    except VerificationError as error:
        findings.violation(
            "predecessor",
            0,
            expected="a checkpoint that the key of the record before this one signed",
            found=str(error),
        )
        return False
    return True


def _read(named: Predecessor, copy: Path, findings: Findings) -> tuple[int, dict[int, str]]:
    """How many entries the copy has, and its roots, in hex, at the sizes that are named, as far as it goes."""
    sizes = {one.size for one in (named.signed, named.stored) if one is not None}
    tree, roots = Frontier(), {}
    header: ExportHeader | None = None
    with copy.open("rb") as stream:
        for item in read_export(stream):
            match item:
                case ExportHeader():
                    header = item
                    _expect(named, (item.origin, item.vkey), f"the header of {copy}", findings)
                case bytes():
                    if tree.size == 0:
                        genesis = decode(item).event
                        if isinstance(genesis, RecordStarted | SuccessorStarted):
                            _expect(
                                named, (genesis.origin, genesis.vkey), f"the first entry of {copy}", findings
                            )
                    tree.append_entry(item)
                case Withheld():
                    tree.append(bytes.fromhex(item.withheld))
                case _:
                    continue
            if tree.size in sizes:
                roots[tree.size] = tree.root().hex()
    assert header is not None, "the reader gives the header first"
    if tree.root().hex() != header.root:
        findings.violation(
            "predecessor",
            expected=f"entries in {copy} that make its root {header.root}",
            found=tree.root().hex(),
        )
    return tree.size, roots


def _expect(named: Predecessor, said: tuple[str, str], where: str, findings: Findings) -> None:
    if said != (named.origin, named.vkey):
        findings.violation(
            "predecessor",
            0,
            expected=f"{named.origin} · {named.vkey}",
            found=f"{' · '.join(said)} in {where}",
        )


def _begins(roots: dict[int, str], head: Head | SignedHead | None) -> bool | None:
    if head is None or head.size not in roots:
        return None
    return roots[head.size] == head.root


def _said(named: Predecessor) -> str:
    signed = "" if named.signed is None else f"root {named.signed.root} at {named.signed.size} entries, or "
    return f"{signed}root {named.stored.root} at {named.stored.size}"


def predecessor_of(genesis: Genesis) -> Predecessor | None:
    return genesis.predecessor if isinstance(genesis, SuccessorStarted) else None


def told(found: Continued) -> list[str]:
    """In words, a sentence each."""
    named, signed = found.named, found.named.signed
    if signed is None:
        sentences = [f"{named.stored.size:,} entries were left of it; what was signed of it is lost"]
    elif (signed.size, signed.root) == (named.stored.size, named.stored.root):
        sentences = [f"{signed.size:,} entries were signed, and all of them are left"]
    elif named.stored.size < signed.size:
        sentences = [f"{signed.size:,} entries were signed, {named.stored.size:,} were left"]
    else:
        sentences = [
            f"{signed.size:,} entries were signed; of the {named.stored.size:,} that were left, some are others"
        ]
    if found.signature_holds:
        sentences.append("its own key signed what is named as signed")
    match found.copy_size, found.signed, found.stored:
        case None, _, _:
            sentences.append("no copy of it was compared")
        case _, True, False:
            sentences.append(
                "your copy is what was signed; what was left in the store is NOT a beginning of it"
            )
        case size, True, _:
            sentences.append(f"your copy of {size:,} entries holds what was signed")
        case size, _, True:
            sentences.append(f"your copy of {size:,} entries holds what was left")
        case _:
            sentences.append("your copy does not show either")
    return sentences
