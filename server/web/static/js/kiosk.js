// The kiosk's screen: one view at a time, led by what the agent says over its event stream.

import { command, NetworkProblem, newKey, Problem, read } from "./api.js";
import { find, icon, replace } from "./dom.js";
import { date, time } from "./format.js";
import { lang, say } from "./i18n.js";
import { Home, nameOf } from "./kiosk_home.js";
import * as views from "./kiosk_views.js";
import { NOTHING, stroke } from "./scanner.js";

/**
 * @typedef {import("./kiosk_home.js").State} State
 * @typedef {import("./kiosk_home.js").Line} Line
 * @typedef {import("./kiosk_views.js").Ticket} Ticket
 * @typedef {import("./kiosk_views.js").Procedure} Procedure
 */

const AGENT_SILENCE = 10000; // ms without a word from the agent, which speaks every 3 s
const TICKET_STAYS = 20; // s
const IDLE = 45; // s until the question, and
const ANSWER = 15; // s to answer it
const REPEAT_FOR = 40000; // ms a touch is repeated while the agent restarts; after a minute the agent gives the number back

const view = find("#view", HTMLElement);
const band = find("#band", HTMLElement);
const bar = find("#bar", HTMLElement);
const ask = find("#ask", HTMLElement);

/** @type {State | null} */
let state = null;
let heard = Date.now();
let atHome = false;
/** @type {string | null} the priority group that the next number is for */
let group = null;
/** @type {{key: string, shown: boolean} | null} the touch being served */
let pending = null;
let idleFor = 0;
/** @type {number | null} seconds until the ticket goes away; null while it stays */
let leaving = null;
/** where the countdown leads */
let leave = startAgain;

const home = new Home((line) => void take(line));

// --- views -------------------------------------------------------------------------------------------------

/** @param {...HTMLElement} elements */
function show(...elements) {
  atHome = false;
  leaving = null;
  leave = startAgain;
  idleFor = 0;
  replace(view, ...elements);
  view.scrollTop = 0;
  tools();
}

function goHome() {
  group = null;
  pending = null;
  choose();
}

/** The home view with the priority kept. */
function choose() {
  if (!state || state.phase === "connecting") return show(views.calm("refresh-cw", say("kiosk.connecting"), say("kiosk.connecting.help")));
  if (state.phase === "not-allowed") return show(views.calm("lock", say("kiosk.not_allowed"), say("kiosk.not_allowed.help")));
  home.update(state);
  if (atHome) return;
  show(home.element);
  atHome = true;
  tools();
}

/** Someone else comes: back to Vietnamese and ordinary letters. */
function startAgain() {
  if ((lang !== "vi" || new URLSearchParams(location.search).has("text")) && present()) location.assign("/");
  else goHome();
}

/** @param {unknown} error */
function failed(error) {
  const words = error instanceof Problem ? error.message : error instanceof NetworkProblem ? say("kiosk.agent_gone") : say("base.failed");
  show(views.refusal(words, goHome));
}

// --- numbers -----------------------------------------------------------------------------------------------

/**
 * @param {Line} line
 * @param {{ procedure?: string, sure?: boolean }} [options]
 */
async function take(line, { procedure, sure = false } = {}) {
  if (pending || !state) return;
  if (line.late && !sure) {
    const now = state;
    const acts = { take: () => void take(line, { procedure, sure: true }), book: () => show(views.book(now, goHome)), back: choose };
    return show(views.late(line, now, acts));
  }
  const mine = (pending = { key: newKey(), shown: false });
  home.buttons.get(line.code)?.setAttribute("aria-busy", "true");
  const body = { line: line.code, class: group, language: lang, ...(procedure ? { procedure } : {}) };
  await settle(mine, say("kiosk.taking"), () => command("POST", "/api/tickets", body, { key: mine.key }));
  home.buttons.get(line.code)?.removeAttribute("aria-busy");
}

/** @param {{reference?: string, phone?: string, qr?: string}} found */
async function checkIn(found) {
  if (pending) return;
  const mine = (pending = { key: newKey(), shown: false });
  const form = { back: goHome, go: (/** @type {typeof found} */ again) => void checkIn(again), online: true };
  await settle(mine, say("base.loading"), () => command("POST", "/api/check-in", found, { key: mine.key }), (error) =>
    show(views.checkIn({ ...form, wrong: error.message }))
  );
}

/**
 * Carries a touch through: a calm word after 300 ms, the number as soon as it is known, the refusal otherwise. While the agent itself is away the same
 * touch is repeated for a while.
 * @param {{key: string, shown: boolean}} mine
 * @param {string} words
 * @param {() => Promise<Ticket>} send
 * @param {(problem: Problem) => void} [refused]
 */
