"""Whose word is enough: policy files of c2sp.org/tlog-policy, which name logs, witnesses and how many of them must sign.

Stricter than the format: a log has one key. Keys of type 06 (ML-DSA-44) are refused, since no
signature of theirs could be checked here.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cocreate.tlog.encoding import decoded_decimal
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.vkey import COSIGNATURE_ED25519, LOG_ED25519, VerifierKey, parse_vkey

POLICY_SIZE_BYTES_MAX: Final = 262_144
LINES_MAX: Final = 256
"""Of each kind; the format asks for at least 32."""
NONE: Final = "none"

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANKS: Final = re.compile(r"[ \t]+")


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """The key of a log or witness, and where it is to be found, if the file says so."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """It has signed once `threshold` of its members, witnesses or groups, have."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """`quorum` names the witness or group that must have signed, or is `none`; logs stand by their origin."""

    logs: Mapping[str, PolicyKey]
    witnesses: Mapping[str, PolicyKey]
    groups: Mapping[str, Group]
    quorum: str

    def is_met(self, signers: Collection[VerifierKey]) -> bool:
        """Whether these witnesses are enough."""
        return self.quorum == NONE or self._has_signed(self.quorum, signers)

    def _has_signed(self, name: str, signers: Collection[VerifierKey]) -> bool:
        if (witness := self.witnesses.get(name)) is not None:
            return witness.key in signers
        group = self.groups[name]
        return sum(self._has_signed(member, signers) for member in group.members) >= group.threshold

    @property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        return tuple(witness.key for witness in self.witnesses.values())


def parse_policy(data: bytes) -> Policy:
    """A policy file, strictly; an error says in which line."""
    if len(data) > POLICY_SIZE_BYTES_MAX:
        raise VerificationError(
            "malformed",
            expected=f"a policy of at most {POLICY_SIZE_BYTES_MAX} bytes",
            found=f"{len(data)} bytes",
        )
    # What is not UTF-8 may stand in names and comments: it is kept byte by byte, and compared so.
    text = data.decode(errors="surrogateescape")
    if not text.endswith("\n"):
        raise VerificationError("malformed", expected="lines that end in newlines", found=text[-80:])
    draft = _Draft()
    for number, line in enumerate(text.split("\n"), start=1):
        words = [word for word in _BLANKS.split(line) if word]
        if _CONTROL.search(line):
            raise VerificationError(
                "malformed", expected=f"no control characters in line {number}", found=line
            )
        if words and not words[0].startswith("#"):
            try:
                draft.read(words)
            except VerificationError as error:
                raise VerificationError(
                    error.reason, expected=f"in line {number}: {error.expected}", found=error.found
                ) from error
    return draft.finished()


@dataclass(slots=True)
class _Draft:
    """What the lines so far have defined."""

    logs: dict[str, PolicyKey] = field(default_factory=dict)
    witnesses: dict[str, PolicyKey] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str | None = None
    _grouped: set[str] = field(default_factory=set)

    def read(self, words: list[str]) -> None:
        match words:
            case ["log", vkey, *url] if len(url) <= 1:
                key = _key(vkey, LOG_ED25519, self.logs.values())
                self._require_new(key.name, self.logs)
                self.logs[key.name] = PolicyKey(key, *url)
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._require_unnamed(name)
                key = _key(vkey, COSIGNATURE_ED25519, self.witnesses.values())
                self.witnesses[name] = PolicyKey(key, *url)
            case ["group", name, threshold, *members] if members:
                self._require_unnamed(name)
                self.groups[name] = Group(_threshold(threshold, len(members)), tuple(members))
                self._join(name, members)
            case ["quorum", name] if self.quorum is None:
                if name != NONE and name not in self.witnesses and name not in self.groups:
                    raise VerificationError("malformed", expected="a name defined above", found=name)
                self.quorum = name
            case _:
                raise VerificationError(
                    "malformed",
                    expected="log VKEY [URL], witness NAME VKEY [URL], group NAME all|any|N NAME… or, once, quorum NAME",
                    found=" ".join(words),
                )
        for defined in (self.logs, self.witnesses, self.groups):
            if len(defined) > LINES_MAX:
                raise VerificationError("malformed", expected=f"at most {LINES_MAX} of a kind", found="more")

    def _require_unnamed(self, name: str) -> None:
        if name == NONE:
            raise VerificationError("malformed", expected="another name: it stands for nobody", found=name)
        self._require_new(name, {**self.witnesses, **self.groups})

    def _require_new(self, name: str, defined: Mapping[str, object]) -> None:
        if name in defined:
            raise VerificationError("malformed", expected="a name that is not defined above", found=name)

    def _join(self, group: str, members: list[str]) -> None:
        """Each witness counts in one way only, so that nobody's word counts twice."""
        for name in members:
            if name == group or (name not in self.witnesses and name not in self.groups):
                raise VerificationError("malformed", expected="members defined above", found=name)
            if name in self._grouped:
                raise VerificationError("malformed", expected="each name in one group, once", found=name)
            self._grouped.add(name)

    def finished(self) -> Policy:
        if self.quorum is None:
            raise VerificationError("malformed", expected="a line quorum NAME, or quorum none", found="none")
        return Policy(self.logs, self.witnesses, self.groups, self.quorum)


def _key(vkey: str, type_byte: int, others: Iterable[PolicyKey]) -> VerifierKey:
    """The key of a line; no two of a kind may hold the same, whatever their names."""
    key = parse_vkey(vkey)
    if key.type_byte != type_byte:
        raise VerificationError("malformed", expected=f"a key of type {type_byte:02x}", found=vkey)
    if any(other.key.public == key.public for other in others):
        raise VerificationError("malformed", expected="each key once", found=vkey)
    return key


def _threshold(word: str, count: int) -> int:
    match word:
        case "all":
            return count
        case "any":
            return 1
        case _:
            threshold = decoded_decimal(word, "how many members must sign")
    if not 1 <= threshold <= count:
        raise VerificationError("malformed", expected=f"all, any or a number of 1 to {count}", found=word)
    return threshold
