"""Who comes in, and as whom: sessions, one-time links, join codes, seats."""

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from cocreate.application.actions_workshop import CancelWorkshop, CloseWorkshop, ReopenWorkshop
from cocreate.application.clock import Clock
from cocreate.application.drafting import Action
from cocreate.application.live import LiveWorkshop
from cocreate.application.lives import LiveWorkshops
from cocreate.application.lookups import SharedLookup
from cocreate.application.reachable import store_told
from cocreate.persistence.batch import Batch, Seat
from cocreate.persistence.identity import LinkPurpose, Session
from cocreate.persistence.record_store import RecordStore

CODE_MOVERS = frozenset({CloseWorkshop, CancelWorkshop, ReopenWorkshop})
"""What a join code goes or comes with."""
CODE_LENGTH = 6
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No I and O, which look like digits; no digits, so that none can be taken for a letter."""
SESSION_MS = 30 * 86_400_000
LINK_MS = 7 * 86_400_000
SEATS_CACHED_MAX = 200_000
SEAT_CACHED_MS = 60_000
"""How long another node may still know a session by a seat that it has changed for another by a return link."""
TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Admission:
    """What a one-time link or a fresh visit gave: the cookie's secret, and where to go."""

    token: str
    session: bytes
    host: bool
    workshop: str | None = None


def digest_token(token: str) -> bytes:
    """What the store keeps of a session id or a link's token."""
    return hashlib.sha256(token.encode()).digest()


