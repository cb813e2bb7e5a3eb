"""Events of every class, built from the class's own schema: the smallest, the largest, one with everything, and drawn ones.

One walk over the schema asks a `Pick` at each choice, so that a new event or a new fact is covered without a line here.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from cocreate.domain.messages import EVENT_TYPES, INTEGER_MAX, Event, Recorded
from cocreate.domain.opening import RoundOpened
from cocreate.record import codec  # noqa: F401  registers the events

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ORIGIN = rf"[a-z0-9][a-z0-9.-]{{0,99}}/{UUID}"


def uuid_of(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def letters(number: int) -> str:
    """Three letters that differ for each number below 17,576."""
    return "".join(chr(ord("a") + number // 26**place % 26) for place in (2, 1, 0))


Texts = Callable[[int], str]

TEXTS: dict[str, tuple[Texts, Texts]] = {
    UUID: (uuid_of, uuid_of),
    "[0-9a-f]{32}": (lambda n: f"{n:032x}", lambda n: f"{n:032x}"),
    "[0-9a-f]{64}": (lambda n: f"{n:064x}", lambda n: f"{n:064x}"),
    "[0-9a-f]{128}": (lambda n: f"{n:0128x}", lambda n: f"{n:0128x}"),
    "[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?": (
        lambda n: letters(n)[1:],
        lambda n: letters(n) + "-Latn-419",
    ),
    "[a-z0-9][a-z0-9_-]{0,39}": (lambda n: f"c{n}", lambda n: f"c{n}".ljust(40, "-")),
    "[A-Z]{3}": (lambda n: letters(n).upper(), lambda n: letters(n).upper()),
    "[A-Z]{2}": (lambda n: letters(n)[1:].upper(), lambda n: letters(n)[1:].upper()),
    "[A-Za-z0-9.+-]{1,60}": (lambda n: f"CC-BY-{n}", lambda n: f"CC-BY-{n}".ljust(60, "+")),
    "[A-Za-z0-9._-]{1,100}": (lambda n: f"votes{n}.csv", lambda n: f"{n}.csv".rjust(100, "v")),
    r"[a-z_]{1,20}(\.([a-z_]{1,20}|0|[1-9][0-9]{0,2})){0,3}": (
        lambda _: "text",
        lambda _: ".".join(["activities".ljust(20, "_")] * 4),
    ),
    ORIGIN: (lambda n: f"log/{uuid_of(n)}", lambda n: "log".ljust(100, "-") + f"/{uuid_of(n)}"),
    rf"{ORIGIN}\+[0-9a-f]{{8}}\+[A-Za-z0-9+/]{{44}}": (
        lambda n: f"log/{uuid_of(n)}+{n:08x}+A{'+/' * 21}A",
        lambda n: "log".ljust(100, "-") + f"/{uuid_of(n)}+{n:08x}+A{'+/' * 21}A",
    ),
}
"""For each pattern a short text and a longest one, different for each number. A new pattern needs a line here."""


class Pick(Protocol):
    """What to choose wherever a schema leaves a choice."""

    def include(self) -> bool: ...

    def branch(self, branches: list[Any]) -> Any: ...

    def length(self, low: int, high: int) -> int: ...

    def integer(self, low: int, high: int) -> int: ...

    def text(self, pattern: str) -> str: ...


class Smallest:
    """Nothing optional, the shortest lists, the least integers, the first of several."""

    def __init__(self) -> None:
        self._next = 0

    def include(self) -> bool:
        return False

    def branch(self, branches: list[Any]) -> Any:
        return branches[0]

    def length(self, low: int, high: int) -> int:
        return low

    def integer(self, low: int, high: int) -> int:
        return low

    def text(self, pattern: str) -> str:
        self._next += 1
        return TEXTS[pattern][0](self._next)


class Full(Smallest):
    """Everything optional, lists of two, and of several branches the one whose turn it is."""

    def __init__(self, turn: int) -> None:
        super().__init__()
        self._turn = turn
        self.branches_max = 1

    def include(self) -> bool:
        return True

    def branch(self, branches: list[Any]) -> Any:
        self.branches_max = max(self.branches_max, len(branches))
        return branches[self._turn % len(branches)]

    def length(self, low: int, high: int) -> int:
        return min(max(low, 2), high)

    def integer(self, low: int, high: int) -> int:
        self._next += 1
        return min(low + 1_700_000_000_000 + self._next, high)


class Largest(Smallest):
    """Whatever gives the most bytes."""

    def include(self) -> bool:
        return True

    def branch(self, branches: list[Any]) -> Any:
        return max(branches, key=lambda one: len(json.dumps(build(one, Largest()))))

    def length(self, low: int, high: int) -> int:
        return high

    def integer(self, low: int, high: int) -> int:
        return max(low, high, key=lambda one: len(str(one)))

    def text(self, pattern: str) -> str:
        self._next += 1
        return TEXTS[pattern][1](self._next)


def build(schema: dict[str, Any], pick: Pick) -> Any:
    """A JSON value of a schema whose references are resolved."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return build(pick.branch([{"const": one} for one in schema["enum"]]), pick)
    if branches := schema.get("anyOf") or schema.get("oneOf"):
        return build(pick.branch(_flat(branches)), pick)
    match schema["type"]:
        case "object":
            properties = schema.get("properties", {})
            return {
                key: build(_present(one), pick)
                for key, one in properties.items()
                if not is_optional(one) or pick.include()
            }
        case "array" if "prefixItems" in schema:
            return [build(one, pick) for one in schema["prefixItems"]]
        case "array":
            length = pick.length(schema.get("minItems", 0), schema["maxItems"])
            return _once_each([build(schema["items"], pick) for _ in range(length)])
        case "integer":
            high = schema.get("maximum", schema.get("exclusiveMaximum", 0) - 1)
            return pick.integer(schema["minimum"], high)
        case "boolean":
            return pick.branch([{"const": True}, {"const": False}])["const"]
        case _:
            return pick.text(schema["pattern"][1:-1])


