"""What people see of ideas, comments and each other."""

import pytest

from cocreate.domain.comment import HideComment, WithdrawComment
from cocreate.domain.erasure import EraseSubject, EraseText
from cocreate.domain.idea import ApproveIdea, EditIdea, HideIdea, RestoreIdea, WithdrawIdea
from cocreate.domain.participant import GrantRole, LeaveWorkshop
from cocreate.domain.settings import ChangeSettings, Settings
from cocreate.projections.reader import AUDIENCES, Audience
from tests.history_author import TAGS
from tests.projections.room import Room, said

OTHERS: tuple[Audience, ...] = ("public", "participant", "screen")


def test_an_idea_shows_what_was_said_and_when() -> None:
    """The item has the facts of the submission and the text by language."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana, title=room.pen.text("title"))
    item = room.sees("public")["ideas"][idea]
    assert (item["number"], item["status"], item["author"]) == (1, "visible", ana)
    assert (said(item["title"]), said(item["text"])) == ("title", "idea")
    assert item["text"]["language"] == "en"
    assert (item["tags"], item["edited"], item["approved"], item["comments"]) == (["energy"], False, False, 0)
    assert item["submitted_at"] == room.pen.now
    assert item["text_at"] == item["changed"] == room.head
    assert "reason" not in item
    assert "entered_by" not in item


def test_an_edited_idea_shows_its_new_text_and_the_round_keeps_the_old() -> None:
    """Rounds are about the version they were opened with."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana, title=room.pen.text("title"))
    first = room.head
    round_id = room.open_round(idea)
    room.tell(EditIdea(actor=ana, idea=idea, text=room.pen.text("better")))
    seen = room.sees("participant")
    assert (said(seen["ideas"][idea]["text"]), seen["ideas"][idea]["edited"]) == ("better", True)
    assert "title" not in seen["ideas"][idea]
    option = seen["options"][f"{round_id}/{idea}"]
    assert (said(option["text"]), said(option["title"]), option["text_at"]) == ("idea", "title", first)


def test_what_waits_for_approval_is_for_facilitators_and_its_author() -> None:
    """Nobody else knows that the idea exists; once approved, everybody does."""
    room = Room(approval_first=True)
    ana, ben = room.join(), room.join()
    idea = room.idea(ana)
    assert all(idea not in room.sees(audience)["ideas"] for audience in OTHERS)
    assert room.sees("facilitator")["ideas"][idea]["status"] == "waiting"
    assert [item["key"] for item in room.own_page(ana)["ideas"]] == [idea]
    assert room.own_page(ben)["ideas"] == []
    room.tell(ApproveIdea(actor=room.facilitator, idea=idea))
    assert all(room.sees(audience)["ideas"][idea]["approved"] for audience in AUDIENCES)


def test_an_idea_withdrawn_while_it_waited_never_becomes_public() -> None:
    """Its author took it back before anybody saw it."""
    room = Room(approval_first=True)
    ana = room.join()
    idea = room.idea(ana)
    room.tell(WithdrawIdea(actor=ana, idea=idea))
    assert all(idea not in room.sees(audience)["ideas"] for audience in OTHERS)
    assert room.sees("facilitator")["ideas"][idea]["status"] == "withdrawn"


def test_a_hidden_idea_tells_the_reason_to_all_and_its_text_to_facilitator_and_author() -> None:
    """Moderation is public, what was moderated is not; the note is between moderator and author."""
    room = Room()
    ana, ben = room.join(), room.join()
    idea = room.idea(ana, title=room.pen.text("title"))
    round_id = room.open_round(idea)
    room.tell(HideIdea(actor=room.facilitator, idea=idea, reason="off_topic", note=room.pen.text("note")))
    for audience in OTHERS:
        seen = room.sees(audience)
        item, option = seen["ideas"][idea], seen["options"][f"{round_id}/{idea}"]
        assert (item["status"], item["reason"]) == ("hidden", "off_topic")
        assert item["text"] == item["title"] == option["text"] == option["title"] == {"gone": "hidden"}
        assert "note" not in item
        assert option["status"] == "hidden"
    for item in (room.sees("facilitator")["ideas"][idea], room.own_page(ana)["ideas"][0]):
        assert (said(item["text"]), said(item["note"]), item["reason"]) == ("idea", "note", "off_topic")
    assert room.own_page(ben)["ideas"] == []
    assert room.sees("public")["participation"]["participation"]["hidden_ideas"] == 1


def test_a_restored_idea_is_back_but_not_in_the_moments_when_it_was_hidden() -> None:
    """A past view shows no more than was shown then, and no more than may be shown now."""
    room = Room()
    idea = room.idea(room.join())
    before = room.head
    hidden = room.tell(HideIdea(actor=room.facilitator, idea=idea, reason="spam"))
    assert room.sees_today("public", before)["ideas"][idea]["text"] == {"gone": "hidden"}
    room.tell(RestoreIdea(actor=room.facilitator, idea=idea))
    assert said(room.sees("public")["ideas"][idea]["text"]) == "idea"
    assert "reason" not in room.sees("public")["ideas"][idea]
    assert said(room.sees_today("public", before)["ideas"][idea]["text"]) == "idea"
    assert room.sees_today("public", hidden)["ideas"][idea]["text"] == {"gone": "hidden"}


