"""A region is taken over by changing only what differs: the result is the fresh one, and what stays keeps its element."""

from playwright.sync_api import Page, expect

from cocreate.http.assets import asset_path
from tests.browser.conftest import Devices
from tests.browser.people import Facilitator, create, join, submit

TAKE_OVER_AT_RANDOM = """
async ([module, seed]) => {
  const { patch, strip } = await import(module);
  let state = seed;
  const below = (count) => (state = (state * 48271) % 2147483647) % count;
  const item = (key) => `<li data-key="${key}" class="c${below(2)}">${["", "words ", "<b>bold</b>"][below(3)]}`
    + `<span${below(2) ? ' title="t"' : ""}>${below(3)}</span>`
    + `<form><input type="hidden" name="key" value="${below(1e9)}"><button>${below(2)}</button></form></li>`;
  const list = () => {
    const keys = Array.from({ length: 12 }, (_, key) => key).filter(() => below(4));
    for (let at = keys.length - 1; at > 0 && below(3); at--) {
      const other = below(at + 1);
      [keys[at], keys[other]] = [keys[other], keys[at]];
    }
    return keys.length ? `<ul>${keys.map(item).join("\\n")}</ul>` : "<p>None.</p>";
  };
  const region = () => {
    const made = document.createElement("div");
    const before = ["", "<p>Before</p>", "<h2 id='a'>A</h2>"][below(3)];
    made.innerHTML = `${before}${list()}${below(2) ? "<p class='x'>Between</p>" : ""}${list()}`;
    return made;
  };
  const told = (node) => strip(node.innerHTML).replace(/\\n/g, "");
  const held = region();
  for (let turn = 0; turn < 400; turn++) {
    const fresh = region();
    const wanted = told(fresh);
    const before = told(held);
    patch(held, fresh);
    if (told(held) !== wanted) return [before, wanted, told(held)];
  }
  return [];
}
"""


def test_whatever_was_there_the_result_is_what_was_sent(devices: Devices) -> None:
    """Items that come, go, move and change, beside parts that have no key."""
    page = devices()
    page.goto("/")
    for seed in (1, 7, 2026):
        assert page.evaluate(TAKE_OVER_AT_RANDOM, [asset_path("patch.js"), seed]) == []


def test_what_stays_keeps_its_element(workshop: Facilitator, devices: Devices) -> None:
    """A new idea moves the others down; the browser need not draw them again."""
    ana = join(devices(), workshop.code)
    submit(ana, workshop.workshop, "The first.")
    screen = workshop.page
    screen.goto(f"/w/{workshop.workshop}/screen?show=ideas")
    screen.evaluate("document.querySelector('.wall li').drawnOnce = true")
    submit(ana, workshop.workshop, "The second.")
    expect(screen.locator(".wall li")).to_have_count(2)
    assert "The second" in screen.locator(".wall li").nth(0).inner_text()
    assert screen.locator(".wall li").nth(1).evaluate("one => one.drawnOnce") is True


def test_what_somebody_has_unfolded_stays_open_while_it_changes(host_page: Page, devices: Devices) -> None:
    """The agenda, as the facilitator moves on; the focus is elsewhere by then."""
    workshop = create(host_page, template="idea_evening")
    workshop.open_workshop()
    ana = join(devices(), workshop.code)
    ana.goto(f"/w/{workshop.workshop}")
    ana.get_by_text("The agenda").click()
    ana.locator("#head h1").click()
    for state in ("current", "done"):
        workshop.next()
        expect(ana.locator(f"#agenda .{state}")).to_be_visible()
