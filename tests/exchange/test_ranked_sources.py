"""Files of ranked ballots are read exactly, or refused with every bad row named at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cocreate.domain.voting.ranked import RankedRules
from cocreate.exchange import blt_source, preflib_source, votekit_source
from cocreate.exchange.csv_source import BadRows
from cocreate.exchange.election import Election, Papers, PlaceChoice, check_election

STV = Path(__file__).resolve().parents[3] / "shared" / "data" / "stv"

BLT = """4 2
-2
3 1 3 4 0
2 4 2 1 0
1 - 3 0

1 0  # blank
0
"Ada  Lovelace "
"Bob"
"Cy ""the"" Young"
"Di # Dee"
"A town"
"""
PROFILE = """VoteKit RankProfile
Candidates
(Ada:0),(Bob (B.) Brown:1),"(Dee, Di:2)"
Max Ranking Length
2
Includes Voter Set
False
=,=,=
Ranking_1,Ranking_2,&,Weight,&
{'2'},{'0'},&,3.0,&
{'1'},,&,1,&
"{'0', '1'}",{'2'},&,2.0,&
"""
SOI = """# FILE NAME: 1.soi
# TITLE: Where to meet
# DATA TYPE: soi
# PUBLICATION DATE: 2024-03-01
# NUMBER ALTERNATIVES: 3
# NUMBER VOTERS: 6
# NUMBER UNIQUE ORDERS: 3
# ALTERNATIVE NAME 1: Hall
# ALTERNATIVE NAME 2: Park
# ALTERNATIVE NAME 3: Pub
3: 1,2,3
2: 3,1
1: 2
"""
TOI = SOI.replace("soi", "toi").replace("2: 3,1", "2: {2, 3},1")

Reads = Callable[[Path], Election]


def said(election: Election) -> Counter[PlaceChoice]:
    """How many ballots say each choice."""
    found: Counter[PlaceChoice] = Counter()
    for papers in election.papers:
        found[papers.choice] += papers.times
    return found


def findings(path: Path, text: str, read: Reads) -> list[tuple[int | None, str | None]]:
    """Line and column of everything found wrong with a file of this text."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadRows) as caught:
        check_election(read(path))
    assert all(row.expected and row.found and row.file == path.name for row in caught.value.rows)
    return [(row.line, row.column) for row in caught.value.rows]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ward.blt"


def test_a_blt_file_is_read_as_it_is_written(file: Path) -> None:
    """Who has withdrawn is passed over, a preference left out too; comments, blank lines and spaces in names do not count."""
    file.write_text(BLT)
    election = blt_source.read_election(file)
    assert [one.title for one in election.options] == ["Ada Lovelace", "Bob", 'Cy ""the"" Young', "Di # Dee"]
    assert [one.withdrawn for one in election.options] == [False, True, False, False]
    assert election.papers == [
        Papers(3, (0, 2, 3), 3),
        Papers(4, (3, 0), 2),
        Papers(5, (2,), 1),
        Papers(7, (), 1),
    ]
    assert election.rules == RankedRules(method="ranked", count="stv", choices_max=3, seats=2)
    assert (election.headings.title, election.voters) == ("A town", 7)
    check_election(election)
    borda = blt_source.read_election(file, count="borda", seats=1).rules
    assert borda == RankedRules(method="ranked", count="borda", choices_max=3, seats=1)


def test_equals_are_kept_where_the_count_takes_them(file: Path) -> None:
    """As (candidate, place) pairs without a gap; where it does not, the line is told."""
    text = BLT.replace("2 4 2 1 0", "2 1=3 2 4 0")
    file.write_text(text)
    election = blt_source.read_election(file, count="schulze")
    check_election(election)
    assert election.papers[1].choice == ((0, 1), (2, 1), (3, 2))
    assert findings(file, text, blt_source.read_election) == [(4, None)]


