"""What a witness has signed is kept before it signs, and a witness without its memory never signs again."""

from __future__ import annotations

import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from cocreate.tlog.checkpoints import Checkpoint, parse_checkpoint
from cocreate.tlog.merkle import EMPTY_ROOT
from cocreate.tlog.notes import parse_note
from cocreate.tlog.vkey import LOG_ED25519, VerifierKey
from cocreate.tlog.witness import NotCosigned, open_request, parse_add_checkpoint
from cocreate.witnessing import seen as seen_module
from cocreate.witnessing.seen import LogNotTaken, Seen, SeenUnusable, make_seen
from tests.tlog.known import LOG, ORIGIN, WITNESS, Log
from tests.witnessing.hosting import KNOWN, TIME_S, clock, grown, request, rewritten

OTHER_KEY = VerifierKey(ORIGIN, LOG_ED25519, WITNESS.key.public)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a witness that has signed nothing yet."""
    made = tmp_path / "witness.seen"
    make_seen(made, WITNESS.key)
    return made


def advance(seen: Seen, log: Log, old: int) -> int:
    """One request, as the witness does it."""
    asked = parse_add_checkpoint(request(log, old))
    return seen.advance(asked, open_request(asked, KNOWN.get), clock)


def test_what_was_seen_outlives_the_process(file: Path) -> None:
    """Whoever opens the file again knows it, with the log's own signature."""
    seen = Seen(file, WITNESS.key)
    assert seen.largest(ORIGIN) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert advance(seen, grown(300), 0) == TIME_S
    # As after a kill: nothing is closed.
    again = Seen(file, WITNESS.key)
    assert again.largest(ORIGIN) == grown(300).checkpoint()
    with pytest.raises(NotCosigned):
        advance(again, rewritten(300), 0)
    again.close()
    seen.close()


def test_of_two_processes_one_is_first(file: Path) -> None:
    """Each on its own connection, from the same state, with states of which neither holds the other."""
    one, other = Seen(file, WITNESS.key), Seen(file, WITNESS.key)
    signed: list[Log] = []
    barrier = threading.Barrier(2)

    def race(seen: Seen, log: Log) -> None:
        barrier.wait()
        try:
            advance(seen, log, 0)
        except NotCosigned:
            return
        signed.append(log)

    racing = [
        threading.Thread(target=race, args=(one, grown(300))),
        threading.Thread(target=race, args=(other, rewritten(300))),
    ]
    for thread in racing:
        thread.start()
    for thread in racing:
        thread.join()
    assert len(signed) == 1
    assert one.largest(ORIGIN) == other.largest(ORIGIN) == signed[0].checkpoint()
    one.close()
    other.close()


def test_the_time_is_read_where_nothing_larger_can_have_been_seen(file: Path) -> None:
    """Inside the transaction: whoever comes later has a later time."""
    seen, other = Seen(file, WITNESS.key), sqlite3.connect(file, timeout=0)
    asked = parse_add_checkpoint(request(grown(3), 0))

    def looking() -> float:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        return 7.9

    assert seen.advance(asked, open_request(asked, KNOWN.get), looking) == 7
    other.close()
    seen.close()


def test_a_witness_without_its_memory_is_refused(tmp_path: Path, file: Path) -> None:
    """Missing, another's, another kind of file, or none at all: never a new one."""
    with pytest.raises(SeenUnusable, match="retire"):
        Seen(tmp_path / "lost.seen", WITNESS.key)
    assert not (tmp_path / "lost.seen").exists()
    with pytest.raises(SeenUnusable, match="is not of the witness"):
        Seen(file, VerifierKey("witness.example/w2", WITNESS.key.type_byte, WITNESS.key.public))
    (tmp_path / "empty.seen").touch()
    with pytest.raises(SeenUnusable, match="is not of the witness"):
        Seen(tmp_path / "empty.seen", WITNESS.key)
    (tmp_path / "text.seen").write_text("not a database" * 100)
    with pytest.raises(SeenUnusable, match="cannot be read"):
        Seen(tmp_path / "text.seen", WITNESS.key)
    with pytest.raises(FileExistsError):
        make_seen(file, WITNESS.key)


def test_commits_wait_for_the_disk_and_nobody_else_reads_the_file(file: Path) -> None:
    """As the database says itself."""
    seen = Seen(file, WITNESS.key)
    assert seen._database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert seen._database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    seen.close()


def test_a_log_is_known_by_the_first_key_it_is_told_of(file: Path) -> None:
    """The same again changes nothing; another key of the origin is refused."""
    seen = Seen(file, WITNESS.key)
    assert seen.key_of(ORIGIN) is None
    seen.take(LOG.key)
    seen.take(LOG.key)
    with pytest.raises(LogNotTaken) as caught:
        seen.take(OTHER_KEY)
    assert not caught.value.full
    assert seen.key_of(ORIGIN) == LOG.key
    seen.close()


def test_an_open_witness_takes_no_more_than_its_limit(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that it knows stay known."""
    monkeypatch.setattr(seen_module, "LOGS_MAX", 2)
    seen = Seen(file, WITNESS.key)
    logs = [VerifierKey(f"workshop.example/log/{number}", LOG_ED25519, LOG.key.public) for number in range(3)]
    for log in logs[:2]:
        seen.take(log)
    with pytest.raises(LogNotTaken) as caught:
        seen.take(logs[2])
    assert caught.value.full
    seen.take(logs[0])
    assert [seen.key_of(log.name) for log in logs] == [*logs[:2], None]
    seen.close()


def test_both_sides_of_a_fork_are_kept(file: Path) -> None:
    """The first contradiction, as the log has signed it, and no more of them."""
    seen = Seen(file, WITNESS.key)
    advance(seen, grown(300), 0)
    for at in (5, 6):
        asked = parse_add_checkpoint(request(rewritten(300, at), 300))
        submitted = open_request(asked, KNOWN.get)
        with pytest.raises(NotCosigned) as caught:
            seen.advance(asked, submitted, clock)
        assert caught.value.forked
        seen.keep_fork(submitted)
    kept = seen._database.execute("SELECT origin, signed, refused FROM fork").fetchall()
    assert [row[0] for row in kept] == [ORIGIN]
    checkpoints = []
    for note in map(parse_note, kept[0][1:]):
        assert note.verified([LOG.key])
        checkpoints.append(parse_checkpoint(note.text))
    assert checkpoints == [grown(300).checkpoint(), rewritten(300, 5).checkpoint()]
    seen.close()
