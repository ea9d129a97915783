// The head's page: one sentence on the hall, what needs the head with the press that helps, then counters, lines and the day.

import { read } from "./api.js";
import { find, h, icon, replace } from "./dom.js";
import { elapsed, minutes, time } from "./format.js";
import { say } from "./i18n.js";
import { staffPage } from "./staff.js";

/** @typedef {{number: number, name: string, officer: string | null, officerName: string | null, lines: string[], extraLines: string[], extraUntil: string | null, ticket: string | null, ticketState: string | null, since: string | null, pausedReason: string | null, pausedUntil: string | null, help: string | null}} Desk */
/** @typedef {{code: string, name: string, waiting: number, longestSince: string | null, wait: {p50: number, p90: number} | null, servedBy: number}} Line */
/** @typedef {{code: string, sentence: string, line: string | null, counter: number | null}} Alert */
/** @typedef {{graded: number, within: number | null, meanError: number | null, tooOptimistic: number | null}} Truth */
/** @typedef {{seq: number, asOf: string, timeZone: string, office: string, officeName: string, sentence: string, alerts: Alert[], desks: Desk[], lines: Line[], waiting: number, servedToday: number, leftToday: number, chosenToday: number, arrivals: number[], truth: Truth}} View */

const HOUR = 3600_000;
const page = staffPage({ ask: () => read("/api/office/hall"), office: (/** @type {View} */ view) => view.office, draw });
/** @type {View | null} */
let now = null;

/** @param {View} view */
function draw(view) {
  now = view;
  replace(find("#office", HTMLElement), view.officeName);
  replace(find("#sentence", HTMLElement), view.sentence);
  replace(find("#alerts", HTMLElement), ...view.alerts.map((alert) => alertOf(alert, view)));
  replace(find("#desks", HTMLElement), ...view.desks.map((desk) => deskOf(desk, view)));
  const most = Math.max(1, ...view.lines.map((line) => line.waiting));
  replace(find("#lines", HTMLElement), ...view.lines.map((line) => lineOf(line, most, view)));
  drawDay(view);
  figures(view);
  const chosen = find("#numbers-line", HTMLSelectElement);
  if (!chosen.options.length) replace(chosen, ...view.lines.map((line) => h("option", { value: line.code }, `${line.code} · ${line.name}`)));
}

/** @param {Alert} alert @param {View} view */
function alertOf(alert, view) {
  const urgent = alert.code === "emergency" || alert.code === "unserved";
  return h("div", { class: `notice notice-${urgent ? "trouble" : "attention"}` }, icon(urgent ? "octagon-alert" : "triangle-alert"), h("p", null, alert.sentence), helpFor(alert, view));
}

