"""The export file: written and read as a stream, refused when a single line is not as it should be."""

import hashlib
import io
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.record.codec import ENTRY_BYTES_MAX, decode
from cocreate.record.export import (
    LINE_BYTES_MAX,
    Disclosed,
    ExportHeader,
    ExportItem,
    ExportMalformed,
    Signed,
    Withheld,
    read_export,
    write_export,
)
from cocreate.record.sealed_text import commitment, sealed_fields
from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.merkle import leaf_hash, root_of
from cocreate.tlog.vkey import parse_vkey
from tests.record import independent_decoder
from tests.record.golden_record import GOLDEN, SIGNED, WITNESS
from tests.record.independent_state import State, recount

GOLDEN_SHA256 = "1887f312c2dc313a1497752db3c9975774efe1a7143a8c622a6f4fc78ae8c9aa"
SIGNED_SHA256 = "7567e2de21a78f66b92bfd2c7103f409c795f1c501ecd15b2ee845d2910cff00"


def written(header: ExportHeader, entries: Any, texts: Any, checkpoint: bytes | None = None) -> bytes:
    out = io.BytesIO()
    write_export(header, entries, texts, out, checkpoint=checkpoint)
    return out.getvalue()


def items_of(file: bytes) -> list[ExportItem]:
    return list(read_export(io.BytesIO(file)))


def parts_of(file: bytes) -> tuple[ExportHeader, list[bytes | Withheld], list[Disclosed]]:
    header, *rest = items_of(file)
    assert isinstance(header, ExportHeader)
    entries = [one for one in rest if isinstance(one, bytes | Withheld)]
    texts = [one for one in rest if isinstance(one, Disclosed)]
    assert len(entries) + len(texts) + (header.cocreate_export == 2) == len(rest)
    return header, entries, texts


def checkpoint_of(file: bytes) -> bytes:
    """The note of a file in format 2, which comes last."""
    last = items_of(file)[-1]
    assert isinstance(last, Signed)
    return last.checkpoint.encode()


def problem_of(file: bytes) -> ExportMalformed:
    with pytest.raises(ExportMalformed) as caught:
        items_of(file)
    return caught.value


@pytest.fixture
def golden() -> bytes:
    return GOLDEN.read_bytes()


@pytest.fixture
def partly_withheld(golden: bytes) -> bytes:
    """The golden record with its ballots withheld."""
    header, entries, texts = parts_of(golden)
    shown = [
        Withheld(withheld=leaf_hash(one).hex())
        if isinstance(one, bytes) and b'"event":"Ballot' in one
        else one
        for one in entries
    ]
    return written(header, shown, texts)


@pytest.fixture
def signed() -> bytes:
    return SIGNED.read_bytes()


@pytest.fixture(params=["without a checkpoint", "with one"])
def either(request: pytest.FixtureRequest, partly_withheld: bytes, signed: bytes) -> bytes:
    """A file in each format."""
    return signed if request.param == "with one" else partly_withheld


def test_the_golden_record_never_changes(golden: bytes, signed: bytes) -> None:
    assert hashlib.sha256(golden).hexdigest() == GOLDEN_SHA256
    assert hashlib.sha256(signed).hexdigest() == SIGNED_SHA256


def test_what_is_read_is_written_again_byte_for_byte(
    golden: bytes, partly_withheld: bytes, signed: bytes
) -> None:
    assert written(*parts_of(golden)) == golden
    assert written(*parts_of(partly_withheld)) == partly_withheld
    assert written(*parts_of(signed), checkpoint_of(signed)) == signed


def test_format_2_is_format_1_with_a_checkpoint_of_its_head(golden: bytes, signed: bytes) -> None:
    """Verbatim: its signature holds for the key of the header, over the header's size and root."""
    header, *rest = parts_of(signed)
    assert (header.model_copy(update={"cocreate_export": 1}), *rest) == parts_of(golden)
    opened = open_checkpoint(checkpoint_of(signed), parse_vkey(header.vkey), [WITNESS.key])
    assert (opened.checkpoint.size, opened.checkpoint.root.hex()) == (header.size, header.root)
    assert [one.key for one in opened.cosigned] == [WITNESS.key]


def test_a_checkpoint_and_the_number_of_the_format_belong_together(golden: bytes, signed: bytes) -> None:
    """Neither goes without the other, in writing and in reading."""
    with pytest.raises(ValueError, match="a checkpoint in format 2 alone"):
        written(*parts_of(golden), checkpoint_of(signed))
    with pytest.raises(ValueError, match="a checkpoint in format 2 alone"):
        written(*parts_of(signed))
    as_1 = signed.replace(b'"cocreate_export":2', b'"cocreate_export":1', 1)
    assert 'expected {"end":{"entries":51,"texts":19}}' in problem_of(as_1).problem


