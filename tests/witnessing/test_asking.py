"""A log asks its witnesses, over real HTTP, and believes nothing that they have not signed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cocreate.tlog.checkpoints import open_checkpoint, require_grown
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.policy import parse_policy
from cocreate.tlog.signatures import Cosigner, LogSigner
from cocreate.tlog.witness import AddCheckpoint, parse_add_checkpoint
from cocreate.witnessing import asking as asking_module
from cocreate.witnessing.asking import Cosigned, WitnessAddress, Witnesses, addresses_of
from tests.tlog.known import LOG, ORIGIN, WITNESS, Log
from tests.witnessing.hosting import (
    KNOWN,
    TIME_S,
    Handler,
    clock,
    grown,
    hosted,
    prover,
    request,
    rewritten,
    site,
)

OTHERS = [
    Cosigner(f"witness.example/other{number}", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
    for number in (1, 2)
]


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    """A client's session."""
    async with ClientSession() as session:
        yield session


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[WitnessAddress]:
    """Whoever claims to be the witness."""
    app = web.Application()
    app.router.add_post("/{call}", handler)
    async with site(app) as url:
        yield WitnessAddress(WITNESS.key, url)


async def ask(http: ClientSession, log: Log, *addresses: WitnessAddress) -> Cosigned:
    """As an installation that has just started."""
    return await Witnesses(http, addresses, clock=clock).cosign(LOG.key, log.note().encode(), prover(log))


async def missing(http: ClientSession, log: Log, address: WitnessAddress) -> tuple[str, int | None]:
    """Why the only witness's line is missing."""
    answer = await ask(http, log, address)
    assert (answer.note, answer.by) == (log.note(), ())
    (one,) = answer.missing
    return one.kind, one.size


async def test_three_witnesses_sign_and_whoever_knows_them_can_check(
    http: ClientSession, tmp_path: Path
) -> None:
    """The note holds the log's line and theirs, each with its time."""
    log = grown(300)
    async with AsyncExitStack() as stack:
        addresses = [
            await stack.enter_async_context(hosted(tmp_path, KNOWN, cosigner=cosigner))
            for cosigner in (WITNESS, *OTHERS)
        ]
        answer = await ask(http, log, *addresses)
    assert answer.missing == ()
    assert [(signed.key, signed.time_s) for signed in answer.by] == [
        (address.key, TIME_S) for address in addresses
    ]
    opened = open_checkpoint(answer.note.encode(), LOG.key, [address.key for address in addresses])
    assert opened.cosigned == answer.by
    assert opened.checkpoint == log.checkpoint()


async def test_a_growing_log_is_signed_again_and_again(http: ClientSession, tmp_path: Path) -> None:
    """With what is remembered, by an installation that has just started, and with nothing new to sign."""
    async with hosted(tmp_path, KNOWN) as address:
        witnesses = Witnesses(http, [address], clock=clock)
        for size in (0, 1, 255, 256, 256, 300):
            log = grown(size)
            answer = await witnesses.cosign(LOG.key, log.note().encode(), prover(log))
            assert len(answer.by) == 1, answer.missing
        assert len((await ask(http, grown(600), address)).by) == 1
        # Another node has been here: what this one remembers is old.
        answer = await witnesses.cosign(LOG.key, grown(600).note().encode(), prover(grown(600)))
        assert len(answer.by) == 1


async def test_a_witness_remembers_over_a_restart(http: ClientSession, tmp_path: Path) -> None:
    """A rewritten log is refused afterwards too, at the same size and at a larger one."""
    async with hosted(tmp_path, KNOWN) as address:
        assert len((await ask(http, grown(300), address)).by) == 1
    async with hosted(tmp_path, KNOWN) as address:
        assert await missing(http, rewritten(300), address) == ("contradicts", 300)
        assert await missing(http, rewritten(600), address) == ("contradicts", 300)
        assert await missing(http, grown(299), address) == ("ahead", 300)
        assert len((await ask(http, grown(301), address)).by) == 1


async def test_a_log_that_went_back_under_a_running_installation_is_told(
    http: ClientSession, tmp_path: Path
) -> None:
    """The same process has asked for more before."""
    async with hosted(tmp_path, KNOWN) as address:
        witnesses = Witnesses(http, [address], clock=clock)
        await witnesses.cosign(LOG.key, grown(300).note().encode(), prover(grown(300)))
        answer = await witnesses.cosign(LOG.key, grown(200).note().encode(), prover(grown(200)))
        assert [(one.kind, one.size) for one in answer.missing] == [("ahead", 300)]


