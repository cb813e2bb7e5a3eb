"""What may happen next in a random history: one function a command, and how often each is tried.

A move aims at what is there, so that most tries are accepted, but repeats no rule: what the domain refuses is simply not written.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from cocreate.domain.agenda import Activity, ActivityKind, ChangeAgenda, EndActivity, StartActivity
from cocreate.domain.answer import AnswerIdea
from cocreate.domain.ballot import CastBallot, WithdrawBallot
from cocreate.domain.certificate import CertifyResult
from cocreate.domain.cluster import ClusterIdeas, NameCluster
from cocreate.domain.comment import HideComment, PostComment, RestoreComment, WithdrawComment
from cocreate.domain.commitment import MakeCommitment, UpdateCommitment
from cocreate.domain.contest import ContestResult, OverrideResult, RecertifyResult
from cocreate.domain.decision import AmendDecision, RecordDecision
from cocreate.domain.erasure import EraseSubject, EraseText
from cocreate.domain.facilitator import AddFacilitator, RemoveFacilitator
from cocreate.domain.genesis import CompleteImport
from cocreate.domain.idea import (
    ApproveIdea,
    EditIdea,
    HideIdea,
    RestoreIdea,
    SubmitIdea,
    TagIdea,
    WithdrawIdea,
)
from cocreate.domain.merging import MergeIdeas, RevertMerge
from cocreate.domain.messages import SYSTEM, Command
from cocreate.domain.opening import OpenRound
from cocreate.domain.paper import Batch, CheckPaperBatch, EnterPaperBatch, IssuePaper, VoidPaperBatch
from cocreate.domain.participant import (
    GiveName,
    GrantRole,
    How,
    JoinWorkshop,
    LeaveWorkshop,
    ReadmitParticipant,
    RemoveParticipant,
    Role,
)
from cocreate.domain.round import AdmitOption, CloseRound, Results, Round, VoidRound
from cocreate.domain.settings import ChangeSettings
from cocreate.domain.voting import Rules
from cocreate.domain.voting.approval import ApprovalRules
from cocreate.domain.voting.consent import ConsentRules, opposed
from cocreate.domain.voting.dots import DotsRules
from cocreate.domain.voting.equal_shares import EqualSharesRules
from cocreate.domain.voting.opinion import OpinionRules
from cocreate.domain.voting.ranked import RankedRules
from cocreate.domain.voting.support import SupportRules
from cocreate.domain.workshop import CloseWorkshop, ReopenWorkshop, RescheduleWorkshop, SealRecord
from tests.history_author import STARTED_AT, TAGS, Author, tie_root

Move = Callable[[Author], Command | None]


def _join(author: Author) -> Command:
    importing = author.state.workshop.importing
    ways: tuple[How, ...] = ("imported", "scribe") if importing else ("open_code", "scribe")
    how = author.rng.choice(ways)
    scribe = author.rng.choice((author.facilitator, author.scribe()))
    return JoinWorkshop(actor=author.hex(), how=how, name=author.maybe_text("name"), scribe=scribe)


def _name(author: Author) -> Command:
    participant = author.participant()
    return GiveName(actor=participant, participant=participant, name=author.text("name"))


def _role(author: Author) -> Command:
    roles: tuple[Role, ...] = ("participant", "scribe", "scribe")
    role = author.rng.choice(roles)
    return GrantRole(actor=author.facilitator, participant=author.participant(), role=role)


def _leave(author: Author) -> Command:
    return LeaveWorkshop(actor=author.participant())


def _remove(author: Author) -> Command:
    return RemoveParticipant(actor=author.facilitator, participant=author.participant(), reason="conduct")


def _readmit(author: Author) -> Command:
    return ReadmitParticipant(
        actor=author.facilitator, participant=author.pick_person(author.state.participants)
    )


def _settings(author: Author) -> Command:
    return ChangeSettings(actor=author.facilitator, settings=author.settings())


def _unpause(author: Author) -> Command | None:
    settings = author.state.workshop.settings
    if not settings.paused:
        return None
    return ChangeSettings(actor=author.facilitator, settings=settings.model_copy(update={"paused": False}))


def _agenda(author: Author) -> Command:
    """Keeps the current activity, drops some others, adds some, in another order; now and then an empty agenda."""
    agenda = author.state.workshop.agenda
    kept = [one for one in agenda.activities if one.id == agenda.current or author.rng.random() < 0.5]
    kept = [one.model_copy(update={"title": author.maybe_text("activity")}) for one in kept]
    for _ in range(author.rng.choice((0, 1, 2, 3)) if agenda.current or author.rng.random() < 0.5 else 0):
        kinds: tuple[ActivityKind, ...] = ("collect", "collect", "discuss", "vote", "break")
        kind = author.rng.choice(kinds)
        grace_ms = author.rng.choice((0, 5_000))
        kept.append(
            Activity(id=author.uuid(), kind=kind, title=author.maybe_text("activity"), grace_ms=grace_ms)
        )
    author.rng.shuffle(kept)
    return ChangeAgenda(actor=author.facilitator, activities=tuple(kept))


def _start_activity(author: Author) -> Command:
    activities = [one.id for one in author.state.workshop.agenda.activities]
    return StartActivity(actor=author.facilitator, activity=author.pick(activities))


def _end_activity(author: Author) -> Command:
    return EndActivity(
        actor=author.facilitator, activity=author.state.workshop.agenda.current or author.uuid()
    )


def _submit(author: Author) -> Command:
    writer = author.participant()
    return SubmitIdea(
        actor=author.pen_of(writer),
        author=writer,
        idea=author.uuid(),
        text=author.text("idea", languages=author.rng.choice((("en",), ("fr", "en")))),
        title=author.maybe_text("title"),
        tags=tuple(sorted(author.rng.sample(TAGS, author.rng.randrange(3)))),
        claimed_at=author.rng.choice((None, STARTED_AT - 1)),
    )


def _edit(author: Author) -> Command:
    idea = author.idea("waiting", "visible")
    row = author.state.ideas.get(idea)
    actor = row.author if row and author.rng.random() < 0.7 else author.facilitator
    return EditIdea(actor=actor, idea=idea, text=author.text("idea"), title=author.maybe_text("title"))


def _withdraw_idea(author: Author) -> Command:
    idea = author.idea("waiting", "visible", "hidden")
    row = author.state.ideas.get(idea)
    return WithdrawIdea(actor=row.author if row else author.participant(), idea=idea)


def _approve(author: Author) -> Command:
    return ApproveIdea(actor=author.facilitator, idea=author.idea("waiting", "waiting", "visible"))


def _hide_idea(author: Author) -> Command:
    idea = author.idea("waiting", "visible")
    return HideIdea(actor=author.facilitator, idea=idea, reason="off_topic", note=author.maybe_text("note"))


def _restore_idea(author: Author) -> Command:
    return RestoreIdea(actor=author.facilitator, idea=author.idea("hidden"))


def _tag(author: Author) -> Command:
    return TagIdea(actor=author.facilitator, idea=author.idea("visible"), tags=(author.rng.choice(TAGS),))


def _post(author: Author) -> Command:
    idea, writer = author.idea("visible"), author.participant()
    siblings = [key for key, row in author.state.comments.items() if row.idea == idea]
    return PostComment(
        actor=author.pen_of(writer),
        author=writer,
        comment=author.uuid(),
        idea=idea,
        parent=author.rng.choice([None, *siblings]),
        alignment=author.rng.choice(("for", "against", "neutral")),
        text=author.text("comment"),
    )


def _hide_comment(author: Author) -> Command:
    comment = author.comment("visible")
    return HideComment(
        actor=author.facilitator, comment=comment, reason="spam", note=author.maybe_text("note")
    )


def _restore_comment(author: Author) -> Command:
    return RestoreComment(actor=author.facilitator, comment=author.comment("hidden"))


def _withdraw_comment(author: Author) -> Command:
    comment = author.comment("visible", "hidden")
    row = author.state.comments.get(comment)
    return WithdrawComment(actor=row.author if row else author.participant(), comment=comment)


def _open_round(author: Author) -> Command:
    rng = author.rng
    visible = [key for key, row in author.state.ideas.items() if row.status == "visible"]
    rules: Rules = rng.choice(
        (
            SupportRules(method="support"),
            ApprovalRules(method="approval", choices_max=rng.randint(1, 3), seats=rng.randint(1, 2)),
            OpinionRules(method="opinion", routing=rng.choice((None, "informative.v1"))),
            RankedRules(method="ranked", count="stv", choices_max=3, seats=2),
            DotsRules(method="dots", purse=6, cap=2, seats=1),
            ConsentRules(method="consent", objections_max=1, quorum=1),
            EqualSharesRules(
                method="equal_shares", ballot="approval", budget=100, choices_max=3,
                completion="add_one_greedy", currency="EUR", raise_by=5, ties="draw",
            ),
        )
    )  # fmt: skip
    options = tuple(rng.sample(visible, min(len(visible), rng.randint(1, 5))))
    merged = [
        (key, row.into)
        for key, row in author.state.merged.items()
        if row.into is not None and row.votes == "union"
    ]
    if unite := bool(merged) and rules.method in ("support", "approval") and rng.random() < 0.7:
        options = tuple({*(one for one in options if one not in author.state.merged), *rng.choice(merged)})
    round_id = author.uuid()
    secrecy = rng.choice(("open", "pseudonymous"))
    key = None
    if secrecy == "pseudonymous":
        author.keys[round_id] = rng.randbytes(32)
        key = hashlib.sha256(author.keys[round_id]).hexdigest()
    displays: tuple[Results, ...] = ("always", "after_own_ballot", "after_closing")
    results = rng.choice(displays)
    until = author.now + rng.choice((60_000, 3_600_000))
    return OpenRound(
        actor=author.facilitator,
        round=round_id,
        question=author.text("question"),
        rules=rules,
        admission="growing" if rules.method == "opinion" and rng.random() < 0.6 else "frozen",
        options=options,
        costs=tuple((one, 20 * (place + 1)) for place, one in enumerate(options))
        if rules.method == "equal_shares"
        else (),
        secrecy=secrecy,
        results=results,
        grace_ms=rng.choice((0, 10_000, 60_000)),
        withheld_until=until if results != "always" and rng.random() < 0.5 else None,
        replaces=rng.choice([None, *author.state.rounds]),
        unite=unite,
        key=key,
    )


def _admit(author: Author) -> Command:
    return AdmitOption(actor=author.facilitator, round=author.round("open"), idea=author.idea("visible"))


def _cast(author: Author) -> Command | None:
    round_id = author.round("open" if author.rng.random() < 0.85 else "closed")
    participant = author.participant()
    row = author.state.rounds.get(round_id)
    if row is None or not row.options:
        return None
    options = list(row.options)
    option = author.rng.choice(options) if row.method.per_option else None
    choice = _choice(author, row)
    voter = author.voter(round_id, participant)
    counter = author.rng.choice((None, None, None, 1, 2, 7))
    objected = sorted(opposed(choice)) if row.rules.method == "consent" else ()
    why = [option for option in objected if author.rng.random() < 0.8]
    return CastBallot(
        actor=voter,
        round=round_id,
        participant=participant,
        option=option,
        choice=choice,
        counter=counter,
        random=author.hex(),
        objections=tuple((option, author.text("why")) for option in why),
    )


def _choice(author: Author, row: Round) -> Any:
    """Something that a voter may say in the round, mostly."""
    options = list(row.options)
    if row.method.per_option:
        return author.rng.choice((1, 0, -1))
    choice = tuple(sorted(author.rng.sample(options, author.rng.randint(0, min(3, len(options))))))
    if row.rules.method == "dots":
        return tuple((one, author.rng.randint(1, 2)) for one in choice)
    if row.rules.method == "consent":
        return tuple((one, author.rng.randint(-2, 1)) for one in choice)
    return choice


def _withdraw_ballot(author: Author) -> Command | None:
    ballots = [
        key
        for of_round in author.state.ballots.values()
        for key, ballot in of_round.items()
        if ballot.choice is not None
    ]
    if not ballots:
        return None
    round_id, voter, *option = author.rng.choice(ballots).split("/")
    voters = {author.voter(round_id, one): one for one in author.state.participants}
    return WithdrawBallot(
        actor=voter,
        round=round_id,
        participant=voters[voter],
        option=option[0] if option else None,
        random=author.hex(),
    )


def _close_round(author: Author) -> Command:
    return CloseRound(actor=author.facilitator, round=author.round("open"))


def _close_at_term(author: Author) -> Command:
    return CloseRound(actor=SYSTEM, round=author.round("open"), because="withheld_until")


def _void(author: Author) -> Command:
    round_id = author.round("open", "closed")
    return VoidRound(
        actor=author.facilitator, round=round_id, reason="mistake", note=author.maybe_text("note")
    )


def _certify(author: Author) -> Command:
    round_id = author.round("closed")
    actor = author.facilitator if round_id in author.state.paper else SYSTEM
    return CertifyResult(actor=actor, round=round_id, tie_root=tie_root(round_id))


def _issue_paper(author: Author) -> Command:
    round_id, participant = author.round("open"), author.participant()
    voter = author.voter(round_id, participant)
    sheet = author.rng.choice((1, 1, 1, author.state.sheets.get(f"{round_id}/{voter}", 0) + 1))
    return IssuePaper(
        actor=author.facilitator, round=round_id, participant=participant, voter=voter, sheet=sheet
    )


def _papered(author: Author) -> str:
    return author.pick([key for key in author.state.paper if author.state.rounds[key].status != "open"])


def _enter_batch(author: Author) -> Command | None:
    round_id = _papered(author)
    row, paper = author.state.rounds.get(round_id), author.state.paper.get(round_id)
    if row is None or paper is None or not row.options:
        return None
    room = paper.sheets - sum(
        len(one.ballots) + one.spoiled for one in paper.batches.values() if one.status != "voided"
    )
    count = author.rng.randint(0, max(0, room))
    ballots = tuple(_choice(author, row) for _ in range(count))
    return EnterPaperBatch(
        actor=author.rng.choice((author.facilitator, author.scribe())),
        round=round_id,
        batch=author.uuid(),
        label=f"box-{author.rng.randint(1, 3)}",
        ballots=ballots,
        spoiled=author.rng.choice((0, 0, max(0, room - count))),
    )


def _check_batch(author: Author) -> Command | None:
    found = _batch(author, "entered", "entered", "checked")
    if found is None:
        return None
    round_id, key, batch = found
    people = sorted(
        {author.facilitator, author.scribe(), *author.state.workshop.facilitators} - {batch.entered_by}
    )
    return CheckPaperBatch(actor=author.pick_person(people), round=round_id, batch=key, digest=batch.digest)


def _void_batch(author: Author) -> Command | None:
    found = _batch(author, "entered", "checked")
    if found is None:
        return None
    round_id, key, _ = found
    return VoidPaperBatch(actor=author.facilitator, round=round_id, batch=key, reason="mistake")


def _batch(author: Author, *statuses: str) -> tuple[str, str, Batch] | None:
    found = [
        (round_id, key, batch)
        for round_id, paper in author.state.paper.items()
        for key, batch in paper.batches.items()
        if batch.status in statuses
    ]
    return author.rng.choice(found) if found else None


def _contest(author: Author) -> Command:
    person = author.participant() if author.rng.random() < 0.7 else author.facilitator
    round_id = author.round("certified")
    return ContestResult(
        actor=author.pen_of(person), author=person, round=round_id, reason=author.text("reason")
    )


def _recertify(author: Author) -> Command:
    round_id = author.round("certified")
    return RecertifyResult(actor=author.facilitator, round=round_id, tie_root=tie_root(round_id))


def _override(author: Author) -> Command:
    round_id = author.round("certified")
    options = list(author.state.rounds[round_id].options) if round_id in author.state.rounds else []
    chosen = tuple(author.rng.sample(options, min(len(options), author.rng.randint(0, 2))))
    return OverrideResult(
        actor=author.facilitator, round=round_id, options=chosen, reason=author.text("reason")
    )


def _some_ideas(author: Author) -> tuple[str, ...]:
    visible = [key for key, row in author.state.ideas.items() if row.status == "visible"]
    return tuple(author.rng.sample(visible, min(len(visible), author.rng.randint(1, 3))))


def _merge(author: Author) -> Command | None:
    ideas = _some_ideas(author)
    if not ideas:
        return None
    return MergeIdeas(
        actor=author.facilitator,
        idea=author.idea("visible"),
        ideas=ideas,
        votes=author.rng.choice(("none", "union")),
        note=author.maybe_text("note"),
    )


def _part(author: Author) -> Command | None:
    merged = [(key, row.into) for key, row in author.state.merged.items() if row.into is not None]
    if not merged:
        return None
    idea, into = author.rng.choice(merged)
    return RevertMerge(actor=author.facilitator, idea=into, ideas=(idea,), note=author.maybe_text("note"))


def _name_cluster(author: Author) -> Command:
    known = author.rng.random() < 0.4
    return NameCluster(
        actor=author.facilitator,
        cluster=author.pick(author.state.clusters) if known else author.uuid(),
        name=author.text("cluster"),
        ideas=_some_ideas(author) if author.rng.random() < 0.5 else (),
    )


def _cluster(author: Author) -> Command:
    cluster = None if author.rng.random() < 0.3 else author.pick(author.state.clusters)
    return ClusterIdeas(actor=author.facilitator, ideas=_some_ideas(author), cluster=cluster)


def _grounds(author: Author) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Some ideas and some rounds, a few of which could not have led to anything."""
    rng, state = author.rng, author.state
    ideas = [key for key, row in state.ideas.items() if row.status == "visible" or rng.random() < 0.1]
    rounds = [key for key, row in state.rounds.items() if row.status == "certified" or rng.random() < 0.05]
    return (
        tuple(rng.sample(ideas, min(len(ideas), rng.randint(0, 3)))),
        tuple(rng.sample(rounds, min(len(rounds), rng.randint(0, 2)))),
    )


