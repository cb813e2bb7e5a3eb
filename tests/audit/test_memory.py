"""What an auditor has seen is kept whole, for one record, and never given up for less."""

from __future__ import annotations

from pathlib import Path

import pytest

from cocreate.audit.memory import NOTES_KEPT_MAX, Memory, MemoryUnusable, load_memory
from cocreate.tlog.checkpoints import Checkpoint, OpenedCheckpoint, open_checkpoint, sign_checkpoint
from cocreate.tlog.vkey import VerifierKey
from tests.tlog.known import LOG, ORIGIN, WITNESS


def seen(size: int, *, cosigned_at_s: int | None = None) -> OpenedCheckpoint:
    note = sign_checkpoint(Checkpoint(ORIGIN, size, bytes([size % 256]) * 32), LOG)
    if cosigned_at_s is not None:
        note = note.signed_also(WITNESS.sign(note.text, cosigned_at_s))
    return open_checkpoint(note.encode(), LOG.key, [WITNESS.key])


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Ascending by size; nothing else is left in the folder."""
    path = tmp_path / "seen.json"
    assert load_memory(path, LOG.key, []).notes == []
    for size in (5, 9, 7):
        load_memory(path, LOG.key, [WITNESS.key]).keep(seen(size, cosigned_at_s=size))
    memory = load_memory(path, LOG.key, [WITNESS.key])
    assert memory.notes == [seen(size, cosigned_at_s=size) for size in (5, 7, 9)]
    assert list(tmp_path.iterdir()) == [path]


def test_of_one_size_the_note_that_more_have_signed_stays(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "seen.json")
    memory.keep(seen(5))
    memory.keep(seen(5, cosigned_at_s=1))
    memory.keep(seen(5))
    assert memory.notes == [seen(5, cosigned_at_s=1)]


def test_at_its_limit_it_lets_go_of_the_oldest_that_no_witness_signed(tmp_path: Path) -> None:
    """And never of the latest."""
    memory = Memory(tmp_path / "seen.json")
    memory.notes = [seen(1, cosigned_at_s=1), *(seen(size) for size in range(2, NOTES_KEPT_MAX + 1))]
    memory.keep(seen(1_000))
    assert memory.sizes == [1, *range(3, NOTES_KEPT_MAX + 1), 1_000]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"cocreate_audit_state":2,"notes":[]}',
        '{"cocreate_audit_state":1,"notes":[1]}',
        '{"cocreate_audit_state":1,"notes":["x"]}',
    ],
)
def test_another_file_is_not_taken_for_it(tmp_path: Path, text: str) -> None:
    path = tmp_path / "seen.json"
    path.write_text(text)
    with pytest.raises(MemoryUnusable, match=r"seen\.json"):
        load_memory(path, LOG.key, [])


def test_the_memory_of_another_record_or_key_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "seen.json"
    Memory(path).keep(seen(5))
    for other in (
        VerifierKey("another.example/1", 1, LOG.key.public),
        VerifierKey(ORIGIN, 1, WITNESS.key.public),
    ):
        with pytest.raises(MemoryUnusable, match="another record, or one by another key"):
            load_memory(path, other, [])
