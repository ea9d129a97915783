/**
 * Who is called next on the wall, and in which words: pure, so that thousands of made-up mornings can be played through it.
 *
 * Announcements go one at a time, in the order of the calls. None is lost: each is shown and spoken unless the citizen has
 * already come, or a newer call of the same number took its place. `voice.js` makes the sound, `wall.js` draws.
 *
 * @typedef {import("./reduce.js").Board} Board
 * @typedef {{id: string, label: string, line: string, counter: number, at: string, again: boolean}} Announcement
 * @typedef {"full" | "short"} Form
 * @typedef {{clip: string, gap: number}} Word a clip, and the silence after it in ms
 * @typedef {object} Plan
 * @property {Announcement[]} queue what has not begun yet
 * @property {Announcement | null} current what stands on the wall
 * @property {Form} form how `current` is spoken
 * @property {number} free the instant (ms) from which the next one may begin
 * @property {string[]} known calls already planned, so that a board told twice is spoken once
 */

/** A call stays on the wall at least this long, in ms. */
export const SHOWN = 6000;
/** From so many waiting announcements on, the short form is spoken. */
export const CROWD = 3;
/** Silence between two announcements, in ms. */
const BREATH = 700;
const REMEMBERED = 100;

/** @type {Plan} */
export const EMPTY_PLAN = { queue: [], current: null, form: "full", free: 0, known: [] };

/** @param {{ticket: {id: string}, at: string}} call */
const keyOf = (call) => `${call.ticket.id} ${Date.parse(call.at)}`;

/**
 * The plan after the board became `after`. The first board (`before` null) is history: nothing of it is announced.
 * @param {Plan} plan
 * @param {Board | null} before
 * @param {Board} after
 * @param {import("./reduce.js").Frame | null} [frame] what made it so; null for a fresh snapshot
 * @returns {Plan}
 */
export function heard(plan, before, after, frame = null) {
  const calls = after.state.calls;
  const unheard = before ? calls.filter((call) => !plan.known.includes(keyOf(call))).reverse() : [];
  const news = unheard.filter((call) => call.state === "called" && !before?.state.calls.some((old) => keyOf(old) === keyOf(call)));
  const known = [...plan.known, ...(before ? unheard : calls).map(keyOf)].slice(-REMEMBERED);

  const newDay = frame?.kind === "office.opened" || (before !== null && before.state.day !== after.state.day);
  // A call that newer ones have pushed off the board is still known by its frames.
  const states = new Map(calls.map((call) => [call.ticket.id, call.state]));
  if (frame?.ticket) states.set(frame.ticket.id, frame.ticket.state);
  const queue = newDay ? [] : plan.queue.filter(({ id }) => (states.get(id) || "called") === "called");
  for (const call of news) {
    const { id, label, line } = call.ticket;
    const place = queue.findIndex((one) => one.id === id);
    const again = place < 0 && Boolean(before?.state.calls.some((old) => old.ticket.id === id));
    const announcement = { id, label, line, counter: call.counter.number, at: call.at, again };
    if (place < 0) queue.push(announcement);
    else queue[place] = announcement;
  }
  return { ...plan, queue, known };
}

/**
 * The plan at `now`: the next announcement begins if the one before has been shown and spoken.
 * @param {Plan} plan
 * @param {number} now ms
 * @param {(announcement: Announcement, form: Form) => number} lasts how long speaking it takes, in ms; 0 when nothing sounds
 * @returns {Plan} the same object when nothing begins
 */
export function advance(plan, now, lasts) {
  const [next, ...queue] = plan.queue;
  if (!next || now < plan.free) return plan;
  const form = plan.queue.length >= CROWD ? "short" : "full";
  const spoken = lasts(next, form);
  return { ...plan, queue, current: next, form, free: now + Math.max(SHOWN, spoken ? spoken + BREATH : 0) };
}

/**
 * The words of an announcement, as clips with the silence after each.
 * @param {Announcement} announcement
 * @param {Form} form
 * @returns {Word[]}
 */
export function script({ label, counter, again }, form) {
  const sentence = [
    { clip: form === "short" ? "so" : "xin-moi-so", gap: 90 },
    ...signs(label).map((clip) => ({ clip, gap: 70 })),
    { clip: form === "short" ? "quay-so" : "den-quay-so", gap: 90 },
    ...quantity(counter).map((clip) => ({ clip, gap: 30 })),
  ];
  const chime = { clip: "chime", gap: 0 };
  if (form === "short") return [chime, ...sentence];
  const last = { ...sentence[sentence.length - 1], gap: 800 };
  const once = [...sentence.slice(0, -1), last];
  return [chime, ...(again ? [{ clip: "xin-nhac-lai", gap: 200 }] : []), ...once, ...sentence];
}

/**
 * A label sign by sign: "A012" is a, không, một, hai. Signs that have no name (a dash) are passed over.
 * @param {string} label
 * @returns {string[]} clip names
 */
export function signs(label) {
  const plain = label.replace(/đ/gi, "\u0001").normalize("NFD").toLowerCase();
  return (plain.match(/[a-z0-9\u0001]/g) || []).map((sign) => (sign === "\u0001" ? "dd" : sign));
}

/**
 * A counter's number as a quantity: 21 is hai mươi mốt, 105 một trăm linh năm. Beyond 1–999, digit by digit.
 * @param {number} n
 * @returns {string[]} clip names
 */
export function quantity(n) {
  if (!Number.isInteger(n) || n < 1 || n > 999) return signs(String(n));
  const [hundreds, tens, units] = [Math.floor(n / 100), Math.floor(n / 10) % 10, n % 10];
  const words = hundreds ? [String(hundreds), "tram"] : [];
  if (tens === 1) words.push("muoi-10");
  else if (tens > 1) words.push(String(tens), "muoi");
  else if (hundreds && units) words.push("linh");
  if (units) words.push(unit(units, tens));
  return words;
}

/**
 * The last figure of a quantity changes its sound after tens.
 * @param {number} units
 * @param {number} tens
 */
function unit(units, tens) {
  if (units === 5 && tens > 0) return "lam";
  if (units === 1 && tens > 1) return "mot";
  if (units === 4 && tens > 1) return "tu";
  return String(units);
}
