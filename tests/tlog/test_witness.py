"""A witness signs what grew from what it signed, and refuses everything else by its own status."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cocreate.tlog.checkpoints import Checkpoint, open_checkpoint, sign_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.merkle import EMPTY_ROOT, leaf_hash
from cocreate.tlog.notes import Note, parse_note
from cocreate.tlog.proofs import consistency_proof, tree_root
from cocreate.tlog.signatures import Cosigner, Signed
from cocreate.tlog.vkey import LOG_ED25519, VerifierKey, parse_vkey
from cocreate.tlog.witness import (
    PROOF_LINES_MAX,
    REQUEST_SIZE_BYTES_MAX,
    AddCheckpoint,
    NotCosigned,
    open_request,
    parse_add_checkpoint,
    read_cosignature,
    read_size,
    require_cosignable,
)
from tests.tlog.known import LOG, ORIGIN, WITNESS, Log, long_log_entry, vectors

RECORD = Log(map(long_log_entry, range(45)))
SEEN = Checkpoint(ORIGIN, 40, tree_root(RECORD.read, 40))
NEW = RECORD.checkpoint()
EMPTY = Checkpoint(ORIGIN, 0, EMPTY_ROOT)
KEYS = {ORIGIN: LOG.key}
OTHER_KEY = VerifierKey(ORIGIN, LOG_ED25519, WITNESS.key.public)
TIME_S = 1_795_344_000


def request(old: int = 40, new: Checkpoint = NEW) -> AddCheckpoint:
    """What an honest log asks."""
    proof = consistency_proof(RECORD.read, old, new.size) if old else []
    return AddCheckpoint(old, tuple(proof), sign_checkpoint(new, LOG).encode())


def status_of(seen: Checkpoint, asked: AddCheckpoint, keys: dict[str, VerifierKey] = KEYS) -> int:
    """What a witness that has signed `seen` answers."""
    try:
        parsed = parse_add_checkpoint(asked.encode())
        require_cosignable(seen, parsed, open_request(parsed, keys.get).checkpoint)
    except NotCosigned as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize(("seen", "old"), [(SEEN, 40), (EMPTY, 0), (NEW, 45)])
def test_what_grew_is_signed(seen: Checkpoint, old: int) -> None:
    """From what was seen, from nothing, and the same again, which says that it is still so."""
    asked = request(old)
    assert parse_add_checkpoint(asked.encode()) == asked
    assert status_of(seen, asked) == 200


def test_each_refusal_has_its_status() -> None:
    """As c2sp.org/tlog-witness has them, in its order."""
    rewritten = Log([*RECORD.entries[:20], b"another", *RECORD.entries[21:]])
    forked = request(45, rewritten.checkpoint())
    asked = request()
    assert status_of(SEEN, asked, {}) == 404
    assert status_of(SEEN, asked, {ORIGIN: OTHER_KEY}) == 403
    assert status_of(SEEN, replace(asked, checkpoint=asked.checkpoint.replace(b"\n45\n", b"\n46\n"))) == 403
    assert status_of(SEEN, replace(asked, old=46)) == 400
    for old in (0, 39, 41):
        assert status_of(SEEN, request(old)) == 409
    assert status_of(NEW, asked) == 409
    assert status_of(NEW, replace(forked, proof=())) == 409
    for proof in ((), asked.proof[1:], (*asked.proof, asked.proof[0]), asked.proof[::-1]):
        assert status_of(SEEN, replace(asked, proof=proof)) == 422
    for proof_of in (rewritten, RECORD):
        proof = tuple(consistency_proof(proof_of.read, 40, 45))
        assert status_of(SEEN, AddCheckpoint(40, proof, rewritten.note().encode())) == 422
    assert status_of(EMPTY, replace(request(0), proof=asked.proof)) == 422


def test_a_conflict_says_what_was_seen_and_whether_it_is_a_fork() -> None:
    """The size lets an honest log ask again; only another root at the same size is proof against it."""
    with pytest.raises(NotCosigned) as caught:
        require_cosignable(SEEN, request(0), NEW)
    assert (caught.value.size, caught.value.forked) == (40, False)
    other = replace(SEEN, root=leaf_hash(b"another root"))
    with pytest.raises(NotCosigned) as caught:
        require_cosignable(SEEN, AddCheckpoint(40, (), b""), other)
    assert (caught.value.size, caught.value.forked) == (40, True)


VALID = request().encode()
PROOF_LINE = VALID.split(b"\n")[1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n",
        VALID[1:],
        VALID.replace(b"old 40", b"old 040"),
        VALID.replace(b"old 40", b"old  40"),
        VALID.replace(b"old 40", b"old -40"),
        VALID.replace(b"old 40", "old ４０".encode()),
        VALID.replace(b"old 40", b"OLD 40"),
        VALID.replace(b"old 40", b"old"),
        VALID.replace(b"\n\n", b"\n", 1),
        VALID.replace(b"\n", b"\r\n"),
        VALID.replace(PROOF_LINE, PROOF_LINE[:-1]),
        VALID.replace(PROOF_LINE, b"AAAA"),
        VALID.replace(PROOF_LINE, b"\xff" * 44),
        VALID.replace(PROOF_LINE, b"\n".join([PROOF_LINE] * (PROOF_LINES_MAX + 1))),
        VALID.replace(b"\n45\n", b"\n045\n"),
        VALID.replace(b"\n45\n", b"\n45\nan extension\n"),
        VALID[:-1],
        VALID.partition(b"\n\n")[0] + b"\n\n",
        VALID + b"x" * REQUEST_SIZE_BYTES_MAX,
    ],
)
def test_another_form_is_no_request(data: bytes) -> None:
    """Whatever is in it, it is the sender's mistake."""
    with pytest.raises(NotCosigned) as caught:
        open_request(parse_add_checkpoint(data), KEYS.get)
    assert caught.value.status == 400


