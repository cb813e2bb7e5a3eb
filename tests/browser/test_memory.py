"""A device remembers what it saw of a record, and tells a record that is another one from a network that is down."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.people import create, device, host, join
from tests.browser.served import ROOT, Served, served
from tests.browser.test_every_page import violations

VECTORS = ROOT.parent / "shared" / "vectors"
LINES = "— "
OTHERS_IDEAS = 80
"""More than these tests send to the first server, so that the other's record is the longer one."""


class Twins(NamedTuple):
    """Two servers with one record, its key and all, that each went on for themselves; `page` is a device at the first."""

    one: Served
    other: Served
    workshop: str
    code: str
    another: str
    """A second record of the first server."""


@pytest.fixture(scope="module")
def twins(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    folder, copy = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("copies") / "other"
    with served(folder) as begun:
        page = host(device(browser, begun, desk=True), begun)
        first = create(page, template="none")
        first.open_workshop()
        another = create(page, template="none")
        page.context.close()
    shutil.copytree(folder, copy)
    with served(folder, urlsplit(begun.url).port or 0) as one, served(copy) as other:
        for server, ideas in ((one, 1), (other, OTHERS_IDEAS)):
            ben = join(device(browser, server), first.code)
            for number in range(ideas):
                propose(ben, first.workshop, f"Idea {number}")
            ben.context.close()
        yield Twins(one, other, first.workshop, first.code, another.workshop)


@pytest.fixture
def phone(browser: Browser, twins: Twins) -> Iterator[Page]:
    """Somebody who takes part at the first server, and whose device has seen the record there."""
    page = join(device(browser, twins.one), twins.code)
    mine(page, twins)
    expect(shown(page, "[data-memory]", "first", "same")).to_be_visible()
    yield page
    page.context.close()


def propose(page: Page, workshop: str, text: str) -> None:
    """Send an idea as a program does, whatever is like it."""
    said = page.request.post(
        f"/api/workshops/{workshop}/ideas",
        data=json.dumps({"text": text}),
        headers={"Content-Type": "application/json"},
    )
    assert said.status == 201


def mine(page: Page, twins: Twins) -> None:
    page.goto(f"/w/{twins.workshop}/mine")


def memory(page: Page, case: str) -> Locator:
    return page.locator(f"[data-memory] [data-case={case}]")


def shown(page: Page, within: str, *cases: str) -> Locator:
    """Whichever of these cases is told."""
    return page.locator(", ".join(f"{within} [data-case={case}]:not([hidden])" for case in cases))


def alarm(page: Page, case: str) -> Locator:
    return page.locator(f"#alarm [data-case={case}]")


def look_again(page: Page, twins: Twins) -> None:
    """Another visit."""
    mine(page, twins)


def more(page: Page, twins: Twins) -> None:
    """The record grows by an idea of this device's."""
    propose(page, twins.workshop, "One more idea.")


def spoil(page: Page, pattern: str, change: Callable[[bytes], bytes]) -> None:
    """Between server and device, files of that name are changed."""

    def handle(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=change(answer.body()))

    page.route(f"**/log/{pattern}", handle)


def redirect(page: Page, twins: Twins) -> None:
    """From here on the log comes from the other server."""

    def handle(route: Route) -> None:
        path = urlsplit(route.request.url).path
        route.fulfill(response=route.fetch(url=f"{twins.other.url}{path}"))

    page.route("**/log/**", handle)


def flipped(body: bytes) -> bytes:
    return bytes([body[0] ^ 1, *body[1:]])


def test_what_was_seen_is_the_beginning_of_today(phone: Page, twins: Twins) -> None:
    """Each visit compares with the one before, also after the record has outgrown a tile."""
    look_again(phone, twins)
    expect(memory(phone, "same")).to_be_visible()
    more(phone, twins)
    look_again(phone, twins)
    expect(memory(phone, "grown")).to_contain_text("are the beginning of today")
    expect(memory(phone, "unchecked")).to_be_hidden()
    expect(phone.locator("#alarm")).to_be_hidden()


def test_a_forked_record_is_told_with_both_states(phone: Page, twins: Twins) -> None:
    """The other state has a good signature: memory alone tells. It is told again on every page until somebody goes on with it."""
    redirect(phone, twins)
    look_again(phone, twins)
    expect(alarm(phone, "forked")).to_be_visible()
    expect(alarm(phone, "forked")).to_contain_text("is not the one that this device saw on")
    expect(alarm(phone, "unchecked")).to_be_hidden()
    assert violations(phone) == []
    with phone.expect_download() as saved:
        phone.get_by_role("link", name="Save both states").click()
    notes = Path(saved.value.path()).read_text()
    assert notes.count(LINES) == 2
    assert notes.startswith(notes.split("\n")[3].partition("+")[0])
    phone.unroute("**/log/**")
    phone.goto(f"/w/{twins.workshop}/ideas")
    expect(alarm(phone, "forked")).to_be_visible()
    phone.get_by_role("button", name="Go on with today's record").click()
    expect(phone.locator("#alarm")).to_be_hidden()
    look_again(phone, twins)
    # It is "first" where the page was left before today's record had been fetched.
    expect(shown(phone, "[data-memory]", "first", "same")).to_be_visible()
    look_again(phone, twins)
    expect(memory(phone, "same")).to_be_visible()


def test_a_record_that_was_put_back_is_told(phone: Page, twins: Twins) -> None:
    """An older state, which was signed once."""
    older = phone.request.get(f"/w/{twins.workshop}/log/checkpoint").body()
    more(phone, twins)
    look_again(phone, twins)
    expect(memory(phone, "grown")).to_be_visible()
    spoil(phone, "checkpoint", lambda _: older)
    look_again(phone, twins)
    expect(alarm(phone, "rewound")).to_be_visible()
    expect(alarm(phone, "rewound")).to_contain_text("Nothing is ever taken out of a record")


def test_a_spoiled_tile_is_not_taken_for_another_record(phone: Page, twins: Twins) -> None:
    """What does not lead to the signed root says nothing about what was seen; and by the next visit it may be mended."""
    more(phone, twins)
    spoil(phone, "tile/**", flipped)
    look_again(phone, twins)
    expect(alarm(phone, "tiles")).to_be_visible()
    expect(alarm(phone, "forked")).to_be_hidden()
    phone.unroute("**/log/tile/**")
    look_again(phone, twins)
    expect(memory(phone, "grown")).to_be_visible()
    expect(phone.locator("#alarm")).to_be_hidden()


def test_a_changed_statement_is_told_by_its_signature(phone: Page, twins: Twins) -> None:
    """The root or the size of the signed text, one character of it."""

    def other_root(note: bytes) -> bytes:
        lines = note.split(b"\n")
        lines[2] = base64.b64encode(flipped(base64.b64decode(lines[2])))
        return b"\n".join(lines)

    spoil(phone, "checkpoint", other_root)
    look_again(phone, twins)
    expect(alarm(phone, "signature")).to_be_visible()


def test_another_key_is_told(phone: Page, twins: Twins) -> None:
    """The state of another record, signed well, but not by the key that this one is known by."""
    foreign = phone.request.get(f"/w/{twins.another}/log/checkpoint").body()
    spoil(phone, "checkpoint", lambda _: foreign)
    look_again(phone, twins)
    expect(alarm(phone, "unsigned")).to_be_visible()


def test_what_cannot_be_read_is_told(phone: Page, twins: Twins) -> None:
    """Cut, or with a number that is spelt in another way."""
    spoil(phone, "checkpoint", lambda note: note[:-1])
    look_again(phone, twins)
    expect(alarm(phone, "malformed")).to_be_visible()


@pytest.mark.parametrize("fault", ["down", "stopping", "missing"])
def test_a_network_that_is_down_alarms_nobody(phone: Page, twins: Twins, fault: str) -> None:
    """It says nothing about the record, and so does the page."""
    status = {"stopping": 503, "missing": 404}

    def handle(route: Route) -> None:
        if fault == "down":
            route.abort()
        else:
            route.fulfill(status=status[fault], body="")

    more(phone, twins)
    phone.route("**/log/tile/**" if fault == "missing" else "**/log/**", handle)
    look_again(phone, twins)
    expect(memory(phone, "unreached")).to_be_visible()
    expect(phone.locator("#alarm")).to_be_hidden()


@pytest.mark.parametrize("lacks", ["Ed25519", "crypto.subtle"])
def test_without_web_crypto_hashes_are_checked_and_the_page_says_so(
    browser: Browser, twins: Twins, lacks: str
) -> None:
    """As on plain HTTP in a hall: a fork is found all the same."""
    page = join(device(browser, twins.one), twins.code)
    missing = {
        "Ed25519": "crypto.subtle.importKey = async () => { throw new DOMException('no', 'NotSupportedError'); };",
        "crypto.subtle": "Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined });",
    }
    page.add_init_script(missing[lacks])
    mine(page, twins)
    expect(memory(page, "unchecked")).to_be_visible()
    more(page, twins)
    mine(page, twins)
    expect(memory(page, "grown")).to_be_visible()
    expect(memory(page, "unchecked")).to_be_visible()
    redirect(page, twins)
    mine(page, twins)
    expect(shown(page, "#alarm", "forked", "rewound")).to_be_visible()
    expect(alarm(page, "unchecked")).to_be_visible()
    page.context.close()


def test_a_device_that_keeps_nothing_says_so(browser: Browser, twins: Twins) -> None:
    """A private window may have no storage."""
    page = join(device(browser, twins.one), twins.code)
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full'); };")
    mine(page, twins)
    expect(memory(page, "unkept")).to_be_visible()
    page.context.close()


def test_no_more_than_a_hundred_records_are_remembered(phone: Page, twins: Twins) -> None:
    """The one that was looked at longest ago makes room."""
    kept = phone.evaluate(
        """async (static) => {
            const { keep } = await import(`${static}/memory.js`);
            for (let number = 0; number < 120; number++) {
                const time = Date.now;
                Date.now = () => 1000 + number;
                keep(`record-${number}`, "key", "note", 0);
                Date.now = time;
            }
            return Object.keys(localStorage).filter((place) => place.startsWith("cocreate:seen:")).sort();
        }""",
        static_of(phone),
    )
    assert len(kept) == 100
    assert f"cocreate:seen:{twins.workshop}" in kept
    assert "cocreate:seen:record-119" in kept
    assert "cocreate:seen:record-5" not in kept


def static_of(page: Page) -> str:
    """Where the page's modules are."""
    source = page.locator("script[type=module]").get_attribute("src")
    assert source is not None
    return source.rpartition("/")[0]


def test_hashes_and_proofs_are_right_in_the_browser(phone: Page) -> None:
    """SHA-256 beside the browser's own, and every case of a proof in the shared vectors."""
    if not VECTORS.exists():
        pytest.skip("../shared/vectors is not here")
    differing = phone.evaluate(
        """async (static) => {
            const { sha256, equal } = await import(`${static}/hashes.js`);
            const differing = [];
            for (const length of [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000, 65536]) {
                const bytes = crypto.getRandomValues(new Uint8Array(length));
                const own = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
                if (!equal(sha256(bytes), own)) differing.push(length);
            }
            return differing;
        }""",
        static_of(phone),
    )
    assert differing == []
    cases = json.loads((VECTORS / "merkle_proof_cases.json").read_text())["cases"]
    leaves = json.loads((VECTORS / "rfc6962_8leaves.json").read_text())
    answer = phone.evaluate(
        """async ([static, cases, leaves]) => {
            const { equal, leafHash, Frontier } = await import(`${static}/hashes.js`);
            const { beginnings, rootsOf, rootWith, base64 } = await import(`${static}/tlog.js`);
            const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
            const refused = ({ kind, size1, size2, root1, root2, proof, leafHash, leafIdx, treeSize, root }) => {
                try {
                    if (kind === "inclusion") {
                        const [leaf, top, ...beside] = [leafHash, root, ...(proof ?? [])].map((one) => base64(one));
                        return !equal(rootWith(leaf, leafIdx, treeSize, beside), top);
                    }
                    const [then, now, ...hashes] = [root1, root2, ...(proof ?? [])].map((one) => base64(one));
                    if (size1 < 1) return true;
                    if (size1 === size2) return hashes.length > 0 || !equal(then, now);
                    const made = rootsOf(size1, size2, size1 & (size1 - 1) ? hashes : [then, ...hashes]);
                    return !equal(made[0], then) || !equal(made[1], now);
                } catch {
                    return true;
                }
            };
            const wrong = cases.filter((one) => refused(one) !== one.wantErr).map((one) => one.file);
            const hashes = leaves.leaves_hex.map((one) => leafHash(hex(one)));
            const tile = new Uint8Array(hashes.flatMap((one) => [...one]));
            const roots = [new Frontier()];
            const made = [roots[0].root()];
            for (const hash of hashes) {
                roots[0].append(hash);
                made.push(roots[0].root());
            }
            leaves.roots_by_size.forEach((root, size) => equal(made[size], hex(root)) || wrong.push(`root ${size}`));
            for (const { old, new: size, proof } of leaves.consistency) {
                const all = await beginnings(async () => tile, old, size);
                const ours = old & (old - 1) || old === size ? all : all.slice(1);
                const wanted = old === size ? [hex(leaves.roots_by_size[old])] : proof.map(hex);
                const same = ours.length === wanted.length && ours.every((one, at) => equal(one, wanted[at]));
                if (!same) wrong.push(`proof ${old} ${size}`);
            }
            return [wrong, cases.filter(refused).length];
        }""",
        [static_of(phone), cases, leaves],
    )
    assert answer == [[], sum(one["wantErr"] for one in cases)]
    assert len(cases) == 196


def test_signed_notes_are_read_as_strictly_as_by_the_server(phone: Page) -> None:
    """The published log's checkpoints open with its key; each with one byte changed does not."""
    if not VECTORS.exists():
        pytest.skip("../shared/vectors is not here")
    log = json.loads((VECTORS / "tessera_log.json").read_text())
    notes = list(log["checkpoints_by_size"].values())
    opened, passed = phone.evaluate(
        """async ([static, vkey, notes]) => {
            const { openCheckpoint } = await import(`${static}/tlog.js`);
            const opened = [];
            const passed = [];
            for (const note of notes) {
                const bytes = new TextEncoder().encode(note);
                opened.push((await openCheckpoint(bytes, vkey)).signed);
            }
            const bytes = new TextEncoder().encode(notes.at(-1));
            for (let at = 0; at < bytes.length; at++) {
                for (const bit of [1, 4, 32]) {
                    const spoiled = bytes.slice();
                    spoiled[at] ^= bit;
                    try {
                        await openCheckpoint(spoiled, vkey);
                        passed.push([at, bit]);
                    } catch (error) {
                        if (error.name !== "Error" || !error.reason) throw error;
                    }
                }
            }
            return [opened, passed];
        }""",
        [static_of(phone), log["vkey"], notes],
    )
    assert opened == [True] * len(notes)
    assert passed == []
