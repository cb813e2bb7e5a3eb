"""Fixtures for every test: a PostgreSQL server for the run, a database for the test."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.postgres import create_database, drop_database, postgres_server

# No test is about time: the machine may be busy. And what one run finds, the next one finds: a run whose examples are its own
# is asked for with `--hypothesis-profile=searching`.
settings.register_profile("searching", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeated", settings.get_profile("searching"), derandomize=True)
settings.load_profile("repeated")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the run; for databases of one's own, see below."""
    if named := os.environ.get("COCREATE_TEST_POSTGRES"):
        yield named
        return
    with postgres_server(fsync=False) as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of a fresh, empty database; it is dropped after the test."""
    url = create_database(postgres_url)
    yield url
    drop_database(postgres_url, url)
