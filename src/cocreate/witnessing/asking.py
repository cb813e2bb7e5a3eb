"""How a log asks its witnesses to sign a checkpoint: the client of c2sp.org/tlog-witness."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from aiohttp import ClientError, ClientSession, ClientTimeout

from cocreate.tlog.checkpoints import open_checkpoint
from cocreate.tlog.errors import VerificationError
from cocreate.tlog.notes import Note
from cocreate.tlog.policy import Policy
from cocreate.tlog.signatures import SignatureLine, Signed
from cocreate.tlog.vkey import VerifierKey
from cocreate.tlog.witness import AddCheckpoint, read_cosignature, read_size

Prove = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""The consistency proof from an earlier size, at least 1, to a later one that the log has had."""

TIMEOUT_S: Final = 10.0
"""Of one request: signing takes a witness milliseconds, and the next round of asking comes within a minute."""
REQUESTS_MAX: Final = 4
"""To one witness for one checkpoint: two to learn what it has seen, and again if another of our nodes comes between."""
ANSWER_SIZE_BYTES_MAX: Final = 65_536
CLOCK_SKEW_S_MAX: Final = 300
"""A cosignature says when; one whose time is further from ours would make every audit doubt our own times."""
LOGS_REMEMBERED_MAX: Final = 10_000
"""Whose sizes are remembered; of any other a witness is asked once more."""


@dataclass(frozen=True, slots=True)
class WitnessAddress:
    """A witness by its key, and the URL of its submission prefix."""

    key: VerifierKey
    url: str


@dataclass(frozen=True, slots=True)
class NoCosignature:
    """Why a witness's line is missing.

    `ahead`: it has seen more entries, `size` in all: another node's, or the store went back. `contradicts`: it holds that
    what it has seen is not the beginning of this log; it is its word alone. `refused`: it does not know the log, or does not
    follow the protocol. `unavailable`: no answer, or none for now.
    """

    witness: WitnessAddress
    kind: Literal["ahead", "contradicts", "refused", "unavailable"]
    detail: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The checkpoint with the lines of those who signed, each checked, and why the others' are missing."""

    note: Note
    by: tuple[Signed, ...]
    missing: tuple[NoCosignature, ...]


def addresses_of(policy: Policy) -> tuple[WitnessAddress, ...]:
    """The witnesses of a policy that say where they are."""
    return tuple(WitnessAddress(one.key, one.url) for one in policy.witnesses.values() if one.url is not None)


