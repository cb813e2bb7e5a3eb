"""A policy file says which witnesses are enough, in one reading only."""

from __future__ import annotations

from itertools import combinations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.tlog.errors import VerificationError
from cocreate.tlog.policy import POLICY_SIZE_BYTES_MAX, parse_policy
from cocreate.tlog.signatures import Cosigner, LogSigner
from cocreate.tlog.vkey import VerifierKey


def witness(number: int) -> VerifierKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    return Cosigner(f"witness.example/{number}", private).key


X1, X2, X3, Y1, Y2 = (witness(number) for number in range(1, 6))
LOG = LogSigner("log.example/7", Ed25519PrivateKey.from_private_bytes(bytes(32))).key
TWO_LEVELS = f"""
# two organisations
log {LOG} https://log.example/
witness X1 {X1}
witness\tX2  {X2}  https://witness.example/
 witness X3 {X3}
group X 2 X1 X2 X3
witness Y1 {Y1}
witness Y2 {Y2}
group Y any Y1 Y2
group both all X Y
quorum both
"""


def test_a_quorum_of_groups_of_groups() -> None:
    """Two of the three of one organisation and one of the other; every subset is told right."""
    policy = parse_policy(TWO_LEVELS.encode())
    assert [one.key for one in policy.logs.values()] == [LOG]
    everybody = (X1, X2, X3, Y1, Y2)
    for count in range(6):
        for some in combinations(everybody, count):
            enough = len({X1, X2, X3} & {*some}) >= 2 and bool({Y1, Y2} & {*some})
            assert policy.is_met(some) == enough


def test_one_witness_or_none_may_be_enough() -> None:
    assert parse_policy(b"quorum none\n").is_met([])
    one = parse_policy(f"witness W {X1}\nquorum W\n".encode())
    assert one.is_met([X1, X2])
    assert not one.is_met([X2])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum none\nquorum none\n",
        "quorum W\n",
        f"witness W {X1}\n",
        f"quorum W\nwitness W {X1}\n",
        f"witness W {X1}\nwitness W {X2}\nquorum W\n",
        f"witness W {X1}\nwitness V {X1}\nquorum W\n",
        f"witness none {X1}\nquorum none\n",
        f"witness W {LOG}\nquorum W\n",
        f"log {X1}\nquorum none\n",
        f"log {LOG}\nlog {LOG}\nquorum none\n",
        f"witness W {X1}\ngroup G 0 W\nquorum G\n",
        f"witness W {X1}\ngroup G 2 W\nquorum G\n",
        f"witness W {X1}\ngroup G 01 W\nquorum G\n",
        f"witness W {X1}\ngroup G some W\nquorum G\n",
        f"witness W {X1}\ngroup G any\nquorum W\n",
        f"witness W {X1}\ngroup G any V\nquorum G\n",
        f"witness W {X1}\ngroup G any G\nquorum G\n",
        f"witness W {X1}\ngroup G any W W\nquorum G\n",
        f"witness W {X1}\ngroup G any W\ngroup H any W\nquorum G\n",
        "group G any none\nquorum G\n",
        f"witness W {X1} https://a https://b\nquorum W\n",
        f"witness W {X1}\r\nquorum W\r\n",
        "Quorum none\n",
        "quorum none\x00\n",
        "#" * POLICY_SIZE_BYTES_MAX + "\nquorum none\n",
    ],
)
def test_a_policy_of_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(VerificationError) as caught:
        parse_policy(text.encode())
    assert caught.value.reason == "malformed"
