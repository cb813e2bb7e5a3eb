"""Every command says how it is used, what it did, and what to do where it could not."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import aiohttp
import click
import pytest

from cocreate.cli import main
from cocreate.record.export import Disclosed, ExportHeader, read_export
from cocreate.tlog.merkle import Frontier
from tests.cli.commands import POLIS, STOP_S_MAX, cocreate, command, environment, facts_of, serving

SEATTLE = POLIS / "15-per-hour-seattle"
VOLUNTEERS = POLIS / "bg2050-volunteers"
needs_data = pytest.mark.skipif(not POLIS.exists(), reason=f"the real conversations are not at {POLIS}")
VOTES = "timestamp,datetime,comment-id,voter-id,vote\n"
COMMENTS = "timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    """Every command that people use, with the words that lead to it."""
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name, one in group.commands.items():
        if one.hidden:
            continue
        found += leaves(one, (*path, name)) if isinstance(one, click.Group) else [((*path, name), one)]
    return found


def small_export(folder: Path) -> Path:
    """A Polis export of three statements and four votes, one of them a change of mind."""
    folder.mkdir()
    (folder / "comments.csv").write_text(
        COMMENTS + "100,x,7,1,2,0,1,Trees\n" + "102,x,8,1,0,1,-1,Cars\n" + "103,x,9,3,0,0,0,Bikes\n"
    )
    (folder / "votes.csv").write_text(VOTES + "101,x,7,1,1\n104,x,7,2,-1\n105,x,7,2,1\n106,x,8,2,0\n")
    return folder


@pytest.fixture(scope="module")
def imported_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A data folder with a small imported workshop, and the workshop's id; nobody writes to it."""
    data = tmp_path_factory.mktemp("imported")
    facts = facts_of(cocreate(data, "import", "polis", small_export(data / "export"), "--json"))
    return data, facts["workshop"]


@pytest.fixture
def workshop(imported_once: tuple[Path, str], tmp_path: Path) -> str:
    """The imported workshop, in a data folder of the test's own."""
    shutil.copytree(imported_once[0], tmp_path, dirs_exist_ok=True)
    return imported_once[1]


@pytest.mark.parametrize(("path", "one"), leaves(main), ids=[" ".join(path) for path, _ in leaves(main)])
def test_every_command_shows_an_example_and_takes_a_database(
    path: tuple[str, ...], one: click.Command
) -> None:
    """Its help has an example that names the command, and `--database` and `--json` are among its options.

    Auditors and witnesses have no database, and a replayed view is JSON anyway.
    """
    assert one.epilog is not None
    assert f"cocreate {' '.join(path)}" in one.epilog
    wanted: set[str] = {"database", "as_json", "key_file"}
    if path[0] in ("audit", "witness"):
        wanted = set() if path == ("audit", "replay") else {"as_json"}
    assert wanted <= {option.name for option in one.params}
    assert one.get_short_help_str()


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    """Nothing heavy is imported for it."""
    program = "import sys, cocreate.cli; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", program],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"aiohttp", "asyncio", "eventsourcing", "jinja2", "pydantic", "rich", "structlog"} & set(
        loaded
    )


BUILT = """
import asyncio, sys
from pathlib import Path
from cocreate.application.drafting import Action
from cocreate.bootstrap import opened_service
from cocreate.config import Settings
from cocreate.domain.messages import Facts
from cocreate.http.app import make_app

def below(kind):
    for one in kind.__subclasses__():
        yield one
        yield from below(one)

async def start():
    folder = Path(sys.argv[1])
    async with opened_service(Settings(database=f"sqlite:///{folder / 'a.sqlite'}", key_file=folder / "key")) as service:
        make_app(service)

asyncio.run(start())
print(*(one.__name__ for base in (Action, Facts) for one in below(base) if one.__pydantic_complete__))
"""


def test_the_server_starts_before_any_validator_is_built(tmp_path: Path) -> None:
    """Ninety of them take a fifth of a second; each is built when its event or request first comes."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", BUILT, str(tmp_path)],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    # The agendas to begin with, and the settings of a workshop that has said none, are values of ours.
    assert set(done.stdout.split()) <= {"ActivityDraft", "Settings"}


def test_import_prints_exactly_what_is_promised(tmp_path: Path) -> None:
    """One JSON object with these keys, counted from the record; a second run gives the same."""
    folder = small_export(tmp_path / "export")
    facts = facts_of(cocreate(tmp_path, "import", "polis", folder, "--json"))
    workshop = facts.pop("workshop")
    assert facts == {
        "ideas": 3,
        "participants": 3,
        "ballots": {"cast": 3, "replaced": 1},
        "latest_counts": {"1": 2, "0": 1, "-1": 0},
        "moderated": {"1": 1, "-1": 1, "0": 1},
    }
    again = facts_of(cocreate(tmp_path, "import", "polis", folder, "--json"))
    assert again == {"workshop": workshop, **facts}
    (listed,) = facts_of(cocreate(tmp_path, "workshop", "list", "--json"))["workshops"]
    assert (listed["workshop"], listed["title"], listed["incomplete"]) == (workshop, "export", False)


def test_an_import_that_nobody_moderated_is_told_in_words(tmp_path: Path) -> None:
    """The source's moderation values that do not occur are none, not an error."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "comments.csv").write_text(COMMENTS + "100,x,7,1,1,0,0,Trees\n")
    (folder / "votes.csv").write_text(VOTES + "101,x,7,2,1\n")
    result = cocreate(tmp_path, "import", "polis", folder)
    assert result.returncode == 0, result.stderr
    assert "1 (0 approved, 0 hidden)" in result.stdout


