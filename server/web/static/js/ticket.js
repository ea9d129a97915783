// One's own ticket, live: the whole of it comes through a WebSocket at once and whenever it changes. While that is away, it is asked for.

import { command, NetworkProblem, Problem, read } from "./api.js";
import { find, h, icon, replace, set } from "./dom.js";
import { minutes, time } from "./format.js";
import { say } from "./i18n.js";
import { ratingForm } from "./rating.js";
import { holdBox } from "./ticket_hold.js";
import { rings, story } from "./ticket_rules.js";

/** @typedef {import("./ticket_rules.js").Ticket} Ticket */

const SILENCE = 60000; // ms: the server says something every 25 s
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10000;

const root = find("#follow", HTMLElement);
const token = root.dataset.token ?? "";
const place = (/** @type {string} */ id) => find(`#${id}`, HTMLElement);
/** @type {Ticket | null} */
let ticket = null;
let rose = false;
let sent = false; // this page has rated: it does not ask again

// --- what is shown -------------------------------------------------------------------------------------------

/** @param {HTMLElement} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Ticket} fresh */
function take(fresh) {
  const before = ticket;
  const shown = root.dataset.state;
  ticket = fresh;
  // What is free the next morning only the server's page tells.
  if (fresh.state === "closed" && (before?.state ?? shown) !== "closed") location.reload();
  if (before && fresh.ahead !== before.ahead) rose = fresh.ahead !== null && before.ahead !== null && fresh.ahead > before.ahead;
  if (fresh.state !== "waiting") rose = false;
  draw(fresh);
  root.dataset.live = "true";
  // A page that was called when it loaded was reloaded by its holder, who knows.
  if (rings(before, fresh) && (before || shown !== "called")) ring();
}

/** @param {Ticket} now */
function draw(now) {
  const told = story(now, rose, minutes, time);
  root.dataset.state = now.state;
  document.body.classList.toggle("follow-calling", now.state === "called");
  const name = now.state === "called" ? say("follow.title.called", { counter: now.counter ?? "", label: now.label }) : say("follow.title", { label: now.label });
  document.title = `${name} · ${say("base.brand")}`;
  const label = place("label");
  write(label, now.label);
  label.className = `number signs-${Math.min(now.label.length, 8)}`;
  write(place("line"), now.lineName);
  place("counter").hidden = now.state !== "called";
  write(find("#counter b", HTMLElement), String(now.counter ?? ""));
  write(place("headline"), say(...told.headline));
  write(place("wait"), told.wait ? say(...told.wait) : "");
  write(place("note"), told.note && !sent ? say(...told.note) : "");
  write(place("as-of"), say("follow.as_of", { time: time(now.asOf, now.timeZone) }));
  place("home").hidden = now.state !== "coming";
  place("stay").hidden = !told.stay;
  place("tell").hidden = !told.tell;
  place("book").hidden = !told.book;
  hold.draw(told.hold, now);
  wakeAt(now);
  drawWithdraw(told.withdraw);
  drawRating(sent && told.rating ? "done" : told.rating);
}

function ring() {
  // Browsers let a page shake the phone only once it was touched.
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([300, 150, 300, 150, 300]);
}

// --- stepping out --------------------------------------------------------------------------------------------

const hold = holdBox(place("hold"), (button, verb, body) => doing(button, async () => {
  await command("POST", `/api/tickets/${token}/${verb}`, body);
  take(await read(`/api/tickets/${token}`));
}));

/** @type {number | undefined} */
let alarm;

/** Nothing happens at the server when a time runs out: ask again then. By the server's clock; a phone's may be wrong. @param {Ticket} now */
function wakeAt({ heldUntil, asOf }) {
  clearTimeout(alarm);
  if (heldUntil) alarm = setTimeout(wake, Date.parse(heldUntil) - Date.parse(asOf) + 1000);
}

// --- giving the number back ----------------------------------------------------------------------------------

let asking = false;

/** @param {boolean} offered */
function drawWithdraw(offered) {
  const box = place("withdraw");
  const told = offered ? (asking ? "asking" : "offered") : "";
  if (box.dataset.told === told) return;
  box.dataset.told = told;
  box.hidden = !offered;
  if (!offered) asking = false;
  const label = ticket?.label ?? "";
  if (told === "offered") replace(box, h("button", { class: "button button-large button-wide", type: "button", onclick: () => ask(true) }, say("ticket.leave.give_back")));
  if (told === "asking") {
    const yes = h("button", { class: "button button-large", type: "button", onclick: () => withdraw(yes) }, say("follow.withdraw.yes"));
    const no = h("button", { class: "button button-primary button-large", type: "button", onclick: () => ask(false) }, say("follow.withdraw.no"));
    replace(box, h("p", { id: "withdraw-ask" }, say("follow.withdraw.ask", { label })), h("div", { class: "two", role: "group", "aria-labelledby": "withdraw-ask" }, no, yes));
  }
}

