"""A real server on a loopback port over a real SQLite file, and people who talk to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http.house import House, opened_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A server with nothing on it."""
    async with opened_house(tmp_path) as one:
        yield one
