"""Numbers and bytes have one spelling each, and every other is refused."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cocreate.tlog.encoding import SIZE_MAX, decoded_base64, decoded_decimal, decoded_hash, encoded_base64
from cocreate.tlog.errors import EXPLANATIONS, VerificationError


@given(st.integers(0, SIZE_MAX))
def test_a_number_comes_back(number: int) -> None:
    """Every size, position and time that there is."""
    assert decoded_decimal(str(number), "the number") == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        "0600",
        "+1",
        "-1",
        "1 ",
        " 1",
        "1\n",
        "1_0",
        "1.0",
        "1e3",
        "0x1",
        "١",
        str(SIZE_MAX + 1),
        "9" * 5000,
    ],
)
def test_another_spelling_of_a_number_is_refused(text: str) -> None:
    """Among them what `int` would take, and what would not fit 64 bits."""
    with pytest.raises(VerificationError, match="the number") as caught:
        decoded_decimal(text, "the number")
    assert caught.value.reason == "malformed"


@given(st.binary(max_size=100))
def test_bytes_come_back(value: bytes) -> None:
    """In the alphabet with plus and slash, padded."""
    assert encoded_base64(value) == b64encode(value).decode()
    assert decoded_base64(encoded_base64(value), "the bytes") == value


@pytest.mark.parametrize(
    "text",
    [
        "A",
        "AA",
        "AAA",
        "AA=",
        "AB==",
        "AAB=",
        "AA==\n",
        "AA= =",
        "A A==",
        "-_8=",
        "AA==AA==",
        "ÅA==",
        "=",
        "\uff21A==",
    ],
)
def test_another_spelling_of_bytes_is_refused(text: str) -> None:
    """Unpadded, with unused bits set, with something between, or in the alphabet of URLs."""
    with pytest.raises(VerificationError) as caught:
        decoded_base64(text, "the bytes")
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_hash_has_32_bytes(size: int) -> None:
    """Whatever its base64 looks like."""
    with pytest.raises(VerificationError, match="32 bytes"):
        decoded_hash(encoded_base64(bytes(size)), "the hash")
    assert decoded_hash(encoded_base64(bytes(32)), "the hash") == bytes(32)


def test_an_error_says_what_was_expected_and_what_to_do() -> None:
    """One text for those who look closely, another for people, and never more of the input than fits a line."""
    error = VerificationError("malformed", expected="a size", found=b"x" * 1_000_000)
    assert str(error).startswith("expected a size, found b'xxx")
    assert len(str(error)) < 150
    assert error.explanation == EXPLANATIONS["malformed"]
    assert all(text.endswith(".") for text in EXPLANATIONS.values())
