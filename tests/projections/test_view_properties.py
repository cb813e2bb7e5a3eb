"""What holds of every history, every audience and every moment."""

from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.domain.canonical import canonical_json
from cocreate.domain.certificate import ResultCertified, ResultPart
from cocreate.domain.comment import CommentHidden, CommentPosted, CommentRestored
from cocreate.domain.contest import ResultRecertified
from cocreate.domain.idea import (
    IdeaApproved,
    IdeaEdited,
    IdeaHidden,
    IdeaRestored,
    IdeaSubmitted,
    IdeaWithdrawn,
)
from cocreate.domain.opening import RoundOpened
from cocreate.domain.paper import NO_PAPER
from cocreate.domain.round import RoundClosed, RoundVoided
from cocreate.domain.workshop import WorkshopClosed
from cocreate.projections.fold import Projections
from cocreate.projections.history import timeline, withheld_runs
from cocreate.projections.reader import AUDIENCES, Audience
from cocreate.projections.views import changes, moved, view
from tests.histories import History, random_history
from tests.projections.folding import fold, keyed

SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = st.integers(30, 80)


def moments(history: History) -> Iterator[Projections]:
    """The same projections after each entry in turn."""
    projections = Projections()
    for recorded in history.entries:
        projections.apply(recorded)
        yield projections


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, length=LENGTHS)
def test_changes_since_a_moment_applied_to_its_view_give_the_view_now(seed: int, length: int) -> None:
    """A page that was cut off at any position catches up completely, whoever looks."""
    history = random_history(Random(seed), length)
    size = len(history.entries)
    live: dict[Audience, list[Any]] = {audience: [] for audience in AUDIENCES}
    for projections in moments(history):
        texts = history.readable(projections.at + 1)
        for audience in AUDIENCES:
            live[audience].append(view(projections, projections, audience, texts))
    head, today = fold(history), history.readable(size)
    for audience in AUDIENCES:
        expected = keyed(view(head, head, audience, today)["items"])
        for position in range(-1, size):
            page = (
                keyed(live[audience][position]["items"]) if position >= 0 else {name: {} for name in expected}
            )
            for name, items in changes(head, position, audience, today).items():
                page[name].update({item["key"]: item for item in items})
            assert page == expected, f"{audience} from {position}"


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, length=LENGTHS, step=st.integers(1, 7))
def test_a_view_that_moves_along_is_the_view_made_anew(seed: int, length: int, step: int) -> None:
    """Items, their order and the position; and whoever still reads the earlier view finds it as it was."""
    history = random_history(Random(seed), length)
    moving: dict[Audience, Any] = {}
    for projections in moments(history):
        if projections.at % step:
            continue
        texts = history.readable(projections.at + 1)
        for audience in AUDIENCES:
            anew = view(projections, projections, audience, texts)
            if (before := moving.get(audience)) is not None:
                told = canonical_json(before)
                assert moved(before, projections, audience, texts) == anew
                assert canonical_json(before) == told
            moving[audience] = anew


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, length=LENGTHS)
def test_what_changed_is_exactly_what_carries_a_later_position(seed: int, length: int) -> None:
    """`changes` is a filter of the view: nothing else is sent, and nothing twice."""
    history = random_history(Random(seed), length)
    head, today = fold(history), history.readable(len(history.entries))
    for audience in AUDIENCES:
        everything = keyed(view(head, head, audience, today)["items"])
        for since in range(-1, len(history.entries)):
            later = {
                name: {key: item for key, item in items.items() if item["changed"] > since}
                for name, items in everything.items()
            }
            assert keyed(changes(head, since, audience, today)) == {
                name: items for name, items in later.items() if items
            }


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, length=LENGTHS)
def test_nobody_sees_results_that_are_withheld_today_at_any_past_moment(seed: int, length: int) -> None:
    """Neither tallies nor certificates, neither entries nor times of single ballots or of what papers say, for no audience."""
    history = random_history(Random(seed), length)
    head, today = fold(history), history.readable(len(history.entries))
    withheld = unreleased(history)
    for facts in moments(history):
        for audience in AUDIENCES:
            items = keyed(view(facts, head, audience, today)["items"])
            assert {item["round"] for item in items["tallies"].values()}.isdisjoint(withheld)
            for key, item in items["rounds"].items():
                assert item["withheld"] == (key in withheld)
                assert item["results_shown"] != item["withheld"]
                assert key not in withheld or "certificate" not in item
            shown = {item["round"] for item in items["tallies"].values()}
            with_options = {item["round"] for item in items["options"].values()}
            assert shown == with_options - withheld
    runs = withheld_runs(head)
    assert [
        one.position
        for one in history.entries
        if one.event.NAME.startswith(("Ballot", "PaperBatch")) and one.aggregate[:36] in withheld
    ] == [position for first, last, _ in runs for position in range(first, last + 1)]


