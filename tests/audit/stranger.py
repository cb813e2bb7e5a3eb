"""An auditor as a stranger would write it, from FORMAT.md and what it names (C2SP signed-note) alone: no code of ours.

Entries are read by `independent_decoder`, digests and counts made by `independent_state`, both written from the same page.
What only the rules of the domain say (who was present, what an activity takes), the reconciliation, and how methods other
than support, approval and opinion count, it leaves alone.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.record import independent_decoder
from tests.record.independent_state import State, recount

Json = dict[str, Any]
HEADER = {"cocreate_export", "origin", "root", "size", "vkey", "workshop"}
NO_HASH = re.compile("^(?![0-9a-f]{64}\\Z)")
TEXT = ("field", "language", "position", "salt", "text")


class Wrong(Exception):
    """The file is not what it claims to be; the first word says in what."""


def audit(file: bytes, vkey: str, remembered: Mapping[int, bytes] | None = None) -> int:
    """Raise Wrong, or return how many entries are withheld; `remembered` are roots seen before, by size."""
    header, stored, texts, note = _parts(file)
    if header["vkey"] != vkey:
        raise Wrong("key: the file names another one")
    leaves = [
        bytes.fromhex(one["withheld"]) if isinstance(one, dict) else hashlib.sha256(b"\0" + one).digest()
        for one in stored
    ]
    root = tree(leaves)
    if root.hex() != header["root"]:
        raise Wrong("root: the entries make another one")
    if note is not None:
        check_note(note, vkey, f"{header['origin']}\n{len(leaves)}\n{base64.b64encode(root).decode()}\n")
    for size, seen in (remembered or {}).items():
        if size > len(leaves) or tree(leaves[:size]) != seen:
            raise Wrong(f"history: not the {size} entries seen before")
    entries = _replay(header, stored, leaves)
    _check_texts(entries, texts)
    return len(leaves) - len(entries)


def _parts(file: bytes) -> tuple[Json, list[Any], list[Json], str | None]:
    """Header, entries (bytes, or the object that stands for one), texts and checkpoint."""
    lines = file.split(b"\n")
    if lines.pop() != b"" or any(len(line) >= 131_071 for line in lines) or not lines:
        raise Wrong("form: no lines that end in LF")
    header = _json(lines[0])
    if (
        set(header) != HEADER
        or re.fullmatch("[12] [0-9]+", f"{header['cocreate_export']!r} {header['size']!r}") is None
    ):
        raise Wrong("form: no header, or one of another format")
    size, number = header["size"], header["cocreate_export"]
    after, tail = 2 + size, 1 if number == 1 else 3
    sections = [b'{"section":"%s"}' % one for one in (b"entries", b"texts", b"checkpoint")[: number + 1]]
    found = [*lines[1:2], *lines[after : after + 1], *lines[-3:-2]][: number + 1]
    if len(lines) < after + 1 + tail or found != sections:
        raise Wrong("form: lines or sections are missing")
    stored = [line if line.startswith(b'{"actor":') else _json(line, "withheld") for line in lines[2:after]]
    texts = [_json(line, *TEXT) for line in lines[after + 1 : len(lines) - tail]]
    end = {"entries": size, "texts": len(texts)} | ({"checkpoint": 1} if number == 2 else {})
    note = _json(lines[-2], "checkpoint")["checkpoint"] if number == 2 else None
    places = [(one["position"], one["field"], one["language"]) for one in texts]
    if _json(lines[-1]) != {"end": end} or places != sorted(set(places)):
        raise Wrong("form: the end counts other lines, or texts are out of order")
    return header, stored, texts, note


def _json(line: bytes, *keys: str) -> Json:
    """The canonical JSON object of a line; with `keys`, exactly those, all strings but the position."""
    try:
        value = json.loads(line.decode())
        again = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except (ValueError, RecursionError) as error:
        raise Wrong("form: no JSON") from error
    if again != line or not isinstance(value, dict):
        raise Wrong("form: no canonical JSON")
    types = {key: int if key == "position" else str for key in keys or value}
    hashes = [value[key] for key in ("salt", "withheld") if key in keys and type(value.get(key)) is str]
    if (keys and {key: type(one) for key, one in value.items()} != types) or any(map(NO_HASH.search, hashes)):
        raise Wrong(f"form: expected the keys {keys}")
    return value


def tree(leaves: Sequence[bytes]) -> bytes:
    """The root of RFC 6962 §2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256().digest()
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree(leaves[:left]) + tree(leaves[left:])).digest()


def check_note(note: str, vkey: str, text: str) -> None:
    """The note is over this text, and the key's line on it holds."""
    name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    typed = base64.b64decode(encoded, validate=True)
    named = hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    body, separator, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not separator or lines.pop() != "" or body + "\n" != text or typed[0] != 1 or named != key_id:
        raise Wrong("note: not over this record's origin, size and root")
    mine: list[bytes] = []
    for line in lines:
        dash, _, rest = line.partition(" ")
        signer, _, value = rest.partition(" ")
        try:
            signature = base64.b64decode(value, validate=True)
        except ValueError as error:
            raise Wrong("note: no base64") from error
        if dash != "—" or base64.b64encode(signature).decode() != value or not signer:
            raise Wrong("note: no signature line")
        mine += [signature[4:]] if (signer, signature[:4].hex()) == (name, key_id) else []
    try:
        Ed25519PublicKey.from_public_bytes(typed[1:]).verify(b"".join(mine), text.encode())
    except InvalidSignature as error:
        raise Wrong("note: the key has not signed it, or not once") from error


