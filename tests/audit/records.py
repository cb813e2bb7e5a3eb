"""Honest records to audit, and the means to forge them: entries rewritten, everything behind them made to fit, signed again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.audit.report import Report
from cocreate.audit.verify import Trust, audit_export
from cocreate.domain.certificate import CertifyResult, ResultCertified, ResultPart
from cocreate.domain.contest import RecertifyResult, ResultRecertified
from cocreate.domain.decider import decide, evolve
from cocreate.domain.genesis import RecordStarted, SuccessorStarted
from cocreate.domain.messages import Recorded
from cocreate.domain.opening import RoundOpened
from cocreate.domain.paper import PaperReconciled
from cocreate.domain.state import WorkshopState
from cocreate.record.codec import decode, encode
from cocreate.record.digest import state_digest
from cocreate.record.export import Disclosed, ExportHeader, Withheld, read_export, write_export
from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.merkle import Frontier, leaf_hash, root_of
from cocreate.tlog.policy import Policy, parse_policy
from cocreate.tlog.signatures import LogSigner
from cocreate.tlog.vkey import VerifierKey, vkey
from tests.histories import History
from tests.record.golden_record import (
    COSIGNED_AT_S,
    LOG_KEY,
    PUBLIC_KEY,
    SIGNED,
    WITNESS,
    Scribe,
    tell_the_story,
)

NOW_MS = (COSIGNED_AT_S + 60) * 1000
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(96, 128)))
POLICY: Policy = parse_policy(f"witness W {WITNESS.key}\nquorum W\n".encode())


@dataclass(frozen=True)
class Copy:
    """An export in its parts, any of which may be changed before it is written."""

    header: ExportHeader
    entries: tuple[bytes | Withheld, ...]
    texts: tuple[Disclosed, ...]
    note: bytes | None

    @property
    def origin(self) -> str:
        return self.header.origin

    @property
    def key(self) -> VerifierKey:
        """The key to pin: from elsewhere, so it does not change with the copy."""
        return VerifierKey(self.origin, 1, PUBLIC_KEY)

    @property
    def shown(self) -> list[bytes]:
        return [one for one in self.entries if isinstance(one, bytes)]

    def file(self) -> bytes:
        out = io.BytesIO()
        number = 1 if self.note is None else 2
        header = self.header.model_copy(update={"cocreate_export": number})
        write_export(header, self.entries, self.texts, out, checkpoint=self.note)
        return out.getvalue()

    def signed_again(self, *, cosigned_at_s: int | None = None) -> Copy:
        """What its log's own server could do: root and size made to fit, and a new signature."""
        leaves = [
            leaf_hash(one) if isinstance(one, bytes) else bytes.fromhex(one.withheld) for one in self.entries
        ]
        root = root_of(leaves)
        note = sign_checkpoint(Checkpoint(self.origin, len(leaves), root), LogSigner(self.origin, LOG_KEY))
        if cosigned_at_s is not None:
            note = note.signed_also(WITNESS.sign(note.text, cosigned_at_s))
        header = self.header.model_copy(update={"root": root.hex(), "size": len(leaves)})
        return replace(self, header=header, note=note.encode())

    def with_entries(self, entries: Iterable[bytes | Withheld]) -> Copy:
        """Other entries, everything else as it was: what anybody can do to a file."""
        listed = tuple(entries)
        return replace(self, entries=listed, header=self.header.model_copy(update={"size": len(listed)}))

    def plain(self) -> list[dict[str, Any]]:
        return [json.loads(one) for one in self.shown]


def copy_of(file: bytes) -> Copy:
    header, *rest = read_export(io.BytesIO(file))
    assert isinstance(header, ExportHeader)
    entries = tuple(one for one in rest if isinstance(one, bytes | Withheld))
    texts = tuple(one for one in rest if isinstance(one, Disclosed))
    notes = [
        one.checkpoint.encode()
        for one in rest
        if not isinstance(one, bytes | Withheld | Disclosed | ExportHeader)
    ]
    return Copy(header, entries, texts, notes[0] if notes else None)


GOLDEN = copy_of(SIGNED.read_bytes())


@cache
def _story() -> History:
    scribe = Scribe()
    tell_the_story(scribe)
    assert scribe.entries == GOLDEN.shown, "the golden record is this story"
    return scribe.author.history


def golden_until(size: int) -> Copy:
    """The golden record as it was with so many entries and the texts readable then, cosigned a second later."""
    seen_at_s = GOLDEN.plain()[size - 1]["time"] // 1000 + 1
    copy = replace(GOLDEN.with_entries(GOLDEN.entries[:size]), texts=tuple(_texts(_story(), size)))
    return copy.signed_again(cosigned_at_s=seen_at_s)


def withheld(copy: Copy) -> Copy:
    """The copy with the ballots of pseudonymous rounds as their hashes."""
    secret = [
        one["aggregate"]
        for one in copy.plain()
        if one["event"] == "RoundOpened.v1" and one["facts"]["secrecy"] == "pseudonymous"
    ]
    entries = [
        Withheld(withheld=leaf_hash(one).hex())
        if plain["aggregate"][:36] in secret and "/" in plain["aggregate"]
        else one
        for one, plain in zip(copy.shown, copy.plain(), strict=True)
    ]
    return replace(copy, entries=tuple(entries))


