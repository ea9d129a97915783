// The kiosk's other views: each builds its elements and calls back; none of them talks to the agent.

import { h, icon, replace } from "./dom.js";
import { minutes, money, time } from "./format.js";
import { lang, say } from "./i18n.js";
import { badge, nameOf, range } from "./kiosk_home.js";
import { asCode, CODE_ROWS, DIGIT_ROWS, grouped, keyboard, LETTER_ROWS } from "./kiosk_keyboard.js";

/**
 * @typedef {import("./kiosk_home.js").State} State
 * @typedef {import("./kiosk_home.js").Line} Line
 * @typedef {{id: string, number: string, label: string, line: string, lineName: string, printed: "ok" | "problem" | "unknown" | "printing",
 *   offline: boolean, already: boolean, canChange: boolean, ahead: number | null, wait: {p50: number, p90: number} | null,
 *   followUrl: string | null, code: string | null, qr: string | null}} Ticket
 * @typedef {{code: string, name: string, line: string, promisedDays: number | null, statutoryDays: number | null,
 *   feeInPerson: number | null, requiredDocuments: string[], shortInfo: string}} Procedure
 * @typedef {() => void} Act
 */

/** @param {string} text @param {Act} act @param {string} [kind] @param {string} [name] an icon */
const button = (text, act, kind = "", name = "") =>
  h("button", { class: `button ${kind}`, type: "button", onclick: act }, name && icon(name), h("span", null, text));

/** @param {string} title @param {Act} back */
const head = (title, back) =>
  h("div", { class: "sheet-head" }, button(say("kiosk.back"), back, "button-quiet", "arrow-left"), h("h1", null, title));

/** @param {"info" | "good" | "attention" | "trouble"} kind @param {string} text */
const notice = (kind, text) =>
  h("div", { class: `notice notice-${kind}` }, icon({ info: "info", good: "circle-check", attention: "triangle-alert", trouble: "octagon-alert" }[kind]), h("div", null, text));

/**
 * Calm words in the middle of the screen.
 * @param {string} sign an icon
 * @param {string} title
 * @param {string} [more]
 * @param {...HTMLElement} below
 */
export const calm = (sign, title, more = "", ...below) =>
  h("div", { class: "calm" }, icon(sign), h("h1", null, title), more && h("p", null, more), ...below);

/** @param {string} words */
export const busy = (words) => h("div", { class: "calm calm-late", role: "status" }, h("h1", null, words));

/**
 * A refusal: its sentence and the way on.
 * @param {string} sentence
 * @param {Act} home
 */
export const refusal = (sentence, home) =>
  calm("info", sentence, "", h("div", { class: "sheet-foot" }, button(say("kiosk.home"), home, "button-primary")));

/**
 * What became of a call for help, and the way back to where one was.
 * @param {string} sign an icon
 * @param {string} title
 * @param {string} more
 * @param {Act} back
 */
export const help = (sign, title, more, back) =>
  calm(sign, title, more, h("p", { class: "issued-quiet", id: "countdown", "aria-live": "off" }, "\u00a0"),
    h("div", { class: "sheet-foot" }, button(say("kiosk.done"), back, "button-primary")));

/**
 * The number just given.
 * @param {Ticket} ticket
 * @param {{ done: Act, change: Act, reprint: Act }} acts
 */
export function issued(ticket, { done, change, reprint }) {
  const failed = ticket.printed === "problem" || ticket.printed === "unknown";
  const words = ticket.already
    ? notice("info", say("kiosk.already"))
    : ticket.printed === "printing"
      ? notice("info", say("kiosk.printing"))
      : failed
        ? notice("attention", say(ticket.printed === "problem" ? "kiosk.paper_problem" : "kiosk.paper_unknown"))
        : notice("good", say("kiosk.take_paper"));
  const follow = failed && ticket.qr
    ? h("div", { class: "issued-follow" },
        h("img", { class: "issued-qr", src: ticket.qr, alt: say("kiosk.follow") }), h("b", null, say("kiosk.follow")),
        ticket.code && h("span", { class: "number" }, say("ticket.code", { code: ticket.code })))
    : null;
  return h("div", { class: "sheet sheet-plain" },
    h("div", { class: `issued ${follow ? "issued-with-qr" : ""}` },
      h("p", { class: "issued-line clamp" }, ticket.lineName),
      h("h1", { class: `issued-number ${ticket.label.length > 5 ? "issued-long" : ""}`, "aria-label": `${say("ticket.number")}: ${ticket.label}` }, ticket.label),
      h("div", { class: "issued-wait" }, ...waiting(ticket)),
      words, follow,
      h("p", { class: "issued-quiet", id: "countdown", "aria-live": "off" }, "\u00a0")),
    h("div", { class: "sheet-foot" },
      ticket.canChange && !ticket.already && button(say("kiosk.change"), change),
      failed && button(say("kiosk.reprint"), reprint, "", "printer"),
      button(say("kiosk.done"), done, "button-primary")));
}

