"""The report of an audit as a page: whatever it has to say, on a phone, a laptop and paper, axe finds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from cocreate.audit.page import page_of
from cocreate.audit.report import PROVEN, UNCHECKED, VIOLATED, Report
from tests.audit.records import GOLDEN, audited, golden_until, refilled, withheld
from tests.audit.test_predecessor import REWOUND, successor, until
from tests.browser.test_every_page import violations

PAPER_PX = 718
"""A4 between margins of a centimetre."""
REPORTS = ("all proven", "a violation", "not all checked", "of a successor")
CODES = {
    "all proven": PROVEN,
    "a violation": VIOLATED,
    "not all checked": UNCHECKED,
    "of a successor": PROVEN,
}


def report(name: str, folder: Path) -> Report:
    match name:
        case "all proven":
            return audited(GOLDEN)
        case "a violation":
            return audited(refilled(GOLDEN, lambda plain: plain[26]["facts"].update(counter=7)))
        case "of a successor":
            copy = folder / "before.jsonl"
            copy.write_bytes(until(40).file())
            return audited(successor(REWOUND), predecessor=copy)
        case _:
            certified = next(at for at, one in enumerate(GOLDEN.plain()) if one["event"] == "ResultPart.v1")
            return audited(withheld(golden_until(certified)), key=None, policy=None)


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("name", REPORTS)
def test_nothing_sticks_out_and_axe_finds_nothing(page: Page, tmp_path: Path, name: str, width: int) -> None:
    """In light and dark."""
    found = report(name, tmp_path)
    assert found.exit_code == CODES[name]
    file = tmp_path / "report.html"
    file.write_text(page_of(found), encoding="utf-8")
    page.goto(file.as_uri())
    page.set_viewport_size({"width": width, "height": 900})
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", REPORTS)
def test_the_table_fits_on_paper(page: Page, tmp_path: Path, name: str) -> None:
    """What a screen would scroll is cut off there."""
    file = tmp_path / "report.html"
    file.write_text(page_of(report(name, tmp_path)), encoding="utf-8")
    page.goto(file.as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": PAPER_PX, "height": 900})
    widest = "Math.max(...[...document.querySelectorAll('main, .scroll')].map((one) => one.scrollWidth))"
    assert page.evaluate(widest) <= PAPER_PX
