"""Everything that is read: views of now and of any past moment, personal views, the timeline, the raw record, the catalogue.

A view is view(facts at p, visibility today, reader): what somebody may not see today is in no past view either.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from cocreate.application.errors import PositionUnknown
from cocreate.application.groupings import Grouping, Groupings
from cocreate.application.live import LiveWorkshop, decode_entries, decode_row
from cocreate.application.lives import LiveWorkshops, pages
from cocreate.application.reachable import store_told
from cocreate.application.suggesting import Suggestions
from cocreate.application.texts import Texts
from cocreate.application.what_if import WhatIf
from cocreate.domain.canonical import canonical_json
from cocreate.domain.errors import NotAFacilitator, NotAParticipant, RoundNotFound
from cocreate.domain.messages import Sealed
from cocreate.persistence.batch import Summary
from cocreate.persistence.record_store import RecordStore
from cocreate.projections.fold import Projections
from cocreate.projections.history import timeline, withheld_runs
from cocreate.projections.items import idea_item
from cocreate.projections.offers import offer, open_statements
from cocreate.projections.outcome import result, shown_as_voted
from cocreate.projections.personal import personal
from cocreate.projections.reader import Audience, Reader, present
from cocreate.projections.views import changes, moved, view
from cocreate.record.pseudonyms import voter
from cocreate.record.sealed_text import sealed_fields
from cocreate.tlog.merkle import leaf_hash

PAST_CACHED_MAX = 8
PAST_REPLAYS_MAX = 2
COUNTED_MAX = 16
"""Counts kept: the steps of a hundred thousand ballots over fifty options are a few hundred kilobytes."""
ENTRIES_MAX = 256
"""Raw entries in one answer: a full tile's worth."""
TIMELINE_MAX = 500

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """A rendered view: `body` is canonical JSON, the same bytes for the same (at, head, audience) anywhere.

    `facts` are shared with other readers and with later views: nobody changes them.
    """

    at: int
    head: int
    audience: Audience
    facts: Json
    drawn: dict[Hashable, str] = field(default_factory=dict)
    """What the pages of this view's readers have in common; it goes with the view, and so at once where a text is erased."""

    @property
    def body(self) -> bytes:
        return canonical_json(self.facts)

    @property
    def etag(self) -> str:
        return f"{self.at}-{self.head}-{self.audience}"


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry's bytes, or only its leaf hash where it is withheld until its round's results show."""

    position: int
    leaf: bytes
    entry: bytes | None
    withheld_round: str | None = None


class Reading:
    """Queries of one node. Reads nothing but what is durable."""

    def __init__(self, store: RecordStore, lives: LiveWorkshops) -> None:
        self._store, self._lives = store, lives
        self._counted: OrderedDict[tuple[str, int], Sequence[Mapping[str, Any]]] = OrderedDict()
        self._past: OrderedDict[tuple[str, int], Projections] = OrderedDict()
        self._replays = asyncio.Semaphore(PAST_REPLAYS_MAX)
        self.what_if = WhatIf()
        self.groupings = Groupings()
        self._suggestions = Suggestions()

    @store_told
    async def live(self, workshop: str) -> LiveWorkshop:
        live = await self._lives.current(workshop)
        live.require_record()
        return live

    def audience(self, live: LiveWorkshop, seat: str | None, wanted: Audience | None = None) -> Audience:
        """What the seat may see at most, or the lesser audience it asks for. Raises NotAFacilitator, NotAParticipant."""
        own = self._most(live, seat)
        if wanted is None or wanted in (own, "public"):
            return wanted or own
        if wanted == "facilitator":
            raise NotAFacilitator()
        if own == "public":
            # A projector that nobody signed in shows what the public sees.
            if wanted == "screen":
                return "public"
            raise NotAParticipant(status="not here")
        return wanted

    def _most(self, live: LiveWorkshop, seat: str | None) -> Audience:
        """Who left, was removed or was erased, and a facilitator who is none any more, see what the public sees."""
        if seat is None:
            return "public"
        if seat in live.projections.workshop.facilitators:
            return "facilitator"
        person = live.projections.participation.people.get(seat)
        return "participant" if person is not None and person.status == "present" else "public"

    @store_told
    async def view(self, live: LiveWorkshop, audience: Audience, at: int | None = None) -> View:
        """The whole view now, or of a past position judged by today's visibility."""
        if at is None:
            return self._latest(live, audience)
        facts = await self._at(live, at)
        shown = view(facts, live.projections, audience, live.texts)
        return View(facts.at, live.projections.at, audience, shown)

    def _latest(self, live: LiveWorkshop, audience: Audience) -> View:
        """The view of now, shared by all its readers: the one before it with what has changed since."""
        head, latest = live.projections, live.views.get(audience)
        if latest is None:
            shown = view(head, head, audience, live.texts)
        elif latest.at < head.at:
            shown = moved(latest.facts, head, audience, live.texts)
        else:
            return latest
        live.views[audience] = latest = View(head.at, head.at, audience, shown)
        return latest

    def changes(self, live: LiveWorkshop, audience: Audience, since: int) -> Json:
        """What changed after position `since`, by collection; cost grows with what changed."""
        return changes(live.projections, since, audience, live.texts)

    def personal(self, live: LiveWorkshop, seat: str) -> Json:
        """What belongs to one participant alone; it never travels on a shared stream."""
        return personal(live.projections, seat, self.voters(live, seat), live.texts, live.entry_of)

    def voters(self, live: LiveWorkshop, seat: str) -> Mapping[str, str]:
        """The participant's voter in each pseudonymous round whose key still exists."""
        found = {}
        for round_id, row in live.projections.rounds.rounds.items():
            if row.opened.secrecy == "pseudonymous" and (key := live.keyring.round_mac(round_id)) is not None:
                found[round_id] = voter(key, seat)
        return found

    def has_voted(self, live: LiveWorkshop, round_id: str) -> list[str]:
        """Participants who are shown as having voted, for the facilitator: it moves by at least five, never says how."""
        row = live.projections.rounds.rounds.get(round_id)
        if row is None:
            raise RoundNotFound(round=round_id)
        shown = shown_as_voted(live.projections, round_id)
        if row.opened.secrecy == "open":
            return sorted(shown)
        key = live.keyring.round_mac(round_id)
        if key is None:
            return []
        return sorted(one for one in live.projections.participation.people if voter(key, one) in shown)

    def offer(self, live: LiveWorkshop, round_id: str, seat: str, skipped: str | None = None) -> Json:
        """The statement of an opinion round that a participant is offered, and by what: enough to work it out again.

        Absent where nothing is open to them, or the round's key is gone. Raises RoundNotFound where there are no statements.
        """
        row = live.projections.rounds.rounds.get(round_id)
        if row is None or not row.poll.per_option:
            raise RoundNotFound(round=round_id)
        key = live.keyring.round_mac(round_id)
        who = seat if row.opened.secrecy == "open" else None if key is None else voter(key, seat)
        if who is None:
            return {"at": live.projections.at, "open": 0}
        root = live.tie_roots[round_id]
        wanted = offer(live.projections, round_id, who, root, skipped)
        found = {
            "at": live.projections.at,
            "open": len(open_statements(live.projections, round_id, who)),
            "routing": getattr(row.opened.rules, "routing", None),
            "root": root.hex(),
            "voter": who,
            "statement": wanted,
        }
        return present(found)

    async def similar(
        self, live: LiveWorkshop, audience: Audience, draft: str, *, nearly: bool = False
    ) -> list[Json]:
        """Up to five visible ideas like the draft, the likest first, as {"idea": its item, "likeness": of 1,000}.

        `nearly`: only those that say nearly the same.
        """
        found = await self._suggestions.like(live, draft, nearly=nearly)
        reader = Reader(live.projections, live.projections, audience, live.texts)
        return [{"idea": idea_item(reader, one.idea), "likeness": one.likeness} for one in found]

    def groups(self, live: LiveWorkshop, round_id: str) -> Grouping | None:
        """The opinion groups of a round whose results show, as far as they are known; never waits. Raises RoundNotFound."""
        self._require_groups(live, round_id)
        return self.groupings.latest(live, round_id)

    async def groups_soon(self, live: LiveWorkshop, round_id: str) -> Grouping | None:
        """The same for who asks for nothing else: the first count is waited for, two seconds at most."""
        self._require_groups(live, round_id)
        return await self.groupings.soon(live, round_id)

    def _require_groups(self, live: LiveWorkshop, round_id: str) -> None:
        row = live.projections.rounds.rounds.get(round_id)
        if row is None or not row.poll.per_option or not row.released:
            raise RoundNotFound(round=round_id)

    def steps(self, live: LiveWorkshop, round_id: str) -> Sequence[Mapping[str, Any]]:
        """The count of a certified round, explained step by step. It cannot change, so it is counted once for many readers."""
        row = live.projections.rounds.rounds.get(round_id)
        if row is None or row.certificate is None:
            raise RoundNotFound(round=round_id)
        place = live.id, row.certified_at
        if place not in self._counted:
            if len(self._counted) >= COUNTED_MAX:
                self._counted.popitem(last=False)
            self._counted[place] = result(live.projections, round_id, live.tie_roots[round_id]).steps
        self._counted.move_to_end(place)
        return self._counted[place]

    async def timeline(self, live: LiveWorkshop, *, after: int = -1, limit: int = TIMELINE_MAX) -> Json:
        return timeline(live.projections, after=after, limit=min(limit, TIMELINE_MAX))

    @store_told
    async def entries(self, live: LiveWorkshop, *, after: int, limit: int = ENTRIES_MAX) -> list[RawEntry]:
        """Raw entries behind `after`; a withheld one is its leaf hash alone."""
        rows = await self._store.read(live.id, after=after, limit=min(limit, ENTRIES_MAX))
        runs = withheld_runs(live.projections)
        entries = []
        for row in rows:
            held = next((round_id for first, last, round_id in runs if first <= row.position <= last), None)
            leaf = leaf_hash(row.entry)
            entries.append(RawEntry(row.position, leaf, None if held else row.entry, held))
        # An entry that came after the projections were folded could belong to a withheld run they do not know yet.
        return [entry for entry in entries if entry.position <= live.projections.at]

    @store_told
    async def position_at(self, live: LiveWorkshop, time: int) -> int:
        """The position of the last entry stamped `time` or earlier; binary search over the store."""
        low, high = 0, live.projections.at
        if await self._time_of(live, 0) > time:
            raise PositionUnknown(at=0, head=high)
        while low < high:
            middle = (low + high + 1) // 2
            if await self._time_of(live, middle) <= time:
                low = middle
            else:
                high = middle - 1
        return low

    async def _time_of(self, live: LiveWorkshop, position: int) -> int:
        rows = await self._store.read(live.id, after=position - 1, upto=position, limit=1)
        return decode_row(rows[0]).time

    async def _at(self, live: LiveWorkshop, at: int) -> Projections:
        head = live.projections.at
        if not 0 <= at <= head:
            raise PositionUnknown(at=at, head=head)
        if at == head:
            return live.projections
        place = live.id, at
        async with self._replays:
            if (past := self._past.get(place)) is None:
                past = self._past[place] = await self._replay(live, at)
                if len(self._past) > PAST_CACHED_MAX:
                    self._past.popitem(last=False)
            self._past.move_to_end(place)
        return past

    async def _replay(self, live: LiveWorkshop, at: int) -> Projections:
        """The projections at a position, from the last waypoint before it; a long way from there leaves others behind."""
        waypoints = self._lives.waypoints
        past = await waypoints.views(live.id, at)
        passed = past.at + 1
        async with aclosing(pages(self._store, live.id, after=past.at, upto=at)) as read:
            async for page in read:
                past.apply_all(decode_entries(live.id, page))
                passed = await waypoints.passed(live.id, past, passed)
        return past

    @store_told
    async def catalogue(
        self, *, status: str | None = None
    ) -> list[tuple[Summary, tuple[tuple[str, str], ...] | None]]:
        """Every workshop's summary with its title, from the catalogue: no record is opened."""
        summaries = await self._store.summaries(status=status)
        return [(summary, await self._title(summary)) for summary in summaries]

    async def _title(self, summary: Summary) -> tuple[tuple[str, str], ...] | None:
        live = next((one for one in self._lives.opened() if one.id == summary.workshop), None)
        if live is not None:
            return live.texts(summary.title_position, "title")
        rows = await self._store.read(summary.workshop, after=-1, upto=summary.title_position)
        order: dict[tuple[int, str], Sealed] = {}
        for row in rows:
            recorded = decode_row(row)
            order.update(((recorded.position, field), sealed) for field, sealed in sealed_fields(recorded))
        texts, keyring = Texts(), self._lives.keyring(summary.workshop)
        keyring.replace(await self._store.keys(summary.workshop))
        sealed = await self._store.sealed(summary.workshop, after=0, upto=summary.title_position)
        origin = getattr(decode_row(rows[0]).event, "origin", "")
        texts.open_rows(sealed, keyring, order, origin)
        return texts(summary.title_position, "title")