/** @param {Ticket} ticket */
function waiting(ticket) {
  if (ticket.ahead === null) return [h("p", null, say("ticket.keep"))];
  if (ticket.ahead === 0) return [h("p", null, say("ticket.ahead.zero"))];
  return [
    h("p", null, say("ticket.ahead", { n: ticket.ahead })),
    ticket.wait && h("p", null, say("kiosk.expected", { wait: range(ticket.wait) })),
  ];
}

/**
 * "You may not be served today": take it anyway, or book another day on one's own phone.
 * @param {Line} line
 * @param {State} state
 * @param {{ take: Act, book: Act, back: Act }} acts
 */
export function late(line, state, { take, book, back }) {
  const closes = state.office?.openingNow?.closes;
  return h("div", { class: "sheet" },
    head(say("kiosk.late.title"), back),
    h("div", { class: "issued" },
      h("p", { class: "issued-line" }, nameOf(line)),
      notice("attention", say("kiosk.late")),
      line.wait && closes && h("p", null, say("kiosk.late.wait", { wait: range(line.wait), time: time(closes, state.timeZone) }))),
    h("div", { class: "sheet-foot" }, button(say("kiosk.late.book"), book), button(say("kiosk.late.take"), take, "button-primary")));
}

/**
 * @param {State} state
 * @param {Act} back
 */
export const book = (state, back) =>
  h("div", { class: "sheet" }, head(say("kiosk.late.book"), back),
    h("div", { class: "calm" },
      state.publicQr && h("img", { class: "calm-qr", src: state.publicQr, alt: "" }),
      h("p", null, say("kiosk.late.scan")), h("b", null, state.publicUrl)),
    h("div", { class: "sheet-foot" }, button(say("kiosk.done"), back, "button-primary")));

/**
 * The priority question, asked only of those who say so.
 * @param {State} state
 * @param {{ choose: (code: string | null) => void, back: Act }} acts
 */
export const priority = (state, { choose, back }) =>
  h("div", { class: "sheet" },
    head(say("kiosk.priority.choose"), back),
    h("div", { class: "sheet-body found found-short" },
      ...state.groups.map((group) => h("button", { class: "found-one", type: "button", onclick: () => choose(group.code) }, icon("star"), h("span", null, nameOf(group)))),
      h("button", { class: "found-one", type: "button", onclick: () => choose(null) }, icon("x"), h("span", null, say("priority.none")))),
    h("p", null, say("priority.proof")));

/**
 * Checking in: a code, or the phone number of the booking. A scanner works here and everywhere else.
 * @param {{ go: (found: {reference?: string, phone?: string}) => void, back: Act, online: boolean, wrong?: string }} acts
 */
export function checkIn({ go, back, online, wrong = "" }) {
  if (!online) return h("div", { class: "sheet" }, head(say("kiosk.have_appointment"), back), calm("wifi-off", say("kiosk.checkin.offline")));
  let byPhone = false;
  const body = h("div", { class: "typing" });
  const foot = h("div", { class: "sheet-foot" });
  /** @param {string} text */
  const draw = (text) => {
    const field = h("output", { class: "typed typed-code number", "aria-label": say(byPhone ? "kiosk.checkin.phone_label" : "kiosk.checkin.code") });
    const send = button(say("kiosk.checkin.go"), () => go(byPhone ? { phone: text } : { reference: text }), "button-primary");
    const show = () => {
      replace(field, byPhone ? text || "\u00a0" : grouped(text));
      send.disabled = byPhone ? text.length < 9 : text.length !== 12;
    };
    /** @param {string} sign */
    const type = (sign) => {
      text = sign === "" ? text.slice(0, -1) : byPhone ? (text + sign).replace(/[^0-9]/g, "").slice(0, 11) : asCode(text + sign);
      show();
    };
    show();
    typing = type;
    const side = h("div", { class: "typing-side" },
      h("p", null, say(byPhone ? "kiosk.checkin.phone_lead" : "kiosk.checkin.lead")), field, wrong && notice("trouble", wrong));
    replace(body, side, keyboard(byPhone ? DIGIT_ROWS : CODE_ROWS, type));
    replace(foot, button(say(byPhone ? "kiosk.checkin.reference" : "kiosk.checkin.phone"), () => { byPhone = !byPhone; wrong = ""; draw(""); }), send);
  };
  /** @type {(sign: string) => void} */
  let typing = () => {};
  const sheet = h("div", { class: "sheet" }, head(say("kiosk.have_appointment"), back), body, foot);
  sheet.addEventListener("kiosk-type", (event) => typing(/** @type {CustomEvent<string>} */ (event).detail));
  draw("");
  return sheet;
}