async function settle(mine, words, send, refused = failed) {
  const since = Date.now();
  const patience = window.setTimeout(() => {
    if (pending === mine && !mine.shown) show(views.busy(words));
  }, 300);
  for (;;) {
    try {
      const ticket = await send();
      if (pending === mine) showTicket(ticket);
      break;
    } catch (error) {
      if (error instanceof NetworkProblem && Date.now() - since < REPEAT_FOR) continue;
      if (pending === mine && error instanceof Problem) refused(error);
      else if (pending === mine) failed(error);
      break;
    }
  }
  window.clearTimeout(patience);
  if (pending === mine) pending = null;
}

/** @param {Ticket} ticket */
function showTicket(ticket) {
  show(views.issued(ticket, {
    done: startAgain,
    change: () => void giveBack(ticket),
    reprint: () => void reprint(ticket),
  }));
  view.focus();
  // a number without paper stays until somebody has touched it away
  if (ticket.printed === "ok") leaving = TICKET_STAYS;
}

/** @param {Ticket} ticket */
async function giveBack(ticket) {
  show(views.busy(say("base.loading")));
  try {
    await command("POST", `/api/tickets/${encodeURIComponent(ticket.id)}/withdraw`, {});
    goHome();
    sayOnce(say("kiosk.given_back", { ticket: ticket.label }));
  } catch (error) {
    failed(error);
  }
}

/** @param {Ticket} ticket */
async function reprint(ticket) {
  showTicket({ ...ticket, already: false, printed: "printing" });
  try {
    showTicket({ ...(await command("POST", `/api/tickets/${encodeURIComponent(ticket.id)}/reprint`, {})), already: false });
  } catch {
    showTicket({ ...ticket, printed: "problem" });
  }
}

/** Calls somebody to this kiosk; what was on the screen comes back, for it may be a number that has no paper. */
async function callForHelp() {
  const mine = (pending = { key: newKey(), shown: false });
  const before = [...view.children];
  const back = atHome ? choose : () => show(.../** @type {HTMLElement[]} */ (before));
  const patience = window.setTimeout(() => show(views.busy(say("kiosk.help.ringing"))), 300);
  /** @type {[sign: string, title: string, more: string]} */
  let told = ["hand-helping", say("kiosk.help.coming"), say("kiosk.help.wait")];
  try {
    await command("POST", "/api/help", {}, { key: mine.key });
  } catch (error) {
    told = ["info", error instanceof Problem ? error.message : say("kiosk.refusal.help-offline"), ""];
  }
  window.clearTimeout(patience);
  if (pending !== mine) return;
  pending = null;
  show(views.help(...told, back));
  view.focus();
  leaving = TICKET_STAYS;
  leave = back;
}

// --- the bar -----------------------------------------------------------------------------------------------

/** @type {Record<string, () => void>} */
const TOOLS = {
  "check-in": () => show(views.checkIn({ back: goHome, go: (found) => void checkIn(found), online: state?.online ?? false })),
  search: () => {
    if (!state) return;
    const shown = state;
    /** @param {Procedure} found */
    const open = (found) => show(views.procedure(found, state ?? shown, { take: (line) => void take(line, { procedure: found.code }), back: () => TOOLS.search?.() }));
    /** @param {string} words @returns {Promise<Procedure[]>} */
    const asked = async (words) => (await read(`/api/procedures?q=${encodeURIComponent(words)}`)).items;
    show(views.search({ ask: asked, open, back: goHome, online: shown.online, state: shown }));
  },
  priority: () => {
    if (!state) return;
    show(views.priority(state, { back: goHome, choose: (code) => { group = code; choose(); } }));
  },
  help: () => void callForHelp(),
  text: () => turn({ text: new URLSearchParams(location.search).has("text") ? null : "large" }),
  language: () => turn({ lang: lang === "vi" ? "en" : null }),
};

/** The same page with other words or letters. @param {Record<string, string | null>} changes */
function turn(changes) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const search = query.toString();
  location.assign(search ? `/?${search}` : "/");
}

function tools() {
  const ready = state?.phase === "ready" && present();
  for (const tool of bar.querySelectorAll("button")) {
    const name = tool.dataset.tool ?? "";
    tool.disabled = !present() || (!ready && (name === "check-in" || name === "search"));
    if (name !== "priority") continue;
    tool.disabled = !ready || !state?.groups.length;
    tool.setAttribute("aria-pressed", String(group !== null));
  }
}

bar.addEventListener("click", (event) => {
  const tool = event.target instanceof Element ? event.target.closest("button") : null;
  if (tool && !pending) TOOLS[tool.dataset.tool ?? ""]?.();
});

// --- head and band -----------------------------------------------------------------------------------------

/** @type {{words: string, until: number} | null} */
let once = null;

