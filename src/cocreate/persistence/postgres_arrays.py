"""Whole columns as PostgreSQL's binary arrays.

The format is that of `array_send` in PostgreSQL's source. Packing a column here costs a fraction of psycopg's dumper,
which looks at each element's type, and the array's type never depends on the values: one prepared statement for all.
"""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import Any, Final

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER = Struct(">iiiii")  # dimensions, whether there are nulls (a hint), element type, length, lower bound
_EMPTY = Struct(">iii")
_LENGTH = Struct(">i")
_NULL = _LENGTH.pack(-1)


class Array(bytes):
    """A packed column; its class says of what."""

    __slots__ = ()
    element_oid: int
    pack_element: Callable[[Any], bytes]

    @classmethod
    def of(cls, values: Iterable[Any]) -> "Array":
        """The column of these values, None = NULL."""
        pack, length = cls.pack_element, _LENGTH.pack
        parts = []
        count = 0
        for value in values:
            count += 1
            if value is None:
                parts.append(_NULL)
            else:
                element = pack(value)
                parts.append(length(len(element)))
                parts.append(element)
        if not count:
            return cls(_EMPTY.pack(0, 0, cls.element_oid))
        return cls(_HEADER.pack(1, 1, cls.element_oid, count, 1) + b"".join(parts))


def _array(name: str, *, element_oid: int, array_oid: int, pack: Callable[[Any], bytes]) -> type[Array]:
    kind = type(
        name, (Array,), {"__slots__": (), "element_oid": element_oid, "pack_element": staticmethod(pack)}
    )
    dumper = type(f"{name}Dumper", (_ArrayDumper,), {"oid": array_oid})
    psycopg.adapters.register_dumper(kind, dumper)
    return kind


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


# The numbers are PostgreSQL's own, from pg_type.dat; they never change.
ARRAYS: Final[dict[str, type[Array]]] = {
    # A uuid is given as its 16 bytes.
    "uuid": _array("UuidArray", element_oid=2950, array_oid=2951, pack=bytes),
    "int8": _array("Int8Array", element_oid=20, array_oid=1016, pack=Struct(">q").pack),
    "text": _array("TextArray", element_oid=25, array_oid=1009, pack=str.encode),
    "bytea": _array("ByteaArray", element_oid=17, array_oid=1001, pack=bytes),
    "bool": _array("BoolArray", element_oid=16, array_oid=1000, pack=Struct(">?").pack),
}
