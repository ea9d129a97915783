// What the calendar shows and where a key leads, decided from plain values.

/** @typedef {{start: string, end: string}} Span */
/** @typedef {Span & {reference: string, officer: string | null, name: string | null, phoneTail: string, procedures: string[], purpose: string, state: "held" | "confirmed" | "checked-in" | "cancelled" | "no-show"}} Booking */
/** @typedef {{day: string, opening: Span[], closed: string | null, duties: (Span & {officer: string})[], appointments: Booking[]}} Day */
/** @typedef {{office: string, officeName: string, timeZone: string, sample: boolean, practice: boolean, now: string, slotMinutes: number, onlineFilersOnly: boolean, dossiersPerTurn: number, bulk: boolean, lastDay: string, officers: {username: string, name: string}[], days: Day[]}} View */
/** @typedef {{kind: "slot" | "break", at: number, until: number}} Row */
/** @typedef {{lane: number, lanes: number}} Lane */
/** @typedef {{col: number, lane: number, y: number, yEnd: number}} Place where something stands in the grid: its column, its place beside others there, and from and to which row */

const MINUTE = 60_000;
const DAY = 86_400_000;

/** @param {string} day `2026-11-23` @param {number} days */
export function shifted(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** The Monday of a day's week. @param {string} day */
export function monday(day) {
  return shifted(day, -((new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7));
}

/** @param {Booking} booking @param {boolean} cancelled whether those are shown that were called off */
export const shown = (booking, cancelled) => cancelled || booking.state !== "cancelled";

/**
 * The rows of a day: every slot while the office is open, its breaks, and slots outside of them where somebody is booked all the same.
 * @param {Day} day
 * @param {number} slotMinutes
 * @param {Booking[]} bookings
 * @returns {Row[]}
 */
export function rowsOf(day, slotMinutes, bookings) {
  const slot = slotMinutes * MINUTE;
  const spans = day.opening.map(({ start, end }) => ({ from: Date.parse(start), until: Date.parse(end) }));
  /** @type {Map<number, Row>} */
  const rows = new Map();
  for (const { from, until } of spans) {
    for (let at = from; at < until; at += slot) rows.set(at, { kind: "slot", at, until: Math.min(at + slot, until) });
  }
  for (const booking of bookings) {
    const [begins, ends] = [Date.parse(booking.start), Date.parse(booking.end)];
    if ([...rows.values()].some((row) => row.at <= begins && begins < row.until)) continue;
    for (let at = begins; at < ends && !spans.some((span) => span.from <= at && at < span.until); at += slot) rows.set(at, { kind: "slot", at, until: at + slot });
  }
  const slots = [...rows.values()].sort((one, other) => one.at - other.at);
  return slots.flatMap((row, place) => {
    const before = slots[place - 1];
    return before && before.until < row.at ? [{ kind: /** @type {const} */ ("break"), at: before.until, until: row.at }, row] : [row];
  });
}

/**
 * The rows of a week: the hours in which the office is open on some day or somebody comes, as minutes after midnight.
 * @param {Day[]} days
 * @param {(instant: string) => number} minuteOf an instant's minute after midnight at the office
 * @param {boolean} cancelled
 * @returns {number[]}
 */
export function hoursOf(days, minuteOf, cancelled) {
  const hours = new Set();
  for (const day of days) {
    for (const { start, end } of day.opening) {
      const from = minuteOf(start);
      const until = from + (Date.parse(end) - Date.parse(start)) / MINUTE;
      for (let hour = Math.floor(from / 60); hour * 60 < until && hour < 24; hour += 1) hours.add(hour * 60);
    }
    for (const booking of day.appointments) if (shown(booking, cancelled)) hours.add(Math.floor(minuteOf(booking.start) / 60) * 60);
  }
  return [...hours].sort((one, other) => one - other);
}

/**
 * Beside one another what would lie upon one another: each booking's lane, and how many its column needs.
 * @param {Booking[]} bookings by start
 * @returns {{lanes: number, laneOf: Map<string, number>}}
 */
export function lanesOf(bookings) {
  /** @type {number[]} */
  const busyUntil = [];
  const laneOf = new Map();
  for (const booking of bookings) {
    const begins = Date.parse(booking.start);
    const free = busyUntil.findIndex((until) => until <= begins);
    const lane = free === -1 ? busyUntil.length : free;
    busyUntil[lane] = Date.parse(booking.end);
    laneOf.set(booking.reference, lane);
  }
  return { lanes: Math.max(1, busyUntil.length), laneOf };
}

/** Whether somebody is at work all through a time. @param {Span[]} duties @param {number} at @param {number} until */
export const onDuty = (duties, at, until) => duties.some(({ start, end }) => Date.parse(start) <= at && until <= Date.parse(end));

/**
 * Where an arrow leads from a place: the nearest in that direction that can be pressed, itself where there is none.
 * @template {Place} P
 * @param {P[]} places
 * @param {P} from
 * @param {string} key ArrowUp, ArrowDown, ArrowLeft, ArrowRight, Home or End
 * @returns {P}
 */
export function step(places, from, key) {
  const column = places.filter((place) => place.col === from.col);
  const far = (/** @type {P} */ place) => Math.abs(place.y - from.y) + Math.abs(place.lane - from.lane) / 100;
  const nearest = (/** @type {P[]} */ found) => found.reduce((/** @type {P} */ best, place) => (far(place) < far(best) ? place : best), found[0] ?? from);
  switch (key) {
    case "ArrowDown": return nearest(column.filter((place) => place.y >= from.yEnd));
    case "ArrowUp": {
      const above = column.filter((place) => place.yEnd <= from.y);
      const last = Math.max(...above.map((place) => place.yEnd));
      const [first = from] = above.filter((place) => place.yEnd === last).sort((one, other) => Math.abs(one.lane - from.lane) - Math.abs(other.lane - from.lane));
      return first;
    }
    case "Home": return column.reduce((first, place) => (place.y < first.y ? place : first), from);
    case "End": return column.reduce((last, place) => (place.y > last.y ? place : last), from);
    default: {
      const way = key === "ArrowRight" ? 1 : -1;
      const beside = places.filter((place) => (place.col - from.col || place.lane - from.lane) * way > 0);
      const level = beside.filter((place) => place.y < from.yEnd && from.y < place.yEnd);
      const byPlace = (/** @type {P} */ one, /** @type {P} */ other) => (one.col - other.col || (level.length && one.lane - other.lane)) * way || far(one) - far(other);
      const [first = from] = (level.length ? level : beside.filter((place) => place.col !== from.col)).sort(byPlace);
      return first;
    }
  }
}

/** Beside which field a refusal is said; "form" where it is none's. @param {string} code */
export function fieldOf(code) {
  if (["bad-name", "too-long", "bad-text"].includes(code)) return "name";
  if (code === "too-many-dossiers") return "dossiers";
  if (["bad-phone", "already-booked"].includes(code) || code.startsWith("too-many-")) return "phone";
  if (code === "bad-email") return "email";
  if (code.startsWith("dossier-") || code === "bad-dossier") return "dossier";
  if (["slot-full", "slot-closed", "slot-past", "too-far-ahead", "short-notice", "officer-cannot"].includes(code)) return "times";
  return code === "no-such-procedure" ? "search" : "form";
}

/** Limits that the office may book beyond. @param {string} code */
export const isLimit = (code) => code === "already-booked" || (code.startsWith("too-many-") && code !== "too-many-dossiers");
