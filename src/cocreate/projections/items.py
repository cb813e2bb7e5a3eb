"""The items of workshop, agenda, board and participation, as one reader sees them; README.md fixes their shapes."""

from typing import Any

from cocreate.domain.genesis import Genesis, SuccessorStarted
from cocreate.projections.agenda import AgendaFold
from cocreate.projections.board import CommentRow, IdeaRow
from cocreate.projections.commitments import NewsRow
from cocreate.projections.decisions import Wording
from cocreate.projections.participation import PARTICIPATION
from cocreate.projections.reader import HIDDEN, Item, Reader, Text, present


def workshop_item(reader: Reader, key: str) -> Item:
    fold = reader.facts.workshop
    started, scheduled = fold.started, fold.scheduled
    assert started is not None, "a workshop has an item from its scheduling on"
    assert scheduled is not None, "a workshop has an item from its scheduling on"
    sealed = {
        field: reader.text(fold.scheduled_at, field)
        for field in ("city", "host", "place", "purpose", "title")
        if getattr(scheduled, field) is not None
    }
    source = None if started.source is None else started.source.model_dump(mode="json")
    item = {
        "key": key,
        "changed": fold.changes.at(key),
        "status": fold.status,
        **sealed,
        "title_at": fold.scheduled_at,
        "country": scheduled.country,
        "languages": list(scheduled.languages),
        "starts_at": fold.starts_at,
        "ends_at": fold.ends_at,
        "settings": fold.settings.model_dump(mode="json"),
        "origin": started.origin,
        "vkey": started.vkey,
        "facilitators": len(fold.facilitators),
        "imported": started.source is not None,
        "incomplete": fold.incomplete,
        "source": source,
        "predecessor": _predecessor(started),
        "note": _text_at(reader, fold.note_at, "note"),
        "reopened_because": _text_at(reader, fold.reason_at, "reason"),
    }
    return present(item)


def _predecessor(started: Genesis) -> Item | None:
    """The record that this one goes on from."""
    if not isinstance(started, SuccessorStarted):
        return None
    named: Item = started.predecessor.model_dump(mode="json", exclude_none=True)
    return {**named, "workshop": started.predecessor.origin.rpartition("/")[2]}


def activity_item(reader: Reader, key: str) -> Item:
    fold = reader.facts.agenda
    stage = fold.stages[key]
    if stage.index is None:
        return {"key": key, "changed": fold.changes.at(key), "state": "removed"}
    activity = stage.activity
    titled = activity.title is not None
    item = {
        "key": key,
        "changed": fold.changes.at(key),
        "number": stage.index + 1,
        "kind": activity.kind,
        "title": _activity_title(reader, fold, stage.index) if titled else None,
        "title_at": fold.agenda_at if titled else None,
        "minutes": activity.minutes,
        "grace_ms": activity.grace_ms,
        "state": stage.state,
        "started_at": stage.started_at,
    }
    return present(item)


def _activity_title(reader: Reader, fold: AgendaFold, index: int) -> Text:
    return reader.text(fold.agenda_at, f"activities.{index}.title")


def idea_item(reader: Reader, key: str) -> Item | None:
    """None while only facilitators, and the author on their own page, may know of the idea."""
    fold = reader.facts.board
    row = fold.ideas[key]
    if not (row.listed or reader.facilitates or reader.own):
        return None
    concealed = reader.conceals(row, reader.visible.board.ideas[key])
    item = {
        "key": key,
        "changed": fold.idea_changes.at(key),
        "number": row.number,
        "status": row.status,
        "title": idea_text(reader, row.text_at, "title", concealed=concealed) if row.has_title else None,
        "text": idea_text(reader, row.text_at, "text", concealed=concealed),
        "text_at": row.text_at,
        "edited": row.edited,
        "tags": list(row.tags),
        "submitted_at": row.submitted_at,
        "approved": row.approved,
        "comments": row.comments,
        "answer": _answer(reader, row),
        "merge": _merge(reader, row),
        "merged": list(row.merged) or None,
        "cluster": row.cluster,
        **_authorship(reader, row),
    }
    return present(item)


def _answer(reader: Reader, row: IdeaRow) -> Item | None:
    answer = row.answer
    if answer is None:
        return None
    cost = None if answer.cost is None else {"currency": answer.cost[0], "amount": answer.cost[1]}
    item = {
        "answer": answer.answer,
        "reason": reader.text(answer.at, "reason"),
        "cost": cost,
        "at": answer.at,
        "time": answer.time,
    }
    return present(item)