def _decide(author: Author) -> Command:
    ideas, rounds = _grounds(author)
    return RecordDecision(
        actor=author.facilitator,
        decision=author.uuid(),
        what=author.text("what"),
        why=author.text("why"),
        ideas=ideas,
        rounds=rounds,
    )


def _amend(author: Author) -> Command:
    ideas, rounds = _grounds(author)
    return AmendDecision(
        actor=author.facilitator,
        decision=author.pick(author.state.decisions),
        reason=author.text("reason"),
        what=author.text("what"),
        why=author.text("why"),
        ideas=ideas,
        rounds=rounds,
    )


def _promise(author: Author) -> Command:
    return MakeCommitment(
        actor=author.facilitator,
        commitment=author.uuid(),
        who=author.text("who"),
        what=author.text("what"),
        due=author.now + author.rng.randint(0, 10**9),
        decision=author.rng.choice([None, *author.state.decisions]),
    )


def _news(author: Author) -> Command:
    return UpdateCommitment(
        actor=author.facilitator,
        commitment=author.pick(author.state.commitments),
        state=author.rng.choice(("open", "under_way", "kept", "broken")),
        note=author.maybe_text("note"),
        evidence=author.maybe_text("evidence"),
    )


def _answer(author: Author) -> Command:
    return AnswerIdea(
        actor=author.facilitator,
        idea=author.idea("visible"),
        answer=author.rng.choice(("accepted", "rejected", "under_evaluation")),
        reason=author.text("reason"),
        cost=author.rng.choice((None, ("EUR", author.rng.randint(0, 10_000)))),
    )