def test_the_longest_proof_is_a_request() -> None:
    """As many hashes as the protocol lets a client send."""
    longest = AddCheckpoint(40, (leaf_hash(b"one"),) * PROOF_LINES_MAX, b"")
    assert parse_add_checkpoint(longest.encode()) == longest


def test_others_lines_are_passed_over_and_not_kept() -> None:
    """The checkpoint may have been signed by others before; what is kept is the word of the log."""
    note = RECORD.note()
    busy = note.signed_also(WITNESS.sign(NEW.text, TIME_S))
    submitted = open_request(AddCheckpoint(0, (), busy.encode()), KEYS.get)
    assert submitted.note == note.encode()


def test_the_known_cosignature_is_read_from_an_answer() -> None:
    """The line under a known checkpoint, whose seed, time and bytes are fixed."""
    known = vectors("notes.json")["cosignature"]
    note, witness = parse_note(known["note"].encode()), parse_vkey(known["vkey"])
    answer = known["note"].partition("\n\n")[2].splitlines(keepends=True)[1].encode()
    line, signed = read_cosignature(answer, note.text, witness)
    assert (line, signed) == (note.lines[1], Signed(witness, known["time"]))
    log = parse_vkey(vectors("tessera_log.json")["vkey"])
    first = Note(note.text, note.lines[:1])
    assert open_checkpoint(first.signed_also(line).encode(), log, [witness]).cosigned == (signed,)
    assert first.signed_also(line).encode().decode() == known["note"]


def test_an_answer_is_believed_for_the_checkpoint_and_the_key_alone() -> None:
    """Not for a text of its own, another checkpoint, another witness or a second line."""
    mine = str(WITNESS.sign(NEW.text, TIME_S)).encode()
    stranger = Cosigner("witness.example/w2", WITNESS._private)
    passed_over = str(stranger.sign(NEW.text, TIME_S)).encode()
    assert read_cosignature(passed_over + mine, NEW.text, WITNESS.key)[1].time_s == TIME_S
    smuggled = NEW.text + "\nmore\n"
    for answer in (
        b"",
        b"\n",
        mine[:-1],
        mine + mine,
        passed_over,
        str(WITNESS.sign(SEEN.text, TIME_S)).encode(),
        b"more\n\n" + str(WITNESS.sign(smuggled, TIME_S)).encode(),
        mine.replace(b"w1", b"w3"),
        b"\xff" + mine,
    ):
        with pytest.raises(VerificationError):
            read_cosignature(answer, NEW.text, WITNESS.key)


def test_the_size_of_a_conflict_has_one_spelling() -> None:
    """A number and a newline."""
    assert read_size(b"40\n") == 40
    for answer in (b"", b"40", b"040\n", b"40\n\n", b" 40\n", b"-1\n", b"40\r\n", "４０\n".encode()):
        with pytest.raises(VerificationError):
            read_size(answer)
