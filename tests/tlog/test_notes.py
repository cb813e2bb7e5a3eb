"""Signed notes equal those of other implementations, and nothing that only resembles one is believed."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from cocreate.tlog.errors import Reason, VerificationError
from cocreate.tlog.notes import NOTE_SIZE_BYTES_MAX, SIGNATURES_MAX, Note, parse_note
from cocreate.tlog.signatures import Cosigner, LogSigner, SignatureLine, Signed
from cocreate.tlog.vkey import LOG_ED25519, VerifierKey, parse_vkey
from tests.tlog.known import LOG, WITNESS, vectors

TEXT = "workshop.example/log/7\n3\nrrvL+ifHFfX1R5c3Gdyp2Zqz6ofNpZTqlIHBnSMyWcY=\n"
NOTE = Note(TEXT, (LOG.sign(TEXT),))
OTHER = LogSigner("other.example", Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34))))


def refusal(data: bytes, *keys: VerifierKey) -> Reason | None:
    """Why a note is not believed, if it is not."""
    try:
        parse_note(data).verified(keys)
    except VerificationError as error:
        return error.reason
    return None


def test_the_published_note_holds() -> None:
    """The example of c2sp.org/signed-note: its text, its one line, and the same bytes again."""
    known = vectors("notes.json")["signed_note"]
    note = parse_note(known["note"].encode())
    assert note.text == "This is an example message.\n"
    assert note.verified([parse_vkey(known["vkey"])]) == (Signed(parse_vkey(known["vkey"])),)
    assert note.encode().decode() == known["note"]


def test_another_writers_signatures_are_reproduced_byte_for_byte() -> None:
    """All 16 checkpoints of the Tessera test log, signed with its published private key."""
    known = vectors("tessera_log.json")
    _, _, name, _, encoded = known["skey"].split("+", 4)
    signer = LogSigner(name, Ed25519PrivateKey.from_private_bytes(b64decode(encoded)[1:]))
    assert str(signer.key) == known["vkey"]
    assert len(known["checkpoints_by_size"]) == 16
    for published in known["checkpoints_by_size"].values():
        text = parse_note(published.encode()).text
        assert Note(text, (signer.sign(text),)).encode().decode() == published


def test_the_known_cosignature_is_reproduced_byte_for_byte() -> None:
    """With its seed and time, under the log's own line, and both hold."""
    known = vectors("notes.json")["cosignature"]
    note = parse_note(known["note"].encode())
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(known["witness_seed_hex"]))
    witness = Cosigner("witness.example/kat1", private)
    assert str(witness.key) == known["vkey"]
    by_log_alone = replace(note, lines=note.lines[:1])
    assert by_log_alone.signed_also(witness.sign(note.text, known["time"])).encode().decode() == known["note"]
    log = parse_vkey(vectors("tessera_log.json")["vkey"])
    assert note.verified([log, witness.key]) == (Signed(log), Signed(witness.key, known["time"]))


@given(st.text(max_size=60), st.text("ab\n", max_size=20))
def test_a_note_comes_back(text: str, more: str) -> None:
    """Whatever its text, blank lines in it too; or it is refused for a control character."""
    note = Note(f"{text}{more}\n", (LOG.sign(f"{text}{more}\n"),))
    try:
        parsed = parse_note(note.encode())
    except (VerificationError, UnicodeEncodeError):
        assert any(character < " " and character != "\n" for character in text)
    else:
        assert parsed == note
        assert parsed.verified([LOG.key]) == (Signed(LOG.key),)


def test_lines_of_unknown_keys_are_passed_over() -> None:
    """Whatever they hold: a witness or a key type of tomorrow is no fault."""
    stranger = SignatureLine("someone.example", b"\xff\xff\xff\xff", b"?" * 4_000)
    note = Note(TEXT, (stranger, OTHER.sign(TEXT), *NOTE.lines, WITNESS.sign(TEXT, 7), stranger))
    assert parse_note(note.encode()).verified([LOG.key]) == (Signed(LOG.key),)
    assert note.verified([WITNESS.key, LOG.key]) == (Signed(LOG.key), Signed(WITNESS.key, 7))


def test_a_name_alone_or_a_key_id_alone_makes_no_key_known() -> None:
    """A line counts for a key only if both are its own."""
    line = NOTE.lines[0]
    assert refusal(Note(TEXT, (replace(line, name="other.example"),)).encode(), LOG.key) == "unsigned"
    assert refusal(Note(TEXT, (replace(line, key_id=OTHER.key.id),)).encode(), LOG.key) == "unsigned"
    assert refusal(NOTE.encode(), OTHER.key) == "unsigned"
    assert refusal(NOTE.encode()) == "unsigned"


def test_a_known_keys_bad_signature_refuses_the_note_whatever_else_holds() -> None:
    """In the right form or not, before or behind a good line of another key."""
    good, line = OTHER.sign(TEXT), NOTE.lines[0]
    for bad in (OTHER.sign(TEXT).signature, bytes(64), line.signature[:-1], line.signature + b"\0", b"\0"):
        for lines in ((good, replace(line, signature=bad)), (replace(line, signature=bad), good)):
            assert refusal(Note(TEXT, lines).encode(), LOG.key, OTHER.key) == "signature"
    assert refusal(Note(TEXT, (good, good)).encode(), OTHER.key) == "malformed"


def test_a_key_id_that_another_key_shares_proves_nothing() -> None:
    """The id is a hint: a line that carries it and another key's signature is refused."""
    forged = replace(OTHER.sign(TEXT), name=LOG.key.name, key_id=LOG.key.id)
    assert refusal(Note(TEXT, (forged,)).encode(), LOG.key) == "signature"


