"""Sealed texts and wrapped keys open with the right key at the right place, and nowhere else."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cocreate.persistence.sealing import (
    InstanceKeyMissing,
    Unreadable,
    Vault,
    load_instance_key,
    seal,
    unseal,
)

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
SALT = b"s" * 32


def test_a_sealed_text_opens_with_its_salt() -> None:
    """Any text, the empty one too."""
    for text in ("A bench by the river", "Bänke 🌊", ""):
        nonce, ciphertext = seal(KEY, SALT, text, b"here")
        assert unseal(KEY, nonce, ciphertext, b"here") == (SALT, text)


def test_two_sealings_of_one_text_share_nothing() -> None:
    """The nonce is random, so equal texts cannot be told."""
    first, second = seal(KEY, SALT, "same", b""), seal(KEY, SALT, "same", b"")
    assert len(first[0]) == 12
    assert first[0] != second[0]
    assert first[1] != second[1]


@pytest.mark.parametrize("wrong", ["key", "place", "nonce", "ciphertext", "cut", "empty"])
def test_a_sealed_text_opens_nowhere_else(wrong: str) -> None:
    """Not with another key, at another place, or with one bit changed."""
    nonce, ciphertext = seal(KEY, SALT, "A bench by the river", b"here")
    changed = {
        "key": (OTHER_KEY, nonce, ciphertext, b"here"),
        "place": (KEY, nonce, ciphertext, b"there"),
        "nonce": (KEY, bytes(12), ciphertext, b"here"),
        "ciphertext": (KEY, nonce, bytes([ciphertext[0] ^ 1]) + ciphertext[1:], b"here"),
        "cut": (KEY, nonce, ciphertext[:-1], b"here"),
        "empty": (KEY, nonce, b"", b"here"),
    }
    with pytest.raises(Unreadable):
        unseal(*changed[wrong])


def test_a_wrapped_key_opens_with_the_instance_key_at_its_place() -> None:
    """And with no other instance key, at no other place, and not when cut."""
    vault = Vault(KEY)
    wrapped = vault.wrap(b"secret", b"here")
    assert vault.unwrap(wrapped, b"here") == b"secret"
    assert b"secret" not in wrapped
    for other, kept, place in (
        (Vault(OTHER_KEY), wrapped, b"here"),
        (vault, wrapped, b"there"),
        (vault, b"x", b"here"),
    ):
        with pytest.raises(Unreadable):
            other.unwrap(kept, place)


def test_a_key_id_names_the_key_without_telling_it() -> None:
    """Databases keep it: it must never change."""
    assert Vault(KEY).key_id == "027c3ddd4408c049"
    assert Vault(OTHER_KEY).key_id != Vault(KEY).key_id


def test_keys_and_salts_of_other_lengths_are_refused() -> None:
    """AES would take a shorter key without a word."""
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(bytes(16))
    with pytest.raises(ValueError, match="32 bytes"):
        seal(bytes(16), SALT, "", b"")
    with pytest.raises(ValueError, match="32 bytes"):
        seal(KEY, b"short", "", b"")


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    """The second load finds the first one's key; no draft is left."""
    path = tmp_path / "instance.key"
    key = load_instance_key(path, create=True)
    assert len(key) == 32
    assert load_instance_key(path, create=True) == load_instance_key(path, create=False) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    """Whoever comes second takes what stands."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_instance_key(tmp_path / "instance.key", create=True), range(32)))
    assert len(keys) == 1


@pytest.mark.parametrize("content", [None, "", "00" * 31, "00" * 33, "zz" * 32], ids=repr)
def test_a_missing_or_broken_key_file_is_never_replaced(tmp_path: Path, content: str | None) -> None:
    """Another key would make every text unreadable; the message says what was expected."""
    path = tmp_path / "instance.key"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InstanceKeyMissing, match=r"instance\.key"):
        load_instance_key(path, create=content is not None)
    assert path.exists() == (content is not None)
    assert content is None or path.read_text() == content
