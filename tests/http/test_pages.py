"""The pages from outside a browser: who may open which, what a wrong form changes, what may be kept."""

import re
from pathlib import Path

import pytest

from cocreate.http.assets import asset_path
from cocreate.http.pages import ENVIRONMENT
from cocreate.http.pages_words import DONE, NAMES, REFUSED
from cocreate.http.problems import ROWS
from cocreate.http.routes.console_deeds import DEEDS
from tests.http.house import Answer, House, Person, Room, opened_room

HTML = {"Accept": "text/html"}
OWN_PAGE = {**HTML, "Sec-Fetch-Site": "same-origin"}
NOWHERE = "00000000-0000-4000-8000-000000000000"
ROUTES = Path(__file__).parents[2] / "src" / "cocreate" / "http" / "routes"

PAGES = (
    "", "/ideas", "/ideas/{idea}", "/ideas/{idea}/edit", "/vote/{round}", "/vote/{opinion}", "/results",
    "/results/{round}", "/results/{opinion}/groups", "/outcome", "/record", "/record?at=5", "/screen",
)  # fmt: skip
CONSOLE = (
    "/console", "/console/ideas", "/console/sort", "/console/rounds", "/console/decisions", "/console/people", "/console/settings",
)  # fmt: skip


@pytest.fixture
async def room(house: House) -> Room:
    return await opened_room(house)


async def page(person: Person, path: str) -> Answer:
    return await person.get(path, headers=HTML, allow_redirects=False)


async def send(person: Person, path: str, **fields: str) -> Answer:
    return await person.ask("POST", path, data=fields, headers=OWN_PAGE, allow_redirects=False)


async def test_whoever_may_read_may_open_the_page(room: Room) -> None:
    """Everybody reads what is public; the console is for its facilitators."""
    for role in ("facilitator", "participant", "scribe", "anonymous", "host"):
        for path in PAGES:
            answer = await page(room.person(role), room.fill(f"/w/{room.id}{path}"))
            assert answer.status == 200, (role, path)
            assert answer.headers["Cache-Control"] == "private, no-cache"
        for path in CONSOLE:
            wanted = 200 if role == "facilitator" else 403
            assert (await page(room.person(role), f"/w/{room.id}{path}")).status == wanted, (role, path)


async def test_a_code_is_shown_to_nobody_from_outside(room: Room) -> None:
    """The workshop's address is public; what lets people in is not."""
    code = await room.house.service.doors.code_of(room.id)
    assert code is not None
    assert code in (await page(room.facilitator, f"/w/{room.id}/screen")).body.decode()
    for path in PAGES:
        assert code not in (await page(room.anonymous, room.fill(f"/w/{room.id}{path}"))).body.decode()


async def test_what_is_not_there_is_a_page_that_says_so(room: Room) -> None:
    """Unknown ids and odd queries are never a mistake of ours."""
    strange = ("not-an-id", NOWHERE, "%00", "..%2f..")
    for odd in strange:
        paths = (
            f"/w/{odd}",
            f"/w/{room.id}/ideas/{odd}",
            f"/w/{room.id}/vote/{odd}",
            f"/w/{room.id}/results/{odd}",
        )
        for path in (*paths, f"/j/{odd}", f"/static/{odd}/{odd}", f"/w/{odd}/console", f"/w/{odd}/screen"):
            answer = await page(room.participant, path)
            assert answer.status in (404, 405), path
            assert answer.headers["Content-Type"].startswith("text/html"), path
    for query in (
        "at=-1",
        "at=999999999",
        "at=x",
        "after=99999",
        "topic=%3Cb%3E",
        "page=0",
        "page=9999999999",
        "page=²",
    ):
        for path in ("record", "ideas"):
            assert (await page(room.participant, f"/w/{room.id}/{path}?{query}")).status == 200, (path, query)
        assert (await page(room.facilitator, f"/w/{room.id}/console/ideas?{query}")).status == 200, query


