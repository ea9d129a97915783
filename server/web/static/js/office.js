// The head's page: one sentence on the hall, what needs the head with the press that helps, then counters, lines and the day.

import { read } from "./api.js";
import { find, h, icon, replace, set } from "./dom.js";
import { elapsed, minutes, time } from "./format.js";
import { say } from "./i18n.js";
import { keep, write } from "./keep.js";
import { drawDay } from "./office_day.js";
import { pressed, staffPage } from "./staff.js";

/** @typedef {{p50: number, p90: number} | null} Wait */
/** @typedef {{number: number, name: string, officer: string | null, officerName: string | null, lines: string[], extraLines: string[], extraUntil: string | null, ticket: string | null, ticketState: string | null, since: string | null, pausedReason: string | null, pausedUntil: string | null, help: string | null}} Desk */
/** @typedef {{code: string, name: string, waiting: number, longestSince: string | null, wait: Wait, servedBy: number}} Line */
/** @typedef {{code: string, sentence: string, line: string | null, counter: number | null, device: string | null}} Alert */
/** @typedef {{graded: number, within: number | null, meanError: number | null, tooOptimistic: number | null}} Truth */
/** @typedef {{seq: number, asOf: string, timeZone: string, office: string, officeName: string, sample: boolean, practice: boolean, sentence: string, alerts: Alert[], desks: Desk[], lines: Line[], waiting: number, servedToday: number, leftToday: number, chosenToday: number, arrivals: number[], usual: number[], truth: Truth}} View */

const MINUTE = 60_000;
const page = staffPage({ ask: () => read("/api/office/hall"), marks: (/** @type {View} */ view) => view, draw });
/** @type {View | null} */
let now = null;
let ahead = 0; // ms by which the server's clock is ahead of ours
/** What was answered to "what if this counter opened?", until it does. @type {Map<number, string>} */
const answers = new Map();

/** @param {View} view */
function draw(view) {
  now = view;
  ahead = Date.parse(view.asOf) - Date.now();
  write(find("#sentence", HTMLElement), view.sentence);
  for (const desk of view.desks) if (desk.officer !== null) answers.delete(desk.number);
  keep(find("#alerts", HTMLElement), view.alerts, (alert) => `${alert.code} ${alert.line} ${alert.counter} ${alert.device}`, alertRow, drawAlert);
  keep(find("#desks", HTMLElement), view.desks, (desk) => String(desk.number), deskCard, drawDesk);
  keep(find("#lines", HTMLElement), view.lines, (line) => line.code, lineRow, drawLine);
  drawDay(find("#day", HTMLElement), find("#day-table", HTMLElement), view);
  drawFigures(view);
  find("#practise", HTMLElement).hidden = view.practice;
  find("#practise-made-up", HTMLElement).hidden = !view.sample || view.practice;
  find("#practise-real", HTMLElement).hidden = view.sample;
  find("#practise-on", HTMLElement).hidden = !view.practice;
  const chosen = find("#numbers-line", HTMLSelectElement);
  if (!chosen.options.length) replace(chosen, ...view.lines.map(lineOption));
  tick();
}

/** @param {Line} line */
const lineOption = (line) => h("option", { value: line.code }, `${line.code} · ${line.name}`);

/** What moves with the time alone. */
function tick() {
  const at = Date.now() + ahead;
  for (const element of document.querySelectorAll("[data-since]")) {
    const since = /** @type {HTMLElement} */ (element).dataset.since ?? "";
    write(element, say(/** @type {HTMLElement} */ (element).dataset.says ?? "office.since", { time: elapsed(at - Date.parse(since)) }));
  }
}
setInterval(tick, 1000);

/** Shows how long something lasts, or says something else. @param {Element | null} element @param {string | null} since @param {string} says key, or the words where there is no instant */
function lasting(element, since, says) {
  if (!(element instanceof HTMLElement)) return;
  if (since === null) {
    delete element.dataset.since;
    write(element, says);
  } else Object.assign(element.dataset, { since, says });
}

// --- what needs the head -------------------------------------------------------------------------------------

/** @param {Alert} alert */
function alertRow(alert) {
  const urgent = alert.code === "emergency" || alert.code === "unserved";
  return h("div", { class: `notice notice-${urgent ? "trouble" : "attention"}` }, icon(urgent ? "octagon-alert" : "triangle-alert"),
    h("div", { class: "alert-words" }, h("p"), h("strong", { role: "status" })), helpFor(alert));
}

/** @param {HTMLElement} row @param {Alert} alert */
function drawAlert(row, alert) {
  write(row.querySelector("p"), alert.sentence);
  const answer = alert.code === "slow" && alert.counter !== null ? answers.get(alert.counter) : undefined;
  write(row.querySelector("strong"), answer ?? "");
  const button = row.querySelector("button");
  if (button) button.hidden = answer !== undefined;
}

