"""What the buttons of the console do: one row a button, from the form's fields to the action."""

from collections.abc import Callable
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from cocreate.application import (
    UNITING,
    Action,
    AddFacilitator,
    AdmitOption,
    AmendDecision,
    AnswerIdea,
    ApproveIdea,
    CancelWorkshop,
    CertifyResult,
    ChangeAgenda,
    ChangeSettings,
    CloseRound,
    CloseWorkshop,
    ClusterIdeas,
    EndActivity,
    GrantRole,
    HideComment,
    HideIdea,
    MakeCommitment,
    MergeIdeas,
    NameCluster,
    OpenRound,
    OpenWorkshop,
    OverrideResult,
    ReadmitParticipant,
    RecertifyResult,
    RecordDecision,
    RemoveFacilitator,
    RemoveParticipant,
    ReopenWorkshop,
    RescheduleWorkshop,
    RestoreComment,
    RestoreIdea,
    RevertMerge,
    SealRecord,
    StartActivity,
    StartCluster,
    TagIdea,
    UnclusterIdeas,
    UpdateCommitment,
    VoidRound,
)
from cocreate.http import money
from cocreate.http.opening_forms import costs_in, placed, rules_in
from cocreate.http.pages_forms import Fields, action, facts, first
from cocreate.http.pages_room import Room
from cocreate.http.pages_times import millis_of
from cocreate.http.routes.pages_new import settings_said

SECOND_MS: Final = 1_000

Make = Callable[[Fields, Room], Action]


class Deed(NamedTuple):
    action: Make
    tab: str = "run"
    done: str = "done"


def _of(kind: type[Action], *names: str) -> Make:
    """The action whose facts are the form's fields of the same names."""
    return lambda fields, _: action(kind, facts(fields, *names))


def _pausing(*, paused: bool) -> Make:
    """The settings as they are, with the one thing changed."""
    return lambda _, room: action(
        ChangeSettings, {"settings": {**room.workshop["settings"], "paused": paused}}
    )


def _settings(fields: Fields, room: Room) -> Action:
    paused = room.workshop["settings"]["paused"]
    return action(ChangeSettings, {"settings": {**settings_said(fields), "paused": paused}})


def _reschedule(fields: Fields, _: Room) -> Action:
    zone = first(fields, "zone")
    times = {name: millis_of(first(fields, name), zone) for name in ("starts_at", "ends_at")}
    return action(RescheduleWorkshop, {name: millis for name, millis in times.items() if millis is not None})


def _agenda(fields: Fields, room: Room) -> Action:
    """Row by row, in the order of the numbers typed; rows without a kind are left out."""
    titles = {one["key"]: one.get("title") for one in room.agenda}
    columns = ("kind", "id", "title", "minutes", "order")
    table = zip_longest(*(fields.get(name, []) for name in columns), fillvalue="")
    rows = []
    for row, cells in enumerate(table):
        said = {name: cell.strip() for name, cell in zip(columns, cells, strict=True)}
        if not said["kind"]:
            continue
        activity: dict[str, Any] = {name: said[name] for name in ("id", "minutes") if said[name]}
        activity |= _title(said["title"], titles.get(said["id"]))
        order = _whole(said["order"])
        rows.append((order if isinstance(order, int) else row + 1, row, {**activity, "kind": said["kind"]}))
    return action(
        ChangeAgenda, {"activities": [activity for _, _, activity in sorted(rows, key=lambda one: one[:2])]}
    )


def _title(typed: str, before: dict[str, Any] | None) -> dict[str, Any]:
    """What was typed; where that is one language of a title in several, the others stay."""
    if not typed:
        return {}
    texts = (before or {}).get("texts", {})
    if len(texts) > 1 and before is not None:
        return {"title": texts if typed in texts.values() else {**texts, before["language"]: typed}}
    return {"title": typed}


def _open_round(fields: Fields, room: Room) -> Action:
    said: dict[str, Any] = facts(fields, "question", "secrecy", "results", "replaces")
    method = first(fields, "method")
    options = fields.get("options", [])
    if "all" in fields:
        options = [one["key"] for one in reversed(room.board)]
    if unite := "unite" in fields and method in UNITING:
        options = [*options, *_united(room, options)]
    if method in ("budget", "equal_shares"):
        said["costs"] = costs_in(fields, [room.ideas[key] for key in options if key in room.ideas])
    grace = _whole(first(fields, "grace_s"))
    try:
        return action(
            OpenRound,
            {
                **said,
                "rules": rules_in(fields, options),
                "options": options,
                "unite": unite,
                "admission": "growing" if method == "opinion" and "growing" in fields else "frozen",
                **({"grace_ms": grace * SECOND_MS} if isinstance(grace, int) else {}),
                **_closing(fields),
            },
        )
    except ValidationError as error:
        raise placed(error, method) from None


def _override(fields: Fields, _: Room) -> Action:
    said = facts(fields, "round", "reason")
    return action(OverrideResult, {**said, "options": fields.get("options", [])})


def _united(room: Room, options: list[str]) -> list[str]:
    """What is merged into the options and may be put to the vote beside them."""
    return [
        member["key"]
        for one in options
        if one in room.ideas
        for member in room.members(room.ideas[one])
        if member["status"] == "visible" and member["merge"]["votes"] == "union"
    ]


def _closing(fields: Fields) -> dict[str, Any]:
    """The latest time of closing, only where results wait for one."""
    until = millis_of(first(fields, "withheld_until"), first(fields, "zone"))
    return {} if until is None or first(fields, "results") == "always" else {"withheld_until": until}


