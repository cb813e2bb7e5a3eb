"""How fast a real conversation becomes a workshop, next to appending as many bare rows to the same store in one run.

    python scripts/bench_import.py FOLDER [--runs N]

FOLDER is a Polis export. For SQLite and PostgreSQL: seconds of the whole import (reading, joining, statements, votes,
moderation), rows a second, and the ratio to `append` alone with batches of the same number of ready-made rows.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from cocreate.bootstrap import opened_service  # noqa: E402
from cocreate.config import Settings  # noqa: E402
from cocreate.exchange.polis_import import TEXT_LENGTH_MAX, import_conversation  # noqa: E402
from cocreate.exchange.polis_source import Conversation, read_conversation  # noqa: E402
from cocreate.logconfig import set_up_logging  # noqa: E402
from cocreate.persistence.batch import Batch, Row  # noqa: E402
from cocreate.persistence.record_store import open_store  # noqa: E402
from tests.postgres import create_database, postgres_server  # noqa: E402

BATCH_ROWS = 500
ENTRY = b"x" * 330
"""About the size of a ballot's entry."""


async def imported(database: str, key_file: Path, source: Conversation) -> tuple[float, int]:
    """(seconds, entries) of an import into an empty database."""
    async with opened_service(Settings(database=database, key_file=key_file)) as service:
        began = time.perf_counter()
        record = await import_conversation(service, source, licence="unknown", name="Benchmark")
        seconds = time.perf_counter() - began
        return seconds, await service.store.head(record.workshop)


async def appended(database: str, entries: int) -> float:
    """Seconds to append so many bare rows in batches, and nothing else."""
    store = open_store(database.replace("sqlite:///", "sqlite:"))
    await store.open()
    workshop = str(uuid.uuid4())
    began = time.perf_counter()
    for first in range(0, entries, BATCH_ROWS):
        rows = [
            Row(workshop, at, "BallotCast.v1", ENTRY) for at in range(first, min(first + BATCH_ROWS, entries))
        ]
        await store.append(Batch(heads={workshop: first}, rows=rows))
    seconds = time.perf_counter() - began
    await store.close()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    set_up_logging("warning")
    source = read_conversation(options.folder, text_length_max=TEXT_LENGTH_MAX)
    rows = len(source.statements) + len(source.votes)
    with tempfile.TemporaryDirectory() as temporary, postgres_server(fsync=True) as url:
        folder = Path(temporary)
        for store in ("sqlite", "postgresql"):
            whole, bare = [], []
            for run in range(options.runs):
                places = [
                    f"sqlite:///{folder / f'{kind}-{run}.sqlite'}"
                    if store == "sqlite"
                    else create_database(url)
                    for kind in ("import", "bare")
                ]
                seconds, entries = asyncio.run(imported(places[0], folder / f"{store}-{run}.key", source))
                whole.append(seconds)
                bare.append(asyncio.run(appended(places[1], entries)))
            median = statistics.median(whole)
            ratio = median / statistics.median(bare)
            print(f"{store:12}{median:7.1f} s{rows / median:9,.0f} rows/s{ratio:7.1f} × bare appends")


if __name__ == "__main__":
    main()