def unreleased(history: History) -> set[str]:
    """Told apart from the projections: rounds whose results wait, by the words of the rules."""
    waiting: set[str] = set()
    for recorded in history.entries:
        event = recorded.event
        if isinstance(event, RoundOpened) and event.results != "always":
            waiting.add(recorded.aggregate)
        elif isinstance(event, RoundVoided | ResultCertified):
            waiting.discard(recorded.aggregate)
        elif isinstance(event, WorkshopClosed):
            waiting.clear()
    return waiting


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, length=LENGTHS)
def test_nobody_reads_what_is_hidden_or_erased_today_at_any_past_moment(seed: int, length: int) -> None:
    """Every text has a number of its own, so it is looked for in the bytes that would be sent."""
    history = random_history(Random(seed), length)
    head, today = fold(history), history.readable(len(history.entries))
    erased = numbers(history, {place for place in history.texts if today(*place) is None})
    moderated = numbers(history, hidden_places(history))
    waiting = numbers(history, never_listed_places(history))
    for facts in moments(history):
        for audience in AUDIENCES:
            sent = canonical_json(view(facts, head, audience, today)).decode()
            forbidden = erased if audience == "facilitator" else erased | moderated | waiting
            assert not [number for number in forbidden if number in sent]


def numbers(history: History, places: set[tuple[int, str]]) -> set[str]:
    """The marks «…» by which the texts at these places are known."""
    return {
        text[text.index("«") : text.index("»") + 1]
        for place in places
        for _, text in history.texts[place].texts
    }


def hidden_places(history: History) -> set[tuple[int, str]]:
    """Where the texts of ideas and comments that are hidden now are sealed, and every moderator's note on them."""
    places: dict[str, set[tuple[int, str]]] = {}
    hidden: set[str] = set()
    notes = set()
    for recorded in history.entries:
        event, position = recorded.event, recorded.position
        if isinstance(event, IdeaSubmitted | IdeaEdited | CommentPosted):
            places.setdefault(recorded.aggregate, set()).update({(position, "text"), (position, "title")})
        elif isinstance(event, IdeaHidden | CommentHidden):
            hidden.add(recorded.aggregate)
            notes.add((position, "note"))
        elif isinstance(event, IdeaRestored | CommentRestored):
            hidden.discard(recorded.aggregate)
    found = {place for key in hidden for place in places[key]} | notes
    return found & set(history.texts)


def never_listed_places(history: History) -> set[tuple[int, str]]:
    """Where the texts of ideas are sealed that only ever waited, or were withdrawn while they did."""
    listed: set[str] = set()
    approval_first = False
    for recorded in history.entries:
        event = recorded.event
        approval_first = getattr(getattr(event, "settings", None), "approval_first", approval_first)
        by_all = isinstance(event, IdeaSubmitted) and not approval_first
        if by_all or isinstance(event, IdeaApproved | IdeaHidden | IdeaRestored):
            listed.add(recorded.aggregate)
    return {
        (recorded.position, path)
        for recorded in history.entries
        for path in ("text", "title")
        if isinstance(recorded.event, IdeaSubmitted | IdeaEdited)
        and recorded.aggregate not in listed
        and (recorded.position, path) in history.texts
    }


