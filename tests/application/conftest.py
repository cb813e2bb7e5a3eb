"""The three kinds of store, as the contract suite opens them."""

from tests.contracts.conftest import OpenNode, new_store, open_node, store

__all__ = ["OpenNode", "new_store", "open_node", "store"]
