"""`cocreate import pabulib`, `blt`, `preflib` and `csv`: what others decided becomes a workshop and is counted again."""

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cocreate.cli_import import progress_of, require_licence
from cocreate.cli_options import BAD_INPUT, Ended, example, note, print_json, run, settings_of, store_options
from cocreate.config import Settings

if TYPE_CHECKING:
    from cocreate.domain.voting import Rules
    from cocreate.exchange.election import Election, Headings
    from cocreate.exchange.election_import import Recount

F = TypeVar("F", bound=Callable[..., Any])

LICENCE_UNKNOWN = "unknown"
COUNTS = ("stv", "irv", "schulze", "borda")
PB_RULES = (
    "greedy",
    "greedy-no-skip",
    "greedy-threshold",
    "equalshares",
    "equalshares/add1",
    "equalshares/add1-greedy",
)


def _file_options(command: F) -> F:
    """What every command here takes, beside its own options."""
    options = (
        click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
        click.option("--licence", help="Of the data, as an SPDX id. Default: unknown."),
        store_options,
    )
    for option in reversed(options):
        command = option(command)
    return command


def _election(read: "Callable[..., Election]") -> Callable[..., None]:
    """A command from what reads its FILE; `read` takes the file and the command's own options, and has its words of help."""

    @_file_options
    @wraps(read)
    def command(
        *,
        file: Path,
        licence: str | None,
        database: str | None,
        key_file: Path | None,
        log_level: str | None,
        as_json: bool,
        **own: Any,
    ) -> None:
        settings = settings_of(database=database, key_file=key_file, log_level=log_level)
        _run(
            settings,
            lambda: read(file.resolve(), **own),
            licence=licence,
            log_level=log_level,
            as_json=as_json,
        )

    return command


@click.command(
    epilog=example(
        "cocreate import pabulib ./poland_warszawa_2023_wola.pb",
        "cocreate import pabulib ./budget.pb --rule equalshares/add1 --json",
    )
)
@_election
@click.option(
    "--rule", type=click.Choice(PB_RULES), help="Count it under this rule. Default: the rule that FILE tells."
)
def pabulib(file: Path, *, rule: Any) -> "Election":
    """Import a participatory-budgeting election: FILE is a .pb file of Pabulib.

    Projects become ideas, voters imported participants; the round is closed, counted and certified, and the result laid
    beside what the city chose. The same file is the same workshop: a run that was interrupted is resumed.
    """
    from cocreate.exchange.pabulib_source import read_election

    return read_election(file, rule)


@click.command(
    epilog=example("cocreate import blt ./govan.blt", "cocreate import blt ./portland.csv --seats 3 --json")
)
@_election
@click.option("--count", type=click.Choice(COUNTS), default="stv", show_default=True, help="How to count.")
@click.option("--seats", type=click.IntRange(1, 100), help="Seats to fill. Default: as FILE tells.")
def blt(file: Path, *, count: Any, seats: int | None) -> "Election":
    """Import an election by ranked ballots: FILE is in BLT, or a profile of VoteKit, which needs --seats.

    Candidates become ideas, each ballot an imported participant; the round is closed, counted and certified. The same file
    is the same workshop: a run that was interrupted is resumed.
    """
    from cocreate.exchange import blt_source, votekit_source

    if not votekit_source.is_profile(file):
        return blt_source.read_election(file, count=count, seats=seats)
    if seats is None:
        raise Ended(f"{file} does not tell how many seats there are. Expected --seats.", BAD_INPUT)
    return votekit_source.read_election(file, count=count, seats=seats)


@click.command(
    epilog=example(
        "cocreate import preflib ./00004-00000001.soi",
        "cocreate import preflib ./choices.toi --count borda --seats 2 --json",
    )
)
@_election
@click.option(
    "--count",
    type=click.Choice(COUNTS),
    help="How to count. Default: schulze where ballots may have equals, else irv for one seat, stv for more.",
)
@click.option("--seats", type=click.IntRange(1, 100), default=1, show_default=True, help="Seats to fill.")
def preflib(file: Path, *, count: Any, seats: int) -> "Election":
    """Import ranked ballots of PrefLib: FILE is of type soc, soi, toc or toi.

    Alternatives become ideas, each ballot an imported participant; the round is closed, counted and certified. The same file
    is the same workshop: a run that was interrupted is resumed.
    """
    from cocreate.exchange.preflib_source import read_election

    return read_election(file, count=count, seats=seats)