def test_a_hidden_comment_is_gone_and_no_longer_counted_at_its_idea() -> None:
    """The idea says how many comments can be read."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    first, second = room.comment(ana, idea), room.comment(ana, idea)
    assert room.sees("public")["ideas"][idea]["comments"] == 2
    room.tell(HideComment(actor=room.facilitator, comment=first, reason="offensive"))
    seen = room.sees("public")
    assert seen["comments"][first]["text"] == {"gone": "hidden"}
    assert (said(seen["comments"][second]["text"]), seen["comments"][second]["depth"]) == ("comment", 1)
    assert seen["ideas"][idea]["comments"] == 1
    assert seen["participation"]["participation"]["hidden_comments"] == 1


def test_a_withdrawn_comment_is_no_longer_counted_and_can_still_be_read() -> None:
    """Withdrawing says that it no longer stands; erasing is what removes it."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    comment = room.comment(ana, idea)
    room.tell(WithdrawComment(actor=ana, comment=comment))
    seen = room.sees("public")
    assert (seen["ideas"][idea]["comments"], seen["ideas"][idea]["changed"]) == (0, room.head)
    assert (seen["comments"][comment]["status"], said(seen["comments"][comment]["text"])) == (
        "withdrawn",
        "comment",
    )


@pytest.mark.parametrize("facilitator", [True, False])
@pytest.mark.parametrize("participants", [True, False])
def test_names_show_to_whom_the_settings_say_and_never_to_the_public(
    facilitator: bool, participants: bool
) -> None:
    """Three separate settings; a projector is in the room with the participants."""
    room = Room(facilitator_sees_names=facilitator, participants_see_names=participants)
    ana = room.join()
    idea = room.idea(ana)
    shown = {audience for audience in AUDIENCES if "author_name" in room.sees(audience)["ideas"][idea]}
    expected: set[Audience] = {"facilitator"} if facilitator else set()
    assert shown == expected | ({"participant", "screen"} if participants else set())
    assert ("name" in room.sees("facilitator")["participants"][ana]) == facilitator


def test_names_that_are_switched_off_leave_past_views_too() -> None:
    """Visibility is judged by today's settings."""
    room = Room(participants_see_names=True)
    idea = room.idea(room.join())
    then = room.head
    assert "author_name" in room.sees_today("participant", then)["ideas"][idea]
    settings = Settings(tags=TAGS, participants_see_names=False)
    room.tell(ChangeSettings(actor=room.facilitator, settings=settings))
    assert "author_name" not in room.sees_today("participant", then)["ideas"][idea]


def test_an_erased_text_is_gone_for_everybody_and_its_votes_stay() -> None:
    """The option keeps its place and its count."""
    room = Room()
    ana = room.join()
    idea = room.idea(ana)
    written = room.head
    round_id = room.open_round(idea, results="always")
    room.vote(round_id, ana, idea)
    room.tell(EraseText(actor=ana, position=written, field="text", subject=ana, reason="requested"))
    for audience in AUDIENCES:
        for seen in (room.sees(audience), room.sees_today(audience, written + 1)):
            assert seen["ideas"][idea]["text"] == {"gone": "erased"}
            assert seen["options"][f"{round_id}/{idea}"]["text"] == {"gone": "erased"}
        assert room.sees(audience)["tallies"][f"{round_id}/{idea}"]["marks"] == {"approvals": 1}


def test_an_erased_person_leaves_counts_and_nothing_they_wrote() -> None:
    """Name, ideas and comments go; how many there were stays."""
    room = Room(participants_see_names=True)
    ana = room.join()
    idea = room.idea(ana)
    comment = room.comment(ana, idea)
    room.tell(EraseSubject(actor=ana, subject=ana, reason="requested"))
    seen = room.sees("facilitator")
    assert seen["participants"][ana]["status"] == "erased"
    assert seen["participants"][ana]["name"] == {"gone": "erased"}
    assert seen["ideas"][idea]["text"] == seen["comments"][comment]["text"] == {"gone": "erased"}
    assert room.sees("participant")["ideas"][idea]["author_name"] == {"gone": "erased"}
    counts = seen["participation"]["participation"]
    assert (counts["joined"], counts["present"], counts["erased"], counts["ideas"]) == (1, 0, 1, 1)


def test_only_facilitators_see_people_one_by_one_and_everybody_sees_how_many() -> None:
    """Who is here is for the one who runs it."""
    room = Room()
    ana, ben = room.join(), room.join(named=False)
    room.tell(GrantRole(actor=room.facilitator, participant=ana, role="scribe"))
    room.tell(LeaveWorkshop(actor=ben))
    people = room.sees("facilitator")["participants"]
    assert (people[ana]["role"], people[ben]["status"], people[ben]["how"]) == ("scribe", "left", "open_code")
    assert "name" not in people[ben]
    assert all("participants" not in room.sees(audience) for audience in OTHERS)
    counts = room.sees("public")["participation"]["participation"]
    assert (counts["joined"], counts["present"], counts["left"], counts["scribes"]) == (2, 1, 1, 1)
