"""Commitments to sealed texts, and which fields of an event are sealed under whose key (FORMAT.md §4)."""

import hashlib
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

from cocreate.domain.canonical import framed
from cocreate.domain.messages import Recorded, Sealed

SALT_BYTES: Final = 32


class TextMalformed(ValueError):
    """A text that has no canonical form: `str(error)` says what was found."""


def canonical_text(text: str) -> str:
    """NFC with LF line ends: the form that is committed to. Refuses lone surrogates and U+0000."""
    canonical = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if "\x00" in canonical:
        raise TextMalformed("expected text, found the character U+0000")
    try:
        canonical.encode()
    except UnicodeEncodeError as error:
        raise TextMalformed(
            f"expected text, found half of a surrogate pair at character {error.start}"
        ) from error
    return canonical


def commitment(salt: bytes, text: str) -> str:
    """What the record shows of a canonical text: SHA-256 over a domain string, 32 salt bytes and the UTF-8 text."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"expected a salt of {SALT_BYTES} bytes, found {len(salt)}")
    return hashlib.sha256(b"cocreate/sealed/v1\n" + salt + text.encode()).hexdigest()


def sealed_fields(recorded: Recorded) -> Iterator[tuple[str, Sealed]]:
    """(path, sealed text) of each sealed field present; list items stand at their index: `activities.0.title`."""
    for path in recorded.event.SEALED:
        yield from _walk(recorded.event, path.split("."), "")


def _walk(facts: Any, names: list[str], path: str) -> Iterator[tuple[str, Sealed]]:
    value = getattr(facts, names[0])
    here = f"{path}{names[0]}"
    if value is None:
        return
    if len(names) == 1:
        yield here, value
        return
    for index, item in enumerate(value):
        yield from _walk(item, names[1:], f"{here}.{index}.")


def subject_of(recorded: Recorded, workshop: str) -> str:
    """The subject whose key seals an event's texts: a pseudonym, or the workshop's id for texts of the institution."""
    event = recorded.event
    if event.SUBJECT == "host":
        return workshop
    if event.SUBJECT == "author":
        return str(event.author)  # type: ignore[attr-defined]  # events sealed by author have one; a test walks them
    return recorded.aggregate if event.SUBJECT == "aggregate" else recorded.actor


def sealing_aad(origin: str, position: int, field: str, language: str) -> bytes:
    """What a sealed row is bound to: it cannot be moved to another place unnoticed."""
    return framed("sealed-row", origin.encode(), str(position).encode(), field.encode(), language.encode())
