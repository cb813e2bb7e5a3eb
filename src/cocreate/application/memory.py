"""The last checkpoint that was signed for each record, kept in files outside the database.

A database that is put back to an earlier state, or into which somebody wrote, looks sound by itself. What was signed for it
does not fit any more, and that is how it is found out.
"""

import asyncio
import os
from pathlib import Path

from structlog import get_logger

KEEP_EVERY_S = 1.0
"""Between two looks at what was signed: by so much the files may be behind, and so much of a loss they cannot tell."""
_COSIGNED = ".cosigned"

log = get_logger()


class Memory:
    """Owner of a folder with a file a record; without one it remembers for as long as the process lives.

    `keeps`: this node writes the files, as one that only reads does not.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._known: dict[str, bytes] = {}
        self._unwritten: set[str] = set()
        self._writing = asyncio.Lock()
        self.keeps = False

    def recall(self, workshop: str) -> bytes | None:
        """The last checkpoint of this record, None where none was ever signed here. Raises OSError."""
        known = self._known.get(workshop)
        if known is None and self._folder is not None:
            try:
                return (self._folder / workshop).read_bytes()
            except FileNotFoundError:
                return None
        return known

    def note(self, workshop: str, checkpoint: bytes) -> None:
        """Remember it from now on; the file follows within KEEP_EVERY_S."""
        self._known[workshop] = checkpoint
        self._unwritten.add(workshop)

    def recall_cosigned(self, workshop: str) -> bytes | None:
        """The last checkpoint of this record that witnesses signed too. Raises OSError."""
        return self.recall(workshop + _COSIGNED)

    def note_cosigned(self, workshop: str, checkpoint: bytes) -> None:
        """Remember it beside the last one that was signed here."""
        self.note(workshop + _COSIGNED, checkpoint)

    async def keep(self) -> None:
        """Write what was noted, until cancelled."""
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write what was noted and not written yet. A folder that cannot be written is logged, and tried again."""
        if self._folder is not None:
            # Its thread cannot be stopped: whoever writes next, as a stop does at once, waits for it.
            await asyncio.shield(self._write_noted(self._folder))

    async def _write_noted(self, folder: Path) -> None:
        async with self._writing:
            if not self._unwritten:
                return
            notes = {workshop: self._known[workshop] for workshop in self._unwritten}
            self._unwritten.clear()
            try:
                await asyncio.to_thread(_write, folder, notes)
            except OSError as error:
                self._unwritten |= notes.keys()
                log.exception("checkpoints_not_kept", cause=type(error).__name__, folder=str(folder))
            else:
                # What is written need not be held.
                for workshop, note in notes.items():
                    if self._known.get(workshop) == note:
                        del self._known[workshop]


def _write(folder: Path, notes: dict[str, bytes]) -> None:
    """Each file is the old one or the new one, whenever the power goes."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for workshop, note in notes.items():
        fresh = folder / f".{workshop}"
        with fresh.open("wb") as file:
            file.write(note)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / workshop)
