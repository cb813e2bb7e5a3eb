// The record page's own check: every entry is fetched and hashed up to the signed root, in slices that leave the page alive. What was
// scanned from a projector stands behind the # of the address, which no browser sends to the server: it is compared here.
import { Frontier, HASH_BYTES, equal, fold, leafHash } from "./hashes.js";
import { logOf, recall, show } from "./memory.js";
import { Bad, Unreached, WIDTH, base64, fetched, openCheckpoint, parseBundle, parseReceipt, requireGrown, rootWith, tilePath, tileReader, tileRoot, treeRoot, widthOf } from "./tlog.js";
import { WORDS } from "./words.js";

const SLICE_BYTES = 60_000; // hashed without a pause: some 15 ms of an old phone
const ENTRY_COST_BYTES = 200; // an entry's own blocks and its node, beside its bytes
const AHEAD = 4; // bundles that are fetched while one is hashed

// A root's first 60 bits in six words, as the projector and the pages say them.
export function checkWords(root) {
  return [0, 10, 20, 30, 40, 50]
    .map((bit) => {
      const at = bit >> 3;
      return WORDS[(((root[at] << 16) | (root[at + 1] << 8) | root[at + 2]) >> (14 - (bit & 7))) & 1023];
    })
    .join("-");
}

const pause = () => (globalThis.scheduler?.yield ? scheduler.yield() : new Promise((done) => setTimeout(done)));

// A log that is hashed again: by level, the hashes of its unfinished tile and how many tiles of it were finished.
class Rehashed {
  constructor() {
    this.levels = [];
    this.size = 0;
  }

  // Add leaves one by one; `finished` is told of every full tile as (level, index, hashes).
  append(leaf, finished) {
    this.size += 1;
    this.add(0, leaf, finished);
  }

  add(number, hash, finished) {
    const level = (this.levels[number] ??= { frontier: new Frontier(), hashes: [], done: 0 });
    level.frontier.append(hash);
    level.hashes.push(hash);
    if (level.hashes.length < WIDTH) return;
    const root = level.frontier.root();
    finished(number, level.done, level.hashes);
    this.levels[number] = { frontier: new Frontier(), hashes: [], done: level.done + 1 };
    this.add(number + 1, root, finished);
  }

  root() {
    return fold([...this.levels].reverse().flatMap((level) => level.frontier.subtrees));
  }
}

// The leaf hashes of a bundle whose entries may be read, or of one that the server withholds, whose own hashes stand for those.
async function bundle(record, index, size, signal) {
  const path = tilePath("entries", index, size);
  const width = widthOf(0, index, size);
  try {
    return { entries: parseBundle(await fetched(`${logOf(record)}/${path}`, signal), width, path), path };
  } catch (error) {
    if (!(error instanceof Unreached) || error.status !== 403) throw error;
    const asked = `/api/workshops/${record}/entries?after=${index * WIDTH - 1}&limit=${width}`;
    const { items } = JSON.parse(new TextDecoder().decode(await fetched(asked, signal)));
    if (items.length !== width || items.some((one, at) => one.position !== index * WIDTH + at)) throw new Bad("bundle", asked);
    const hex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    const entries = items.map((one) => (one.entry === undefined ? null : new TextEncoder().encode(one.entry)));
    return { entries, leaves: items.map((one) => hex(one.leaf)), path, until: error.facts.until };
  }
}

const joined = (hashes) => Uint8Array.from(hashes.flatMap((hash) => [...hash]));

