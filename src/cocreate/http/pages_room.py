"""A workshop as one reader's pages show it: the reader's view and own items, looked up by key."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar

from aiohttp import web

from cocreate.application import Audience, Json, LiveWorkshop, View
from cocreate.http.keys import SERVICE
from cocreate.http.sessions import caller

COUNTED: Final = (
    "joined", "present", "left", "removed", "erased", "scribes", "ideas", "comments", "hidden_ideas", "hidden_comments",
)  # fmt: skip

Item = dict[str, Any]
Listed = TypeVar("Listed")


@dataclass(frozen=True)
class Room:
    """`seat` is who the reader is here, None for a passer-by; `now` is the server's time in ms."""

    live: LiveWorkshop
    seat: str | None
    audience: Audience
    view: View
    me: Json
    now: int

    def _all(self, collection: str) -> list[Item]:
        found: list[Item] = self.view.facts["items"].get(collection, [])
        return found

    @property
    def id(self) -> str:
        return self.live.id

    @property
    def url(self) -> str:
        return f"/w/{self.live.id}"

    @property
    def facilitates(self) -> bool:
        """Whether the reader is a facilitator here, on whatever page."""
        return self.seat in self.facilitators

    @property
    def facilitators(self) -> list[str]:
        return sorted(self.live.projections.workshop.facilitators)

    @property
    def joined(self) -> bool:
        return self.me.get("status") == "present"

    @property
    def takes_input(self) -> bool:
        """Whether what this reader sends can be taken now, the agenda apart."""
        return self.joined and self.workshop["status"] == "open" and not self.workshop["settings"]["paused"]

    @cached_property
    def workshop(self) -> Item:
        return self._all("workshop")[0]

    @cached_property
    def agenda(self) -> list[Item]:
        listed = [one for one in self._all("agenda") if one["state"] != "removed"]
        return sorted(listed, key=lambda one: one["number"])

    @property
    def current(self) -> Item | None:
        return next((one for one in self.agenda if one["state"] == "current"), None)

    @property
    def following(self) -> Item | None:
        """What the big button starts: the one after the current one, else the first still to come."""
        current = self.current
        if current is not None:
            return next((one for one in self.agenda if one["number"] == current["number"] + 1), None)
        return next((one for one in self.agenda if one["state"] == "ahead"), None)

    def takes(self, *kinds: str) -> bool:
        """Whether the agenda is at one of these kinds of activity; an empty agenda takes everything."""
        return not self.agenda or (self.current is not None and self.current["kind"] in kinds)

    @property
    def takes_ideas(self) -> bool:
        growing = any(one["admission"] == "growing" for one in self.open_rounds)
        return self.takes_input and (growing or self.takes("collect"))

    @property
    def takes_comments(self) -> bool:
        return self.takes_input and self.takes("collect", "discuss", "cluster", "decide")

    @cached_property
    def ideas(self) -> dict[str, Item]:
        return {one["key"]: one for one in self._all("ideas")}

    @cached_property
    def board(self) -> list[Item]:
        """Ideas that are up for reading and stand under no other, newest first."""
        return [
            one
            for one in reversed(self.ideas.values())
            if one["status"] == "visible" and self.stands_under(one) is None
        ]

    def stands_under(self, one: Item) -> Item | None:
        """The idea that this one is merged into, as long as that one is up for reading."""
        into = self.ideas.get(one["merge"]["into"]) if "merge" in one else None
        return into if into is not None and into["status"] == "visible" else None

    def members(self, one: Item) -> list[Item]:
        """What is merged into the idea."""
        return [self.ideas[key] for key in one.get("merged", []) if key in self.ideas]

    @cached_property
    def clusters(self) -> dict[str, Item]:
        return {one["key"]: one for one in self._all("clusters")}

    @cached_property
    def clustered(self) -> dict[str, list[Item]]:
        """The ideas of the board by cluster, every cluster in its order; under "" those that lie in none."""
        found: dict[str, list[Item]] = {key: [] for key in self.clusters}
        for one in reversed(self.board):
            found.setdefault(one.get("cluster", ""), []).append(one)
        return found

    @property
    def voted_and_merged(self) -> list[tuple[Item, Item]]:
        """(idea, round): ideas that a standing ballot of the reader's names and that have been merged since."""
        found = []
        for ballot in self.me.get("ballots", []):
            for key in _named(ballot):
                idea = self.ideas.get(key)
                if idea is not None and self.stands_under(idea) is not None:
                    found.append((idea, self.rounds[ballot["round"]]))
        return found

    def with_status(self, *statuses: str) -> list[Item]:
        return [one for one in self.ideas.values() if one["status"] in statuses]

    @cached_property
    def comments(self) -> dict[str, Item]:
        return {one["key"]: one for one in self._all("comments")}

    def thread(self, idea: str) -> list[Item]:
        """The comments on an idea, each after the one that it replies to, oldest first."""
        children: dict[str | None, list[Item]] = {}
        for one in self.comments.values():
            if one["idea"] == idea:
                children.setdefault(one.get("parent"), []).append(one)
        return list(_walk(children, None))

    @cached_property
    def rounds(self) -> dict[str, Item]:
        return {one["key"]: one for one in self._all("rounds")}

    @property
    def open_rounds(self) -> list[Item]:
        return [one for one in self.rounds.values() if one["status"] == "open"]

    @property
    def shown_rounds(self) -> list[Item]:
        """Rounds of which this reader may see results, newest first."""
        return [one for one in reversed(self.rounds.values()) if self.sees_results(one)]

    @cached_property
    def certified(self) -> list[Item]:
        """Rounds with a certificate, in their order."""
        return [one for one in self.rounds.values() if one["status"] == "certified"]

    @cached_property
    def decisions(self) -> dict[str, Item]:
        return {one["key"]: one for one in self._all("decisions")}

    @cached_property
    def commitments(self) -> dict[str, list[Item]]:
        """By the decision that they carry out; under "" those that carry out none."""
        found: dict[str, list[Item]] = {}
        for one in self._all("commitments"):
            found.setdefault(one.get("decision", ""), []).append(one)
        return found

    @cached_property
    def decided_from(self) -> dict[str, list[Item]]:
        """What an idea led to, by idea."""
        found: dict[str, list[Item]] = {}
        for one in self.decisions.values():
            for idea in one["ideas"]:
                found.setdefault(idea, []).append(one)
        return found

    @cached_property
    def currency(self) -> str:
        """The workshop's, as far as it has one: that of the last answer with a cost, else of the last vote on a budget."""
        answered = [
            one["answer"]["cost"]["currency"]
            for one in self.ideas.values()
            if "cost" in one.get("answer", {})
        ]
        budgeted = [one["rules"]["currency"] for one in self.rounds.values() if "currency" in one["rules"]]
        return str(next(reversed([*budgeted, *answered]), "EUR"))

    def takes_ballots(self, one: Item) -> bool:
        return one["status"] == "open" or self.grace_ms(one) > 0

    def grace_ms(self, one: Item) -> int:
        """How much longer late votes count after closing."""
        if one["status"] != "closed" or self.workshop["status"] != "open":
            return 0
        return max(0, int(one["closed_time"]) + int(one["grace_ms"]) - self.now)

    def options(self, round_id: str) -> list[Item]:
        return self._options.get(round_id, [])

    def by_idea(self, round_id: str) -> dict[str, Item]:
        return {option["idea"]: option for option in self.options(round_id)}

    def numbered(self, round_id: str, idea: str) -> int:
        """The number of an option in its round."""
        return int(self._option_of[f"{round_id}/{idea}"]["number"])

    def counted_for(self, round_id: str, idea: str) -> str:
        """The option that a choice of this one counts for: itself, but where merged ones count as one."""
        return str(self._option_of[f"{round_id}/{idea}"].get("counts_for", idea))

    @cached_property
    def _option_of(self) -> dict[str, Item]:
        return {one["key"]: one for one in self._all("options")}

    def outside(self, round_id: str) -> list[Item]:
        """Ideas up for reading that are no options of the round, newest first."""
        inside = {option["idea"] for option in self.options(round_id)}
        return [one for one in self.board if one["key"] not in inside]

    @cached_property
    def _options(self) -> dict[str, list[Item]]:
        found: dict[str, list[Item]] = {}
        for one in self._all("options"):
            found.setdefault(one["round"], []).append(one)
        return found

    @cached_property
    def turnouts(self) -> dict[str, Item]:
        return {one["key"]: one for one in self._all("turnouts")}

    @cached_property
    def tallies(self) -> dict[str, Item]:
        """Marks by option; those of now that only this reader may see are among them."""
        own = self.me.get("tallies", []) if self.view.at == self.view.head else []
        return {one["key"]: one for one in [*self._all("tallies"), *own]}

    def sees_results(self, one: Item) -> bool:
        return any(option["key"] in self.tallies for option in self.options(one["key"]))

    def reasons(self, one: Item) -> list[tuple[Item, Item]]:
        """The options of a round that somebody says they object to, and why; each with its tally."""
        found = ((option, self.tallies.get(option["key"], {})) for option in self.options(one["key"]))
        return [(option, tally) for option, tally in found if "reasons" in tally]

    @cached_property
    def own_reasons(self) -> dict[tuple[int, str], Item]:
        """The reader's own reasons in standing ballots, by place."""
        return {
            (one["at"], one["field"]): {**one, "round": ballot["round"]}
            for ballot in self.me.get("ballots", [])
            for one in ballot.get("reasons", [])
        }

    @property
    def nameless(self) -> set[str]:
        """The votes without names."""
        return {key for key, one in self.rounds.items() if one["secrecy"] == "pseudonymous"}

    def results(self, one: Item) -> list[tuple[Item, dict[str, int]]]:
        """The options of a round with their marks, in their order."""
        return [
            (option, self.tallies[option["key"]]["marks"])
            for option in self.options(one["key"])
            if option["key"] in self.tallies
        ]

    @property
    def participation(self) -> Item:
        """How many there are; nobody yet, where nothing has been counted."""
        counted = self._all("participation")
        return counted[0] if counted else dict.fromkeys(COUNTED, 0)

    @cached_property
    def people(self) -> dict[str, Item]:
        return {one["key"]: one for one in self._all("participants")}

    def ballot(self, round_id: str) -> Item | None:
        """The reader's standing ballot, or the withdrawn one whose counter goes on."""
        return next((one for one in self.me.get("ballots", []) if one["round"] == round_id), None)

    def answers(self, round_id: str) -> dict[str, Item]:
        """The reader's answers in an opinion round, by idea."""
        return {one["option"]: one for one in (self.ballot(round_id) or {}).get("statements", [])}

    def has_voted(self, one: Item) -> bool:
        """Whether nothing is left for this reader to do in the round."""
        if one["method"] == "opinion":
            return not self.open_statements(one)
        return "choice" in (self.ballot(one["key"]) or {})

    def open_statements(self, one: Item) -> list[Item]:
        """Statements that still want an answer of the reader's, in order."""
        answers = self.answers(one["key"])
        return [
            option
            for option in self.options(one["key"])
            if option["status"] == "visible" and "choice" not in answers.get(option["idea"], {})
        ]


