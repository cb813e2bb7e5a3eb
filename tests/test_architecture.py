"""The import contracts of pyproject.toml hold, and each of them can fail."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "pyproject.toml"
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads(PROJECT.read_text())["tool"]["importlinter"]["contracts"]
}

PACKAGES = (
    "application",
    "audit",
    "domain",
    "exchange",
    "http",
    "persistence",
    "projections",
    "record",
    "tlog",
    "witnessing",
)

# Where the offending line is planted, the line, and the contracts that must catch it.
VIOLATIONS = {
    "a lower layer uses a higher one": (
        "persistence/planted.py",
        "import cocreate.application",
        {"layers"},
    ),
    "two stores of the same layer know each other": (
        "projections/planted.py",
        "import cocreate.persistence",
        {"layers"},
    ),
    "the domain looks at the record": (
        "domain/planted.py",
        "import cocreate.record",
        {"layers", "domain-is-pure"},
    ),
    "the domain logs": ("domain/planted.py", "import structlog", {"domain-is-pure"}),
    "the domain serves": ("domain/planted.py", "from aiohttp import web", {"domain-is-pure"}),
    "the domain is the library's": (
        "domain/planted.py",
        "from eventsourcing.domain import Aggregate",
        {"domain-is-pure", "stores-are-named-in-one-place"},
    ),
    "the log needs the record": (
        "tlog/planted.py",
        "from cocreate import record",
        {"tlog-stands-alone"},
    ),
    "the auditor asks the server": (
        "audit/planted.py",
        "import cocreate.persistence",
        {"the-auditor-trusts-no-server"},
    ),
    "a witness reads entries": (
        "witnessing/planted.py",
        "import cocreate.record",
        {"witnessing-knows-the-log-only"},
    ),
    "a witness asks the application": (
        "witnessing/planted.py",
        "import cocreate.application",
        {"layers", "witnessing-knows-the-log-only"},
    ),
    "the record needs the log": (
        "record/planted.py",
        "import cocreate.tlog",
        {"layers", "record-knows-the-domain-only"},
    ),
    "a route reaches around the use cases": (
        "http/planted.py",
        "from cocreate import domain",
        {"http-speaks-the-published-language"},
    ),
    "a route reaches into the use cases": (
        "http/planted.py",
        "import cocreate.application.planted",
        {"http-speaks-the-published-language"},
    ),
    "a use case speaks SQL": (
        "application/planted.py",
        "import psycopg.rows",
        {"stores-are-named-in-one-place"},
    ),
    "a use case pools connections": (
        "application/planted.py",
        "import psycopg_pool",
        {"stores-are-named-in-one-place"},
    ),
}

ALLOWED = {
    "http/planted.py": "from cocreate import application",
    "application/planted.py": "from cocreate import domain, persistence, projections, record, tlog, witnessing",
    "persistence/planted.py": "import eventsourcing.persistence, psycopg, psycopg_pool, cocreate.record",
    "record/planted.py": "import cocreate.domain",
    "audit/planted.py": "from cocreate import domain, projections, record, tlog",
    "witnessing/planted.py": "import cocreate.tlog.planted",
    "exchange/planted.py": "import cocreate.application, cocreate.domain",
}


def lint_imports(project: Path) -> tuple[set[str], str]:
    """The ids of the broken contracts of the project in this folder, and the tool's words."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--config", PROJECT.name]
    # The copy's source, not the one that this environment knows.
    environment = {**os.environ, "PYTHONPATH": str(project / "src"), "NO_COLOR": "1", "COLUMNS": "200"}
    result = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert all(
        f"\n{name} KEPT" in result.stdout or f"\n{name} BROKEN" in result.stdout
        for name in CONTRACTS.values()
    ), result.stdout + result.stderr
    broken = {key for key, name in CONTRACTS.items() if f"\n{name} BROKEN" in result.stdout}
    assert (result.returncode != 0) == bool(broken), result.stdout + result.stderr
    return broken, result.stdout


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """A copy of the packages without their modules: what is planted there is all there is to find."""
    shutil.copy(PROJECT, tmp_path)
    for package in PACKAGES:
        folder = tmp_path / "src" / "cocreate" / package
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "planted.py").touch()
    for module in ("__init__", "config"):
        (tmp_path / "src" / "cocreate" / f"{module}.py").touch()
    return tmp_path


def test_imports_point_one_way() -> None:
    """Every contract holds for the source as it is."""
    broken, report = lint_imports(ROOT)
    assert not broken, report


def test_what_the_design_allows_breaks_nothing(skeleton: Path) -> None:
    """The contracts do not stand in the way of the imports that the design is made of."""
    for file, line in ALLOWED.items():
        (skeleton / "src" / "cocreate" / file).write_text(line + "\n")
    broken, report = lint_imports(skeleton)
    assert not broken, report


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_planted_violation_is_caught(skeleton: Path, violation: str) -> None:
    """A contract that cannot fail protects nothing, so each is seen to fail for its own reason."""
    file, line, expected = VIOLATIONS[violation]
    (skeleton / "src" / "cocreate" / file).write_text(line + "\n")
    broken, report = lint_imports(skeleton)
    assert broken == expected, report


def test_every_contract_is_seen_to_fail() -> None:
    """A new contract comes with a violation that it catches."""
    assert set().union(*(expected for _, _, expected in VIOLATIONS.values())) == CONTRACTS.keys()


def test_no_module_hides_one_of_the_standard_library() -> None:
    """A file run by its path makes its folder importable first; such a name then stands for Python's own."""
    forbidden = {"logging", "queue", "types", "secrets"}
    assert not [path for path in (ROOT / "src").rglob("*.py") if path.stem in forbidden]