BAD_BLT: list[tuple[str, str, list[tuple[int | None, str | None]]]] = [
    ("4 2\n", "4\n", [(1, None)]),
    ("4 2\n", "four 2\n", [(1, "candidates")]),
    ("4 2\n", "4 0\n", [(1, "seats")]),
    ("\n0\n", "\n", [(None, None)]),
    ("-2\n", "-5\n", [(2, "withdrawn")]),
    ("3 1 3 4 0", "3 1 3 4", [(3, None)]),
    ("3 1 3 4 0", "x 1 3 4 0", [(3, "ballots")]),
    ("3 1 3 4 0", "1.5 1 3 4 0", [(3, "ballots")]),
    ("3 1 3 4 0", "3 1 5 x 0", [(3, "candidate")]),
    ("3 1 3 4 0", "3 1 3 1 0", [(3, "candidate")]),
    ("3 1 3 4 0", "100000 1 3 4 0", [(None, None)]),
    ('"Bob"', "Bob", [(10, None)]),
    ('"A town"\n', '"A town"\n"Second"\n', [(None, None)]),
    ('"A town"\n', "", []),
    ('"Di # Dee"\n"A town"\n', "", [(None, None)]),
]


@pytest.mark.parametrize(("part", "by", "found"), BAD_BLT)
def test_bad_lines_of_a_blt_file_are_told(
    file: Path, part: str, by: str, found: list[tuple[int | None, str | None]]
) -> None:
    """More ballots than a workshop has room for is one of these; a file may do without its title."""
    text = BLT.replace(part, by, 1)
    if found:
        assert findings(file, text, blt_source.read_election) == found
    else:
        file.write_text(text)
        assert blt_source.read_election(file).headings.title == "ward"


def test_an_empty_file_is_no_election(file: Path) -> None:
    for read in (blt_source.read_election, preflib_source.read_election):
        assert findings(file, "", read)


def test_more_candidates_than_anybody_orders_are_refused(file: Path) -> None:
    names = "".join(f'"{number}"\n' for number in range(121))
    assert findings(file, f"121 1\n1 1 0\n0\n{names}", blt_source.read_election) == [(None, None)]


def test_a_profile_of_votekit_is_read_as_it_is_written(file: Path) -> None:
    """Candidates by their numbers from 0, weights that are whole; equals where the count takes them."""
    file.write_text(PROFILE)
    assert votekit_source.is_profile(file)
    election = votekit_source.read_election(file, seats=2, count="schulze")
    check_election(election)
    assert [one.title for one in election.options] == ["Ada", "Bob (B.) Brown", "Dee, Di"]
    assert said(election) == {(2, 0): 3, (1,): 1, ((0, 1), (1, 1), (2, 2)): 2}


BAD_PROFILES: list[tuple[str, str, list[tuple[int | None, str | None]]]] = [
    ("{'1'},,&", "{'3'},,&", [(11, "candidate")]),
    ("{'1'},,&", "1,,&", [(11, "Ranking")]),
    ("{'1'},,&,1,", "{'1'},,&,1.5,", [(11, "ballots")]),
    ("{'1'},,&", "{'1'},&", [(11, None)]),
    ("Weight", "Weigh", [(9, "Weight")]),
    ("Ranking_1", "Rank", [(None, None)]),
    ("Candidates", "Names", [(None, None)]),
    ("(Ada:0)", "(Ada:1)", [(3, "Candidates")]),
]


@pytest.mark.parametrize(("part", "by", "found"), BAD_PROFILES)
def test_bad_rows_of_a_profile_are_told(
    file: Path, part: str, by: str, found: list[tuple[int | None, str | None]]
) -> None:
    def read(path: Path) -> Election:
        return votekit_source.read_election(path, seats=1, count="schulze")

    assert findings(file, PROFILE.replace(part, by, 1), read) == found


