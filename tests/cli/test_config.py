"""Settings are documented where they are read, and what cannot be used is refused in words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cocreate import config
from cocreate.config import SettingMalformed, Settings, read_settings, variable
from tests.cli.commands import environment


def test_the_documented_table_is_the_class() -> None:
    """Every setting with its variable, in the order of the class."""
    rows = re.findall(r"^\| `([a-z_]+)` \| `([A-Z_]+)` \|", config.__doc__ or "", flags=re.MULTILINE)
    assert rows == [(name, variable(name)) for name in Settings.__dataclass_fields__]


def test_what_is_given_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """And an empty variable is none."""
    monkeypatch.setenv("COCREATE_PORT", "9000")
    monkeypatch.setenv("COCREATE_HOST", "")
    monkeypatch.setenv("COCREATE_KEY_FILE", "~/somewhere.key")
    settings = read_settings()
    assert (settings.port, settings.host) == (9000, "127.0.0.1")
    assert settings.key_file == Path.home() / "somewhere.key"
    assert read_settings(port=1).port == 1


@pytest.mark.parametrize(
    "given",
    [
        {"database": "workshops.sqlite"},
        {"database": "sqlite:///"},
        {"database": "mysql://x"},
        {"port": -1},
        {"port": "many"},
        {"log_level": "loud"},
        {"public_url": "ftp://x"},
        {"public_url": "https://x/path"},
    ],
)
def test_what_cannot_be_used_is_refused(given: dict[str, object]) -> None:
    """With what was expected."""
    with pytest.raises(SettingMalformed, match="Expected"):
        read_settings(**given)


def test_a_password_is_never_shown() -> None:
    """Neither in the announcement nor in an error."""
    settings = Settings(database="postgresql://me:se:cret@db.example/x?sslmode=require")
    assert settings.shown_database == "postgresql://me:…@db.example/x?sslmode=require"
    with pytest.raises(SettingMalformed) as caught:
        Settings(database="mysql://me:secret@db.example/x")
    assert "secret" not in str(caught.value)


def test_logs_are_json_lines_of_ours_and_of_libraries(tmp_path: Path) -> None:
    """Set up after the store's module, whose library silences psycopg; exceptions stay on one line."""
    program = """
import cocreate.persistence.postgres, logging, structlog
from cocreate.logconfig import set_up_logging
set_up_logging("info")
structlog.get_logger().debug("too_low")
structlog.get_logger().info("ours", number=1)
logging.getLogger("psycopg.pool").warning("from a library %s", "x")
logging.getLogger("psycopg.pool").info("too low")
try:
    1 / 0
except ZeroDivisionError:
    structlog.get_logger().exception("failed")
"""
    result = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert [(line["event"], line["level"]) for line in lines] == [
        ("ours", "info"),
        ("from a library x", "warning"),
        ("failed", "error"),
    ]
    assert "ZeroDivisionError" in lines[2]["exception"]
    assert all("timestamp" in line for line in lines)
