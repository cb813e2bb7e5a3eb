"""How long a person waits for the command line and for the server."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from scripts.benchmarks.figures import Bench, Figure
from scripts.benchmarks.surroundings import ROOT

HELP_MS, READY_S = 150.0, 1.0


def measure_all(bench: Bench) -> Iterator[Figure]:
    bare = median(_run("-c", "pass") for _ in range(2 * bench.runs))
    helped = median(_run("-P", "-m", "cocreate", "--help") for _ in range(2 * bench.runs))
    yield Figure(
        "cocreate --help",
        1000 * helped,
        "ms",
        "python -c pass",
        helped / bare,
        "≤ 150 ms",
        1000 * helped <= HELP_MS,
    )
    ready = median(_ready(bench.folder / f"start-{turn}") for turn in range(bench.runs))
    yield Figure("serve until it answers, new SQLite file", ready, "s", wanted="≤ 1 s", met=ready <= READY_S)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src")}


def _run(*arguments: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=_environment())
    return time.perf_counter() - began


def _ready(folder: Path) -> float:
    folder.mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [
        "--port",
        str(port),
        "--database",
        f"sqlite:///{folder / 'b.sqlite'}",
        "--key-file",
        str(folder / "key"),
    ]
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cocreate", "serve", *options],
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while time.perf_counter() - began < 30:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz"):
                    return time.perf_counter() - began
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
        raise SystemExit("the server did not answer within 30 s")
    finally:
        process.terminate()
        process.wait(30)
