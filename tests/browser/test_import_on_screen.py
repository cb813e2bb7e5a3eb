"""A real conversation is imported beside a running server, and the projector's page follows in a real browser."""

import json
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.people import DESK
from tests.cli.commands import POLIS, command, environment, facts_of, serving
from tests.exchange.polis_matrix import read_matrix

IMPORT_S_MAX = 120
ROWS_TO_WATCH = 10_000
"""Shorter imports may be over before the page has shown anything of them."""

pytestmark = pytest.mark.skipif(not POLIS.exists(), reason=f"the real conversations are not at {POLIS}")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.sqlite'}"
    return str(request.getfixturevalue("postgres_database"))


@pytest.mark.parametrize(
    "name", ["15-per-hour-seattle", "bg2050-volunteers", "brexit-consensus", "vtaiwan.uberx"]
)
def test_the_projector_follows_an_import_to_its_last_answer(
    browser: Browser, database: str, tmp_path: Path, name: str
) -> None:
    """It says that the import is incomplete, counts up without being reloaded, and ends at the source's own numbers."""
    expected = json.loads((POLIS / "expected.json").read_text())[name]
    with serving(tmp_path, "--database", database) as (ready, _):
        address = ready["address"].rstrip("/")
        with subprocess.Popen(
            command("import", "polis", POLIS / name, "--database", database, "--json"),
            env=environment(tmp_path),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as importing:
            workshop = _workshop_being_imported(address)
            context = browser.new_context(base_url=address, viewport=DESK)
            page = context.new_page()
            with _held(importing):
                page.goto(f"/w/{workshop}/screen?show=vote")
                # A mark that a reload would wipe out: whatever the page shows at the end, it was told.
                page.evaluate("document.body.dataset.mark = 'the same page'")
            counts = _counts_until_the_end(page, importing)
            output, errors = importing.communicate(timeout=IMPORT_S_MAX)
        done = facts_of(subprocess.CompletedProcess([], importing.returncode, output, errors))
        assert done["workshop"] == workshop
        assert done["latest_counts"] == expected["latest_counts"]
        answers = sum(expected["latest_counts"].values())
        assert counts[-1] <= answers
        if expected["vote_rows"] > ROWS_TO_WATCH:
            assert len(set(counts)) > 2, f"the screen did not move while importing: {counts}"
        size = f"{answers:,}".replace(",", "\N{NO-BREAK SPACE}")
        expect(page.locator("#view .giant")).to_contain_text(
            re.compile(f"{re.escape(size).replace(chr(0xA0), '.')} answers")
        )
        assert page.locator("body").get_attribute("data-mark") == "the same page"
        assert _marks(address, workshop) == _marks_of(POLIS / name)
        context.close()


def _workshop_being_imported(address: str) -> str:
    """The one workshop there is, as soon as the record has begun."""
    deadline = time.monotonic() + IMPORT_S_MAX
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{address}/api/workshops") as answer:
            listed = json.load(answer)["items"]
        if listed:
            return str(listed[0]["workshop"])
    raise AssertionError("no workshop appeared while importing")


@contextmanager
def _held(importing: "subprocess.Popen[str]") -> Iterator[None]:
    """It goes on once somebody looks, however long a busy machine takes to open the page."""
    importing.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        importing.send_signal(signal.SIGCONT)


def _counts_until_the_end(page: Page, importing: "subprocess.Popen[str]") -> list[int]:
    """The number of answers on the screen, each time it was looked at."""
    counts = [0]
    while importing.poll() is None:
        shown = page.locator("#view .giant")
        if shown.count() and (found := re.search(r"([\d\s]+) answers", shown.first.inner_text())):
            counts.append(int(re.sub(r"\D", "", found[1])))
    return counts


def _marks(address: str, workshop: str) -> list[tuple[int, int, int]]:
    """(agree, disagree, pass) of every statement as the server shows them, in ascending order."""
    with urllib.request.urlopen(f"{address}/api/workshops/{workshop}/tallies") as answer:
        items = json.load(answer)["items"]
    return sorted((one["marks"]["agree"], one["marks"]["disagree"], one["marks"]["pass"]) for one in items)


def _marks_of(folder: Path) -> list[tuple[int, int, int]]:
    """The same from the source's matrix of last votes; statements without a vote stand in it as columns."""
    columns: dict[int, list[int]] = {}
    header = (folder / "participants-votes.csv").read_text().split("\n", 1)[0].split(",")
    for cell in header:
        if cell.isdigit():
            columns[int(cell)] = [0, 0, 0]
    place = {1: 0, -1: 1, 0: 2}
    for (_, statement), vote in read_matrix(folder).items():
        columns.setdefault(statement, [0, 0, 0])[place[vote]] += 1
    return sorted((agree, disagree, passed) for agree, disagree, passed in columns.values())
