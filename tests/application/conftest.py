"""The three kinds of store, as the contract suite opens them, and a node on each of them."""

from collections.abc import AsyncIterator

import pytest

from cocreate.application import Service
from cocreate.persistence.record_store import RecordStore
from tests.application.nodes import Hands, running
from tests.contracts.conftest import OpenNode, new_store, open_node, store

__all__ = ["OpenNode", "hands", "new_store", "open_node", "service", "store"]


@pytest.fixture
def hands() -> Hands:
    """The node's clock."""
    return Hands()


@pytest.fixture
async def service(store: RecordStore, hands: Hands) -> AsyncIterator[Service]:
    """One node on a store of each kind; it writes and certifies only what a test asks for."""
    async with running(store, hands, timekeeper=False) as started:
        yield started