def _named(ballot: Item) -> Iterator[str]:
    """The ideas that a ballot of any method names."""
    for one in ballot.get("statements", []):
        if "choice" in one:
            yield one["option"]
    for part in ballot.get("choice", []):
        yield part if isinstance(part, str) else part[0]


def _walk(children: dict[str | None, list[Item]], parent: str | None) -> Iterator[Item]:
    for one in children.get(parent, ()):
        yield one
        yield from _walk(children, one["key"])


async def enter_room(
    request: web.Request,
    wanted: Audience | None = None,
    *,
    at: int | None = None,
    workshop: str | None = None,
) -> Room:
    """The workshop that the path names, as the caller sees it; raises NotAFacilitator where the page is not theirs."""
    service = request.app[SERVICE]
    live = await service.reading.live(workshop or request.match_info["workshop"])
    asks = await caller(request)
    seat = await service.doors.seat(live.id, asks.session)
    audience = service.reading.audience(live, seat, wanted)
    view = await service.reading.view(live, audience, at)
    # A projector is read by the whole room, whoever's browser it hangs on.
    me = service.reading.personal(live, seat) if seat is not None and wanted != "screen" else {}
    return Room(live, seat, audience, view, me, service.clock.now())


def page_number(text: str) -> int:
    """A page's number as an address says it; the first page's where it says none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def page_of(items: Iterable[Listed], number: int, size: int) -> tuple[list[Listed], int]:
    """(the page's items, how many pages there are); pages count from 1."""
    every = list(items)
    pages = max(1, -(-len(every) // size))
    first = (min(max(number, 1), pages) - 1) * size
    return every[first : first + size], pages
