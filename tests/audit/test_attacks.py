"""Every attack that RECORD's table names, made from the honest record, is found for the reason that it is made for.

Wherever it makes sense the attacker is the server itself: it has the key, makes everything else fit and signs again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cocreate.audit.report import UNCHECKED, VIOLATED
from cocreate.record.export import Withheld
from cocreate.tlog.checkpoints import Checkpoint, sign_checkpoint
from cocreate.tlog.merkle import leaf_hash
from cocreate.tlog.notes import Note
from cocreate.tlog.signatures import LogSigner, SignatureLine
from tests.audit.records import (
    GOLDEN,
    NOW_MS,
    OTHER_KEY,
    Copy,
    Plain,
    audited,
    golden_until,
    kinds,
    refilled,
    rewritten,
    shifted,
    withheld,
)
from tests.record.golden_record import COSIGNED_AT_S, LOG_KEY, ROUND_KEY, WITNESS

LOG = LogSigner(GOLDEN.origin, LOG_KEY)
TEXT = f"{GOLDEN.origin}\n51\n{GOLDEN.note.decode().splitlines()[2]}\n" if GOLDEN.note else ""


def at(event: str, number: int = 0, *, of: str = "", copy: Copy = GOLDEN) -> int:
    """The position of the event of that name, on an aggregate that begins with `of`."""
    found = [
        one["position"]
        for one in copy.plain()
        if one["event"] == f"{event}.v1" and one["aggregate"].startswith(of)
    ]
    return int(found[number])


SECRET, OPEN = (GOLDEN.plain()[at("RoundOpened", number)]["aggregate"] for number in (0, 1))
HOST = GOLDEN.plain()[0]["actor"]
FIRST_BALLOT = at("BallotCast", of=SECRET)
OPEN_BALLOT = at("BallotCast", of=OPEN)


def edit(position: int, change: Callable[[dict[str, Any]], object]) -> Callable[[Plain], None]:
    """Change the entry at a position."""

    def apply(entries: Plain) -> None:
        change(entries[position])

    return apply


def facts(position: int, **values: Any) -> Callable[[Plain], None]:
    return edit(position, lambda entry: entry["facts"].update(values))


def twice(position: int, to: int | None = None, **values: Any) -> Callable[[Plain], None]:
    """Put another command's entry like the one at a position in, right behind it or at `to`, with the time of its place."""

    def apply(entries: Plain) -> None:
        place = position + 1 if to is None else to
        entry = json.loads(json.dumps(entries[position]))
        entry["command"], entry["time"] = "f" * 32, entries[place - 1]["time"]
        entry["facts"].update(values)
        entries.insert(place, entry)

    return apply


def drop(position: int) -> Callable[[Plain], None]:
    def apply(entries: Plain) -> None:
        del entries[position]

    return apply


def with_note(note: Note | bytes) -> Copy:
    return replace(GOLDEN, note=note if isinstance(note, bytes) else note.encode())


def signed(text: str) -> Copy:
    """Another text with good signatures of the log's key and the witness."""
    return with_note(Note(text, (LOG.sign(text), WITNESS.sign(text, COSIGNED_AT_S))))


def raw(copy: Copy, was: bytes, now: bytes) -> bytes:
    file = copy.file()
    assert was in file
    return file.replace(was, now, 1)


# Changed behind the signature


def test_an_altered_entry_is_found_by_the_signed_root() -> None:
    """Also where header and root in the file are made to fit: only the signature stays as it was."""
    altered = (
        GOLDEN.shown[FIRST_BALLOT]
        .replace(b'"random":"', b'"random":"0', 1)
        .replace(b'0"},"position"', b'"},"position"')
    )
    entries = [*GOLDEN.entries[:FIRST_BALLOT], altered, *GOLDEN.entries[FIRST_BALLOT + 1 :]]
    for copy in (
        GOLDEN.with_entries(entries),
        replace(GOLDEN.with_entries(entries).signed_again(), note=GOLDEN.note),
    ):
        report = audited(copy)
        assert report.exit_code == VIOLATED
        assert "tree" in kinds(report)


