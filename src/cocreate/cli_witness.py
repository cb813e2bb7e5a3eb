"""`cocreate witness`: signing what one has seen of other installations' records, so that none can be rewritten unnoticed."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cocreate.cli_options import (
    BAD_INPUT,
    Ended,
    example,
    note,
    print_json,
    run,
    settings_of,
)
from cocreate.cli_serve import address_of, listening, serving, stop_signal
from cocreate.config import LOG_LEVELS, Settings

if TYPE_CHECKING:
    from cocreate.tlog.vkey import VerifierKey

OPEN = "open"
PORT = 8081
_KEY_OPTION = click.option(
    "--key",
    "key_file",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The witness's private key. What it has signed is kept beside it, in FILE.seen.",
)
_JSON_OPTION = click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")


@click.group(
    epilog=example(
        "cocreate witness keygen witness.example.org/w1 --key witness.key",
        "cocreate witness serve --key witness.key --logs open",
    )
)
def witness() -> None:
    """Be a witness for other installations' records.

    A witness signs the state of a record only if it holds all that it signed of it before. It reads no entries.
    """


@witness.command(epilog=example("cocreate witness keygen witness.example.org/w1 --key witness.key"))
@click.argument("name", metavar="NAME")
@_KEY_OPTION
@_JSON_OPTION
def keygen(*, name: str, key_file: Path, as_json: bool) -> None:
    """Make a witness's key, and print the vkey by which others check what it signs.

    NAME is how it appears under what it signs: a URL without the scheme, and without spaces and plus signs.
    """
    from cocreate.tlog.vkey import is_key_name
    from cocreate.witnessing.key_file import make_key_file
    from cocreate.witnessing.seen import make_seen

    if not is_key_name(name):
        raise Ended(
            f"{name!r} cannot be a witness's name: expected one without spaces and plus signs.", BAD_INPUT
        )
    seen_file = _seen_file(key_file)
    try:
        key = make_key_file(key_file, name).key
        make_seen(seen_file, key)
    except FileExistsError as error:
        raise Ended(
            f"{error.filename} exists, and no key is ever written over. Name another file.", BAD_INPUT
        ) from error
    except OSError as error:
        raise Ended(f"Cannot write {error.filename}: {error.strerror}.", BAD_INPUT) from error
    if as_json:
        print_json({"vkey": str(key), "key": str(key_file), "seen": str(seen_file)})
        return
    click.echo(str(key))
    note(
        f"Private key: {key_file}. What it signs will be kept in {seen_file}; without that file the key must never be used."
    )


@witness.command(
    epilog=example(
        "cocreate witness serve --key witness.key --logs open",
        "cocreate witness serve --key witness.key --logs logs.txt --host 0.0.0.0 --port 8081",
    )
)
@_KEY_OPTION
@click.option(
    "--logs",
    metavar="FILE|open",
    required=True,
    help="The records it signs for: a file with a vkey a line, read at the start; or open, for any that asks.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=int, default=PORT, show_default=True, help="Port to listen on; 0 takes any free one."
)
@click.option("--log-level", type=click.Choice(LOG_LEVELS), help="How much is logged to standard error.")
@_JSON_OPTION
def serve(*, key_file: Path, logs: str, host: str, port: int, log_level: str | None, as_json: bool) -> None:
    """Sign for other installations until Ctrl-C.

    With --json it prints one object {address, vkey} as soon as it can be asked.
    """
    settings = settings_of(host=host, port=port, log_level=log_level)
    known = None if logs == OPEN else _logs_of(Path(logs))

    def announce(address: str, vkey: str) -> None:
        if as_json:
            print_json({"address": address, "vkey": vkey})
        else:
            click.echo(f"Witness at {address}\nvkey: {vkey}\n\nCtrl-C stops it.")
        sys.stdout.flush()

    run(settings, lambda: _serve(settings, key_file, known, announce), log_level=settings.log_level)


async def _serve(
    settings: Settings,
    key_file: Path,
    logs: "dict[str, VerifierKey] | None",
    announce: Callable[[str, str], None],
) -> None:
    from cocreate.witnessing.key_file import KeyFileMalformed, load_key_file
    from cocreate.witnessing.seen import Seen, SeenUnusable
    from cocreate.witnessing.server import make_app
    from cocreate.witnessing.witness import Witness

    stop = stop_signal()
    with listening(settings) as listener:
        try:
            cosigner = load_key_file(key_file)
            seen = Seen(_seen_file(key_file), cosigner.key)
        except (KeyFileMalformed, SeenUnusable) as error:
            raise Ended(str(error), BAD_INPUT) from error
        except FileNotFoundError as error:
            raise Ended(
                f"There is no key at {key_file}. Make one: cocreate witness keygen NAME --key {key_file}",
                BAD_INPUT,
            ) from error
        async with Witness(cosigner, seen, logs) as one, serving(make_app(one), listener):
            announce(address_of(listener, settings), str(cosigner.key))
            await stop.wait()
            note("Stopping: finishing what is under way.")


def _logs_of(path: Path) -> "dict[str, VerifierKey]":
    from cocreate.tlog.errors import VerificationError
    from cocreate.witnessing.witness import read_logs

    try:
        return read_logs(path.read_bytes())
    except OSError as error:
        raise Ended(
            f"Cannot read {path}: {error.strerror}. Name a file with a vkey a line, or `open`.", BAD_INPUT
        ) from error
    except VerificationError as error:
        raise Ended(f"{path} is no list of logs: {error}.", BAD_INPUT) from error


def _seen_file(key_file: Path) -> Path:
    return key_file.with_name(f"{key_file.name}.seen")
