"""Which witnesses must have cosigned: the policy file of c2sp.org/tlog-policy, read strictly and evaluated."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.vkey import COSIGNATURE_ED25519, LOG_ED25519, VerifierKey, parse_vkey

POLICY_SIZE_BYTES_MAX: Final = 65_536
"""Room for hundreds of witnesses; the specification asks for 32."""
NOBODY: Final = "none"

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Policy:
    """The logs known, the witnesses by the names that the file gives them, and how many must have cosigned."""

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, VerifierKey]
    groups: Mapping[str, tuple[int, tuple[str, ...]]]
    quorum: str

    def is_met(self, cosigned: Collection[VerifierKey]) -> bool:
        """Whether these witnesses are enough."""
        return self.quorum == NOBODY or self._witnessed(self.quorum, cosigned)

    def _witnessed(self, name: str, cosigned: Collection[VerifierKey]) -> bool:
        if name in self.witnesses:
            return self.witnesses[name] in cosigned
        least, members = self.groups[name]
        return sum(self._witnessed(member, cosigned) for member in members) >= least


def parse_policy(data: bytes) -> Policy:
    """Raises VerificationError("malformed") at the first line that the specification does not allow."""
    # Bytes above 127 are opaque: one character each, so that nothing depends on a version of Unicode.
    text = data.decode("latin-1")
    if len(data) > POLICY_SIZE_BYTES_MAX or not text.endswith("\n") or _CONTROL.search(text):
        raise _malformed("lines that end in a line feed, without other control characters", text[:80])
    reading = _Reading()
    for line in text.split("\n"):
        words = re.split(r"[ \t]+", line.strip(" \t"))
        if words[0] and not words[0].startswith("#"):
            reading.take(words, line)
    if reading.quorum is None:
        raise _malformed("one quorum line", "none")
    return Policy(tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum)


class _Reading:
    """The file so far."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def take(self, words: list[str], line: str) -> None:
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self.logs.append(self._key(vkey, LOG_ED25519, [one.public for one in self.logs]))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                taken = [one.public for one in self.witnesses.values()]
                self.witnesses[self._new(name)] = self._key(vkey, COSIGNATURE_ED25519, taken)
            case ["group", name, least, first, *more]:
                members = (first, *more)
                self.groups[self._new(name)] = (_threshold(least, len(members)), members)
                for member in members:
                    if member == name or not self._known(member) or member in self._members:
                        raise _malformed("members defined before, each in one group", line)
                    self._members.add(member)
            case ["quorum", name] if self.quorum is None and (name == NOBODY or self._known(name)):
                self.quorum = name
            case _:
                raise _malformed("a log, witness or group line, or one quorum line, of names known", line)

    def _known(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _new(self, name: str) -> str:
        if self._known(name) or name == NOBODY:
            raise _malformed("each name once", name)
        return name

    def _key(self, vkey: str, type_byte: int, taken: Collection[bytes]) -> VerifierKey:
        key = parse_vkey(vkey.encode("latin-1").decode(errors="replace"))
        if key.type_byte != type_byte or key.public in taken:
            raise _malformed(f"a key of type {type_byte:02x} that stands once", vkey)
        return key


def _threshold(least: str, members: int) -> int:
    if least in ("any", "all"):
        return 1 if least == "any" else members
    if not re.fullmatch(r"[1-9][0-9]{0,3}", least) or int(least) > members:
        raise _malformed(f"all, any or a number from 1 to {members}", least)
    return int(least)


def _malformed(expected: str, found: str) -> VerificationError:
    return VerificationError("malformed", expected=f"a policy of {expected}", found=found)
