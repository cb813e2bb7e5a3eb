"""The benchmark's own arithmetic: what it prints, what it compares, and that each section is there. Never a speed."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from scripts.bench import SECTIONS, changes, line_of, shown
from scripts.benchmarks.figures import TURNS_MIN, TURNS_S, Bench, Figure
from scripts.benchmarks.live import _delays

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_can_be_asked(section: str) -> None:
    """A name on the list is a module that measures."""
    assert callable(import_module(f"scripts.benchmarks.{section}").measure_all)


def test_a_figure_says_its_ratio_its_goal_and_whether_it_was_reached() -> None:
    """In one line, with what it is compared with."""
    reached = Figure("durable votes", 3_421.7, "votes/s", "the bare handler", 0.614, "≥ 0.6 ×", met=True)
    met = line_of("votes", reached)
    assert re.sub(" +", " ", met) == "votes durable votes 3,422 votes/s 0.61 × the bare handler ≥ 0.6 ×: met"
    assert line_of("x", Figure("y", 1, "s", wanted="≤ 0.5 s", met=False)).endswith("≤ 0.5 s: MISSED")
    assert [shown(value) for value in (12_345.6, 99.94, 0.12345, 0)] == ["12,346", "99.9", "0.123", "0"]


def figure(name: str, value: float, ratio: float | None) -> dict[str, Any]:
    return {"section": "s", "name": name, "value": value, "ratio": ratio}


def test_two_runs_are_compared_by_ratio_where_both_have_one() -> None:
    """A noisy machine changes values more than ratios; what only one run has is left out."""
    before = {"figures": [figure("a", 100, 0.5), figure("b", 2.0, None), figure("gone", 1, None)]}
    now = {"figures": [figure("a", 300, 0.6), figure("b", 1.0, None), figure("new", 1, None)]}
    lines = changes(before, now)
    assert [line.split()[1] for line in lines] == ["a", "b"]
    assert lines[0].endswith("0.5 → 0.6 (+20% ratio)")
    assert lines[1].endswith("2 → 1 (-50% value)")


def test_a_change_arrives_with_the_first_frame_that_holds_it() -> None:
    """Whichever frame that is, and at once where the frame came before the voter's answer."""
    frames = [(10.0, 4), (10.2, 9)]
    votes = [(10.1, 3.0, 3), (10.1, 3.0, 5), (10.15, 3.0, 9)]
    assert _delays([frames], votes) == pytest.approx([0.0, 100.0, 50.0])


def test_a_loop_ends_when_its_time_is_over_and_never_before_there_is_a_median(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ten minutes are for all sections, however slow the machine is."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def turns(each_s: float, runs: int) -> int:
        taken = 0
        for turn in Bench(Path(), str, str, runs=runs).turns():
            assert turn == taken
            taken += 1
            now[0] += each_s
        return taken

    assert turns(TURNS_S / 100, 5) == 5
    assert turns(TURNS_S / 2.5, 5) == 3
    assert turns(10 * TURNS_S, 5) == TURNS_MIN
    assert turns(10 * TURNS_S, 1) == 1


def test_an_unknown_section_is_refused_in_words() -> None:
    """Before anything is started."""
    command = [sys.executable, "scripts/bench.py", "--only", "votes,weather"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no section weather; there are start, votes" in done.stderr
