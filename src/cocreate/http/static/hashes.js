// SHA-256 (FIPS 180-4) and the tree of RFC 6962 over it. Our own, since a page on plain HTTP has no crypto.subtle, and since a call of that
// for each of a million small hashes takes longer than this does.
export const HASH_BYTES = 32;

const K = new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const START = new Int32Array([0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);
const words = new Int32Array(64);
const state = new Int32Array(8);
const tail = new Uint8Array(128);

function compress(bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) {
    words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = words[i - 15];
    const y = words[i - 2];
    const s = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const t = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    words[i] = words[i - 16] + s + words[i - 7] + t;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i++) {
    const s = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t = (h + s + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
    const u = (((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + t) | 0;
    d = c;
    c = b;
    b = a;
    a = (t + u) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

export function sha256(bytes) {
  state.set(START);
  const whole = bytes.length - (bytes.length % 64);
  for (let at = 0; at < whole; at += 64) compress(bytes, at);
  const left = bytes.length - whole;
  const end = left < 56 ? 64 : 128;
  tail.fill(0);
  tail.set(bytes.subarray(whole));
  tail[left] = 0x80;
  const view = new DataView(tail.buffer);
  view.setUint32(end - 8, Math.floor(bytes.length / 0x20000000));
  view.setUint32(end - 4, bytes.length << 3);
  for (let at = 0; at < end; at += 64) compress(tail, at);
  const hash = new Uint8Array(HASH_BYTES);
  const out = new DataView(hash.buffer);
  for (let i = 0; i < 8; i++) out.setInt32(i * 4, state[i]);
  return hash;
}

export function equal(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

export function leafHash(entry) {
  const prefixed = new Uint8Array(entry.length + 1);
  prefixed.set(entry, 1);
  return sha256(prefixed);
}

const pair = new Uint8Array(1 + 2 * HASH_BYTES);
export function nodeHash(left, right) {
  pair[0] = 1;
  pair.set(left, 1);
  pair.set(right, 1 + HASH_BYTES);
  return sha256(pair);
}

// The root of the tree that perfect subtrees make up, largest and leftmost first.
export const fold = (subtrees) => (subtrees.length ? subtrees.reduceRight((right, left) => nodeHash(left, right)) : sha256(new Uint8Array()));

// The roots of the perfect subtrees of a growing log: one hash for each one bit of its size.
export class Frontier {
  constructor() {
    this.size = 0;
    this.subtrees = [];
  }

  append(leaf) {
    let node = leaf;
    for (let carry = this.size; carry % 2; carry = (carry - 1) / 2) node = nodeHash(this.subtrees.pop(), node);
    this.subtrees.push(node);
    this.size += 1;
  }

  root() {
    return fold(this.subtrees);
  }
}