/** The press that helps. @param {Alert} alert */
function helpFor({ code, line, counter, device }) {
  if (code === "stranded") return h("a", { class: "button", href: "/timetable" }, say("timetable.alert.open"));
  if (code === "kiosk" && device !== null) {
    return h("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => page.run("DELETE", `/api/reception/help/${encodeURIComponent(device)}`, undefined, pressed(event)) }, say("kiosk.help.done"));
  }
  if (counter === null) return null;
  if (code === "head" || code === "emergency") {
    return h("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => page.run("DELETE", `/api/office/desks/${counter}/help`, undefined, pressed(event)) }, say("office.coming"));
  }
  if (code === "unserved" && line !== null) {
    return h("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => give(counter, line, 60, pressed(event)) }, say("office.give", { counter }));
  }
  if (code === "slow") {
    return h("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => whatIf(counter, pressed(event)) }, say("office.whatif", { counter }));
  }
  return null;
}

/** A counter takes a further line for a while. @param {number} counter @param {string} line @param {number} span minutes @param {HTMLElement | null} button */
async function give(counter, line, span, button) {
  const desk = now?.desks.find((each) => each.number === counter);
  const until = new Date(Date.now() + ahead + span * MINUTE).toISOString();
  const lines = [...new Set([...(desk?.extraLines ?? []), line])];
  const done = await page.run("PUT", `/api/office/desks/${counter}/lines`, { lines, until }, button);
  if (done !== undefined) page.done(say("office.given", { counter, line: now?.lines.find((each) => each.code === line)?.name ?? line }));
}

/** @param {number} counter @param {HTMLElement | null} button */
async function whatIf(counter, button) {
  const desk = now?.desks.find((each) => each.number === counter);
  if (!desk) return;
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await read(`/api/office/what-if?counter=${counter}&lines=${encodeURIComponent(desk.lines.join(","))}`);
    answers.set(counter, answer.sentence);
    if (now) draw(now);
  } catch (error) {
    page.tell(error instanceof Error ? error.message : String(error));
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

// --- counters ------------------------------------------------------------------------------------------------

/** @param {Desk} desk */
function deskCard({ number }) {
  const line = h("select", { class: "input", "aria-label": say("office.take.line") });
  const span = h("select", { class: "input", "aria-label": say("office.take.span") }, ...[30, 60, 120, 240].map((n) => h("option", { value: n }, minutes(n))));
  span.value = "60";
  const more = h("details", { class: "desk-more" }, h("summary", null, say("staff.take_line")),
    h("form", { onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      more.open = false;
      if (line.value) give(number, line.value, Number(span.value), null);
    } }, line, span, h("button", { class: "button button-quiet", type: "submit" }, say("office.take.do"))));
  return h("article", { class: "hall-desk" },
    h("h3", null, h("span", { class: "desk-name" }), h("small")),
    h("p", { class: "quiet desk-lines" }),
    h("p", null, h("b", { class: "number" }), " ", h("span", { class: "desk-state" })),
    h("p", { class: "desk-extra" }, h("span", { class: "chip chip-attention" }), h("button", { class: "button button-quiet", type: "button", onclick: (/** @type {Event} */ event) => page.run("PUT", `/api/office/desks/${number}/lines`, { lines: [], until: new Date(Date.now() + ahead).toISOString() }, pressed(event)) }, say("office.extra.end"))),
    more,
    h("p", { class: "desk-whatif", role: "status" }),
    h("button", { class: "button button-quiet desk-ask", type: "button", onclick: (/** @type {Event} */ event) => whatIf(number, pressed(event)) }, say("office.whatif.ask")));
}

/** @param {HTMLElement} card @param {Desk} desk */
function drawDesk(card, desk) {
  if (!now) return;
  const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (card.querySelector(selector));
  const open = desk.officer !== null;
  const zone = now.timeZone;
  card.dataset.state = !open ? "closed" : desk.pausedReason !== null ? "paused" : "open";
  write(part(".desk-name"), desk.name);
  write(part("h3 small"), open ? desk.officerName ?? desk.officer ?? "" : "");
  write(part(".desk-lines"), desk.lines.join(" · "));
  write(part(".number"), desk.ticket ?? "");
  const state = part(".desk-state");
  if (!open) lasting(state, null, say("counter.closed"));
  else if (desk.pausedReason !== null) lasting(state, null, desk.pausedUntil ? say("desk.paused.until", { reason: desk.pausedReason, time: time(desk.pausedUntil, zone) }) : say("office.paused", { reason: desk.pausedReason }));
  else if (desk.ticket !== null && desk.since !== null) lasting(state, desk.since, desk.ticketState === "called" ? "office.desk.called" : "office.desk.serving");
  else lasting(state, null, say("office.desk.idle"));
  part(".desk-extra").hidden = desk.extraUntil === null;
  write(part(".desk-extra .chip"), desk.extraUntil ? say("office.extra", { lines: desk.extraLines.join(", "), time: time(desk.extraUntil, zone) }) : "");
  const takes = now.lines.filter((line) => !desk.lines.includes(line.code));
  part(".desk-more").hidden = !open || !takes.length;
  const select = /** @type {HTMLSelectElement} */ (part("select"));
  const told = takes.map((line) => line.code).join();
  if (select.dataset.told !== told) {
    select.dataset.told = told;
    replace(select, ...takes.map(lineOption));
  }
  const answer = answers.get(desk.number);
  write(part(".desk-whatif"), answer ?? "");
  part(".desk-ask").hidden = open || answer !== undefined;
}

// --- lines and figures ---------------------------------------------------------------------------------------

/** @param {Line} line */
const lineRow = (line) => h("tr", null, h("th", { scope: "row" }, `${line.code} · ${line.name}`), h("td", { class: "number" }),
  h("td", { class: "hall-bar", "aria-hidden": "true" }, h("span")), h("td"), h("td"), h("td"));

/** @param {HTMLElement} row @param {Line} line */
function drawLine(row, line) {
  const [waiting, , longest, wait, served] = row.querySelectorAll("td");
  const most = Math.max(1, ...(now?.lines ?? []).map((each) => each.waiting));
  write(waiting, String(line.waiting));
  const bar = /** @type {HTMLElement} */ (row.querySelector(".hall-bar span"));
  bar.hidden = line.waiting === 0;
  set(bar, { style: { width: `${(100 * line.waiting) / most}%` } });
  lasting(longest ?? null, line.waiting ? line.longestSince : null, line.waiting && line.longestSince ? "office.since" : "–");
  write(wait, line.wait ? minutes(line.wait.p50, line.wait.p90) : "–");
  write(served, line.servedBy ? String(line.servedBy) : say("office.nobody"));
  row.classList.toggle("unserved", line.waiting > 0 && line.servedBy === 0);
}

/** @param {View} view */
function drawFigures(view) {
  const { truth } = view;
  const share = (/** @type {number | null} */ part) => (part === null ? "–" : `${Math.round(part * 100)} %`);
  const told = /** @type {[string, string][]} */ ([
    ["office.figure.waiting", String(view.waiting)], ["office.figure.served", String(view.servedToday)], ["office.figure.left", String(view.leftToday)], ["office.figure.chosen", String(view.chosenToday)],
    ["office.figure.within", share(truth.within)], ["office.figure.error", truth.meanError === null ? "–" : minutes(Math.round(truth.meanError))], ["office.figure.optimistic", share(truth.tooOptimistic)],
  ]);
  keep(find("#figures", HTMLElement), told, ([key]) => key, ([key]) => h("div", null, h("dt", null, say(key)), h("dd", { class: "number" })), (row, [, value]) => write(row.querySelector("dd"), value));
}

// --- the day -------------------------------------------------------------------------------------------------

find("#numbers", HTMLFormElement).addEventListener("submit", async (event) => {
  event.preventDefault();
  const line = find("#numbers-line", HTMLSelectElement).value;
  const first = find("#numbers-first", HTMLInputElement);
  const done = await page.run("PUT", "/api/office/numbers", { line, number: first.valueAsNumber }, find("#numbers button", HTMLElement));
  if (done === undefined) return;
  page.done(say("office.numbers.done", { line, n: first.value }));
  first.value = "";
});

find("#practise-begin", HTMLButtonElement).addEventListener("click", async (event) => {
  if ((await page.run("PUT", "/api/office/practice", undefined, pressed(event))) === undefined) return;
  page.done(say("office.practice.begun"));
  scrollTo({ top: 0 });
});
find("#practise-end", HTMLButtonElement).addEventListener("click", async (event) => {
  if ((await page.run("DELETE", "/api/office/practice", undefined, pressed(event))) === undefined) return;
  page.done(say("office.practice.ended"));
  find("#sentence", HTMLElement).focus();
});

/** Ending the day cannot be taken back, so it asks for a second press, elsewhere. @param {boolean} sure */
function askToEnd(sure) {
  find("#end-day", HTMLElement).hidden = sure;
  find("#end-sure", HTMLElement).hidden = !sure;
  write(find("#end-words", HTMLElement), sure ? say("office.end_day.sure", { n: now?.waiting ?? 0 }) : "");
  find(sure ? "#end-no" : "#end-day", HTMLElement).focus({ preventScroll: true });
}
find("#end-day", HTMLButtonElement).addEventListener("click", () => askToEnd(true));
find("#end-no", HTMLButtonElement).addEventListener("click", () => askToEnd(false));
find("#end-yes", HTMLButtonElement).addEventListener("click", async (event) => {
  const done = await page.run("POST", "/api/office/end-day", undefined, pressed(event));
  askToEnd(false);
  if (done !== undefined) page.done(say("office.end_day.done"));
});
