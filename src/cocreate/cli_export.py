"""`cocreate export`: a record as one file that can be checked, or what is in it as files that other programs read."""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cocreate.cli_options import (
    AUDIENCES,
    BAD_INPUT,
    EXAMPLE_ID,
    Ended,
    example,
    print_json,
    require_workshop_id,
    run,
    settings_of,
    store_options,
)
from cocreate.config import Settings

if TYPE_CHECKING:
    from cocreate.application.live import LiveWorkshop
    from cocreate.application.service import Service


RECORD = "record"
FORMS = (RECORD, "pb", "blt", "csv", "jsonl", "polis")
FOLDERS = ("csv", "polis")
"""What is written as several files, into a folder of their own."""


@click.command(
    epilog=example(
        f"cocreate export {EXAMPLE_ID} --output workshop.jsonl",
        f"cocreate export {EXAMPLE_ID} --as csv --output tables",
        f"cocreate export {EXAMPLE_ID} --as pb --output budget.pb",
    )
)
@click.argument("workshop", metavar="WORKSHOP")
@click.option(
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write; for csv and polis the folder, which must not be there.",
)
@click.option(
    "--as",
    "form",
    type=click.Choice(FORMS),
    default=RECORD,
    show_default=True,
    help="The record itself, or what other programs read: csv and jsonl hold every table, the others a round.",
)
@click.option("--round", "round_id", metavar="ROUND", help="The round. Default: the only one there is.")
@click.option(
    "--audience",
    type=click.Choice(AUDIENCES),
    default="public",
    show_default=True,
    help="Whose texts: what others may not read stays out.",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@store_options
def export(
    *,
    workshop: str,
    output: Path,
    form: str,
    round_id: str | None,
    audience: Any,
    force: bool,
    database: str | None,
    key_file: Path | None,
    log_level: str | None,
    as_json: bool,
) -> None:
    """Write a workshop's whole record into one file of JSON lines.

    It holds every entry, the key to check them with, and the texts that may still be read. Entries that are withheld until
    a round's results show are their leaf hashes. The file appears whole or not at all. With --as it is written for other
    programs instead, and cannot be audited.
    """
    settings = settings_of(database=database, key_file=key_file, log_level=log_level)
    found = require_workshop_id(workshop)
    if output.exists() and (output.is_dir() or form in FOLDERS or not force):
        raise _exists(output)
    if form != RECORD:
        exported = run(
            settings,
            lambda: _export_as(settings, found, output, form=form, round_id=round_id, audience=audience),
            log_level=log_level or "warning",
        )
        _print_exported(exported, as_json=as_json)
        return
    facts = run(
        settings,
        lambda: _export(settings, found, output, audience=audience, force=force),
        log_level=log_level or "warning",
    )
    if as_json:
        print_json(facts)
    else:
        click.echo(
            f"{facts['output']}: {facts['entries']} entries ({facts['withheld']} withheld), {facts['texts']} texts"
        )
        click.echo(f"Root {facts['root']}")


async def _export(
    settings: Settings, workshop: str, output: Path, *, audience: Any, force: bool
) -> dict[str, Any]:
    from dataclasses import asdict

    from cocreate.bootstrap import opened_reader
    from cocreate.exchange.export_record import export_record

    draft = output.with_name(f".{output.name}.{secrets.token_hex(8)}.part")
    async with opened_reader(settings) as service:
        try:
            # The file is written in one go: nobody else waits for this process.
            with draft.open("xb") as file:
                exported = await export_record(service, workshop, audience, file)
                file.flush()
                os.fsync(file.fileno())
            _put_in_place(draft, output, force=force)
        finally:
            draft.unlink(missing_ok=True)
    return {"output": str(output), **asdict(exported)}


def _put_in_place(draft: Path, output: Path, *, force: bool) -> None:
    """Give the finished file its name; without `force` never over another one, even one that has come meanwhile."""
    if force:
        draft.replace(output)
        return
    try:
        output.hardlink_to(draft)
    except FileExistsError as error:
        raise _exists(output) from error


def _exists(output: Path) -> Ended:
    advice = "Name another." if output.is_dir() else "Name another file, or replace it with --force."
    return Ended(f"{output} exists. {advice}", BAD_INPUT)


async def _export_as(
    settings: Settings, workshop: str, output: Path, *, form: str, round_id: str | None, audience: Any
) -> dict[str, Any]:
    """Write the files; returns what went into them."""
    from cocreate.bootstrap import opened_reader
    from cocreate.exchange.election_export import NotThisRound

    async with opened_reader(settings) as service:
        live = await service.reading.live(workshop)
        try:
            files, counts = await _files(service, live, form, round_id, audience)
        except NotThisRound as error:
            raise Ended(str(error), BAD_INPUT) from error
    if form in FOLDERS:
        _write_folder(output, files)
    else:
        (text,) = files.values()
        _write(output, text)
    return {"workshop": workshop, "output": str(output), "form": form, **counts}


async def _files(
    service: "Service", live: "LiveWorkshop", form: str, round_id: str | None, audience: Any
) -> tuple[Mapping[str, str], dict[str, int]]:
    """The text of each file by its name, and what is counted in them."""
    import io

    from cocreate.exchange import election_export, polis_export, tables

    if form == "polis":
        polis = await polis_export.polis_files(service, live, round_id, audience)
        counts = {"statements": polis.statements, "votes": polis.votes, "left_out": polis.left_out}
        return polis.files, counts
    if form in ("pb", "blt"):
        told = election_export.round_told(live, round_id, audience)
        write = election_export.pb_of if form == "pb" else election_export.blt_of
        return {form: write(told)}, {"options": len(told.options), "ballots": len(told.choices)}
    found = tables.tables_of(live, audience)
    counts = {name: len(rows) for name, rows in found.items()}
    if form == "jsonl":
        return {form: _text_of(lambda out: tables.write_json_lines(found, out))}, counts
    files: dict[str, str] = {}
    for name, rows in found.items():
        out = io.StringIO(newline="")
        tables.write_csv(rows, out)
        files[f"{name}.csv"] = out.getvalue()
    return files, counts


def _text_of(write: Callable[[Any], None]) -> str:
    import io

    out = io.StringIO(newline="")
    write(out)
    return out.getvalue()


def _write_folder(folder: Path, files: Mapping[str, str]) -> None:
    """All files or none: they are written beside the folder, which then appears with them."""
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.part")
    draft.mkdir(parents=True)
    try:
        for name, text in files.items():
            _write(draft / name, text)
        draft.rename(folder)
    except BaseException:
        for name in files:
            (draft / name).unlink(missing_ok=True)
        draft.rmdir()
        raise


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        with draft.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _print_exported(facts: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(facts)
        return
    counts = [
        f"{count} {name.replace('_', ' ')}"
        for name, count in facts.items()
        if isinstance(count, int) and count
    ]
    click.echo(f"{facts['output']}: {', '.join(counts) or 'nothing'}")
