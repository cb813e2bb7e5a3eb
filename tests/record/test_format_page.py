"""FORMAT.md against the classes: the page and the code can only move together."""

import re
from typing import Any

import pytest

from cocreate.domain.messages import EVENT_TYPES, Event
from cocreate.domain.state import WorkshopState
from cocreate.record.digest import LATER_TABLES, digest_tables
from tests.record.examples import is_optional, schema_of
from tests.record.independent_decoder import EVENTS, OBJECTS, PAGE_PATH, TABLES, TYPES

Form = Any
"""A type with all names resolved: ("text", pattern), ("integer", low, high), ("list", low, high, form), …"""

SUBJECTS = {"host", "actor", "aggregate", "author"}


def form_of_page(kind: str) -> Form:
    """The form that a type has on the page; what JSON Schema cannot say (`distinct`, `keyed`, `sorted`) left out."""
    if kind in OBJECTS:
        return form_of_rows(OBJECTS[kind])
    if kind in TYPES:
        return form_of_page(TYPES[kind])
    if kind.startswith("text /"):
        return ("text", kind[6:-1])
    if found := re.fullmatch(r"(?:[a-z]+ )*list (\d+)\.\.(\d+) of (.+?)((?: or -?\d+)*)", kind):
        listed = ("list", int(found[1]), int(found[2]), form_of_page(found[3]))
        return frozenset({listed, *map(int, found[4].split(" or ")[1:])}) if found[4] else listed
    if " or " in kind:
        return frozenset(form_of_page(one) for one in kind.split(" or "))
    if found := re.fullmatch(r"integer (-?\d+)\.\.(\d+)", kind):
        return ("integer", int(found[1]), int(found[2]))
    if kind.startswith("["):
        return ("tuple", *(form_of_page(one) for one in kind[1:-1].split(", ")))
    if kind == "boolean":
        return kind
    return kind.strip('"') if kind.startswith('"') else int(kind)


def form_of_rows(rows: list[Any]) -> Form:
    return ("object", *((key, form_of_page(kind), needed) for key, kind, needed in rows))


def form_of_schema(schema: dict[str, Any]) -> Form:
    """The form that a class gives its facts."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return frozenset(schema["enum"])
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        forms: set[Form] = set()
        for one in branches:
            form = None if one == {"type": "null"} else form_of_schema(one)
            forms |= form if isinstance(form, frozenset) else {form}
        forms.discard(None)
        return forms.pop() if len(forms) == 1 else frozenset(forms)
    match schema["type"]:
        case "object":
            properties = schema.get("properties", {})
            assert schema["additionalProperties"] is False
            return (
                "object",
                *(
                    (key, form_of_schema(one), "optional" if is_optional(one) else "required")
                    for key, one in properties.items()
                ),
            )
        case "array" if "prefixItems" in schema:
            return ("tuple", *map(form_of_schema, schema["prefixItems"]))
        case "array":
            low, high = schema.get("minItems", 0), schema["maxItems"]
            return ("list", low, high, form_of_schema(schema["items"]))
        case "integer":
            high = schema.get("maximum", schema.get("exclusiveMaximum", 0) - 1)
            return ("integer", schema["minimum"], high)
        case "boolean":
            return "boolean"
        case _:
            pattern = schema["pattern"]
            assert pattern[0] + pattern[-1] == "^$"
            return ("text", pattern[1:-1])


def test_the_page_names_every_event_and_no_other() -> None:
    assert set(EVENTS) == set(EVENT_TYPES)


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=EVENT_TYPES.keys())
def test_the_page_gives_each_event_the_keys_types_and_limits_of_its_class(kind: type[Event]) -> None:
    """In the same order, too."""
    aggregate, rows = EVENTS[kind.NAME]
    assert aggregate == kind.AGGREGATE
    assert form_of_rows(rows) == form_of_schema(schema_of(kind))


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=EVENT_TYPES.keys())
def test_the_page_says_what_each_event_means_and_for_whom_it_is_sealed(kind: type[Event]) -> None:
    """One sentence of meaning, then the sealed fields."""
    text = TABLES[f"`{kind.NAME}` · {kind.AGGREGATE}"].strip()
    assert re.match(r"[A-Z].+\.$", text, re.MULTILINE), "a sentence of meaning is missing"
    found = re.search(r"^Sealed for (\w+): (.+)\.$", text, re.MULTILINE)
    if found is None:
        assert kind.SEALED == ()
        return
    assert found[1] in SUBJECTS
    assert found[1] == kind.SUBJECT
    assert tuple(re.findall(r"`([^`]+)`", found[2])) == kind.SEALED


def test_every_type_and_object_on_the_page_is_used() -> None:
    """A name that nothing uses would be a promise about nothing."""
    used = " ".join(
        kind
        for _, rows in [*EVENTS.values(), *((0, rows) for rows in OBJECTS.values())]
        for _, kind, _ in rows
    )
    used += " ".join(TYPES.values()) + TABLES["2. An entry"]
    for name in {*TYPES, *OBJECTS}:
        assert re.search(rf"\b{name}\b", used), name


def test_the_page_names_every_table_of_the_digest() -> None:
    tables = re.findall(r"^\| `([a-z]+)` \|", TABLES["7. State digest, version 1"], re.MULTILINE)
    assert set(tables) == {*digest_tables(WorkshopState()), *LATER_TABLES}


def test_the_page_names_every_purpose_that_record_and_domain_frame() -> None:
    """And each row is proven against the code in test_pseudonyms.py."""
    purposes = re.findall(r"^\| `([a-z-]+)` \|", TABLES["6. Hashes, voters, command ids"], re.MULTILINE)
    framed = set()
    for part in ("domain", "record"):
        for path in (PAGE_PATH.parents[1] / part).rglob("*.py"):
            framed |= set(re.findall(r'framed\(\s*"([a-z-]+)"', path.read_text()))
    assert sorted(purposes) == sorted(framed)
