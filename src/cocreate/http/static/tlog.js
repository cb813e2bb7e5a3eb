// The log under a record, read as a stranger reads it: tiles, signed checkpoints and proofs of consistency, as c2sp.org/tlog-tiles,
// tlog-checkpoint, signed-note and RFC 9162 have them. It trusts nothing that it fetches but what leads to a signed root.
import { Frontier, HASH_BYTES, equal, fold, nodeHash, sha256 } from "./hashes.js";

export const WIDTH = 256;
const HEIGHT = 8; // levels of the tree in a tile
const SIZE_MAX = 2 ** 31 - 1; // more than any record here, and few enough for the operators below
const NOTE_BYTES_MAX = 262_144;
const HASHES_MAX = 64; // of a proof
const WAIT_MS = 20_000;
const WAITS_MAX = 10; // for one file, before it is given up
const LOG = 0x01; // the type of a log's Ed25519 key

// What was read is not what it claims: reason says in what way, place which file.
export class Bad extends Error {
  constructor(reason, place = "") {
    super(`${reason} ${place}`);
    this.reason = reason;
    this.place = place;
  }
}

// Nothing was learned: no network, a server that is stopping, or one that will not say.
export class Unreached extends Error {
  constructor(status = 0, facts = {}) {
    super(`status ${status}`);
    this.status = status;
    this.facts = facts;
  }
}

export const ascii = (bytes) => String.fromCharCode(...bytes);

export function base64(text, place) {
  try {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    // The one spelling: no blank, no bit set that the padding leaves over.
    if (btoa(ascii(bytes)) === text) return bytes;
  } catch {
    // Not base64 at all.
  }
  throw new Bad("malformed", place);
}

export function parseNote(bytes, place = "checkpoint") {
  if (bytes.length > NOTE_BYTES_MAX) throw new Bad("malformed", place);
  let said;
  try {
    said = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Bad("malformed", place);
  }
  const end = said.lastIndexOf("\n\n");
  const lines = said.slice(end + 2).split("\n");
  // eslint-disable-next-line no-control-regex
  if (end < 0 || lines.pop() !== "" || !lines.length || /[\0-\t\v-\x1f]/.test(said)) throw new Bad("malformed", place);
  const signatures = lines.map((line) => {
    const [dash, name, value, ...more] = line.split(" ");
    if (dash !== "—" || !name || !value || more.length) throw new Bad("malformed", place);
    const signed = base64(value, place);
    return { name, id: signed.subarray(0, 4), signature: signed.subarray(4) };
  });
  return { text: said.slice(0, end + 1), signatures };
}

// {origin, size, root} of a note's text.
export function parseCheckpoint(text, place = "checkpoint") {
  const [origin, size, root, rest, ...more] = text.split("\n");
  const count = Number(size);
  if (!origin || rest !== "" || more.length || !/^(0|[1-9][0-9]*)$/.test(size) || count > SIZE_MAX) throw new Bad("malformed", place);
  const hash = base64(root, place);
  if (hash.length !== HASH_BYTES) throw new Bad("malformed", place);
  return { origin, size: count, root: hash };
}

export function parseKey(vkey) {
  const [name, id, ...rest] = vkey.split("+");
  const typed = base64(rest.join("+"), "vkey");
  const made = sha256(new Uint8Array([...new TextEncoder().encode(`${name}\n`), ...typed])).subarray(0, 4);
  const hex = [...made].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (!name || typed.length !== 33 || typed[0] !== LOG || hex !== id) throw new Bad("malformed", "vkey");
  return { name, id: made, public: typed.subarray(1) };
}

// The checkpoint in a note, whose signature by the log's key holds; `signed` is false where this browser could not tell.
export async function openCheckpoint(bytes, vkey) {
  const key = parseKey(vkey);
  const note = parseNote(bytes);
  const lines = note.signatures.filter((one) => one.name === key.name && equal(one.id, key.id));
  if (lines.length !== 1) throw new Bad(lines.length ? "malformed" : "unsigned", "checkpoint");
  const [{ signature }] = lines;
  if (signature.length !== 64) throw new Bad("signature", "checkpoint");
  const checkpoint = parseCheckpoint(note.text);
  if (checkpoint.origin !== key.name) throw new Bad("unsigned", "checkpoint");
  const signed = await holds(key, signature, new TextEncoder().encode(note.text));
  if (signed === false) throw new Bad("signature", "checkpoint");
  return { ...checkpoint, signed: signed === true };
}

