// The tablet at a counter: signs in once by its device's code, then a calm clock until a visit has been served here.

import { command, newKey, NetworkProblem, Problem, read } from "./api.js";
import { find, h, icon, replace } from "./dom.js";
import { follow } from "./feed.js";
import { capital, date, time } from "./format.js";
import { say } from "./i18n.js";
import { ratingForm } from "./rating.js";
import { ask, CALM, happened, thanked, touched, waited } from "./tablet_rules.js";

/** @typedef {import("./tablet_rules.js").State} State */
/** @typedef {import("./rating.js").Rating} Rating */
/** @typedef {{counter: number, ticket: {id: string, number: string} | null, office: string, officeName: string, timeZone: string, serving: string | null, practice: boolean}} View */
/** @typedef {{key: string, body: Record<string, unknown>}} Letter a rating on its way */

const AGAIN = 5000; // ms between tries to reach the server
const place = (/** @type {string} */ id) => find(`#${id}`, HTMLElement);

/** @type {View | null} */
let view = null;
/** @type {State} */
let state = CALM;
/** @type {ReturnType<typeof follow> | null} */
let feed = null;
/** @type {ReturnType<typeof ratingForm> | null} */
let form = null;
/** @type {string | null} */
let calling = null; // the label just called here, until its visit begins
/** @type {Letter[]} */
const outbox = []; // ratings that did not get through yet

// --- what is shown -------------------------------------------------------------------------------------------

/** @param {HTMLElement} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {string} which */
function show(which) {
  const root = place("tablet");
  if (root.dataset.shows === which) return;
  root.dataset.shows = which;
  for (const id of ["loading", "pairing", "calm", "asking", "thanks"]) place(id).hidden = id !== which;
}

/** @param {State} next */
function become(next) {
  const before = state;
  state = next;
  if (next.shows === "asking" && (before.shows !== "asking" || before.ticket.id !== next.ticket.id)) question(next.ticket);
  if (view) show(next.shows);
  // A region that appears says nothing by itself; this one is always there.
  write(place("spoken"), next.shows === "asking" ? say("tablet.ask", { label: next.ticket.label }) : next.shows === "thanks" ? say("tablet.thanks") : "");
}

/** @param {import("./tablet_rules.js").Ticket} ticket */
function question(ticket) {
  write(place("question"), say("tablet.ask", { label: ticket.label }));
  form = ratingForm({ quick: true, send: (rating) => send(ticket.id, rating), chosen: (level) => become(touched(state, level, Date.now())) });
  form.element.addEventListener("input", () => become(touched(state, 0, Date.now())));
  replace(place("form"), form.element);
}

function draw() {
  if (!view) return;
  const now = feed?.now() ?? Date.now();
  write(place("office"), view.officeName);
  place("practice").hidden = !view.practice;
  place("tablet").classList.toggle("practises", view.practice);
  write(place("counter"), String(view.counter));
  write(place("serving"), view.serving ? say(calling === view.serving ? "tablet.calling" : "tablet.serving", { label: view.serving }) : "");
  place("calm").classList.toggle("calling", view.serving !== null && calling === view.serving);
  write(place("time"), time(now, view.timeZone));
  write(place("date"), capital(date(now, view.timeZone)));
}

// --- what happens --------------------------------------------------------------------------------------------

/** Asks what this counter's tablet should show. */
async function refresh() {
  try {
    const first = view === null;
    view = /** @type {View} */ (await read("/api/tablet"));
    if (first && view.ticket) become(ask({ id: view.ticket.id, label: view.ticket.number }, Date.now()));
    feed ??= follow(view.office, { onState: (_, frame) => frame && heard(frame), onHealth: ({ connected }) => lost(!connected) });
    draw();
    become(state);
  } catch (error) {
    if (error instanceof Problem && [401, 403, 404].includes(error.status)) leave(error.status === 401 ? "" : say("tablet.pair.not_tablet"));
    else setTimeout(refresh, AGAIN);
  }
}

/** @param {import("./tablet_rules.js").Frame} frame */
function heard(frame) {
  if (!view) return;
  become(happened(state, frame, view.counter, Date.now()));
  if (frame.kind === "office.opened") {
    become(CALM); // another day, or practice begins or ends: nobody is asked about a visit of before
    refresh();
  }
  if (frame.counter?.number !== view.counter && frame.ticket?.label !== view.serving) return;
  if (frame.kind === "ticket.called" || frame.kind === "ticket.recalled") calling = frame.ticket?.label ?? null;
  if (frame.kind === "ticket.started") calling = null;
  refresh();
}

/** @param {boolean} away */
function lost(away) {
  const box = place("lost");
  if (box.classList.contains("shown") === away) return;
  box.classList.toggle("shown", away);
  replace(box, away && icon("wifi-off"), away && h("span", null, say("tablet.lost")));
}

/**
 * @param {string} ticket its id
 * @param {Rating} rating
 */
async function send(ticket, rating) {
  form?.busy(true);
  const letter = { key: newKey(), body: { ticketId: ticket, ...rating } };
  const through = await deliver(letter);
  if (!through) outbox.push(letter);
  write(place("thanks-words"), say(through ? "tablet.thanks.more" : "tablet.kept"));
  become(thanked(Date.now()));
}

/**
 * Whether it needs no further try. What the server refuses (rated on the phone already, too late) would be refused again.
 * @param {Letter} letter
 */
async function deliver({ key, body }) {
  try {
    await command("POST", "/api/tablet/rating", body, { key });
    return true;
  } catch (error) {
    return error instanceof Problem && error.status < 500;
  }
}

async function empty() {
  const letter = outbox[0];
  if (letter && (await deliver(letter))) outbox.shift();
  setTimeout(empty, AGAIN);
}

function tick() {
  const next = waited(state, Date.now());
  // Whoever pressed the low face and went has still said it.
  if (state.shows === "asking" && next !== state && state.level && form) send(state.ticket.id, form.said());
  else if (next !== state) become(next);
  draw();
}

// --- signing in ----------------------------------------------------------------------------------------------

/** @param {string} words */
function leave(words) {
  view = null;
  state = CALM;
  feed?.stop();
  feed = null;
  show("pairing");
  pairProblem(words);
}

/** @param {string} words */
const pairProblem = (words) => replace(place("pair-problem"), words && h("div", { class: "notice notice-trouble" }, icon("octagon-alert"), h("p", null, words)));

find("#pair", HTMLFormElement).addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = find("#token", HTMLInputElement);
  const token = field.value.trim();
  pairProblem(token ? "" : say("tablet.pair.missing"));
  if (!token) return field.focus();
  try {
    await command("POST", "/api/devices/session", { token });
    field.value = "";
    await refresh();
  } catch (error) {
    pairProblem(error instanceof NetworkProblem || /** @type {Problem} */ (error).status !== 401 ? /** @type {Error} */ (error).message : say("tablet.pair.wrong"));
    field.focus();
  }
});

setInterval(tick, 1000);
empty();
refresh();