def _replay(header: Json, stored: Sequence[Any], leaves: Sequence[bytes]) -> dict[int, Json]:
    """Read every entry, fold it, and check what FORMAT.md lets everybody check on the way."""
    state, entries, rows, closed, time = State(), dict[int, Json](), list[Any](), -1, 0
    for position, one in enumerate(stored):
        if isinstance(one, dict):
            continue
        entry = entries[position] = _entry(header, position, one, time)
        time = entry["time"]
        event, facts = entry["event"].partition(".")[0], entry["facts"]
        if event.startswith("Ballot"):
            _check_ballot(state, event, entry)
        if "digest_version" in facts and len(entries) > position and facts["digest"] != state.digest():
            raise Wrong(f"digest: of entry {position}")
        rows += facts["rows"] if event == "ResultPart" else []
        if event in ("ResultCertified", "ResultRecertified"):
            _check_count(state, entry, rows, leaves)
            rows = []
        closed = position if event == "WorkshopClosed" else closed
        state.fold(entry)
    waiting = [
        one["opened_at"] for key, one in state.rounds.items()
        if one["results"] != "always" and one["status"] != "voided" and key not in state.certified and closed < one["opened_at"]
    ]  # fmt: skip
    if any(
        not any(at < position for at in waiting) for position in range(len(stored)) if position not in entries
    ):
        raise Wrong("withheld: an entry that may not be")
    return entries


def _entry(header: Json, position: int, stored: bytes, time: int) -> Json:
    """The entry, at its place, no earlier than the one before; the first names what the header names."""
    try:
        entry = independent_decoder.read(stored)
    except independent_decoder.Refused as error:
        raise Wrong(f"entry: {position}, {error}") from error
    first = entry["event"] in ("RecordStarted.v1", "RecordStarted.v2")
    if entry["position"] != position or entry["time"] < time or (position == 0) != first:
        raise Wrong(f"entry: {position} has another place or an earlier time")
    named = {**entry["facts"], "workshop": entry["aggregate"]}
    if first and any(named[one] != header[one] for one in ("origin", "vkey", "workshop")):
        raise Wrong("key: the genesis names another one")
    return entry


def _check_count(state: State, entry: Json, rows: Sequence[Any], leaves: Sequence[bytes]) -> None:
    """The certificate says what the standing ballots come to, ties by the root before the round."""
    facts, key = entry["facts"], entry["aggregate"]
    found = recount(state, key, tree(leaves[: state.rounds[key]["opened_at"]]))
    found |= {"counted_to": entry["position"] - facts["parts"], "rules": state.rounds[key]["rules"]}
    made = hashlib.sha256(json.dumps(rows, separators=(",", ":")).encode()).hexdigest()
    if {one: facts[one] for one in found} != found or made != facts["result_digest"]:
        raise Wrong(f"count: entry {entry['position']} is not the count of its ballots")


def _check_ballot(state: State, event: str, entry: Json) -> None:
    """Its actor is its voter, its counter rises, it casts or replaces as it says, and its round takes it."""
    key, facts = entry["aggregate"], entry["facts"]
    held, row = state.ballots.get(key), state.rounds.get(key[:36], {"status": "none"})
    stands = held is not None and len(held) == 3
    takes = row["status"] == "open" or entry["time"] <= row.get("grace_until", -1)
    options, choice = [one for one, _ in state.options.get(key[:36], [])], facts.get("choice", 0)
    said = choice if isinstance(choice, list) else key.split("/")[2:]
    named = {one[0] if isinstance(one, list) else one for one in said}
    if (
        not takes or key[:36] in state.certified or key.split("/")[1] != entry["actor"]
        or (held is not None and facts["counter"] <= held[0]) or stands != (event != "BallotCast")
        or not named <= set(options) or len(named) > row["rules"].get("choices_max", 1_000)
    ):  # fmt: skip
        raise Wrong(f"ballot: entry {entry['position']}")


def _check_texts(entries: Mapping[int, Json], texts: Sequence[Json]) -> None:
    """Each opens a commitment of its entry, and no entry says that it was erased."""
    erased = {
        (one["facts"]["position"], one["facts"]["field"])
        for one in entries.values()
        if one["event"] == "TextErased.v1"
    }
    for one in texts:
        value: Any = entries.get(one["position"], {}).get("facts", {})
        for name in one["field"].split("."):
            found = (
                value[int(name) :][:1]
                if isinstance(value, list) and name.isdigit()
                else [value.get(name, [])]
            )
            value = found[0] if found else []
        made = hashlib.sha256(
            b"cocreate/sealed/v1\n" + bytes.fromhex(one["salt"]) + one["text"].encode()
        ).hexdigest()
        if [one["language"], made] not in value or (one["position"], one["field"]) in erased:
            raise Wrong(f"text: {one['field']} of entry {one['position']}")
