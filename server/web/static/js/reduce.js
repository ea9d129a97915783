/**
 * The board as a pure function of what happened: `reduce(board, frame)` is the board after that frame.
 *
 * The same function stands in `display/board.py`; `tests/vectors/feed.json` holds both to one meaning. Instants stay
 * instants (RFC 3339 text): whoever draws applies the present time.
 *
 * @typedef {{p50: number, p90: number}} Wait minutes from now
 * @typedef {{id: string, number: string, label: string, line: string}} Ticket
 * @typedef {{number: number, name: string}} Counter
 * @typedef {{ticket: Ticket, counter: Counter, at: string, state: string}} Call
 * @typedef {{opens: string, closes: string}} Hours
 * @typedef {{code: string, prefix: string, name: string, nameVi: string, nameEn: string, open: boolean}} OfficeLine
 * @typedef {{code: string, name: string, timeZone: string, openingNow: Hours | null, openingNext: Hours | null,
 *   lines?: OfficeLine[]}} Office
 * @typedef {object} BoardState
 * @property {string | null} day
 * @property {Call[]} calls newest first, one per ticket, at most eight
 * @property {{code: string, waiting: number}[]} lines
 * @property {{number: number, name: string, open: boolean}[]} counters
 * @property {{served: number, answered: number, satisfied: number}} ratings of today's finished visits
 * @property {{code: string, at: string}[]} notices
 * @property {boolean} [practice] whether nothing of it is real
 * @typedef {{seq: number, state: BoardState, forecast: Record<string, Wait>, office?: Office}} Board
 * @typedef {any} Frame what came over the feed, decoded (CONTRACT.md, "The feed")
 */

/** How many calls a board keeps: the six that a wall shows, and two that may drop out of sight. */
export const KEPT_CALLS = 8;

/**
 * The board after `frame`; `board` itself is left as it was.
 * Frames already applied change nothing. Throws RangeError where frames are missing in between: ask the server again.
 * @param {Board} board
 * @param {Frame} frame
 * @returns {Board}
 */
export function reduce(board, frame) {
  if (frame.forecast) return { ...board, forecast: frame.forecast };
  if (typeof frame.seq !== "number" || frame.seq <= board.seq) return board;
  if (frame.seq !== board.seq + 1) throw new RangeError(`frame ${frame.seq} does not follow ${board.seq}`);
  return { ...board, seq: frame.seq, state: next(board.state, frame) };
}

/**
 * @param {BoardState} state
 * @param {Frame} frame
 * @returns {BoardState}
 */
function next(state, frame) {
  const kind = typeof frame.kind === "string" ? frame.kind : "";
  if (kind.startsWith("ticket.")) return afterTicket(state, frame);
  switch (kind) {
    case "counter.opened":
    case "counter.closed":
    case "counter.paused":
      return {
        ...state,
        counters: state.counters.map((one) =>
          one.number === frame.counter.number ? { ...one, open: frame.open } : one
        ),
      };
    case "rating.given":
      return frame.today ? { ...state, ratings: afterRating(state.ratings, frame) } : state;
    case "office.opened":
      return { ...state, day: frame.day, calls: [], ratings: { served: 0, answered: 0, satisfied: 0 }, notices: [], practice: frame.practice === true };
    case "office.closed":
      return { ...state, notices: [...state.notices, { code: "closed", at: frame.at }] };
    case "office.announced":
      return { ...state, notices: [...state.notices, { code: frame.notice, at: frame.at }] };
    case "office.changed":
      return afterChange(state, frame);
    default:
      return state;
  }
}

/**
 * @param {BoardState} state
 * @param {Frame} frame
 * @returns {BoardState}
 */
function afterTicket(state, frame) {
  const { id, number, label, line, state: now } = frame.ticket;
  const was = frame.was || { state: null, line: null };
  const lines = state.lines.map((one) => {
    const left = was.state === "waiting" && one.code === was.line ? 1 : 0;
    const came = now === "waiting" && one.code === line ? 1 : 0;
    return left === came ? one : { ...one, waiting: one.waiting + came - left };
  });
  const finished = Number(now === "served") - Number(was.state === "served");
  const ratings = { ...state.ratings, served: state.ratings.served + finished };
  const ticket = { id, number, label, line };
  let calls = state.calls.map((call) => (call.ticket.id === id ? { ...call, ticket, state: now } : call));
  if (frame.kind === "ticket.called" || frame.kind === "ticket.recalled") {
    const call = { ticket, counter: frame.counter, at: frame.at, state: now };
    calls = [call, ...calls.filter((one) => one.ticket.id !== id)].slice(0, KEPT_CALLS);
  }
  return { ...state, lines, ratings, calls };
}

/**
 * @param {BoardState["ratings"]} ratings
 * @param {Frame} frame
 */
function afterRating(ratings, frame) {
  const again = frame.was !== null && frame.was !== undefined;
  return {
    ...ratings,
    answered: ratings.answered + (again ? 0 : 1),
    satisfied: ratings.satisfied + Number(frame.level >= 2) - Number(again && frame.was >= 2),
  };
}

/**
 * @param {BoardState} state
 * @param {Frame} frame
 * @returns {BoardState}
 */
function afterChange(state, frame) {
  const waiting = new Map(state.lines.map((line) => [line.code, line.waiting]));
  const open = new Map(state.counters.map((counter) => [counter.number, counter.open]));
  const named = new Map(frame.counters.map((/** @type {Counter} */ counter) => [counter.number, counter]));
  return {
    ...state,
    calls: state.calls.map((call) => ({ ...call, counter: named.get(call.counter.number) || call.counter })),
    lines: frame.lines.map((/** @type {string} */ code) => ({ code, waiting: waiting.get(code) || 0 })),
    counters: frame.counters.map((/** @type {Counter} */ { number, name }) => ({
      number,
      name,
      open: open.get(number) || false,
    })),
  };
}
