"""Consecutive entries as a store hands them over: in columns, since an object for each of them would cost as much as reading it."""

from collections.abc import Sequence
from typing import NamedTuple


class Page(NamedTuple):
    """Entries with the positions and the NAMEs under which they were found; what they say is for the decoder to judge."""

    positions: Sequence[int]
    names: Sequence[str]
    entries: Sequence[bytes]
