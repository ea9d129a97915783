// Times, dates, money and phones as people here write them. Instants are RFC 3339 text, ms or Date; `zone` is the office's, never the browser's.

import { say } from "./i18n.js";

/** @typedef {string | number | Date} Instant */

/** @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map();

/**
 * The wall-clock fields of an instant in a zone.
 * @param {Instant} at
 * @param {string} zone IANA name
 */
function fields(at, zone) {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", weekday: "short",
    });
    clocks.set(zone, clock);
  }
  const found = Object.fromEntries(clock.formatToParts(new Date(at)).map((part) => [part.type, part.value]));
  return /** @type {Record<"year" | "month" | "day" | "hour" | "minute" | "weekday", string>} */ (found);
}

/**
 * `08:15`
 * @param {Instant} at
 * @param {string} zone
 */
export function time(at, zone) {
  const { hour, minute } = fields(at, zone);
  return `${hour}:${minute}`;
}

/**
 * `23/11/2026`
 * @param {Instant} at
 * @param {string} zone
 */
export function shortDate(at, zone) {
  const { day, month, year } = fields(at, zone);
  return `${day}/${month}/${year}`;
}

/**
 * `thứ Hai`, `Monday`
 * @param {Instant} at
 * @param {string} zone
 */
export const weekday = (at, zone) => say(`base.weekday.${fields(at, zone).weekday.toLowerCase()}`);

/**
 * `thứ Hai, 23/11/2026`
 * @param {Instant} at
 * @param {string} zone
 */
export const date = (at, zone) => `${weekday(at, zone)}, ${shortDate(at, zone)}`;

/**
 * The first letter large: a date at the start of a sentence.
 * @param {string} text
 */
export const capital = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/**
 * `15–25 phút`; one figure where both ends are the same.
 * @param {number} low minutes
 * @param {number} high minutes
 */
export const minutes = (low, high = low) => (low === high ? say("base.minutes", { n: low }) : say("base.minutes_range", { low, high }));

/**
 * `04:12`, and `1:04:12` from an hour on: how long something has been going on.
 * @param {number} ms
 */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/**
 * `10.000 đ`, with a space that does not break.
 * @param {number} dong whole đồng
 */
export const money = (dong) => `${String(dong).replace(/\B(?=(\d{3})+$)/g, ".")}\u00a0đ`;

/**
 * `0912 345 678`, `024 3827 1234`; what is no Vietnamese number stays as it came.
 * @param {string} number
 */
export function phone(number) {
  const digits = number.replace(/[\s.-]/g, "").replace(/^\+84/, "0");
  if (/^02\d{9}$/.test(digits)) return digits.replace(/^(\d{3})(\d{4})(\d{4})$/, "$1 $2 $3");
  if (/^0\d{9}$/.test(digits)) return digits.replace(/^(\d{4})(\d{3})(\d{3})$/, "$1 $2 $3");
  return number;
}
