"""The query parameters of the API, each in one place: what it says, its schema, how it is read."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cocreate.application import AUDIENCES, SEATS_MAX, UNDERS
from cocreate.http.bodies import Query

INTEGER_MAX = 2**53 - 1
MS_FROM = 100_000_000_000
"""From here on (1973) a number is a time in milliseconds: no record has so many entries."""
ENTRIES_MAX = 256
TIMELINE_MAX = 500
STATUSES = ("scheduled", "open", "closed", "cancelled", "sealed")
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_LEAP = re.compile(r"(T\d{2}:\d{2}):60")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Moment(NamedTuple):
    """A position, or a time in milliseconds since 1970 UTC; the other is None."""

    position: int | None
    time: int | None


def integer(text: str, minimum: int = 0, maximum: int = INTEGER_MAX) -> int:
    """A decimal integer in range, in its one form. Raises ValueError."""
    digits = text.removeprefix("-")
    if not _NUMBER.fullmatch(digits) or text == "-0" or not minimum <= int(text) <= maximum:
        raise ValueError("not such an integer")
    return int(text)


def _moment(text: str) -> Moment:
    if _RFC3339.fullmatch(text):
        known = re.sub(r"(\.\d{6})\d+", r"\1", _LEAP.sub(r"\1:59", text.upper()))
        return Moment(None, (datetime.fromisoformat(known) - EPOCH) // MILLISECOND)
    number = integer(text)
    return Moment(None, number) if number >= MS_FROM else Moment(number, None)


def _one_of(names: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise ValueError("none of them")
        return text

    return read


def _uuid(text: str) -> str:
    if not re.fullmatch(UUID, text):
        raise ValueError("no such id")
    return text


def _limit(maximum: int) -> Query:
    return Query(
        "limit",
        f"how many items at most, from 1 to {maximum}.",
        {"type": "integer", "minimum": 1, "maximum": maximum},
        lambda text: integer(text, 1, maximum),
    )


AT = Query(
    "at",
    "a position, or a time as RFC 3339 or in milliseconds since 1970 UTC.",
    {
        "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": INTEGER_MAX},
            {"type": "string", "format": "date-time"},
        ]
    },
    _moment,
)
AUDIENCE = Query(
    "audience",
    f"one of {', '.join(AUDIENCES)}; without it the most that the session may see.",
    {"type": "string", "enum": list(AUDIENCES)},
    _one_of(AUDIENCES),
)
AFTER = Query(
    "after",
    "the position behind which to go on; -1, which is the default, for the beginning.",
    {"type": "integer", "minimum": -1, "maximum": INTEGER_MAX, "default": -1},
    lambda text: integer(text, -1),
)
SINCE = Query(
    "since",
    "the position that the page shows; without it the stream begins with what comes next. Last-Event-ID goes before it.",
    {"type": "integer", "minimum": -1, "maximum": INTEGER_MAX},
    lambda text: integer(text, -1),
)
STATUS = Query(
    "status",
    f"one of {', '.join(STATUSES)}.",
    {"type": "string", "enum": list(STATUSES)},
    _one_of(STATUSES),
)
UNDER = Query(
    "method",
    f"one of {', '.join(UNDERS)}.",
    {"type": "string", "enum": list(UNDERS)},
    _one_of(UNDERS),
    required=True,
)
SEATS = Query(
    "seats",
    f"how many are chosen, from 1 to {SEATS_MAX}; without it as many as the round's own rules say, else one.",
    {"type": "integer", "minimum": 1, "maximum": SEATS_MAX},
    lambda text: integer(text, 1, SEATS_MAX),
)
SKIPPED = Query(
    "skipped",
    "the statement that was offered last and is to come later.",
    {"type": "string", "pattern": f"^{UUID}$"},
    _uuid,
)
ENTRIES_LIMIT = _limit(ENTRIES_MAX)
TIMELINE_LIMIT = _limit(TIMELINE_MAX)
