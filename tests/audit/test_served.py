"""A served log is audited from its files alone; what its files are not made of is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from cocreate.audit.report import PROVEN, UNCHECKED, VIOLATED
from cocreate.audit.served import NotReached, audit_log, fetch_from
from cocreate.tlog.tiles import build_bundle
from tests.audit.records import GOLDEN, history_copy, kinds, trust
from tests.audit.served import LOG, Files, audited_log, files_of, serving
from tests.histories import random_history
from tests.record.golden_record import WITNESS
from tests.tlog.known import Log

ENTRIES = GOLDEN.shown
FILES = files_of(ENTRIES)
BUNDLE, TILE = "tile/entries/000.p/51", "tile/0/000.p/51"
LONG = history_copy(random_history(Random("served"), 700))


def found(path: str) -> tuple[int, bytes]:
    return (200, FILES[path]) if path in FILES else (404, b"")


def flipped(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_the_golden_record_is_proven_as_a_served_log() -> None:
    """Its texts are not part of a log."""
    report = audited_log(FILES)
    assert (report.exit_code, report.violations, report.unchecked) == (PROVEN, (), {})
    assert (report.entries_hashed, report.rules_checked_to) == (51, 51)
    assert report.texts["verified"] == 0
    assert report.texts["not_for_this_reader"] > 0


def test_a_log_of_several_tiles_is_read_over_http(tmp_path: Path) -> None:
    """And remembered; the second audit has something to compare with."""
    files = files_of(LONG.shown, cosigned=False)
    files = {**files, "vkey": f"{LONG.header.vkey}\n".encode()}
    files["checkpoint"] = LONG.note or b""
    mine = trust(LONG, policy=None, state=tmp_path / "seen.json")
    with serving(lambda path: (200, files[path]) if path in files else (404, b"")) as url:
        first = audit_log(fetch_from(url), url, mine)
        second = audit_log(fetch_from(f"{url}/"), url, mine)
    assert (first.exit_code, second.exit_code) == (UNCHECKED, PROVEN)
    assert second.remembered == len(LONG.entries) > 2 * 256


FORGED = [*ENTRIES[:26], ENTRIES[26].replace(b'"counter":1', b'"counter":2'), *ENTRIES[27:]]
SEEN = 40
"""Entries of the golden record that a witness has seen, of 51."""
SEEN_AT_S = GOLDEN.plain()[SEEN - 1]["time"] // 1000 + 60


def cosigned(entries: list[bytes], at_s: int = SEEN_AT_S) -> bytes:
    """The checkpoint of a log that the witness signed then."""
    note = Log(entries, LOG).note()
    return note.signed_also(WITNESS.sign(note.text, at_s)).encode()


def test_an_earlier_cosigned_checkpoint_bounds_what_no_witness_has_seen(tmp_path: Path) -> None:
    """The head has no line of theirs yet; the record goes on from the state that has."""
    files = files_of(ENTRIES, cosigned=False)
    alone = audited_log(files)
    assert (alone.unwitnessed, alone.cosigned_size) == (51, None)
    report = audited_log(files | {"cosigned": cosigned(ENTRIES[:SEEN])}, state=tmp_path / "seen.json")
    assert (report.exit_code, report.violations) == (UNCHECKED, ())
    assert (report.unwitnessed, report.cosigned_size, report.cosigned_at_ms) == (
        51 - SEEN,
        SEEN,
        SEEN_AT_S * 1000,
    )
    assert set(report.unchecked) == {"witnesses", "history"}
    assert "last 11 of the 51 entries" in report.unchecked["witnesses"]
    assert "last 11 entries" in report.unchecked["history"]
    remembered = json.loads((tmp_path / "seen.json").read_text())["notes"]
    assert [note.split("\n")[1] for note in remembered] == [str(SEEN), "51"]
    later = audited_log(files, state=tmp_path / "seen.json")
    assert (later.unwitnessed, later.cosigned_size) == (51 - SEEN, SEEN)


def test_without_a_policy_nobody_is_asked_for_witnesses() -> None:
    report = audited_log(files_of(ENTRIES, cosigned=False) | {"cosigned": b"spoilt"}, policy=None)
    assert (report.exit_code, report.violations) == (UNCHECKED, ())


COSIGNED: dict[str, tuple[Callable[[], bytes], str]] = {
    "of another history": (lambda: cosigned([*FORGED[:SEEN]]), "fork"),
    "of a longer record": (lambda: cosigned([*ENTRIES, ENTRIES[-1]]), "rewound"),
    "edited": (lambda: cosigned(ENTRIES[:SEEN]).replace(b"\n40\n", b"\n39\n"), "signature"),
    "by nobody": (lambda: cosigned(ENTRIES[:SEEN]).split(b"\xe2\x80\x94")[0] + b"\n", "malformed"),
    "too early": (lambda: cosigned(ENTRIES[:SEEN], SEEN_AT_S - 86_400), "cosigned_time"),
    "long": (lambda: bytes(1_000_000), "malformed"),
}


@pytest.mark.parametrize("name", COSIGNED)
def test_a_cosigned_checkpoint_that_does_not_belong_to_the_record_is_told(name: str) -> None:
    make, kind = COSIGNED[name]
    report = audited_log(files_of(ENTRIES, cosigned=False) | {"cosigned": make()})
    assert report.exit_code == VIOLATED
    assert kind in kinds(report)
    assert report.cosigned_size is None or kind == "cosigned_time"


def test_a_server_that_does_not_show_what_witnesses_signed_is_read_without() -> None:
    report = audited_log(FILES, refused=frozenset({"cosigned"}))
    assert report.exit_code == PROVEN


def test_a_bundle_that_is_not_shown_yet_leaves_its_entries_open() -> None:
    """Its hashes still prove the root; rules and results stop there."""
    report = audited_log(FILES, refused=frozenset({BUNDLE}))
    assert (report.exit_code, report.violations) == (UNCHECKED, ())
    assert (report.entries_hashed, report.entries_withheld) == (0, 51)
    assert "51 entries that the server does not show" in report.unchecked["entries"]


@pytest.mark.parametrize(("status", "kind"), [(404, "unavailable"), (403, None), (503, NotReached)])
def test_statuses_tell_what_is_missing_what_waits_and_what_to_try_again(status: int, kind: object) -> None:
    with serving(lambda path: (status, b"") if path == BUNDLE else found(path)) as url:
        if kind is NotReached:
            with pytest.raises(NotReached):
                audit_log(fetch_from(url), url, trust())
            return
        assert kinds(audit_log(fetch_from(url), url, trust())) == ([kind] if kind else [])


def test_a_server_that_never_stops_answering_is_cut_off() -> None:
    """At the limit of what the file may be."""
    with serving(lambda path: (200, bytes(10_000_000)) if path == TILE else found(path)) as url:
        assert kinds(audit_log(fetch_from(url), url, trust())) == ["malformed"]


ATTACKS: dict[str, tuple[Callable[[], Files], str]] = {
    "an entry altered": (lambda: {BUNDLE: build_bundle(FORGED)}, "tree"),
    "an entry and its hash forged": (lambda: {**files_of(FORGED), "checkpoint": FILES["checkpoint"]}, "tree"),
    "a hash flipped": (lambda: {TILE: flipped(FILES[TILE])}, "tree"),
    "a tile too short": (lambda: {TILE: FILES[TILE][:-32]}, "malformed"),
    "a bundle cut": (lambda: {BUNDLE: FILES[BUNDLE][:-1]}, "malformed"),
    "a bundle one entry short": (lambda: {BUNDLE: build_bundle(ENTRIES[:-1])}, "malformed"),
    "a bundle with one entry more": (lambda: {BUNDLE: build_bundle([*ENTRIES, ENTRIES[-1]])}, "malformed"),
    "the checkpoint of a shorter log": (lambda: {"checkpoint": files_of(ENTRIES[:50])["checkpoint"]}, "unavailable"),
    "an edited checkpoint": (lambda: {"checkpoint": FILES["checkpoint"].replace(b"\n51\n", b"\n50\n")}, "signature"),
    "a checkpoint with CRLF": (lambda: {"checkpoint": FILES["checkpoint"].replace(b"\n", b"\r\n")}, "malformed"),
    "another vkey": (lambda: {"vkey": b"log.example/other+00000000+AAAA\n"}, "genesis"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_files_that_do_not_belong_together_are_refused(name: str) -> None:
    make, kind = ATTACKS[name]
    report = audited_log(FILES | make())
    assert report.exit_code == VIOLATED
    assert kind in kinds(report)


@pytest.mark.parametrize("path", [BUNDLE, TILE, "checkpoint", "vkey"])
def test_a_missing_file_is_told(path: str) -> None:
    assert kinds(audited_log({name: data for name, data in FILES.items() if name != path})) == ["unavailable"]


def test_a_tile_above_the_entries_is_compared_too() -> None:
    files = files_of(LONG.shown, cosigned=False) | {"checkpoint": LONG.note or b""}
    above = next(path for path in files if path.startswith("tile/1/"))
    flip = {above: flipped(files[above]), "vkey": f"{LONG.header.vkey}\n".encode()}
    assert kinds(audited_log(files | flip, key=LONG.key, policy=None)) == ["tree"]
