"""The state digest and the count of a certificate, written from FORMAT.md §7 and §8 alone, over plain JSON values."""

import hashlib
import json
import struct
from collections.abc import Callable
from itertools import groupby
from typing import Any

from tests.record.independent_counts import counted

Entry = dict[str, Any]


def sha256_of(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class State:
    """What the entries so far come to. `rounds` keep what the digest leaves out under keys that begin with `_`."""

    def __init__(self) -> None:
        self.workshop: dict[str, Any] = {}
        self.agenda: dict[str, Any] = {"activities": []}
        self.ended: dict[str, int] = {}
        self.facilitators: set[str] = set()
        self.participants: dict[str, list[Any]] = {}
        self.ideas: dict[str, list[Any]] = {}
        self.comments: dict[str, list[Any]] = {}
        self.rounds: dict[str, dict[str, Any]] = {}
        self.options: dict[str, list[list[Any]]] = {}
        self.certified: dict[str, list[str]] = {}
        self.since: dict[str, dict[str, Any]] = {}
        self.sheets: dict[str, dict[str, int]] = {}
        self.batches: dict[str, dict[str, dict[str, Any]]] = {}
        self.ballots: dict[str, list[Any]] = {}
        self.erased: set[tuple[int, str]] = set()
        self.later: dict[str, dict[str, list[Any]]] = {}

    def tables(self) -> dict[str, Any]:
        agenda = dict(self.agenda)
        if self.ended:
            agenda["ended"] = sorted([activity, time] for activity, time in self.ended.items())
        return {
            "workshop": self.workshop,
            "agenda": agenda,
            "facilitators": sorted(self.facilitators),
            "participants": [[key, *row] for key, row in sorted(self.participants.items())],
            "ideas": [[key, *row] for key, row in sorted(self.ideas.items())],
            "comments": [[key, *row] for key, row in sorted(self.comments.items())],
            "rounds": [
                [key, *self.certified[key], *self._since(key)]
                if key in self.certified
                else [key, facts | self._paper(key), self.options[key]]
                for key, facts in sorted(self.rounds.items())
            ],
            "ballots": [[k, *row] for k, row in sorted(self.ballots.items()) if k[:36] not in self.certified],
            "erased": [list(pair) for pair in sorted(self.erased)],
            **{
                name: [[key, *row] for key, row in sorted(rows.items())]
                for name, rows in self.later.items()
                if rows
            },
        }

    def _since(self, round_id: str) -> list[dict[str, Any]]:
        facts = dict(self.since.get(round_id, {}))
        if "contested" in facts:
            facts |= self._paper(round_id)
        return [facts] if facts else []

    def _paper(self, round_id: str) -> dict[str, Any]:
        if round_id not in self.sheets:
            return {}
        columns = ("digest", "by", "label", "status")
        batches = sorted(self.batches.get(round_id, {}).items())
        return {
            "paper": {
                "batches": [[key, *(one[column] for column in columns)] for key, one in batches],
                "sheets": sorted([voter, sheet] for voter, sheet in self.sheets[round_id].items()),
            }
        }

    def checked(self, round_id: str) -> list[tuple[str, dict[str, Any]]]:
        """The batches of paper that count."""
        return sorted(
            (key, one) for key, one in self.batches.get(round_id, {}).items() if one["status"] == "checked"
        )

    def digest(self) -> str:
        return sha256_of(self.tables())

    def fold(self, entry: Entry) -> None:
        fold = FOLDS.get(entry["event"].split(".")[0])
        if fold is not None:
            fold(self, entry["aggregate"], entry["facts"], entry)

    def put(self, table: str, key: str, *row: Any) -> None:
        """A row of a table that is absent while it is empty."""
        self.later.setdefault(table, {})[key] = list(row)

    def standing(self, round_id: str) -> list[list[Any]]:
        rows = sorted(
            (key, row) for key, row in self.ballots.items() if key[:36] == round_id and len(row) == 3
        )
        return [[key, counter, choice] for key, (counter, _, choice) in rows]

    def presence(self, participant: str, status: str, position: int) -> None:
        row = self.participants[participant]
        gone = [] if status == "present" else row[3:] or [position]
        self.participants[participant] = [row[0], row[1], status, *gone]

    def status_of_idea(self, idea: str, status: str) -> None:
        self.ideas[idea][2] = status

    def status_of_workshop(self, status: str) -> None:
        self.workshop["status"] = status
        if status == "closed":
            for facts in self.rounds.values():
                facts.pop("grace_until", None)


Fold = Callable[[State, str, dict[str, Any], Entry], None]


def _started(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    state.workshop.update(id=key, origin=facts["origin"], importing="source" in facts)


def _scheduled(state: State, _: str, facts: dict[str, Any], __: Entry) -> None:
    state.workshop.update(
        {one: facts[one] for one in ("starts_at", "ends_at", "settings")}, status="scheduled"
    )


def _agenda_changed(state: State, _: str, facts: dict[str, Any], __: Entry) -> None:
    activities = facts["activities"]
    state.agenda["activities"] = [[one["id"], one["kind"], one["grace_ms"]] for one in activities]
    kept = {one["id"] for one in activities}
    state.ended = {activity: time for activity, time in state.ended.items() if activity in kept}


def _activity_ended(state: State, _: str, facts: dict[str, Any], entry: Entry) -> None:
    state.agenda.pop("current")
    state.ended[facts["activity"]] = entry["time"]


def _submitted(state: State, key: str, facts: dict[str, Any], entry: Entry) -> None:
    status = "waiting" if state.workshop["settings"]["approval_first"] else "visible"
    state.ideas[key] = [facts["author"], entry["position"], status, False, facts["tags"]]


def _approved(state: State, key: str, _: dict[str, Any], __: Entry) -> None:
    state.ideas[key][2:4] = ["visible", True]


def _edited(state: State, key: str, _: dict[str, Any], entry: Entry) -> None:
    state.ideas[key][1] = entry["position"]


def _tagged(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    state.ideas[key][4] = facts["tags"]


def _posted(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    depth = state.comments[facts["parent"]][2] + 1 if "parent" in facts else 1
    state.comments[key] = [facts["author"], facts["idea"], depth, "visible"]


def _opened(state: State, key: str, facts: dict[str, Any], entry: Entry) -> None:
    kept = ("admission", "eligibility", "grace_ms", "results", "rules", "secrecy", "withheld_until")
    state.rounds[key] = {one: facts[one] for one in kept if one in facts}
    state.rounds[key] |= {"opened_at": entry["position"], "status": "open", "turnout": [0, 0, 0]}
    state.options[key] = [list(option) for option in facts["options"]]


def _priced(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    state.rounds[key]["costs"] = sorted([*state.rounds[key].get("costs", []), *facts["costs"]])


def _united(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    state.rounds[key]["merged"] = sorted([*state.rounds[key].get("merged", []), *facts["merged"]])


def _admitted(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    state.options[key].append([facts["idea"], facts["text_at"]])


def _closed(state: State, key: str, _: dict[str, Any], entry: Entry) -> None:
    facts, time = state.rounds[key], entry["time"]
    facts.update(status="closed", closed_at=time, grace_until=time + facts["grace_ms"])


def _voided(state: State, key: str, _: dict[str, Any], entry: Entry) -> None:
    facts = state.rounds[key]
    facts.pop("grace_until", None)
    facts.update(status="voided", closed_at=facts.get("closed_at", entry["time"]))


def _certified(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    state.certified[key] = [facts["ballots_digest"], facts["result_digest"]]


def _certified_again(state: State, key: str, facts: dict[str, Any], entry: Entry) -> None:
    _certified(state, key, facts, entry)
    state.since.pop(key, None)


def _contested(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    since = state.since.setdefault(key, {})
    since["contested"] = sorted([*since.get("contested", []), [facts["author"], facts["contested"]]])


def _entered(state: State, key: str, facts: dict[str, Any], entry: Entry) -> None:
    made = sha256_of([key, facts["ballots"], facts["spoiled"]])
    batch = {"by": entry["actor"], "status": "entered", **facts, "digest": made}
    state.batches.setdefault(key, {})[facts["batch"]] = batch


def _batch(status: str) -> Fold:
    return lambda state, key, facts, _: state.batches[key][facts["batch"]].update(status=status)


def _ballot(kind: int) -> Fold:
    def fold(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
        state.rounds[key[:36]]["turnout"][kind] += 1
        choice = [facts["choice"]] if "choice" in facts else []
        state.ballots[key] = [facts["counter"], facts["random"], *choice]

    return fold


def _explained(state: State, key: str, facts: dict[str, Any], entry: Entry) -> None:
    _ballot(int(len(state.ballots.get(key, [])) == 3))(state, key, facts, entry)


def _answered(state: State, key: str, facts: dict[str, Any], entry: Entry) -> None:
    state.put(
        "answers", key, facts["answer"], entry["position"], *([facts["cost"]] if "cost" in facts else [])
    )


def _decided(state: State, key: str, facts: dict[str, Any], entry: Entry) -> None:
    state.put("decisions", key, entry["position"], facts["ideas"], facts["rounds"])


def _promised(state: State, key: str, facts: dict[str, Any], entry: Entry) -> None:
    decision = [facts["decision"]] if "decision" in facts else []
    state.put("commitments", key, facts["due"], "open", entry["position"], *decision)


def _promise_updated(state: State, key: str, facts: dict[str, Any], entry: Entry) -> None:
    state.later["commitments"][key][1:3] = [facts["state"], entry["position"]]


def _merged(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    for idea in facts["ideas"]:
        state.put("merged", idea, key, facts["votes"])


def _parted(state: State, _: str, facts: dict[str, Any], __: Entry) -> None:
    for idea in facts["ideas"]:
        del state.later["merged"][idea]


def _clustered(state: State, key: str, facts: dict[str, Any], _: Entry) -> None:
    if "cluster" in facts:
        state.put("clustered", key, facts["cluster"])
    else:
        state.later["clustered"].pop(key)


def _presence(status: str) -> Fold:
    return lambda state, key, _, entry: state.presence(key, status, entry["position"])


def _idea(status: str) -> Fold:
    return lambda state, key, _, __: state.status_of_idea(key, status)


def _comment(status: str) -> Fold:
    return lambda state, key, _, __: state.comments[key].__setitem__(3, status)


def _workshop(status: str) -> Fold:
    return lambda state, _, __, ___: state.status_of_workshop(status)


FOLDS: dict[str, Fold] = {
    "RecordStarted": _started,
    "WorkshopScheduled": _scheduled,
    "WorkshopRescheduled": lambda state, _, facts, __: state.workshop.update(facts),
    "WorkshopCancelled": _workshop("cancelled"),
    "WorkshopOpened": _workshop("open"),
    "WorkshopClosed": _workshop("closed"),
    "WorkshopReopened": _workshop("open"),
    "RecordSealed": _workshop("sealed"),
    "SettingsChanged": lambda state, _, facts, __: state.workshop.update(facts),
    "FacilitatorAdded": lambda state, _, facts, __: state.facilitators.add(facts["facilitator"]),
    "FacilitatorRemoved": lambda state, _, facts, __: state.facilitators.discard(facts["facilitator"]),
    "ImportCompleted": lambda state, _, __, ___: state.workshop.update(importing=False),
    "AgendaChanged": _agenda_changed,
    "ActivityStarted": lambda state, _, facts, __: state.agenda.update(current=facts["activity"]),
    "ActivityEnded": _activity_ended,
    "ParticipantJoined": lambda state, key, facts, _: state.participants.update(
        {key: [facts["how"], "participant", "present"]}
    ),
    "RoleGranted": lambda state, key, facts, _: state.participants[key].__setitem__(1, facts["role"]),
    "ParticipantLeft": _presence("left"),
    "ParticipantRemoved": _presence("removed"),
    "ParticipantReadmitted": _presence("present"),
    "SubjectErased": _presence("erased"),
    "IdeaSubmitted": _submitted,
    "IdeaEdited": _edited,
    "IdeaWithdrawn": _idea("withdrawn"),
    "IdeaApproved": _approved,
    "IdeaHidden": _idea("hidden"),
    "IdeaRestored": _idea("visible"),
    "IdeaTagged": _tagged,
    "CommentPosted": _posted,
    "CommentWithdrawn": _comment("withdrawn"),
    "CommentHidden": _comment("hidden"),
    "CommentRestored": _comment("visible"),
    "RoundOpened": _opened,
    "OptionAdmitted": _admitted,
    "OptionsPriced": _priced,
    "OptionsMerged": _united,
    "RoundClosed": _closed,
    "RoundVoided": _voided,
    "ResultCertified": _certified,
    "ResultContested": _contested,
    "ResultRecertified": _certified_again,
    "ResultOverridden": lambda state, key, facts, _: state.since.setdefault(key, {}).update(
        overridden=facts["options"]
    ),
    "PaperIssued": lambda state, key, facts, _: state.sheets.setdefault(key, {}).update(
        {facts["voter"]: facts["sheet"]}
    ),
    "PaperBatchEntered": _entered,
    "PaperBatchChecked": _batch("checked"),
    "PaperBatchVoided": _batch("voided"),
    "BallotCast": _ballot(0),
    "BallotReplaced": _ballot(1),
    "BallotWithdrawn": _ballot(2),
    "BallotExplained": _explained,
    "IdeaAnswered": _answered,
    "IdeasMerged": _merged,
    "MergeReverted": _parted,
    "IdeaClustered": _clustered,
    "ClusterNamed": lambda state, key, _, entry: state.put("clusters", key, entry["position"]),
    "CommitmentMade": _promised,
    "CommitmentUpdated": _promise_updated,
    "DecisionRecorded": _decided,
    "DecisionAmended": _decided,
    "TextErased": lambda state, _, facts, __: state.erased.add((facts["position"], facts["field"])),
}


def recount(state: State, round_id: str, root: bytes) -> dict[str, Any]:
    """What a certificate of the round must say, from the ballots that stand now; `root` is that before the round."""
    rules, ballots = state.rounds[round_id]["rules"], state.standing(round_id)
    if rules["method"] not in ("support", "approval", "opinion"):
        return _recount(state, round_id, ballots, root)
    columns = [1, -1, 0] if rules["method"] == "opinion" else [None]
    marks = {option: [0] * len(columns) for option, _ in state.options[round_id]}
    papers = [choice for _, batch in state.checked(round_id) for choice in batch["ballots"]]
    for ballot, _, choice in [*ballots, *(["", 0, choice] for choice in papers)]:
        if rules["method"] == "opinion":
            marks[ballot.split("/")[2]][columns.index(choice)] += 1
        else:
            for option in choice:
                marks[option][0] += 1
    elected: list[str] = []
    steps: list[dict[str, Any]] = [{"options": len(marks), "step": "counted"}]
    under = dict(state.rounds[round_id].get("merged", []))
    told = _unite(marks, under, [*(choice for _, _, choice in ballots), *papers])
    if rules["method"] == "approval":
        free = {option: row for option, row in marks.items() if option not in under}
        elected, steps = _approval(free, rules["seats"], root, round_id)
    steps = [*told, *steps]
    return {
        "ballots_digest": sha256_of([*ballots, *_digests(state, round_id)]),
        "elected": elected,
        "result_digest": sha256_of([[option, *row] for option, row in marks.items()]),
        "steps_digest": sha256_of(steps),
    }


def _unite(marks: dict[str, list[int]], under: dict[str, str], ballots: list[Any]) -> list[dict[str, Any]]:
    """Put into the marks of options that others count for how many ballots name any of them; tell what each had."""
    told = []
    for head in sorted(set(under.values())):
        group = {head, *(one for one, other in under.items() if other == head)}
        own = [[one, marks[one][0]] for one in sorted(group)]
        voters = sum(1 for choice in ballots if group & set(choice))
        told.append({"marks": own, "option": head, "step": "merged", "voters": voters})
        marks[head] = [voters]
    return told


def _digests(state: State, round_id: str) -> list[list[str]]:
    return [[key, batch["digest"]] for key, batch in state.checked(round_id)]


def _recount(state: State, round_id: str, ballots: list[Any], root: bytes) -> dict[str, Any]:
    """The same by the methods of independent_counts.py."""
    seed = _framed_hash("tie", root, _raw(round_id))
    facts = state.rounds[round_id]
    rows, elected, steps = counted(
        facts["rules"],
        [option for option, _ in state.options[round_id]],
        [
            *(choice for _, _, choice in ballots),
            *(choice for _, batch in state.checked(round_id) for choice in batch["ballots"]),
        ],
        lambda tied: sorted(tied, key=lambda one: _framed_hash("tie-rank", seed, _raw(one))),
        dict(facts.get("costs", [])),
    )
    return {
        "ballots_digest": sha256_of([*ballots, *_digests(state, round_id)]),
        "elected": elected,
        "result_digest": sha256_of(rows),
        "steps_digest": sha256_of(steps),
    }


def _approval(
    marks: dict[str, list[int]], seats: int, root: bytes, round_id: str
) -> tuple[list[str], list[dict[str, Any]]]:
    seed = _framed_hash("tie", root, _raw(round_id))
    elected: list[str] = []
    steps: list[dict[str, Any]] = []
    approved = sorted((-row[0], option) for option, row in marks.items() if row[0])
    for negative, group in groupby(approved, key=lambda pair: pair[0]):
        if len(elected) == seats:
            break
        order = sorted(
            (option for _, option in group), key=lambda one: _framed_hash("tie-rank", seed, _raw(one))
        )
        if len(order) > 1:
            steps.append({"approvals": -negative, "order": order, "step": "tie_broken"})
        for option in order[: seats - len(elected)]:
            elected.append(option)
            steps.append({"approvals": -negative, "option": option, "seat": len(elected), "step": "elected"})
    if len(elected) < seats:
        steps.append({"seats": seats - len(elected), "step": "seats_unfilled"})
    return elected, steps


def _raw(uuid: str) -> bytes:
    return bytes.fromhex(uuid.replace("-", ""))


def _framed_hash(purpose: str, *parts: bytes) -> bytes:
    framed = b"".join(struct.pack(">I", len(one)) + one for one in parts)
    return hashlib.sha256(f"cocreate/{purpose}/v1\n".encode() + framed).digest()
