"""The readable side of sealed texts: opened once when a workshop is loaded, dropped the moment they are erased."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cocreate.application.keyring import Keyring
from cocreate.domain.messages import Recorded, Sealed
from cocreate.persistence.batch import SealedRow
from cocreate.persistence.sealing import Unreadable, seal, unseal
from cocreate.record.sealed_text import (
    SALT_BYTES,
    canonical_text,
    commitment,
    sealed_fields,
    sealing_aad,
    subject_of,
)


class Plain(NamedTuple):
    """A text in one language with the salt of its commitment; disclosed together or not at all."""

    language: str
    text: str
    salt: bytes


def commit_to(texts: Iterable[tuple[str, str]], plains: dict[str, Plain]) -> Sealed:
    """Commit to (language, text) pairs; what the commitments stand for goes into `plains`. Raises TextMalformed."""
    pairs = []
    for language, text in texts:
        plain = Plain(language, canonical_text(text), secrets.token_bytes(SALT_BYTES))
        committed = commitment(plain.salt, plain.text)
        plains[committed] = plain
        pairs.append((language, committed))
    return tuple(pairs)


class Texts:
    """Texts by (position, field). Owner: the live workshop."""

    def __init__(self) -> None:
        self._texts: dict[tuple[int, str], tuple[Plain, ...]] = {}
        self._subjects: dict[tuple[int, str], str] = {}
        """Whose text each place holds or held: the same whether it was watched live or replayed."""
        self._places: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)

    def __call__(self, position: int, field: str) -> tuple[tuple[str, str], ...] | None:
        """(language, text) pairs, the original first; None once erased."""
        plains = self._texts.get((position, field))
        return None if plains is None else tuple((plain.language, plain.text) for plain in plains)

    def disclose(self, position: int, field: str) -> tuple[Plain, ...]:
        """The texts with their salts, as an export tells them; none once erased."""
        return self._texts.get((position, field), ())

    def subject(self, position: int, field: str) -> str | None:
        """Whose text stands or stood there; None where there never was one."""
        return self._subjects.get((position, field))

    def places(self) -> Iterable[tuple[int, str]]:
        return sorted(self._texts)

    def commitments(self) -> dict[tuple[int, str], Sealed]:
        """What the record shows of each text that can be read: enough to open it again, and nothing that was sealed."""
        return {
            place: tuple((plain.language, commitment(plain.salt, plain.text)) for plain in plains)
            for place, plains in self._texts.items()
        }

    def subjects(self) -> dict[tuple[int, str], str]:
        """Whose text each place holds or held."""
        return self._subjects.copy()

    def resume(self, subjects: Mapping[tuple[int, str], str]) -> None:
        """Know again whose texts there were; they are opened afterwards."""
        self._subjects.update(subjects)
        for place, subject in subjects.items():
            self._places[subject].add(place)

    def note(self, recorded: Recorded, workshop: str) -> None:
        """Remember whose texts an event brought, whether or not they can still be read."""
        subject = subject_of(recorded, workshop)
        for field, _ in sealed_fields(recorded):
            self._subjects[recorded.position, field] = subject
            self._places[subject].add((recorded.position, field))

    def keep(self, recorded: Recorded, plains: Mapping[str, Plain]) -> None:
        """Hold the texts of an event that has just become durable."""
        for field, sealed in sealed_fields(recorded):
            self._texts[recorded.position, field] = tuple(plains[committed] for _, committed in sealed)

    def open_rows(
        self,
        rows: Iterable[SealedRow],
        keyring: Keyring,
        order: Mapping[tuple[int, str], Sealed],
        origin: str,
    ) -> None:
        """Open stored rows; `order` gives each text's languages, the original first, and the commitments to check.

        A row whose key is gone is unreadable and stays out; one that does not open to its commitment stays out too, and
        is the auditor's to report.
        """
        opened: defaultdict[tuple[int, str], dict[str, Plain]] = defaultdict(dict)
        for row in rows:
            key = keyring.subject_key(row.subject)
            place = row.position, row.field
            if key is None or place not in order:
                continue
            try:
                salt, text = unseal(key, row.nonce, row.ciphertext, sealing_aad(origin, *place, row.language))
            except Unreadable:
                continue
            if (row.language, commitment(salt, text)) in order[place]:
                opened[place][row.language] = Plain(row.language, text, salt)
        for place, by_language in opened.items():
            self._texts[place] = tuple(
                by_language[language] for language, _ in order[place] if language in by_language
            )

    def erase(self, position: int, field: str) -> None:
        self._texts.pop((position, field), None)

    def erase_subject(self, subject: str) -> None:
        for place in self._places.pop(subject, ()):
            self._texts.pop(place, None)


def seal_event(
    recorded: Recorded, workshop: str, origin: str, plains: Mapping[str, Plain], keyring: Keyring
) -> list[SealedRow]:
    """The deletable rows behind an event's commitments, under the key of their subject, made where it has none yet."""
    rows = []
    for field, sealed in sealed_fields(recorded):
        subject = subject_of(recorded, workshop)
        key = keyring.subject_key(subject) or keyring.make("subject", subject)
        for language, committed in sealed:
            plain = plains[committed]
            aad = sealing_aad(origin, recorded.position, field, language)
            nonce, ciphertext = seal(key, plain.salt, plain.text, aad)
            rows.append(SealedRow(workshop, recorded.position, field, language, subject, nonce, ciphertext))
    return rows
