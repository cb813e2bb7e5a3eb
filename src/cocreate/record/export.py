"""The export file: a record as one file of lines, as FORMAT.md §10 says.

Both ways are streams: neither the writer nor the reader holds more than a line, so a record of any length passes through. The
reader checks the file's form alone. Whether the entries fit the header and hash to its root, and the texts to their
commitments, is for the caller to say, who must read to the end before believing anything: only the last line tells that
nothing is missing.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, Literal, TypeVar

from pydantic import ValidationError

from cocreate.domain.canonical import canonical_json
from cocreate.domain.erasure import FieldPath
from cocreate.domain.genesis import Origin, Vkey
from cocreate.domain.messages import Count, Digest, Facts, Language, Position, Uuid
from cocreate.record.codec import ENTRY_BYTES_MAX

LINE_BYTES_MAX: Final = 131_072
"""More than any line needs: a text has at most 5,000 characters, and one character at most 6 bytes."""

_ENTRY: Final = b'{"actor":'
_TEXT: Final = b'{"field":'
_SIGNED: Final = 2
"""The number of the format that ends with a checkpoint; number 1 has none."""
_ENTRIES: Final = b'{"section":"entries"}'
_TEXTS: Final = b'{"section":"texts"}'
_CHECKPOINT: Final = b'{"section":"checkpoint"}'


class ExportHeader(Facts):
    """Whose record it is, and how much of it: `root` is the Merkle root over its `size` entries."""

    cocreate_export: Literal[1, 2] = 1
    origin: Origin
    root: Digest
    size: Count
    vkey: Vkey
    workshop: Uuid


class Withheld(Facts):
    """The leaf hash of an entry that must not be shown yet, in its place: it still proves the root."""

    withheld: Digest


class Disclosed(Facts):
    """A sealed text that may be read, with the salt that opens its commitment (32 bytes, as a digest has)."""

    field: FieldPath
    language: Language
    position: Position
    salt: Digest
    text: str


class Signed(Facts):
    """The signed note of the record's head as it is served, with all its cosignatures; here it is only carried."""

    checkpoint: str


F = TypeVar("F", bound=Facts)
ExportItem = ExportHeader | bytes | Withheld | Disclosed | Signed


class ExportMalformed(Exception):
    """A file that is no whole export: `line` (from 1) is where, `problem` what was expected and found."""

    def __init__(self, line: int, problem: str) -> None:
        self.line, self.problem = line, problem
        super().__init__(f"line {line}: {problem}")


def write_export(
    header: ExportHeader,
    entries: Iterable[bytes | Withheld],
    texts: Iterable[Disclosed],
    out: BinaryIO,
    *,
    checkpoint: bytes | None = None,
) -> None:
    """Write a record: all entries from position 0, then the texts ascending by position, field and language.

    `checkpoint` is the signed note of the head: format 2 has one, format 1 none. Raises ValueError where it does not fit
    the header's number and, with the file half written, where the entries are not `header.size` or a text is out of order.
    """
    if (header.cocreate_export == _SIGNED) != (checkpoint is not None):
        raise ValueError(f"expected a checkpoint in format {_SIGNED} alone, found {header.cocreate_export}")
    _write(_json(header), out)
    _write(_ENTRIES, out)
    entries_written = 0
    for entry in entries:
        _write(_json(entry) if isinstance(entry, Withheld) else entry, out)
        entries_written += 1
    if entries_written != header.size:
        raise ValueError(f"expected {header.size} entries, found {entries_written}")
    _write(_TEXTS, out)
    texts_written, order = 0, _Order(header.size)
    for text in texts:
        if problem := order.problem(text):
            raise ValueError(problem)
        _write(_json(text), out)
        texts_written += 1
    if checkpoint is not None:
        _write(_CHECKPOINT, out)
        _write(_json(Signed(checkpoint=checkpoint.decode())), out)
    _write(_end(header, texts_written), out)


