"""What people see of the workshop itself and its agenda."""

from cocreate.domain.agenda import Activity, ActivityKind, ChangeAgenda, EndActivity, StartActivity
from cocreate.domain.erasure import EraseText
from cocreate.domain.genesis import CompleteImport
from cocreate.domain.messages import EVENT_TYPES, Event
from cocreate.domain.settings import Settings
from cocreate.domain.workshop import CancelWorkshop
from cocreate.projections.changes import Changes
from cocreate.projections.fold import Projections
from cocreate.projections.timeline import FACTS
from tests.projections.room import Room, said


def test_a_workshop_shows_its_facts_and_its_texts_in_every_language() -> None:
    """What is not there is left out; nothing is null."""
    room = Room()
    item = next(iter(room.sees("public")["workshop"].values()))
    assert (item["status"], item["imported"], item["incomplete"]) == ("open", False, False)
    assert (said(item["title"]), set(item["title"]["texts"])) == ("workshop", {"en", "fr"})
    assert item["facilitators"] == 1
    assert item["settings"] == Settings(tags=("culture", "energy", "mobility")).model_dump(mode="json")
    assert "source" not in item
    assert None not in item.values()


def test_an_import_is_incomplete_until_it_says_that_it_is_done() -> None:
    """And it names its source."""
    room = Room(imported=True)
    item = next(iter(room.sees("public")["workshop"].values()))
    assert (item["imported"], item["incomplete"], item["source"]["importer"]) == (True, True, "csv")
    counts = {"ballots_cast": 0, "ballots_replaced": 0, "ideas": 0, "moderated": 0, "participants": 0}
    room.tell(CompleteImport(actor=room.facilitator, **counts))
    item = next(iter(room.sees("public")["workshop"].values()))
    assert (item["imported"], item["incomplete"]) == (True, False)


def test_an_agenda_shows_what_is_done_current_and_ahead_and_what_was_taken_off() -> None:
    """A removed activity keeps its key, so that a page can take it away."""
    room = Room()
    kinds: tuple[ActivityKind, ...] = ("welcome", "collect", "vote")
    activities = [Activity(id=room.pen.uuid(), kind=kind, title=room.pen.text(kind)) for kind in kinds]
    room.tell(ChangeAgenda(actor=room.facilitator, activities=tuple(activities)))
    welcome, collect, vote = (activity.id for activity in activities)
    room.tell(StartActivity(actor=room.facilitator, activity=welcome))
    room.tell(StartActivity(actor=room.facilitator, activity=collect))
    agenda = room.sees("screen")["agenda"]
    assert [agenda[key]["state"] for key in (welcome, collect, vote)] == ["done", "current", "ahead"]
    assert [said(agenda[key]["title"]) for key in (welcome, collect, vote)] == list(kinds)
    position = room.tell(ChangeAgenda(actor=room.facilitator, activities=(activities[2], activities[1])))
    agenda = room.sees("screen")["agenda"]
    assert agenda[welcome] == {"key": welcome, "changed": position, "state": "removed"}
    assert [agenda[key]["number"] for key in (vote, collect)] == [1, 2]
    assert [said(agenda[key]["title"]) for key in (vote, collect)] == ["vote", "collect"]
    room.tell(EndActivity(actor=room.facilitator, activity=collect))
    room.tell(StartActivity(actor=room.facilitator, activity=collect))
    assert room.sees("screen")["agenda"][collect]["state"] == "current"


def test_an_erased_activity_title_is_gone_from_its_activity_alone() -> None:
    """Titles are sealed one by one, by their place in the agenda."""
    room = Room()
    activities = tuple(
        Activity(id=room.pen.uuid(), kind="discuss", title=room.pen.text("talk")) for _ in range(2)
    )
    position = room.tell(ChangeAgenda(actor=room.facilitator, activities=activities))
    erase = EraseText(
        actor=room.facilitator,
        position=position,
        field="activities.1.title",
        subject=room.pen.workshop,
        reason="personal_content",
    )
    erased = room.tell(erase)
    agenda = room.sees("public")["agenda"]
    assert agenda[activities[1].id]["title"] == {"gone": "erased"}
    assert [agenda[activity.id]["changed"] for activity in activities] == [position, erased]


def test_a_cancelled_workshop_says_why() -> None:
    """Only one that was never opened can be cancelled."""
    room = Room(opened=False)
    room.tell(CancelWorkshop(actor=room.facilitator, note=room.pen.text("rain")))
    item = next(iter(room.sees("public")["workshop"].values()))
    assert (item["status"], said(item["note"])) == ("cancelled", "rain")


def test_before_the_scheduling_there_is_nothing_to_see() -> None:
    """The genesis alone is no workshop yet."""
    room = Room()
    seen = room.sees_today("facilitator", 0)
    assert all(items == {} for items in seen.values())


def test_every_event_stands_on_the_timeline_and_its_line_names_facts_that_it_has() -> None:
    """A new event cannot be forgotten, nor a fact misspelt."""
    handlers = Projections()._handlers
    assert set(handlers) == set(EVENT_TYPES.values())
    assert all(len(found) > 0 for found in handlers.values())
    for name, facts in FACTS.items():
        event: type[Event] = EVENT_TYPES[name]
        assert set(facts) <= set(event.model_fields) - set(event.SEALED)


def test_keys_are_told_in_order_of_their_last_change() -> None:
    """Reading from the end stops at the first that is old enough."""
    changes = Changes()
    for position, key in enumerate(["a", "b", "a", "c"]):
        changes.touch(key, position)
    assert list(changes.since(-1)) == ["c", "a", "b"]
    assert list(changes.since(1)) == ["c", "a"]
    assert list(changes.since(3)) == []
    assert changes.at("a") == 2
