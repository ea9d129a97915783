/**
 * What the wall shows, as a pure function of the board, the plan of announcements, the connection and the present time.
 *
 * @typedef {import("./reduce.js").Board} Board
 * @typedef {import("./reduce.js").Call} Call
 * @typedef {import("./reduce.js").Hours} Hours
 * @typedef {import("./announce.js").Plan} Plan
 * @typedef {import("./feed.js").Health} Health
 * @typedef {{id: string, label: string, counter: number, at: string}} Shown
 * @typedef {{kind: "call", call: Shown} | {kind: "loading" | "first" | "idle"} |
 *   {kind: "closed", next: Hours | null, why: "before" | "break" | "over"}} Stage
 * @typedef {{code: string, badge: string, place: number, nameVi: string, nameEn: string, open: boolean, waiting: number,
 *   wait: import("./reduce.js").Wait | null}} LineShown
 * @typedef {{key: string, values: Record<string, string | number>}} Sentence
 * @typedef {object} View
 * @property {Stage} stage
 * @property {Shown[]} recent newest first, at most six
 * @property {LineShown[]} lines
 * @property {"offline" | "not-allowed" | "no-such-office" | "incident" | "practice" | null} trouble what the band says
 * @property {Hours | null} hours of now, while open
 */

/** How many calls stand on the right. */
export const RECENT = 6;
/** An office open round the clock opens again as it closes: time to ask for its next hours, in ms. */
const GRACE = 10000;
/** Calls that were taken back, or whose ticket waits again: nobody should walk to that counter. */
const TAKEN_BACK = ["waiting", "withdrawn", "closed"];
const AT_COUNTER = ["called", "serving"];

/**
 * @param {Board | null} board
 * @param {Plan} plan
 * @param {Health} health
 * @param {number} now server's time in ms
 * @returns {View}
 */
export function view(board, plan, health, now) {
  const trouble = troubleOf(board, health);
  if (!board) return { stage: { kind: "loading" }, recent: [], lines: [], trouble, hours: null };
  const valid = board.state.calls.filter((call) => !TAKEN_BACK.includes(call.state));
  const hours = hoursAt(board, now);
  return {
    stage: stageOf(board, valid, plan, hours, now),
    recent: valid.slice(0, RECENT).map(shown),
    lines: linesOf(board),
    trouble,
    hours,
  };
}

/** @param {Call} call */
const shown = ({ ticket, counter, at }) => ({ id: ticket.id, label: ticket.label, counter: counter.number, at });

/**
 * @param {Board | null} board
 * @param {Health} health
 * @returns {View["trouble"]}
 */
function troubleOf(board, { refused, connected, since }) {
  if (refused === "not-allowed" || refused === "no-such-office") return refused;
  if (!connected && since !== null) return "offline";
  const last = board?.state.notices[board.state.notices.length - 1];
  if (last?.code === "incident") return "incident";
  return board?.state.practice ? "practice" : null;
}

/**
 * The hours that `now` lies in; null while closed. The snapshot knows the present or the coming ones.
 * @param {Board} board
 * @param {number} now
 * @returns {Hours | null}
 */
function hoursAt({ office }, now) {
  const candidates = [office?.openingNow, office?.openingNext];
  return candidates.find((one) => one && Date.parse(one.opens) <= now && now < Date.parse(one.closes) + GRACE) || null;
}

/**
 * @param {Board} board
 * @param {Call[]} valid
 * @param {Plan} plan
 * @param {Hours | null} hours
 * @param {number} now
 * @returns {Stage}
 */
function stageOf(board, valid, plan, hours, now) {
  const waiting = board.state.lines.reduce((sum, line) => sum + line.waiting, 0);
  const fresh = plan.current !== null && now < plan.free;
  const current = currentOf(board, valid, plan);
  const state = board.state.calls.find((call) => call.ticket.id === current?.id)?.state || "called";
  if (current && (fresh || AT_COUNTER.includes(state))) return { kind: "call", call: current };
  // Who practises may well do so when the doors are shut.
  if (!hours && board.office && !board.state.practice) return closedAt(board, board.office, now);
  if (current && waiting > 0) return { kind: "call", call: current };
  return { kind: board.state.calls.length ? "idle" : "first" };
}

/**
 * Before the doors open, in a break, or done for the day.
 * @param {Board} board
 * @param {import("./reduce.js").Office} office
 * @param {number} now
 * @returns {Stage}
 */
function closedAt({ state }, { openingNow, openingNext, timeZone }, now) {
  const next = [openingNow, openingNext].find((one) => one && Date.parse(one.opens) > now) || null;
  const day = new Intl.DateTimeFormat("en-CA", { timeZone });
  if (!next || day.format(Date.parse(next.opens)) !== day.format(now)) return { kind: "closed", next, why: "over" };
  return { kind: "closed", next, why: state.calls.length ? "break" : "before" };
}

/**
 * The call on the wall: the one being announced, otherwise the newest that is not waiting for its announcement.
 * @param {Board} board
 * @param {Call[]} valid
 * @param {Plan} plan
 * @returns {Shown | null}
 */
function currentOf(board, valid, plan) {
  const { current, queue } = plan;
  const entry = current && board.state.calls.find((call) => call.ticket.id === current.id);
  if (current && !(entry && TAKEN_BACK.includes(entry.state)) && (entry || board.state.calls.length)) return current;
  const old = valid.find((call) => !queue.some((one) => one.id === call.ticket.id));
  return old ? shown(old) : null;
}

/**
 * @param {Board} board
 * @returns {LineShown[]}
 */
function linesOf({ state, office, forecast }) {
  return state.lines.map(({ code, waiting }, place) => {
    const known = (office?.lines || []).find((line) => line.code === code);
    return {
      code,
      badge: known?.prefix || code,
      place,
      nameVi: known?.nameVi || code,
      nameEn: known?.nameEn || known?.nameVi || code,
      open: known ? known.open || state.practice === true : true,
      waiting,
      wait: forecast[code] || null,
    };
  });
}
