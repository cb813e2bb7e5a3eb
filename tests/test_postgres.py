"""The PostgreSQL of the tests: fresh, apart from other tests, and gone with the process that started it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.postgres import create_database, drop_database, postgres_server

ROOT = Path(__file__).resolve().parent.parent
GONE_SECONDS_MAX = 60


def test_each_test_has_an_empty_database(postgres_database: str) -> None:
    """What one test writes, no other finds."""
    with psycopg.connect(postgres_database) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        connection.execute("CREATE TABLE leftovers ()")
    assert tables == (0,)


def test_another_test_has_another_empty_database(postgres_database: str) -> None:
    """The table of the test above is not here."""
    test_each_test_has_an_empty_database(postgres_database)


def test_a_database_can_be_a_copy_of_a_prepared_one(postgres_url: str, postgres_database: str) -> None:
    """Tables that many tests need are made once."""
    with psycopg.connect(postgres_database) as connection:
        connection.execute("CREATE TABLE prepared AS SELECT 42 AS answer")
    copy = create_database(postgres_url, template=postgres_database.rpartition("/")[2])
    with psycopg.connect(copy) as connection:
        answer = connection.execute("SELECT answer FROM prepared").fetchone()
    drop_database(postgres_url, copy)
    assert answer == (42,)


@pytest.mark.slow
def test_a_server_for_durability_waits_for_the_disk() -> None:
    """Tests of durability and measurements run on PostgreSQL's own defaults."""
    with postgres_server() as url, psycopg.connect(url) as connection:
        settings = [
            connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            for name in ("fsync", "synchronous_commit", "full_page_writes")
        ]
    assert settings == [("on",)] * 3


@pytest.mark.slow
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_server_dies_with_its_process(kill: signal.Signals) -> None:
    """No server and no files are left behind, however the run ends."""
    owner = subprocess.Popen(
        [sys.executable, "-m", "tests.postgres"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert owner.stdout is not None
    url = owner.stdout.readline().strip()
    with psycopg.connect(url) as connection:
        (folder,) = connection.execute("SELECT current_setting('data_directory')").fetchone() or ("",)
    owner.send_signal(kill)
    owner.communicate()
    deadline = time.monotonic() + GONE_SECONDS_MAX
    while Path(folder).parent.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(folder).parent.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=1).close()