def test_a_node_is_not_taken_for_a_leaf() -> None:
    """The root of the whole record, shown as the hash of its only entry."""
    copy = GOLDEN.with_entries([Withheld(withheld=GOLDEN.header.root)])
    assert "tree" in kinds(audited(replace(copy, texts=())))


# Signed again


REWRITES: dict[str, Callable[[Plain], None]] = {
    "altered": facts(FIRST_BALLOT, random="0" * 32),
    "dropped": drop(at("IdeaHidden")),
    "inserted": lambda entries: entries.insert(
        at("IdeaHidden") + 1,
        {**entries[at("IdeaHidden")], "event": "IdeaRestored.v1", "facts": {}, "command": "f" * 32},
    ),
    "reordered": lambda entries: _swap(entries, FIRST_BALLOT, FIRST_BALLOT + 1),
}


def _swap(entries: Plain, one: int, other: int) -> None:
    """Two ballots of two people, with the times of their places."""
    entries[one], entries[other] = entries[other], entries[one]
    entries[one]["time"], entries[other]["time"] = entries[other]["time"], entries[one]["time"]


@pytest.mark.parametrize("name", REWRITES)
def test_a_history_rewritten_with_care_and_signed_again_is_found_by_memory_alone(
    name: str, tmp_path: Path
) -> None:
    """Every other check passes, which is why memory is part of the product; both signed states are kept."""
    forged = rewritten(GOLDEN, REWRITES[name])
    if name == "altered":
        forged = replace(forged, texts=GOLDEN.texts)
    assert kinds(audited(forged)) == []
    remembering = {"state": tmp_path / "seen.json"}
    audited(golden_until(40), **remembering)
    if name in ("dropped", "inserted"):
        audited(GOLDEN, **remembering)
    report = audited(forged, **remembering)
    wanted = "rewound" if name == "dropped" else "fork"
    assert report.exit_code == VIOLATED
    assert wanted in kinds(report)
    finding = next(one for one in report.violations if one.kind == wanted)
    assert len(finding.evidence) == 2
    assert all("\n\n— " in note for note in finding.evidence.values())


def test_without_memory_and_witness_a_rewritten_history_is_never_proven() -> None:
    """The server cannot make the witness cosign: the audit says that it does not know."""
    forged = replace(rewritten(GOLDEN, REWRITES["altered"]), note=None).signed_again()
    report = audited(forged)
    assert report.exit_code == UNCHECKED
    assert {"witnesses", "history"} <= set(report.unchecked)


def test_a_rewound_record_is_found_by_memory(tmp_path: Path) -> None:
    audited(GOLDEN, state=tmp_path / "seen.json")
    assert kinds(audited(golden_until(40), state=tmp_path / "seen.json")) == ["rewound"]


def test_of_a_split_view_whoever_has_seen_one_side_refuses_the_other(tmp_path: Path) -> None:
    """And memory stays as it was, so that the honest side is still continued."""
    state = tmp_path / "seen.json"
    audited(golden_until(at("IdeaHidden") + 1), state=state)
    other_side = rewritten(GOLDEN, facts(at("IdeaHidden"), reason="spam"))
    assert kinds(audited(other_side, state=state)) == ["fork"]
    assert audited(GOLDEN, state=state).violations == ()


def test_a_frozen_log_is_found_by_the_age_of_its_cosignature() -> None:
    hour_ms = 3_600_000
    assert kinds(audited(GOLDEN, cosigned_age_ms_max=hour_ms)) == []
    assert kinds(audited(GOLDEN, cosigned_age_ms_max=hour_ms, now_ms=NOW_MS + hour_ms)) == ["frozen"]
    assert kinds(audited(GOLDEN.signed_again(), cosigned_age_ms_max=hour_ms)) == ["frozen"]


def test_a_back_dated_entry_is_found_by_the_one_before_it() -> None:
    forged = refilled(GOLDEN, edit(FIRST_BALLOT, lambda entry: entry.update(time=entry["time"] - 86_400_000)))
    report = audited(forged)
    assert kinds(report)[0] == "time"
    assert report.violations[0].positions == (FIRST_BALLOT,)
    assert list(report.violations[0].evidence) == [f"entry {FIRST_BALLOT}"]


