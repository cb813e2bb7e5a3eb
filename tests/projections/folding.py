"""Folding a history, and reading views the way pages do."""

from typing import Any

from cocreate.projections.fold import Projections
from cocreate.projections.reader import Audience
from cocreate.projections.views import view
from tests.history_author import History

Keyed = dict[str, dict[str, Any]]
"""Collection -> key -> item, as a page keeps them."""


def fold(history: History, size: int | None = None) -> Projections:
    """The projections of the first `size` entries, or of all."""
    projections = Projections()
    for recorded in history.entries[:size]:
        projections.apply(recorded)
    return projections


def seen(history: History, audience: Audience, size: int | None = None) -> Keyed:
    """What the audience saw live when the record had `size` entries."""
    size = len(history.entries) if size is None else size
    projections = fold(history, size)
    return keyed(view(projections, projections, audience, history.readable(size))["items"])


def seen_today(history: History, audience: Audience, at: int) -> Keyed:
    """What the audience sees today of the workshop as it stood after the entry at position `at`."""
    today = history.readable(len(history.entries))
    return keyed(view(fold(history, at + 1), fold(history), audience, today)["items"])


def keyed(collections: dict[str, list[dict[str, Any]]]) -> Keyed:
    for items in collections.values():
        assert len({item["key"] for item in items}) == len(items), "a key stands for one item"
    return {name: {item["key"]: item for item in items} for name, items in collections.items()}
