"""Verifier keys and key ids equal those of other implementations."""

from __future__ import annotations

from base64 import b64decode

import pytest

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.vkey import COSIGNATURE_ED25519, LOG_ED25519, VerifierKey, key_id, parse_vkey, vkey

# From c2sp.org/signed-note, transparency-dev/tessera and a generated log accepted by four foreign verifiers.
LOG_VKEYS = [
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx",
    "workshop.example/log/1+6cb4353f+AUPIJ2l+U/DLzeEfFkcqwR2eP20+elt5rco4fGRrvXS6",
]
WITNESS_VKEY = "witness.example/kat1+0236f107+BOhzVL2PDNEBjHvOARHbUK9A7xjmER7/OdT8lETi2OpI"


@pytest.mark.parametrize("published", LOG_VKEYS)
def test_a_logs_vkey_is_written_as_others_write_it(published: str) -> None:
    """Rebuilt from name and public key alone, it is the published text."""
    name, _, typed = published.split("+", 2)
    assert vkey(name, b64decode(typed)[1:]) == published


@pytest.mark.parametrize("published", [*LOG_VKEYS, WITNESS_VKEY])
def test_a_published_vkey_is_read_and_written_back(published: str) -> None:
    """Split at the first two plus signs: base64 may hold more of them."""
    key = parse_vkey(published)
    assert str(key) == published
    assert key.type_byte == (COSIGNATURE_ED25519 if published == WITNESS_VKEY else LOG_ED25519)


def test_a_plus_in_the_base64_is_no_boundary() -> None:
    """A key whose base64 is full of them comes back."""
    key = VerifierKey("workshop.example/log/1", LOG_ED25519, b"\0\0" + b"\xfb\xef\xbe" * 10)
    assert str(key).count("+") > 10
    assert parse_vkey(str(key)) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a+b",
        "++",
        "a+00000000+",
        LOG_VKEYS[0].replace("530d903a", "530d903b"),
        LOG_VKEYS[0].replace("530d903a", "530D903A"),
        LOG_VKEYS[0].replace("example.com/foo", "example.com/fop"),
        LOG_VKEYS[0].replace("example.com/foo", "example.com foo"),
        LOG_VKEYS[0].replace("example.com/foo", ""),
        LOG_VKEYS[0] + "=",
        LOG_VKEYS[0] + "\n",
        LOG_VKEYS[0][:-4],
        # Type 02, with the id that belongs to it.
        "a+" + key_id("a", 2, bytes(32)).hex() + "+" + "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_what_is_not_exactly_a_vkey_is_refused(text: str) -> None:
    """A key is pinned by this text; one that is cut, changed or of another type must not pin anything."""
    with pytest.raises(VerificationError) as caught:
        parse_vkey(text)
    assert caught.value.reason == "malformed"


def test_the_type_byte_tells_keys_apart() -> None:
    """A witness key's id uses its own type; as a log key the same bytes have another id."""
    name, hexadecimal, typed = WITNESS_VKEY.split("+", 2)
    public = b64decode(typed)[1:]
    assert key_id(name, COSIGNATURE_ED25519, public).hex() == hexadecimal
    assert key_id(name, LOG_ED25519, public).hex() != hexadecimal


@pytest.mark.parametrize("name", ["", "a+b", "a b", "a\nb", "a\u2003b", "\t"])
def test_a_name_that_would_break_a_note_is_refused(name: str) -> None:
    """The message shows the name."""
    with pytest.raises(ValueError, match="key name"):
        vkey(name, bytes(32))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_public_key_of_another_length_is_refused(size: int) -> None:
    """A private key or a cut one never becomes a vkey."""
    with pytest.raises(ValueError, match="32 bytes"):
        vkey("workshop.example/log/1", bytes(size))