def _facilitators(author: Author) -> Command:
    if author.rng.random() < 0.5:
        return AddFacilitator(actor=author.facilitator, facilitator=author.hex())
    others = author.state.workshop.facilitators - {author.facilitator}
    return RemoveFacilitator(actor=author.facilitator, facilitator=author.pick_person(sorted(others)))


def _reschedule(author: Author) -> Command:
    ends_at = STARTED_AT + author.rng.randint(1, 86_400_000)
    return RescheduleWorkshop(actor=author.facilitator, starts_at=STARTED_AT, ends_at=ends_at)


def _complete_import(author: Author) -> Command:
    counts = {"ballots_cast": 0, "ballots_replaced": 0, "moderated": 0}
    ideas, people = len(author.state.ideas), len(author.state.participants)
    return CompleteImport(actor=author.facilitator, ideas=ideas, participants=people, **counts)


def _close_workshop(author: Author) -> Command | None:
    """Rarely, and to be reopened: it releases all results, and tests need some that wait."""
    return CloseWorkshop(actor=author.facilitator) if author.rng.random() < 0.3 else None


def _reopen(author: Author) -> Command | None:
    if author.state.workshop.status != "closed":
        return None
    return ReopenWorkshop(actor=author.facilitator, reason=author.text("reason"))