def test_an_export_carries_all_that_proves_the_record(golden: bytes) -> None:
    """Root, digests, certificates with their ties, and every text to its commitment, counted by what FORMAT.md says."""
    header, entries, texts = parts_of(golden)
    shown = [one for one in entries if isinstance(one, bytes)]
    assert root_of(map(leaf_hash, shown)).hex() == header.root
    state, checked = State(), set()
    for position, entry in enumerate(shown):
        plain = independent_decoder.read(entry)
        facts = plain["facts"]
        assert plain["position"] == position
        if "digest_version" in facts:
            assert facts["digest"] == state.digest()
            checked.add(plain["event"])
        if plain["event"] == "ResultCertified.v1":
            opened = state.rounds[plain["aggregate"]]["opened_at"]
            root = root_of(map(leaf_hash, shown[:opened]))
            found = recount(state, plain["aggregate"], root)
            assert {key: facts[key] for key in found} == found
        state.fold(plain)
    assert checked == {"ResultCertified.v1", "WorkshopClosed.v1", "RecordSealed.v1"}
    for text in texts:
        sealed = dict(sealed_fields(decode(shown[text.position])))
        assert dict(sealed[text.field])[text.language] == commitment(bytes.fromhex(text.salt), text.text)


def test_the_golden_record_has_a_tie_for_a_seat(golden: bytes) -> None:
    """Otherwise the test above would prove nothing about ties."""
    _, entries, _ = parts_of(golden)
    plain = [independent_decoder.read(one) for one in entries if isinstance(one, bytes)]
    part = next(one["facts"]["rows"] for one in plain if one["event"] == "ResultPart.v1")
    assert [marks for _, marks in part] == [2, 1, 1]
    certificate = next(one["facts"] for one in plain if one["event"] == "ResultCertified.v1")
    assert len(certificate["elected"]) == 2


def test_a_withheld_entry_still_proves_the_root(partly_withheld: bytes) -> None:
    """And nothing of it is in the file but its hash."""
    header, entries, _ = parts_of(partly_withheld)
    leaves = [leaf_hash(one) if isinstance(one, bytes) else bytes.fromhex(one.withheld) for one in entries]
    assert root_of(leaves).hex() == header.root
    assert sum(isinstance(one, Withheld) for one in entries) == 10
    assert b"Ballot" not in partly_withheld


def test_an_export_is_json_lines(either: bytes) -> None:
    """Any tool reads it; every line is canonical."""
    for line in either.decode().split("\n")[:-1]:
        assert json.dumps(json.loads(line), ensure_ascii=False, separators=(",", ":"), sort_keys=True) == line


def test_a_file_cut_at_any_line_is_refused_there(either: bytes) -> None:
    """With the number of the line that is missing."""
    lines = either.splitlines(keepends=True)
    for kept in range(len(lines)):
        found = problem_of(b"".join(lines[:kept]))
        assert found.line == kept + 1
        assert "cut short" in found.problem


def test_a_file_cut_within_any_line_is_refused_there(either: bytes) -> None:
    """Even if only the last line feed is missing."""
    lines = either.splitlines(keepends=True)
    for kept, line in enumerate(lines):
        for length in (1, len(line) // 2, len(line) - 1):
            found = problem_of(b"".join(lines[:kept]) + line[:length])
            assert found.line == kept + 1
            assert "the end of the file within it" in found.problem


def test_a_line_left_out_doubled_or_swapped_is_refused(either: bytes) -> None:
    """At any place; only an entry swapped for another has the right form, and the root tells that."""
    lines = either.splitlines(keepends=True)
    for number, line in enumerate(lines):
        assert problem_of(b"".join(lines[:number] + lines[number + 1 :])).line > number
        assert problem_of(b"".join([*lines[:number], line, *lines[number:]])).line > number
        if number and not (is_entry(line) and is_entry(lines[number - 1])):
            swapped = [*lines[: number - 1], line, lines[number - 1], *lines[number + 1 :]]
            assert problem_of(b"".join(swapped)).line <= number + 2


def is_entry(line: bytes) -> bool:
    return line.startswith((b'{"actor":', b'{"withheld":'))


@pytest.mark.parametrize(
    "extra", [b"\n", b" \n", b"{}\n", b"x", b'{"end":{"entries":51,"texts":19}}\n', b"\x00"]
)
def test_anything_after_the_end_is_refused(golden: bytes, extra: bytes) -> None:
    found = problem_of(golden + extra)
    assert found.line == len(golden.splitlines()) + 1


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        (b'"cocreate_export":1', b'"cocreate_export":2', 'expected {"section":"checkpoint"}'),
        (b'"cocreate_export":1', b'"cocreate_export":3', "cocreate_export"),
        (b'"cocreate_export":1', b'"cocreate_export": 1', "canonical"),
        (b'"cocreate_export":1', b'"cocreate_export":1,"cocreate_export":1', "canonical"),
        (b'"size":51', b'"size":50', 'expected {"section":"texts"}'),
        (b'"size":51', b'"size":52', "Withheld"),
        (b'"size":51', b'"size":-1', "size"),
        (b'"size":51', b'"size":51.0', "canonical|size"),
        (b'"size":51', b'"size":null', "size"),
        (b'{"section":"entries"}', b'{"section":"checkpoint"}', 'expected {"section":"entries"}'),
        (b'{"section":"texts"}', b'{"section":"names"}', 'expected {"section":"texts"}'),
        (b'"texts":19', b'"texts":18', 'expected {"end":{"entries":51,"texts":19}}'),
        (b'{"end":{"entries":51', b'{"end":{"entries":50', 'expected {"end":'),
        (b'"field":"purpose"', b'"field":"Purpose"', "field"),
        (b'"language":"fr","position":1,', b'"language":"FR","position":1,', "language"),
        (b'"language":"fr","position":1,', b'"language":"en","position":1,', "expected a text after"),
        (b'"language":"en","position":37', b'"language":"en","position":51', "of the 51 entries"),
        (b'"salt":"', b'"salt":"0', "salt"),
        (b'\n{"actor":', b'\n{"Actor":', "Withheld"),
        (b"\n", b"\r\n", "canonical"),
        ("Ελλάδα".encode(), b"\\u0395", "canonical"),
        ("Ελλάδα".encode(), b"\\ud800", "Invalid JSON"),
        ("Ελλάδα".encode(), b"\xff", "expected Disclosed"),
    ],
)
def test_a_spoiled_line_is_refused(golden: bytes, was: bytes, now: bytes, found: str) -> None:
    """With its number, and what was expected in its place."""
    assert was in golden
    with pytest.raises(ExportMalformed, match=r"^line \d+: .*(" + found.replace("{", r"\{") + ")"):
        items_of(golden.replace(was, now, 1))


