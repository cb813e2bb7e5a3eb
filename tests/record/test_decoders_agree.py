"""Our decoder and the one written from FORMAT.md alone accept and refuse the same bytes."""

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given

from cocreate.domain.ballot import BallotCast
from cocreate.domain.messages import EVENT_TYPES, Recorded
from cocreate.record.codec import EntryMalformed, decode, encode
from tests.record import independent_decoder
from tests.record.examples import recorded
from tests.record.golden_bytes import golden
from tests.record.mutations import MUTATIONS, POOL, dumps, holder_of, places
from tests.record.strategies import entries

ROUNDS = 6
"""Mutations of each kind for each golden entry: some 10,000 in all."""


def ours_reads(entry: bytes) -> bool:
    try:
        found = decode(entry)
    except EntryMalformed:
        return False
    assert encode(found) == entry
    return True


def theirs_reads(entry: bytes) -> bool:
    try:
        independent_decoder.read(entry)
    except independent_decoder.Refused:
        return False
    return True


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_both_decoders_judge_spoiled_entries_alike(
    mutation: Callable[[bytes, random.Random], bytes],
) -> None:
    """From a seed, over every golden entry."""
    chance = random.Random(f"spoil {mutation.__name__}")
    refused = 0
    for path in golden():
        entry = path.read_bytes()
        for _ in range(ROUNDS):
            spoiled = mutation(entry, chance)
            reads = ours_reads(spoiled)
            assert reads == theirs_reads(spoiled), spoiled
            refused += not reads
    assert refused > len(golden()), "a mutation that hardly ever spoils anything proves nothing"


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_both_decoders_judge_every_value_in_every_place_alike(name: str) -> None:
    """Each value of the pool in each place of the entry that has everything."""
    path = next(one for one in golden() if one.name == f"{name}.full.json")
    for place in places(json.loads(path.read_bytes())):
        for value in POOL:
            spoiled = json.loads(path.read_bytes())
            holder_of(spoiled, place)[place[-1]] = value
            entry = dumps(spoiled)
            assert ours_reads(entry) == theirs_reads(entry), entry


@given(entries())
def test_both_decoders_read_whatever_we_write(entry: Recorded) -> None:
    written = encode(entry)
    assert decode(written) == entry
    assert independent_decoder.read(written)["position"] == entry.position


@pytest.mark.parametrize(
    "spoiled",
    [
        pytest.param(lambda entry: entry + b"\n", id="a line feed after it"),
        pytest.param(lambda entry: entry.replace(b'"counter":1', b'"counter":1.0'), id="a float"),
        pytest.param(
            lambda entry: entry.replace(b'"counter":1', b'"counter":true'), id="a boolean for a number"
        ),
        pytest.param(
            lambda entry: entry.replace(b'"choice":1', b'"choice":true'), id="a boolean for an answer"
        ),
        pytest.param(lambda entry: entry.replace(b'"choice":1', b'"choice":1.0'), id="a float for an answer"),
        pytest.param(
            lambda entry: entry.replace(b'"counter":1', b'"counter":1,"counter":1'), id="a key twice"
        ),
        pytest.param(
            lambda entry: entry.replace(b'"counter":1', b'"counter":1,"extra":1'), id="an unknown key"
        ),
        pytest.param(lambda entry: entry.replace(b'"counter":1,', b""), id="a missing key"),
        pytest.param(lambda entry: entry.replace(b'"choice":1', b'"choice":1,"claimed_at":null'), id="null"),
        pytest.param(lambda entry: entry.replace(b'"counter":1', b'"counter": 1'), id="white space"),
        pytest.param(lambda entry: entry.replace(b"BallotCast.v1", b"BallotCast.v2"), id="a NAME to come"),
        pytest.param(lambda entry: entry.replace(b"BallotCast.v1", b"RoundClosed.v1"), id="another NAME"),
        pytest.param(lambda entry: entry.replace(b'"position":7', b'"position":07'), id="a leading zero"),
        pytest.param(
            lambda entry: entry.replace(b'"position":7', b'"position":9007199254740992'), id="a big integer"
        ),
        pytest.param(lambda entry: entry.replace(b'"time":1', b'"time":-1'), id="a negative time"),
        pytest.param(lambda entry: entry.replace(b"/", b"\\/"), id="an escape"),
        pytest.param(lambda entry: entry.replace(b"/", b"|"), id="another aggregate"),
        pytest.param(lambda entry: entry.replace(b"aaaa", b"AAAA", 1), id="uppercase hex"),
        pytest.param(lambda entry: entry.replace(b'"random":"', b'"random":"0'), id="a byte too long"),
    ],
)
def test_both_decoders_refuse(spoiled: Callable[[bytes], bytes]) -> None:
    """The faults that the record's rules name, one by one."""
    ballot = BallotCast(choice=1, counter=1, random="b" * 32)
    entry = encode(recorded(ballot))
    assert ours_reads(entry)
    assert theirs_reads(entry)
    assert spoiled(entry) != entry
    assert not ours_reads(spoiled(entry))
    assert not theirs_reads(spoiled(entry))