def _whole(text: str) -> int | str:
    """A whole number, or what was typed instead, for the action to refuse."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _tags(fields: Fields, _: Room) -> Action:
    return action(TagIdea, {**facts(fields, "idea"), "tags": fields.get("tags", [])})


def _decision(fields: Fields) -> dict[str, Any]:
    return {**facts(fields, "what", "why"), **{name: fields.get(name, []) for name in ("ideas", "rounds")}}


def _record(fields: Fields, _: Room) -> Action:
    return action(RecordDecision, _decision(fields))


def _amend(fields: Fields, _: Room) -> Action:
    return action(AmendDecision, {**_decision(fields), **facts(fields, "decision", "reason")})


def _cluster(fields: Fields, _: Room) -> Action:
    """Into a cluster that there is, out of all of them, or into a new one by the name that was typed."""
    ideas, cluster = {"ideas": fields.get("ideas", [])}, first(fields, "cluster")
    if cluster == "none":
        return action(UnclusterIdeas, ideas)
    if cluster:
        return action(ClusterIdeas, {**ideas, "cluster": cluster})
    return action(StartCluster, {**ideas, **facts(fields, "name")})


def _merge(fields: Fields, _: Room) -> Action:
    into = first(fields, "into")
    ideas = [one for one in fields.get("ideas", []) if one != into]
    votes = "union" if "union" in fields else "none"
    return action(MergeIdeas, {"idea": into, "ideas": ideas, "votes": votes, **facts(fields, "note")})


def _part(fields: Fields, _: Room) -> Action:
    return action(RevertMerge, {**facts(fields, "idea", "note"), "ideas": fields.get("ideas", [])})


def _promise(fields: Fields, _: Room) -> Action:
    """A promise holds until the end of its day, in the time of the server's clock."""
    said: dict[str, Any] = facts(fields, "decision", "who", "what")
    due = millis_of(f"{first(fields, 'due')}T23:59", "UTC")
    return action(MakeCommitment, said if due is None else {**said, "due": due})


def _answer(fields: Fields, _: Room) -> Action:
    said: dict[str, Any] = facts(fields, "idea", "answer", "reason")
    typed, currency = first(fields, "cost").strip(), first(fields, "currency").strip().upper()
    if typed:
        minor = money.minor_of(typed, currency)
        said["cost"] = [currency, typed if minor is None else minor]
    return action(AnswerIdea, said)


DEEDS: Final = {
    "open": Deed(_of(OpenWorkshop), "run", "opened"),
    "close": Deed(_of(CloseWorkshop), "settings", "closed"),
    "reopen": Deed(_of(ReopenWorkshop, "reason"), "settings", "opened"),
    "seal": Deed(_of(SealRecord), "settings", "sealed"),
    "cancel": Deed(_of(CancelWorkshop, "note"), "settings"),
    "reschedule": Deed(_reschedule, "settings", "settings"),
    "start": Deed(_of(StartActivity, "activity")),
    "end": Deed(_of(EndActivity, "activity")),
    "agenda": Deed(_agenda, "settings", "agenda"),
    "pause": Deed(_pausing(paused=True), "run", "paused"),
    "resume": Deed(_pausing(paused=False), "run", "resumed"),
    "settings": Deed(_settings, "settings", "settings"),
    "approve": Deed(_of(ApproveIdea, "idea"), "ideas"),
    "hide": Deed(_of(HideIdea, "idea", "reason", "note"), "ideas"),
    "restore": Deed(_of(RestoreIdea, "idea"), "ideas"),
    "tags": Deed(_tags, "ideas"),
    "hide_comment": Deed(_of(HideComment, "comment", "reason", "note"), "ideas"),
    "restore_comment": Deed(_of(RestoreComment, "comment"), "ideas"),
    "round": Deed(_open_round, "rounds", "round"),
    "option": Deed(_of(AdmitOption, "round", "idea"), "rounds"),
    "round_close": Deed(_of(CloseRound, "round"), "rounds", "round_closed"),
    "void": Deed(_of(VoidRound, "round", "reason", "note"), "rounds"),
    "certify": Deed(_of(CertifyResult, "round"), "rounds"),
    "recertify": Deed(_of(RecertifyResult, "round"), "rounds", "recertified"),
    "override": Deed(_override, "rounds", "overridden"),
    "decision": Deed(_record, "decisions", "decision"),
    "amend": Deed(_amend, "decisions", "decision"),
    "promise": Deed(_promise, "decisions", "promised"),
    "news": Deed(_of(UpdateCommitment, "commitment", "state", "note", "evidence"), "decisions", "news"),
    "answer": Deed(_answer, "ideas", "answered"),
    "cluster": Deed(_cluster, "sort", "sorted"),
    "cluster_name": Deed(_of(NameCluster, "cluster", "name"), "sort", "sorted"),
    "merge": Deed(_merge, "sort", "merged"),
    "part": Deed(_part, "sort", "parted"),
    "role": Deed(_of(GrantRole, "participant", "role"), "people"),
    "remove": Deed(_of(RemoveParticipant, "participant", "reason"), "people"),
    "readmit": Deed(_of(ReadmitParticipant, "participant"), "people"),
    "facilitator": Deed(_of(AddFacilitator), "people"),
    "facilitator_remove": Deed(_of(RemoveFacilitator, "facilitator"), "people"),
}
"""`tab` is the page that shows what went wrong, and where it leads unless the form names another."""
