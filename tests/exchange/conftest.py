"""Nodes that an import runs on."""

from pathlib import Path

import pytest

from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from tests.exchange.nodes import Open


@pytest.fixture(params=["sqlite", "postgres"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens a node on an empty database, as often as asked."""
    database = f"sqlite:///{tmp_path / 'records.sqlite'}"
    if request.param == "postgres":
        database = request.getfixturevalue("postgres_database")
    return lambda: opened_service(Settings(database=database, key_file=tmp_path / "instance.key"))


@pytest.fixture
def sqlite_node(tmp_path: Path) -> Open:
    database = f"sqlite:///{tmp_path / 'records.sqlite'}"
    return lambda: opened_service(Settings(database=database, key_file=tmp_path / "instance.key"))