def test_a_file_of_preflib_is_read_as_it_is_written(file: Path) -> None:
    """One seat goes by instant runoff, several by STV, and ballots with equals by Schulze, unless told otherwise."""
    file.write_text(SOI)
    election = preflib_source.read_election(file)
    check_election(election)
    assert [one.title for one in election.options] == ["Hall", "Park", "Pub"]
    assert said(election) == {(0, 1, 2): 3, (2, 0): 2, (1,): 1}
    assert (election.rule, election.headings.title) == ("irv", "Where to meet")
    assert election.headings.starts_at == 1709251200000
    assert preflib_source.read_election(file, seats=2).rule == "stv"
    file.write_text(TOI)
    equal = preflib_source.read_election(file)
    check_election(equal)
    assert equal.rule == "schulze"
    assert said(equal)[(1, 1), (2, 1), (0, 2)] == 2
    assert preflib_source.read_election(file, count="borda").rule == "borda"


BAD_PREFLIB: list[tuple[str, str, list[tuple[int | None, str | None]]]] = [
    ("DATA TYPE: soi", "DATA TYPE: cat", [(3, "DATA TYPE")]),
    ("# DATA TYPE: soi\n", "", [(None, "DATA TYPE")]),
    ("ALTERNATIVES: 3", "ALTERNATIVES: some", [(5, "NUMBER ALTERNATIVES")]),
    ("# ALTERNATIVE NAME 3: Pub\n", "", [(None, "ALTERNATIVE NAME 3")]),
    ("NAME 3: Pub", "NAME 2: Pub", [(10, "ALTERNATIVE NAME 2"), (None, "ALTERNATIVE NAME 3")]),
    ("VOTERS: 6", "VOTERS: 7", [(6, "NUMBER VOTERS")]),
    ("ORDERS: 3", "ORDERS: 4", [(7, "NUMBER UNIQUE ORDERS")]),
    ("2: 3,1", "2: 3,4", [(12, "candidate")]),
    ("2: 3,1", "2: 3,3", [(12, "candidate")]),
    ("2: 3,1", "2: 3 1", [(12, None)]),
    ("2: 3,1", "3,1", [(12, None)]),
    ("2: 3,1", "0: 3,1", [(12, "ballots")]),
    ("2: 3,1", "2: {3,1}", [(12, None)]),
    ("2: 3,1", "2: {3,1", [(12, None)]),
    ("TYPE: soi", "TYPE: soc", [(12, None), (13, None)]),
]


@pytest.mark.parametrize(("part", "by", "found"), BAD_PREFLIB)
def test_bad_lines_of_preflib_are_told(
    file: Path, part: str, by: str, found: list[tuple[int | None, str | None]]
) -> None:
    """A file that says it is of one type and is of another is one of these, and so is one that was cut short."""
    assert findings(file, SOI.replace(part, by, 1), preflib_source.read_election) == found


def test_the_older_format_of_preflib_is_told_apart(file: Path) -> None:
    """It begins with a number, and everything else would have to be guessed."""
    assert findings(file, "3\n1,Hall\n2,Park\n3,Pub\n6,6,3\n3,1,2,3\n", preflib_source.read_election) == [
        (None, None)
    ]


def test_equals_under_a_count_that_takes_none_are_told_by_line(file: Path) -> None:
    def read(path: Path) -> Election:
        return preflib_source.read_election(path, count="stv")

    assert findings(file, TOI, read) == [(12, None)]


@pytest.mark.skipif(not STV.exists(), reason=f"the real elections are not at {STV}")
@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("glasgow2007/Govan-2007.blt", (11, 4, 9560, "GOVAN Ward")),
        ("glasgow2007/Canal-2007.blt", (11, 4, 8624, "CANAL")),
        ("Portland_D1_cleaned_votekit_pref_profile.csv", (17, 3, 42_871, None)),
    ],
)
def test_a_real_file_is_read_whole(name: str, facts: tuple[Any, ...]) -> None:
    """Candidates, seats, ballots and title."""
    path = STV / name
    candidates, seats, ballots, title = facts
    if votekit_source.is_profile(path):
        election = votekit_source.read_election(path, seats=seats)
    else:
        election = blt_source.read_election(path)
        assert election.headings.title == title
    check_election(election)
    assert isinstance(election.rules, RankedRules)
    assert (len(election.options), election.rules.seats, election.voters) == (candidates, seats, ballots)
