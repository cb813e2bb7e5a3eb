"""Ways to spoil an entry, from a seed: in its bytes, in the text of its JSON, in its values."""

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

POOL: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    39,
    2**53 - 1,
    2**53,
    -(2**53),
    10**400,
    1.0,
    1.5,
    1e300,
    -0.0,
    "",
    "x",
    "1",
    "0" * 32,
    "f" * 32,
    "A" * 32,
    "0" * 64,
    "0" * 63 + "\n",
    "en",
    "en\n",
    "EN",
    "zz-Latn-001",
    "ä",
    "a\u0308",
    "\U0001f600",
    "\ud800",
    "a b",
    'a"b',
    "a\\b",
    "a\u0000b",
    "a\u2028b",
    "[]",
    [],
    {},
    [[]],
    [None],
    ["en"],
    [["en", "0" * 64]],
    [["en", "0" * 64]] * 2,
    [["en", "0" * 64]] * 11,
    ["a"],
    ["a", "a"],
    ["b", "a"],
    ["a"] * 51,
    {"method": "support", "version": 1},
    {"method": "other", "version": 1},
    {"a": 1},
    "00000000-0000-0000-0000-000000000001",
    "00000000000000000000000000000001",
    "00000000-0000-0000-0000-00000000000A",
    "support",
    "open",
    "host",
    "RoundOpened.v1",
    "RoundOpened.v2",
    "٣",
    "１",
    "２" * 32,
)  # fmt: skip  a table of values reads best in lines
"""Values of every type and on both sides of every border, for any place."""

LITERALS = (
    "1.0",
    "1e0",
    "-0",
    "01",
    "+1",
    "0x1",
    "NaN",
    "Infinity",
    "null",
    "true",
    '"1"',
    "9007199254740992",
    "1" * 5000,
    "[" * 3000,
)


def dumps(value: Any) -> bytes:
    """Canonical where the value allows it; half a surrogate pair stays an escape."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside a value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*place, key)
        yield from places(one, (*place, key))


def holder_of(value: Any, place: tuple[Any, ...]) -> Any:
    for key in place[:-1]:
        value = value[key]
    return value


def flip(entry: bytes, chance: random.Random) -> bytes:
    spoiled = bytearray(entry)
    spoiled[chance.randrange(len(entry))] ^= 1 << chance.randrange(8)
    return bytes(spoiled)


def swap(entry: bytes, chance: random.Random) -> bytes:
    spoiled = bytearray(entry)
    here, there = chance.randrange(len(entry)), chance.randrange(len(entry))
    spoiled[here], spoiled[there] = spoiled[there], spoiled[here]
    return bytes(spoiled)


def cut(entry: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(entry))
    return entry[:start] + entry[start + chance.randrange(1, 5) :]


def insert(entry: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(entry) + 1)
    what = chance.choice(
        (
            b" ",
            b"\n",
            b"\t",
            b"\xff",
            b"\xc0\x80",
            b"\xed\xa0\x80",
            b"\\u0061",
            b"\x00",
            b"0",
            b",",
            b"}",
            b"\xef\xbb\xbf",
        )
    )
    return entry[:start] + what + entry[start:]


def around(entry: bytes, chance: random.Random) -> bytes:
    return chance.choice(
        (
            b" " + entry,
            entry + b"\n",
            b"\xef\xbb\xbf" + entry,
            entry * 2,
            b"[" + entry + b"]",
            b"",
            b"{}",
            b"null",
            entry.decode().encode("utf-16"),
        )
    )


def literal(entry: bytes, chance: random.Random) -> bytes:
    """One value in another spelling."""
    value = json.loads(entry)
    place = chance.choice(list(places(value)))
    holder_of(value, place)[place[-1]] = "\uffff"
    return dumps(value).replace('"\uffff"'.encode(), chance.choice(LITERALS).encode())


def escape(entry: bytes, chance: random.Random) -> bytes:
    """One character of a string as an escape that RFC 8785 does not use."""
    start = chance.choice([index for index, byte in enumerate(entry) if byte in b"abcdef0123456789"])
    return entry[:start] + b"\\u%04x" % entry[start] + entry[start + 1 :]


def repeat_key(entry: bytes, chance: random.Random) -> bytes:
    """One key twice, with its own value or with another's."""
    value = json.loads(entry)
    holder = chance.choice([value, value["facts"] or value])
    key = chance.choice(list(holder))
    pair = dumps({key: holder[key]})[1:-1]
    other = dumps({key: chance.choice(list(holder.values()))})[1:-1]
    return entry.replace(
        pair, chance.choice((pair + b"," + pair, pair + b"," + other, other + b"," + pair)), 1
    )


def reorder(entry: bytes, chance: random.Random) -> bytes:
    """Keys in another order."""
    value = json.loads(entry)
    items = list(value.items())
    chance.shuffle(items)
    facts = list(value["facts"].items())
    chance.shuffle(facts)
    value = dict(chance.choice((items, sorted(items))))
    value["facts"] = dict(facts)
    return json.dumps(value, separators=(",", ":")).encode()


def replace(entry: bytes, chance: random.Random) -> bytes:
    """One value by another, the rest canonical."""
    value = json.loads(entry)
    place = chance.choice(list(places(value)))
    holder_of(value, place)[place[-1]] = chance.choice(POOL)
    return dumps(value)


def drop(entry: bytes, chance: random.Random) -> bytes:
    """Without one key or item."""
    value = json.loads(entry)
    place = chance.choice(list(places(value)))
    del holder_of(value, place)[place[-1]]
    return dumps(value)


def add(entry: bytes, chance: random.Random) -> bytes:
    """One key or item more."""
    value = json.loads(entry)
    holders = [
        value,
        *(one for one in (_at(value, place) for place in places(value)) if isinstance(one, dict | list)),
    ]
    holder = chance.choice(holders)
    if isinstance(holder, list):
        holder.insert(chance.randrange(len(holder) + 1), chance.choice([*POOL, *holder]))
    else:
        holder[chance.choice(("aaa", "zzz", "note", "claimed_at", "title", "A", ""))] = chance.choice(POOL)
    return dumps(value)


def _at(value: Any, place: tuple[Any, ...]) -> Any:
    return holder_of(value, place)[place[-1]]


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flip,
    swap,
    cut,
    insert,
    around,
    literal,
    escape,
    repeat_key,
    reorder,
    replace,
    drop,
    add,
)  # fmt: skip  one line names them all