/**
 * Searching a procedure. `ask` answers those that match.
 * @param {{ ask: (words: string) => Promise<Procedure[]>, open: (procedure: Procedure) => void, back: Act, online: boolean, state: State }} acts
 */
export function search({ ask, open, back, online, state }) {
  if (!online) return h("div", { class: "sheet" }, head(say("kiosk.search"), back), calm("wifi-off", say("kiosk.search.offline")));
  const list = h("div", { class: "sheet-body found", "aria-live": "polite" });
  const field = h("input", { class: "typed", type: "text", inputmode: "none", autocomplete: "off", maxlength: "60", placeholder: say("kiosk.search.lead"), "aria-label": say("kiosk.search"), oninput: () => later() });
  let turn = 0;
  let timer = 0;
  const run = async () => {
    const mine = ++turn;
    const words = field.value.trim();
    if (words.length < 2) return replace(list);
    replace(list, ...[1, 2, 3].map(() => h("div", { class: "skeleton" })));
    try {
      const items = await ask(words);
      if (mine !== turn) return;
      const found = items.map((one) => {
        const place = state.lines.findIndex((line) => line.code === one.line);
        const line = state.lines[place];
        return h("button", { class: "found-one", type: "button", onclick: () => open(one) }, line ? badge(line, place) : icon("file-text"), h("span", null, one.name));
      });
      replace(list, ...(found.length ? found : [h("p", null, say("kiosk.search.none"))]));
    } catch (error) {
      if (mine === turn) replace(list, notice("attention", error instanceof Error ? error.message : say("base.failed")));
    }
  };
  const later = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void run(), 200);
  };
  /** @param {string} sign */
  const type = (sign) => {
    field.value = sign === "" ? field.value.slice(0, -1) : field.value + sign;
    later();
  };
  queueMicrotask(() => field.focus());
  return h("div", { class: "sheet" }, head(say("kiosk.search"), back),
    h("div", { class: "typing" }, h("div", { class: "typing-side typing-list" }, field, list), keyboard(LETTER_ROWS, type, { space: true })));
}

/**
 * What a procedure needs, and its number.
 * @param {Procedure} found
 * @param {State} state
 * @param {{ take: (line: Line) => void, back: Act }} acts
 */
export function procedure(found, state, { take, back }) {
  const line = state.lines.find((one) => one.code === found.line);
  const days = found.promisedDays ?? found.statutoryDays;
  return h("div", { class: "sheet" },
    h("div", { class: "sheet-head" }, button(say("kiosk.back"), back, "button-quiet", "arrow-left"), h("h1", { class: "clamp clamp-4" }, found.name)),
    h("div", { class: "sheet-body" },
      found.shortInfo && lang === "vi" && h("p", null, found.shortInfo),
      h("dl", { class: "facts" },
        days !== null && h("div", null, h("dt", null, say("kiosk.procedure.days")), h("dd", null, days === 0 ? say("kiosk.procedure.same_day") : say("kiosk.procedure.working_days", { n: days }))),
        found.feeInPerson !== null && h("div", null, h("dt", null, say("kiosk.procedure.fee")), h("dd", null, found.feeInPerson === 0 ? say("kiosk.procedure.free") : money(found.feeInPerson))),
        line?.open && line.wait && h("div", null, h("dt", null, say("kiosk.procedure.wait")), h("dd", null, minutes(line.wait.p50, line.wait.p90)))),
      h("h2", null, say("ticket.documents")),
      found.requiredDocuments.length
        ? h("ul", { class: "papers" }, ...found.requiredDocuments.map((paper) => h("li", null, paper)))
        : h("p", null, say("kiosk.procedure.no_documents"))),
    line?.open
      ? h("div", { class: "sheet-foot" }, button(say("kiosk.procedure.take", { line: nameOf(line) }), () => take(line), "button-primary"))
      : notice("attention", say("kiosk.procedure.elsewhere")));
}
