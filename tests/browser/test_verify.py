"""The record page verifies the record by itself: what it says is proven is, and each fault is told for what it is."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.people import Facilitator, create, device, join
from tests.browser.served import Served
from tests.browser.test_every_page import violations


class Long(NamedTuple):
    """A record of more than one tile; in its last bundle are two ballots that nobody may read yet."""

    workshop: Facilitator
    ana: Page

    @property
    def base(self) -> str:
        return f"/w/{self.workshop.workshop}"


@pytest.fixture(scope="module")
def long(browser: Browser, server: Served, host_page: Page) -> Iterator[Long]:
    workshop = create(host_page, template="none")
    workshop.open_workshop()
    ana = join(device(browser, server), workshop.code)
    ben = join(device(browser, server), workshop.code)
    for number in range(130):  # of each: one sender alone would be told to wait
        for author in (ana, ben):
            post(author, workshop, "ideas", {"text": f"Idea {number}, with words in it – and a dash."})
    round_id = workshop.open_round("Which?", results="after_closing", method="support")
    for _ in range(2):
        post(ana, workshop, f"rounds/{round_id}/ballot", {"choice": []})
    yield Long(workshop, ana)
    ana.context.close()
    ben.context.close()


def post(page: Page, workshop: Facilitator, path: str, body: Any) -> None:
    answer = page.request.post(
        f"/api/workshops/{workshop.workshop}/{path}",
        data=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status == 201, answer.text()


@pytest.fixture
def page(long: Long, browser: Browser, server: Served) -> Iterator[Page]:
    """A stranger's device."""
    stranger = device(browser, server)
    yield stranger
    stranger.context.close()


def spoil(page: Page, pattern: str, change: Callable[[bytes], bytes]) -> None:
    """Between server and device, files of that name are changed."""

    def handle(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=change(answer.body()))

    page.route(pattern, handle)


def flipped(body: bytes) -> bytes:
    return bytes([*body[:-1], body[-1] ^ 1])


def verify(page: Page, long: Long) -> None:
    page.goto(f"{long.base}/record")
    page.get_by_role("button", name="Verify the whole record").click()


def verdict(page: Page, case: str) -> Locator:
    return page.locator(f"[data-verdict] li[data-case={case}]")


def told(page: Page) -> list[str]:
    """The cases that are shown."""
    found: list[str] = page.eval_on_selector_all(
        "[data-verdict] li[data-case]:not([hidden])", "(all) => all.map((one) => one.dataset.case)"
    )
    return sorted(found)


def test_an_honest_record_is_proven_in_plain_words(page: Page, long: Long) -> None:
    """What was proven and what not: the words are the projector's, and the votes that wait are counted."""
    page.goto(f"{long.base}/record")
    expect(page.locator("[data-memory] [data-case=first]")).to_be_visible()
    verify(page, long)
    expect(verdict(page, "proven")).to_be_visible()
    assert told(page) == ["proven", "rules", "seen", "signed", "withheld"]
    words = page.locator("section.card strong[translate=no]").first.inner_text()
    assert words.count("-") == 5
    expect(verdict(page, "proven").locator("[data-fill=words]")).to_have_text(words)
    expect(verdict(page, "withheld").locator("[data-fill=withheld]")).to_have_text("2")
    vkey = page.request.get(f"{long.base}/log/vkey").text().strip()
    expect(verdict(page, "signed")).to_contain_text(vkey)
    expect(page.get_by_role("button", name="Verify the whole record")).to_be_visible()
    assert violations(page) == []


def other_hash(answer: bytes) -> bytes:
    """Another hash in place of an entry that nobody may read."""
    told = json.loads(answer)
    waits = next(one for one in told["items"] if "entry" not in one)
    waits["leaf"] = "00" * 32
    return json.dumps(told).encode()


