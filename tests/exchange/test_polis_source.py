"""A Polis export is read exactly, or refused with every bad row named at once."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.exchange.csv_source import BAD_ROWS_SHOWN_MAX, BadRows
from cocreate.exchange.polis_source import (
    Conversation,
    StatementRow,
    VoteRow,
    licence_of,
    merged,
    read_conversation,
)
from tests.exchange.polis_matrix import read_matrix

POLIS = Path(__file__).resolve().parents[3] / "shared" / "data" / "polis"
CONVERSATIONS = ["15-per-hour-seattle", "bg2050-volunteers", "brexit-consensus", "vtaiwan.uberx"]
TEXT_LENGTH_MAX = 1000

COMMENTS = "timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"
VOTES = "timestamp,datetime,comment-id,voter-id,vote\n"
ONE_COMMENT = COMMENTS + "100,then,7,1,1,0,1,We need more trees\n"
ONE_VOTE = VOTES + "101,then,7,2,1\n"


def write_export(
    folder: Path,
    *,
    comments: str | bytes = ONE_COMMENT,
    votes: str | bytes = ONE_VOTE,
    summary: str | None = None,
) -> Path:
    """An export folder with these files."""
    for name, content in {"comments.csv": comments, "votes.csv": votes, "summary.csv": summary}.items():
        if content is not None:
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(folder: Path) -> Conversation:
    """The conversation of a folder, with the limit these tests use."""
    return read_conversation(folder, text_length_max=TEXT_LENGTH_MAX)


def findings(folder: Path) -> list[tuple[str, int | None, str | None]]:
    """File, line and column of everything found wrong with a folder."""
    with pytest.raises(BadRows) as caught:
        read(folder)
    assert caught.value.total == len(caught.value.rows)
    assert all(row.expected and row.found for row in caught.value.rows)
    return [(row.file, row.line, row.column) for row in caught.value.rows]


@pytest.fixture(params=CONVERSATIONS)
def published(request: pytest.FixtureRequest) -> Path:
    """One of the published conversations, or a skip where they are absent."""
    folder = POLIS / str(request.param)
    if not folder.is_dir():
        pytest.skip(f"published conversations not found: {folder}")
    return folder


def expected_of(folder: Path) -> dict[str, Any]:
    """What is known of a published conversation."""
    known: dict[str, dict[str, Any]] = json.loads((POLIS / "expected.json").read_text(encoding="utf-8"))
    return known[folder.name]


class TestPublishedConversations:
    """The four real conversations, which nobody here wrote."""

    def test_every_count_is_the_known_one(self, published: Path) -> None:
        """Rows, pairs, re-votes, voters, moderation and the standing votes by value."""
        conversation, expected = read(published), expected_of(published)
        standing = {(row.voter_id, row.comment_id): row.vote for row in conversation.votes}
        assert len(conversation.votes) == expected["vote_rows"]
        assert len(standing) == expected["distinct_voter_comment"]
        assert len(conversation.votes) - len(standing) == expected["revotes"]
        assert len({row.voter_id for row in conversation.votes}) == expected["voters"]
        assert len(conversation.statements) == expected["comments"]
        assert Counter(str(row.moderated) for row in conversation.statements) == expected["moderated"]
        assert Counter(str(vote) for vote in standing.values()) == expected["latest_counts"]
        assert min(row.timestamp_ms for row in conversation.votes) == int(expected["first"])
        assert max(row.timestamp_ms for row in conversation.votes) == int(expected["last"])

    def test_the_last_votes_are_the_matrix_of_the_source(self, published: Path) -> None:
        """In the order of the merge, which is the order in which they are cast again."""
        conversation = read(published)
        history = [row for row in merged(conversation) if isinstance(row, VoteRow)]
        assert {(row.voter_id, row.comment_id): row.vote for row in history} == read_matrix(published)

    def test_agreement_is_plus_one_in_the_files(self, published: Path) -> None:
        """The agrees column counts the +1 rows of every statement, re-votes included."""
        assert read(published).agree_sign == 1

    def test_turned_votes_are_turned_back(self, published: Path, tmp_path: Path) -> None:
        """The same conversation as an exporter writes it that keeps the stored sign gives the same votes."""
        head, *lines = (published / "votes.csv").read_text(encoding="utf-8").splitlines()
        turned = [f"{rest},{-int(vote)}" for rest, _, vote in (line.rpartition(",") for line in lines)]
        comments = (published / "comments.csv").read_bytes()
        write_export(tmp_path, comments=comments, votes="\n".join([head, *turned]))
        assert read(tmp_path).agree_sign == -1
        assert read(tmp_path).votes == read(published).votes

    def test_the_merge_keeps_everything_in_its_order(self, published: Path) -> None:
        """Time never goes back, and each statement comes before its first vote."""
        conversation = read(published)
        history = list(merged(conversation))
        assert len(history) == len(conversation.statements) + len(conversation.votes)
        times = [row.timestamp_ms for row in history]
        assert times == sorted(times)
        said: set[int] = set()
        for row in history:
            if isinstance(row, StatementRow):
                said.add(row.comment_id)
            assert row.comment_id in said

    def test_the_source_is_known_by_its_files_and_address(self, published: Path) -> None:
        """Digests of the very files, and the licence the publisher gives."""
        conversation = read(published)
        assert conversation.topic
        assert conversation.description
        assert licence_of(conversation.url) == "CC-BY-4.0"
        assert conversation.files == tuple(
            (name, sha256((published / name).read_bytes()).hexdigest())
            for name in ("comments.csv", "votes.csv", "summary.csv")
        )


class TestReading:
    """What a good export may look like."""

    def test_the_newer_header_and_more_columns_are_read(self, tmp_path: Path) -> None:
        """Columns are found by name, wherever they stand."""
        write_export(
            tmp_path,
            comments="comment-body,timestamp,comment-id,author-id,agrees,disagrees,moderated,is-seed,importance\n"
            "More trees,100,7,1,1,0,-1,true,0.5\n",
            votes="vote,voter-id,comment-id,timestamp,important\n1,2,7,101,0\n",
        )
        conversation = read(tmp_path)
        assert conversation.statements == [StatementRow(2, 100, 7, 1, -1, "More trees")]
        assert conversation.votes == [VoteRow(2, 101, 7, 2, 1)]

    def test_a_text_over_several_lines_is_one_row(self, tmp_path: Path) -> None:
        """It stands on its first line, and the next row on the line after its last."""
        body = 'First, a "word"\n\nthen more\r\n'
        quoted_body = body.replace('"', '""')
        write_export(
            tmp_path, comments=f'{COMMENTS}100,x,7,1,1,0,1,"{quoted_body}"\n\n101,x,8,1,0,0,1,Next\n'
        )
        assert [(row.line, row.body) for row in read(tmp_path).statements] == [(2, body), (7, "Next")]

    def test_a_byte_order_mark_and_other_line_ends_are_no_matter(self, tmp_path: Path) -> None:
        """The digest is of the bytes as they are all the same."""
        comments = b"\xef\xbb\xbf" + ONE_COMMENT.replace("\n", "\r\n").encode()
        conversation = read(write_export(tmp_path, comments=comments))
        assert conversation.statements == [StatementRow(2, 100, 7, 1, 1, "We need more trees")]
        assert conversation.files[0] == ("comments.csv", sha256(comments).hexdigest())

    def test_without_a_summary_the_rest_is_read(self, tmp_path: Path) -> None:
        """Topic, description and address are empty then, and the licence unknown."""
        conversation = read(write_export(tmp_path))
        assert (conversation.topic, conversation.description, conversation.url) == ("", "", "")
        assert [name for name, _ in conversation.files] == ["comments.csv", "votes.csv"]
        assert licence_of(conversation.url) == "unknown"

    def test_counters_that_are_a_little_off_do_not_turn_the_votes(self, tmp_path: Path) -> None:
        """Nor do counters that say nothing at all."""
        votes = VOTES + "".join(f"{100 + voter},x,7,{voter},1\n" for voter in range(20))
        for agrees, disagrees in [(18, 0), (21, 2), (0, 0), (9, 11)]:
            write_export(tmp_path, comments=f"{COMMENTS}1,x,7,1,{agrees},{disagrees},1,Trees\n", votes=votes)
            assert read(tmp_path).agree_sign == 1
        write_export(tmp_path, comments=f"{COMMENTS}1,x,7,1,1,19,1,Trees\n", votes=votes)
        assert read(tmp_path).agree_sign == -1

    @pytest.mark.parametrize(
        ("url", "licence"),
        [
            ("http://www.pol.is/2demo/", "CC-BY-4.0"),
            ("https://pol.is/2demo2", "unknown"),
            ("https://pol.is.example/2demo", "unknown"),
            ("https://example.org/pol.is/2demo", "unknown"),
            ("2demo", "unknown"),
            ("https://[pol.is/2demo", "unknown"),
        ],
    )
    def test_a_licence_is_assumed_for_known_addresses_only(self, url: str, licence: str) -> None:
        """An address that only looks like a published one tells nothing."""
        assert licence_of(url) == licence


class TestMerge:
    """One history out of two files."""

    def test_statements_come_first_at_equal_times_then_file_order(self) -> None:
        """Whatever order the files have."""
        first, second = StatementRow(2, 200, 5, 1, 1, "b"), StatementRow(3, 100, 9, 1, 1, "a")
        third = StatementRow(4, 100, 3, 1, 1, "c")
        votes = [
            VoteRow(2, 300, 5, 1, 1),
            VoteRow(3, 200, 9, 1, 0),
            VoteRow(4, 200, 3, 1, -1),
            VoteRow(5, 100, 9, 2, 1),
        ]
        history = merged(conversation_of([first, second, third], votes))
        assert list(history) == [second, third, votes[3], first, votes[1], votes[2], votes[0]]

    def test_a_vote_never_comes_before_its_statement(self) -> None:
        """Early votes wait for it, in their own order of time."""
        statement, other = StatementRow(2, 500, 1, 1, 1, "late"), StatementRow(3, 10, 2, 1, 1, "early")
        votes = [
            VoteRow(2, 300, 1, 1, -1),
            VoteRow(3, 100, 1, 1, 1),
            VoteRow(4, 400, 2, 1, 1),
            VoteRow(5, 500, 2, 2, 1),
        ]
        history = list(merged(conversation_of([statement, other], votes)))
        assert history == [other, votes[2], statement, votes[1], votes[0], votes[3]]

    @given(
        st.lists(st.integers(0, 9), min_size=1, max_size=6),
        st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5)), max_size=30),
    )
    def test_nothing_is_lost_and_pairs_keep_their_order(
        self, said_at: list[int], cast: list[tuple[int, int]]
    ) -> None:
        """For any times: every row once, statements before their votes, each statement's votes by time."""
        statements = [StatementRow(i + 2, at, i, 0, 1, "x") for i, at in enumerate(said_at)]
        votes = [VoteRow(i + 2, at, to % len(said_at), 0, 1) for i, (at, to) in enumerate(cast)]
        history = list(merged(conversation_of(statements, votes)))
        assert Counter(history) == Counter([*statements, *votes])
        for statement in statements:
            about = [row for row in history if row.comment_id == statement.comment_id]
            assert about[0] == statement
            keys = [(row.timestamp_ms, row.line) for row in about[1:]]
            assert keys == sorted(keys)