@click.command(
    "csv",
    epilog=example(
        "cocreate import csv ./ideas.csv",
        "cocreate import csv ./ideas.csv --ballots ./ballots.csv "
        '--rules \'{"method":"approval","choices_max":3,"seats":1}\' --json',
    ),
)
@_file_options
@click.option(
    "--ballots",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The ballots: columns voter and choice.",
)
@click.option("--rules", metavar="JSON", help="What the ballots are counted by: the rules of a round.")
@click.option("--title", help="Of the workshop. Default: the name of FILE.")
@click.option("--host", help="Whose workshop it is. Default: CSV.")
def csv_files(
    *,
    file: Path,
    ballots: Path | None,
    rules: str | None,
    title: str | None,
    host: str | None,
    licence: str | None,
    database: str | None,
    key_file: Path | None,
    log_level: str | None,
    as_json: bool,
) -> None:
    """Import ideas from CSV: FILE has columns id and text, and title and cost if you like.

    With --ballots and --rules they are voted on: each choice names ids with semicolons between them; equals of a ranking are
    joined by =, and numbers stand behind it (a=3;b=2). The result is certified. The same files are the same workshop.
    """
    settings = settings_of(database=database, key_file=key_file, log_level=log_level)
    if (ballots is None) != (rules is None):
        raise Ended(
            "Ballots need rules to be counted by. Expected --ballots and --rules, or neither.", BAD_INPUT
        )

    def headings() -> "Headings":
        from cocreate.exchange.election import Headings

        return Headings(title=title or file.stem, host=host or "CSV")

    def read() -> "Election":
        from cocreate.exchange.ballots_source import read_election

        assert ballots is not None, "the caller has ballots"
        return read_election(file.resolve(), ballots.resolve(), _rules(rules or ""), headings())

    if ballots is not None:
        _run(settings, read, licence=licence, log_level=log_level, as_json=as_json)
        return
    facts = run(
        settings,
        lambda: _import_ideas(settings, file.resolve(), headings(), licence),
        log_level=log_level or "warning",
        interrupted="Interrupted. Run the same command again to resume.",
    )
    if as_json:
        print_json(facts)
    else:
        click.echo(f"Workshop  {facts['workshop']}\nIdeas     {facts['ideas']}")


def _rules(said: str) -> "Rules":
    """The rules of a round as the API takes them, and of every other method too."""
    from pydantic import TypeAdapter, ValidationError

    from cocreate.domain.voting import Rules

    adapter: TypeAdapter[Rules] = TypeAdapter(Rules)
    try:
        return adapter.validate_json(said)
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5])
        raise Ended(f"--rules: expected the rules of a round as JSON, found {found}.", BAD_INPUT) from error


async def _import_ideas(
    settings: Settings, file: Path, headings: "Headings", licence: str | None
) -> dict[str, Any]:
    from cocreate.bootstrap import opened_service
    from cocreate.exchange.ballots_source import read_ideas
    from cocreate.exchange.election_import import import_ideas

    require_licence(licence)
    ideas = read_ideas(file, headings)
    async with opened_service(settings) as service:
        record = await import_ideas(service, ideas, licence=licence or LICENCE_UNKNOWN)
        if record.resumed:
            note("This file was imported before: the same workshop, with what was missing.")
        return {"workshop": record.workshop, "ideas": len(ideas.options)}


def _run(
    settings: Settings,
    read: Callable[[], "Election"],
    *,
    licence: str | None,
    log_level: str | None,
    as_json: bool,
) -> None:
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
    """What `--json` prints of the recount: projects by the source's ids, candidates by name; amounts in the source's units."""
    from cocreate.domain.voting.ranked import RankedRules
    from cocreate.domain.voting.stv import SCALE

    facts: dict[str, Any] = {
        "round": recount.round,
        "rule": election.rule,
        "ballots": recount.certificate.reconciliation.standing,
    }
    facts["elected"] = [_called(election, place) for place in recount.elected]
    if not isinstance(election.rules, RankedRules):
        budget = getattr(election.rules, "budget", None)
        return facts if budget is None else facts | _budget_facts(election, recount, budget)
    facts["seats"] = election.rules.seats
    quota = next((step["quota"] for step in recount.steps if step["step"] == "quota"), None)
    return facts if quota is None else {**facts, "quota": quota // SCALE}


def _called(election: "Election", place: int) -> str:
    """A candidate's name; what the source calls anything else."""
    option = election.options[place]
    return option.title if election.rules.method == "ranked" and option.labelled else option.id


def _budget_facts(election: "Election", recount: "Recount", budget: int) -> dict[str, Any]:
    from cocreate.exchange.pb_file import in_units

    def called(places: Iterable[int]) -> list[str]:
        return [_called(election, place) for place in places]

    ours, theirs = recount.elected, election.reported
    facts: dict[str, Any] = {
        "budget": in_units(budget),
        "cost": in_units(sum(election.options[place].cost or 0 for place in ours)),
        "reported": None if theirs is None else called(theirs),
        "equal": None if theirs is None else set(ours) == set(theirs),
    }
    if theirs is not None and not facts["equal"]:
        facts["differs"] = {
            "only_elected": called(place for place in ours if place not in theirs),
            "only_reported": called(place for place in theirs if place not in ours),
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
    if "quota" in facts:
        click.echo(f"Quota     {facts['quota']} for {facts['seats']} seats")
    if facts.get("equal"):
        click.echo("Equal     to what the source reports")
    for word, key in (("Elected here alone", "only_elected"), ("Reported alone", "only_reported")):
        if one := facts.get("differs", {}).get(key):
            click.echo(f"{word}: {', '.join(one)}")
    note("See it with `cocreate serve` on the same database.")
