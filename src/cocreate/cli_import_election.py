"""`cocreate import pabulib`: an election of others becomes a workshop, is counted again, and laid beside its result."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cocreate.cli_import import progress_of, require_licence
from cocreate.cli_options import BAD_INPUT, Ended, example, note, print_json, run, settings_of, store_options
from cocreate.config import Settings

if TYPE_CHECKING:
    from cocreate.exchange.election import Election
    from cocreate.exchange.election_import import Recount

LICENCE_UNKNOWN = "unknown"
PB_RULES = ("greedy", "greedy-no-skip", "greedy-threshold", "equalshares", "equalshares/add1")


@click.command(
    epilog=example(
        "cocreate import pabulib ./poland_warszawa_2023_wola.pb",
        "cocreate import pabulib ./budget.pb --rule equalshares/add1 --json",
    )
)
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--rule", type=click.Choice(PB_RULES), help="Count it under this rule. Default: the rule that FILE tells."
)
@click.option("--licence", help="Of the data, as an SPDX id. Default: unknown.")
@store_options
def pabulib(
    *,
    file: Path,
    rule: Any,
    licence: str | None,
    database: str | None,
    key_file: Path | None,
    log_level: str | None,
    as_json: bool,
) -> None:
    """Import a participatory-budgeting election: FILE is a .pb file of Pabulib.

    Projects become ideas, voters imported participants; the round is closed, counted and certified, and the result laid
    beside what the city chose. The same file is the same workshop: a run that was interrupted is resumed.
    """
    settings = settings_of(database=database, key_file=key_file, log_level=log_level)

    def read() -> "Election":
        from cocreate.exchange.pabulib_source import read_election

        return read_election(file.resolve(), rule)

    facts = run(
        settings,
        lambda: _import(settings, read(), licence),
        log_level=log_level or "warning",
        interrupted="Interrupted. Run the same command again to resume.",
    )
    if as_json:
        print_json(facts)
    else:
        _print(facts, settings)


async def _import(settings: Settings, election: "Election", licence: str | None) -> dict[str, Any]:
    from cocreate.bootstrap import opened_service
    from cocreate.exchange.election_import import OtherRules, import_election, recount_of

    require_licence(licence)
    for line in election.notes:
        note(line)
    async with opened_service(settings) as service:
        try:
            with progress_of(election.voters) as progress:
                record = await import_election(
                    service, election, licence=licence or LICENCE_UNKNOWN, progress=progress
                )
        except OtherRules as error:
            raise Ended(str(error), BAD_INPUT) from error
        if record.resumed:
            note("This file was imported before: the same workshop, with what was missing.")
        return {
            "workshop": record.workshop,
            **facts_of(election, await recount_of(service, record, election)),
        }


def facts_of(election: "Election", recount: "Recount") -> dict[str, Any]:
    """What `--json` prints of the recount: options as the source calls them, amounts in its own units."""
    from cocreate.exchange.pb_file import in_units

    def called(places: Any) -> list[str]:
        return [election.options[place].id for place in places]

    facts: dict[str, Any] = {
        "round": recount.round,
        "rule": election.rule,
        "ballots": recount.certificate.reconciliation.standing,
        "elected": called(recount.elected),
    }
    budget: int | None = getattr(election.rules, "budget", None)
    if budget is None:
        return facts
    cost = sum(election.options[place].cost or 0 for place in recount.elected)
    facts |= {"budget": in_units(budget), "cost": in_units(cost), "reported": None, "equal": None}
    if election.reported is not None:
        ours, theirs = set(recount.elected), set(election.reported)
        facts |= {"reported": called(election.reported), "equal": ours == theirs}
        if ours != theirs:
            facts["differs"] = {
                "only_elected": called(place for place in recount.elected if place not in theirs),
                "only_reported": called(place for place in election.reported if place not in ours),
            }
    return facts


def _print(facts: dict[str, Any], settings: Settings) -> None:
    click.echo(f"Workshop  {facts['workshop']}")
    click.echo(f"Database  {settings.shown_database}")
    click.echo(f"Rule      {facts['rule']}")
    click.echo(f"Ballots   {facts['ballots']}")
    click.echo(f"Elected   {', '.join(facts['elected']) or 'none'}")
    if "budget" in facts:
        click.echo(f"Cost      {facts['cost']} of {facts['budget']}")
    if facts.get("equal"):
        click.echo("Equal     to what the source reports")
    for word, key in (("Elected here alone", "only_elected"), ("Reported alone", "only_reported")):
        if one := facts.get("differs", {}).get(key):
            click.echo(f"{word}: {', '.join(one)}")
    note("See it with `cocreate serve` on the same database.")