def test_bad_rows_are_told_all_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    """By file, line and column, with exit code 2; there is no database afterwards."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "comments.csv").write_text(COMMENTS + "100,x,7,1,1,0,1,Trees\n100,x,7,1,1,0,5,Twice\n")
    (folder / "votes.csv").write_text(VOTES + "101,x,7,2,1\n101,x,99,2,1\nsoon,x,7,2,3\n")
    result = cocreate(tmp_path, "import", "polis", folder, "--json")
    assert (result.returncode, result.stdout) == (2, "")
    for place in (
        "comments.csv line 3, moderated",
        "votes.csv line 3, comment-id",
        "votes.csv line 4, timestamp",
    ):
        assert place in result.stderr
    assert "votes.csv line 4, vote" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "cocreate").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["replay", "nonsense"], 2, "no workshop id"),
        (["replay", "0b7c4a9e-52d6-4f0a-9f43-1f6f3d1a2b3c"], 2, "There is no workshop"),
        (
            ["replay", "0b7c4a9e-52d6-4f0a-9f43-1f6f3d1a2b3c", "--database", "sqlite:///none.sqlite"],
            2,
            "no database",
        ),
        (
            ["workshop", "list", "--database", "mysql://somewhere"],
            2,
            "Expected sqlite:///FILE or postgresql://",
        ),
        (["workshop", "list", "--database", "postgresql://me:secret@127.0.0.1:1/x"], 3, "cannot be used"),
        (["import", "polis", "nowhere"], 2, "does not exist"),
        (["import", "polis", "export", "--licence", "Mine, mine!"], 2, "expected an SPDX id"),
        (["serve", "--port", "70000"], 2, "Expected a number from 0 to 65535"),
        (["serve", "--host", "203.0.113.7"], 2, "Choose another --host"),
        (["serve", "--public-url", "example.org"], 2, "Expected http:// or https://"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(
    tmp_path: Path, workshop: str, arguments: list[str], code: int, words: str
) -> None:
    """Expected, found and next step on standard error, nothing on standard output, no traceback, no password."""
    result = cocreate(tmp_path, *arguments)
    assert result.returncode == code, result.stderr
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr
    assert result.stdout == ""


def test_another_instance_key_is_refused_with_what_to_do(tmp_path: Path, workshop: str) -> None:
    """A database knows its key; a missing and a foreign one are told apart, and none is made for it."""
    key = tmp_path / "cocreate" / "instance.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    foreign = tmp_path / "other.key"
    foreign.write_text("ab" * 32)
    result = cocreate(tmp_path, "workshop", "list", "--key-file", foreign)
    assert result.returncode == 2
    assert "--key-file" in result.stderr
    key.unlink()
    result = cocreate(tmp_path, "workshop", "list")
    assert result.returncode == 2
    assert "no instance key" in result.stderr
    assert not key.exists()


def test_settings_come_from_the_environment_unless_given(tmp_path: Path) -> None:
    """An option comes before its variable, and the variable before the default."""
    folder = small_export(tmp_path / "export")
    there = f"sqlite:///{tmp_path / 'there.sqlite'}"
    facts_of(cocreate(tmp_path, "import", "polis", folder, "--json", COCREATE_DATABASE=there))
    assert (tmp_path / "there.sqlite").exists()
    here = f"sqlite:///{tmp_path / 'here.sqlite'}"
    facts_of(
        cocreate(tmp_path, "import", "polis", folder, "--json", "--database", here, COCREATE_DATABASE=there)
    )
    assert (tmp_path / "here.sqlite").exists()
    assert cocreate(tmp_path, "workshop", "list", COCREATE_PORT="many").returncode == 2


def test_a_record_is_exported_whole(tmp_path: Path, workshop: str) -> None:
    """The file hashes to the root it names, hides what the public may not read, and never replaces another unasked."""
    output = tmp_path / "workshop.jsonl"
    facts = facts_of(cocreate(tmp_path, "export", workshop, "--output", output, "--json"))
    with output.open("rb") as stream:
        header, *rest = read_export(stream)
    assert isinstance(header, ExportHeader)
    frontier = Frontier()
    for entry in rest:
        if isinstance(entry, bytes):
            frontier.append_entry(entry)
    assert (
        (frontier.root().hex(), frontier.size)
        == (header.root, header.size)
        == (facts["root"], facts["entries"])
    )
    texts = {text.text for text in rest if isinstance(text, Disclosed)}
    assert {"Trees", "Bikes", "export"} <= texts
    assert "Cars" not in texts

    assert cocreate(tmp_path, "export", workshop, "--output", output).returncode == 2
    everything = facts_of(
        cocreate(
            tmp_path, "export", workshop, "--output", output, "--json", "--force", "--audience", "facilitator"
        )
    )
    assert everything["texts"] == facts["texts"] + 1
    assert "Cars" in output.read_text()
    assert [path.name for path in tmp_path.glob("*.part*")] == []


def test_a_past_moment_is_replayed_by_position_and_by_time(tmp_path: Path, workshop: str) -> None:
    """Facts are those of the moment, and visibility is today's unless another position is named."""
    now = facts_of(cocreate(tmp_path, "replay", workshop))
    assert now["at"] == now["head"]
    hidden_since = now["at"] - 2
    then = facts_of(cocreate(tmp_path, "replay", workshop, "--at", str(hidden_since), "--json"))
    assert (then["at"], then["head"]) == (hidden_since, now["at"])
    cars = next(idea for idea in then["items"]["ideas"] if idea["number"] == 2)
    assert (cars["status"], cars["text"]) == ("visible", {"gone": "hidden"})
    moment = ["--at", str(hidden_since), "--visible-at", str(hidden_since)]
    seen = facts_of(cocreate(tmp_path, "replay", workshop, *moment))
    assert next(idea for idea in seen["items"]["ideas"] if idea["number"] == 2)["text"]["texts"] == {
        "und": "Cars"
    }
    late = facts_of(cocreate(tmp_path, "replay", workshop, "--at", "2999-01-01"))
    assert late == now
    assert cocreate(tmp_path, "replay", workshop, "--at", "1999-01-01T10:00:00Z").returncode == 2
    assert cocreate(tmp_path, "replay", workshop, "--at", "yesterday").returncode == 2
    assert cocreate(tmp_path, "replay", workshop, "--at", "9", "--visible-at", "3").returncode == 2


