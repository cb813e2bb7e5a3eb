"""Sealed texts: their one form, their commitments, where they stand and whose they are."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.domain.messages import EVENT_TYPES, Event
from cocreate.record.sealed_text import (
    TextMalformed,
    canonical_text,
    commitment,
    sealed_fields,
    subject_of,
)
from tests.record.examples import Full, event_of, recorded, schema_of, uuid_of

KINDS = pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=EVENT_TYPES.keys())
SALT = bytes(range(32))
WORKSHOP = uuid_of(99)


def test_a_commitment_is_the_hash_that_the_page_says() -> None:
    text = "Une idée pour la ville 🌳"
    assert (
        commitment(SALT, text) == hashlib.sha256(b"cocreate/sealed/v1\n" + SALT + text.encode()).hexdigest()
    )
    assert commitment(SALT, "") == "a7af63f84bfa40abcff18c12bcb11b9e0a7e7b657e24c1cd92208f6f477d715e"


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_salt_of_another_length_is_refused(length: int) -> None:
    """It would move the border between salt and text."""
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"s" * length, "text")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("e\u0301", "\u00e9"),
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("\u212b", "\u00c5"),
        ("\ufb01", "\ufb01"),
        ("", ""),
    ],
)
def test_a_text_has_one_form(text: str, canonical: str) -> None:
    """NFC, not NFKC; LF line ends."""
    assert canonical_text(text) == canonical


@pytest.mark.parametrize(
    ("text", "found"), [("a\x00", "U\\+0000"), ("a\ud800b", "surrogate pair at character 1")]
)
def test_a_text_that_has_no_form_is_refused(text: str, found: str) -> None:
    with pytest.raises(TextMalformed, match=found):
        canonical_text(text)


@given(st.text(st.characters(exclude_characters="\x00", codec="utf-8")))
def test_the_form_of_a_form_is_itself(text: str) -> None:
    once = canonical_text(text)
    assert canonical_text(once) == once
    assert "\r" not in once


def sealed_in(schema: Any, path: str = "") -> set[str]:
    """The paths of all fields that hold language and commitment, found in the schema alone."""
    if schema.get("type") == "array" and schema.get("items", {}).get("prefixItems", [{}])[0].get(
        "pattern", ""
    ).startswith("^[a-z]{2,3}("):
        return {path}
    found = set()
    for one in schema.get("anyOf", []):
        found |= sealed_in(one, path)
    if schema.get("type") == "array" and "properties" in schema.get("items", {}):
        found |= sealed_in(schema["items"], path)
    for key, one in schema.get("properties", {}).items():
        found |= sealed_in(one, f"{path}.{key}".lstrip("."))
    return found


@KINDS
def test_every_sealed_field_of_an_event_is_declared_and_every_declared_one_exists(kind: type[Event]) -> None:
    """An undeclared one would never be stored, erased or disclosed."""
    assert set(kind.SEALED) == sealed_in(schema_of(kind))
    assert list(kind.SEALED) == sorted(kind.SEALED)


@KINDS
def test_every_sealed_text_is_found_at_its_path(kind: type[Event]) -> None:
    """List items stand at their index."""
    event = event_of(kind, Full(0))
    found = dict(sealed_fields(recorded(event)))
    plain = event.model_dump()
    for path, text in found.items():
        value: Any = plain
        for step in path.split("."):
            value = value[int(step)] if step.isdecimal() else value[step]
        assert value == text
    wanted = [path.replace(".", ".0.") for path in kind.SEALED] + [
        path.replace(".", ".1.") for path in kind.SEALED
    ]
    assert set(found) == set(wanted)


def test_absent_texts_are_passed_over() -> None:
    event = event_of(EVENT_TYPES["IdeaSubmitted.v1"], Full(0)).model_copy(update={"title": None})
    assert [path for path, _ in sealed_fields(recorded(event))] == ["text"]


@KINDS
def test_every_event_with_texts_has_a_subject_whose_key_seals_them(kind: type[Event]) -> None:
    """A pseudonym, or for the host's texts the workshop's id."""
    entry = recorded(event_of(kind, Full(0)))
    if kind.SUBJECT == "author":
        assert "author" in kind.model_fields
        assert subject_of(entry, WORKSHOP) == entry.event.author  # type: ignore[attr-defined]  # just asserted
    elif kind.SUBJECT == "host":
        assert subject_of(entry, WORKSHOP) == WORKSHOP
    elif kind.SUBJECT == "aggregate":
        assert kind.AGGREGATE == "participant"
        assert subject_of(entry, WORKSHOP) == entry.aggregate
    else:
        assert subject_of(entry, WORKSHOP) == entry.actor
    assert kind.SEALED or kind.SUBJECT == "actor", "an event without texts declares no subject"