def test_a_line_without_end_is_not_read_into_memory(golden: bytes) -> None:
    """The reader asks for no more than its limit."""

    class Endless(io.RawIOBase):
        asked = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            assert size is not None
            self.asked = max(self.asked, size)
            return b"{" * size

    stream = Endless()
    with pytest.raises(ExportMalformed, match="a longer one"):
        next(iter(read_export(stream)))  # type: ignore[arg-type]  # all that the reader uses of a stream is readline
    assert stream.asked == LINE_BYTES_MAX


def test_an_entry_too_long_to_be_one_is_refused(golden: bytes) -> None:
    header, *_ = parts_of(golden)
    long = b'{"actor":"' + b"0" * ENTRY_BYTES_MAX + b'"}'
    file = written(header.model_copy(update={"size": 1}), [long], [])
    assert "under 60000 bytes" in problem_of(file).problem


def test_the_writer_refuses_what_no_reader_would_take(golden: bytes) -> None:
    """Numbers of entries, order of texts, line feeds."""
    header, entries, texts = parts_of(golden)
    for other in (entries[:-1], [*entries, entries[-1]]):
        with pytest.raises(ValueError, match="expected 51 entries"):
            written(header, other, texts)
    with pytest.raises(ValueError, match="expected a text after"):
        written(header, entries, [texts[1], texts[0]])
    with pytest.raises(ValueError, match="expected a text after"):
        written(header, entries, [texts[0], texts[0]])
    with pytest.raises(ValueError, match="of the 51 entries"):
        written(header, entries, [texts[0].model_copy(update={"position": 51})])
    with pytest.raises(ValueError, match="expected one line"):
        written(header, [b"{\n}", *entries[1:]], texts)
    with pytest.raises(ValueError, match="expected one line"):
        written(header, entries, [texts[0].model_copy(update={"text": "a" * LINE_BYTES_MAX})])


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_any_text_comes_back_and_stands_in_one_canonical_line(text: str) -> None:
    """Line feeds, quotation marks, control and separator characters included."""
    header, entries, _ = parts_of(GOLDEN.read_bytes())
    disclosed = Disclosed(field="text", language="en", position=3, salt="0" * 64, text=text)
    file = written(header, entries, [disclosed])
    assert parts_of(file)[2] == [disclosed]
    assert (
        file.split(b"\n")[-3]
        == json.dumps(
            disclosed.model_dump(), ensure_ascii=False, separators=(",", ":"), sort_keys=True
        ).encode()
    )


def test_both_ways_are_streams() -> None:
    """Each entry is written before the next is asked for, and yielded before the next is read."""
    entry = independent_entry()
    header, _, _ = parts_of(GOLDEN.read_bytes())
    out = io.BytesIO()
    sizes: list[int] = []

    def entries() -> Iterator[bytes]:
        for _ in range(1_000):
            sizes.append(len(out.getbuffer()))
            yield entry

    write_export(header.model_copy(update={"size": 1_000}), entries(), [], out)
    assert all(later - earlier == len(entry) + 1 for earlier, later in pairwise(sizes))
    stream = io.BytesIO(out.getvalue())
    places = [stream.tell() for _ in read_export(stream)]
    assert len(places) == 1_001
    assert all(later > earlier for earlier, later in pairwise(places))


def independent_entry() -> bytes:
    return GOLDEN.read_bytes().split(b"\n")[2]