@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, length=LENGTHS)
def test_folding_entry_by_entry_or_from_scratch_is_the_same(seed: int, length: int) -> None:
    """What is served live is what anybody recomputes: the very bytes, at every position."""
    history = random_history(Random(seed), length)
    for live in moments(history):
        texts = history.readable(live.at + 1)
        if live.at % 7 and live.at != len(history.entries) - 1:
            continue
        again = fold(history, live.at + 1)
        for audience in AUDIENCES:
            assert canonical_json(view(live, live, audience, texts)) == canonical_json(
                view(again, again, audience, texts)
            )
        assert timeline(live) == timeline(again)


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, length=st.integers(40, 160))
def test_tallies_are_the_certificates_rows_and_turnout_is_its_reconciliation(seed: int, length: int) -> None:
    """Dashboard and certificate show one number, because they are one count."""
    history = random_history(Random(seed), length)
    head, today = fold(history), history.readable(len(history.entries))
    items = keyed(view(head, head, "public", today)["items"])
    rows: dict[str, list[Any]] = {}
    for recorded in history.entries:
        event, round_id = recorded.event, recorded.aggregate
        if isinstance(event, ResultPart):
            rows.setdefault(round_id, []).extend(event.rows)
        elif isinstance(event, ResultRecertified):
            assert items["rounds"][round_id]["certificate"]["at"] >= recorded.position
        elif isinstance(event, ResultCertified):
            item = items["rounds"][round_id]
            if "paper" in item and any(told["what"] == "contested" for told in item["story"]):
                continue  # a contest opens the paper again, so batches may have come or gone since
            tallies = [item for item in items["tallies"].values() if item["round"] == round_id]
            columns = items["rounds"][round_id]["columns"]
            shown = [(item["idea"], *(item["marks"][column] for column in columns)) for item in tallies]
            assert shown == rows.get(round_id, [])
            turnout, reconciled = items["turnouts"][round_id], event.reconciliation
            assert turnout["voters"] == reconciled.voters
            assert turnout["ballots"] == reconciled.standing
            assert reconciled.standing == reconciled.cast - reconciled.withdrawn + reconciled.paper
            assert turnout["replaced"] == reconciled.replaced
            assert turnout["withdrawn"] == reconciled.withdrawn
            assert items["rounds"][round_id]["story"][0]["at"] == recorded.position


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, length=st.integers(40, 160))
def test_turnout_agrees_with_the_ballots_that_the_rules_know(seed: int, length: int) -> None:
    """Voters, standing, replaced and withdrawn, counted again from the decision state."""
    history = random_history(Random(seed), length)
    head, today = fold(history), history.readable(len(history.entries))
    turnouts = keyed(view(head, head, "screen", today)["items"])["turnouts"]
    for round_id, turnout in turnouts.items():
        standing = [
            key for key, ballot in history.state.ballots[round_id].items() if ballot.choice is not None
        ]
        papers = history.state.paper.get(round_id, NO_PAPER).ballots
        assert turnout["ballots"] == len(standing) + papers
        assert turnout["voters"] == len({key[37:69] for key in standing}) + papers
        assert turnout.get("paper", 0) == papers
        if round_id in history.state.turnout:
            _, replaced, withdrawn = history.state.turnout[round_id]
            assert (turnout["replaced"], turnout["withdrawn"]) == (replaced, withdrawn)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, length=LENGTHS)
def test_the_list_of_those_who_have_voted_moves_by_five_or_at_the_end(seed: int, length: int) -> None:
    """No single ballot can be laid beside a name, except the last few at closing."""
    history = random_history(Random(seed), length)
    shown: dict[str, list[str]] = {}
    for projections, recorded in zip(moments(history), history.entries, strict=True):
        for round_id, row in projections.rounds.rounds.items():
            before, after = shown.get(round_id, []), row.poll.shown_voters()
            assert set(before) <= set(after)
            assert after == sorted(after)
            ends = isinstance(recorded.event, RoundClosed | RoundVoided | ResultCertified)
            assert (
                after == before or len(after) - len(before) >= 5 or (ends and recorded.aggregate == round_id)
            )
            shown[round_id] = after


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, length=LENGTHS, limit=st.integers(1, 30))
def test_the_pages_of_the_timeline_cover_every_entry_once(seed: int, length: int, limit: int) -> None:
    """Read page by page, each position is there once and in order, and no ballot stands alone."""
    history = random_history(Random(seed), length)
    head = fold(history)
    positions: list[int] = []
    after, more = -1, True
    while more:
        page = timeline(head, after=after, limit=limit)
        more = page["more"]
        for item in page["items"]:
            covered = range(item["position"], item.get("last", item["position"]) + 1)
            assert len(covered) == item.get("count", 1)
            for position in covered:
                entry = history.entries[position]
                ballot = entry.event.NAME.startswith("Ballot")
                assert item["event"] == ("ballots" if ballot else entry.event.NAME)
                assert not ballot or item["round"] == entry.aggregate[:36]
            positions += covered
        after = positions[-1]
    assert positions == list(range(len(history.entries)))


def test_a_withdrawn_idea_that_waited_counts_as_never_listed() -> None:
    """The oracle above finds such ideas: without one, its test would prove nothing."""
    found = 0
    for seed in range(80):
        history = random_history(Random(seed), 90)
        withdrawn = {one.aggregate for one in history.entries if isinstance(one.event, IdeaWithdrawn)}
        places = never_listed_places(history)
        found += any(history.entries[position].aggregate in withdrawn for position, _ in places)
    assert found > 0