async def test_an_open_witness_is_told_of_the_log(http: ClientSession, tmp_path: Path) -> None:
    """By the first key that speaks for the origin; a stranger's of the same origin is refused then."""
    stranger = Log(grown(300).entries, LogSigner(ORIGIN, OTHERS[0]._private))
    async with hosted(tmp_path, None) as address:
        assert len((await ask(http, grown(300), address)).by) == 1
        witnesses = Witnesses(http, [address], clock=clock)
        answer = await witnesses.cosign(stranger.signer.key, stranger.note().encode(), prover(stranger))
        assert [one.kind for one in answer.missing] == ["refused"]
        assert len((await ask(http, grown(301), address)).by) == 1


async def test_a_witness_that_does_not_know_the_log_refuses_it(http: ClientSession, tmp_path: Path) -> None:
    """One with a list of logs takes no others."""
    async with hosted(tmp_path, {}) as address:
        assert await missing(http, grown(3), address) == ("refused", None)


async def test_submissions_at_once_are_all_signed_or_told_of_a_larger_one(
    http: ClientSession, tmp_path: Path
) -> None:
    """Twelve nodes of one installation, each with a size of its own: nothing inconsistent, and the largest is signed."""
    sizes = range(100, 124, 2)
    async with hosted(tmp_path, KNOWN) as address:
        answers = await asyncio.gather(*(ask(http, grown(size), address) for size in sizes))
        kinds = {one.kind for answer in answers for one in answer.missing}
        assert kinds <= {"ahead", "unavailable"}
        assert any(answer.by for answer in answers)
        assert (await missing(http, rewritten(122), address))[0] == "contradicts"
        final = await ask(http, grown(130), address)
        assert len(final.by) == 1


async def test_of_two_forks_at_once_one_is_signed(http: ClientSession, tmp_path: Path) -> None:
    """Whichever comes first; the other is told of the contradiction, every time."""
    async with hosted(tmp_path, KNOWN) as address:
        signed: list[Log] = []
        for size in range(10, 40):
            forks = [grown(size), rewritten(size)]
            answers = await asyncio.gather(*(ask(http, fork, address) for fork in forks))
            signed += [fork for fork, answer in zip(forks, answers, strict=True) if answer.by]
            assert len(signed) == size - 9
        for earlier, later in itertools.pairwise(signed):
            proof = await prover(later)(earlier.size, later.size)
            require_grown(earlier.checkpoint(), later.checkpoint(), proof)


async def test_who_is_away_does_not_keep_the_others(http: ClientSession, tmp_path: Path) -> None:
    """Nobody listens at one address, and another is none; the third signs."""
    async with hosted(tmp_path, KNOWN) as address:
        answer = await ask(
            http,
            grown(300),
            WitnessAddress(OTHERS[0].key, "http://127.0.0.1:1"),
            WitnessAddress(OTHERS[1].key, "nowhere"),
            address,
        )
    assert [signed.key for signed in answer.by] == [WITNESS.key]
    assert [(one.witness.key, one.kind) for one in answer.missing] == [
        (OTHERS[0].key, "unavailable"),
        (OTHERS[1].key, "unavailable"),
    ]