/** @param {boolean} now */
function ask(now) {
  asking = now;
  problem("");
  drawWithdraw(true);
  /** @type {HTMLElement | null} */ (place("withdraw").querySelector("button"))?.focus({ preventScroll: true });
}

/** @param {HTMLElement} button */
async function withdraw(button) {
  await doing(button, async () => {
    await command("POST", `/api/tickets/${token}/withdraw`);
    asking = false;
    take(await read(`/api/tickets/${token}`));
  });
}

/**
 * One command at a time, its button turning after a moment, its refusal in words.
 * @param {HTMLElement | null} button
 * @param {() => Promise<void>} work
 */
async function doing(button, work) {
  if (busy) return;
  busy = true;
  problem("");
  const slow = setTimeout(() => button && set(button, { "aria-busy": "true", "aria-disabled": "true" }), 300);
  try {
    await work();
  } catch (error) {
    problem(/** @type {Error} */ (error).message);
  } finally {
    busy = false;
    clearTimeout(slow);
    if (button) set(button, { "aria-busy": null, "aria-disabled": null });
  }
}
let busy = false;

/** @param {string} words */
function problem(words) {
  replace(place("problem"), words && h("p", { class: "follow-problem" }, icon("octagon-alert"), h("span", null, words)));
}

// --- rating --------------------------------------------------------------------------------------------------

/** @param {import("./ticket_rules.js").Story["rating"]} which */
function drawRating(which) {
  const box = place("rating");
  if (box.dataset.told === which) return;
  box.dataset.told = which;
  if (which === "ask") showForm();
  else if (which === "again") replace(box, h("button", { class: "button button-large", type: "button", onclick: showForm }, say("rate.again")));
  else if (which === "done") replace(box, icon("circle-check", "thanks"));
  else replace(box);
}

function showForm() {
  const form = ratingForm({
    contact: true,
    send: (rating) => {
      form.busy(true);
      doing(null, async () => {
        try {
          await command("POST", `/api/tickets/${token}/rating`, rating);
        } catch (error) {
          if (!(error instanceof Problem && error.code === "already-rated")) throw error;
        }
        sent = true;
        if (ticket) take({ ...ticket, rated: true });
      }).then(() => form.busy(false));
    },
  });
  replace(place("rating"), form.element);
}

// --- the connection ------------------------------------------------------------------------------------------

/** @type {WebSocket | null} */
let socket = null;
let pause = FIRST_PAUSE;
let over = false;
/** @type {number | undefined} */
let watchdog;
/** @type {number | undefined} */
let retry;

/** @param {boolean} lost */
function offline(lost) {
  const box = place("offline");
  if (box.classList.contains("shown") === lost) return;
  box.classList.toggle("shown", lost);
  replace(box, lost && icon("wifi-off"), lost && h("span", null, say("follow.offline")));
}

function connect() {
  clearTimeout(retry);
  if (over || socket) return;
  const mine = new WebSocket(`${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/ws/tickets/${token}`);
  socket = mine;
  watch();
  mine.onmessage = ({ data }) => {
    if (socket !== mine) return;
    watch();
    pause = FIRST_PAUSE;
    offline(false);
    const body = JSON.parse(data);
    if (body.state) take(body);
  };
  mine.onclose = ({ code }) => {
    if (socket !== mine) return;
    socket = null;
    if (code === 4404) over = true; // a reprint has made this link worthless
    later();
  };
}

/** A connection that says nothing is as good as none. */
function watch() {
  clearTimeout(watchdog);
  watchdog = setTimeout(again, SILENCE);
}

function again() {
  const old = socket;
  socket = null;
  old?.close();
  later();
}

/** Asks once by plain HTTP, which may still work; either way tries the socket again after a pause that grows. */
async function later() {
  clearTimeout(watchdog);
  try {
    take(await read(`/api/tickets/${token}`));
    offline(false);
  } catch (error) {
    if (error instanceof NetworkProblem) offline(true);
    if (error instanceof Problem && error.status === 404) {
      over = true;
      problem(error.message);
    }
  }
  if (over) return;
  clearTimeout(retry);
  retry = setTimeout(connect, pause * (0.5 + Math.random() / 2));
  pause = Math.min(pause * 2, LONGEST_PAUSE);
}

/** The phone was in a pocket: its socket may be dead without knowing. */
function wake() {
  if (document.visibilityState === "hidden" || over) return;
  pause = FIRST_PAUSE;
  if (socket?.readyState === WebSocket.OPEN) read(`/api/tickets/${token}`).then(take, again);
  else if (!socket) connect();
}

document.addEventListener("visibilitychange", wake);
window.addEventListener("online", wake);
window.addEventListener("offline", () => offline(true));
connect();
