// What a counter's tablet shows: calm, asking about a finished visit, thanking. Pure: what happened and when goes in, the next state comes out.
//
// It asks from the end of service until it is answered, the next visit begins, or a minute passes without a touch. "Xong, gọi số tiếp" finishes one
// and calls the next in the same moment, so a call alone does not end the question: its visitor is still at the counter, the next one still walking.

/** ms without a touch after which nobody is there any more. */
export const PATIENCE = 60000;

/** ms that thanks stay. */
export const THANKS = 5000;

/**
 * @typedef {{id: string, label: string}} Ticket
 * @typedef {{shows: "calm"} | {shows: "asking", ticket: Ticket, level: number, until: number} | {shows: "thanks", until: number}} State
 * @typedef {{kind?: string, ticket?: {id: string, label: string}, counter?: {number: number}}} Frame
 */

/** @type {State} */
export const CALM = { shows: "calm" };

/** @param {Ticket} ticket @param {number} now ms @returns {State} */
export const ask = (ticket, now) => ({ shows: "asking", ticket, level: 0, until: now + PATIENCE });

/**
 * After something that happened in the office.
 * @param {State} state
 * @param {Frame} frame
 * @param {number} counter this tablet's
 * @param {number} now ms
 * @returns {State}
 */
export function happened(state, frame, counter, now) {
  const { kind, ticket } = frame;
  if (!ticket) return state;
  // Undone or brought back: that visit is not over.
  if (state.shows === "asking" && ticket.id === state.ticket.id && kind !== "ticket.finished") return CALM;
  if (frame.counter?.number !== counter) return state;
  if (kind === "ticket.finished") return ask(ticket, now);
  // Somebody who has begun to answer may finish.
  if (kind === "ticket.started" && state.shows === "asking" && state.level === 0) return CALM;
  return state;
}

/** A face or a reason was touched. @param {State} state @param {number} level @param {number} now ms @returns {State} */
export const touched = (state, level, now) => (state.shows === "asking" ? { ...state, level: level || state.level, until: now + PATIENCE } : state);

/** It was said. @param {number} now ms @returns {State} */
export const thanked = (now) => ({ shows: "thanks", until: now + THANKS });

/** When the time is up. @param {State} state @param {number} now ms @returns {State} */
export const waited = (state, now) => (state.shows !== "calm" && now >= state.until ? CALM : state);
