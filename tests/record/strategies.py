"""Hypothesis strategies for events and entries of every class, drawn from the class's own schema."""

from typing import Any

from hypothesis import strategies as st

from cocreate.domain.messages import EVENT_TYPES, Event, Recorded
from tests.record.examples import TEXTS, event_of, recorded

_DRAWN_ITEMS_MAX = 6
"""Long lists prove nothing that short ones do not; `examples.largest` has the longest."""


class Drawn:
    """Every choice is hypothesis's; texts differ by a drawn number."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def include(self) -> bool:
        return bool(self._draw(st.booleans()))

    def branch(self, branches: list[Any]) -> Any:
        return self._draw(st.sampled_from(branches))

    def length(self, low: int, high: int) -> int:
        return int(self._draw(st.integers(low, min(high, low + _DRAWN_ITEMS_MAX))))

    def integer(self, low: int, high: int) -> int:
        return int(self._draw(st.integers(low, high)))

    def text(self, pattern: str) -> str:
        form = TEXTS[pattern][self._draw(st.integers(0, 1))]
        return form(self._draw(st.integers(0, 17_575)))


@st.composite
def events(draw: Any, kind: type[Event]) -> Event:
    """Any event of one class."""
    return event_of(kind, Drawn(draw))


@st.composite
def entries(draw: Any, kinds: tuple[str, ...] = tuple(sorted(EVENT_TYPES))) -> Recorded:
    """Any entry of any of the classes with these NAMEs."""
    kind = EVENT_TYPES[draw(st.sampled_from(kinds))]
    return recorded(draw(events(kind)), number=draw(st.integers(0, 2**31)))