FAULTS: dict[str, tuple[str, Callable[[bytes], bytes], str, str]] = {
    "an entry": ("**/tile/entries/000", flipped, "entry", "tile/entries/000, 255"),
    "a bundle that is cut": ("**/tile/entries/000", lambda body: body[:-1], "bundle", "tile/entries/000"),
    "a bundle with one entry more": (
        "**/tile/entries/000", lambda body: body + b"\0\1x", "bundle", "tile/entries/000",
    ),
    "a hash of an entry": ("**/tile/0/000", flipped, "tiles", "tile/0/000"),
    "a tile that is cut": ("**/tile/0/000", lambda body: body[:-32], "tiles", "tile/0/000"),
    "a hash above": ("**/tile/1/**", flipped, "tiles", "tile/1/000.p/1"),
    "the hash of a vote that waits": (
        "**/entries?after=*", other_hash, "entry", "tile/entries/001",
    ),
    "the signed statement": (
        "**/checkpoint",
        lambda note: note.replace(note.split(b"\n")[2], base64.b64encode(bytes(32))),
        "signature",
        "",
    ),
    "its end": ("**/checkpoint", lambda note: note[:-1], "malformed", "checkpoint"),
    "its key": ("**/checkpoint", lambda note: note.replace(b"cocreate-", b"cocreatf-"), "unsigned", ""),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_for_what_it_is(page: Page, long: Long, fault: str) -> None:
    """With the file it is in, and nothing is called proven beside it."""
    pattern, change, case, place = FAULTS[fault]
    page.goto(f"{long.base}/record")
    spoil(page, pattern, change)
    page.get_by_role("button", name="Verify the whole record").click()
    expect(verdict(page, case)).to_be_visible()
    assert told(page) == [case]
    expect(verdict(page, case)).to_contain_text(place)


def test_what_this_device_saw_before_is_held_against_every_entry(page: Page, long: Long) -> None:
    """A memory of another past is told beside what is proven."""
    page.goto(f"{long.base}/record")
    expect(page.locator("[data-memory] [data-case=first]")).to_be_visible()
    page.evaluate(
        """(record) => {
            const place = `cocreate:seen:${record}`;
            const seen = JSON.parse(localStorage.getItem(place));
            const lines = seen.note.split("\\n");
            lines[1] = "7";
            localStorage.setItem(place, JSON.stringify({ ...seen, note: lines.join("\\n") }));
        }""",
        long.workshop.workshop,
    )
    page.get_by_role("button", name="Verify the whole record").click()
    expect(verdict(page, "seen-bad")).to_be_visible()
    assert "seen" not in told(page)


def test_it_can_be_stopped_and_proves_nothing_then(page: Page, long: Long) -> None:
    """The second bundle never comes."""
    page.goto(f"{long.base}/record")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/tile/entries/001**", hold)
    page.get_by_role("button", name="Verify the whole record").click()
    expect(page.locator("[data-count]")).to_contain_text("256 / ")
    expect(page.get_by_role("progressbar", name="Entries verified")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(verdict(page, "stopped")).to_be_visible()
    assert told(page) == ["stopped"]
    for route in held:
        route.abort()


def test_a_file_that_does_not_come_proves_nothing(page: Page, long: Long) -> None:
    """It is no fault of the record."""
    page.goto(f"{long.base}/record")
    page.route("**/tile/0/001**", lambda route: route.abort())
    page.get_by_role("button", name="Verify the whole record").click()
    expect(verdict(page, "unreached")).to_be_visible()
    assert told(page) == ["unreached"]


def test_told_to_wait_it_waits(page: Page, long: Long) -> None:
    """A long record has more files than one browser may ask for at once."""
    refused: list[str] = []

    def handle(route: Route) -> None:
        if len(refused) < 3:
            refused.append(route.request.url)
            route.fulfill(status=429, headers={"Retry-After": "1"}, body="")
        else:
            route.continue_()

    page.goto(f"{long.base}/record")
    page.route("**/tile/**", handle)
    page.get_by_role("button", name="Verify the whole record").click()
    expect(verdict(page, "proven")).to_be_visible()
    assert len(refused) == 3


def test_without_a_way_to_check_signatures_it_says_so(page: Page, long: Long) -> None:
    """As on plain HTTP: the hashes are proven, the signature is not."""
    page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined });")
    verify(page, long)
    expect(verdict(page, "unsigned-here")).to_be_visible()
    assert "signed" not in told(page)
    assert "proven" in told(page)


