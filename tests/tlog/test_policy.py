"""A policy says whose signatures are enough, and a file that could be read in two ways says nothing."""

from __future__ import annotations

import itertools

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.policy import LINES_MAX, POLICY_SIZE_BYTES_MAX, Policy, parse_policy
from cocreate.tlog.signatures import Cosigner
from cocreate.tlog.vkey import VerifierKey
from tests.tlog.known import LOG, ORIGIN, vectors

NAMES = ("X1", "X2", "X3", "Y1", "Y2", "Y3")
COSIGNERS = {
    name: Cosigner(f"witness.example/{name}", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
    for number, name in enumerate(NAMES, start=1)
}
KEYS = {name: cosigner.key for name, cosigner in COSIGNERS.items()}
WITNESS_LINES = [f"witness {name} {key}" for name, key in KEYS.items()]
TWO_LEVELS = [
    f"log {LOG.key}",
    *WITNESS_LINES,
    "group X-witnesses 2 X1 X2 X3",
    "group Y-witnesses any Y1 Y2 Y3",
    "group X-and-Y all X-witnesses Y-witnesses",
    "quorum X-and-Y",
]


def policy(*lines: str) -> Policy:
    return parse_policy("".join(f"{line}\n" for line in lines).encode())


def signers(*names: str) -> set[VerifierKey]:
    return {KEYS[name] for name in names}


def test_two_levels_of_groups_are_counted() -> None:
    """Every choice of six witnesses: two of the one kind and one of the other."""
    quorum = policy(*TWO_LEVELS)
    for count in range(len(NAMES) + 1):
        for chosen in itertools.combinations(NAMES, count):
            enough = sum(name[0] == "X" for name in chosen) >= 2 and any(name[0] == "Y" for name in chosen)
            assert quorum.is_met(signers(*chosen)) == enough, chosen


def test_a_quorum_may_be_one_witness_or_nobody() -> None:
    """The simplest policies there are."""
    assert policy(*WITNESS_LINES, "quorum X1").is_met(signers("X1"))
    assert not policy(*WITNESS_LINES, "quorum X1").is_met(signers("X2", "Y1"))
    assert policy("quorum none").is_met(set())


def test_blanks_comments_and_urls_are_read() -> None:
    """As people write such files."""
    text = f" # whom we trust\n\n\tlog \t {LOG.key} https://log.example/1 \nwitness é {KEYS['X1']} https://w.example\nquorum é\n"
    read = parse_policy(text.encode())
    assert (read.logs[ORIGIN].url, read.witnesses["é"].url) == ("https://log.example/1", "https://w.example")
    assert read.is_met(signers("X1"))


OTHER_NAME = VerifierKey("witness.example/other", KEYS["X1"].type_byte, KEYS["X1"].public)
SECOND_LOG_KEY = VerifierKey(ORIGIN, LOG.key.type_byte, KEYS["X1"].public)
SAME_LOG_KEY = VerifierKey("workshop.example/log/8", LOG.key.type_byte, LOG.key.public)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        TWO_LEVELS[:-1],
        [*TWO_LEVELS, "quorum none"],
        ["quorum X1", *WITNESS_LINES],
        [*WITNESS_LINES, "quorum X1 X2"],
        [*WITNESS_LINES, "quorum"],
        [*WITNESS_LINES, "Quorum X1"],
        ["quorum none", "log"],
        ["quorum none", f"log {LOG.key} https://a https://b"],
        ["quorum none", f"log {KEYS['X1']}"],
        ["quorum none", f"log {LOG.key}", f"log {LOG.key}"],
        ["quorum none", f"log {LOG.key}", f"log {SAME_LOG_KEY}"],
        ["quorum none", f"log {LOG.key}", f"log {SECOND_LOG_KEY}"],
        ["quorum none", f"witness w {LOG.key}"],
        ["quorum none", f"witness none {KEYS['X1']}"],
        ["quorum none", "witness w"],
        ["quorum none", f"witness w {KEYS['X1']}", f"witness v {KEYS['X1']}"],
        ["quorum none", f"witness w {KEYS['X1']}", f"witness v {OTHER_NAME}"],
        ["quorum none", f"witness w {KEYS['X1']}", f"witness w {KEYS['X2']}"],
        ["quorum none", f"witness w {str(KEYS['X1'])[:-1]}"],
        *(
            [*WITNESS_LINES, group, "quorum none"]
            for group in (
                "group g all",
                "group g any unknown",
                "group g any g",
                "group g any none",
                "group X1 any X2",
                "group none any X2",
                "group g 0 X1",
                "group g 2 X1",
                "group g 01 X1",
                "group g some X1",
                "group g any X1 X1",
            )
        ),
        [*WITNESS_LINES, "group g any X1", "group h any X1 X2", "quorum h"],
        [*WITNESS_LINES, "group g any X1", "group g any X2", "quorum g"],
        ["group g any X1", *WITNESS_LINES, "quorum g"],
        ["quorum none\r"],
        ["quorum\u00a0none"],
        ["quorum none", "# a bell \x07"],
    ],
)
def test_what_is_not_a_policy_is_refused(lines: list[str]) -> None:
    """Each line in its one meaning, and nobody's word counted twice."""
    with pytest.raises(VerificationError):
        policy(*lines)


