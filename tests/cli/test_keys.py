"""The instance key is shown, copied and replaced; whatever interrupts that, no key is lost."""

import json
import stat
from pathlib import Path

import pytest

from cocreate.persistence.sealing import Vault, load_instance_key
from tests.cli.commands import cocreate, facts_of, serving
from tests.cli.test_commands import imported_once, workshop  # noqa: F401  fixtures


@pytest.fixture
def key_file(tmp_path: Path, workshop: str) -> Path:  # noqa: F811
    """The instance key of a data folder with one workshop."""
    return tmp_path / "cocreate" / "instance.key"


def id_of(file: Path) -> str:
    return Vault(load_instance_key(file, create=False)).key_id


def test_the_key_is_named_and_never_told(tmp_path: Path, key_file: Path) -> None:
    shown = cocreate(tmp_path, "keys", "show")
    assert shown.returncode == 0
    assert shown.stdout.split()[0] == id_of(key_file)
    assert key_file.read_text().strip() not in shown.stdout + shown.stderr


def test_a_copy_is_the_owners_alone_and_replaces_nothing(tmp_path: Path, key_file: Path) -> None:
    copy = tmp_path / "copy.key"
    assert cocreate(tmp_path, "keys", "export", copy).returncode == 0
    assert copy.read_bytes() == key_file.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    again = cocreate(tmp_path, "keys", "export", copy)
    assert (again.returncode, "exists" in again.stderr) == (2, True)


def test_the_public_key_is_that_of_the_record(tmp_path: Path, workshop: str) -> None:  # noqa: F811
    file = tmp_path / "whole.cocreate"
    assert cocreate(tmp_path, "export", workshop, "--output", file).returncode == 0
    header = json.loads(file.read_bytes().split(b"\n")[0])
    assert cocreate(tmp_path, "keys", "vkey", workshop).stdout == header["vkey"] + "\n"


def test_everything_opens_with_the_new_key_and_nothing_with_the_old(
    tmp_path: Path,
    key_file: Path,
    workshop: str,  # noqa: F811
) -> None:
    before = cocreate(tmp_path, "replay", workshop).stdout
    old = key_file.read_bytes()
    facts = facts_of(cocreate(tmp_path, "keys", "rotate", "--json"))
    assert facts["keys"] > 0
    assert (id_of(key_file), Path(facts["old_file"]).read_bytes()) == (facts["key"], old)
    assert cocreate(tmp_path, "replay", workshop).stdout == before
    file = tmp_path / "whole.cocreate"
    assert cocreate(tmp_path, "export", workshop, "--output", file).returncode == 0, (
        "the record's own key signs"
    )
    refused = cocreate(tmp_path, "replay", workshop, "--key-file", facts["old_file"])
    assert (refused.returncode, facts["key"] in refused.stderr) == (2, True)


def test_a_running_server_is_not_robbed_of_its_key(tmp_path: Path, key_file: Path) -> None:
    key = key_file.read_bytes()
    with serving(tmp_path):
        refused = cocreate(tmp_path, "keys", "rotate")
        assert (refused.returncode, "must be stopped" in refused.stderr) == (1, True)
    assert key_file.read_bytes() == key
    assert cocreate(tmp_path, "keys", "rotate").returncode == 0


def test_what_was_interrupted_is_finished(tmp_path: Path, key_file: Path, workshop: str) -> None:  # noqa: F811
    """A new key that lies there, with some keys wrapped by it already, is gone on with; nothing starts meanwhile."""
    before = cocreate(tmp_path, "replay", workshop).stdout
    facts = facts_of(cocreate(tmp_path, "keys", "rotate", "--json"))
    # As if the power had gone after the last key and before the files changed places.
    new = key_file.rename(key_file.with_name("instance.key.next"))
    Path(facts["old_file"]).rename(key_file)
    refused = cocreate(tmp_path, "replay", workshop)
    assert (refused.returncode, "keys rotate" in refused.stderr) == (2, True)
    again = facts_of(cocreate(tmp_path, "keys", "rotate", "--json"))
    assert again["key"] == facts["key"]
    assert not new.exists()
    assert cocreate(tmp_path, "replay", workshop).stdout == before


def test_another_database_s_key_changes_nothing(tmp_path: Path, key_file: Path, workshop: str) -> None:  # noqa: F811
    other = tmp_path / "other.key"
    other.write_text("ab" * 32)
    refused = cocreate(tmp_path, "keys", "rotate", "--key-file", other)
    assert (refused.returncode, id_of(key_file) in refused.stderr) == (2, True)
    assert not (tmp_path / "other.key.next").exists()
    assert cocreate(tmp_path, "replay", workshop).returncode == 0
