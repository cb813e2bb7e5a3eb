"""Nodes that save waypoints often, and what lies in their stores."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cocreate.application import Service
from cocreate.application.lives import LiveWorkshops
from cocreate.application.waypoints import Waypoints
from cocreate.persistence.record_store import RecordStore
from cocreate.persistence.waypoints import COVER, Piece
from tests.application.nodes import (
    VAULT,
    Hands,
    cast_ballot,
    create,
    idea,
    join,
    live,
    open_round,
    running,
)
from tests.application.test_live import use

EVERY = 20


@asynccontextmanager
async def keeping(store: RecordStore) -> AsyncIterator[Service]:
    """A node that saves often, and in quiet moments only when a test says that it is quiet."""
    async with running(store, timekeeper=False) as service:
        service.lives.waypoints = Waypoints(service.store, VAULT, every=EVERY)
        service.lives.waypoints.keeps = True
        yield service


async def busy(service: Service, seed: int = 1, moves: int = 90) -> str:
    """A workshop in which much has happened, also ballots in a round of each kind."""
    workshop = await create(service)
    people = await join(service, workshop, *"abcdef")
    options = [await idea(service, workshop, people[0], f"Idea {number}") for number in range(3)]
    for secrecy in ("open", "pseudonymous"):
        round_id = await open_round(service, workshop, options, secrecy=secrecy)
        for number, person in enumerate(people):
            await service.execute(person, workshop, cast_ballot(round_id, options[number % 3]))
    await use((service,), Hands(), workshop, seed, moves)
    return workshop


def fresh(service: Service, *, keeps: bool = False) -> LiveWorkshops:
    """The workshops of a node that has just started."""
    lives = LiveWorkshops(service.store, VAULT)
    lives.waypoints.keeps = keeps
    return lives


async def save(service: Service, workshop: str) -> int:
    held = await live(service, workshop)
    assert await service.lives.waypoints.save(held)
    return held.size


async def forget_waypoints(store: RecordStore, workshop: str) -> None:
    for cover in await store.waypoints.covers(workshop):
        await store.waypoints.drop(workshop, cover.size, cover.part)


async def all_pieces(store: RecordStore, workshop: str) -> list[Piece]:
    found = []
    for cover in await store.waypoints.covers(workshop):
        found += [cover]
        found += await store.waypoints.pieces(workshop, cover.size, cover.part, after=COVER, limit=1_000)
    return found


def command_of(entry: bytes) -> str:
    return entry.partition(b'"command":"')[2][:32].decode()
