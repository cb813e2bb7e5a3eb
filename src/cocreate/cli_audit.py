"""`cocreate audit`: check a record from a file or a served log, on a machine that never saw its server."""

import gc
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cocreate.cli_options import (
    AUDIENCES,
    BAD_INPUT,
    GC_THRESHOLDS,
    UNAVAILABLE,
    Ended,
    example,
    note,
    print_json,
)

if TYPE_CHECKING:
    from cocreate.audit.past import Moment
    from cocreate.audit.replay import Recount
    from cocreate.audit.report import Report
    from cocreate.audit.verify import Trust
    from cocreate.domain.voting.what_if import Otherwise, Under
    from cocreate.tlog.policy import Policy
    from cocreate.tlog.vkey import VerifierKey

_VKEY = "workshops.example/0b7c4a9e-…+1f2e3d4c+AR…"
PROGRESS_PERIOD_S = 2.0
SMALL_FILE_BYTES_MAX = 1 << 20
"""Of keys and policies; more is another file."""
_file = click.Path(dir_okay=False, path_type=Path)
_existing = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(epilog=example("cocreate audit verify workshop.jsonl --key VKEY --state seen.json"))
def audit() -> None:
    """Check records: signatures, every entry, every rule, every count. Needs no database and no server."""


@audit.command(
    epilog=example(
        "cocreate audit verify workshop.jsonl --key workshop.vkey --state seen.json",
        "cocreate audit verify https://workshops.example.org/w/ID/log --key workshop.vkey --policy witnesses.txt",
        "cocreate audit verify workshop.jsonl --key workshop.vkey --evidence evidence.json --report report.html",
    )
)
@click.argument("copy", metavar="FILE|URL")
@click.option(
    "--key", metavar="VKEY|FILE", help=f"The record's key, from another source than the copy: {_VKEY}"
)
@click.option(
    "--state", type=_file, metavar="FILE", help="Remember what was seen, and check that it still holds."
)
@click.option(
    "--policy",
    type=_existing,
    metavar="FILE",
    help="Witnesses who must have cosigned (c2sp.org/tlog-policy).",
)
@click.option(
    "--max-age", type=click.FloatRange(min=0), metavar="HOURS",
    help="Refuse a record that no witness has seen for so long; needs --policy.",
)  # fmt: skip
@click.option(
    "--round-key", type=_existing, metavar="FILE",
    help="Disclosed keys of pseudonymous rounds, a line each: the round's id, a space, the key in hex.",
)  # fmt: skip
@click.option(
    "--predecessor", type=_existing, metavar="FILE",
    help="An export of the record that this one goes on from, where its first entry names one.",
)  # fmt: skip
@click.option("--evidence", type=_file, metavar="FILE", help="Write what shows the violations into a file.")
@click.option(
    "--report", "page", type=_file, metavar="FILE.html", help="Write the report as a page to read and print."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def verify(
    *,
    copy: str,
    key: str | None,
    state: Path | None,
    policy: Path | None,
    max_age: float | None,
    round_key: Path | None,
    predecessor: Path | None,
    evidence: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Check a whole record and say what is proven, what is not, and what could not be checked.

    Exit codes: 0 all of it is proven, 1 a violation was found, 2 not all could be checked (or wrong usage), 3 the server
    was not reached.
    """
    from cocreate.audit.page import page_of
    from cocreate.audit.report import lines_of

    if max_age is not None and policy is None:
        raise Ended("--max-age asks when witnesses saw the record last: name them with --policy.", BAD_INPUT)
    trust = replace(_trust(key, state, policy, max_age, round_key), predecessor=predecessor)
    report = _audited(copy, trust)
    if evidence is not None and report.violations:
        _write(evidence, json.dumps(report.evidence(), ensure_ascii=False, indent=1) + "\n")
        note(f"The evidence is in {evidence}.")
    if page is not None:
        _write(page, page_of(report))
    if as_json:
        print_json(report.as_json())
    else:
        click.echo("\n".join(lines_of(report)))
    sys.exit(report.exit_code)


@audit.command(
    epilog=example(
        "cocreate audit replay workshop.jsonl --at 1200",
        "cocreate audit replay workshop.jsonl --at 2026-04-12T15:30:00Z",
    )
)
@click.argument("file", type=_existing)
@click.option(
    "--at", metavar="POSITION|TIME", help="The moment to show: a position, or a time. Default: the end."
)
@click.option(
    "--audience", type=click.Choice(AUDIENCES), default="public", show_default=True, help="Whose view."
)
def replay(*, file: Path, at: str | None, audience: Any) -> None:
    """Print the view at a moment, folded from an export alone: the bytes that its server shows for it."""
    from cocreate.audit.past import MomentUnknown, view_at
    from cocreate.domain.canonical import canonical_json

    _require_sound(file)
    try:
        with file.open("rb") as stream:
            click.echo(canonical_json(view_at(stream, None if at is None else _moment(at), audience)))
    except MomentUnknown as error:
        raise Ended(str(error), BAD_INPUT) from error


@audit.command(epilog=example("cocreate audit diff yesterday.jsonl today.jsonl"))
@click.argument("first", type=_existing)
@click.argument("second", type=_existing)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def diff(*, first: Path, second: Path, as_json: bool) -> None:
    """Say where two exports of a record part. Exit code 1 where neither continues the other."""
    from dataclasses import asdict

    from cocreate.audit.past import difference
    from cocreate.record.export import ExportMalformed

    try:
        with first.open("rb") as one, second.open("rb") as other:
            found = difference(one, other)
    except ExportMalformed as error:
        raise Ended(f"One of the files is no whole export: {error}. Ask for it again.", BAD_INPUT) from error
    if as_json:
        print_json({**asdict(found), "said": found.said, "forked": found.forked})
    else:
        click.echo(found.said)
        if found.parted_at is not None:
            click.echo(f"{first}: {found.entries[0]}\n{second}: {found.entries[1]}")
        if found.shown_in_one:
            click.echo(
                f"{found.shown_in_one} entries are shown by one and withheld by the other, with equal hashes."
            )
    sys.exit(1 if found.forked else 0)


UNDERS = ("approval", "first", "borda", "irv", "stv", "schulze", "budget", "equal_shares")
"""What ballots can be counted by; the rules are loaded when they are needed."""


@audit.command(
    epilog=example(
        "cocreate audit recount workshop.jsonl", "cocreate audit recount workshop.jsonl --under schulze"
    )
)
@click.argument("file", type=_existing)
@click.option(
    "--under",
    type=click.Choice(UNDERS),
    help="Count the ballots by this method too, as far as they say what it needs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
def recount(*, file: Path, under: "Under | None", as_json: bool) -> None:
    """Count every certified round again. Exit code 1 where a certificate says something else."""
    from dataclasses import asdict

    from cocreate.audit.verify import recount_export

    with file.open("rb") as stream:
        report, recounts, others = recount_export(
            stream, str(file), _trust(None, None, None, None, None), _Progress(), under
        )
    if as_json:
        rounds = [
            {**asdict(one), "reconciliation": one.reconciliation.model_dump(), "same": not one.differs}
            for one in recounts
        ]
        told = [
            {"round": one, "not_possible": found} if isinstance(found, str) else _told(one, found)
            for one, found in others.items()
        ]
        more = {} if under is None else {"under": told}
        print_json({"rounds": rounds, **more, "violations": len(report.violations)})
    else:
        _print_recounts(recounts)
        _print_others(recounts, others)
    if any(one.kind != "tally" for one in report.violations):
        note(f"The record has other violations, so a count proves little: cocreate audit verify {file}")
    sys.exit(1 if report.violations else 0)


def _print_recounts(recounts: "Sequence[Recount]") -> None:
    for one in recounts:
        same = f"DIFFERS in {', '.join(one.differs)}" if one.differs else "the same"
        click.echo(f"{one.round}  certificate at entry {one.position}: {same}")
        for option, *marks in one.rows:
            click.echo(
                f"  {option}  {' '.join(map(str, marks))}{'  elected' if option in one.elected else ''}"
            )
    if not recounts:
        click.echo("No round of this record is certified.")


def _told(round_id: str, found: "Otherwise") -> dict[str, object]:
    return {
        "round": round_id,
        "method": found.under,
        "reading": found.reading,
        "rules": found.rules.model_dump(mode="json", exclude_none=True),
        "elected": found.result.elected,
        "rows": found.result.rows,
        "steps": found.result.steps,
    }


def _print_others(recounts: "Sequence[Recount]", others: "Mapping[str, Otherwise | str]") -> None:
    elected = {one.round: one.elected for one in recounts}
    for round_id, found in others.items():
        if isinstance(found, str):
            click.echo(f"{round_id}  {found}")
            continue
        same = "chooses the same" if found.result.elected == elected[round_id] else "chooses otherwise"
        click.echo(f"{round_id}  under {found.under} (ballots {found.reading.replace('_', ' ')}): {same}")
        for step in found.result.steps:
            said = ", ".join(f"{name} {value}" for name, value in step.items() if name != "step")
            click.echo(f"  {step['step']}: {said}")


def _audited(copy: str, trust: "Trust") -> "Report":
    from cocreate.audit.served import NotReached, audit_log, fetch_from
    from cocreate.audit.verify import audit_export

    gc.set_threshold(*GC_THRESHOLDS)
    if "://" in copy:
        try:
            return audit_log(fetch_from(copy), copy, trust, _Progress())
        except ValueError as error:
            raise Ended(f"{error}. Give a file, or the address of a log.", BAD_INPUT) from error
        except NotReached as error:
            raise Ended(f"The log was not reached: {error}. Try again later.", UNAVAILABLE) from error
    try:
        with Path(copy).open("rb") as stream:
            return audit_export(stream, copy, trust, _Progress())
    except OSError as error:
        raise Ended(
            f"{copy} cannot be read: {error.strerror}. Give an export file, or an address.", BAD_INPUT
        ) from error


def _require_sound(file: Path) -> None:
    """A view of a record that breaks its own rules would mean nothing."""
    report = _audited(str(file), _trust(None, None, None, None, None))
    if report.violations:
        first = report.violations[0]
        raise Ended(f"{file} is not as it should be: {first.meaning} See: cocreate audit verify {file}")


def _trust(
    key: str | None, state: Path | None, policy: Path | None, max_age: float | None, round_key: Path | None
) -> "Trust":
    from cocreate.audit.verify import Trust

    return Trust(
        now_ms=time.time_ns() // 1_000_000,
        key=None if key is None else _key(key),
        state=state,
        policy=None if policy is None else _policy(policy),
        round_keys={} if round_key is None else _round_keys(round_key),
        cosigned_age_ms_max=None if max_age is None else int(max_age * 3_600_000),
    )


def _key(given: str) -> "VerifierKey":
    """A vkey, or the file that holds it in one line."""
    from cocreate.tlog.errors import VerificationError
    from cocreate.tlog.vkey import LOG_ED25519, parse_vkey

    text = given if "+" in given else _read(Path(given)).decode("ascii", errors="replace").strip()
    try:
        key = parse_vkey(text)
    except VerificationError as error:
        raise Ended(f"--key: {error}. It looks like {_VKEY}", BAD_INPUT) from error
    if key.type_byte != LOG_ED25519:
        raise Ended("--key: expected the key of a record, found that of a witness.", BAD_INPUT)
    return key


def _policy(path: Path) -> "Policy":
    from cocreate.tlog.errors import VerificationError
    from cocreate.tlog.policy import parse_policy

    try:
        return parse_policy(_read(path))
    except VerificationError as error:
        raise Ended(f"--policy {path}: {error}.", BAD_INPUT) from error


def _round_keys(path: Path) -> dict[str, bytes]:
    keys = {}
    for line in _read(path).decode("ascii", errors="replace").splitlines():
        round_id, _, key = line.strip().partition(" ")
        try:
            keys[round_id] = bytes.fromhex(key)
        except ValueError as error:
            raise Ended(
                f"--round-key {path}: expected a round's id and its key in hex, found {line!r}.", BAD_INPUT
            ) from error
    return keys


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(SMALL_FILE_BYTES_MAX)
    except OSError as error:
        raise Ended(f"{path} cannot be read: {error.strerror}.", BAD_INPUT) from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Ended(f"{path} cannot be written: {error.strerror}.", BAD_INPUT) from error


def _moment(at: str) -> "Moment":
    if at.isdecimal():
        return "position", int(at)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise Ended(
            f"--at {at!r}: expected a position, or a time like 2026-04-12T15:30:00Z.", BAD_INPUT
        ) from error
    return "time", int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


class _Progress:
    """Says on standard error how far a long audit is; a short one says nothing."""

    def __init__(self) -> None:
        self._said_at = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now - self._said_at >= PROGRESS_PERIOD_S:
            self._said_at = now
            note(f"{done:,} of {of:,} entries")
