"""Everything that a node holds of a workshop, as values that can be compared: live, replayed, and on another node."""

from typing import Any

from cocreate.application import AUDIENCES, LiveWorkshop, Service
from cocreate.application.lives import LiveWorkshops
from cocreate.projections.personal import personal
from cocreate.projections.views import view
from cocreate.record.digest import state_digest
from tests.application.nodes import VAULT
from tests.given_when_then import picture


def likeness(held: LiveWorkshop) -> dict[str, Any]:
    """Two workshops with the same likeness cannot be told apart by anybody who asks."""
    people = sorted({*held.state.participants, *held.state.workshop.facilitators})
    return {
        "state": picture(held.state),
        "digest": state_digest(held.state),
        "root": held.tree.root(),
        "tie_roots": held.tie_roots,
        "language": held.language,
        "views": {one: view(held.projections, held.projections, one, held.texts) for one in AUDIENCES},
        "mine": {one: personal(held.projections, one, {}, held.texts) for one in people},
        "texts": {place: sorted(held.texts.disclose(*place)) for place in held.texts.places()},
        "subjects": {place: held.texts.subject(*place) for place in held.texts.places()},
        "round_keys": {key: held.keyring.round_key(key) for key in held.state.rounds},
        "subject_keys": {one: held.keyring.subject_key(one) for one in people},
    }


async def replayed(service: Service, workshop: str) -> LiveWorkshop:
    """The workshop as a node finds it that has just started."""
    return await LiveWorkshops(service.store, VAULT).get(workshop)


async def assert_live_is_replay(service: Service, workshop: str) -> None:
    """What was folded entry by entry, speculated on, rolled back and refreshed is what the record says."""
    assert_alike(likeness(await service.lives.get(workshop)), likeness(await replayed(service, workshop)))


def assert_alike(held: dict[str, Any], told: dict[str, Any], path: str = "") -> None:
    """Part by part, so that a difference names its place."""
    assert held.keys() == told.keys(), path
    for part, what in told.items():
        if isinstance(what, dict) and isinstance(held[part], dict):
            assert_alike(held[part], what, f"{path}/{part}")
        else:
            assert held[part] == what, f"{path}/{part}"
