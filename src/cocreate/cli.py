"""The command line. Exit codes: 0 done · 1 failed · 2 wrong usage or bad input · 3 unavailable, try again · 130 interrupted.

Results go to standard output, everything else to standard error; with --json the result is one JSON object. What a command
needs is imported when it runs, so that help comes at once.
"""

import click

from cocreate import __version__
from cocreate.cli_audit import audit
from cocreate.cli_demo import demo
from cocreate.cli_export import export
from cocreate.cli_import import import_from
from cocreate.cli_import_election import blt, csv_files, pabulib, preflib
from cocreate.cli_keys import keys
from cocreate.cli_records import replay, workshop
from cocreate.cli_recover import recover
from cocreate.cli_serve import serve
from cocreate.cli_witness import witness
from cocreate.cli_workers import serve_worker


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: `cocreate serve`, then open the printed link. "
    "Exit codes: 0 done, 1 failed, 2 wrong usage or bad input, 3 unavailable (try again), 130 interrupted.",
)
@click.version_option(__version__, prog_name="cocreate")
def main() -> None:
    """Co-creation workshops on a record that anyone can check."""


for importer in (pabulib, blt, preflib, csv_files):
    import_from.add_command(importer)
for command in (
    serve,
    serve_worker,
    demo,
    import_from,
    replay,
    export,
    workshop,
    recover,
    audit,
    keys,
    witness,
):
    main.add_command(command)
