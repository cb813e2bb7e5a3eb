"""What a witness has seen: of each log the largest state it signed, in one SQLite file that is on the disk before it signs.

All that keeps a witness from signing two states of which neither holds the other is in `advance`: one transaction reads,
decides and writes, so that neither another request nor another process comes between.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cocreate.tlog.checkpoints import Checkpoint
from cocreate.tlog.merkle import EMPTY_ROOT
from cocreate.tlog.vkey import VerifierKey, parse_vkey
from cocreate.tlog.witness import AddCheckpoint, Submitted, require_cosignable

LOGS_MAX: Final = 100_000
"""Logs that an open witness takes, for it never forgets one; each is about 1 kB in the file, and with long names 3."""
BUSY_TIMEOUT_S: Final = 5.0
_VERSION: Final = 1

_SCHEMA: Final = f"""
CREATE TABLE witness (vkey TEXT NOT NULL);
CREATE TABLE log (origin TEXT NOT NULL PRIMARY KEY, vkey TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE seen (
    origin TEXT NOT NULL PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, checkpoint BLOB NOT NULL
    ) WITHOUT ROWID;
CREATE TABLE fork (
    origin TEXT NOT NULL PRIMARY KEY, signed BLOB NOT NULL, refused BLOB NOT NULL
    ) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""


class SeenUnusable(Exception):
    """The file is missing, or is no witness's, or another's."""


class LogNotTaken(Exception):
    """An open witness takes no such log: `full`, or it knows another key of that origin."""

    def __init__(self, detail: str, *, full: bool) -> None:
        super().__init__(detail)
        self.full = full


def make_seen(path: Path, witness: VerifierKey) -> None:
    """An empty file of a witness that has signed nothing yet. Raises FileExistsError."""
    path.touch(mode=0o600, exist_ok=False)
    with _connected(path) as database:
        database.executescript(f"BEGIN; {_SCHEMA} COMMIT")
        database.execute("INSERT INTO witness VALUES (?)", (str(witness),))


class Seen:
    """Belongs to one thread at a time. Other processes may have the same file open."""

    def __init__(self, path: Path, witness: VerifierKey) -> None:
        """Open a file that `make_seen` has made; never a new one, for a witness that forgets must never sign again."""
        if not path.is_file():
            raise SeenUnusable(
                f"{path} is missing: it says what this witness has signed. Bring it back as it was at the end, or retire the "
                "key and make another with `cocreate witness keygen`."
            )
        try:
            self._database = _connect(path)
            owner = _owner(self._database)
        except sqlite3.DatabaseError as error:
            raise SeenUnusable(f"{path} cannot be read: {error}") from error
        if owner != str(witness):
            self._database.close()
            raise SeenUnusable(
                f"{path} is not of the witness {witness}: found {owner or 'another kind of file'}"
            )

    def close(self) -> None:
        self._database.close()

    def key_of(self, origin: str) -> VerifierKey | None:
        """The key of a log that was taken."""
        row = self._database.execute("SELECT vkey FROM log WHERE origin = ?", (origin,)).fetchone()
        return parse_vkey(row[0]) if row else None

    def take(self, log: VerifierKey) -> None:
        """Know a log from now on, by this key for ever; the same again changes nothing. Raises LogNotTaken."""
        with self._transaction():
            known = self.key_of(log.name)
            if known is not None:
                if known != log:
                    raise LogNotTaken(f"{log.name} is known by another key, {known}", full=False)
                return
            (count,) = self._database.execute("SELECT count(*) FROM log").fetchone()
            if count >= LOGS_MAX:
                raise LogNotTaken(f"this witness takes no more than {LOGS_MAX} logs", full=True)
            self._database.execute("INSERT INTO log VALUES (?, ?)", (log.name, str(log)))

    def largest(self, origin: str) -> Checkpoint:
        """The largest state of the log that was signed; the empty one if none was."""
        row = self._database.execute("SELECT size, root FROM seen WHERE origin = ?", (origin,)).fetchone()
        return Checkpoint(origin, *(row or (0, EMPTY_ROOT)))

    def advance(self, request: AddCheckpoint, submitted: Submitted, clock: Callable[[], float]) -> int:
        """Once this returns, the new state is on the disk as the largest seen, and may be signed with the time returned.

        The time is read where nothing larger can have been seen yet. Raises NotCosigned.
        """
        new = submitted.checkpoint
        with self._transaction():
            seen = self.largest(new.origin)
            require_cosignable(seen, request, new)
            if new != seen:
                self._database.execute(
                    "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)",
                    (new.origin, new.size, new.root, submitted.note),
                )
            return int(clock())

    def keep_fork(self, refused: Submitted) -> None:
        """Keep the first two checkpoints that the log has signed for one size: whoever has both can prove it to anyone."""
        with self._transaction():
            self._database.execute(
                "INSERT OR IGNORE INTO fork SELECT origin, checkpoint, ? FROM seen WHERE origin = ?",
                (refused.note, refused.checkpoint.origin),
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        # IMMEDIATE: what is read in it is what it is written upon.
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise


def _owner(database: sqlite3.Connection) -> str | None:
    """The vkey of the witness whose file it is; a file that is none is closed."""
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        row = database.execute("SELECT vkey FROM witness").fetchone() if version == _VERSION else None
    except sqlite3.DatabaseError:
        database.close()
        raise
    return str(row[0]) if row else None


def _connect(path: Path) -> sqlite3.Connection:
    """A connection whose COMMIT waits for the disk, and which may be used in another thread than it was made in."""
    database = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    database = _connect(path)
    try:
        yield database
    finally:
        database.close()
