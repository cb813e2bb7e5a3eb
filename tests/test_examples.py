"""The examples in the documents run as they stand there, and the library reads our records through our mapper."""

import re
from pathlib import Path
from uuid import UUID

import click
import pytest
from eventsourcing.persistence import EventStore, StoredEvent

from cocreate.cli import main
from cocreate.persistence.mapper import EntryMisplaced, RecordedEvent, RecordMapper
from cocreate.persistence.popo import PopoRecorder
from cocreate.persistence.record_store import RecordStore, open_store
from cocreate.record.codec import EntryMalformed
from tests.application.nodes import Hands, create, record, running

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "src" / "cocreate" / "persistence" / "README.md"


def examples() -> list[str]:
    return re.findall(r"```python\n(.*?)```", README.read_text(), flags=re.DOTALL)


async def a_record(store: RecordStore) -> str:
    async with running(store, Hands()) as service:
        return await create(service)


async def test_the_example_of_the_event_store_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints the first entries of a record that a node has written."""
    store = open_store(f"{tmp_path}/cocreate.sqlite")
    await store.open()
    workshop = await a_record(store)
    await store.close()
    monkeypatch.chdir(tmp_path)
    (example,) = examples()
    capsys.readouterr()
    exec(example, {"workshop": workshop})
    assert capsys.readouterr().out.splitlines() == [
        "1 RecordStarted.v1",
        "2 WorkshopScheduled.v1",
        "3 FacilitatorAdded.v1",
        "4 WorkshopOpened.v1",
    ]


@pytest.mark.parametrize("kind", ["memory", "sqlite", "postgres"])
async def test_the_librarys_event_store_reads_and_writes_our_records(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """From any of the recorders, every entry; and what it puts is what we would have stored, to the byte."""
    url = {"memory": "memory:", "sqlite": f"{tmp_path}/cocreate.sqlite"}.get(kind)
    store = open_store(url or request.getfixturevalue("postgres_database"))
    await store.open()
    async with running(store, Hands()) as service:
        workshop = await create(service)
        written = await record(service, workshop)
    events = EventStore(RecordMapper(), store.recorder)
    found = list(events.get(UUID(workshop)))
    assert found == [RecordedEvent(UUID(workshop), one) for one in written]
    assert [one.originator_version for one in found] == [1, 2, 3, 4]
    copy = PopoRecorder()
    EventStore(RecordMapper(), copy).put(found)
    assert copy.read(workshop, 0, 4) == await store.read(workshop)
    await store.close()


async def test_the_mapper_refuses_what_stands_in_the_wrong_place() -> None:
    """Columns are an index of the entry; a difference is damage, and so is an entry that is no canonical one."""
    store = open_store("memory:")
    workshop = UUID(await a_record(store))
    first, second, *_ = store.recorder.select_events(workshop)
    mapper = RecordMapper()
    with pytest.raises(EntryMisplaced):
        mapper.to_domain_event(StoredEvent(workshop, 2, first.topic, first.state))
    with pytest.raises(EntryMisplaced):
        mapper.to_domain_event(StoredEvent(workshop, 1, second.topic, first.state))
    with pytest.raises(EntryMalformed):
        mapper.to_domain_event(StoredEvent(workshop, 1, first.topic, first.state + b" "))


def test_every_command_that_the_readme_names_exists() -> None:
    """Each `sh scripts/run …` in it is a command of the program, with options that it takes."""
    named = re.findall(r"sh scripts/run((?: [^\s#`]+)*)", (ROOT / "README.md").read_text())
    assert len(named) > 5
    for line in named:
        words = line.split()
        command: click.Command = main
        while isinstance(command, click.Group) and words and not words[0].startswith("-"):
            word = words.pop(0)
            assert word in command.commands, f"README: there is no command {word!r} in {line!r}"
            command = command.commands[word]
        known = {name for option in command.params for name in option.opts} | {"--help"}
        assert {word for word in words if word.startswith("-")} <= known, f"README: {line!r}"
