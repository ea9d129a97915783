// What the desk offers in a given state of affairs, and which request each verb is. Pure: a view of GET /api/desk and the present time go in.

/**
 * @typedef {"coming" | "waiting" | "called" | "serving" | "parked" | "missed" | "served" | "withdrawn" | "no-show" | "closed"} TicketState
 * @typedef {{p50: number, p90: number}} Wait minutes
 *
 * @typedef {object} Ticket
 * @property {string} id
 * @property {string} number
 * @property {string} label
 * @property {string} line
 * @property {string} lineName
 * @property {TicketState} state
 * @property {string | null} class
 * @property {string[]} procedures
 * @property {string[]} procedureNames
 * @property {string[]} [here] those of the procedures that this desk is to do
 * @property {string} issuedAt
 * @property {string | null} calledAt
 * @property {string | null} startedAt
 * @property {Wait | null} [usual]
 * @property {{reference: string, start: string, purpose: "submit" | "collect", dossierNumber: string | null, dossierCheck: "known" | "unknown" | "unchecked" | null}} [appointment]
 * @property {string} [parkedUntil]
 * @property {string} [parkReason]
 * @property {string} [why]
 *
 * @typedef {{id: string, number: string, label: string, line: string, lineName: string, priority: boolean, since: string, state: TicketState, backBy?: string}} Coming
 * @typedef {{start: string, procedure: string, state: string}} Appointment
 * @typedef {{number: number, name: string, officer: string | null, lines?: string[]}} Counter
 *
 * @typedef {object} View
 * @property {number} seq
 * @property {string} asOf
 * @property {string} timeZone
 * @property {number | null} counter
 * @property {string} officer
 * @property {string} officerName
 * @property {string} office
 * @property {string} officeName
 * @property {Ticket | null} ticket
 * @property {Ticket[]} parked
 * @property {Coming[]} missed
 * @property {Coming[]} away
 * @property {Coming[]} next
 * @property {number} waiting
 * @property {Appointment[]} appointments
 * @property {string[]} lines
 * @property {string[]} lineNames
 * @property {number} servedToday
 * @property {string | null} pausedReason
 * @property {string | null} pausedUntil
 * @property {string | null} undoUntil
 * @property {string | null} undoVerb
 * @property {string | null} undoTicket
 * @property {string | null} undoLabel
 * @property {Counter[]} counters
 * @property {number[]} mine every counter of this officer
 * @property {string[]} verbs
 * @property {{username: string, name: string}[]} officers colleagues at no counter
 * @property {Outcome[]} outcomes
 * @property {boolean} mayChoose
 * @property {"head" | "emergency" | null} help
 * @property {boolean} sample
 * @property {boolean} practice
 *
 * @typedef {{code: string, name: string, asksDate: boolean}} Outcome
 *
 * @typedef {"choosing" | "paused" | "idle" | "called" | "serving"} Phase
 * @typedef {{verb: string, ticket?: string, body?: Record<string, unknown>}} Wish what an officer wants done
 * @typedef {{method: "POST" | "PUT" | "DELETE", path: string, body?: Record<string, unknown>}} Request
 * @typedef {{verb: string, phrase: string, enabled: boolean, key: string}} Action
 */

/** Where the desk stands. A ticket in hand comes before a pause: it has to be finished all the same. @param {View} view @returns {Phase} */
export function phase(view) {
  if (view.counter === null) return "choosing";
  if (view.ticket) return view.ticket.state === "called" ? "called" : "serving";
  return view.pausedReason === null ? "idle" : "paused";
}

/** @type {Record<Exclude<Phase, "choosing">, {verb: string, needs: string[], phrase: string}>} */
const PRIMARY = {
  idle: { verb: "next", needs: ["next"], phrase: "staff.call_next" },
  called: { verb: "start", needs: ["start"], phrase: "staff.start" },
  serving: { verb: "finish-next", needs: ["finish"], phrase: "staff.finish_next" },
  paused: { verb: "unpause", needs: ["pause", "resume-counter"], phrase: "desk.unpause" },
};

/**
 * In how many ms the next number that was kept for a while stands in the queue again, by itself and without any news; null where none will.
 * @param {View} view
 */
export function soonestBack(view) {
  const instants = [...view.away.map((one) => one.backBy), ...view.parked.map((one) => one.parkedUntil)];
  const left = instants.map((instant) => (instant ? Date.parse(instant) : 0) - Date.parse(view.asOf)).filter((ms) => ms > 0);
  return left.length ? Math.min(...left) : null;
}

/**
 * The next right thing: what the one large button says.
 * @param {View} view
 * @returns {Action | null}
 */
export function primary(view) {
  const now = phase(view);
  if (now === "choosing") return null;
  const { verb, needs, phrase } = PRIMARY[now];
  return { verb, phrase, enabled: needs.some((one) => view.verbs.includes(one)), key: "Enter" };
}

/**
 * What stands beside it: to be done with this one and not to call another.
 * @param {View} view
 * @returns {Action | null}
 */
export const beside = (view) =>
  phase(view) === "serving" && view.verbs.includes("finish") ? { verb: "finish", phrase: "staff.finish", enabled: true, key: "0" } : null;