def test_entries_back_dated_together_are_found_by_the_cosigned_times_around_them(tmp_path: Path) -> None:
    """A witness saw 40 entries at one moment; what follows cannot be older, what it saw cannot be younger."""
    state = tmp_path / "seen.json"
    early = golden_until(40)
    audited(early.signed_again(cosigned_at_s=COSIGNED_AT_S), state=state)
    report = audited(GOLDEN, state=state)
    assert kinds(report) == ["cosigned_time"]
    assert report.violations[0].positions == (40,)
    younger = golden_until(40).signed_again(cosigned_at_s=early.plain()[0]["time"] // 1000)
    assert kinds(audited(younger)) == ["cosigned_time"]


# Keys and notes


def other_key_line(key_id: bytes) -> SignatureLine:
    return SignatureLine(GOLDEN.origin, key_id, OTHER_KEY.sign(TEXT.encode()))


NOTES: dict[str, tuple[Callable[[], Copy], str]] = {
    "another key": (lambda: with_note(Note(TEXT, (LogSigner(GOLDEN.origin, OTHER_KEY).sign(TEXT),))), "unsigned"),
    "the right key id, another key": (lambda: with_note(Note(TEXT, (other_key_line(LOG.key.id),))), "signature"),
    "signed by a witness alone": (lambda: with_note(Note(TEXT, (WITNESS.sign(TEXT, COSIGNED_AT_S),))), "unsigned"),
    "a witness's bad signature": (
        lambda: with_note(Note(TEXT, (LOG.sign(TEXT), WITNESS.sign(TEXT.replace("51", "50"), COSIGNED_AT_S)))),
        "signature",
    ),
    "another origin under the same key": (lambda: signed(TEXT.replace("log.example", "log2.example")), "origin"),
    "a size with a leading zero": (lambda: signed(TEXT.replace("\n51\n", "\n051\n")), "malformed"),
    "an extension line": (lambda: signed(TEXT + "more\n"), "malformed"),
    "an edited body": (lambda: with_note((GOLDEN.note or b"").replace(b"\n51\n", b"\n50\n")), "signature"),
    "CRLF": (lambda: with_note((GOLDEN.note or b"").replace(b"\n", b"\r\n")), "malformed"),
    "base64 of URLs": (lambda: with_note((GOLDEN.note or b"").replace(b"+", b"-")), "malformed"),
    "another size, signed": (
        lambda: with_note(sign_checkpoint(Checkpoint(GOLDEN.origin, 52, bytes.fromhex(GOLDEN.header.root)), LOG)),
        "tree",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTES)
def test_a_note_that_is_not_the_logs_own_is_refused(name: str) -> None:
    make, kind = NOTES[name]
    report = audited(make())
    assert report.exit_code == VIOLATED
    assert kinds(report) == [kind]
    assert list(report.violations[0].evidence) == ["checkpoint"]


def test_a_record_made_anew_under_another_key_is_not_the_one_that_was_pinned() -> None:
    """Consistent in itself, with its own key in its genesis and header."""
    signer = LogSigner(GOLDEN.origin, OTHER_KEY)
    forged = refilled(GOLDEN, facts(0, vkey=str(signer.key)))
    note = sign_checkpoint(Checkpoint(GOLDEN.origin, 51, bytes.fromhex(forged.header.root)), signer)
    header = forged.header.model_copy(update={"vkey": str(signer.key)})
    report = audited(replace(forged, header=header, note=note.encode()))
    assert {"genesis", "unsigned"} <= set(kinds(report))


# The form of the file and its entries


@pytest.mark.parametrize("kept", [1, 10, 60, 74, 75])
def test_a_truncated_export_is_refused(kept: int) -> None:
    file = b"".join(GOLDEN.file().splitlines(keepends=True)[:kept])
    assert kinds(audited(file))[-1] == "file"


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (b'{"actor":"', b'{"actor": "', "entry"),
        (b'"facts":{"choice"', b'"facts":{"choice":[],"choice"', "entry"),
        (b'"facts":{"choice"', b'"facts":{"added":1,"choice"', "entry"),
        (b'"event":"BallotCast.v1"', b'"event":"BallotCast.v9"', "entry"),
        (b'"counter":1', b'"counter":1.0', "entry"),
        (b'"position":30,', b'"position":31,', "entry"),
        (b'"size":51', b'"size":051', "file"),
        (b'{"section":"texts"}\n', b"", "file"),
    ],
)
def test_what_is_not_canonical_is_refused(was: bytes, now: bytes, kind: str) -> None:
    """White space, doubled and unknown keys, unknown events, fractions, wrong places."""
    report = audited(raw(GOLDEN, was, now))
    assert kind in kinds(report)