/** The press that helps. @param {Alert} alert @param {View} view */
function helpFor(alert, view) {
  const { line, counter } = alert;
  if ((alert.code === "head" || alert.code === "emergency") && counter !== null) {
    return h("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => page.run("DELETE", `/api/office/desks/${counter}/help`, undefined, pressed(event)) }, say("office.coming"));
  }
  if (alert.code === "unserved" && line !== null && counter !== null) {
    return h("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => give(counter, line, view, pressed(event)) }, say("office.give", { counter }));
  }
  if (alert.code === "slow" && line !== null && counter !== null) {
    return h("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => whatIf(counter, view, pressed(event)) }, say("office.whatif", { counter }));
  }
  return null;
}

/** A counter takes a further line for an hour. @param {number} counter @param {string} line @param {View} view @param {HTMLElement | null} button */
function give(counter, line, view, button) {
  const desk = view.desks.find((each) => each.number === counter);
  const until = new Date(Date.parse(view.asOf) + HOUR).toISOString();
  return page.run("PUT", `/api/office/desks/${counter}/lines`, { lines: [...(desk?.extraLines ?? []), line], until }, button);
}

/** @param {number} counter @param {View} view @param {HTMLElement | null} button */
async function whatIf(counter, view, button) {
  const desk = view.desks.find((each) => each.number === counter);
  if (!desk) return;
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await read(`/api/office/what-if?counter=${counter}&lines=${encodeURIComponent(desk.lines.join(","))}`);
    if (button) button.replaceWith(h("strong", { role: "status" }, answer.sentence));
  } catch (error) {
    page.tell(/** @type {Error} */ (error).message);
  }
}

/** @param {Desk} desk @param {View} view */
function deskOf(desk, view) {
  const open = desk.officer !== null;
  const state = !open ? say("counter.closed")
    : desk.pausedReason !== null ? (desk.pausedUntil ? say("desk.paused.until", { reason: desk.pausedReason, time: time(desk.pausedUntil, view.timeZone) }) : say("counter.paused"))
      : desk.ticket !== null && desk.since !== null ? say(desk.ticketState === "called" ? "office.desk.called" : "office.desk.serving", { time: elapsed(Date.parse(view.asOf) - Date.parse(desk.since)) })
        : say("office.desk.idle");
  return h("article", { class: "hall-desk", "data-open": String(open) },
    h("b", null, desk.name, open && ` · ${desk.officerName ?? desk.officer}`),
    h("span", { class: "quiet" }, desk.lines.join(" · ")),
    desk.extraUntil && h("span", { class: "chip chip-attention" }, say("office.extra", { lines: desk.extraLines.join(", "), time: time(desk.extraUntil, view.timeZone) })),
    h("b", { class: "number" }, desk.ticket ?? "–"),
    h("span", null, state),
    desk.extraUntil
      ? h("button", { class: "button button-quiet", type: "button", onclick: (/** @type {Event} */ event) => page.run("PUT", `/api/office/desks/${desk.number}/lines`, { lines: [], until: view.asOf }, pressed(event)) }, say("office.extra.end"))
      : !open && h("button", { class: "button button-quiet", type: "button", onclick: (/** @type {Event} */ event) => whatIf(desk.number, view, pressed(event)) }, say("office.whatif.ask")));
}

/** @param {Line} line @param {number} most @param {View} view */
function lineOf(line, most, view) {
  const bar = h("span", { style: { width: `${(100 * line.waiting) / most}%` } });
  return h("tr", null, h("th", { scope: "row" }, `${line.code} · ${line.name}`), h("td", { class: "number" }, line.waiting), h("td", { class: "hall-bar", "aria-hidden": "true" }, line.waiting > 0 && bar),
    h("td", null, line.longestSince && line.waiting ? elapsed(Date.parse(view.asOf) - Date.parse(line.longestSince)) : "–"),
    h("td", null, line.wait ? minutes(line.wait.p50, line.wait.p90) : "–"), h("td", null, line.servedBy || say("office.nobody")));
}

const SVG = "http://www.w3.org/2000/svg";

/** Numbers given, by quarter of an hour. @param {View} view */
function drawDay(view) {
  const first = view.arrivals.findIndex((count) => count > 0);
  const place = find("#day", HTMLElement);
  if (first < 0) {
    replace(place, h("p", { class: "quiet" }, say("office.day.none")));
    return;
  }
  const from = Math.max(0, first - (first % 4));
  const until = Math.max(from + 40, view.arrivals.length - [...view.arrivals].reverse().findIndex((count) => count > 0));
  const shown = view.arrivals.slice(from, until);
  const most = Math.max(...shown);
  const picture = document.createElementNS(SVG, "svg");
  const width = shown.length * 20;
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} 140`, class: "hall-day", role: "img", "aria-label": say("office.day.most", { n: most }), preserveAspectRatio: "xMinYMax meet" })) picture.setAttribute(name, value);
  shown.forEach((count, index) => {
    const bar = document.createElementNS(SVG, "rect");
    const height = (110 * count) / most;
    for (const [name, value] of Object.entries({ x: index * 20 + 2, y: 120 - height, width: 16, height, rx: 3 })) bar.setAttribute(name, String(value));
    picture.append(bar);
    if ((from + index) % 4 !== 0) return;
    const label = document.createElementNS(SVG, "text");
    label.setAttribute("x", String(index * 20 + 2));
    label.setAttribute("y", "136");
    label.textContent = clock(from + index);
    picture.append(label);
  });
  replace(place, picture);
  replace(find("#day-table", HTMLElement), ...shown.map((count, index) => h("tr", null, h("th", { scope: "row" }, clock(from + index)), h("td", { class: "number" }, count))));
}

/** @param {number} quarter of the day */
const clock = (quarter) => `${String(Math.floor(quarter / 4)).padStart(2, "0")}:${String((quarter % 4) * 15).padStart(2, "0")}`;

/** @param {View} view */
function figures(view) {
  const { truth } = view;
  const share = (/** @type {number | null} */ part) => (part === null ? "–" : `${Math.round(part * 100)} %`);
  const told = /** @type {[string, string | number][]} */ ([
    ["office.figure.waiting", view.waiting], ["office.figure.served", view.servedToday], ["office.figure.left", view.leftToday], ["office.figure.chosen", view.chosenToday],
    ["office.figure.within", share(truth.within)], ["office.figure.error", truth.meanError === null ? "–" : minutes(Math.round(truth.meanError))], ["office.figure.optimistic", share(truth.tooOptimistic)],
  ]);
  replace(find("#figures", HTMLElement), ...told.map(([key, value]) => h("div", null, h("dt", null, say(key)), h("dd", { class: "number" }, value))));
}

find("#numbers", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const line = find("#numbers-line", HTMLSelectElement).value;
  page.run("PUT", "/api/office/numbers", { line, number: find("#numbers-first", HTMLInputElement).valueAsNumber }, null);
});

/** Ending the day cannot be taken back, so it asks for a second press. */
find("#end-day", HTMLButtonElement).addEventListener("click", async (event) => {
  const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
  if (button.dataset.sure !== "yes") {
    button.dataset.sure = "yes";
    button.textContent = say("office.end_day.sure", { n: now?.waiting ?? 0 });
    return;
  }
  await page.run("POST", "/api/office/end-day", undefined, button);
  button.dataset.sure = "";
  button.textContent = say("office.end_day");
});

/** @param {Event} event */
const pressed = (event) => (event.currentTarget instanceof HTMLElement ? event.currentTarget : null);
