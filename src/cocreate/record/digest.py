"""State digest v1: SHA-256 of the canonical JSON of the tables that FORMAT.md §7 names, from unsealed facts alone.

The tables are written out here field by field: a class may change its shape, the digest of a state may not.
"""

from typing import Any

from cocreate.domain.ballot import RANDOM_BYTES
from cocreate.domain.canonical import digest_of
from cocreate.domain.state import WorkshopState

DIGEST_VERSION = 1
LATER_TABLES = frozenset({"answers", "clustered", "clusters", "commitments", "decisions", "merged"})
"""Tables of events that joined the format after its first records were written: what a record without them had stays its digest."""


def state_digest(state: WorkshopState) -> str:
    """The digest of a decision state after `state.size` entries, as 64 lowercase hex characters."""
    return digest_of(digest_tables(state))


def digest_tables(state: WorkshopState) -> dict[str, Any]:
    """The tables of digest v1; rows ascend by their first column. Those of later events are absent while they have no row."""
    tables = {
        "workshop": _workshop(state),
        "agenda": _agenda(state),
        "facilitators": sorted(state.workshop.facilitators),
        "participants": [
            [key, row.how, row.role, row.status, *([] if row.gone_at is None else [row.gone_at])]
            for key, row in sorted(state.participants.items())
        ],
        "ideas": [
            [key, row.author, row.text_at, row.status, row.approved, list(row.tags)]
            for key, row in sorted(state.ideas.items())
        ],
        "comments": [
            [key, row.author, row.idea, row.depth, row.status] for key, row in sorted(state.comments.items())
        ],
        "rounds": [_round(state, key) for key in sorted(state.rounds)],
        "ballots": _ballots(state),
        "erased": [[position, field] for position, field in sorted(state.erased)],
        "answers": [
            [key, row.answer, row.at, *([] if row.cost is None else [list(row.cost)])]
            for key, row in sorted(state.answers.items())
        ],
        "clustered": [[key, cluster] for key, cluster in sorted(state.clustered.items()) if cluster],
        "clusters": [[key, named_at] for key, named_at in sorted(state.clusters.items())],
        "merged": [
            [key, row.into, row.votes] for key, row in sorted(state.merged.items()) if row.into is not None
        ],
        "commitments": [
            [key, row.due, row.state, row.at, *([] if row.decision is None else [row.decision])]
            for key, row in sorted(state.commitments.items())
        ],
        "decisions": [
            [key, row.text_at, list(row.ideas), list(row.rounds)]
            for key, row in sorted(state.decisions.items())
        ],
    }
    return {name: rows for name, rows in tables.items() if rows or name not in LATER_TABLES}


def _workshop(state: WorkshopState) -> dict[str, Any]:
    row, settings = state.workshop, state.workshop.settings
    return {
        "ends_at": row.ends_at,
        "id": row.id,
        "importing": row.importing,
        "origin": row.origin,
        "settings": {
            "approval_first": settings.approval_first,
            "facilitator_sees_names": settings.facilitator_sees_names,
            "join": settings.join,
            "participants_see_names": settings.participants_see_names,
            "paused": settings.paused,
            "tags": list(settings.tags),
        },
        "starts_at": row.starts_at,
        "status": row.status,
    }


def _agenda(state: WorkshopState) -> dict[str, Any]:
    agenda = state.workshop.agenda
    facts: dict[str, Any] = {"activities": [[one.id, one.kind, one.grace_ms] for one in agenda.activities]}
    if agenda.current is not None:
        facts["current"] = agenda.current
    if agenda.ended:
        facts["ended"] = [list(one) for one in agenda.ended]
    return facts


def _round(state: WorkshopState, key: str) -> list[Any]:
    row = state.rounds[key]
    if row.status == "certified":
        return [key, row.ballots_digest, row.result_digest, *_since(state, key)]
    options = [[idea, text_at] for idea, text_at in row.options.items()]
    facts: dict[str, Any] = {
        "admission": row.admission,
        "eligibility": row.eligibility,
        "grace_ms": row.grace_ms,
        "opened_at": row.opened_at,
        "results": row.results,
        "rules": row.rules.model_dump(mode="json", exclude_none=True),
        "secrecy": row.secrecy,
        "status": row.status,
        "turnout": list(state.turnout.get(key, (0, 0, 0))),
    }
    if row.costs:
        facts["costs"] = [list(one) for one in sorted(row.costs.items())]
    if row.merged:
        facts["merged"] = [list(one) for one in sorted(row.merged.items())]
    if row.closed_at is not None:
        facts["closed_at"] = row.closed_at
    if row.grace_until is not None:
        facts["grace_until"] = row.grace_until
    if key in state.paper:
        facts["paper"] = _paper(state, key)
    if row.withheld_until is not None:
        facts["withheld_until"] = row.withheld_until
    return [key, facts, options]


def _since(state: WorkshopState, key: str) -> list[dict[str, Any]]:
    """What was said of the certificate that stands, if anything was; a contest opens the paper again."""
    facts: dict[str, Any] = {}
    verdict = state.rounds[key].verdict
    if verdict is not None and verdict.contested:
        facts["contested"] = [list(one) for one in sorted(verdict.contested)]
        if key in state.paper:
            facts["paper"] = _paper(state, key)
    if verdict is not None and verdict.overridden is not None:
        facts["overridden"] = list(verdict.overridden)
    return [facts] if facts else []


def _paper(state: WorkshopState, key: str) -> dict[str, Any]:
    batches = sorted(state.paper[key].batches.items())
    voters = sorted((voter[37:], sheet) for voter, sheet in state.sheets.items() if voter[:36] == key)
    return {
        "batches": [[batch, row.digest, row.entered_by, row.label, row.status] for batch, row in batches],
        "sheets": [list(one) for one in voters],
    }


def _ballots(state: WorkshopState) -> list[list[Any]]:
    """Every ballot of a round without a certificate; a withdrawn one has no fourth column.

    The random bytes keep choices that are still withheld from being guessed from a digest that is public already.
    """
    return [
        [aggregate, counter, mark[:RANDOM_BYTES].hex(), *([] if choice is None else [choice])]
        for round_id, ballots in sorted(state.ballots.items())
        if state.rounds[round_id].status != "certified"
        for aggregate, (counter, choice, mark) in sorted(ballots.items())
    ]
