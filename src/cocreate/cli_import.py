"""`cocreate import`: what others have recorded becomes a workshop."""

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cocreate.cli_options import BAD_INPUT, Ended, example, note, print_json, run, settings_of, store_options
from cocreate.config import Settings

if TYPE_CHECKING:
    from cocreate.exchange.polis_import import Progress

PROGRESS_AFTER_S = 1.0
PLAIN_PROGRESS_EVERY_S = 5.0


@click.group("import", epilog=example("cocreate import polis ./15-per-hour-seattle"))
def import_from() -> None:
    """Turn what others have recorded into a workshop."""


@import_from.command(
    epilog=example(
        "cocreate import polis ./15-per-hour-seattle",
        "cocreate import polis ./export --licence CC-BY-4.0 --database sqlite:///workshops.sqlite --json",
    )
)
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--licence", help="Of the data, as an SPDX id. Default: from a table of known sources, else unknown."
)
@click.option("--language", help="Of its texts, as a BCP 47 tag. Default: und, not known.")
@store_options
def polis(
    *,
    folder: Path,
    licence: str | None,
    language: str | None,
    database: str | None,
    key_file: Path | None,
    log_level: str | None,
    as_json: bool,
) -> None:
    """Import a Polis conversation: DIR holds comments.csv and votes.csv, and summary.csv if there is one.

    It may run beside a server on the same database. The same files are the same workshop: a run that was interrupted is
    resumed, and one that is complete is only reported.
    """
    settings = settings_of(database=database, key_file=key_file, log_level=log_level)
    facts = run(
        settings,
        lambda: _import(settings, folder.resolve(), licence=licence, language=language),
        log_level=log_level or "warning",
        interrupted="Interrupted. Run the same command again to resume.",
    )
    if as_json:
        print_json(facts)
    else:
        _print(facts, settings)


async def _import(
    settings: Settings, folder: Path, *, licence: str | None, language: str | None
) -> dict[str, Any]:
    from cocreate.bootstrap import opened_service
    from cocreate.exchange.election import LANGUAGE_UNKNOWN
    from cocreate.exchange.import_counts import count_import
    from cocreate.exchange.polis_import import (
        TEXT_LENGTH_MAX,
        check_limits,
        import_conversation,
    )
    from cocreate.exchange.polis_source import licence_of, read_conversation

    conversation = read_conversation(folder, text_length_max=TEXT_LENGTH_MAX)
    check_limits(conversation)
    require_licence(licence)
    _require(
        r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?",
        language,
        "--language",
        "a tag such as en or zh-TW",
    )
    async with opened_service(settings) as service:
        with progress_of(len(conversation.statements) + len(conversation.votes)) as progress:
            record = await import_conversation(
                service,
                conversation,
                licence=licence or licence_of(conversation.url),
                name=folder.name or "conversation",
                language=language or LANGUAGE_UNKNOWN,
                progress=progress,
            )
        if record.resumed:
            note("These files were imported before: the same workshop, with what was missing.")
        return (await count_import(service.store, record.workshop)).facts()


def require_licence(licence: str | None) -> None:
    """Refuse what is no SPDX id."""
    _require(r"[A-Za-z0-9.+-]{1,60}", licence, "--licence", "an SPDX id such as CC-BY-4.0")


def _require(pattern: str, value: str | None, option: str, expected: str) -> None:
    if value is not None and re.fullmatch(pattern, value) is None:
        raise Ended(f"{option} {value!r}: expected {expected}.", BAD_INPUT)


@contextmanager
def progress_of(total: int) -> Iterator["Progress"]:
    """A bar on a terminal, a line now and then elsewhere; nothing for what takes less than a second."""
    began = time.monotonic()
    if not sys.stderr.isatty():
        yield _plain_progress(began)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("Importing", total=total)

    def show(done: int, total: int) -> None:
        if not bar.live.is_started and time.monotonic() - began > PROGRESS_AFTER_S:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        bar.stop()


def _plain_progress(began: float) -> "Progress":
    shown = began - PLAIN_PROGRESS_EVERY_S + PROGRESS_AFTER_S

    def show(done: int, total: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= PLAIN_PROGRESS_EVERY_S:
            shown = now
            note(f"Imported {done} of {total} rows.")

    return show


def _print(facts: dict[str, Any], settings: Settings) -> None:
    ballots, latest, moderated = facts["ballots"], facts["latest_counts"], facts["moderated"]
    click.echo(f"Workshop      {facts['workshop']}")
    click.echo(f"Database      {settings.shown_database}")
    approved, hidden = moderated.get("1", 0), moderated.get("-1", 0)
    click.echo(f"Ideas         {facts['ideas']} ({approved} approved, {hidden} hidden)")
    click.echo(f"Participants  {facts['participants']}")
    click.echo(f"Ballots       {ballots['cast']} cast, {ballots['replaced']} replaced")
    click.echo(f"Standing      {latest['1']} agree, {latest['-1']} disagree, {latest['0']} pass")
    note("See it with `cocreate serve` on the same database.")