def fragment(note: str, *, size: int | None = None, spoiled: bool = False) -> str:
    """What a projector's code has behind the #, for a signed state."""
    _, count, root, *_ = note.split("\n")
    shown = base64.urlsafe_b64encode(flipped(base64.b64decode(root)) if spoiled else base64.b64decode(root))
    return f"#seen={size or count}.{shown.decode().rstrip('=')}"


def test_what_was_scanned_is_compared_at_once(page: Page, long: Long) -> None:
    """The honest code, one of another record, one of a longer record, one that is no code."""
    note = page.request.get(f"{long.base}/log/checkpoint").text()
    post(long.ana, long.workshop, "ideas", {"text": "One later."})
    scanned = page.locator("[data-scanned]")
    for case, behind in {
        "good": fragment(note),
        "forked": fragment(note, spoiled=True),
        "rewound": fragment(note, size=9999),
        "malformed": "#seen=12.short",
    }.items():
        page.goto("about:blank")
        page.goto(f"{long.base}/record{behind}")
        expect(scanned.locator(f"[data-case={case}]")).to_be_visible()
        assert scanned.locator("[data-case]").locator("visible=true").count() == 1
    assert violations(page) == []
    page.goto("about:blank")
    page.goto(f"{long.base}/record{fragment(note)}")
    page.get_by_role("button", name="Verify the whole record").click()
    expect(verdict(page, "shown")).to_be_visible()


def test_what_was_scanned_never_reaches_the_server(page: Page, long: Long) -> None:
    """So it cannot have an answer ready for whoever scanned it."""
    note = page.request.get(f"{long.base}/log/checkpoint").text()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url + (request.post_data or "")))
    page.goto(f"{long.base}/record{fragment(note)}")
    expect(page.locator("[data-scanned] [data-case=good]")).to_be_visible()
    assert asked
    assert not any(
        "seen=" in one.partition("#")[0] or fragment(note)[8:] in one.partition("#")[0] for one in asked
    )


def test_a_saved_receipt_is_checked_on_the_device(page: Page, long: Long, tmp_path: Path) -> None:
    """One that is honest, with the record longer since; a changed one, one of another record's past, and any other file."""
    good = page.request.get(f"{long.base}/log/receipts/258").body()
    post(long.ana, long.workshop, "ideas", {"text": "One later still."})
    head, _, note = good.partition(b"\n\n")
    lines = head.split(b"\n")
    swapped = b"\n".join([*lines[:2], lines[3], lines[2], *lines[4:]]) + b"\n\n" + note
    told = {
        "good": good,
        "proof": swapped,
        "signature": good.replace(note.split(b"\n")[2], base64.b64encode(bytes(32))),
        "malformed": good[1:],
        "unsigned": good.replace(b"cocreate-", b"cocreatf-"),
    }
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{long.base}/record")
    # As for people: it is not there before it is listened to, and a file may be given to what is hidden.
    expect(page.get_by_label("Receipt that you saved")).to_be_visible()
    for case, content in told.items():
        file = tmp_path / f"{case}.tlog-proof"
        file.write_bytes(content)
        page.get_by_label("Receipt that you saved").set_input_files(file)
        expect(page.locator(f"[data-told] [data-case={case}]")).to_be_visible()
        assert page.locator("[data-told] [data-case]").locator("visible=true").count() == 1
    assert not any("258" in one.rpartition("/w/")[2].partition("/log")[2] for one in asked)
    page.get_by_label("Receipt that you saved").set_input_files(tmp_path / "good.tlog-proof")
    expect(page.locator("[data-told] [data-case=good]")).to_contain_text("entry 258 stands in this record")
    spoil(page, "**/tile/0/**", lambda body: bytes([*body[:64], body[64] ^ 1, *body[65:]]))
    page.get_by_label("Receipt that you saved").set_input_files([])
    page.get_by_label("Receipt that you saved").set_input_files(tmp_path / "good.tlog-proof")
    expect(page.locator("[data-told] [data-case=tiles]")).to_be_visible()
    assert violations(page) == []
