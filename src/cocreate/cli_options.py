"""What every command has: its options, its exit codes, and one place where errors become words.

Nothing heavy is imported here before a command runs.
"""

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

from cocreate.config import LOG_LEVELS, SettingMalformed, Settings, read_settings

AUDIENCES = ("public", "participant", "facilitator", "screen")
EXAMPLE_ID = "0b7c4a9e-52d6-4f0a-9f43-1f6f3d1a2b3c"
"""A workshop's, as examples have it."""

GC_THRESHOLDS = (50_000, 20, 100)
DONE, FAILED, BAD_INPUT, UNAVAILABLE, INTERRUPTED = 0, 1, 2, 3, 130

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class Ended(click.ClickException):
    """The command ends here: what was expected, what was found, the next step."""

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # click reads it from the instance, whatever its annotation says


def store_options(command: F) -> F:
    """The options of every command that works on a database."""
    options = (
        click.option(
            "--database",
            metavar="URL",
            help="sqlite:///FILE or postgresql://USER@HOST/NAME. Default: $COCREATE_DATABASE, else a file in your data folder.",
        ),
        click.option(
            "--key-file",
            metavar="FILE",
            type=click.Path(dir_okay=False, path_type=Path),
            help="The instance key. Default: $COCREATE_KEY_FILE, else instance.key in your data folder.",
        ),
        click.option(
            "--log-level", type=click.Choice(LOG_LEVELS), help="How much is logged to standard error."
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def example(*lines: str) -> str:
    """An epilog that shows how a command is used, line for line."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def settings_of(**given: Any) -> Settings:
    """The settings of a command; what is not given comes from the environment."""
    try:
        return read_settings(**given)
    except SettingMalformed as error:
        raise Ended(str(error), BAD_INPUT) from error


def note(message: str) -> None:
    """A line for the person, beside the result."""
    click.echo(message, err=True)


def print_json(facts: Any) -> None:
    """One JSON object on standard output, whatever the terminal's encoding."""
    import json

    click.echo(json.dumps(facts, ensure_ascii=True))


def require_workshop_id(workshop: str) -> str:
    """A workshop id in its one form."""
    from uuid import UUID

    try:
        return str(UUID(workshop))
    except ValueError as error:
        raise Ended(
            f"{workshop!r} is no workshop id. Expected one like 0b7c4a9e-52d6-4f0a-9f43-1f6f3d1a2b3c; "
            "`cocreate workshop list` shows them.",
            BAD_INPUT,
        ) from error


def run(
    settings: Settings,
    work: Callable[[], Coroutine[Any, Any, T]],
    *,
    log_level: str,
    interrupted: str = "Interrupted.",
) -> T:
    """Run a command's work to its end. What a person can mend ends it in words; what only we can, in a traceback."""
    import asyncio
    import gc

    from cocreate.logconfig import set_up_logging

    if settings.sqlite_file is None:
        import cocreate.persistence.postgres  # noqa: F401  sets psycopg's loggers, which ours must come after
    set_up_logging(log_level)
    # Open workshops are large trees of small lasting objects; looking through all of them often costs a tenth of the time.
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        return asyncio.run(work())
    except KeyboardInterrupt:
        note(interrupted)
        sys.exit(INTERRUPTED)
    except click.ClickException:
        raise
    except Exception as error:
        ended = _ended(error, settings)
        if ended is None:
            raise
        raise ended from error


def _ended(error: Exception, settings: Settings) -> Ended | None:
    """The error in words and with its exit code; None for one that nobody has foreseen."""
    from cocreate.application.errors import PositionUnknown, RecordDamaged, RecordRewound, Unavailable
    from cocreate.bootstrap import NoDatabase, PolicyUnreadable, RotationUnfinished, WrongInstanceKey
    from cocreate.domain.errors import NotFound, Refusal
    from cocreate.exchange.csv_source import BadRows
    from cocreate.persistence.errors import SchemaTooNew, StoreError, StoreUnavailable
    from cocreate.persistence.sealing import InstanceKeyHeld, InstanceKeyMissing

    match error:
        case (
            BadRows()
            | NoDatabase()
            | InstanceKeyMissing()
            | WrongInstanceKey()
            | RotationUnfinished()
            | PolicyUnreadable()
            | PositionUnknown()
            | NotFound()
        ):
            return Ended(str(error), BAD_INPUT)
        case InstanceKeyHeld():
            return Ended(str(error))
        case RecordRewound():
            return Ended(f"{error} Put the right database back, or: `cocreate recover WORKSHOP`.")
        case Unavailable():
            return Ended(str(error), UNAVAILABLE)
        case StoreUnavailable():
            cause = f" ({error.__cause__})" if error.__cause__ else ""
            return Ended(
                f"The database {settings.shown_database} cannot be used: {error}{cause}. "
                "Check that it exists, runs and may be written.",
                UNAVAILABLE,
            )
        case SchemaTooNew():
            return Ended(str(error))
        case RecordDamaged():
            return Ended(f"The record is damaged, nothing was changed: {error}. Restore it from a backup.")
        case Refusal():
            return Ended(f"Refused: {error}")
        case StoreError() | OSError():
            return Ended(f"{error}")
        case _:
            return None
