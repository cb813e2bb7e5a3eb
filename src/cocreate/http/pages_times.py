"""Times as people type them: a date and a clock time in a named time zone."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_WANTED: Final = (
    "UTC", "Europe/Athens", "Europe/Belgrade", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest", "Europe/Budapest",
    "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon",
    "Europe/Ljubljana", "Europe/London", "Europe/Luxembourg", "Europe/Madrid", "Europe/Malta", "Europe/Oslo",
    "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome", "Europe/Sofia", "Europe/Stockholm", "Europe/Tallinn",
    "Europe/Vienna", "Europe/Vilnius", "Europe/Warsaw", "Europe/Zagreb", "Europe/Zurich", "Asia/Nicosia", "Asia/Taipei",
    "Atlantic/Reykjavik", "America/New_York", "America/Los_Angeles",
)  # fmt: skip


def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except ZoneInfoNotFoundError:
        return False
    return True


ZONES: Final = tuple(name for name in _WANTED if _known(name))
"""Time zones offered; those that this machine knows."""


def millis_of(local: str, zone: str) -> int | None:
    """The moment of a `datetime-local` field in one of the zones offered, in ms since 1970; None if it is not a time."""
    if zone not in ZONES:
        return None
    try:
        moment = datetime.fromisoformat(local)
    except ValueError:
        return None
    millis = int(moment.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    return millis if millis >= 0 else None


def local_of(millis: int) -> str:
    """The field's value of a moment, in UTC."""
    return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%dT%H:%M")
