"""The items of rounds, options, tallies and turnouts, as one reader sees them; README.md fixes their shapes."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from cocreate.domain.ballot import ballot_parts
from cocreate.domain.certificate import ResultCertified
from cocreate.domain.contest import ResultContested, ResultOverridden, ResultRecertified
from cocreate.domain.voting.consent import BLOCK
from cocreate.projections.items import idea_text
from cocreate.projections.reader import Item, Reader, present
from cocreate.projections.rounds import RoundRow, Told, option_key

REASONS_SHOWN_MAX: Final = 100
"""Reasons that go with one option's tally, which is sent anew whenever it moves; an export has all of them."""


def round_item(reader: Reader, key: str) -> Item:
    fold = reader.facts.rounds
    row = fold.rounds[key]
    opened = row.opened
    shown = results_shown(reader, key)
    note_at = row.void_note_at
    item = {
        "key": key,
        "changed": fold.round_changes.at(key),
        "number": row.number,
        "question": reader.text(row.opened_at, "question"),
        "status": row.status,
        "rules": opened.rules.model_dump(mode="json", exclude_none=True),
        "method": row.poll.method.name,
        "columns": list(row.poll.method.columns),
        "secrecy": opened.secrecy,
        "results": opened.results,
        "admission": opened.admission,
        "eligibility": opened.eligibility,
        "grace_ms": opened.grace_ms,
        "opened_at": row.opened_at,
        "opened_time": row.opened_time,
        "closed_time": row.closed_time,
        "closed_because": row.closed_because,
        "withheld_until": opened.withheld_until,
        "replaces": opened.replaces,
        "results_shown": shown,
        "withheld": not shown,
        "void_reason": row.void_reason,
        "void_note": None if note_at is None else reader.text(note_at, "note"),
        "few_voters": row.poll.few_voters,
        "certificate": _certificate(row),
        "overridden": None if row.overridden is None else list(row.overridden),
        "paper": _paper(row),
        "story": [_told(reader, told) for told in row.story] or None,
    }
    return present(item)


def _paper(row: RoundRow) -> Item | None:
    """Sheets and bundles of a round that has any; what the papers say is told by the tally alone."""
    if not row.sheets:
        return None
    counted = [batch for batch in row.batches.values() if batch.status == "checked"]
    votes, spoiled = sum(len(one.ballots) for one in counted), sum(one.spoiled for one in counted)
    sheets = sum(row.sheets.values())
    return {
        "people": len(row.sheets),
        "sheets": sheets,
        "counted": votes,
        "spoiled": spoiled,
        "outstanding": sheets - votes - spoiled,
        "batches": [
            present(
                {
                    "key": key,
                    "at": batch.entered_at,
                    "label": batch.label,
                    "status": batch.status,
                    "ballots": len(batch.ballots),
                    "spoiled": batch.spoiled,
                    "entered_by": batch.entered_by,
                    "checked_by": batch.checked_by,
                    "reason": batch.reason,
                }
            )
            for key, batch in row.batches.items()
        ],
    }


def _certificate(row: RoundRow) -> Item | None:
    """Nothing that a certificate says is withheld: it releases the round's results."""
    certified = row.certificate
    if certified is None:
        return None
    return {
        "at": row.certified_at,
        "elected": list(certified.elected),
        "reconciliation": certified.reconciliation.model_dump(mode="json"),
        "counted_to": certified.counted_to,
        "digest": certified.digest,
        "ballots_digest": certified.ballots_digest,
        "result_digest": certified.result_digest,
        "steps_digest": certified.steps_digest,
        **({} if row.reconciled is None else {"paper": row.reconciled.model_dump(mode="json")}),
    }


