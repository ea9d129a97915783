// The work that a challenge asks for (ALTCHA, proof of work version 2, SHA-256): find the counter whose hash begins as asked. Written out, for crypto.subtle
// does not exist where a page comes by plain http, and asking it once per try would cost more than the try itself.

/** @typedef {{ algorithm: string, cost: number, nonce: string, salt: string, keyLength: number, keyPrefix: string }} Parameters */
/** @typedef {{ counter: number, derivedKey: string }} Solution */

// SHA-256's constants: the fractions of the roots of the first primes, square roots for H, cube roots for K.
const [H, K] = constants();

function constants() {
  const h = new Int32Array(8);
  const k = new Int32Array(64);
  const fraction = (/** @type {number} */ root) => ((root - Math.floor(root)) * 4294967296) | 0;
  for (let found = 0, number = 2; found < 64; number += 1) {
    let prime = true;
    for (let factor = 2; factor * factor <= number; factor += 1) prime &&= number % factor !== 0;
    if (!prime) continue;
    if (found < 8) h[found] = fraction(number ** (1 / 2));
    k[found] = fraction(number ** (1 / 3));
    found += 1;
  }
  return [h, k];
}

/** The words of an even number of hexadecimal digits, 8 to a word. @param {string} hex */
function words(hex) {
  return Int32Array.from({ length: hex.length / 8 }, (_, place) => parseInt(hex.slice(place * 8, place * 8 + 8), 16));
}

/** One block of SHA-256. @param {Int32Array} block 16 words, then room for 48 more @param {Int32Array} out 8 words */
function hash(block, out) {
  for (let t = 16; t < 64; t += 1) {
    const x = block[t - 15];
    const y = block[t - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    block[t] = (block[t - 16] + s0 + block[t - 7] + s1) | 0;
  }
  let [a, b, c, d, e, f, g, h] = H;
  for (let t = 0; t < 64; t += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t] + block[t]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  out[0] = H[0] + a;
  out[1] = H[1] + b;
  out[2] = H[2] + c;
  out[3] = H[3] + d;
  out[4] = H[4] + e;
  out[5] = H[5] + f;
  out[6] = H[6] + g;
  out[7] = H[7] + h;
}

/**
 * The solution among `count` counters from `from` on, or null.
 * @param {Parameters} asked throws where it asks for something else than our server does
 * @param {number} from @param {number} count @returns {Solution | null}
 */
export function solve(asked, from, count) {
  const start = words(asked.salt + asked.nonce);
  const prefix = words(asked.keyPrefix);
  if (asked.algorithm !== "SHA-256" || asked.cost !== 1 || asked.keyLength !== 32 || start.length !== 8 || !prefix.length) throw new Error(asked.algorithm);
  const block = new Int32Array(64);
  const out = new Int32Array(8);
  block.set(start);
  block[9] = 0x80000000 | 0;
  block[15] = 36 * 8; // bits of salt, nonce and counter
  for (let counter = from; counter < from + count; counter += 1) {
    block[8] = counter;
    hash(block, out);
    if (out[0] === prefix[0] && prefix.every((word, place) => word === out[place])) return { counter, derivedKey: Array.from(out, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("") };
  }
  return null;
}
