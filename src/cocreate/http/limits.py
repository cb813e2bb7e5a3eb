"""How many requests one session or one address may send: token buckets in bounded memory.

A whole room shares one address, so an address is measured only for what comes without a session, and generously.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass

from aiohttp import web

from cocreate.http.problems import Refused, refused


@dataclass(frozen=True, slots=True)
class Allowance:
    """`burst` at once, then `per_s` a second."""

    per_s: float
    burst: float


@dataclass(frozen=True, slots=True)
class Limits:
    """One installation's allowances."""

    session: Allowance = Allowance(per_s=20, burst=200)
    """One person with a page, its parts and a stream; a facilitator who enters votes from paper."""
    address: Allowance = Allowance(per_s=200, burst=5_000)
    """A room of 250 opens the page and its parts in the same second."""
    new_sessions: Allowance = Allowance(per_s=20, burst=1_000)
    """New participants from one address, so that one machine cannot fill the store with sessions."""


BUCKETS_MAX = 50_000
"""Senders remembered; the one not heard of for longest is forgotten first, which can only be to its advantage."""


class Buckets:
    """Token buckets by sender, refilled as time goes by. Of each the moment is kept when it will be full (GCRA, ITU-T I.371)."""

    def __init__(self, allowance: Allowance) -> None:
        self._token_s = 1 / allowance.per_s
        self._ahead_s = (allowance.burst - 1) / allowance.per_s
        self._full_at: OrderedDict[bytes | str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, sender: bytes | str, now: float | None = None) -> float:
        """Seconds until the sender may send again; 0 where it may now."""
        at = time.monotonic() if now is None else now
        full_at = max(at, self._full_at.get(sender, at))
        wait_s = full_at - at - self._ahead_s
        self._full_at[sender] = full_at if wait_s > 0 else full_at + self._token_s
        self._full_at.move_to_end(sender)
        if len(self._full_at) > BUCKETS_MAX:
            self._full_at.popitem(last=False)
        return max(0.0, wait_s)


class Turnstile:
    """The three allowances of one node."""

    def __init__(self, limits: Limits) -> None:
        self.sessions = Buckets(limits.session)
        self.addresses = Buckets(limits.address)
        self.new_sessions = Buckets(limits.new_sessions)


TURNSTILE: web.AppKey[Turnstile] = web.AppKey("turnstile", Turnstile)


def address_of(request: web.Request) -> str:
    return request.remote or ""


def too_many(wait_s: float) -> Refused:
    return refused("TooManyRequests", headers={"Retry-After": str(int(wait_s) + 1)})


def require_allowance(buckets: Buckets, sender: bytes | str) -> None:
    """Count a request of the sender's, or refuse it and say when to come again."""
    if wait_s := buckets.take(sender):
        raise too_many(wait_s)
