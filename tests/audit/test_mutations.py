"""Ten thousand seeded changes to an honest record's files: not one of them is proven."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from cocreate.audit.memory import load_memory
from cocreate.audit.report import PROVEN, VIOLATED
from cocreate.record.export import Withheld
from cocreate.tlog.merkle import leaf_hash
from tests.audit.records import GOLDEN, POLICY, audited
from tests.audit.served import audited_log, files_of
from tests.tlog.test_mutations import changed_bytes, changed_list

pytestmark = pytest.mark.slow

FILE_CASES = 4_000
"""Of bytes, and as many of lines."""
LOG_CASES = 2_000
NOTE_CASES = 1_000
SIGNED_AGAIN_CASES = 1_000

FILE = GOLDEN.file()
FILES = files_of(GOLDEN.shown)


def test_the_honest_files_are_proven() -> None:
    """So that the changes below are what is refused."""
    assert audited(GOLDEN).exit_code == audited_log(FILES).exit_code == PROVEN


def test_no_change_to_the_bytes_of_an_export_is_proven() -> None:
    random, verdicts = Random("bytes"), Counter[int]()
    for _ in range(FILE_CASES):
        verdicts[audited(changed_bytes(FILE, random)).exit_code] += 1
    assert verdicts[PROVEN] == 0
    assert verdicts[VIOLATED] > 0.9 * FILE_CASES


def test_no_change_to_the_lines_of_an_export_is_proven() -> None:
    """Dropped, doubled, moved, swapped and changed; where nothing changed, there is nothing to find."""
    random, verdicts, lines = Random("lines"), Counter[int](), FILE.splitlines(keepends=True)
    cases = 0
    while cases < FILE_CASES:
        made = b"".join(changed_list(lines, random))
        if made != FILE:
            cases += 1
            verdicts[audited(made).exit_code] += 1
    assert verdicts[PROVEN] == 0
    assert verdicts[VIOLATED] > 0.95 * FILE_CASES


def test_no_change_to_the_files_of_a_log_is_proven() -> None:
    """A bundle, a tile, a checkpoint or the key that it names: changed, missing, or in another's place."""
    random, verdicts, names = Random("log"), Counter[int](), sorted(FILES)
    for _ in range(LOG_CASES):
        files, name = dict(FILES), random.choice(names)
        match random.randrange(4):
            case 0:
                del files[name]
            case 1:
                files[name] = files[random.choice([other for other in names if other != name])]
            case _:
                files[name] = changed_bytes(files[name], random)
        if files.get("vkey") == FILES["vkey"].removesuffix(b"\n"):
            continue  # the same key without its line feed
        verdicts[audited_log(files).exit_code] += 1
    assert verdicts[PROVEN] == 0
    assert verdicts[VIOLATED] > 0.9 * LOG_CASES


def test_no_change_to_a_signed_note_is_proven() -> None:
    """A witness's line that is gone or nobody's any more leaves the verdict open; anything else is refused."""
    random, verdicts, note = Random("notes"), Counter[int](), GOLDEN.note or b""
    cases = 0
    while cases < NOTE_CASES:
        made = changed_bytes(note, random)
        if _is_text(made):
            cases += 1
            verdicts[audited(replace(GOLDEN, note=made)).exit_code] += 1
    assert verdicts[PROVEN] == 0
    assert verdicts[VIOLATED] > 0.6 * NOTE_CASES


def test_no_history_changed_and_signed_again_gets_past_memory(tmp_path: Path) -> None:
    """Whatever the server and a witness do to entries that were seen, whoever saw them finds it; and keeps what was seen."""
    random, state = Random("signed again"), tmp_path / "seen.json"
    audited(GOLDEN, state=state)
    cases = 0
    while cases < SIGNED_AGAIN_CASES:
        entries = changed_list(GOLDEN.shown, random)
        if entries == GOLDEN.shown or any(
            b"\n" in one or not one.startswith(b'{"actor":') for one in entries
        ):
            continue
        cases += 1
        forged = GOLDEN.with_entries(entries).signed_again(cosigned_at_s=1_523_525_820)
        report = audited(forged, state=state)
        assert {one.kind for one in report.violations} & {"fork", "rewound"}
    assert load_memory(state, GOLDEN.key, POLICY.witness_keys).sizes == [51]


def test_no_entry_put_behind_its_hash_is_proven() -> None:
    """Any set of entries shown as their hashes: the root stands, the verdict does not."""
    random = Random("withheld")
    for _ in range(100):
        marked = random.sample(range(51), random.randint(1, 5))
        entries = [
            Withheld(withheld=leaf_hash(one).hex()) if position in marked else one
            for position, one in enumerate(GOLDEN.shown)
        ]
        assert audited(replace(GOLDEN, entries=tuple(entries))).exit_code == VIOLATED


def _is_text(note: bytes) -> bool:
    try:
        note.decode()
    except UnicodeDecodeError:
        return False
    return True