def _merge(reader: Reader, row: IdeaRow) -> Item | None:
    merge = row.merge
    if merge is None:
        return None
    item = {
        "into": merge.into,
        "votes": merge.votes,
        "note": reader.text(merge.at, "note") if merge.has_note else None,
        "at": merge.at,
        "time": merge.time,
    }
    return present(item)


def cluster_item(reader: Reader, key: str) -> Item:
    fold = reader.facts.board
    row = fold.clusters[key]
    return {
        "key": key,
        "changed": fold.cluster_changes.at(key),
        "number": row.number,
        "name": reader.text(row.name_at, "name"),
        "name_at": row.name_at,
    }


def decision_item(reader: Reader, key: str) -> Item:
    """The standing wording with the earlier ones, which stay readable: an amendment hides nothing."""
    fold = reader.facts.decisions
    row = fold.decisions[key]
    *earlier, standing = (_wording(reader, one) for one in row.wordings)
    return {
        "key": key,
        "changed": fold.decision_changes.at(key),
        "number": row.number,
        **standing,
        "ideas": list(row.ideas),
        "rounds": list(row.rounds),
        "earlier": earlier,
    }


def _wording(reader: Reader, one: Wording) -> Item:
    item = {
        "what": reader.text(one.at, "what"),
        "why": reader.text(one.at, "why"),
        "because": reader.text(one.at, "reason") if one.amends else None,
        "text_at": one.at,
        "time": one.time,
    }
    return present(item)


def commitment_item(reader: Reader, key: str) -> Item:
    fold = reader.facts.commitments
    row = fold.commitments[key]
    item = {
        "key": key,
        "changed": fold.commitment_changes.at(key),
        "number": row.number,
        "who": reader.text(row.made_at, "who"),
        "what": reader.text(row.made_at, "what"),
        "text_at": row.made_at,
        "time": row.made_time,
        "due": row.due,
        "decision": row.decision,
        "state": row.state,
        "news": [_news(reader, one) for one in row.news],
    }
    return present(item)


def _news(reader: Reader, one: NewsRow) -> Item:
    item = {
        "state": one.state,
        "note": reader.text(one.at, "note") if one.has_note else None,
        "evidence": reader.text(one.at, "evidence") if one.has_evidence else None,
        "at": one.at,
        "time": one.time,
    }
    return present(item)


def comment_item(reader: Reader, key: str) -> Item:
    fold = reader.facts.board
    row = fold.comments[key]
    concealed = reader.conceals(row, reader.visible.board.comments[key])
    item = {
        "key": key,
        "changed": fold.comment_changes.at(key),
        "idea": row.idea,
        "parent": row.parent,
        "depth": row.depth,
        "alignment": row.alignment,
        "status": row.status,
        "text": idea_text(reader, row.text_at, "text", concealed=concealed),
        "text_at": row.text_at,
        "posted_at": row.posted_at,
        **_authorship(reader, row),
    }
    return present(item)


def _authorship(reader: Reader, row: IdeaRow | CommentRow) -> Item:
    """Who wrote it, and what moderators said of it."""
    return {
        "author": row.author,
        "author_name": reader.name(row.author),
        "entered_by": row.entered_by,
        "claimed_at": row.claimed_at,
        "reason": row.reason,
        "note": _text_at(reader, row.note_at, "note") if reader.sees_notes else None,
    }


def idea_text(reader: Reader, position: int, field: str, *, concealed: bool) -> Text:
    return HIDDEN if concealed else reader.text(position, field)


def participant_item(reader: Reader, key: str) -> Item | None:
    """Only facilitators see who is here one by one."""
    if not reader.facilitates:
        return None
    fold = reader.facts.participation
    person = fold.people[key]
    name = reader.name(key)
    item = {
        "key": key,
        "changed": fold.changes.at(key),
        "status": person.status,
        "role": person.role,
        "how": person.how,
        "name": name,
        "name_at": None if name is None else person.name_at,
        "joined_at": person.joined_at,
        "claimed_at": person.claimed_at,
    }
    return present(item)


def participation_item(reader: Reader, key: str = PARTICIPATION) -> Item:
    people, board = reader.facts.participation, reader.facts.board
    return {
        "key": key,
        "changed": max(people.counted_at, board.counted_at),
        "joined": len(people.people),
        **people.statuses,
        "scribes": people.scribes,
        "ideas": len(board.ideas),
        "comments": len(board.comments),
        "hidden_ideas": board.hidden_ideas,
        "hidden_comments": board.hidden_comments,
    }


def _text_at(reader: Reader, position: int | None, field: str) -> Any:
    return None if position is None else reader.text(position, field)
