"""Golden bytes: entries as they were first written. Run this to write those of new events; it never changes one.

python -m tests.record.golden_bytes
"""

import hashlib
from pathlib import Path

from cocreate.record.codec import encode
from tests.record.examples import cases

STORED = Path(__file__).parents[1] / "stored"
MANIFEST = "SHA256SUMS"
"""In the form of sha256sum(1): `cd tests/stored && sha256sum --check SHA256SUMS`."""


def write_new(folder: Path = STORED) -> list[str]:
    """Write the golden bytes that are not there yet, and their hashes; return their file names."""
    known = manifest(folder)
    written = []
    for case, entry in cases():
        name = f"{case}.json"
        path = folder / name
        if path.exists() or name in known:
            continue
        path.write_bytes(encode(entry))
        known[name] = hashlib.sha256(path.read_bytes()).hexdigest()
        written.append(name)
    lines = [f"{digest}  {name}\n" for name, digest in sorted(known.items())]
    (folder / MANIFEST).write_text("".join(lines))
    return written


def manifest(folder: Path = STORED) -> dict[str, str]:
    """SHA-256 by file name, as first written."""
    path = folder / MANIFEST
    lines = path.read_text().splitlines() if path.exists() else []
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def golden(folder: Path = STORED) -> list[Path]:
    return sorted(folder.glob("*.json"))


if __name__ == "__main__":
    for name in write_new():
        print(f"wrote {name}")
