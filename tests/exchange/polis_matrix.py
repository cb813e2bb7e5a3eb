"""The standing votes of a Polis export as Polis itself tells them, for comparing with our own."""

from __future__ import annotations

import csv
from pathlib import Path

FIXED_COLUMNS = {"participant", "xid", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree"}


def read_matrix(folder: Path) -> dict[tuple[int, int], int]:
    """Last vote by (participant, comment-id) of participants-votes.csv, with the signs of the file."""
    with (folder / "participants-votes.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    comments = {place: int(name) for place, name in enumerate(header) if name not in FIXED_COLUMNS}
    return {
        (int(row[0]), comment): int(row[place])
        for row in rows
        for place, comment in comments.items()
        if row[place]
    }
