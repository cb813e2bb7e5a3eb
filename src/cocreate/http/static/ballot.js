// Helps at a ballot: the running total in the server's words, buttons beside each number, ideas that move up and down.
// Only what the fields hold is sent; without this module they are filled in by hand.
const words = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
const numberIn = (field) => {
  const text = field.value.trim().replace("\u2212", "-");
  return /^-?\d{1,9}$/.test(text) ? Number(text) : null;
};
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, "\u202f");

function money(minor, { digits, currency }) {
  const unit = 10 ** Number(digits);
  const rest = minor % unit;
  return `${grouped(String((minor - rest) / unit))}${rest ? `.${String(rest).padStart(digits, "0")}` : ""}\u00a0${currency}`;
}

export function helpBallot(root) {
  const form = root.querySelector("#ballot-form");
  if (!form) return;
  if (!form.dataset.helped && !form.querySelector("fieldset[disabled]")) {
    form.dataset.helped = "yes";
    for (const row of form.querySelectorAll(".by-number > li")) addSteps(row);
    for (const row of form.querySelectorAll(".by-rank > li")) addMoves(form, row);
    // A draft that was kept comes back into the fields; the list follows.
    for (const list of form.querySelectorAll(".by-rank")) arrange(list, placed(list));
    form.addEventListener("input", () => say(form));
  }
  say(form);
}

// What a row of the ballot says: nothing, or a number (1 for a tick).
function said(row) {
  const field = row.querySelector("input:checked, .amount input");
  if (!field || !field.value.trim()) return null;
  return field.type === "checkbox" ? 1 : numberIn(field);
}

function say(form) {
  const { kind, limit, soFar, over, costs } = form.dataset;
  const rows = [...form.querySelectorAll(".choices > li")];
  let used = 0;
  let named = 0;
  let cost = 0;
  for (const row of rows) {
    const number = said(row);
    if ("squares" in form.dataset) sayPrice(row, number ?? 0);
    if (number === null || (number === 0 && kind === "number")) continue;
    named += 1;
    cost += Number(row.dataset.cost ?? 0);
    used += "squares" in form.dataset ? number * number : kind === "number" ? number : 1;
  }
  const max = limit === undefined ? Infinity : Number(limit);
  const parts = [words(soFar, { used, limit, left: max - used, named })];
  if (used > max) parts.push(words(over, { over: used - max }));
  if (kind === "rank") parts.push(...doubles(form, rows));
  if (costs) parts.push(words(costs, { cost: money(cost, form.dataset), budget: form.dataset.budget }));
  const line = form.querySelector("[data-running]");
  line.textContent = parts.join(". ");
  line.classList.toggle("over", used > max);
  const send = form.querySelector("button[value=send]");
  if (send && !form.querySelector("fieldset[disabled]")) send.disabled = used > max;
}

const sayPrice = (row, votes) => {
  row.querySelector("[data-price]").textContent = votes ? `votes, which cost ${votes * votes}` : "votes";
};

function doubles(form, rows) {
  if ("equals" in form.dataset) return [];
  const places = new Map();
  for (const row of rows) {
    const place = said(row);
    if (place !== null) places.set(place, [...(places.get(place) ?? []), `#${row.dataset.ref}`]);
  }
  return [...places]
    .filter(([, names]) => names.length > 1)
    .map(([place, names]) => words(form.dataset.double, { place, names: names.join(", ") }).replace(/\.$/, ""));
}

function button(row, sign, label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "step";
  made.textContent = sign;
  made.setAttribute("aria-label", `${label} #${row.dataset.ref}`);
  made.addEventListener("click", act);
  return made;
}

function put(field, value) {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function addSteps(row) {
  const field = row.querySelector(".amount input");
  const lowest = field.inputMode === "text" ? -Infinity : 0;
  const step = (by) => () => {
    const number = Math.max((numberIn(field) ?? 0) + by, lowest);
    put(field, number ? String(number) : "");
  };
  field.before(button(row, "−", "One less for", step(-1)));
  field.after(button(row, "+", "One more for", step(1)));
}

// Up and down move an idea by one place. Where ideas may be equal only its own number changes; else the others make room and
// the list is put into the new order.
function addMoves(form, row) {
  const field = row.querySelector(".amount input");
  const list = row.parentElement;
  const move = (by) => (event) => {
    if ("equals" in form.dataset) stepPlace(list, field, by);
    else reorder(list, row, by);
    event.currentTarget.focus();
  };
  field.after(button(row, "↑", "Move up", move(-1)), button(row, "↓", "Move down", move(1)));
}

const placed = (list) =>
  [...list.children]
    .filter((row) => (said(row) ?? 0) > 0)
    .map((row, index) => [said(row), index, row])
    .sort((one, other) => one[0] - other[0] || one[1] - other[1])
    .map(([, , row]) => row);

function stepPlace(list, field, by) {
  const places = placed(list).map(said);
  const last = Math.max(0, ...places);
  const now = numberIn(field);
  if (now === null) {
    if (by < 0) put(field, String(last + 1));
  } else put(field, now + by > last + 1 || (now === last && by > 0 && places.filter((one) => one === last).length === 1) ? "" : String(Math.max(1, now + by)));
}

function arrange(list, order) {
  const rest = [...list.children].filter((one) => !order.includes(one)).sort((one, other) => one.dataset.ref - other.dataset.ref);
  list.append(...order, ...rest);
}

function reorder(list, row, by) {
  const order = placed(list);
  const at = order.indexOf(row);
  if (at < 0 && by < 0) order.push(row);
  else if (at >= 0 && at + by >= order.length) order.pop();
  else if (at >= 0 && at + by >= 0) order.splice(at + by, 0, ...order.splice(at, 1));
  for (const one of list.children) one.querySelector(".amount input").value = order.includes(one) ? String(order.indexOf(one) + 1) : "";
  arrange(list, order);
  put(row.querySelector(".amount input"), row.querySelector(".amount input").value);
}
