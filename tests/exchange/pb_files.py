"""A small `.pb` file, and variations of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

META = {
    "description": "Trees and benches",
    "unit": "Ghent",
    "num_projects": "3",
    "num_votes": "3",
    "budget": "100",
    "vote_type": "approval",
    "rule": "greedy",
    "date_begin": "01.03.2024",
    "date_end": "02.03.2024",
    "currency": "EUR",
}
PROJECTS = "project_id;cost;name;selected\na/1;60;Trees;1\nb;50.5;Benches;0\nc;30;Lamps;2\n"
VOTES = "voter_id;vote\n1;a/1,c\n2;c\n3;\n"


def pb(path: Path, *, projects: str = PROJECTS, votes: str = VOTES, **meta: Any) -> Path:
    """A `.pb` file with these sections; META as above but for what is given, and without what is None."""
    said = {key: value for key, value in {**META, **meta}.items() if value is not None}
    rows = "".join(f"{key};{value}\n" for key, value in said.items())
    path.write_text(f"META\nkey;value\n{rows}PROJECTS\n{projects}VOTES\n{votes}", encoding="utf-8")
    return path