def _flat(branches: list[Any]) -> list[Any]:
    """Literals of a union one by one, so that each gets its turn."""
    flat = []
    for one in branches:
        flat += [{"const": value} for value in one["enum"]] if "enum" in one else [one]
    return flat


def _once_each(items: list[Any]) -> list[Any]:
    """Keep the first of items that share a value, or whose first parts or options do: some lists want that, and none minds."""
    kept: dict[str, Any] = {}
    for one in items:
        key = one[0] if isinstance(one, list) and one else one
        if isinstance(one, dict):
            key = one.get("option", one)
        kept.setdefault(json.dumps(key), one)
    return list(kept.values())


def schema_of(kind: type[Event]) -> dict[str, Any]:
    """The schema of an event's facts as they are written, references resolved."""
    schema = kind.model_json_schema(mode="serialization")
    definitions = schema.pop("$defs", {})

    def resolve(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return resolve(definitions[value["$ref"].rsplit("/", 1)[1]])
            return {key: resolve(one) for key, one in value.items() if key != "discriminator"}
        return [resolve(one) for one in value] if isinstance(value, list) else value

    resolved: dict[str, Any] = resolve(schema)
    return resolved


def is_optional(schema: dict[str, Any]) -> bool:
    return {"type": "null"} in schema.get("anyOf", [])


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema without null: an absent fact has no key."""
    if not is_optional(schema):
        return schema
    branches = [one for one in schema["anyOf"] if one != {"type": "null"}]
    return branches[0] if len(branches) == 1 else {"anyOf": branches}


def event_of(kind: type[Event], pick: Pick) -> Event:
    return kind.model_validate_json(json.dumps(build(schema_of(kind), pick)))


def recorded(event: Event, *, number: int = 7) -> Recorded:
    """The event in an envelope that fits it, all ids different; an answer is on a statement."""
    aggregate = uuid_of(number)
    if event.AGGREGATE == "participant":
        aggregate = f"{number:032x}"
    elif event.AGGREGATE == "ballot":
        aggregate += f"/{number + 1:032x}"
        if isinstance(getattr(event, "choice", None), int):
            aggregate += f"/{uuid_of(number + 2)}"
    return Recorded(number, 1_700_000_000_000 + number, "a" * 32, aggregate, "c" * 32, event)


def largest(kind: type[Event]) -> Recorded:
    """The entry of the most bytes that this class can lead to."""
    aggregate = {
        "participant": "f" * 32,
        "ballot": f"{uuid_of(1)}/{'f' * 32}/{uuid_of(2)}",
    }.get(kind.AGGREGATE, uuid_of(1))
    return Recorded(INTEGER_MAX, INTEGER_MAX, "a" * 32, aggregate, "c" * 32, event_of(kind, Largest()))


def cases() -> Iterator[tuple[str, Recorded]]:
    """(`<NAME>.<case>`, entry) for every class: minimal, full, and full again for each further branch or code."""
    for name, kind in sorted(EVENT_TYPES.items()):
        minimal = event_of(kind, Smallest())
        yield f"{name}.minimal", recorded(minimal)
        seen = {minimal.model_dump_json()}
        pick, turn = Full(0), 0
        while turn < pick.branches_max:
            pick = Full(turn)
            event = event_of(kind, pick)
            if turn == 0 or event.model_dump_json() not in seen:
                seen.add(event.model_dump_json())
                yield f"{name}.{f'full_{turn + 1}' if turn else 'full'}", recorded(event)
            turn += 1
    yield f"{RoundOpened.NAME}.routed", recorded(_routed())


def _routed() -> Event:
    """An opinion round as it was first written, with the rule of its offers, which came later."""
    facts = build(schema_of(RoundOpened), Smallest())
    return RoundOpened.model_validate_json(
        json.dumps({**facts, "rules": {"method": "opinion", "routing": "informative.v1", "version": 1}})
    )
