"""A record that goes on from another one: what its first entry says of that one, alone and with a copy of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from cocreate.audit.page import page_of
from cocreate.audit.report import PROVEN, UNCHECKED, VIOLATED, Report, lines_of
from cocreate.domain.genesis import Because, Head, Predecessor, SignedHead
from cocreate.domain.settings import Settings
from cocreate.record.export import Withheld
from cocreate.tlog.checkpoints import Checkpoint
from cocreate.tlog.merkle import leaf_hash, root_of
from cocreate.tlog.signatures import LogSigner
from tests.audit.records import GOLDEN, Copy, audited, history_copy, kinds, refilled
from tests.history_author import Author
from tests.record.golden_record import COSIGNED_AT_S, LOG_KEY

WHOLE, LEFT = len(GOLDEN.shown), 40


class Beginner(Author):
    """Begins a record that goes on from another."""

    def __init__(self, named: Predecessor) -> None:
        super().__init__(Random("successor"), 10)
        self.named = named

    def predecessor(self) -> Predecessor:
        return self.named


def root_at(size: int) -> str:
    return root_of([leaf_hash(one) for one in GOLDEN.shown[:size]]).hex()


def signed_head(size: int, root: str | None = None, *, of: str = GOLDEN.origin) -> SignedHead:
    """The head as the golden record's own key signed it."""
    text = Checkpoint(of, size, bytes.fromhex(root or root_at(size))).text
    line = LogSigner(of, LOG_KEY).sign(text)
    return SignedHead(root=root or root_at(size), signature=line.signature.hex(), size=size)


def named(
    *, signed: SignedHead | None, left: int = LEFT, root: str | None = None, because: Because = "rewound"
) -> Predecessor:
    """The golden record, of which so much is left."""
    return Predecessor(
        because=because,
        origin=GOLDEN.origin,
        signed=signed,
        stored=Head(root=root or root_at(left), size=left),
        vkey=GOLDEN.header.vkey,
    )


def successor(before: Predecessor) -> Copy:
    author = Beginner(before)
    author.schedule(Settings(), successor=True)
    copy = history_copy(author.history)
    return copy.signed_again(cosigned_at_s=COSIGNED_AT_S)


def saved(folder: Path, copy: Copy) -> Path:
    path = folder / "before.jsonl"
    path.write_bytes(copy.file())
    return path


def until(size: int) -> Copy:
    """The golden record cut off there, as a server that was put back exports it: nobody signs that."""
    cut = GOLDEN.with_entries(GOLDEN.entries[:size])
    return replace(cut, header=cut.header.model_copy(update={"root": root_at(size)}), texts=(), note=None)


def said(report: Report) -> str:
    return "\n".join(lines_of(report))


REWOUND = named(signed=signed_head(WHOLE))


def test_a_successor_alone_says_what_it_goes_on_from_and_that_this_was_not_checked() -> None:
    report = audited(successor(REWOUND))
    assert (report.exit_code, list(report.unchecked)) == (UNCHECKED, ["predecessor"])
    assert report.continued is not None
    assert (report.continued.signature_holds, report.continued.copy_size) == (True, None)
    assert f"from {GOLDEN.origin}: its store was put back" in said(report)
    assert f"{WHOLE} entries were signed, {LEFT} were left" in said(report)
    assert GOLDEN.origin in page_of(report)
    assert report.as_json()["continued"]["named"] == REWOUND.model_dump(mode="json")


@pytest.mark.parametrize(
    ("size", "says"),
    [
        (LEFT, f"your copy of {LEFT} entries holds what was left"),
        (LEFT + 3, "holds what was left"),
        (WHOLE, f"your copy of {WHOLE} entries holds what was signed"),
    ],
)
def test_with_a_copy_of_the_record_before_it_all_is_proven(tmp_path: Path, size: int, says: str) -> None:
    """What was left of it, or an older and longer copy that somebody kept."""
    report = audited(successor(REWOUND), predecessor=saved(tmp_path, until(size)))
    assert (report.exit_code, report.unchecked) == (PROVEN, {})
    assert says in said(report)


def test_withheld_ballots_of_the_copy_count_by_their_hashes(tmp_path: Path) -> None:
    hidden = until(LEFT)
    entries = [
        Withheld(withheld=leaf_hash(one).hex()) if at == 30 else one for at, one in enumerate(hidden.shown)
    ]
    report = audited(successor(REWOUND), predecessor=saved(tmp_path, replace(hidden, entries=tuple(entries))))
    assert report.exit_code == PROVEN