// Hash all of it; {now, withheld, until, marks}. `marks`: sizes at which the root is compared with what was seen of it. Raises Bad, Unreached.
export async function rehash(record, vkey, marks, signal, progress) {
  const log = logOf(record);
  const now = await openCheckpoint(await fetched(`${log}/checkpoint`, signal, "no-store"), vkey);
  const read = tileReader(log, now.size, signal);
  const made = new Rehashed();
  const held = new Map();
  const wanted = (index) => {
    if (index * WIDTH >= now.size) return;
    const tile = tilePath(0, index, now.size);
    const both = Promise.all([bundle(record, index, now.size, signal), fetched(`${log}/${tile}`, signal)]);
    both.catch(() => {}); // told when its turn comes
    held.set(index, both);
  };
  const tiles = [];
  const finished = (level, index, hashes) => level && tiles.push([level, index, hashes]);
  let withheld = 0;
  let until = null;
  let hashed = 0;
  for (let ahead = 0; ahead < AHEAD; ahead++) wanted(ahead);
  for (let index = 0; index * WIDTH < now.size; index++) {
    wanted(index + AHEAD);
    const [{ entries, leaves = [], path, until: end }, tile] = await held.get(index);
    held.delete(index);
    if (tile.length !== entries.length * HASH_BYTES) throw new Bad("tiles", tilePath(0, index, now.size));
    for (const [at, entry] of entries.entries()) {
      const leaf = entry ? leafHash(entry) : leaves[at];
      if (!entry) {
        withheld += 1;
        until = Math.max(until ?? 0, end ?? 0) || null;
      }
      if (leaf.length !== HASH_BYTES || !equal(leaf, tile.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES))) {
        // Which of the two is wrong? The one that does not lead to what was signed.
        const whole = entries.length === WIDTH;
        const above = whole && (await read(1, Math.floor(index / WIDTH))).subarray((index % WIDTH) * HASH_BYTES, ((index % WIDTH) + 1) * HASH_BYTES);
        const fits = whole ? equal(tileRoot(tile), above) : equal(await treeRoot(read, now.size), now.root);
        throw fits ? new Bad("entry", `${path}, ${index * WIDTH + at}`) : new Bad("tiles", tilePath(0, index, now.size));
      }
      made.append(leaf, finished);
      const mark = marks.find((one) => one.size === made.size);
      if (mark) mark.holds = equal(mark.root, made.root());
      hashed += (entry?.length ?? 0) + ENTRY_COST_BYTES;
      if (hashed > SLICE_BYTES) {
        hashed = 0;
        progress(made.size, now.size);
        await pause();
        signal.throwIfAborted();
      }
    }
    progress(made.size, now.size);
  }
  if (!equal(made.root(), now.root)) throw new Bad("root");
  for (const [number, level] of made.levels.entries()) if (number && level.hashes.length) tiles.push([number, level.done, level.hashes]);
  for (const [level, index, hashes] of tiles) {
    if (!equal(joined(hashes), await read(level, index))) throw new Bad("tiles", tilePath(level, index, now.size));
  }
  return { now, withheld, until };
}

// {size, root} behind the # of the address, null where there is none; raises Bad.
export function scanned(hash) {
  if (!hash.startsWith("#seen=")) return null;
  const [, size, root] = /^#seen=(0|[1-9][0-9]{0,9})\.([A-Za-z0-9_-]{43})$/.exec(hash) ?? [];
  if (!size) throw new Bad("malformed", "#");
  return { size: Number(size), root: base64(`${root.replaceAll("-", "+").replaceAll("_", "/")}=`, "#") };
}

// A receipt from somebody's device, which does not leave it: its entry stands where it says, in a record that today's begins with.
export async function checkReceipt(record, vkey, bytes) {
  const log = logOf(record);
  const { index, proof, checkpoint } = parseReceipt(bytes);
  const then = await openCheckpoint(checkpoint, vkey);
  const now = await openCheckpoint(await fetched(`${log}/checkpoint`, undefined, "no-store"), vkey);
  const read = tileReader(log, now.size);
  await requireGrown(read, then, now);
  const at = index % WIDTH;
  const leaf = (await read(0, Math.floor(index / WIDTH))).subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
  if (!equal(rootWith(leaf, index, then.size, proof), then.root)) throw new Bad("proof");
  return { index, size: then.size, signed: then.signed };
}

