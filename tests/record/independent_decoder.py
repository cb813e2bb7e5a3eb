"""A decoder of entries written from FORMAT.md alone: it shares no code with ours and reads the page's own tables."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PAGE_PATH = Path(__file__).parents[2] / "src/cocreate/record/FORMAT.md"
PAGE = PAGE_PATH.read_text()
TYPES = dict(re.findall(r"^([a-z_]+) += (.+)$", PAGE, re.MULTILINE))
TABLES = dict(re.findall(r"^##+ (.+)\n((?:(?!##).*\n)*)", PAGE, re.MULTILINE))
ROW = re.compile(r"^\| `([a-z_]+)` \| `([^`]+)` \| (required|optional) \|", re.MULTILINE)
OBJECTS = {key[8:-1]: ROW.findall(text) for key, text in TABLES.items() if key.startswith("Object `")}
EVENTS = {
    key.split("`")[1]: (key.split(" · ")[1], ROW.findall(text))
    for key, text in TABLES.items()
    if " · " in key
}
ENVELOPE = ROW.findall(TABLES["2. An entry"])
AGGREGATES = {"participant": "pseudonym", "ballot": "ballot"}


class Refused(Exception):
    """These bytes are no entry of format 1."""


def read(entry: bytes) -> dict[str, Any]:
    """The entry as plain JSON values."""
    try:
        value = json.loads(entry.decode(), object_pairs_hook=_once, parse_float=_never, parse_constant=_never)
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except (ValueError, RecursionError) as error:  # json's and UTF-8's errors are ValueErrors
        raise Refused(str(error)) from error
    kind, facts = EVENTS.get(str(value.get("event")), ("", [])) if isinstance(value, dict) else ("", [])
    if again != entry or len(entry) >= 60_000 or not _object(value, ENVELOPE, {"facts": facts}):
        raise Refused("not the canonical bytes of an entry")
    if not kind or not _is(value["aggregate"], AGGREGATES.get(kind, "uuid")):
        raise Refused("an unknown event, or on another kind of aggregate")
    return dict(value)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands twice")
    return dict(pairs)


def _never(text: str) -> Any:
    raise ValueError(f"{text} is no integer")


def _object(value: Any, rows: Any, objects: Mapping[str, Any] = OBJECTS) -> bool:
    types, needed = (
        {key: kind for key, kind, _ in rows},
        {key for key, _, needed in rows if needed == "required"},
    )
    return (
        isinstance(value, dict)
        and needed <= value.keys() <= types.keys()
        and all(
            _object(one, objects[types[key]]) if types[key] in objects else _is(one, types[key])
            for key, one in value.items()
        )
    )


def _is(value: Any, kind: str) -> bool:
    if kind in OBJECTS:
        return _object(value, OBJECTS[kind])
    if kind in TYPES:
        return _is(value, TYPES[kind])
    if " or " in kind:
        return any(_is(value, one) for one in kind.split(" or "))
    if found := re.fullmatch(r"text /(.+)/", kind):
        return isinstance(value, str) and re.fullmatch(found[1], value, re.ASCII) is not None
    if found := re.fullmatch(r"integer (-?\d+)\.\.(\d+)", kind):
        return type(value) is int and int(found[1]) <= value <= int(found[2])
    if found := re.fullmatch(r"((?:[a-z]+ )*)list (\d+)\.\.(\d+) of (.+)", kind):
        return (
            isinstance(value, list)
            and int(found[2]) <= len(value) <= int(found[3])
            and (all(_is(one, found[4]) for one in value) and _ordered(found[1].split(), value))
        )
    if kind.startswith("["):
        parts = kind[1:-1].split(", ")
        return isinstance(value, list) and len(value) == len(parts) and all(map(_is, value, parts))
    return type(value) is bool if kind == "boolean" else json.dumps(value) == kind


def _ordered(words: list[str], items: list[Any]) -> bool:
    keys = [min(one.items())[1] if isinstance(one, dict) else one for one in items]
    firsts = [one if isinstance(one, str) else one[0] for one in keys] if "keyed" in words else keys
    once = not {"keyed", "distinct"} & set(words) or len(set(firsts)) == len(firsts)
    return once and ("sorted" not in words or keys == sorted(keys))
