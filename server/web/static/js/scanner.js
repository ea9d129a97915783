// What a scanner typed. It types like a keyboard, but faster than any hand and with Enter at the end. Pure: strokes with their times go in,
// a text comes out when one was scanned. The page decides what a scanned text means.

/** ms between two strokes at most: scanners type every 1 to 35 ms. */
export const FASTEST_HAND = 60;

/** Shorter bursts are a hand that hit several keys at once. */
export const SHORTEST = 6;

/**
 * @typedef {object} Burst
 * @property {string} text what came so far without a pause
 * @property {number} last ms, when the last stroke came
 */

/** @type {Burst} */
export const NOTHING = { text: "", last: -Infinity };

/**
 * What follows from a key going down at `at` ms. `scanned` is the text that a scanner has just finished, or null.
 * @param {Burst} burst
 * @param {{key: string, at: number}} stroke
 * @returns {{burst: Burst, scanned: string | null}}
 */
export function stroke(burst, { key, at }) {
  const fast = at - burst.last <= FASTEST_HAND;
  if (key === "Enter") {
    const scanned = fast && burst.text.length >= SHORTEST ? burst.text : null;
    return { burst: NOTHING, scanned };
  }
  if ([...key].length !== 1) return { burst: key === "Shift" ? { ...burst, last: fast ? at : burst.last } : NOTHING, scanned: null };
  return { burst: { text: fast ? burst.text + key : key, last: at }, scanned: null };
}