def test_a_signature_over_another_text_is_refused() -> None:
    """By the log and by a witness, who also signs the time."""
    assert refusal(Note(TEXT.replace("\n3\n", "\n4\n"), NOTE.lines).encode(), LOG.key) == "signature"
    cosigned = WITNESS.sign(TEXT, 1_795_344_000)
    later = replace(cosigned, signature=(1_795_344_001).to_bytes(8, "big") + cosigned.signature[8:])
    assert refusal(Note(TEXT, (cosigned,)).encode(), WITNESS.key) is None
    assert refusal(Note(TEXT, (later,)).encode(), WITNESS.key) == "signature"
    assert refusal(Note(TEXT.replace("\n3\n", "\n4\n"), (cosigned,)).encode(), WITNESS.key) == "signature"


def test_a_logs_signature_is_no_witnesss_and_the_other_way_round() -> None:
    """One key used for both types signs different messages."""
    both = Ed25519PrivateKey.from_private_bytes(bytes(32))
    log, witness = LogSigner("both.example", both), Cosigner("both.example", both)
    as_witness = SignatureLine("both.example", witness.key.id, bytes(8) + log.sign(TEXT).signature)
    as_log = SignatureLine("both.example", log.key.id, witness.sign(TEXT, 0).signature[8:])
    assert refusal(Note(TEXT, (as_witness,)).encode(), witness.key) == "signature"
    assert refusal(Note(TEXT, (as_log,)).encode(), log.key) == "signature"


def test_a_time_that_no_clock_shows_is_neither_signed_nor_read() -> None:
    """Beyond 63 bits."""
    with pytest.raises(ValueError, match="a time of 0 to"):
        WITNESS.sign(TEXT, 2**63)
    with pytest.raises(ValueError, match="a time of 0 to"):
        WITNESS.sign(TEXT, -1)
    beyond = SignatureLine(WITNESS.key.name, WITNESS.key.id, b"\xff" * 8 + bytes(64))
    assert refusal(Note(TEXT, (beyond,)).encode(), WITNESS.key) == "signature"


@pytest.mark.parametrize(
    "change",
    [
        lambda note: b"",
        lambda note: note.replace(b"\n", b"\r\n"),
        lambda note: note.replace(b"\n\n", b"\r\n\r\n"),
        lambda note: note.replace(b"\n\n", b"\n"),
        lambda note: note.replace(b"\n\n", b"\n \n"),
        lambda note: note[:-1],
        lambda note: note + b"\n",
        lambda note: note + b" ",
        lambda note: note + b"\n\n",
        lambda note: note.replace("—".encode(), b"-"),
        lambda note: note.replace("—".encode(), b"--"),
        lambda note: note.replace("— ".encode(), "—".encode()),
        lambda note: note.replace("— ".encode(), "—  ".encode()),
        lambda note: note.replace("— ".encode(), "—\u00a0".encode()),
        lambda note: note.replace(LOG.key.name.encode() + b" ", b" "),
        lambda note: note.replace(LOG.key.name.encode() + b" ", b"a+b "),
        lambda note: note.replace(LOG.key.name.encode() + b" ", "a\u2003b ".encode()),
        lambda note: note[:-1] + b" more\n",
        lambda note: note[:-2] + b"\n",
        lambda note: note[:-1] + b"=\n",
        lambda note: b"\t" + note,
        lambda note: b"\0" + note,
        lambda note: b"\xff" + note,
        lambda note: note[: note.index("—".encode())] + "— a AAAAAA==\n".encode(),
    ],
)
def test_what_only_resembles_a_note_is_refused(change: Callable[[bytes], bytes]) -> None:
    """Before any signature is checked."""
    assert refusal(NOTE.encode(), LOG.key) is None
    changed = change(NOTE.encode())
    assert changed != NOTE.encode()
    assert refusal(changed, LOG.key) == "malformed"


def test_a_note_is_as_long_as_it_may_be_and_no_longer() -> None:
    """In lines and in bytes: nothing beyond is decoded or checked."""
    stranger = SignatureLine("someone.example", b"\xff\xff\xff\xff", b"?")
    most = (*NOTE.lines, *[stranger] * (SIGNATURES_MAX - 1))
    assert refusal(Note(TEXT, most).encode(), LOG.key) is None
    with pytest.raises(VerificationError, match="at most 48 signature lines"):
        parse_note(Note(TEXT, (*most, stranger)).encode())
    text = "a" * (NOTE_SIZE_BYTES_MAX - len(NOTE.encode())) + TEXT
    longest = Note(text, (LOG.sign(text),)).encode()
    assert len(longest) == NOTE_SIZE_BYTES_MAX
    assert refusal(longest, LOG.key) is None
    with pytest.raises(VerificationError, match="at most 262144 bytes"):
        parse_note(b"a" + longest)


def test_an_unused_bit_of_the_base64_is_refused() -> None:
    """A decoder would overlook it, and the same signature would have 16 spellings."""
    key = VerifierKey("a", LOG_ED25519, bytes(32))
    spelled = b64encode(key.id + bytes(64)).decode()
    assert spelled.endswith("A=")
    data = f"text\n\n— a {spelled}\n"
    assert parse_note(data.encode()).lines[0].signature == bytes(64)
    with pytest.raises(VerificationError, match="one spelling"):
        parse_note(data.replace("A=\n", "B=\n").encode())


def test_a_witness_that_signs_again_has_one_line() -> None:
    """The later one, at the end."""
    first, second = WITNESS.sign(TEXT, 1), WITNESS.sign(TEXT, 2)
    note = NOTE.signed_also(first).signed_also(second)
    assert note.lines == (*NOTE.lines, second)
