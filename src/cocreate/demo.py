"""A living workshop: simulated people over HTTP, and a facilitator who leads them through the agenda, again and again.

Nothing here knows more than a browser does: every person has a session, commands go through the public API.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

from structlog import get_logger

from cocreate.demo_story import (
    ACCEPTED,
    COMMENTS,
    CONSIDERED,
    DECISIONS,
    HOST,
    IDEAS,
    NAMES,
    PURPOSE,
    STAGES,
    TAGS,
    TITLE,
    Stage,
)
from cocreate.demo_visitor import NotTaken, Visitor

OPTIONS_MAX: Final = 12
"""Ideas put to one vote: what fits on a phone without much scrolling."""
GRACE_MS: Final = 2_000
THINKING_S: Final = (1.5, 7.0)
"""How long a person takes between two deeds, at the calm pace."""
PROPOSING: Final = 0.15
COMMENTING: Final = 0.2
"""How likely a person is to do it when its turn comes: most people read."""
DAY_MS: Final = 86_400_000

log = get_logger()


class Demo:
    """One workshop with its people. Owner of what they know together: the stage, the open round, the ideas so far.

    `pace` multiplies every pause: 1 is calm, 0.1 is hectic.
    """

    def __init__(self, address: str, *, people: int, pace: float = 1.0, seed: int | None = None) -> None:
        self._address, self._people, self._pace = address, people, pace
        self._rng = random.Random(seed)  # noqa: S311  simulated people, not secrets
        self._host = Visitor(address)
        self._stage: Stage = STAGES[0]
        self._round: tuple[str, Stage, list[str]] | None = None
        self._unsaid = {tag: deque(ideas) for tag, ideas in IDEAS.items()}
        self._ideas: dict[str, str] = {}
        """Tag by idea, in the order of their submission."""
        self._undecided: dict[str, str] = {}
        """Tag by round, of those whose result nothing has been decided on."""
        self.workshop = ""

    @property
    def _base(self) -> str:
        return f"/api/workshops/{self.workshop}"

    async def prepare(self, host_link: str) -> None:
        """Make the workshop and open its doors."""
        await self._host.take_link(host_link)
        now = time.time_ns() // 1_000_000
        created = await self._host.post(
            "/api/workshops",
            {
                "title": TITLE,
                "host": HOST,
                "city": "Brussels",
                "country": "BE",
                "purpose": PURPOSE,
                "languages": ["en", "fr"],
                "starts_at": now,
                "ends_at": now + DAY_MS,
                "settings": {"tags": list(TAGS)},
            },
        )
        self.workshop = created["workshop"]
        activities = [
            {"kind": stage.kind, "title": stage.title, "minutes": max(1, round(stage.seconds / 60))}
            for stage in STAGES
        ]
        await self._host.post(f"{self._base}/agenda", {"activities": activities})
        await self._host.post(f"{self._base}/open")

    async def run(self) -> None:
        """Let it live until cancelled; it ends by itself only where the server refuses to go on."""
        try:
            async with asyncio.TaskGroup() as group:
                names = self._rng.sample(NAMES * (1 + self._people // len(NAMES)), self._people)
                people = [group.create_task(self._live(name)) for name in names]
                await self._lead()
                for person in people:
                    person.cancel()
        finally:
            await self._host.__aexit__()

    async def _lead(self) -> None:
        """Through the agenda, and then from the first collection on again: people go on, and may change their minds."""
        view = await self._host.get(self._base)
        activities = sorted(view["items"]["agenda"], key=lambda activity: activity["number"])
        places = list(zip(STAGES, (activity["key"] for activity in activities), strict=True))
        while True:
            for stage, activity in places:
                try:
                    await self._play(stage, activity)
                except NotTaken as refused:
                    # The person who watches may facilitate, too: whatever they did stands, and the agenda goes on.
                    log.warning("demo_step_refused", stage=stage.title, problem=refused.problem)
                    await self._pause(stage.seconds / 4)
            places = places[1:]

    async def _play(self, stage: Stage, activity: str) -> None:
        await self._host.post(f"{self._base}/activities/{activity}/start")
        self._stage = stage
        if stage.kind == "decide":
            await self._decide()
        options = [idea for idea, tag in self._ideas.items() if tag == stage.tag][-OPTIONS_MAX:]
        if stage.rules is None or not options:
            await self._pause(stage.seconds)
            return
        opened = await self._host.post(
            f"{self._base}/rounds",
            {
                "question": stage.question,
                "rules": stage.rules,
                "options": options,
                "secrecy": "pseudonymous",
                "results": "always" if stage.rules["method"] == "opinion" else "after_own_ballot",
                "grace_ms": GRACE_MS,
            },
        )
        self._round = opened["id"], stage, options
        await self._pause(stage.seconds)
        self._round = None
        await self._host.post(f"{self._base}/rounds/{opened['id']}/close")
        self._undecided[opened["id"]] = str(stage.tag)
        await asyncio.sleep(GRACE_MS / 1000 + 1)  # the certificate comes when the grace is over

    async def _decide(self) -> None:
        """One decision for each vote since the last time, and an answer to the ideas that came out on top of it."""
        items = (await self._host.get(self._base))["items"]
        for one in items["rounds"]:
            if one["status"] != "certified" or one["key"] not in self._undecided:
                continue
            tag = self._undecided.pop(one["key"])
            first = one["columns"][0]
            marks = {
                row["idea"]: row["marks"][first] for row in items["tallies"] if row["round"] == one["key"]
            }
            ranked = sorted(marks, key=lambda idea: -marks[idea])
            chosen = one["certificate"]["elected"] or ranked[:1]
            what, why = DECISIONS[tag]
            decision = {"what": what, "why": why, "ideas": chosen, "rounds": [one["key"]]}
            await self._host.post(f"{self._base}/decisions", decision)
            others = [idea for idea in ranked if idea not in chosen][:2]
            for idea in (*chosen, *others):
                answer = ("accepted", ACCEPTED) if idea in chosen else ("under_evaluation", CONSIDERED)
                body = {"answer": answer[0], "reason": answer[1]}
                await self._host.post(f"{self._base}/ideas/{idea}/answer", body)

    async def _live(self, name: str) -> None:
        """One person: come in when it suits them, then take part in whatever is going on."""
        await self._pause(self._rng.uniform(0, 12))
        async with Visitor(self._address) as me:
            await me.post("/api/session")
            await me.post(f"{self._base}/join", {"name": name} if self._rng.random() < 0.8 else {})
            while True:
                await self._pause(self._rng.uniform(*THINKING_S))
                try:
                    await self._act(me)
                except NotTaken as refused:
                    # The moment has passed, as it does for real people: the next one comes.
                    log.debug("demo_deed_refused", problem=refused.problem)

    async def _act(self, me: Visitor) -> None:
        if self._round is not None:
            await self._vote(me, *self._round)
        elif self._stage.kind == "collect" and self._rng.random() < PROPOSING:
            await self._propose(me, str(self._stage.tag))
        elif self._stage.kind in ("collect", "discuss", "decide") and self._rng.random() < COMMENTING:
            await self._comment(me)

    async def _propose(self, me: Visitor, tag: str) -> None:
        """Say the next thing that nobody has said yet."""
        if not self._unsaid[tag]:
            return
        title, text = self._unsaid[tag].popleft()
        try:
            submitted = await me.post(f"{self._base}/ideas", {"title": title, "text": text, "tags": [tag]})
        except NotTaken:
            self._unsaid[tag].appendleft((title, text))
            raise
        self._ideas[submitted["id"]] = tag

    async def _comment(self, me: Visitor) -> None:
        if not self._ideas:
            return
        idea = self._rng.choice(list(self._ideas))
        alignment = self._rng.choice(tuple(COMMENTS))
        body = {"text": self._rng.choice(COMMENTS[alignment]), "alignment": alignment}
        await me.post(f"{self._base}/ideas/{idea}/comments", body)

    async def _vote(self, me: Visitor, round_id: str, stage: Stage, options: Sequence[str]) -> None:
        """A ballot, or another one in its place."""
        rules = stage.rules or {}
        body: dict[str, Any]
        if rules["method"] == "opinion":
            body = {"option": self._rng.choice(options), "choice": self._rng.choice((1, 1, 1, -1, 0))}
        else:
            most = min(rules.get("choices_max", len(options)), len(options))
            body = {"choice": sorted(self._liked(options, self._rng.randint(1, most)))}
        await me.post(f"{self._base}/rounds/{round_id}/ballot", body)

    def _liked(self, options: Sequence[str], count: int) -> set[str]:
        """Earlier ideas are a little better known, so that a result is not flat."""
        weights = [len(options) + 2 - place for place in range(len(options))]
        return set(self._rng.choices(options, weights, k=count))

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds * self._pace)