def test_serve_announces_itself_and_stops_gracefully(tmp_path: Path) -> None:
    """Its object names address, link and database; the link works once; SIGTERM ends it with code 0."""
    with serving(tmp_path) as (announced, process):
        assert set(announced) == {"address", "link", "database"}
        assert announced["link"].startswith(f"{announced['address']}/link/")
        assert asyncio.run(_status(announced["address"])) == 200
        port = announced["address"].rsplit(":", 1)[1]
        second = cocreate(tmp_path, "serve", "--port", port)
        assert second.returncode == 3
        assert "is in use" in second.stderr
        assert f"--port {int(port) + 1}" in second.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_S_MAX) == 0
    lines = [json.loads(line) for line in (tmp_path / "serve.log").read_text().splitlines() if line[0] == "{"]
    assert any(line["event"] == "request" for line in lines)


async def _status(address: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"{address}/api/workshops") as answer:
        return answer.status


def test_an_imported_workshop_can_be_facilitated(tmp_path: Path, workshop: str) -> None:
    """The printed link names the server that the settings name."""
    given = ["--public-url", "https://workshops.example.org"]
    facts = facts_of(cocreate(tmp_path, "workshop", "link", workshop, *given, "--json"))
    assert facts["workshop"] == workshop
    assert facts["link"].startswith("https://workshops.example.org/link/")


@needs_data
def test_progress_goes_to_standard_error(tmp_path: Path) -> None:
    """Where there is no terminal it is a plain line now and then; standard output has the result alone."""
    result = cocreate(tmp_path, "import", "polis", SEATTLE)
    assert result.returncode == 0
    assert "Imported" not in result.stdout
    assert "2872 cast, 123 replaced" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr


@needs_data
def test_an_import_that_is_interrupted_says_how_to_resume_it(tmp_path: Path) -> None:
    """Ctrl-C ends it with 130 and a word; the catalogue shows the workshop as incomplete, and the next run ends it."""
    with subprocess.Popen(
        command("import", "polis", VOLUNTEERS, "--json"),
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A job in a shell's background is begun without Ctrl-C, and would hand that on.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  one thread
    ) as process:
        # The key is there before the first entry, and the import takes seconds from there.
        while process.poll() is None and not (tmp_path / "cocreate" / "instance.key").exists():
            pass
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=STOP_S_MAX)
    assert (process.returncode, output) == (130, ""), errors
    assert "Run the same command again" in errors
    assert "Traceback" not in errors
    assert facts_of(cocreate(tmp_path, "import", "polis", VOLUNTEERS, "--json"))["ballots"]["cast"] == 14_283