def read_export(stream: BinaryIO) -> Iterator[ExportItem]:
    """The header, then each entry's bytes or its stand-in from position 0, the texts, and in format 2 the checkpoint.

    Raises ExportMalformed at the first line that `write_export` would not have written there.
    """
    lines = _Lines(stream)
    header = _parse(ExportHeader, lines)
    yield header
    lines.expect(_ENTRIES)
    for _ in range(header.size):
        yield _entry(lines)
    lines.expect(_TEXTS)
    texts, order = 0, _Order(header.size)
    while lines.next().startswith(_TEXT):
        text = _parse(Disclosed, lines)
        if problem := order.problem(text):
            raise ExportMalformed(lines.number, problem)
        texts += 1
        yield text
    if header.cocreate_export == _SIGNED:
        lines.expect(_CHECKPOINT)
        yield _parse(Signed, lines)
    lines.expect(_end(header, texts))
    lines.expect_nothing()


class _Lines:
    """The lines of a file without their line feeds, one of them looked at ahead; `number` is the last one taken."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ahead: bytes | None = None
        self.number = 0

    def next(self) -> bytes:
        """The next line, left where it is; empty after the last."""
        if self._ahead is None:
            line = self._stream.readline(LINE_BYTES_MAX)
            if line and not line.endswith(b"\n"):
                found = "a longer one" if len(line) == LINE_BYTES_MAX else "the end of the file within it"
                problem = f"expected a line feed after less than {LINE_BYTES_MAX} bytes, found {found}"
                raise ExportMalformed(self.number + 1, problem)
            self._ahead = line
        return self._ahead[:-1]

    def take(self) -> bytes:
        line = self.next()
        self.number += 1
        if not self._ahead:
            raise ExportMalformed(
                self.number, "expected another line, found the end of the file: it was cut short"
            )
        self._ahead = None
        return line

    def expect(self, wanted: bytes) -> None:
        line = self.take()
        if line != wanted:
            raise ExportMalformed(self.number, f"expected {wanted.decode()}, found {_quote(line)}")

    def expect_nothing(self) -> None:
        line = self.next()
        if self._ahead:
            raise ExportMalformed(self.number + 1, f"expected the end of the file, found {_quote(line)}")


class _Order:
    """Each text once, ascending, on an entry that is there."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._last: tuple[int, str, str] = (-1, "", "")

    def problem(self, text: Disclosed) -> str | None:
        place = (text.position, text.field, text.language)
        if text.position >= self._size:
            return f"expected a text of the {self._size} entries, found one of entry {text.position}"
        if place <= self._last:
            return f"expected a text after that of {self._last}, found that of {place}"
        self._last = place
        return None


def _entry(lines: _Lines) -> bytes | Withheld:
    if not lines.next().startswith(_ENTRY):
        return _parse(Withheld, lines)
    entry = lines.take()
    if len(entry) >= ENTRY_BYTES_MAX:
        problem = f"expected an entry of under {ENTRY_BYTES_MAX} bytes, found {len(entry)}"
        raise ExportMalformed(lines.number, problem)
    return entry


def _parse(kind: type[F], lines: _Lines) -> F:
    line = lines.take()
    try:
        facts = kind.model_validate_json(line)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in problem["loc"])
        found = f"{where or 'the line'}: {problem['msg']} in {_quote(line)}"
        raise ExportMalformed(lines.number, f"expected {kind.__name__}, found {found}") from error
    if _json(facts) != line:
        raise ExportMalformed(lines.number, f"expected canonical JSON, found {_quote(line)}")
    return facts


def _json(facts: Facts) -> bytes:
    return facts.__pydantic_serializer__.to_json(facts)


def _end(header: ExportHeader, texts: int) -> bytes:
    counts = {"entries": header.size, "texts": texts}
    return canonical_json(
        {"end": counts | {"checkpoint": 1} if header.cocreate_export == _SIGNED else counts}
    )


def _write(line: bytes, out: BinaryIO) -> None:
    if b"\n" in line or len(line) >= LINE_BYTES_MAX:
        raise ValueError(
            f"expected one line of under {LINE_BYTES_MAX} bytes, found {len(line)}: {_quote(line)}"
        )
    out.write(line + b"\n")


def _quote(line: bytes) -> str:
    """The beginning of a line, fit for a message."""
    return repr(line[:80].decode(errors="replace"))
