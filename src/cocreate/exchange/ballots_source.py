"""Ideas and ballots as CSV: `id,title,text,cost`, of which title and cost may be missing, and `voter,choice`.

A choice names ideas with semicolons between them: as they are, in order with equals joined by `=` where the method ranks, and
with a number behind `=` where it takes numbers (`a=3;b=2`). An apostrophe that guards a text from spreadsheets is taken off.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cocreate.domain.idea import IDEA_TEXT_LENGTH_MAX, IDEA_TITLE_LENGTH_MAX, IDEAS_PER_PARTICIPANT_MAX
from cocreate.domain.participant import PARTICIPANTS_MAX
from cocreate.domain.voting import METHODS, Rules
from cocreate.domain.voting.method import MARK_MAX
from cocreate.exchange.csv_source import Findings, SourceFile, WholeNumber, quoted, read_file, rows
from cocreate.exchange.election import (
    Election,
    ElectionOption,
    Headings,
    IdeaList,
    Papers,
    PlaceChoice,
)
from cocreate.exchange.pb_file import AMOUNT_EXPECTED, Ids, read_amount
from cocreate.exchange.ranked_source import Order, choice_of_order
from cocreate.exchange.tables import unguarded

IMPORTER: Final = "csv"
_NUMBERED: Final = ("consent", "dots", "quadratic", "score")
_NUMBER: Final = WholeNumber("choice", -MARK_MAX, MARK_MAX)
_BETWEEN: Final = (";", "=")


def read_ideas(path: Path, headings: Headings) -> IdeaList:
    """Read ideas whole, or raise BadRows with everything that is wrong with them."""
    findings = Findings()
    file, options = _ideas(path, findings, costs=False)
    findings.raise_if_any()
    return IdeaList(IMPORTER, file, headings, options)


def read_election(ideas: Path, ballots: Path, rules: Rules, headings: Headings) -> Election:
    """Read ideas and the ballots on them whole, or raise BadRows with everything that is wrong with them."""
    findings = Findings()
    beside, options = _ideas(ideas, findings, costs=hasattr(rules, "budget"))
    file = read_file(ballots.parent, ballots.name, findings, required=True)
    if file is None:
        findings.refuse()
    if METHODS[rules.method].per_option:
        expected = "rules of a method with one ballot for each voter"
        findings.add(file.name, None, "choice", expected=expected, found=rules.method)
    # Where no idea could be read, each ballot would be one more finding about the same fault.
    places = {option.id: place for place, option in enumerate(options)}
    papers = [] if findings and not places else _papers(file, rules, places, findings)
    findings.raise_if_any()
    return Election(IMPORTER, file, headings, rules.method, rules, options, papers, beside=beside)


def _ideas(path: Path, findings: Findings, *, costs: bool) -> tuple[SourceFile, list[ElectionOption]]:
    file = read_file(path.parent, path.name, findings, required=True)
    if file is None:
        findings.refuse()
    ids, options = Ids(file, "id", findings), list[ElectionOption]()
    columns = rows(
        file, ("id", "text"), findings, rows_max=IDEAS_PER_PARTICIPANT_MAX, optional=("title", "cost")
    )
    for line, (idea, *texts, price) in columns:
        ids.take(line, idea)
        if any(sign in idea for sign in _BETWEEN):
            findings.add(file.name, line, "id", expected="an id without ; and =", found=quoted(idea))
        text, title = (unguarded(one).strip() for one in texts)
        limits = (("text", text, IDEA_TEXT_LENGTH_MAX), ("title", title, IDEA_TITLE_LENGTH_MAX))
        for column, told, length_max in limits:
            if len(told) > length_max or "\x00" in told:
                expected = f"at most {length_max} characters, none of them U+0000"
                findings.add(file.name, line, column, expected=expected, found=quoted(told))
        if not text:
            findings.add(file.name, line, "text", expected="a text", found="none")
        cost = read_amount(price)
        if costs and cost is None:
            findings.add(file.name, line, "cost", expected=AMOUNT_EXPECTED, found=quoted(price))
        options.append(ElectionOption(idea, title, text, cost if costs else None, labelled=False))
    if not options and not findings:
        findings.add(file.name, None, None, expected="an idea", found="none")
    return file, options


def _papers(file: SourceFile, rules: Rules, places: Mapping[str, int], findings: Findings) -> list[Papers]:
    papers: list[Papers] = []
    voters = Ids(file, "voter", findings)
    for line, (voter, said) in rows(file, ("voter", "choice"), findings, rows_max=PARTICIPANTS_MAX):
        voters.take(line, voter)
        choice = _choice(rules, [one.strip() for one in said.split(";") if one.strip()], places)
        if isinstance(choice, str):
            findings.add(file.name, line, "choice", expected=choice, found=quoted(said))
        else:
            papers.append(Papers(line, choice))
    return papers


def _choice(rules: Any, said: Sequence[str], places: Mapping[str, int]) -> PlaceChoice | str:
    """The choice, or what was expected instead."""
    if rules.method in _NUMBERED or getattr(rules, "ballot", "approval") != "approval":
        pairs = [one.partition("=") for one in said]
        numbered = [(places.get(idea.strip()), _NUMBER.read(number.strip())) for idea, _, number in pairs]
        whole = tuple(
            (place, number) for place, number in numbered if place is not None and number is not None
        )
        return whole if len(whole) == len(said) else "ideas with a number each, such as a=3;b=2"
    ranks = [[idea.strip() for idea in one.split("=")] for one in said]
    if any(idea not in places for rank in ranks for idea in rank):
        return "ids of the ideas with ; between them"
    order: Order = tuple(tuple(sorted(places[idea] for idea in rank)) for rank in ranks)
    named = [place for rank in order for place in rank]
    if len(set(named)) < len(named):
        return "each idea once"
    if rules.method != "ranked" and len(named) > len(order):
        return "ideas without equals or numbers"
    return choice_of_order(order)