def _finish(author: Author) -> Command | None:
    """Some histories go, in their last entries, step by step towards a sealed record, which little may follow."""
    if not author.ends or len(author.history.entries) < author.length - 15:
        return None
    if author.state.workshop.status == "open":
        return CloseWorkshop(actor=author.facilitator)
    if any(paper.unchecked for paper in author.state.paper.values()):
        return _void_batch(author)
    if any(row.status == "closed" for row in author.state.rounds.values()):
        return _certify(author)
    contested = [key for key, row in author.state.rounds.items() if row.verdict and row.verdict.contested]
    if contested:
        return RecertifyResult(actor=author.facilitator, round=contested[0], tie_root=tie_root(contested[0]))
    return SealRecord(actor=author.facilitator)


def _erase_text(author: Author) -> Command:
    position, path = author.rng.choice(list(author.history.texts))
    subject = author.history.texts[position, path].subject
    return EraseText(
        actor=author.facilitator, position=position, field=path, subject=subject, reason="requested"
    )


def _erase_subject(author: Author) -> Command:
    participant = author.pick_person(author.state.participants)
    return EraseSubject(actor=participant, subject=participant, reason="requested")


_LIKELY: dict[Move, int] = {
    _cast: 80,
    _submit: 12,
    _post: 10,
    _join: 8,
    _withdraw_ballot: 6,
    _open_round: 3,
    _unpause: 4,
    _certify: 4,
    _reopen: 4,
    _edit: 3,
    _approve: 3,
    _hide_idea: 2,
    _restore_idea: 2,
    _withdraw_idea: 1,
    _hide_comment: 2,
    _restore_comment: 1,
    _withdraw_comment: 1,
    _start_activity: 2,
    _end_activity: 1,
    _agenda: 1,
    _tag: 1,
    _name: 1,
    _role: 2,
    _leave: 1,
    _remove: 1,
    _readmit: 2,
    _settings: 1,
    _admit: 1,
    _close_round: 2,
    _close_at_term: 1,
    _void: 1,
    _issue_paper: 6,
    _enter_batch: 6,
    _check_batch: 8,
    _void_batch: 3,
    _contest: 2,
    _recertify: 2,
    _override: 1,
    _merge: 3,
    _part: 1,
    _name_cluster: 1,
    _cluster: 2,
    _decide: 2,
    _amend: 1,
    _promise: 1,
    _news: 1,
    _answer: 3,
    _facilitators: 1,
    _reschedule: 1,
    _complete_import: 1,
    _close_workshop: 1,
    _finish: 40,
    _erase_text: 1,
    _erase_subject: 1,
}
"""How often each move is tried, relative to the others; most ballots are cast in bursts because most tries are ballots."""

MOVES, WEIGHTS = list(_LIKELY), list(_LIKELY.values())

AFTER_THE_SEAL: tuple[Move, ...] = (_erase_text, _erase_subject, _news)
"""What may still follow on a sealed record."""