def test_a_copy_that_is_shorter_than_both_tells_nothing(tmp_path: Path) -> None:
    report = audited(successor(REWOUND), predecessor=saved(tmp_path, until(LEFT - 1)))
    assert (report.exit_code, list(report.unchecked)) == (UNCHECKED, ["predecessor"])


def test_a_copy_that_was_cut_short_tells_nothing(tmp_path: Path) -> None:
    path = saved(tmp_path, until(LEFT))
    path.write_bytes(path.read_bytes()[:-20])
    report = audited(successor(REWOUND), predecessor=path)
    assert (report.exit_code, list(report.unchecked)) == (UNCHECKED, ["predecessor"])


def test_another_history_is_not_the_record_before(tmp_path: Path) -> None:
    """One entry changed, and signed again."""
    other = refilled(GOLDEN, lambda plain: plain[20].update(time=plain[19]["time"]))
    report = audited(successor(REWOUND), predecessor=saved(tmp_path, other))
    assert (report.exit_code, kinds(report)) == (VIOLATED, ["predecessor"])


def test_another_record_is_not_the_record_before(tmp_path: Path) -> None:
    report = audited(successor(REWOUND), predecessor=saved(tmp_path, successor(REWOUND)))
    assert (report.exit_code, kinds(report)) == (VIOLATED, ["predecessor"])


def test_a_copy_whose_header_lies_is_found_out(tmp_path: Path) -> None:
    copy = until(LEFT + 1)
    lies = replace(copy, header=copy.header.model_copy(update={"root": "0" * 64}))
    report = audited(successor(REWOUND), predecessor=saved(tmp_path, lies))
    assert (report.exit_code, kinds(report)) == (VIOLATED, ["predecessor"])


@pytest.mark.parametrize(
    "signed",
    [
        signed_head(WHOLE).model_copy(update={"size": WHOLE + 1}),
        signed_head(WHOLE).model_copy(update={"root": root_at(LEFT)}),
        signed_head(WHOLE).model_copy(update={"signature": "0" * 128}),
        signed_head(WHOLE, of="another.example/00000000-0000-4000-8000-000000000000"),
    ],
    ids=["another size", "another root", "no signature", "another record's"],
)
def test_what_its_key_did_not_sign_is_not_named_as_signed(signed: SignedHead) -> None:
    report = audited(successor(named(signed=signed)))
    assert (report.exit_code, kinds(report)) == (VIOLATED, ["predecessor"])
    assert report.continued is not None
    assert not report.continued.signature_holds


def test_what_was_left_may_be_another_history_and_the_report_says_so(tmp_path: Path) -> None:
    """As its genesis says; whoever kept a copy can show it."""
    forked = named(signed=signed_head(WHOLE), left=WHOLE, root="7" * 64)
    report = audited(successor(forked), predecessor=saved(tmp_path, until(WHOLE)))
    assert report.exit_code == PROVEN
    assert "some are others" in said(report)
    assert "NOT a beginning" in said(report)


def test_a_copy_is_not_passed_over_where_no_record_is_named(tmp_path: Path) -> None:
    report = audited(GOLDEN, predecessor=saved(tmp_path, until(LEFT)))
    assert (report.exit_code, list(report.unchecked)) == (UNCHECKED, ["predecessor"])


def test_where_what_was_signed_is_lost_that_stays_open(tmp_path: Path) -> None:
    report = audited(successor(named(signed=None)), predecessor=saved(tmp_path, until(LEFT)))
    assert (report.exit_code, list(report.unchecked)) == (UNCHECKED, ["predecessor_signed"])


def test_a_record_whose_key_leaked_ends_where_its_successor_says(tmp_path: Path) -> None:
    """What the thief signs behind that is not the record's, and a copy with it still begins with what is."""
    ended = named(signed=signed_head(LEFT), because="key_compromised")
    reports = [audited(successor(ended), predecessor=saved(tmp_path, until(size))) for size in (LEFT, WHOLE)]
    assert [report.exit_code for report in reports] == [PROVEN, PROVEN]
    report = reports[0]
    assert "its key became known to others" in said(report)
    assert "all of them are left" in said(report)