/** A sentence in the band for a moment. @param {string} words */
function sayOnce(words) {
  once = { words, until: Date.now() + 8000 };
  head();
}

const present = () => Date.now() - heard < AGENT_SILENCE;

/** @returns {["" | "attention", string, string]} */
function bandWords() {
  if (!present()) return ["attention", "refresh-cw", say("kiosk.agent_gone")];
  if (once && Date.now() < once.until) return ["", "info", once.words];
  const chosen = state?.groups.find((one) => one.code === group);
  if (chosen) return ["", "star", `${say("kiosk.priority.on", { group: nameOf(chosen) })}. ${say("priority.proof")}`];
  if (state?.phase === "ready" && !state.online) return ["attention", "wifi-off", say("kiosk.offline")];
  if (state?.paper === "out") return ["attention", "printer", say("kiosk.no_paper")];
  if (state?.practice) return ["attention", "info", say("kiosk.practice")];
  return ["", "info", say("kiosk.family")];
}

let drawnBand = "";

function head() {
  const zone = state?.timeZone ?? "Asia/Ho_Chi_Minh";
  find("#time", HTMLElement).textContent = time(Date.now(), zone);
  find("#date", HTMLElement).textContent = date(Date.now(), zone);
  find("#office", HTMLElement).textContent = state?.office ? nameOf(state.office) : "\u00a0";
  find("#sample", HTMLElement).hidden = !state?.sample || state.practice;
  find("#practice", HTMLElement).hidden = !state?.practice;
  const [kind, sign, words] = bandWords();
  if (drawnBand === kind + sign + words) return;
  drawnBand = kind + sign + words;
  band.className = `kiosk-band ${kind && `kiosk-band-${kind}`}`;
  const text = document.createElement("span");
  text.textContent = words;
  replace(band, icon(sign), text);
}

// --- what the agent says -----------------------------------------------------------------------------------

const events = new EventSource("/api/events");

events.addEventListener("state", (event) => {
  const back = !present();
  const was = state?.phase;
  state = /** @type {State} */ (JSON.parse(event.data));
  heard = Date.now();
  if (atHome || was !== state.phase) choose();
  if (back) tools();
  head();
});

events.addEventListener("issued", (event) => {
  const told = /** @type {{key: string, ticket: Ticket}} */ (JSON.parse(event.data));
  if (pending?.key !== told.key) return;
  pending.shown = true;
  showTicket(told.ticket);
});

// --- time --------------------------------------------------------------------------------------------------

window.setInterval(() => {
  head();
  if (!present()) tools();
  if (leaving !== null) {
    leaving -= 1;
    const countdown = document.getElementById("countdown");
    if (countdown) countdown.textContent = leaving <= 10 ? say("kiosk.timeout", { seconds: Math.max(0, leaving) }) : "\u00a0";
    if (leaving <= 0) leave();
    return;
  }
  const ordinary = atHome && lang === "vi" && group === null && !location.search;
  const stays = document.querySelector(".issued-number") !== null; // a number without paper
  if (ordinary || stays || pending || !state) {
    idleFor = 0;
    return;
  }
  idleFor += 1;
  ask.hidden = idleFor < IDLE;
  find("#ask-words", HTMLElement).textContent = say("kiosk.timeout", { seconds: Math.max(0, IDLE + ANSWER - idleFor) });
  if (idleFor >= IDLE + ANSWER) {
    ask.hidden = true;
    startAgain();
  }
}, 1000);

for (const sign of ["pointerdown", "keydown"]) {
  document.addEventListener(sign, () => {
    idleFor = 0;
    ask.hidden = true;
  });
}

// --- the scanner, which types anywhere ---------------------------------------------------------------------

let burst = NOTHING;
/** @type {{field: HTMLInputElement, value: string} | null} what stood in the field before the burst */
let before = null;

document.addEventListener(
  "keydown",
  (event) => {
    if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    const field = event.target instanceof HTMLInputElement ? event.target : null;
    const next = stroke(burst, { key: event.key, at: event.timeStamp });
    if (next.burst.text.length === 1) before = field && { field, value: field.value };
    burst = next.burst;
    if (next.scanned !== null) {
      event.preventDefault();
      if (before) before.field.value = before.value;
      if (state?.phase === "ready" && !ask.hidden) ask.hidden = true;
      if (state?.phase === "ready") void checkIn({ qr: next.scanned });
      return;
    }
    const sheet = view.querySelector(".sheet");
    if (!field && sheet && (event.key === "Backspace" || /^[0-9A-Za-z]$/.test(event.key))) {
      sheet.dispatchEvent(new CustomEvent("kiosk-type", { detail: event.key === "Backspace" ? "" : event.key }));
    }
  },
  true
);

choose();
head();
