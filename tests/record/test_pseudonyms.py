"""Hashes, voters and command ids, computed again from FORMAT.md §6 with nothing of ours."""

import hashlib
import hmac
import struct

from hypothesis import given
from hypothesis import strategies as st

from cocreate.domain.canonical import framed
from cocreate.domain.voting.method import Ranking
from cocreate.record.pseudonyms import Mac, command_id, request_digest, round_key_commitment, voter
from cocreate.record.sealed_text import sealing_aad
from tests.record.examples import uuid_of

KEY = bytes(range(32))
MAC, OTHER_MAC = Mac(KEY), Mac(KEY[::-1])
PERSON = "00112233445566778899aabbccddeeff"
parts = st.lists(st.binary(max_size=9), max_size=4)
purposes = st.from_regex(r"[a-z-]{1,9}", fullmatch=True)


def framed_again(purpose: str, *parts: bytes) -> bytes:
    return f"cocreate/{purpose}/v1\n".encode() + b"".join(struct.pack(">I", len(one)) + one for one in parts)


def hmac_again(key: bytes, purpose: str, *parts: bytes) -> bytes:
    return hmac.digest(key, framed_again(purpose, *parts), "sha256")


@given(purposes, parts, purposes, parts)
def test_no_two_lists_of_parts_frame_to_the_same_bytes(
    one: str, its: list[bytes], other: str, others: list[bytes]
) -> None:
    assert (framed(one, *its) == framed(other, *others)) == ((one, its) == (other, others))


@given(purposes, parts)
def test_framed_bytes_are_read_back_in_one_way(purpose: str, parts: list[bytes]) -> None:
    """A reader that knows only the rule gets the purpose and the parts again."""
    head, rest = framed(purpose, *parts).split(b"/v1\n", 1)
    found = []
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        found.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    assert (head, found) == (f"cocreate/{purpose}".encode(), parts)


def test_each_purpose_frames_the_parts_that_the_page_says() -> None:
    person, idea, workshop_round = bytes.fromhex(PERSON), uuid_of(5), uuid_of(6)
    assert command_id(MAC, person, "ü-key") == hmac_again(KEY, "command", person, "ü-key".encode()).hex()[:32]
    assert voter(MAC, PERSON) == hmac_again(KEY, "voter", person).hex()[:32]
    assert round_key_commitment(KEY) == hashlib.sha256(framed_again("round-key", KEY)).hexdigest()
    assert request_digest(MAC, b"{}") == hmac_again(KEY, "request", b"{}")
    seed = hashlib.sha256(framed_again("tie", KEY, bytes.fromhex(workshop_round.replace("-", "")))).digest()
    rank = hashlib.sha256(framed_again("tie-rank", seed, bytes.fromhex(idea.replace("-", "")))).digest()
    assert Ranking(KEY, workshop_round).rank(idea) == rank
    aad = framed_again("sealed-row", b"log/x", b"17", b"activities.0.title", b"fr-BE")
    assert sealing_aad("log/x", 17, "activities.0.title", "fr-BE") == aad


@given(st.binary(max_size=64), st.binary(max_size=300))
def test_a_prepared_mac_is_the_standard_librarys_hmac(key: bytes, message: bytes) -> None:
    mac = Mac(key)
    assert [mac.digest(message), mac.digest(b""), mac.digest(message)] == [
        hmac.digest(key, message, "sha256"),
        hmac.digest(key, b"", "sha256"),
        hmac.digest(key, message, "sha256"),
    ]


def test_known_answers_never_change() -> None:
    """Voters and command ids of stored records must come out the same for ever."""
    assert voter(MAC, PERSON) == "178e241c06f6dfbf23e0f23b8b180f5e"
    assert command_id(MAC, bytes.fromhex(PERSON), "vote/31337") == "f0a84fed383c75398b07655a8a50958a"
    assert round_key_commitment(KEY) == "8af04f0867806293096e60661c3e48e735fa198fa5b762f148a8aeec87960550"
    assert Ranking(KEY, uuid_of(6)).order([uuid_of(n) for n in range(5)]) == [
        uuid_of(n) for n in [3, 4, 1, 2, 0]
    ]


def test_a_voter_differs_by_key_and_by_person() -> None:
    other = "ff" * 16
    found = {voter(mac, person) for mac in (MAC, OTHER_MAC) for person in (PERSON, other)}
    assert len(found) == 4


def test_a_command_id_differs_by_secret_actor_and_key() -> None:
    """The border between actor and key does not move."""
    ids = {
        command_id(MAC, b"a" * 16, "b"),
        command_id(OTHER_MAC, b"a" * 16, "b"),
        command_id(MAC, b"a" * 15, "ab"),
        command_id(MAC, b"a" * 16, "c"),
        command_id(MAC, b"", "a" * 16 + "b"),
    }
    assert len(ids) == 5
