// What the timetable's page decides without looking at the page: days, hours as they are typed, and what to send.

/** @typedef {{opens: string, closes: string}} Span */
/** @typedef {{shift: number, counter: number, starts: string, ends: string}} Duty */
/** @typedef {{username: string, name: string, duties: Record<string, Duty[]>, away: Record<string, number[]>}} Officer */
/** @typedef {{date: string, open: Span[], closure: string | null, own: boolean}} Day */
/** @typedef {{id: number, officer: string, officerName: string, counter: number, weekdays: number[], starts: string, ends: string, everyWeeks: number, firstWeek: string | null, validFrom: string | null, validUntil: string | null, lines: string[]}} Shift */
/** @typedef {{id: number, officer: string, officerName: string, date: string, until: string | null, starts: string | null, ends: string | null, reason: string}} Absence */
/** @typedef {{date: string, until: string | null, open: Span[], name: string}} Closure */
/** @typedef {{office: string, timeZone: string, sample: boolean, practice: boolean, today: string, days: Day[], officers: Officer[], counters: {number: number, name: string}[], lines: string[], shifts: Shift[], absences: Absence[], closures: Closure[], week: Span[][]}} View */
/** @typedef {{start: string, end: string, officer: string | null, officerName: string | null}} Proposal */
/** @typedef {{reference: string, start: string, end: string, procedures: string[], name: string | null, phone: string | null, officer: string | null, officerName: string | null, told: boolean, proposal: Proposal | null}} Hit */
/** @typedef {{seen: string, timeZone: string, bookings: Hit[], before: number}} Preview */

/** The day so many days on. @param {string} day @param {number} days */
export function plus(day, days) {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

const SPAN = /^(\d{1,2})[:.hg](\d{2})?\s*(?:-|–|—|đến|to)\s*(\d{1,2})[:.hg](\d{2})?$/i;

/** Hours as people type them, `8:00-11:30; 13h30–17h`, or null where they cannot be read. Nothing is no hours at all. @param {string} text @returns {Span[] | null} */
export function spans(text) {
  const found = [];
  for (const part of text.split(/[;,]/).map((each) => each.trim()).filter(Boolean)) {
    const match = SPAN.exec(part);
    if (!match) return null;
    const [opens, closes] = [clock(match[1], match[2]), clock(match[3], match[4])];
    if (opens === null || closes === null || closes <= opens) return null;
    found.push({ opens, closes });
  }
  return found;
}

/** @param {string | undefined} hours @param {string | undefined} minutes */
function clock(hours = "", minutes = "00") {
  const text = `${hours.padStart(2, "0")}:${minutes}`;
  return /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(text) ? text : null;
}

/** Hours as they are shown and can be typed again. @param {Span[]} open */
export const written = (open) => open.map(({ opens, closes }) => `${opens}–${closes}`).join("; ");

/** What half of a day an absence is about. @param {string} part @param {string} starts @param {string} ends */
export function partOf(part, starts, ends) {
  if (part === "morning") return { starts: "00:00", ends: "12:00" };
  if (part === "afternoon") return { starts: "12:00", ends: "24:00" };
  return part === "times" ? { starts: starts || null, ends: ends || null } : { starts: null, ends: null };
}

/** Where to send the bookings that have a place to go to. @param {Hit[]} hits */
export const movesOf = (hits) =>
  hits.flatMap(({ reference, proposal }) => (proposal ? [{ reference, start: proposal.start, officer: proposal.officer }] : []));
