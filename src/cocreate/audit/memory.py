"""What an auditor has seen before: signed notes in one file, so that history cannot be changed behind its back.

Without memory, a record that was rewritten and signed again passes every verifier there is.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from cocreate.tlog.checkpoints import OpenedCheckpoint, open_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.vkey import VerifierKey

FORMAT: Final = 1
NOTES_KEPT_MAX: Final = 256
"""The latest one stands for all before it; older ones with cosignatures bound the times of entries."""
FILE_SIZE_BYTES_MAX: Final = 64 << 20


class MemoryUnusable(Exception):
    """A file that is no memory of this record; `str(error)` says what was expected and found."""


@dataclass(slots=True)
class Memory:
    """The notes remembered of one record, ascending by size; `path` is where they are kept."""

    path: Path
    notes: list[OpenedCheckpoint] = field(default_factory=list)

    @property
    def sizes(self) -> list[int]:
        return [one.checkpoint.size for one in self.notes]

    def keep(self, new: OpenedCheckpoint) -> None:
        """Remember a note that was found to continue what is remembered, whole or not at all.

        Of one size the note with more cosignatures stays.
        """
        same = next((one for one in self.notes if one.checkpoint.size == new.checkpoint.size), None)
        if same is not None and len(same.cosigned) > len(new.cosigned):
            return
        notes = [one for one in self.notes if one is not same] + [new]
        notes.sort(key=lambda one: one.checkpoint.size)
        while len(notes) > NOTES_KEPT_MAX:
            # The oldest without a cosignature says least; the latest always stays.
            notes.remove(next((one for one in notes[:-1] if not one.cosigned), notes[0]))
        self.notes = notes
        _write(
            self.path,
            {"cocreate_audit_state": FORMAT, "notes": [one.note.encode().decode() for one in notes]},
        )


def load_memory(path: Path, log: VerifierKey, witnesses: Sequence[VerifierKey]) -> Memory:
    """The notes of the file, each opened by the pinned key; none where there is no file yet. Raises MemoryUnusable."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_SIZE_BYTES_MAX + 1)
    except FileNotFoundError:
        return Memory(path)
    try:
        kept = json.loads(data)
        if kept["cocreate_audit_state"] != FORMAT:
            raise MemoryUnusable(f"{path}: expected state of format {FORMAT}")
        notes = [open_checkpoint(one.encode(), log, witnesses) for one in kept["notes"]]
    except VerificationError as error:
        raise MemoryUnusable(f"{path} remembers another record, or one by another key: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise MemoryUnusable(f"{path}: expected a file that --state wrote, found another") from error
    return Memory(path, sorted(notes, key=lambda one: one.checkpoint.size))


def _write(path: Path, kept: Any) -> None:
    """Put the file in its place only when it is whole and on the disk."""
    draft = path.with_name(f".{path.name}.part")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(kept, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