def _told(reader: Reader, told: Told) -> Item:
    """One step of what happened to a result since its first certificate, that one included."""
    event = told.event
    item: Item = {"at": told.at, "time": told.time}
    match event:
        case ResultContested():
            return item | {
                "what": "contested",
                "author": event.author,
                "of": event.contested,
                "reason": reader.text(told.at, "reason"),
            }
        case ResultOverridden():
            return item | {
                "what": "overridden",
                "of": event.certificate,
                "options": list(event.options),
                "reason": reader.text(told.at, "reason"),
            }
        case ResultRecertified():
            return item | {"what": "recertified", "of": event.earlier, **_counted(event)}
        case _:
            return item | {"what": "certified", **_counted(event)}


def _counted(event: ResultCertified | ResultRecertified) -> Item:
    return {"elected": list(event.elected), "result_digest": event.result_digest}


def option_item(reader: Reader, key: str) -> Item:
    """An option that has lost its text keeps its place and its ballots."""
    round_id, idea = key.split("/")
    fold = reader.facts.rounds
    row = fold.rounds[round_id].options[idea]
    cost = fold.rounds[round_id].costs.get(idea)
    standing = reader.facts.board.ideas[idea]
    concealed = reader.conceals(standing, reader.visible.board.ideas[idea])
    item = {
        "key": key,
        "changed": fold.option_changes.at(key),
        "round": round_id,
        "idea": idea,
        "number": row.number,
        "text_at": row.text_at,
        "title": idea_text(reader, row.text_at, "title", concealed=concealed) if row.has_title else None,
        "text": idea_text(reader, row.text_at, "text", concealed=concealed),
        "status": standing.status,
        "admitted_at": row.admitted_at,
        "cost": cost,
        "counts_for": fold.rounds[round_id].poll.tally.merged.get(idea),
    }
    return present(item)


def tally_item(reader: Reader, round_id: str, idea: str) -> Item:
    """The caller has made sure that this reader may see it."""
    fold = reader.facts.rounds
    poll = fold.rounds[round_id].poll
    changed = poll.tally_changes.at(idea) if poll.released else fold.turnout_changes.at(round_id)
    item = {
        "key": option_key(round_id, idea),
        "changed": changed,
        "round": round_id,
        "idea": idea,
        "marks": dict(zip(poll.method.columns, poll.tally.marks_of(idea), strict=True)),
    }
    if not results_shown(reader, round_id):
        return item  # totals, for who has voted; reasons are withheld with the ballots that give them
    reasons = _reasons(reader, fold.rounds[round_id], idea)
    item["reasons"] = list(islice(reasons, REASONS_SHOWN_MAX)) or None
    item["reasons_left_out"] = sum(1 for _ in reasons) or None
    return present(item)


def _reasons(reader: Reader, row: RoundRow, idea: str) -> Iterator[Item]:
    """Why standing ballots object to an option or block it, the earliest first. Only a vote with names has authors."""
    for ballot, explained in row.explained.items():
        for option, field in explained.places():
            if option == idea:
                blocks = (idea, BLOCK) in row.poll.standing[ballot]
                item = {
                    "at": explained.at,
                    "field": field,
                    "mark": "block" if blocks else "object",
                    "text": reader.text(explained.at, field),
                    "author": ballot_parts(ballot)[1] if row.opened.secrecy == "open" else None,
                }
                yield present(item)


def turnout_item(reader: Reader, key: str) -> Item:
    """Names of those who have voted are for the facilitator of a round in which participants vote under their own pseudonym."""
    fold = reader.facts.rounds
    row = fold.rounds[key]
    poll = row.poll
    named = reader.facilitates and row.opened.secrecy == "open"
    item = {
        "key": key,
        "changed": fold.turnout_changes.at(key),
        "voters": poll.voters,
        "ballots": poll.ballots,
        "replaced": poll.replaced,
        "withdrawn": poll.withdrawn,
        "paper": sum(poll.paper.values()) or None,
        "voted": poll.shown_voters() if named else None,
    }
    return present(item)


def results_shown(reader: Reader, round_id: str) -> bool:
    """Whether everybody may see the round's results today, whatever moment is looked at."""
    return reader.visible.rounds.rounds[round_id].released
