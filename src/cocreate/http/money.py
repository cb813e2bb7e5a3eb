"""Money as people read and type it; inside, amounts are minor units of an ISO 4217 currency."""

import re
from typing import Final

_DIGITS: Final = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_TYPED: Final = re.compile(r"([0-9]{1,15})(?:[.,]([0-9]+))?")
_SPACES: Final = str.maketrans("", "", " \u00a0\u202f'’")


def digits_of(currency: str) -> int:
    """How many decimal places its minor unit has."""
    return _DIGITS.get(currency, 2)


def grouped(count: int) -> str:
    """A whole number in groups of three digits."""
    return f"{count:,}".replace(",", "\u202f")


def said(minor: int, currency: str) -> str:
    """An amount in words; whole units stand without decimal places."""
    digits = digits_of(currency)
    units, rest = divmod(minor, 10**digits)
    return f"{grouped(units)}{f'.{rest:0{digits}d}' if rest else ''}\u00a0{currency}"


def field_of(minor: int, currency: str) -> str:
    """An amount as a field holds it."""
    digits = digits_of(currency)
    units, rest = divmod(minor, 10**digits)
    return f"{units}.{rest:0{digits}d}" if rest else str(units)


def minor_of(typed: str, currency: str) -> int | None:
    """The amount in a field, in minor units; None if it is none, or has more decimal places than the currency.

    A point and a comma both begin the decimal places, since people type either; "1,250" is refused rather than guessed.
    """
    found = _TYPED.fullmatch(typed.translate(_SPACES))
    if found is None:
        return None
    units, places = found[1], found[2] or ""
    digits = digits_of(currency)
    if len(places) > digits:
        return None
    return int(units + places.ljust(digits, "0"))