/** The quiet verbs, always in this order. @type {[string, string, string, TicketState[]][]} verb, phrase, key, states it may start from */
const ROW = [
  ["recall", "staff.recall", "1", ["called"]],
  ["miss", "staff.no_answer", "2", ["called"]],
  ["park", "staff.park", "3", ["called", "serving"]],
  ["transfer", "staff.transfer", "4", ["called", "serving"]],
  ["add-procedure", "staff.add_procedure", "+", ["called", "serving"]],
  ["merge", "desk.merge", "5", ["called", "serving"]],
  ["finish-with", "desk.finish_with", "6", ["serving"]],
];

/** The verb of the API that the desk's own verb is. @param {string} verb */
const apiVerb = (verb) => (verb === "finish-with" ? "finish" : verb);

/**
 * The verbs of the row that there are at this desk; those that do not fit the moment keep their place, greyed, so that nothing jumps.
 * @param {View} view
 * @param {Iterable<string>} [met] verbs that were offered at this desk before
 * @returns {Action[]}
 */
export function row(view, met = []) {
  const state = view.ticket?.state;
  const there = new Set([...view.verbs, ...met]);
  return ROW.filter(([verb]) => there.has(apiVerb(verb))).map(([verb, phrase, key, states]) => ({
    verb, phrase, key, enabled: state !== undefined && states.includes(state) && view.verbs.includes(apiVerb(verb)),
  }));
}

/**
 * What a key's verb is at this moment: null where there is no such thing to do, so that a key never does what no button offers.
 * @param {View} view
 * @param {string} verb of `keys.VERBS`
 * @param {number} now ms
 * @returns {Wish | null}
 */
export function wishFor(view, verb, now) {
  if (verb === "undo") return undo(view, now) ? { verb } : null;
  const actions = verb === "primary" ? [primary(view)] : [beside(view), ...row(view)].filter((action) => action?.verb === verb);
  const action = actions[0];
  return action?.enabled ? { verb: action.verb } : null;
}

/** Verbs that need a choice first: the panel asks, and the wish comes back with a body. */
export const ASKING = new Set(["pause", "park", "transfer", "add-procedure", "merge", "finish-with", "call", "handover", "also"]);

/** Whether a number of the list could be called out of turn now. @param {View} view */
export const canChoose = (view) => view.mayChoose && view.verbs.includes("call") && phase(view) === "idle";

/**
 * The request that a wish is. Verbs about a ticket are about the one in hand unless the wish names another.
 * Throws Error where there is no ticket for it: the page offered what it should not have.
 * @param {View} view
 * @param {Wish} wish
 * @returns {Request}
 */
export function request(view, wish) {
  // Who looks after several counters says which one is meant.
  const which = (view.mine ?? []).length > 1 ? `?counter=${view.counter}` : "";
  switch (wish.verb) {
    case "sit": case "also": return { method: "PUT", path: "/api/desk", body: wish.body };
    case "close": return { method: "DELETE", path: `/api/desk${which}` };
    case "pause": return { method: "PUT", path: `/api/desk/pause${which}`, body: wish.body };
    case "unpause": return { method: "DELETE", path: `/api/desk/pause${which}` };
    case "handover": return { method: "POST", path: `/api/desk/handover${which}`, body: wish.body };
    case "next": return { method: "POST", path: `/api/desk/next${which}` };
    case "head": case "emergency":
      if (view.help === wish.verb) return { method: "DELETE", path: `/api/desk/help${which}` };
      return { method: "POST", path: `/api/desk/help${which}`, body: { kind: wish.verb } };
  }
  const id = wish.ticket ?? (wish.verb === "undo" ? view.undoTicket : view.ticket?.id);
  if (!id) throw new Error(`${wish.verb} without a ticket`);
  const path = `/api/desk/tickets/${encodeURIComponent(id)}/`;
  if (wish.verb === "finish") return { method: "POST", path: `${path}finish`, body: { next: false } };
  if (wish.verb === "finish-next") return { method: "POST", path: `${path}finish`, body: { next: true } };
  if (wish.verb === "finish-with") return { method: "POST", path: `${path}finish`, body: wish.body };
  if (wish.verb === "call" || wish.verb === "resume") return { method: "POST", path: path + wish.verb + which, body: wish.body };
  return { method: "POST", path: path + wish.verb, body: wish.body };
}

/**
 * How long the present phase of the ticket has lasted, and whether that is more than usual.
 * @param {Ticket} ticket
 * @param {number} now ms
 */
export function lasting(ticket, now) {
  const from = ticket.startedAt ?? ticket.calledAt;
  const ms = from ? Math.max(0, now - Date.parse(from)) : 0;
  return { ms, beyond: Boolean(ticket.startedAt && ticket.usual && ms > ticket.usual.p90 * 60000) };
}

/**
 * Seconds left in which the last verb can be undone; 0 when it cannot.
 * @param {View} view
 * @param {number} now ms
 */
export function undo(view, now) {
  if (!view.undoUntil || !view.undoTicket || !view.verbs.includes("undo")) return 0;
  return Math.max(0, Math.ceil((Date.parse(view.undoUntil) - now) / 1000));
}

/**
 * Whole minutes from one instant to another, never less than none.
 * @param {string | number} from
 * @param {string | number} to
 */
export const minutesBetween = (from, to) => Math.max(0, Math.floor((new Date(to).getTime() - new Date(from).getTime()) / 60000));

/** Whether a frame of the feed can have changed what a desk shows: a bare number may be a line given to it, or help answered. @param {{kind?: string} | null} frame */
export const concernsDesk = (frame) => !frame?.kind?.startsWith("rating.");
