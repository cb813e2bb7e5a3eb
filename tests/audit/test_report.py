"""The golden record's report is stored beside it, so that whoever writes an auditor knows what to come to.

`python -m tests.audit.test_report` writes it where it is not there. It is never written again: a later report may say more.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cocreate.audit.report import VERDICTS, Report
from tests.audit.records import GOLDEN, audited, golden_until, withheld
from tests.record.golden_record import GOLDEN as GOLDEN_FILE
from tests.record.golden_record import SIGNED, WITNESS
from tests.record.independent_decoder import PAGE_PATH

EXPECTED = SIGNED.with_name("workshop.signed.report.jsonl")
"""What `audit verify --json` prints of the golden record with its key pinned and its witness in the policy."""


def printed(report: Report) -> str:
    return json.dumps(report.as_json(), ensure_ascii=True) + "\n"


def known(expected: Any, found: Any) -> Any:
    """What was found, without what the expected report does not speak of."""
    match expected, found:
        case dict(), dict():
            return {key: known(one, found.get(key)) for key, one in expected.items()}
        case list(), list() if len(expected) == len(found):
            return [known(one, other) for one, other in zip(expected, found, strict=True)]
        case _:
            return found


def test_the_golden_record_has_its_expected_report() -> None:
    """All that it says is said still, and the same."""
    expected = json.loads(EXPECTED.read_text())
    assert known(expected, json.loads(printed(audited(GOLDEN)))) == expected


def test_a_report_that_says_otherwise_is_not_taken_for_it() -> None:
    """Of another copy: a shorter one, and one whose ballots are withheld."""
    expected = json.loads(EXPECTED.read_text())
    for other in (golden_until(40), withheld(GOLDEN)):
        assert known(expected, json.loads(printed(audited(other)))) != expected


def test_the_expected_report_says_what_the_golden_record_is() -> None:
    """Read as a stranger would: what must be found of it, by name."""
    report = json.loads(EXPECTED.read_text())
    assert (report["cocreate_audit"], report["exit_code"], report["verdict"]) == (1, 0, VERDICTS[0])
    assert (report["origin"], report["root"], report["size"]) == (
        GOLDEN.origin, GOLDEN.header.root, len(GOLDEN.entries),
    )  # fmt: skip
    assert report["rules_checked_to"] == report["entries_hashed"] == report["size"]
    assert report["violations"] == []
    assert report["unchecked"] == {}
    assert [one["recounted"] for one in report["rounds"]] == ["the same", "the same"]


def test_the_page_of_the_format_names_record_report_and_witness() -> None:
    """So that a stranger needs nothing else."""
    page = PAGE_PATH.read_text()
    assert all(named in page for named in (SIGNED.name, GOLDEN_FILE.name, EXPECTED.name, str(WITNESS.key)))


def write(path: Path = EXPECTED) -> None:
    if path.exists():
        raise SystemExit(f"{path} is there already")
    path.write_text(printed(audited(GOLDEN)))


if __name__ == "__main__":
    write()