def test_an_unreadable_entry_is_refused_even_where_the_server_signed_it() -> None:
    entry = GOLDEN.shown[FIRST_BALLOT].replace(b'"counter":1', b'"counter":1,"counter":1')
    entries = [*GOLDEN.entries[:FIRST_BALLOT], entry, *GOLDEN.entries[FIRST_BALLOT + 1 :]]
    report = audited(GOLDEN.with_entries(entries).signed_again(cosigned_at_s=COSIGNED_AT_S))
    assert kinds(report) == ["entry"]
    assert report.violations[0].positions == (FIRST_BALLOT,)


def hidden(position: int) -> Copy:
    entries = list(GOLDEN.entries)
    entries[position] = Withheld(withheld=leaf_hash(GOLDEN.shown[position]).hex())
    return replace(GOLDEN, entries=tuple(entries))


@pytest.mark.parametrize(
    ("position", "kind"),
    [
        (0, "withheld"),
        (10, "withheld"),
        (FIRST_BALLOT, "ballot"),
        (at("RoundClosed"), "rule"),
        (at("ResultCertified"), "rule"),
        (OPEN_BALLOT, "withheld"),
        (50, "withheld"),
    ],
)
def test_a_withheld_mark_on_what_may_not_be_withheld_is_found(position: int, kind: str) -> None:
    """Where a ballot could stand, by what does not follow without the entry; elsewhere by the mark itself."""
    report = audited(hidden(position))
    assert report.exit_code == VIOLATED
    assert kind in kinds(report)


def test_withheld_marks_that_stay_after_the_results_are_out_are_found() -> None:
    report = audited(withheld(GOLDEN))
    assert "withheld" in kinds(report) or "tally" in kinds(report)


# Texts


def test_a_text_that_is_swapped_missing_added_or_back_is_found() -> None:
    idea = next(one for one in GOLDEN.texts if one.position == at("IdeaSubmitted"))
    others = [one for one in GOLDEN.texts if one is not idea]
    swapped = sorted([*others, idea.model_copy(update={"text": "another"})], key=_place)
    added = sorted([*GOLDEN.texts, idea.model_copy(update={"language": "de"})], key=_place)
    erased = next(one for one in golden_until(40).texts if one.position == at("CommentPosted"))
    back = sorted([*GOLDEN.texts, erased], key=_place)
    wanted = {
        "text_mismatch": swapped, "text_missing": others, "text_unknown": added, "text_erased": back,
    }  # fmt: skip
    for kind, texts in wanted.items():
        report = audited(replace(GOLDEN, texts=tuple(texts)))
        assert kinds(report) == [kind]
        assert report.violations[0].positions[0] in (idea.position, erased.position)


def _place(text: Any) -> tuple[int, str, str]:
    return text.position, text.field, text.language


# Rules, ballots, counts


VOTER = GOLDEN.plain()[OPEN_BALLOT]["actor"]


def _late(entries: Plain) -> None:
    """A ballot after the grace of its closed round, before its certificate."""
    part = at("ResultPart")
    twice(at("BallotReplaced", of=SECRET), to=part, counter=9)(entries)
    entries[part]["time"] = entries[part + 1]["time"]


