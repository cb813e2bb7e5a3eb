"""Runs the command line as people do: as a program of its own, with its own data folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
POLIS = ROOT.parent / "shared" / "data" / "polis"
STOP_S_MAX = 60


def environment(data: Path) -> dict[str, str]:
    """This one's, without any setting of Cocreate, and with a data folder of the test's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COCREATE_")}
    return {**kept, "XDG_DATA_HOME": str(data), "PYTHONPATH": str(ROOT / "src")}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-P", "-W", "error", "-m", "cocreate", *map(str, arguments)]


def cocreate(data: Path, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments),
        env=environment(data) | variables,
        cwd=data,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def facts_of(result: subprocess.CompletedProcess[str]) -> Any:
    """The one JSON object on standard output of a command that succeeded."""
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("\n") == 1, result.stdout
    return json.loads(result.stdout)


def children_of(pid: int) -> set[int]:
    """The processes it has started and not seen end."""
    return {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def is_there(pid: int) -> bool:
    """Whether the process runs: one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def serving(data: Path, *arguments: str | Path) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    """A server on a free port: what it announced, and its process, which is gone at the end."""
    with _announcing(data, "serve", *arguments) as running:
        yield running


@contextmanager
def serving_witness(
    data: Path, *arguments: str | Path
) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    """A witness on a free port, in the same way."""
    with _announcing(data, "witness", "serve", *arguments) as running:
        yield running


@contextmanager
def _announcing(data: Path, *arguments: str | Path) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    with (
        (data / "serve.log").open("a") as log,
        subprocess.Popen(
            command(*arguments, "--port", "0", "--json"),
            env=environment(data),
            cwd=data,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, (data / "serve.log").read_text()
            yield json.loads(line), process
        finally:
            process.kill()
            process.wait(STOP_S_MAX)