def canonical(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def trust(copy: Copy = GOLDEN, **changes: Any) -> Trust:
    """The honest auditor's: the key pinned, the witness known."""
    return replace(Trust(now_ms=NOW_MS, key=copy.key, policy=POLICY), **changes)


def audited(copy: Copy | bytes, **changes: Any) -> Report:
    """The audit of a copy by one who pinned the golden record's key, or that of `key`."""
    file = copy if isinstance(copy, bytes) else copy.file()
    if isinstance(copy, Copy):
        changes.setdefault("key", copy.key)
    return audit_export(io.BytesIO(file), "a file", trust(**changes))


def kinds(report: Report) -> list[str]:
    """The kinds of violations, each once, in order."""
    return list(dict.fromkeys(one.kind for one in report.violations))


def shifted(copy: Copy, behind: int) -> Copy:
    """The copy with its texts where their entries are after one more was put in behind a position."""
    texts = (
        one.model_copy(update={"position": one.position + (one.position > behind)}) for one in copy.texts
    )
    return replace(copy, texts=tuple(texts))


Plain = list[dict[str, Any]]
"""Entries as JSON values."""


def refilled(copy: Copy, change: Callable[[Plain], None]) -> Copy:
    """The copy with other entries, numbered and signed anew by its own server, and cosigned by a witness that looks away."""
    plain = copy.plain()
    change(plain)
    for position, one in enumerate(plain):
        one["position"] = position
    return copy.with_entries(map(canonical, plain)).signed_again(cosigned_at_s=COSIGNED_AT_S)


def rewritten(copy: Copy, change: Callable[[Plain], None]) -> Copy:
    """The same done with care: digests and certificates are made to fit what the entries now say."""
    pen = Pen()
    for entry in refilled(copy, change).shown:
        recorded = decode(entry)
        if isinstance(recorded.event, ResultPart | PaperReconciled):
            continue
        certified = isinstance(recorded.event, ResultCertified | ResultRecertified)
        made = pen.certificate(recorded) if certified else [recorded]
        for one in made:
            pen.write(one)
    forged = pen.copy(copy.texts)
    return forged.signed_again(cosigned_at_s=COSIGNED_AT_S)


class Pen:
    """Writes events as a server would, honest or not: positions, digests, certificates and the tree are made to fit."""

    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self.state = WorkshopState()
        self.roots: dict[str, bytes] = {}
        self.tree = Frontier()

    def write(self, recorded: Recorded) -> None:
        event = recorded.event
        if "digest_version" in type(event).model_fields:
            event = event.model_copy(update={"digest": state_digest(self.state)})
        if isinstance(event, RecordStarted | SuccessorStarted):
            event = event.model_copy(update={"vkey": vkey(event.origin, PUBLIC_KEY)})
        if isinstance(event, RoundOpened):
            self.roots[recorded.aggregate] = self.tree.root()
        recorded = recorded._replace(event=event, position=len(self.entries))
        self.entries.append(encode(recorded))
        self.tree.append_entry(self.entries[-1])
        evolve(self.state, recorded)
        self.state.mark()

    def certificate(self, recorded: Recorded) -> list[Recorded]:
        """The certificate as this record's own tree and ballots make it, with its parts."""
        kind = RecertifyResult if isinstance(recorded.event, ResultRecertified) else CertifyResult
        command = kind(
            actor=recorded.actor, round=recorded.aggregate, tie_root=self.roots[recorded.aggregate]
        )
        pending = decide(command, self.state, recorded.time)
        return [recorded._replace(event=one.event, aggregate=one.aggregate) for one in pending]

    def copy(self, texts: Sequence[Disclosed] = ()) -> Copy:
        started = decode(self.entries[0])
        assert isinstance(started.event, RecordStarted | SuccessorStarted)
        header = ExportHeader(
            cocreate_export=2,
            origin=started.event.origin,
            root=self.tree.root().hex(),
            size=len(self.entries),
            vkey=started.event.vkey,
            workshop=started.aggregate,
        )
        return Copy(header, tuple(self.entries), tuple(texts), None).signed_again()


def history_copy(history: History) -> Copy:
    """A random history as its server would have exported it, all readable texts with it."""
    pen = Pen()
    for recorded in history.entries:
        if isinstance(recorded.event, ResultPart | PaperReconciled):
            continue
        if isinstance(recorded.event, ResultCertified | ResultRecertified):
            for one in pen.certificate(recorded):
                pen.write(one)
        else:
            pen.write(recorded)
    return pen.copy(list(_texts(history, len(history.entries))))


def _texts(history: History, size: int) -> Iterable[Disclosed]:
    readable = history.readable(size)
    for (position, path), sealed in sorted(history.texts.items()):
        if position < size and readable(position, path) is not None:
            for (language, text), salt in sorted(zip(sealed.texts, sealed.salts, strict=True)):
                yield Disclosed(field=path, language=language, position=position, salt=salt.hex(), text=text)
