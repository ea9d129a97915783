// Keys on the screen: as few as the task needs, all of them a finger wide.

import { h } from "./dom.js";
import { say } from "./i18n.js";

/** The signs of a booking code: Crockford's base 32, which has no I, L, O and U. */
export const CODE_ROWS = ["1234567890", "QWERTYP", "ASDFGHJK", "ZXCVBNM"];
export const LETTER_ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
export const DIGIT_ROWS = ["123", "456", "789", "0"];

/**
 * A keyboard. `typed` gets the sign of the key, or "" for delete.
 * @param {readonly string[]} rows
 * @param {(sign: string) => void} typed
 * @param {{ space?: boolean }} [options]
 */
export function keyboard(rows, typed, { space = false } = {}) {
  /** @param {string} text @param {string} sign @param {string} kind */
  const key = (text, sign, kind = "") =>
    // a touch must not take the focus out of the field that it types into
    h("button", { class: `button key ${kind}`, type: "button", onpointerdown: (/** @type {Event} */ event) => event.preventDefault(), onclick: () => typed(sign) }, text);
  const drawn = rows.map((row) => [...row].map((sign) => key(sign, sign)));
  const last = drawn[drawn.length - 1];
  if (!space) last?.push(key(say("kiosk.key.delete"), "", "key-wide"));
  if (space) drawn.push([key(say("kiosk.key.space"), " ", "key-space"), key(say("kiosk.key.delete"), "", "key-wide")]);
  return h("div", { class: "keys" }, ...drawn.map((row) => h("div", { class: "keys-row" }, ...row)));
}

const LOOKALIKES = /** @type {Record<string, string>} */ ({ O: "0", I: "1", L: "1" });

/**
 * What was typed, as signs of a code: upper case, without dashes, O for 0 and I or L for 1 understood. At most twelve.
 * @param {string} text
 */
export const asCode = (text) =>
  text.toUpperCase().replace(/[OIL]/g, (sign) => LOOKALIKES[sign] ?? sign).replace(/[^0-9A-HJKMNP-TV-Z]/g, "").slice(0, 12);

/**
 * A code in groups of four, with a dot for every sign still missing: `K7QF-3M··-····`.
 * @param {string} code
 */
export const grouped = (code) => code.padEnd(12, "·").replace(/(.{4})(?=.)/g, "$1-");
