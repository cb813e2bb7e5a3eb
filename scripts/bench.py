"""Every figure that the project promises, measured in one run next to what it is compared with.

    python scripts/bench.py [--quick] [--only SECTION,…] [--json FILE] [--compare FILE] [--strict]

Prints the machine, then a line for each figure: what it is, its median, the ratio to a baseline of the same run, the goal, and
whether it was reached. Sections are modules of scripts/benchmarks; --quick shows that they work, with numbers not to be quoted.
--compare prints the change since an earlier --json. Exits with 1 where a goal is missed and --strict is given.
"""

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from cocreate.logconfig import set_up_logging  # noqa: E402
from scripts.benchmarks.figures import Bench, Figure, Store  # noqa: E402
from tests.postgres import create_database, postgres_server  # noqa: E402

SECTIONS = (
    "start",
    "votes",
    "workers",
    "joins",
    "steps",
    "opening",
    "flat",
    "live",
    "pages",
    "log",
    "witness",
    "counts",
    "ideas",
)


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    revision = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.processor(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(),
        "python": platform.python_version(),
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "revision": revision.stdout.strip(),
    }


def line_of(section: str, figure: Figure) -> str:
    """One figure in words."""
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f} × {figure.baseline}"
    goal = "" if not figure.wanted else f"{figure.wanted}: {'met' if figure.met else 'MISSED'}"
    return (
        f"{section:8} {figure.name:62} {shown(figure.value):>10} {figure.unit:9} {ratio:44} {goal}".rstrip()
    )


def shown(value: float) -> str:
    """Three digits that matter."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """The figures that both runs have, and what became of them; ratios where there are some, since they bear a noisy machine."""
    earlier = {(one["section"], one["name"]): one for one in before["figures"]}
    lines = []
    for one in now["figures"]:
        then = earlier.get((one["section"], one["name"]))
        if then is not None:
            kind = "ratio" if one["ratio"] is not None and then["ratio"] is not None else "value"
            change = one[kind] / then[kind] - 1 if then[kind] else 0.0
            lines.append(
                f"{one['section']:8} {one['name']:62} {shown(then[kind])} → {shown(one[kind])} ({change:+.0%} {kind})"
            )
    return lines


def run(sections: list[str], *, quick: bool) -> dict[str, Any]:
    """All figures of these sections; each is printed as it comes."""
    told: dict[str, Any] = {"machine": machine(), "figures": [], "seconds": {}}
    print(", ".join(f"{name} {value}" for name, value in told["machine"].items()), flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(postgres_server(fsync=True))
        made = iter(range(1_000_000))

        def new_database(store: Store) -> str:
            return (
                create_database(url)
                if store == "postgresql"
                else f"sqlite:///{folder / f'{next(made)}.sqlite'}"
            )

        def copied(database: str) -> str:
            if database.startswith("postgresql:"):
                return create_database(url, template=urlsplit(database).path.lstrip("/"))
            copy = shutil.copy(database.removeprefix("sqlite:///"), folder / f"{next(made)}.sqlite")
            return f"sqlite:///{copy}"

        pids: dict[Store, list[int]] = {"sqlite": [], "postgresql": [postmaster(url)]}
        bench = Bench(folder, new_database, copied, pids, runs=1 if quick else 5, quick=quick)
        for section in sections:
            began = time.perf_counter()
            for figure in import_module(f"scripts.benchmarks.{section}").measure_all(bench):
                told["figures"].append({"section": section, **asdict(figure)})
                print(line_of(section, figure), flush=True)
            told["seconds"][section] = time.perf_counter() - began
            print(f"{section:8} took {told['seconds'][section]:.0f} s", flush=True)
    return told


def postmaster(url: str) -> int:
    """The database's first process, whose CPU and whose children's counts as the server's."""
    import psycopg

    with psycopg.connect(url) as pg:
        row = pg.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        # The backend is the postmaster's child while we are connected.
        return int(Path(f"/proc/{row[0]}/stat").read_text().rpartition(")")[2].split()[1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="one small run of each")
    parser.add_argument("--only", metavar="SECTION,…", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to a file")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="an earlier --json")
    parser.add_argument("--strict", action="store_true", help="exit with 1 where a goal is missed")
    options = parser.parse_args()
    sections = options.only.split(",") if options.only else list(SECTIONS)
    if unknown := [one for one in sections if one not in SECTIONS]:
        parser.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
    set_up_logging("warning")
    told = run(sections, quick=options.quick)
    if options.json:
        options.json.write_text(json.dumps(told, indent=1))
    if options.compare:
        print(
            "\n".join(
                ["", f"Since {options.compare}:", *changes(json.loads(options.compare.read_text()), told)]
            )
        )
    missed = [one for one in told["figures"] if one["met"] is False]
    took_s = sum(told["seconds"].values())
    print(f"{len(told['figures'])} figures in {took_s:.0f} s, {len(missed)} goals missed")
    return 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())
