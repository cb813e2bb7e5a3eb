"""What is a fault of the log, Go's own verifiers refuse as well, and the honest record passes both."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cocreate.tlog.checkpoints import sign_checkpoint
from cocreate.tlog.notes import Note
from cocreate.tlog.proofs import consistency_proof
from cocreate.tlog.tiles import build_bundle
from tests.audit.records import GOLDEN, OTHER_KEY, kinds
from tests.audit.served import LOG, Files, audited_log, files_of
from tests.audit.test_served import BUNDLE, FORGED, TILE, flipped
from tests.tlog.known import WITNESS, Log
from tests.tlog.test_foreign import Folder, folder, verifier

pytestmark = pytest.mark.slow
__all__ = ["folder", "verifier"]  # fixtures, found by their names

RECORD = Log(GOLDEN.shown, LOG)
NOTE = RECORD.note()
TEXT = NOTE.text
COSIGNED = NOTE.signed_also(WITNESS.sign(TEXT, 1)).encode()
FILES = files_of(GOLDEN.shown) | {"checkpoint": COSIGNED}
VKEY = str(LOG.key)


def signed(text: str) -> Files:
    return {"checkpoint": Note(text, (LOG.sign(text), WITNESS.sign(text, 1))).encode()}


ATTACKS: dict[str, Callable[[], Files]] = {
    "an entry altered": lambda: {BUNDLE: build_bundle(FORGED)},
    "an entry and its hash forged": lambda: {**files_of(FORGED), "checkpoint": COSIGNED},
    "a hash flipped": lambda: {TILE: flipped(FILES[TILE])},
    "a bundle cut": lambda: {BUNDLE: FILES[BUNDLE][:-1]},
    "a bundle one entry short": lambda: {BUNDLE: build_bundle(GOLDEN.shown[:-1])},
    "a bundle with one entry more": lambda: {BUNDLE: build_bundle([*GOLDEN.shown, GOLDEN.shown[-1]])},
    "another key": lambda: {
        "checkpoint": Note(TEXT, (type(LOG)(GOLDEN.origin, OTHER_KEY).sign(TEXT), WITNESS.sign(TEXT, 1))).encode()
    },
    "signed by a witness alone": lambda: {"checkpoint": Note(TEXT, (WITNESS.sign(TEXT, 1),)).encode()},
    "another origin under the same key": lambda: signed(TEXT.replace("log.example", "log2.example")),
    "a size with a leading zero": lambda: signed(TEXT.replace("\n51\n", "\n051\n")),
    "an edited body": lambda: {"checkpoint": COSIGNED.replace(b"\n51\n", b"\n50\n")},
    "CRLF": lambda: {"checkpoint": COSIGNED.replace(b"\n", b"\r\n")},
}  # fmt: skip


def test_both_take_the_honest_record(folder: Folder) -> None:
    folder.write(FILES)
    checked = folder.check(VKEY)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert kinds(audited_log(FILES)) == []


@pytest.mark.parametrize("name", ATTACKS)
def test_both_refuse_what_is_not_the_log_that_was_signed(folder: Folder, name: str) -> None:
    files = FILES | ATTACKS[name]()
    folder.write(files)
    assert folder.check(VKEY).returncode == 1
    assert kinds(audited_log(files)) != []


def test_a_rewritten_log_signed_again_passes_go_too_until_it_remembers(folder: Folder) -> None:
    """Which is why memory is part of the product."""
    forged = Log(FORGED, LOG)
    folder.write(
        files_of(FORGED)
        | {"checkpoint": forged.note().signed_also(WITNESS.sign(forged.note().text, 1)).encode()}
    )
    assert folder.check(VKEY).returncode == 0
    old = Log(GOLDEN.shown[:40], LOG)
    folder.remember(sign_checkpoint(old.checkpoint(), LOG), consistency_proof(forged.read, 40, 51))
    assert folder.check(VKEY).stderr.startswith("consistency: ")
