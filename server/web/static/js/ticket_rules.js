// What a ticket's holder reads in each state. Pure; `ticket.html` says the same without JavaScript, and a test holds both together.

/**
 * @typedef {object} Ticket
 * @property {string} label
 * @property {string} lineName
 * @property {string} officeName
 * @property {"coming" | "waiting" | "called" | "serving" | "parked" | "missed" | "served" | "withdrawn" | "no-show" | "closed"} state
 * @property {number | null} ahead
 * @property {{p50: number, p90: number} | null} wait
 * @property {boolean} rated
 * @property {string} asOf
 * @property {string} timeZone
 * @property {{begins: string, ends: string}} [turn] while its holder is at home
 * @property {string} [heldUntil] while its holder has stepped out
 * @property {number[]} [holdMinutes] for how long he may
 * @property {number} [counter]
 * @property {string} [calledAt]
 * @property {boolean} canRate
 *
 * @typedef {[string, Record<string, string | number>?]} Said a phrase's key and its values
 * @typedef {{headline: Said, wait: Said | null, note: Said | null, stay: boolean, withdraw: boolean, hold: "" | "offered" | "held", tell: boolean, book: boolean, rating: "" | "ask" | "again" | "done"}} Story
 */

/** @type {Record<string, [string, string]>} headline and what to do next */
const ENDED = {
  missed: ["ticket.follow.missed", "follow.missed"],
  withdrawn: ["follow.withdrawn", "follow.withdrawn.next"],
  "no-show": ["follow.no_show", "follow.no_show.next"],
  closed: ["follow.closed", "follow.closed.next"],
  parked: ["state.parked", "follow.parked"],
};

/** @param {Ticket} ticket @returns {Story["rating"]} */
function rating(ticket) {
  if (ticket.state !== "served") return "";
  if (ticket.rated) return ticket.canRate ? "again" : "done";
  return ticket.canRate ? "ask" : "";
}

/**
 * @param {Ticket} ticket
 * @param {boolean} rose whether more people are ahead than the holder read before
 * @param {(low: number, high: number) => string} minutes
 * @param {(at: string, zone: string) => string} time
 * @returns {Story}
 */
export function story(ticket, rose, minutes, time) {
  const { state, ahead, wait, counter, heldUntil, holdMinutes = [], timeZone } = ticket;
  /** @type {Story} */
  const told = {
    headline: ["state.waiting"], wait: null, note: null, stay: ["waiting", "called"].includes(state),
    withdraw: ["coming", "waiting", "missed"].includes(state) || heldUntil !== undefined,
    hold: heldUntil ? "held" : holdMinutes.length ? "offered" : "", tell: ["coming", "waiting", "parked", "missed"].includes(state), book: state === "closed", rating: rating(ticket),
  };
  if (state === "waiting") {
    if (ahead !== null) told.headline = ahead === 0 ? ["ticket.ahead.zero"] : ["ticket.ahead.phone", { n: ahead }];
    told.wait = wait ? ["follow.wait", { minutes: minutes(wait.p50, wait.p90) }] : ["ticket.eta.unknown"];
    told.note = rose ? ["follow.rose"] : wait && ["follow.may_change"];
  } else if (state === "coming") {
    const { turn } = ticket;
    told.headline = ["home.ticket.not_called"];
    told.wait = turn ? ["home.ticket.turn", { from: time(turn.begins, timeZone), to: time(turn.ends, timeZone) }] : ["ticket.eta.unknown"];
    if (ahead === 0) told.wait = ["home.ticket.turn_now"];
    told.note = ["home.ticket.keep"];
  } else if (heldUntil) {
    told.headline = ["follow.held", { time: time(heldUntil, timeZone) }];
    told.wait = ahead ? ["ticket.ahead.phone", { n: ahead }] : ["follow.held.next"];
    told.note = ["follow.held.note"];
  } else if (state === "called" || state === "serving") {
    told.headline = [`follow.${state}`, { counter: counter ?? "" }];
  } else if (state === "served") {
    told.headline = [told.rating === "ask" ? "rating.ask" : told.rating ? "rating.thanks" : "follow.served"];
    told.note = told.rating === "again" ? ["rate.again.why"] : null;
  } else {
    const [headline, next] = /** @type {[string, string]} */ (ENDED[state]);
    told.headline = [headline];
    told.note = [next];
  }
  return told;
}

/**
 * Whether the holder is being called by this and was not by what came before: time to ring.
 * @param {Ticket | null} before
 * @param {Ticket} ticket
 */
export const rings = (before, ticket) => ticket.state === "called" && (before?.state !== "called" || before.calledAt !== ticket.calledAt);
