// This device remembers the last signed state that it saw of each record, and on each visit has today's shown to begin with it. Whoever holds
// the record's key can sign another past; they cannot make a phone forget what it saw. It runs when the page has nothing better to do.
import { Bad, Unreached, fetched, openCheckpoint, parseCheckpoint, parseNote, requireGrown, tileReader } from "./tlog.js";

const SEEN = "cocreate:seen:";
const FORK = "cocreate:fork:";
const RECORDS_MAX = 100; // remembered at once; the one that was looked at longest ago makes room
const PAUSE_MS = 30_000; // between two looks, on pages that do not show what came of them
const AGAIN_MS = 2_000; // a node that lags behind, or a spoiled transfer, is not told as a fault: it is asked once more

const PROVEN = ["forked", "rewound", "unsigned", "signature"]; // told on every visit from then on; anything else may be gone by the next

const bytes = (text) => new TextEncoder().encode(text);
export const logOf = (record) => `/w/${record}/log`;

function read(place) {
  try {
    return JSON.parse(localStorage.getItem(place));
  } catch {
    return null;
  }
}

function write(place, said) {
  try {
    if (said === null) localStorage.removeItem(place);
    else localStorage.setItem(place, JSON.stringify(said));
    return true;
  } catch {
    return false;
  }
}

function places() {
  try {
    return Object.keys(localStorage).filter((place) => place.startsWith(SEEN));
  } catch {
    return [];
  }
}

// What was seen of a record: {size, root, time, vkey, note}, or null.
export function recall(record) {
  const seen = read(SEEN + record);
  try {
    return seen && { ...seen, ...parseCheckpoint(parseNote(bytes(seen.note)).text) };
  } catch {
    return null;
  }
}

export function keep(record, vkey, note, time) {
  const known = places();
  if (known.length >= RECORDS_MAX && !known.includes(SEEN + record)) {
    const looked = new Map(known.map((place) => [place, read(place)?.checked ?? 0]));
    write(known.reduce((one, other) => (looked.get(other) < looked.get(one) ? other : one)), null);
  }
  return write(SEEN + record, { vkey, note, time, checked: Date.now() });
}

// {reason, seen, now, signed}: first, same or grown; or what is wrong, with both notes. Raises Unreached.
async function look(record, seen) {
  const log = logOf(record);
  const vkey = seen?.vkey ?? new TextDecoder().decode(await fetched(`${log}/vkey`)).trimEnd();
  const raw = await fetched(`${log}/checkpoint`, undefined, "no-store");
  const note = new TextDecoder().decode(raw);
  let now = null;
  try {
    now = { ...(await openCheckpoint(raw, vkey)), note };
    if (seen) await requireGrown(tileReader(log, now.size), seen, now);
    return { reason: !seen ? "first" : now.size > seen.size ? "grown" : "same", seen, now, vkey, signed: now.signed };
  } catch (error) {
    if (!(error instanceof Bad)) throw error;
    let size = null;
    try {
      ({ size } = parseCheckpoint(parseNote(raw).text));
    } catch {
      // It says no size.
    }
    return { reason: error.reason, place: error.place, wrong: true, seen, now: { note, size }, vkey, signed: now?.signed ?? true };
  }
}

export async function remember(record) {
  const slot = document.querySelector("[data-memory]");
  const held = read(FORK + record);
  if (held) {
    alarm(record, held);
    return;
  }
  const seen = recall(record);
  if (!slot && seen && Date.now() - seen.checked < PAUSE_MS) return;
  let found;
  try {
    found = await look(record, seen);
    if (found.wrong) {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
      found = await look(record, seen);
    }
  } catch (error) {
    if (!(error instanceof Unreached)) throw error;
    show(slot, ["unreached"], {});
    return;
  }
  const { reason, now, signed } = found;
  if (found.wrong) {
    const fork = { reason, place: found.place, vkey: found.vkey, signed, seen: seen?.note ?? "", seenTime: seen?.time, now: now.note, nowTime: Date.now(), sizes: [seen?.size, now.size] };
    if (PROVEN.includes(reason)) write(FORK + record, fork);
    alarm(record, fork);
    return;
  }
  const kept = keep(record, found.vkey, now.note, Date.now());
  const cases = [kept ? reason : "unkept", ...(signed ? [] : ["unchecked"])];
  show(slot, cases, { seen: seen?.time, "seen-size": seen?.size, "now-size": now.size });
}

function alarm(record, fork) {
  const place = document.getElementById("alarm");
  if (!place) return;
  show(document.querySelector("[data-memory]"), [], {});
  const [then, now] = fork.sizes;
  const cases = [fork.reason, ...(fork.signed ? [] : ["unchecked"])];
  show(place, cases, { seen: fork.seenTime, "seen-size": then, "now-size": now ?? "?", place: fork.place });
  place.hidden = false;
  const link = place.querySelector("[data-evidence]");
  const said = `${fork.vkey}\n\n${new Date(fork.seenTime ?? 0).toISOString()}\n${fork.seen}\n${new Date(fork.nowTime).toISOString()}\n${fork.now}`;
  link.href = URL.createObjectURL(new Blob([said], { type: "text/plain" }));
  link.download = `two-states-of-${record}.txt`;
  place.querySelector("[data-forget]").onclick = () => {
    write(FORK + record, null);
    write(SEEN + record, null);
    place.hidden = true;
    remember(record);
  };
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const digits = new Intl.NumberFormat("en", { useGrouping: true });
const grouped = (count) => (typeof count === "number" ? digits.format(count).replaceAll(",", "\u202f") : count);

// Of the sentences that the server wrote, those whose case it is, with their numbers, times and names.
export function show(place, cases, facts) {
  if (!place) return;
  for (const one of place.querySelectorAll("[data-case]")) one.hidden = !cases.includes(one.dataset.case);
  for (const blank of place.querySelectorAll("[data-fill]")) {
    const fact = facts[blank.dataset.fill];
    if (fact === undefined || fact === null) continue;
    if (blank.nodeName === "TIME") {
      blank.dateTime = new Date(fact).toISOString();
      blank.textContent = moment.format(new Date(fact));
    } else blank.textContent = grouped(fact);
  }
}