class Witnesses:
    """Those whom an installation asks, and what each has seen of each log as far as is known. Belongs to one event loop."""

    def __init__(
        self,
        http: ClientSession,
        witnesses: Sequence[WitnessAddress],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._witnesses = tuple(witnesses)
        self._clock = clock
        self._seen: OrderedDict[tuple[str, VerifierKey], int] = OrderedDict()

    async def cosign(self, log: VerifierKey, checkpoint: bytes, prove: Prove) -> Cosigned:
        """Ask all of them at once to sign the log's checkpoint; at most REQUESTS_MAX × TIMEOUT_S.

        Raises what `prove` raises, and VerificationError for a checkpoint that `log` has not signed.
        """
        asking = _Asking(log, checkpoint, prove)
        # None is left running behind an error.
        answers = await asyncio.gather(
            *(self._ask(witness, asking) for witness in self._witnesses), return_exceptions=True
        )
        note, by, missing = asking.note, [], []
        for answer in answers:
            match answer:
                case (line, signed):
                    note = note.signed_also(line)
                    by.append(signed)
                case NoCosignature():
                    missing.append(answer)
                case BaseException():
                    raise answer
        return Cosigned(note, tuple(by), tuple(missing))

    async def _ask(
        self, witness: WitnessAddress, asking: "_Asking"
    ) -> tuple[SignatureLine, Signed] | NoCosignature:
        try:
            return await self._asked(witness, asking)
        except (ClientError, TimeoutError) as error:
            return NoCosignature(witness, "unavailable", str(error) or type(error).__name__)
        except VerificationError as error:
            return NoCosignature(witness, "refused", f"not as the protocol has it: {error}")

    async def _asked(
        self, witness: WitnessAddress, asking: "_Asking"
    ) -> tuple[SignatureLine, Signed] | NoCosignature:
        place, size = (asking.log.name, witness.key), asking.size
        # One that is known to have seen more is asked as if nothing were known: what we know may be old.
        old = known if (known := self._seen.get(place, 0)) <= size else 0
        told_of_log = False
        for _ in range(REQUESTS_MAX):
            status, answer = await self._post(witness, "add-checkpoint", await asking.request(old))
            if status == 200:
                line, signed = read_cosignature(answer, asking.note.text, witness.key)
                if abs((signed.time_s or 0) - self._clock()) > CLOCK_SKEW_S_MAX:
                    return NoCosignature(witness, "refused", f"its clock says {signed.time_s}")
                self._remember(place, size)
                return line, signed
            if status == 404 and not told_of_log:
                told_of_log = True
                status, answer = await self._post(witness, "add-log", f"{asking.log}\n".encode())
                if status != 200:
                    return NoCosignature(
                        witness, _kind(status), f"does not know the log: {_words(status, answer)}"
                    )
            elif status == 409:
                # Some say nothing else where it is the root that differs.
                seen = size if old == size and not answer else read_size(answer)
                if seen > size:
                    self._remember(place, seen)
                    return NoCosignature(witness, "ahead", f"has seen {seen} entries, not {size}", seen)
                if seen == old == size:
                    return NoCosignature(
                        witness, "contradicts", f"has seen another root at size {seen}", seen
                    )
                old = seen
            elif status == 422:
                return NoCosignature(witness, "contradicts", _words(status, answer), old)
            else:
                return NoCosignature(witness, _kind(status), _words(status, answer))
        return NoCosignature(
            witness, "unavailable", f"no agreement on what it has seen in {REQUESTS_MAX} requests"
        )

    async def _post(self, witness: WitnessAddress, call: str, body: bytes) -> tuple[int, bytes]:
        """Status and body. Raises ClientError, TimeoutError; VerificationError for an answer that is too long."""
        url = f"{witness.url.rstrip('/')}/{call}"
        timeout = ClientTimeout(total=TIMEOUT_S)
        async with self._http.post(url, data=body, timeout=timeout, allow_redirects=False) as response:
            answer = bytearray()
            async for part in response.content.iter_any():
                answer += part
                if len(answer) > ANSWER_SIZE_BYTES_MAX:
                    raise VerificationError(
                        "malformed", expected=f"at most {ANSWER_SIZE_BYTES_MAX} bytes", found="more"
                    )
            return response.status, bytes(answer)

    def _remember(self, place: tuple[str, VerifierKey], size: int) -> None:
        self._seen[place] = size
        self._seen.move_to_end(place)
        if len(self._seen) > LOGS_REMEMBERED_MAX * len(self._witnesses):
            self._seen.popitem(last=False)


class _Asking:
    """What all witnesses are asked."""

    def __init__(self, log: VerifierKey, checkpoint: bytes, prove: Prove) -> None:
        opened = open_checkpoint(checkpoint, log)
        self.log = log
        self.note = opened.note
        self.size = opened.checkpoint.size
        self._checkpoint = checkpoint
        self._prove = prove

    async def request(self, old: int) -> bytes:
        proof = await self._prove(old, self.size) if 0 < old < self.size else ()
        return AddCheckpoint(old, tuple(proof), self._checkpoint).encode()


def _kind(status: int) -> Literal["refused", "unavailable"]:
    return "unavailable" if status >= 500 or status in (408, 429) else "refused"


def _words(status: int, answer: bytes) -> str:
    """What the witness says, on one line."""
    return f"{status} {answer[:200].decode(errors='replace')!r}"