async function readReceipt(record, vkey, field, place) {
  const [file] = field.files;
  if (!file) return;
  try {
    const { index, size, signed } = await checkReceipt(record, vkey, new Uint8Array(await file.arrayBuffer()));
    show(place, ["good", ...(signed ? [] : ["unchecked"])], { index, size });
  } catch (error) {
    if (!(error instanceof Bad || error instanceof Unreached)) throw error;
    show(place, [error instanceof Bad ? error.reason : "unreached"], {});
  }
}

async function compareScanned(record, vkey, place) {
  let seen = null;
  try {
    seen = scanned(location.hash);
    if (!seen) return null;
    const log = logOf(record);
    const now = await openCheckpoint(await fetched(`${log}/checkpoint`, undefined, "no-store"), vkey);
    const told = { "scanned-size": seen.size, "scanned-words": checkWords(seen.root), "now-size": now.size };
    place.hidden = false;
    try {
      await requireGrown(tileReader(log, now.size), seen, now);
      show(place, ["good"], told);
    } catch (error) {
      if (!(error instanceof Bad)) throw error;
      show(place, [error.reason], told);
    }
  } catch (error) {
    place.hidden = false;
    show(place, [error instanceof Bad ? "malformed" : "unreached"], {});
  }
  return seen;
}

export async function offer(section) {
  const { record, key } = section.dataset;
  const controls = section.querySelector("[data-controls]");
  const [start, stop] = [controls.querySelector("[data-start]"), controls.querySelector("[data-stop]")];
  const [bar, count] = [section.querySelector("progress"), section.querySelector("[data-count]")];
  const verdict = section.querySelector("[data-verdict]");
  controls.hidden = false;
  const receipt = section.querySelector("[data-receipt]");
  receipt.hidden = false;
  receipt.querySelector("input").onchange = (event) => readReceipt(record, key, event.target, receipt.querySelector("[data-told]"));
  let asked = null;
  const progress = (done, size) => {
    bar.max = size;
    bar.value = done;
    count.textContent = `${done} / ${size}`;
  };
  stop.onclick = () => asked?.abort();
  start.onclick = async () => {
    asked = new AbortController();
    start.hidden = true;
    for (const one of [stop, bar, count]) one.hidden = false;
    stop.focus();
    bar.value = 0;
    show(verdict, [], {});
    try {
      await judge(verdict, record, key, asked.signal, progress);
    } catch (error) {
      const [cases, place] = error instanceof Bad ? [[error.reason], error.place] : asked.signal.aborted ? [["stopped"]] : error instanceof Unreached ? [["unreached"]] : [[]];
      show(verdict, cases, { place });
      if (!cases.length) throw error;
    } finally {
      start.hidden = false;
      for (const one of [stop, bar, count]) one.hidden = true;
      if (document.activeElement === document.body) start.focus();
    }
  };
  await compareScanned(record, key, section.querySelector("[data-scanned]"));
}

async function judge(verdict, record, vkey, signal, progress) {
  const seen = recall(record);
  let shown = null;
  try {
    shown = scanned(location.hash);
  } catch {
    // Already told.
  }
  const marks = [seen, shown].filter((one) => one && one.size > 0).map(({ size, root }) => ({ size, root }));
  const { now, withheld, until } = await rehash(record, vkey, marks, signal, progress);
  const cases = ["proven", now.signed ? "signed" : "unsigned-here", "rules"];
  if (withheld) cases.push("withheld", until ? "until" : "until-shown");
  const held = (one) => marks.find((mark) => mark.size === one.size && equal(mark.root, one.root))?.holds;
  if (seen) cases.push(held(seen) ? "seen" : "seen-bad");
  if (shown) cases.push(held(shown) ? "shown" : "shown-bad");
  show(verdict, cases, {
    "now-size": now.size,
    words: checkWords(now.root),
    key: vkey,
    withheld,
    until,
    seen: seen?.time,
    "seen-size": seen?.size,
    "scanned-size": shown?.size,
  });
}
