"""A real server on a loopback port over a real SQLite file, and people who talk to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http.house import House, opened_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A server with nothing on it."""
    async with opened_house(tmp_path) as one:
        yield one


@pytest.fixture(autouse=True)
async def patience() -> AsyncIterator[None]:
    """No test of this folder waits for ever."""
    async with asyncio.timeout(60):
        yield
