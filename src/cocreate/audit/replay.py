"""The rules, asked again: each command of the record is put to `decide` on the state before it.

One pass; what is held is the decision state, not the history. Where the rules refuse, replaying ends: what follows
stands on something that should not be there. A wrong number or digest ends nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from cocreate.audit.ballots import check_run
from cocreate.audit.commands import command_of
from cocreate.audit.findings import Findings, Kind, entry_evidence
from cocreate.audit.texts import SealedTexts
from cocreate.domain.ballot import BALLOTS, BallotRun, evolve_run, takes_ballots
from cocreate.domain.certificate import Reconciliation, ResultCertified, ResultPart
from cocreate.domain.contest import ResultContested, ResultOverridden, ResultRecertified
from cocreate.domain.decider import decide, evolve
from cocreate.domain.errors import Refusal
from cocreate.domain.genesis import ImportCompleted
from cocreate.domain.messages import Event, Pending, Recorded
from cocreate.domain.opening import RoundOpened
from cocreate.domain.paper import NO_PAPER, Paper, PaperReconciled
from cocreate.domain.participant import ConsentGiven
from cocreate.domain.round import Round, RoundClosed
from cocreate.domain.state import WorkshopState
from cocreate.domain.workshop import RecordSealed, WorkshopClosed
from cocreate.record.digest import state_digest
from cocreate.record.pseudonyms import Mac, round_key_commitment, voter

_CERTIFICATES: Final = (ResultCertified, ResultRecertified)
_DIGESTED: Final = (WorkshopClosed, RecordSealed, *_CERTIFICATES)
_NOBODY: Final = "0" * 32
_VOTER: Final = slice(37, 69)


@dataclass(frozen=True, slots=True)
class Recount:
    """A round counted again where its certificate stands; `differs` names what the certificate says otherwise."""

    round: str
    position: int
    rows: tuple[tuple[object, ...], ...]
    elected: tuple[str, ...]
    reconciliation: Reconciliation
    differs: tuple[str, ...]


@dataclass(slots=True)
class Withheld:
    """Entries that stand as their hashes while the same rounds could take ballots."""

    first: int
    last: int
    count: int = 0
    rounds: tuple[str, ...] = ()


@dataclass(slots=True)
class Replay:
    """Owner: one audit. Events come in order, each with its entry's bytes."""

    findings: Findings
    texts: SealedTexts
    round_keys: Mapping[str, bytes]
    state: WorkshopState = field(default_factory=WorkshopState)
    stopped: bool = False
    recounts: dict[str, list[Recount]] = field(default_factory=dict)
    """By round, of each of its certificates in order."""
    said_since: dict[str, list[Recorded]] = field(default_factory=dict)
    """Contests and overrides by round."""
    imported: ImportCompleted | None = None
    digests_checked: int = 0
    digests_unchecked: int = 0
    released: set[str] = field(default_factory=set)
    withheld: dict[tuple[str, ...], Withheld] = field(default_factory=dict)
    keys_used: set[str] = field(default_factory=set)
    _tie_roots: dict[str, bytes] = field(default_factory=dict)
    _voters: dict[str, tuple[dict[str, str], int]] = field(default_factory=dict)
    _group: list[tuple[Recorded, bytes]] = field(default_factory=list)
    _last_command: str = ""

    def take(self, recorded: Recorded, entry: bytes, root: Callable[[], bytes]) -> None:
        """Take the next event in; `root` is the tree's before it."""
        if not self._group or recorded.command != self._group[0][0].command:
            self._decide_group()
            if self.stopped or self._repeats(recorded.command, recorded.position):
                return
        if isinstance(recorded.event, RoundOpened):
            self._tie_roots[recorded.aggregate] = root()
            self._check_key(recorded.aggregate, recorded.event)
        self._group.append((recorded, entry))

    def take_run(self, run: BallotRun, entries: Sequence[bytes], names: Sequence[str]) -> None:
        """Take the next run of ballots in."""
        self._decide_group()
        if self.stopped or self._repeats(run.commands[0], run.position):
            return
        bad = check_run(self.state, run, entries, names, self._voters_of(run.round))
        if bad is not None:
            position = run.position + bad.at
            self._stop(
                "ballot", position, expected=bad.expected, found=bad.found,
                evidence=entry_evidence(position, entries[bad.at]),
            )  # fmt: skip
            return
        evolve_run(self.state, run)
        self.state.mark()
        self._last_command = run.commands[-1]

    def skip(self, position: int) -> None:
        """The entry at this position is withheld: it may only be a ballot of a round whose results wait."""
        if not self.stopped:
            self._decide_group()
            self._skip(position)

    def _skip(self, position: int) -> None:
        rounds = tuple(sorted(self._waiting_rounds()))
        if not rounds:
            self._stop("withheld", position, expected="an entry, no results are waited for", found="its hash")
        if self.stopped:
            return
        held = self.withheld.setdefault(rounds, Withheld(position, position, rounds=rounds))
        held.last, held.count = position, held.count + 1
        self.state.size = position + 1
        self.state.mark()

    def end(self) -> None:
        """What follows cannot be asked: entries are missing that it may rest on."""
        self._decide_group()
        self.stopped = True

    def finish(self) -> None:
        """The record ends here."""
        self._decide_group()
        if self.stopped:
            return
        for held in self.withheld.values():
            if all(self.is_released(one) for one in held.rounds):
                self.findings.violation(
                    "withheld", held.first, held.last,
                    expected="entries: the results of every round that they could be ballots of are out",
                    found=f"{held.count} withheld",
                )  # fmt: skip
        for round_id, row in self.state.rounds.items():
            if row.status != "certified":
                self._check_stuffing(round_id, row, self.state.size - 1)

    def is_released(self, round_id: str) -> bool:
        """Whether everybody may see the round's ballots as the record stands."""
        row = self.state.rounds[round_id]
        return row.results == "always" or row.status in ("voided", "certified") or round_id in self.released

    @property
    def withheld_count(self) -> int:
        return sum(held.count for held in self.withheld.values())

    def eligible(self, row: Round) -> int:
        """Who could vote in the round: present at some time since it was opened."""
        return sum(
            one.gone_at is None or one.gone_at > row.opened_at for one in self.state.participants.values()
        )

    def voters_seen(self, round_id: str) -> int:
        """How many voters have a ballot in the round, standing or taken back."""
        ballots = self.state.ballots[round_id]
        if not self.state.rounds[round_id].method.per_option:
            return len(ballots)  # one a voter
        return len({key[_VOTER] for key in ballots})

    def paper(self, round_id: str) -> Paper:
        return self.state.paper.get(round_id, NO_PAPER)

    # What `command_of` asks.

    def subject(self, position: int, field: str) -> str | None:
        return self.texts.subject(position, field)

    def tie_root(self, round_id: str) -> bytes:
        return self._tie_roots.get(round_id, b"")

    def scribe(self) -> str:
        return min(self.state.workshop.facilitators, default=_NOBODY)

    def participant(self, round_id: str, voter: str) -> str:
        row = self.state.rounds.get(round_id)
        if row is None or row.secrecy == "open":
            return voter
        voters = self._voters_of(round_id)
        if voters is not None:
            return voters.get(voter, _NOBODY)
        present = (key for key, one in self.state.participants.items() if one.status == "present")
        return next(present, _NOBODY)

    def _voters_of(self, round_id: str) -> dict[str, str] | None:
        """Participants by voter in a pseudonymous round whose key is known."""
        if round_id not in self.keys_used:
            return None
        key, participants = Mac(self.round_keys[round_id]), self.state.participants
        voters, known = self._voters.get(round_id, ({}, 0))
        for participant in islice(participants, known, None):
            voters[voter(key, participant)] = participant
        self._voters[round_id] = voters, len(participants)
        return voters

    def _check_key(self, round_id: str, opened: RoundOpened) -> None:
        key = self.round_keys.get(round_id)
        if key is None:
            return
        if opened.key == round_key_commitment(key):
            self.keys_used.add(round_id)
        else:
            self.findings.could_not_check(
                f"round_key/{round_id}",
                f"The key given for round {round_id} is not the one that it was opened with.",
            )

    def _waiting_rounds(self) -> list[str]:
        """The rounds whose results are not shown yet that take ballots at this moment, or have paper to be entered."""
        try:
            self.state.require_input()
        except Refusal:
            takes = False
        else:
            takes = True
        return [
            round_id
            for round_id, row in self.state.rounds.items()
            if not self.is_released(round_id)
            and (
                (takes and takes_ballots(row, self.state.now))
                or (row.status == "closed" and round_id in self.state.paper)
            )
        ]

    def _repeats(self, command: str, position: int) -> bool:
        """Whether a command goes on behind another one's entries."""
        if command != self._last_command:
            return False
        self._stop(
            "command", position, expected="the entries of one command next to each other", found=command
        )
        return True

    def _decide_group(self) -> None:
        if not self._group:
            return
        group, self._group = self._group, []
        entries = [recorded for recorded, _ in group]
        first, last = entries[0], entries[-1]
        self._last_command = first.command
        evidence: dict[str, str] = {}
        for recorded, entry in group:
            evidence |= entry_evidence(recorded.position, entry)
        places = tuple(range(first.position, last.position + 1))
        if any((one.time, one.actor) != (first.time, first.actor) for one in entries):
            self._stop(
                "command", *places, expected="one actor and one time", found="several", evidence=evidence
            )
            return
        kind: Kind = "ballot" if isinstance(first.event, BALLOTS) else "rule"
        try:
            command = command_of(entries, self)
            wanted = None if command is None else decide(command, self.state, first.time)
        except Refusal as refusal:
            found = f"{first.event.NAME}, refused as {type(refusal).__name__}: {refusal}"
            self._stop(kind, *places, expected="what the rules allow", found=found, evidence=evidence)
            return
        if not wanted or self._lost_key_of_open_round(first):
            expected = "an event that a command leads to" if wanted is None else "no entry: nothing changes"
            self._stop(kind, *places, expected=expected, found=first.event.NAME, evidence=evidence)
            return
        shape, made = [_shape(one) for one in wanted], [_shape(one) for one in entries]
        if shape != made:
            self._stop(
                "tally" if isinstance(last.event, _CERTIFICATES) else "facts", *places,
                expected=", ".join(map(" on ".join, shape)), found=", ".join(map(" on ".join, made)),
                evidence=evidence,
            )  # fmt: skip
            return
        self._fold(entries, wanted, evidence)

    def _lost_key_of_open_round(self, one: Recorded) -> bool:
        """An open round has no key to lose."""
        return (
            isinstance(one.event, RoundClosed)
            and one.event.because == "key_lost"
            and self.state.rounds[one.aggregate].secrecy == "open"
        )

    def _fold(self, entries: Sequence[Recorded], wanted: Sequence[Pending], evidence: dict[str, str]) -> None:
        differs: list[str] = []
        for one, pending in zip(entries, wanted, strict=True):
            names = self._differences(one.event, pending.event)
            differs += names
            if names:
                tally = isinstance(one.event, (ResultPart, PaperReconciled, *_CERTIFICATES)) and names != [
                    "digest"
                ]
                kind: Kind = "tally" if tally else "digest" if names == ["digest"] else "facts"
                expected = _said(self._with_digest(pending.event, one.event), names)
                self.findings.violation(
                    kind, one.position, expected=expected, found=_said(one.event, names), evidence=evidence
                )
                if kind == "facts":
                    self.stopped = True
                    return
            if isinstance(one.event, _CERTIFICATES):
                self._keep_recount(one, wanted, differs)
            if isinstance(one.event, ResultContested | ResultOverridden):
                self.said_since.setdefault(one.aggregate, []).append(one)
            if isinstance(one.event, WorkshopClosed):
                self.released |= self.state.rounds.keys()
            if isinstance(one.event, ImportCompleted):
                self.imported = one.event
            evolve(self.state, one)
        self.state.mark()

    def _differences(self, found: Event, wanted: Event) -> list[str]:
        if isinstance(found, ConsentGiven):
            return []  # which terms stood at the time is the server's
        names = [name for name, value in wanted.__dict__.items() if found.__dict__[name] != value]
        if isinstance(found, _DIGESTED):
            names = [name for name in names if name != "digest"]
            if self.withheld_count:
                self.digests_unchecked += 1
            else:
                self.digests_checked += 1
                if found.digest != state_digest(self.state):
                    names.append("digest")
        return names

    def _with_digest(self, wanted: Event, found: Event) -> Event:
        if isinstance(found, _DIGESTED) and not self.withheld_count:
            return wanted.model_copy(update={"digest": state_digest(self.state)})
        return wanted

    def _keep_recount(self, one: Recorded, wanted: Sequence[Pending], differs: Sequence[str]) -> None:
        certified = wanted[-1].event
        assert isinstance(certified, _CERTIFICATES)
        rows = tuple(
            row for pending in wanted if isinstance(pending.event, ResultPart) for row in pending.event.rows
        )
        recount = Recount(
            one.aggregate, one.position, rows, certified.elected, certified.reconciliation, tuple(differs)
        )
        self.recounts.setdefault(one.aggregate, []).append(recount)
        self._check_stuffing(one.aggregate, self.state.rounds[one.aggregate], one.position)

    def _check_stuffing(self, round_id: str, row: Round, position: int) -> None:
        """Where voters cannot be told, there may at least not be more of them than people."""
        if row.secrecy == "open" or round_id in self.keys_used:
            return
        seen, eligible = self.voters_seen(round_id) + self.paper(round_id).people, self.eligible(row)
        if seen > eligible:
            self.findings.violation(
                "eligible",
                position,
                expected=f"at most {eligible} voters in round {round_id}",
                found=str(seen),
            )

    def _stop(
        self, kind: Kind, *positions: int, expected: str, found: str, evidence: dict[str, str] | None = None
    ) -> None:
        self.findings.violation(kind, *positions, expected=expected, found=found, evidence=evidence)
        self.stopped = True


def _shape(one: Recorded | Pending) -> tuple[str, str]:
    return one.event.NAME, one.aggregate


def _said(event: Event, names: Sequence[str]) -> str:
    return ", ".join(f"{name} {getattr(event, name)!r}" for name in names)
