"""Rows as the page that a store reads them as."""

from collections.abc import Sequence

from cocreate.persistence.batch import Row
from cocreate.record.page import Page


def page_of(rows: Sequence[Row]) -> Page:
    """The columns of consecutive rows."""
    return Page([row.position for row in rows], [row.name for row in rows], [row.entry for row in rows])