async def test_who_never_answers_is_not_waited_for(
    http: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it would keep the connection."""
    monkeypatch.setattr(asking_module, "TIMEOUT_S", 0.05)
    closing = asyncio.Event()

    async def never(_: web.Request) -> web.Response:
        await closing.wait()
        return web.Response()

    async with answering(never) as address:
        assert (await missing(http, grown(300), address))[0] == "unavailable"
        closing.set()


def line(text: str, *, cosigner: Cosigner = WITNESS, time_s: int = TIME_S) -> bytes:
    return str(cosigner.sign(text, time_s)).encode()


TEXT = grown(300).checkpoint().text
LONG = Cosigner("n" * 70_000, OTHERS[0]._private)
"""A stranger whose line alone is longer than an answer may be."""


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (200, b"", "refused"),
        (200, b"not a line\n", "refused"),
        (200, line(TEXT)[:-1], "refused"),
        (200, line(TEXT, cosigner=OTHERS[0]), "refused"),
        (200, line(grown(299).checkpoint().text), "refused"),
        (200, line(TEXT, time_s=TIME_S + 302), "refused"),
        (200, line(TEXT, time_s=TIME_S - 302), "refused"),
        (200, line(TEXT, cosigner=LONG) + line(TEXT), "refused"),
        (201, line(TEXT), "refused"),
        (307, b"", "refused"),
        (400, b"", "refused"),
        (403, b"", "refused"),
        (404, b"", "refused"),
        (409, b"", "refused"),
        (409, b"0300\n", "refused"),
        (409, b"301\n", "ahead"),
        (422, b"no\n", "contradicts"),
        (429, b"", "unavailable"),
        (500, b"", "unavailable"),
        (503, b"", "unavailable"),
    ],
)
async def test_whatever_a_witness_says_only_its_signature_counts(
    http: ClientSession, status: int, answer: bytes, kind: str
) -> None:
    """Each answer that is none leaves the note as it was."""

    async def say(_: web.Request) -> web.Response:
        return web.Response(status=status, body=answer, headers={"Location": "/elsewhere"})

    async with answering(say) as address:
        assert (await missing(http, grown(300), address))[0] == kind


async def test_lines_of_strangers_are_not_taken_with_the_witnesss(http: ClientSession) -> None:
    """Nor does a witness within the skew of clocks lose its line."""

    async def say(_: web.Request) -> web.Response:
        return web.Response(body=line(TEXT, cosigner=OTHERS[0]) + line(TEXT, time_s=TIME_S + 300))

    async with answering(say) as address:
        answer = await ask(http, grown(300), address)
    assert [one.name for one in answer.note.lines] == [ORIGIN, WITNESS.key.name]
    assert answer.by[0].time_s == TIME_S + 300


async def test_a_witness_that_only_says_conflict_at_the_same_size_contradicts(http: ClientSession) -> None:
    """The protocol asks for no body where it is the root that differs."""

    async def say(called: web.Request) -> web.Response:
        old = parse_add_checkpoint(await called.read()).old
        return web.Response(status=409, body=b"" if old == 300 else b"300\n")

    async with answering(say) as address:
        assert await missing(http, grown(300), address) == ("contradicts", 300)


async def test_a_witness_that_never_agrees_is_asked_four_times(http: ClientSession) -> None:
    """Another size each time, as if others came between; asking ends all the same."""
    asked: list[int] = []

    async def say(called: web.Request) -> web.Response:
        asked.append(parse_add_checkpoint(await called.read()).old)
        return web.Response(status=409, body=f"{len(asked)}\n".encode())

    async with answering(say) as address:
        assert (await missing(http, grown(300), address))[0] == "unavailable"
    assert asked == [0, 1, 2, 3]


async def test_what_the_prover_raises_is_raised_when_all_have_answered(
    http: ClientSession, tmp_path: Path
) -> None:
    """The store is the caller's, and so is its failure."""

    async def broken(old: int, new: int) -> Sequence[bytes]:
        raise OSError(old, new)

    async with hosted(tmp_path, KNOWN) as address:
        await ask(http, grown(300), address)
        witnesses = Witnesses(http, [address], clock=clock)
        with pytest.raises(OSError, match="300"):
            await witnesses.cosign(LOG.key, grown(301).note().encode(), broken)


async def test_a_checkpoint_of_another_log_is_asked_of_nobody(http: ClientSession) -> None:
    """It is the caller's mistake, before anything is sent."""
    witnesses = Witnesses(http, [WitnessAddress(WITNESS.key, "http://127.0.0.1:1")], clock=clock)
    with pytest.raises(VerificationError):
        await witnesses.cosign(
            LOG.key, grown(3).note().encode().replace(b"\n3\n", b"\n4\n"), prover(grown(3))
        )


async def test_sizes_are_remembered_of_so_many_logs(
    http: ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one that fell out the witness is asked once more; it costs a request and nothing else."""
    monkeypatch.setattr(asking_module, "LOGS_REMEMBERED_MAX", 1)
    first, second = grown(3), Log(grown(3).entries, LogSigner("workshop.example/log/8", LOG._private))
    async with hosted(tmp_path, None) as address:
        witnesses = Witnesses(http, [address], clock=clock)
        for log in (first, second, first, first):
            answer = await witnesses.cosign(log.signer.key, log.note().encode(), prover(log))
            assert len(answer.by) == 1
            assert list(witnesses._seen) == [(log.signer.key.name, WITNESS.key)]


def test_whoever_the_policy_names_with_a_place_is_asked() -> None:
    """The file that auditors check with is the one that says whom to ask."""
    policy = parse_policy(
        f"witness a {WITNESS.key} https://a.example/w/\nwitness b {OTHERS[0].key}\nquorum a\n".encode()
    )
    assert addresses_of(policy) == (WitnessAddress(WITNESS.key, "https://a.example/w/"),)


async def test_a_prefix_may_end_in_a_slash(http: ClientSession, tmp_path: Path) -> None:
    """As people write URLs."""
    async with hosted(tmp_path, KNOWN) as address:
        assert len((await ask(http, grown(3), WitnessAddress(address.key, address.url + "/"))).by) == 1


def test_what_the_client_sends_is_what_a_hand_written_request_is() -> None:
    """The helpers of these tests and the client agree on the bytes."""
    asked = parse_add_checkpoint(request(grown(300), 256))
    assert asked == AddCheckpoint(256, asked.proof, grown(300).note().encode())