def conversation_of(statements: list[StatementRow], votes: list[VoteRow]) -> Conversation:
    """A conversation with nothing but these rows."""
    return Conversation("", "", "", statements, votes, (), 1)


class TestBadFiles:
    """Everything that is wrong is told at once, by file, line and column."""

    def test_every_bad_row_of_both_files_is_named(self, tmp_path: Path) -> None:
        """With multi-line texts in between, which count as the lines they are."""
        write_export(
            tmp_path,
            comments=COMMENTS
            + '100,x,7,1,1,0,1,"two\nlines"\n'  # lines 2 and 3
            + "100,x,7,1,0,0,1,the same id\n"  # 4
            + "1e3,x,8,-1,0,0,2,three faults\n"  # 5
            + '100,x,9,1,0,0,1," \n\t"\n'  # 6 and 7
            + f"100,x,10,1,0,0,1,{'é' * (TEXT_LENGTH_MAX + 1)}\n"  # 8
            + "100,x,11,1,0,0,1,one, too many\n"  # 9
            + "100,x,012,1,0,,1,leading zero and nothing\n",  # 10
            votes=VOTES
            + "101,x,7,2,1\n"  # 2
            + "101,x,99,2,1\n"  # 3: unknown
            + "101,x,7,2,2\n"  # 4
            + "101,x,7,2,+1\n"  # 5
            + "101,x,8,2,0\n"  # 6: the row of 8 is bad, but 8 is known
            + "9999999999999999,x,7,two,1\n"  # 7
            + "101,x,7\n",  # 8
        )
        assert findings(tmp_path) == [
            ("comments.csv", 4, "comment-id"),
            ("comments.csv", 5, "timestamp"),
            ("comments.csv", 5, "author-id"),
            ("comments.csv", 5, "moderated"),
            ("comments.csv", 6, "comment-body"),
            ("comments.csv", 8, "comment-body"),
            ("comments.csv", 9, None),
            ("comments.csv", 10, "comment-id"),
            ("comments.csv", 10, "disagrees"),
            ("votes.csv", 3, "comment-id"),
            ("votes.csv", 4, "vote"),
            ("votes.csv", 5, "vote"),
            ("votes.csv", 7, "timestamp"),
            ("votes.csv", 7, "voter-id"),
            ("votes.csv", 8, None),
        ]

    def test_a_text_of_exactly_the_limit_is_read(self, tmp_path: Path) -> None:
        """Counted composed and with single line ends, as the record keeps it."""
        body = "e\u0301" * (TEXT_LENGTH_MAX - 1) + "\r\n"
        write_export(tmp_path, comments=f'{COMMENTS}100,x,7,1,1,0,1,"{body}"\n')
        assert read(tmp_path).statements[0].body == body

    def test_a_text_that_no_entry_can_commit_to_is_named(self, tmp_path: Path) -> None:
        """U+0000 has no place in a sealed text."""
        write_export(tmp_path, comments=COMMENTS + "100,x,7,1,1,0,1,more\x00trees\n")
        assert findings(tmp_path) == [("comments.csv", 2, "comment-body")]

    def test_bytes_that_are_not_utf8_are_named_by_line(self, tmp_path: Path) -> None:
        """Each line of them, and what else is wrong besides."""
        comments = COMMENTS.encode() + b'100,x,7,1,1,0,1,"caf\xe9\nand \xff"\n100,x,8,1,0,0,7,good\n'
        assert findings(write_export(tmp_path, comments=comments)) == [
            ("comments.csv", 2, None),
            ("comments.csv", 3, None),
            ("comments.csv", 4, "moderated"),
        ]

    def test_broken_quoting_is_named_by_the_row_it_begins_in(self, tmp_path: Path) -> None:
        """A quote that is never closed swallows the rest; a stray one only its row."""
        write_export(
            tmp_path, comments=COMMENTS + '1,x,7,1,0,0,1,"a"b\n1,x,7,1,1,0,1,good\n1,x,8,1,0,0,1,"open\n\n'
        )
        assert findings(tmp_path) == [("comments.csv", 2, None), ("comments.csv", 4, None)]

    def test_missing_files_are_named_together(self, tmp_path: Path) -> None:
        """The summary is not missed."""
        assert findings(tmp_path) == [("comments.csv", None, None), ("votes.csv", None, None)]
        assert findings(tmp_path / "nowhere") == [("comments.csv", None, None), ("votes.csv", None, None)]

    def test_a_folder_in_the_place_of_a_file_is_a_finding(self, tmp_path: Path) -> None:
        """As is whatever else the system will not read."""
        write_export(tmp_path)
        (tmp_path / "votes.csv").unlink()
        (tmp_path / "votes.csv").mkdir()
        assert findings(tmp_path) == [("votes.csv", None, None)]

    @pytest.mark.parametrize(
        ("header", "found"),
        [
            ("", [("comments.csv", None, None)]),
            (COMMENTS.replace("moderated", "mod"), [("comments.csv", 1, "moderated")]),
            (COMMENTS.replace("datetime", "timestamp"), [("comments.csv", 1, "timestamp")]),
            (
                "statement;text\n",
                [
                    ("comments.csv", 1, column)
                    for column in (
                        *("timestamp", "comment-id", "author-id", "moderated", "agrees", "disagrees"),
                        "comment-body",
                    )
                ],
            ),
        ],
    )
    def test_a_wrong_header_is_told_once(
        self, tmp_path: Path, header: str, found: list[tuple[str, int | None, str | None]]
    ) -> None:
        """Its rows are not read, and votes are not blamed for comments that could not be."""
        row = "100,x,7,1,1,0,1,Trees\n" if header else ""
        assert findings(write_export(tmp_path, comments=header + row)) == found

    def test_votes_without_any_statement_are_for_unknown_comments(self, tmp_path: Path) -> None:
        """A comments.csv that is good but empty does not excuse them."""
        assert findings(write_export(tmp_path, comments=COMMENTS)) == [("votes.csv", 2, "comment-id")]

    def test_a_bad_summary_is_a_finding(self, tmp_path: Path) -> None:
        """It may be absent, but not wrong."""
        summary = "topic,one,too many\nurl,https://pol.is/2demo\nurl,https://pol.is/2demo\n"
        assert findings(write_export(tmp_path, summary=summary)) == [
            ("summary.csv", 1, None),
            ("summary.csv", 3, None),
        ]

    def test_of_very_many_bad_rows_the_first_are_shown_and_all_counted(self, tmp_path: Path) -> None:
        """The text for people says how many more there are."""
        write_export(tmp_path, votes=VOTES + "101,x,7,2,agree\n" * (BAD_ROWS_SHOWN_MAX + 500))
        with pytest.raises(BadRows) as caught:
            read(tmp_path)
        assert caught.value.total == BAD_ROWS_SHOWN_MAX + 500
        assert [row.line for row in caught.value.rows] == list(range(2, BAD_ROWS_SHOWN_MAX + 2))
        lines = str(caught.value).splitlines()
        assert lines[1] == "votes.csv line 2, vote: expected -1, 0 or 1, found 'agree'"
        assert lines[-1] == "and 500 more"

    def test_a_file_or_a_table_above_its_limit_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """At the limit it is read; one above, it is one finding."""
        folder = write_export(tmp_path, votes=ONE_VOTE + "102,x,7,3,1\n")
        monkeypatch.setattr("cocreate.exchange.polis_source.VOTE_ROWS_MAX", 2)
        assert len(read(folder).votes) == 2
        monkeypatch.setattr("cocreate.exchange.polis_source.VOTE_ROWS_MAX", 1)
        assert findings(folder) == [("votes.csv", 3, None)]
        size = (folder / "comments.csv").stat().st_size
        monkeypatch.setattr("cocreate.exchange.csv_source.FILE_BYTES_MAX", size)
        assert [row[0] for row in findings(folder)] == ["votes.csv"]
        monkeypatch.setattr("cocreate.exchange.csv_source.FILE_BYTES_MAX", size - 1)
        assert ("comments.csv", None, None) in findings(folder)

    @given(comments=st.binary(max_size=200), votes=st.binary(max_size=200))
    def test_any_bytes_give_a_conversation_or_bad_rows(
        self, tmp_path_factory: pytest.TempPathFactory, comments: bytes, votes: bytes
    ) -> None:
        """Never another error."""
        folder = tmp_path_factory.mktemp("export")
        write_export(folder, comments=COMMENTS.encode() + comments, votes=VOTES.encode() + votes)
        with suppress(BadRows):
            list(merged(read(folder)))
