"""Check words are the same for the same root only, and are hard to mishear or misread."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.tlog.merkle import EMPTY_ROOT
from cocreate.tlog.words import WORDS, check_words


def test_the_words_of_a_root_never_change() -> None:
    """What was printed years ago must still compare: known words, and the digest of the whole list."""
    assert check_words(EMPTY_ROOT) == "terrace-relic-eclipse-oven-wool-jargon"
    assert check_words(bytes(32)) == "-".join(["abacus"] * 6)
    assert check_words(b"\xff" * 32) == "-".join(["zucchini"] * 6)
    assert (
        sha256(" ".join(WORDS).encode()).hexdigest()
        == "a94b8dc0c0b9d92d48f7673f1bd2cf3df76d8ebc366cc708f8d726922d53fed9"
    )


@given(st.integers(0, 59), st.binary(min_size=32, max_size=32))
def test_each_of_the_first_60_bits_shows_in_one_word(bit: int, root: bytes) -> None:
    """And only in the word that stands for it."""
    changed = bytearray(root)
    changed[bit // 8] ^= 128 >> bit % 8
    before, after = check_words(root).split("-"), check_words(bytes(changed)).split("-")
    assert [at for at in range(6) if before[at] != after[at]] == [bit // 10]


def test_no_two_words_are_taken_for_each_other() -> None:
    """1,024 of four to nine letters, sorted, told apart by their first four, and never one letter from another."""
    assert len(WORDS) == len(set(WORDS)) == 1024
    assert list(WORDS) == sorted(WORDS)
    assert all(word.isascii() and word.isalpha() and word.islower() and 4 <= len(word) <= 9 for word in WORDS)
    assert len({word[:4] for word in WORDS}) == 1024
    # Changing or leaving out a letter of two words one step apart gives the same text with a gap.
    gaps: dict[str, str] = {}
    for word in WORDS:
        for at in range(len(word)):
            assert gaps.setdefault(f"{word[:at]}?{word[at + 1 :]}", word) == word
            assert word[:at] + word[at + 1 :] not in WORDS


@pytest.mark.parametrize("size", [0, 31, 33])
def test_what_is_not_a_root_has_no_words(size: int) -> None:
    """A cut root would have the words of another."""
    with pytest.raises(ValueError, match="32 bytes"):
        check_words(bytes(size))
