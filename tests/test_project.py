"""The project's own files agree with one another and hold nothing of the machine they were made on."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUN_LOCK = ROOT / "requirements.lock"
DEVELOPMENT_LOCK = ROOT / "requirements-dev.lock"
FOLDERS_ALLOWED = {"src", "tests", "scripts", ".ci"}

RUN_RANGES = PROJECT["dependencies"]
DEVELOPMENT_RANGES = RUN_RANGES + PROJECT["optional-dependencies"]["dev"]


def pinned(lock: Path) -> dict[str, str]:
    """The version of each package that the lock pins."""
    pins = re.findall(r"^([a-z0-9-]+)(?:\[[^]]*\])?==([^ \\]+)", lock.read_text(), re.MULTILINE)
    assert pins, f"{lock.name} pins nothing"
    return dict(pins)


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Git in this checkout, which may belong to another user than the one who runs the tests."""
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def source_files() -> list[Path]:
    """What a clone holds, and what is about to be added to it."""
    if git("rev-parse", "--show-toplevel").stdout.strip() != str(ROOT):
        pytest.skip("not a git checkout")
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize(
    ("lock", "ranges"), [(RUN_LOCK, RUN_RANGES), (DEVELOPMENT_LOCK, DEVELOPMENT_RANGES)], ids=["run", "dev"]
)
def test_the_lock_pins_what_the_project_asks_for(lock: Path, ranges: list[str]) -> None:
    """Whoever installs by lock has versions that the project says it works with."""
    pins = pinned(lock)
    unmet = [
        wanted
        for wanted in map(Requirement, ranges)
        if not wanted.specifier.contains(pins.get(canonicalize_name(wanted.name), "0"))
    ]
    assert not unmet, (
        f"{lock.name} does not satisfy {unmet}: make it anew with the command on its second line"
    )


def test_the_tests_run_on_the_versions_that_people_run() -> None:
    """The development lock holds the run lock whole, so scripts/run may use what scripts/test installed."""
    development = pinned(DEVELOPMENT_LOCK).items()
    assert pinned(RUN_LOCK).items() <= development


@pytest.mark.parametrize("lock", [RUN_LOCK, DEVELOPMENT_LOCK], ids=["run", "dev"])
def test_every_pinned_package_is_checked_by_its_hash(lock: Path) -> None:
    """pip refuses a package that is not the one that was tested; a lock names no registry."""
    entries = re.split(r"\n(?=[a-z])", lock.read_text())[1:]
    assert len(entries) == len(pinned(lock))
    assert not [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry]
    assert "://" not in lock.read_text()


@pytest.mark.parametrize(
    "path",
    [".venv/bin/python", "src/cocreate/__pycache__/cli.cpython-311.pyc", "workshops.db", "instance.key"],
)
def test_git_ignores_what_is_made_or_secret(source_files: list[Path], path: str) -> None:
    """A key or a record of real people is not published by a careless `git add`."""
    assert ROOT / path not in source_files
    assert git("check-ignore", "--quiet", "--no-index", path).returncode == 0


def test_no_file_that_is_tracked_would_be_ignored(source_files: list[Path]) -> None:
    """Such a file would be missing from the next person's `git add` without a word."""
    assert source_files
    assert git("ls-files", "--cached", "--ignored", "--exclude-standard").stdout == ""


def test_the_top_level_holds_source_tests_scripts_and_tool_files_only(source_files: list[Path]) -> None:
    """What has no home in these folders has no home here."""
    folders = {path.relative_to(ROOT).parts[0] for path in source_files if path.parent != ROOT}
    assert folders <= FOLDERS_ALLOWED


def test_no_file_names_the_machine_it_was_made_on(source_files: list[Path]) -> None:
    """A path or a package mirror of one machine is wrong on every other."""
    # Put together here, so that this file does not find itself.
    registry_options = "|".join(
        "--" + option for option in ("index-url", "extra-index-url", "find-links", "trusted-host")
    )
    forbidden = re.compile(rf"{re.escape(str(ROOT))}\b|(?:{registry_options})[ =]|file:/{{3}}")
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in source_files
        if (match := forbidden.search(path.read_text(encoding="utf-8", errors="ignore")))
    }
    assert not found


def test_scripts_that_start_from_a_bare_clone_may_be_executed() -> None:
    """`./scripts/run` works as well as `sh scripts/run`."""
    for name in ("scripts/run", "scripts/test", ".ci/run"):
        assert (ROOT / name).stat().st_mode & 0o111, name