class Doors:
    """Owner of the seat cache; the truth is in the store."""

    def __init__(self, store: RecordStore, lives: LiveWorkshops, clock: Clock) -> None:
        self._store, self._identity, self._lives, self._clock = store, store.identity, lives, clock
        self._seats: dict[tuple[str, bytes], tuple[str, int]] = {}
        lives.on_erased = self._unseat
        self._sessions_kept = SharedLookup(self._read_sessions)
        self._seats_kept = SharedLookup(self._read_seats)
        self._log_name: str | None = None

    async def _read_sessions(self, sessions: Collection[bytes]) -> dict[bytes, Session]:
        """Who is asked for a session will be asked for its seat next: both are read for all who ask at once."""
        for session, places in (await self._read_seats(sessions)).items():
            for workshop, participant in places.items():
                self.seated(workshop, session, participant)
        return {held.session: held for held in await self._identity.get_sessions(sessions)}

    async def _read_seats(self, sessions: Collection[bytes]) -> dict[bytes, dict[str, str]]:
        """Each session's participant by workshop."""
        seats: dict[bytes, dict[str, str]] = {}
        for seat in await self._store.seats_of(sessions):
            seats.setdefault(seat.session, {})[seat.workshop] = seat.participant
        return seats

    @store_told
    async def log_name(self) -> str:
        """The name of this installation's log: an identifier, chosen once, never an address."""
        if self._log_name is None:
            fresh = f"cocreate-{secrets.token_hex(8)}"
            self._log_name = await self._identity.claim_setting("log_name", fresh)
        return self._log_name

    @store_told
    async def session(self, token: str | None) -> tuple[bytes, bool] | None:
        """(session digest, whether it is a host's) of a cookie; None if unknown or expired."""
        if token is None:
            return None
        held = await self._sessions_kept.get(digest_token(token))
        if held is None or held.expires_at <= self._clock.read():
            return None
        return held.session, held.host

    @store_told
    async def new_session(self, *, host: bool = False) -> Admission:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        session, now = digest_token(token), self._clock.read()
        await self._identity.put_session(session, host=host, created_at=now, expires_at=now + SESSION_MS)
        return Admission(token, session, host)

    @store_told
    async def sign_out(self, session: bytes) -> None:
        await self._identity.drop_session(session)

    @store_told
    async def host_link(self) -> str:
        """The token of a one-time link that makes its taker a host."""
        return await self._put_link("host", None, None)

    @store_told
    async def return_link(self, workshop: str, participant: str) -> str:
        """The token of a one-time link by which somebody comes back on another device, or a facilitator comes in."""
        return await self._put_link("return", workshop, participant)

    async def _put_link(self, purpose: LinkPurpose, workshop: str | None, participant: str | None) -> str:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await self._identity.put_link(
            digest_token(token),
            purpose=purpose,
            workshop=workshop,
            participant=participant,
            expires_at=self._clock.read() + LINK_MS,
        )
        return token

    @store_told
    async def take_link(self, token: str, session: bytes | None) -> Admission | None:
        """Redeem a one-time link. A host's link gives a new session; a return link seats the present one, or a new one."""
        link = await self._identity.take_link(digest_token(token), self._clock.read())
        if link is None:
            return None
        if link.purpose == "host" or link.workshop is None or link.participant is None:
            return await self.new_session(host=True)
        person = (await self._lives.get(link.workshop)).projections.participation.people.get(link.participant)
        if person is not None and person.status == "erased":
            return None  # an erasure ends every way back: nobody is that person again
        admission = Admission("", session, host=False) if session else await self.new_session()
        await self.sit(link.workshop, link.participant, admission.session)
        return Admission(admission.token, admission.session, admission.host, link.workshop)

    @store_told
    async def sit(self, workshop: str, participant: str, session: bytes) -> None:
        """Make the session this participant, or this facilitator, from now on."""
        await self._store.append(Batch(heads={}, seats=[Seat(workshop, participant, session)]))
        self.seated(workshop, session, participant)

    @store_told
    async def seat(self, workshop: str, session: bytes | None) -> str | None:
        """Who the session is in the workshop."""
        if session is None:
            return None
        if (known := self.known_seat(workshop, session)) is not None:
            return known
        seat = (await self._seats_kept.get(session) or {}).get(workshop)
        if seat is not None:
            self.seated(workshop, session, seat)
        return seat

    def known_seat(self, workshop: str, session: bytes) -> str | None:
        """Who the session is in the workshop, where that was looked up a short while ago."""
        participant, until = self._seats.get((workshop, session), (None, 0))
        return participant if self._clock.read() < until else None

    def seated(self, workshop: str, session: bytes, participant: str) -> None:
        if len(self._seats) >= SEATS_CACHED_MAX:
            self._seats.clear()
        self._seats[workshop, session] = participant, self._clock.read() + SEAT_CACHED_MS

    def _unseat(self, workshop: str, participant: str) -> None:
        """An erased person's seats are gone at once, whichever node erased them."""
        gone = [
            place for place, (seat, _) in self._seats.items() if place[0] == workshop and seat == participant
        ]
        for place in gone:
            del self._seats[place]

    @store_told
    async def seats_of(self, session: bytes) -> list[str]:
        """The workshops in which the session is somebody."""
        return list(await self._seats_kept.get(session) or {})

    @store_told
    async def workshop_of_code(self, code: str) -> str | None:
        """The workshop that a join code opens; case, blanks and hyphens do not matter."""
        letters = "".join(letter for letter in code.upper() if letter.isalpha())
        return await self._identity.workshop_of_code(letters) if len(letters) == CODE_LENGTH else None

    @store_told
    async def code_of(self, workshop: str) -> str | None:
        """The workshop's join code; none once it is over."""
        standing = await self._identity.code_of(workshop)
        if standing is None:
            live = await self._lives.get(workshop)
            if live.projections.workshop.status in ("scheduled", "open") and live.successor is None:
                # Whoever created or reopened it went away before the code was made.
                return await self.open_code(workshop)
        return standing

    @store_told
    async def open_code(self, workshop: str) -> str:
        """The workshop's join code, made if it has none. Codes never enter the record, not even hashed."""
        if (standing := await self._identity.code_of(workshop)) is not None:
            return standing
        while True:
            code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
            if await self._identity.put_join_code(code, workshop):
                return code

    @store_told
    async def move_code(self, old: str, new: str) -> str:
        """The join code of one workshop leads to another from now on; one that had none gets one."""
        standing = await self._identity.code_of(old)
        if standing is None or await self._identity.code_of(new) is not None:
            return await self.open_code(new)
        await self._identity.drop_join_codes(old)
        return standing if await self._identity.put_join_code(standing, new) else await self.open_code(new)

    @store_told
    async def after(self, live: LiveWorkshop, action: Action) -> None:
        """A join code lives only while its workshop does."""
        match action:
            case CloseWorkshop() | CancelWorkshop():
                await self._identity.drop_join_codes(live.id)
            case ReopenWorkshop():
                await self.open_code(live.id)
            case _:
                pass