async def test_a_wrong_form_changes_nothing_and_says_why(room: Room) -> None:
    """Empty, odd or too long: the answer is a page, and the record has not moved."""
    before = await room.head()
    base = f"/w/{room.id}"
    forms: list[tuple[Person, str, dict[str, str]]] = [
        (room.participant, f"{base}/ideas", {}),
        (room.participant, f"{base}/ideas", {"text": "x" * 5001}),
        (room.participant, f"{base}/ideas", {"text": "a", "tags": "unknown"}),
        (room.participant, f"{base}/ideas", {"text": "a", "language": "<b>"}),
        (room.participant, f"{base}/ideas/{{idea}}/comments", {"text": "a", "alignment": "sideways"}),
        (room.participant, f"{base}/ideas/{NOWHERE}/comments", {"text": "a"}),
        (room.participant, f"{base}/vote/{{round}}", {"choice": NOWHERE}),
        (room.participant, f"{base}/vote/{{round}}", {"choice": "not an id"}),
        (room.participant, f"{base}/vote/{{round}}", {"counter": "-1"}),
        (room.participant, f"{base}/vote/{{opinion}}", {"option": "{idea}", "choice": "7"}),
        (room.participant, f"{base}/mine/erase", {}),
        (room.anonymous, f"{base}/ideas", {"text": "nobody"}),
        (room.anonymous, f"{base}/vote/{{round}}", {"choice": "{idea}"}),
        (room.anonymous, f"{base}/mine/leave", {}),
        (room.participant, f"{base}/desk/people", {"name": "Rosa"}),
        (room.facilitator, f"{base}/console/agenda", {"kind": "dance"}),
        (room.facilitator, f"{base}/console/reschedule", {"starts_at": "yesterday", "zone": "UTC"}),
        (room.facilitator, f"{base}/console/settings", {"tags": "UPPER CASE!"}),
        (room.facilitator, f"{base}/console/round", {"question": "?", "method": "dice"}),
        (
            room.facilitator,
            f"{base}/console/round",
            {"question": "?", "method": "approval", "choices_max": "many"},
        ),
        (room.facilitator, f"{base}/console/nothing", {}),
    ]
    for person, path, fields in forms:
        filled = {name: room.fill(value) for name, value in fields.items()}
        answer = await send(person, room.fill(path), **filled)
        assert answer.status in (303, 403, 404, 409, 422), (path, fields, answer.status)
        assert await room.head() == before, (path, fields)


async def test_the_buttons_of_the_console_are_a_facilitators(room: Room) -> None:
    """Every one of them is refused to everybody else, before its form is read."""
    before = await room.head()
    for deed in DEEDS:
        for role in ("participant", "scribe", "anonymous", "host"):
            answer = await send(room.person(role), f"/w/{room.id}/console/{deed}", activity=NOWHERE)
            assert answer.status == 403, (deed, role)
        answer = await room.facilitator.ask(
            "POST",
            f"/w/{room.id}/console/{deed}",
            data={"a": "b"},
            headers={**HTML, "Sec-Fetch-Site": "cross-site"},
        )
        assert answer.status == 403, deed
    assert await room.head() == before


async def test_following_a_link_does_not_use_it_up(room: Room) -> None:
    """A mail scanner opens it; the person's button still works, once."""
    token = await room.house.service.doors.host_link()
    one, two = room.house.person(), room.house.person()
    for person in (one, one, two):
        assert (await page(person, f"/link/{token}")).status == 200
    assert (await send(one, f"/link/{token}")).status == 303
    assert (await send(two, f"/link/{token}")).status == 404


async def test_a_link_says_beforehand_whose_place_it_may_take(room: Room) -> None:
    """A facilitator who opens a participant's way back in their own browser would stand without the console."""
    path = f"/link/{await room.house.service.doors.host_link()}"
    told = "To stay both, open the link in another browser."
    assert told in (await page(room.facilitator, path)).body.decode()
    assert told in (await page(room.participant, path)).body.decode()
    assert told not in (await page(room.house.person(), path)).body.decode()


