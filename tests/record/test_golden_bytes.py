"""Stored bytes are for ever: what was written once is read for ever, and written the same."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from cocreate.domain.messages import EVENT_TYPES
from cocreate.record.codec import decode, encode
from tests.record import independent_decoder
from tests.record.golden_bytes import MANIFEST, STORED, golden, manifest, write_new


def test_every_event_has_golden_bytes_with_all_and_with_only_the_required_facts() -> None:
    """A new event comes with its bytes: run `python -m tests.record.golden_bytes`."""
    names = {path.name for path in golden()}
    wanted = {f"{name}.{case}.json" for name in EVENT_TYPES for case in ("full", "minimal")}
    assert wanted <= names


def test_no_golden_bytes_are_missing_added_or_changed() -> None:
    """The manifest names every file with its SHA-256 as first written."""
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in golden()}
    assert found == manifest()


@pytest.mark.parametrize("path", golden(), ids=lambda path: path.stem)
def test_golden_bytes_decode_and_encode_to_themselves(path: Path) -> None:
    """Both decoders read them, and understand the same facts."""
    entry = path.read_bytes()
    recorded = decode(entry)
    assert encode(recorded) == entry
    plain = independent_decoder.read(entry)
    assert path.name.startswith(f"{recorded.event.NAME}.")
    assert plain == {
        "actor": recorded.actor,
        "aggregate": recorded.aggregate,
        "command": recorded.command,
        "event": recorded.event.NAME,
        "facts": json.loads(recorded.event.model_dump_json(exclude_none=True)),
        "position": recorded.position,
        "time": recorded.time,
    }


def test_the_writer_adds_what_is_new_and_never_changes_what_is_there(tmp_path: Path) -> None:
    """Neither a changed nor a deleted file is written again: only its author may know why."""
    shutil.copytree(STORED, tmp_path, dirs_exist_ok=True)
    changed, deleted, new = "RoundOpened.v1.full.json", "RoundClosed.v1.full.json", "RoleGranted.v1.full.json"
    (tmp_path / changed).write_bytes(b"other")
    (tmp_path / deleted).unlink()
    (tmp_path / new).unlink()
    lines = (tmp_path / MANIFEST).read_text().splitlines(keepends=True)
    (tmp_path / MANIFEST).write_text("".join(line for line in lines if new not in line))
    assert write_new(tmp_path) == [new]
    assert (tmp_path / changed).read_bytes() == b"other"
    assert not (tmp_path / deleted).exists()
    assert (tmp_path / new).read_bytes() == (STORED / new).read_bytes()
    assert (tmp_path / MANIFEST).read_bytes() == (STORED / MANIFEST).read_bytes()