def test_an_error_says_in_which_line() -> None:
    """Somebody wrote the file by hand."""
    with pytest.raises(VerificationError, match="in line 3: "):
        policy(*WITNESS_LINES[:2], "group g any Z9", "quorum g")


def test_a_policy_has_limits() -> None:
    """And what is within them is read."""
    groups = [f"group g{number} any g{number - 1}" for number in range(1, LINES_MAX)]
    first = [WITNESS_LINES[0], "group g0 any X1"]
    assert policy(*first, *groups, f"quorum g{LINES_MAX - 1}").is_met(signers("X1"))
    with pytest.raises(VerificationError, match="at most 256"):
        policy(*first, *groups, f"group more any g{LINES_MAX - 1}", "quorum none")
    end = b"quorum none\n"
    parse_policy(b"#" + b"x" * (POLICY_SIZE_BYTES_MAX - len(end) - 2) + b"\n" + end)
    with pytest.raises(VerificationError, match="at most 262144 bytes"):
        parse_policy(b"#" + b"x" * (POLICY_SIZE_BYTES_MAX - len(end) - 1) + b"\n" + end)


def test_names_are_bytes_and_nothing_else() -> None:
    """The Kelvin sign is no K, and what is not UTF-8 may stand in a name or a comment."""
    for name in ("\u212a".encode(), b"\xff"):
        lines = b"# \xff\nwitness " + name + f" {KEYS['X1']}\nquorum ".encode()
        assert parse_policy(lines + name + b"\n").is_met(signers("X1"))
        for other in (b"K", b"\xfe", b"\xc3\xbf"):
            with pytest.raises(VerificationError):
                parse_policy(lines + other + b"\n")
    for whole in (b"", b"quorum none", b"quorum none\nlog \xff+00+AA==\n"):
        with pytest.raises(VerificationError) as caught:
            parse_policy(whole)
        assert caught.value.reason == "malformed"


def test_the_known_cosigned_checkpoint_meets_its_policy() -> None:
    """Whose keys and bytes others have checked."""
    known = vectors("notes.json")["cosignature"]
    log = vectors("tessera_log.json")["vkey"]
    quorum = policy(f"log {log}", f"witness w {known['vkey']}", "quorum w")
    opened = open_checkpoint(
        known["note"].encode(), next(iter(quorum.logs.values())).key, quorum.witness_keys
    )
    assert [signed.time_s for signed in opened.cosigned] == [known["time"]]
    assert quorum.is_met([signed.key for signed in opened.cosigned])
    assert not quorum.is_met([])