async def test_an_unchanged_page_is_not_sent_again(room: Room) -> None:
    """The keys of its forms are fresh each time and yet do not make it another page."""
    path = f"/w/{room.id}/results"
    first = await page(room.participant, path)
    again = await room.participant.get(path, headers={**HTML, "If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    await room.participant.do(f"{room.path}/ideas", {"text": "One more"})
    changed = await room.participant.get(path, headers={**HTML, "If-None-Match": first.headers["ETag"]})
    assert changed.status == 200
    keys = re.findall(
        rb'name="key" value="([0-9a-f]{32})"', (await page(room.participant, f"/w/{room.id}")).body
    )
    more = re.findall(
        rb'name="key" value="([0-9a-f]{32})"', (await page(room.participant, f"/w/{room.id}")).body
    )
    assert keys
    assert not set(keys) & set(more)


async def test_a_long_result_is_drawn_once_for_all_and_outlives_neither_ballot_nor_text(room: Room) -> None:
    """Readers of one audience and language share the table; each new ballot and each erasure is in the next answer."""
    base, opinion = f"/w/{room.id}", room.names["opinion"]
    live = await room.house.service.reading.live(room.id)
    text = {"en": "Trees that fruit", "fr": "Des arbres fruitiers"}
    idea = await room.participant.do(f"{room.path}/ideas", {"text": text})

    async def shown(person: Person, language: str = "en", round_id: str = opinion) -> str:
        headers = {**HTML, "Accept-Language": language}
        return (await person.get(f"{base}/results/{round_id}", headers=headers)).body.decode()

    for person in (room.participant, room.scribe):
        for language, words in text.items():
            assert words in await shown(person, language)
    assert len(live.views["participant"].drawn) == 2
    assert '<span class="figure">1</span>' not in await shown(room.scribe)
    await room.participant.do(f"{room.path}/rounds/{opinion}/ballot", {"option": idea["id"], "choice": 1})
    assert '<span class="figure">1</span>' in await shown(room.scribe)
    await room.participant.do(
        f"{room.path}/texts/erase", {"position": idea["position"], "field": "text", "reason": "requested"}
    )
    assert not any(words in str(live.views) for words in text.values())
    for language, words in text.items():
        assert words not in await shown(room.scribe, language)


async def test_a_result_that_only_voters_see_is_drawn_for_each_of_them(room: Room) -> None:
    """What one's own ballot opens is not there for the next reader."""
    rules = {"question": "Which?", "rules": {"method": "support"}, "options": [room.names["idea"]]}
    opened = await room.facilitator.do(f"{room.path}/rounds", {**rules, "results": "after_own_ballot"})
    await room.participant.do(f"{room.path}/rounds/{opened['id']}/ballot", {"choice": [room.names["idea"]]})
    path = f"/w/{room.id}/results/{opened['id']}"
    for _ in range(2):
        assert "<table" in (await page(room.participant, path)).body.decode()
        assert "<table" not in (await page(room.scribe, path)).body.decode()
    live = await room.house.service.reading.live(room.id)
    assert live.views["participant"].drawn == {}


async def test_static_files_may_be_kept_for_ever_under_their_own_name_only(house: House) -> None:
    """Another version's address is served too, for a page that is older than the server, but not kept."""
    person = house.person()
    kept = await person.get(asset_path("cocreate.css"))
    assert "immutable" in kept.headers["Cache-Control"]
    assert kept.headers["Content-Encoding"] == "gzip"
    older = await person.get("/static/000000000000/cocreate.css")
    assert (older.status, older.headers["Cache-Control"]) == (200, "no-cache")
    assert (await person.get("/static/000000000000/..%2fpages.py")).status == 404


def test_every_word_that_a_page_promises_is_there() -> None:
    """Outcomes that routes name are known, and the refusals in plain words exist."""
    named = {
        code for file in ROUTES.glob("*.py") for code in re.findall(r"[?&]done=([a-z_]+)", file.read_text())
    }
    assert named
    assert named | {deed.done for deed in DEEDS.values()} <= DONE.keys()
    assert REFUSED.keys() <= ROWS.keys()
    assert all(NAMES.values())


@pytest.mark.parametrize("filtered", ["text|say", "text|brief(20)", "text|plain"])
def test_what_people_write_is_never_markup(filtered: str) -> None:
    """Neither their words nor the name of their language."""
    text = {"language": '"><i>', "texts": {'"><i>': "<b>&\n</span>"}}
    drawn = ENVIRONMENT.from_string(f"{{{{ {filtered} }}}}").render(text=text, languages_read=())
    assert "<b>" not in drawn
    assert "<i>" not in drawn
    assert "&lt;b&gt;&amp;" in drawn
    assert drawn.count("</span>") == drawn.count("<span")
