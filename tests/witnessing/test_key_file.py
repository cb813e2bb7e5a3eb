"""A witness's key is made once, for its owner alone, and read only as it was written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cocreate.witnessing.key_file import KeyFileMalformed, load_key_file, make_key_file
from tests.tlog.known import WITNESS

NAME = "witness.example/w1"


def test_a_key_is_read_as_it_was_made(tmp_path: Path) -> None:
    """It signs what its vkey checks, and nobody else may read the file."""
    file = tmp_path / "witness.key"
    made = make_key_file(file, NAME)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    loaded = load_key_file(file)
    assert loaded.key == made.key
    assert loaded.sign("text\n", 7) == made.sign("text\n", 7)


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    """Nor made for a name that no note can carry."""
    file = tmp_path / "witness.key"
    make_key_file(file, NAME)
    before = file.read_bytes()
    with pytest.raises(FileExistsError):
        make_key_file(file, NAME)
    assert file.read_bytes() == before
    with pytest.raises(ValueError, match="key name"):
        make_key_file(tmp_path / "other.key", "a name")
    assert not (tmp_path / "other.key").exists()


def test_what_is_not_a_key_is_refused_without_telling_it(tmp_path: Path) -> None:
    """Each part of the line counts."""
    file = tmp_path / "witness.key"
    make_key_file(file, NAME)
    line = file.read_text()
    secret = line.split("+", 4)[4].strip()  # base64, which may hold a "+" itself
    for text in (
        "",
        "\n",
        line[:-1],
        line + "\n",
        line.replace("PRIVATE+KEY+", ""),
        line.replace("w1", "w2"),
        line.replace(WITNESS.key.name, ""),
        line[:-3] + "\n",
        line.replace(secret, ""),
        line.replace("+", " "),
        str(WITNESS.key),
    ):
        file.write_text(text)
        with pytest.raises(KeyFileMalformed) as caught:
            load_key_file(file)
        assert secret not in str(caught.value)
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(KeyFileMalformed):
        load_key_file(file)
