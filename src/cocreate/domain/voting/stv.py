"""Single transferable vote by the Scottish rules: quota, surpluses by weighted inclusive Gregory, five places truncated.

Source: the Scottish Local Government Elections Order 2007 (SSI 2007/42), schedule 1, rules 45 to 52; each rule is named where
it applies. Votes are integers in hundred-thousandths. The Order's lot is the round's draw. What the Order leaves open: options
that reach the quota at one stage are elected with the most votes first, those that fill the last vacancies (rule 52) in the
round's order of options.
"""

from collections.abc import Sequence
from typing import Any

from cocreate.domain.voting.method import Ballots, Step, Ties
from cocreate.domain.voting.stages import Votes, fewest, first_papers, next_place, told

SCALE = 100_000
"""One vote; rule 48(3) ignores what lies under the fifth decimal place."""


def count(
    ballots: Ballots, options: Sequence[str], seats: int, ties: Ties
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """Nobody is elected if nobody ranks anything."""
    if not ballots:
        return (), ({"step": "seats_unfilled", "seats": seats},)
    election = _Election(ballots, options, seats, ties)
    election.run()
    return tuple(election.elected), tuple(election.steps)


class _Election:
    """`votes` of every option, also of the elected; `stages` are the votes at the end of each stage.

    `exhausted` is the value of papers without a further preference; what truncating has taken is told beside it.
    """

    def __init__(self, ballots: Ballots, options: Sequence[str], seats: int, ties: Ties) -> None:
        self.options = options
        self.wanted = seats
        self.seats = min(seats, len(options))
        self.ties = ties
        self.valid = sum(ballots.values())
        self.quota = (self.valid // (seats + 1) + 1) * SCALE  # rule 46
        self.held = first_papers(ballots, options, SCALE)  # rule 45
        self.votes: Votes = {
            option: sum(value * times for _, _, value, times in papers)
            for option, papers in self.held.items()
        }
        self.continuing = dict.fromkeys(options)
        self.elected: list[str] = []
        self.exhausted = 0
        self.surpluses: list[str] = []
        self.stages: list[Votes] = [dict(self.votes)]
        self.steps: list[Step] = [
            {"step": "quota", "ballots": self.valid, "quota": self.quota, "scale": SCALE, "seats": seats},
            {"step": "first_preferences", "round": 0, "votes": told(self.votes)},
        ]

    def run(self) -> None:
        self._elect_with_quota()
        while not self._complete():
            if self.surpluses:
                self._transfer_surplus()
                self._elect_with_quota()
            else:
                self._exclude()
                if not self._complete():
                    self._elect_with_quota()
        left = self.seats - len(self.elected)
        for option in list(self.continuing)[:left]:  # rule 52
            self._elect(option, "last_place")
        if len(self.elected) < self.wanted:
            self.steps.append({"step": "seats_unfilled", "seats": self.wanted - len(self.elected)})

    def _complete(self) -> bool:
        left = self.seats - len(self.elected)
        return left <= 0 or len(self.continuing) <= left

    def _elect_with_quota(self) -> None:
        """Rule 47; of more options at the quota than places are left, which an even split can give, the first in order."""
        reached = [option for option in self.continuing if self.votes[option] >= self.quota]
        while reached and len(self.elected) < self.seats:
            first = self._apart(reached, most=True)
            reached.remove(first)
            self._elect(first, "elected")

    def _elect(self, option: str, why: str) -> None:
        del self.continuing[option]
        self.elected.append(option)
        self._tell(why, seat=len(self.elected), option=option, has=self.votes[option])
        if self.votes[option] > self.quota:
            self.surpluses.append(option)

    def _transfer_surplus(self) -> None:
        """Rules 48 and 49: the highest surplus, all its papers at value × surplus ÷ votes."""
        option = self._apart(self.surpluses, most=True)
        self.surpluses.remove(option)
        total = self.votes[option]
        surplus = total - self.quota
        self.stages.append(self.votes)
        passed_on = self._pass_on(option, surplus, total)
        self.votes = {**self.votes, **passed_on, option: self.quota}
        self.stages[-1] = dict(self.votes)
        self._tell("surplus", option=option, surplus=surplus, value=SCALE * surplus // total, **self._table())

    def _exclude(self) -> None:
        """Rules 50 and 51: the fewest votes, all its papers at the value they have."""
        least = min(self.votes[option] for option in self.continuing)
        option = self._apart([one for one in self.continuing if self.votes[one] == least], most=False)
        del self.continuing[option]
        self.stages.append(self.votes)
        passed_on = self._pass_on(option, 1, 1)
        self.votes = {**self.votes, **passed_on, option: 0}
        self.stages[-1] = dict(self.votes)
        self._tell("excluded", option=option, had=least, **self._table())

    def _pass_on(self, option: str, surplus: int, total: int) -> Votes:
        """Move the option's papers to their next preference; returns the votes of the continuing afterwards."""
        votes = {one: self.votes[one] for one in self.continuing}
        for order, place, value, times in self.held.pop(option):
            later = next_place(order, place, self.continuing.keys())
            worth = value * surplus // total
            if later is None:
                self.exhausted += worth * times
            elif worth:
                votes[order[later]] += worth * times
                self.held[order[later]].append((order, later, worth, times))
        return votes

    def _apart(self, tied: Sequence[str], *, most: bool) -> str:
        """Of these the one with the most (or fewest) votes; a tie looks back, then goes by the draw (rules 49(2), (3) and 51)."""
        wanted = (max if most else min)(self.votes[option] for option in tied)
        equal = [option for option in tied if self.votes[option] == wanted]
        option, tie = fewest(equal, self.stages, self.ties, most=most)
        if tie is not None:
            self._tell(**tie)
        return option

    def _table(self) -> dict[str, Any]:
        shown = {option: votes for option, votes in self.votes.items() if votes}
        gone = self.valid * SCALE - sum(self.votes.values())
        return {"votes": told(shown), "exhausted": self.exhausted, "truncated": gone - self.exhausted}

    def _tell(self, step: str, **facts: Any) -> None:
        self.steps.append({"step": step, "round": len(self.stages) - 1, **facts})
