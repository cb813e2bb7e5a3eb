"""The golden record's report is stored beside it, so that whoever writes an auditor knows what to come to.

`python -m tests.audit.test_report` writes it where it is not there yet; a report that says more than before is written again by
hand, when the reason is known.
"""

from __future__ import annotations

import json
from pathlib import Path

from cocreate.audit.report import VERDICTS, Report
from tests.audit.records import GOLDEN, audited
from tests.record.golden_record import SIGNED

EXPECTED = SIGNED.with_name("workshop.signed.report.jsonl")
"""What `audit verify --json` prints of the golden record with its key pinned and its witness in the policy."""


def printed(report: Report) -> str:
    return json.dumps(report.as_json(), ensure_ascii=True) + "\n"


def test_the_golden_record_has_its_expected_report() -> None:
    """To the byte."""
    assert printed(audited(GOLDEN)) == EXPECTED.read_text()


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


def write(path: Path = EXPECTED) -> None:
    if path.exists():
        raise SystemExit(f"{path} is there already")
    path.write_text(printed(audited(GOLDEN)))


if __name__ == "__main__":
    write()