def _stranger(position: int) -> Callable[[Plain], None]:
    """The ballot of somebody who is nobody here."""

    def apply(entries: Plain) -> None:
        entry = entries[position]
        entry["aggregate"] = entry["aggregate"].replace(entry["actor"], "e" * 32)
        entry["actor"] = "e" * 32

    return apply


def _too_early(entries: Plain) -> None:
    """The certificate at the moment of closing, when late ballots still count."""
    for one in range(at("ResultPart"), at("ResultCertified") + 1):
        entries[one]["time"] = entries[at("RoundClosed")]["time"]


def _genesis_again(entries: Plain) -> None:
    entries.insert(20, {**entries[0], "command": "f" * 32, "time": entries[19]["time"]})


RULES: dict[str, tuple[Callable[[Plain], None], str, int]] = {
    "a ballot doubled": (twice(FIRST_BALLOT), "ballot", FIRST_BALLOT + 1),
    "a ballot cast twice": (twice(FIRST_BALLOT, counter=2), "ballot", FIRST_BALLOT + 1),
    "a lower counter": (twice(at("BallotReplaced", of=SECRET), counter=1), "ballot", at("BallotReplaced", of=SECRET) + 1),
    "after closing": (_late, "ballot", at("ResultPart")),
    "not eligible, open round": (_stranger(OPEN_BALLOT), "ballot", OPEN_BALLOT),
    "an actor who is not the voter": (edit(FIRST_BALLOT, lambda one: one.update(actor=HOST)), "ballot", FIRST_BALLOT),
    "an option of another round": (
        facts(FIRST_BALLOT, choice=["00000000-0000-4000-8000-000000000000"]), "ballot", FIRST_BALLOT),
    "more choices than allowed": (
        facts(FIRST_BALLOT, choice=sorted(option for option, _ in GOLDEN.plain()[at("RoundOpened")]["facts"]["options"])),
        "ballot", FIRST_BALLOT),
    "an idea by nobody": (facts(at("IdeaSubmitted"), author="e" * 32), "rule", at("IdeaSubmitted")),
    "closed by a participant": (edit(at("RoundClosed"), lambda one: one.update(actor=VOTER)), "rule", at("RoundClosed")),
    "opened with an old text": (
        lambda entries: entries[at("RoundOpened")]["facts"]["options"][0].__setitem__(1, 3), "facts", at("RoundOpened")),
    "an option without a statement": (twice(at("OptionAdmitted")), "rule", at("OptionAdmitted") + 1),
    "a certificate before the grace is over": (
        _too_early, "rule", at("ResultPart")),
    "a closing by another one's command": (
        edit(at("ResultPart") - 1, lambda one: one.update(command=GOLDEN.plain()[at("ResultPart") - 2]["command"])),
        "command", at("ResultPart") - 1),
    "two commands' entries as one": (
        edit(at("CommentHidden"), lambda one: one.update(command=GOLDEN.plain()[at("CommentHidden") - 1]["command"])),
        "command", at("CommentHidden") - 1),
    "a genesis in the middle": (_genesis_again, "rule", 20),
    "somebody's text erased by another": (edit(at("TextErased"), lambda one: one.update(actor="e" * 32)), "rule", at("TextErased")),
    "a text erased that is none": (facts(at("TextErased"), field="title"), "rule", at("TextErased")),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_what_the_rules_do_not_allow_is_found_where_it_stands(name: str) -> None:
    """The server signed it, and a witness cosigned: only replaying tells."""
    change, kind, position = RULES[name]
    report = audited(refilled(GOLDEN, change))
    assert report.exit_code == VIOLATED
    broken = [
        one
        for one in report.violations
        if one.kind not in ("text_missing", "text_unknown", "text_mismatch", "time", "text_erased")
    ]
    assert broken[0].kind == kind
    assert position in broken[0].positions
    assert f"entry {position}" in broken[0].evidence


def test_with_the_round_key_a_stuffed_ballot_is_found_and_without_it_the_bound_holds_it() -> None:
    """A voter that no participant has: unseen without the key, as the report says it could be."""
    stuffed = shifted(rewritten(GOLDEN, _stuffing), FIRST_BALLOT)
    report = audited(stuffed)
    assert kinds(report) == []
    assert report.rounds[0].unseen_max == 0
    found = audited(stuffed, round_keys={SECRET: ROUND_KEY})
    assert kinds(found) == ["ballot"]
    assert found.violations[0].positions == (FIRST_BALLOT + 1,)


def _stuffing(entries: Plain) -> None:
    twice(FIRST_BALLOT)(entries)
    _stranger(FIRST_BALLOT + 1)(entries)
    for one in entries[FIRST_BALLOT + 2 :]:
        for option in one["facts"].get("options", ()):
            option[1] += option[1] > FIRST_BALLOT
        if "text_at" in one["facts"]:
            one["facts"]["text_at"] += 1


def test_more_voters_than_people_are_found_without_the_key() -> None:
    def stuff(entries: Plain) -> None:
        for number in range(3):
            _stuffing(entries)
            entry = entries[FIRST_BALLOT + 1]
            entry["command"] = f"{number}" * 32
            entry["aggregate"] = entry["aggregate"].replace("e" * 32, f"{number}" * 32)
            entry["actor"] = f"{number}" * 32

    assert "eligible" in kinds(audited(rewritten(GOLDEN, stuff)))


CERTIFICATE, PART = at("ResultCertified"), at("ResultPart")
WINNERS = GOLDEN.plain()[CERTIFICATE]["facts"]["elected"]
ROWS = GOLDEN.plain()[PART]["facts"]["rows"]

TALLIES: dict[str, Callable[[Plain], None]] = {
    "a wrong tally": facts(PART, rows=[[ROWS[0][0], 3], *ROWS[1:]]),
    "a wrong winner": facts(CERTIFICATE, elected=WINNERS[::-1]),
    "the winner of another draw": facts(
        CERTIFICATE, elected=[WINNERS[0], ROWS[2][0] if ROWS[1][0] in WINNERS else ROWS[1][0]]
    ),
    "a tie drawn from another seed": facts(CERTIFICATE, steps_digest="0" * 64),
    "rules changed after opening": facts(
        CERTIFICATE, rules={"choices_max": 2, "method": "approval", "seats": 1, "version": 1}
    ),
    "an option's votes dropped": facts(PART, rows=ROWS[:-1]),
    "an option's votes doubled": facts(PART, rows=[*ROWS, ROWS[0]]),
    "a certificate for another position": facts(CERTIFICATE, counted_to=PART - 1),
    "ballots that were not cast": edit(
        CERTIFICATE, lambda one: one["facts"]["reconciliation"].update(cast=4, standing=3, voters=3)
    ),
    "other ballots": facts(CERTIFICATE, ballots_digest="0" * 64),
}


@pytest.mark.parametrize("name", TALLIES)
def test_a_certificate_that_is_not_the_count_of_its_ballots_is_found(name: str) -> None:
    report = audited(refilled(GOLDEN, TALLIES[name]))
    assert report.violations[0].kind == "tally"
    assert report.violations[0].positions[0] in (PART, CERTIFICATE)
    assert f"entry {CERTIFICATE}" in report.violations[0].evidence
    assert next(one for one in report.rounds if one.round == SECRET).recounted != "the same"


def test_a_hidden_ideas_votes_dropped_from_a_certificate_are_found() -> None:
    """In the growing round: its last statement is left out, with every ballot on it."""
    part = at("ResultPart", 1)
    rows = GOLDEN.plain()[part]["facts"]["rows"]
    report = audited(refilled(GOLDEN, facts(part, rows=rows[:-1])))
    assert report.violations[0].kind == "tally"


@pytest.mark.parametrize("event", ["ResultCertified", "WorkshopClosed", "RecordSealed"])
def test_a_digest_of_another_state_is_found(event: str) -> None:
    report = audited(refilled(GOLDEN, facts(at(event), digest="0" * 64)))
    assert report.violations[0].kind == "digest"
    assert report.violations[0].positions == (at(event),)