// Whether the signature is the key's; null where the browser has no Ed25519, or none on plain HTTP.
async function holds(key, signature, message) {
  if (!globalThis.crypto?.subtle) return null;
  try {
    const made = await crypto.subtle.importKey("raw", key.public, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", made, signature, message);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    return false;
  }
}

// A long record takes more files than one browser may ask for at once: told to wait, it waits.
export async function fetched(address, signal, cache = "default") {
  let answer;
  for (let waits = 0; ; waits++) {
    try {
      const late = AbortSignal.timeout ? [AbortSignal.timeout(WAIT_MS)] : [];
      const either = signal && AbortSignal.any ? AbortSignal.any([signal, ...late]) : (signal ?? late[0]);
      answer = await fetch(address, { signal: either, cache });
      if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new Unreached();
    }
    if (answer.status !== 429 || waits === WAITS_MAX) break;
    const asked = 1000 * (Number(answer.headers.get("Retry-After")) || 1);
    await new Promise((done) => setTimeout(done, Math.min(asked, WAIT_MS)));
    signal?.throwIfAborted();
  }
  throw new Unreached(answer.status, (await answer.json().catch(() => ({}))).facts);
}

export const widthOf = (level, index, size) => Math.max(0, Math.min(WIDTH, Math.floor(size / WIDTH ** level) - index * WIDTH));

// `level` is a number, or "entries" for a bundle.
export function tilePath(level, index, size) {
  const width = widthOf(level === "entries" ? 0 : level, index, size);
  let path = String(index % 1000).padStart(3, "0");
  for (let above = Math.floor(index / 1000); above; above = Math.floor(above / 1000)) path = `x${String(above % 1000).padStart(3, "0")}/${path}`;
  return `tile/${level}/${path}${width === WIDTH ? "" : `.p/${width}`}`;
}

// Reads tiles of hashes of a log of that size, each once: (level, index) → bytes.
export function tileReader(log, size, signal) {
  const held = new Map();
  return (level, index) => {
    const path = tilePath(level, index, size);
    if (!held.has(path)) {
      held.set(
        path,
        fetched(`${log}/${path}`, signal).then((tile) => {
          if (tile.length !== widthOf(level, index, size) * HASH_BYTES) throw new Bad("tiles", path);
          return tile;
        }),
      );
    }
    return held.get(path);
  };
}

export function tileRoot(hashes) {
  const frontier = new Frontier();
  for (let at = 0; at < hashes.length; at += HASH_BYTES) frontier.append(hashes.subarray(at, at + HASH_BYTES));
  return frontier.root();
}

// Root over entries `low` to `high` - 1, where `low` is a multiple of the largest subtree in them.
async function subtree(read, low, high) {
  const perfect = [];
  for (let at = low; at < high; ) {
    const height = 31 - Math.clz32(high - at);
    const level = Math.floor(height / HEIGHT);
    const place = Math.floor(at / WIDTH ** level);
    const tile = await read(level, Math.floor(place / WIDTH));
    const first = (place % WIDTH) * HASH_BYTES;
    perfect.push(tileRoot(tile.subarray(first, first + 2 ** (height % HEIGHT) * HASH_BYTES)));
    at += 2 ** height;
  }
  return fold(perfect);
}

export const treeRoot = (read, size) => subtree(read, 0, size);

// The hashes from which the roots of both the first `old` and the first `new` entries are made, lowest first. RFC 9162 leaves the first
// of them away where it is the old root itself; here it always stands, so that a spoiled tile is told from another record.
export async function beginnings(read, old, size) {
  const hashes = [];
  let low = 0;
  let high = size;
  while (high !== old) {
    const middle = low + 2 ** (31 - Math.clz32(high - low - 1));
    if (old <= middle) {
      hashes.push(await subtree(read, middle, high));
      high = middle;
    } else {
      hashes.push(await subtree(read, low, middle));
      low = middle;
    }
  }
  hashes.push(await subtree(read, low, high));
  return hashes.reverse();
}

// The two roots that such hashes make: [of the first `old` entries, of all `size`]. RFC 9162 section 2.1.4.2.
export function rootsOf(old, size, hashes) {
  if (!(0 < old && old <= size && size <= SIZE_MAX) || hashes.length > HASHES_MAX || hashes.some((one) => one.length !== HASH_BYTES)) {
    throw new Bad("proof");
  }
  let at = old - 1;
  let last = size - 1;
  while (at & 1) [at, last] = [at >> 1, last >> 1];
  let [earlier] = hashes;
  if (!earlier) throw new Bad("proof");
  let later = earlier;
  for (const beside of hashes.slice(1)) {
    if (last === 0) throw new Bad("proof");
    if (at & 1 || at === last) {
      earlier = nodeHash(beside, earlier);
      later = nodeHash(beside, later);
      while (!(at & 1) && at) [at, last] = [at >> 1, last >> 1];
    } else later = nodeHash(later, beside);
    [at, last] = [at >> 1, last >> 1];
  }
  if (last !== 0) throw new Bad("proof");
  return [earlier, later];
}

// Refuse unless the log, as its tiles and its signed checkpoint have it, begins with what was seen.
export async function requireGrown(read, seen, now) {
  if (seen.size > now.size) throw new Bad("rewound");
  if (seen.size === now.size) {
    if (!equal(seen.root, now.root)) throw new Bad("forked");
    return;
  }
  if (seen.size === 0) return;
  const [earlier, later] = rootsOf(seen.size, now.size, await beginnings(read, seen.size, now.size));
  if (!equal(later, now.root)) throw new Bad("tiles");
  if (!equal(earlier, seen.root)) throw new Bad("forked");
}

export function parseBundle(bytes, width, place) {
  const entries = [];
  let at = 0;
  while (at + 2 <= bytes.length && entries.length < width) {
    const end = at + 2 + ((bytes[at] << 8) | bytes[at + 1]);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length !== width || at !== bytes.length) throw new Bad("bundle", place);
  return entries;
}

const RECEIPT = "c2sp.org/tlog-proof@v1";

// {index, proof, checkpoint} of a receipt: where an entry stands, the hashes beside its way up, and the note with the root, as bytes.
export function parseReceipt(bytes) {
  const said = bytes.length > 2 * NOTE_BYTES_MAX ? "" : ascii(bytes.subarray(0, 8_192));
  const end = said.indexOf("\n\n");
  const [header, index, ...proof] = said.slice(0, Math.max(end, 0)).split("\n");
  const [, position] = /^index (0|[1-9][0-9]{0,9})$/.exec(index) ?? [];
  if (header !== RECEIPT || !position || proof.length > HASHES_MAX) throw new Bad("malformed", "receipt");
  const hashes = proof.map((line) => base64(line, "receipt"));
  if (hashes.some((one) => one.length !== HASH_BYTES)) throw new Bad("malformed", "receipt");
  return { index: Number(position), proof: hashes, checkpoint: bytes.subarray(end + 2) };
}

// The root that such hashes make with the entry's own. RFC 9162 section 2.1.3.2.
export function rootWith(leaf, index, size, proof) {
  if (!(0 <= index && index < size && size <= SIZE_MAX)) throw new Bad("proof");
  if (proof.length > HASHES_MAX || [leaf, ...proof].some((one) => one.length !== HASH_BYTES)) throw new Bad("proof");
  let at = index;
  let last = size - 1;
  let made = leaf;
  for (const beside of proof) {
    if (last === 0) throw new Bad("proof");
    if (at & 1 || at === last) {
      made = nodeHash(beside, made);
      while (!(at & 1) && at) [at, last] = [at >> 1, last >> 1];
    } else made = nodeHash(made, beside);
    [at, last] = [at >> 1, last >> 1];
  }
  if (last !== 0) throw new Bad("proof");
  return made;
}
