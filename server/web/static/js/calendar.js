// The office's calendar: which days are looked at, what a key means, and what is open beside them.

import { read } from "./api.js";
import { calendarGrid, emptyWords } from "./calendar_grid.js";
import { calendarPanel } from "./calendar_panel.js";
import { monday, shifted } from "./calendar_rules.js";
import { find, h, replace, set } from "./dom.js";
import { capital, date as longDate, shortDate } from "./format.js";
import { say } from "./i18n.js";
import { write } from "./keep.js";
import { keyOf } from "./keys.js";
import { staffPage } from "./staff.js";

/** @typedef {import("./calendar_rules.js").View} View */
/** @typedef {import("./staff.js").Session} Session */

const NOON = "T12:00:00Z"; // any time that is on that day in UTC, where the names of days are looked up
const dateField = find("#date", HTMLInputElement);
const officerField = find("#officer", HTMLSelectElement);
const cancelled = find("#cancelled", HTMLInputElement);
const printLink = find("#print", HTMLAnchorElement);

const asked = new URLSearchParams(location.search);
/** What is looked at; without a day it is today, as the office counts days. */
const wanted = { day: /^\d{4}-\d\d-\d\d$/.test(asked.get("day") ?? "") ? /** @type {string} */ (asked.get("day")) : "", kind: /** @type {"day" | "week"} */ (asked.get("view") === "week" ? "week" : "day"), officer: asked.get("officer") ?? "" };
/** @type {View | null} */
let seen = null;
let drawn = ""; // the view that the screen was last scrolled for

const page = staffPage({ ask, marks: (/** @type {View} */ view) => view, draw });
const grid = calendarGrid({ open: (booking) => panel.look(booking.reference), book: (wish) => panel.book(wish) });
const panel = calendarPanel({ page, view: () => seen, day: () => wanted.day, closed: () => grid.focus() || find("#new", HTMLElement).focus(), show });

/** @returns {Promise<View>} */
async function ask() {
  const officer = wanted.officer ? `&officer=${encodeURIComponent(wanted.officer)}` : "";
  const first = wanted.day && wanted.kind === "week" ? monday(wanted.day) : wanted.day;
  const from = first ? `&from=${first}` : "";
  const view = /** @type {View} */ (await read(`/api/calendar?days=${wanted.kind === "week" && first ? 7 : 1}${from}${officer}`));
  if (first) return view;
  wanted.day = view.now.slice(0, 10);
  return wanted.kind === "week" ? ask() : view;
}

/** @param {View} view */
function draw(view) {
  seen = view;
  const days = view.days.map((day) => day.day);
  const [first, last] = [days[0] ?? "", days[days.length - 1] ?? ""];
  const date = capital(longDate(first + NOON, "UTC"));
  write(find("#caption", HTMLElement), wanted.kind === "day" ? date : say("calendar.week.of", { first: shortDate(first + NOON, "UTC"), last: shortDate(last + NOON, "UTC") }));
  write(find("#count", HTMLElement), say("calendar.count", { n: view.days.flatMap((day) => day.appointments).filter((each) => each.state !== "cancelled").length }));
  if (document.activeElement !== dateField) dateField.value = wanted.day;
  drawOfficers(view);
  for (const button of document.querySelectorAll("[data-view].segment")) button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.view === wanted.kind));
  for (const way of /** @type {const} */ (["previous", "next"])) write(find(`#${way} span`, HTMLElement), say(`calendar.${way}.${wanted.kind}`));
  printLink.href = `/calendar/print?day=${wanted.day}`;
  const words = emptyWords(view, date);
  find("#closed", HTMLElement).hidden = !words;
  write(find("#closed p", HTMLElement), words);
  find("#scroll", HTMLElement).hidden = view.days.every((day) => !day.opening.length && !day.appointments.length);
  grid.draw(view, wanted.kind, cancelled.checked, wanted.officer);
  const query = new URLSearchParams({ day: wanted.day, view: wanted.kind, ...(wanted.officer && { officer: wanted.officer }) });
  history.replaceState(null, "", `?${query}`);
  const now = `${first} ${wanted.kind} ${wanted.officer}`;
  if (drawn !== now) scrollToNow();
  drawn = now;
  panel.news();
}

/** Brings this very moment into sight, on another day its first booking. */
function scrollToNow() {
  const scroll = find("#scroll", HTMLElement);
  const row = document.querySelector(".calendar-now") ?? document.querySelector(".calendar-booking")?.closest("tr");
  scroll.scrollTop = row instanceof HTMLElement ? row.offsetTop - 120 : 0;
}

/** @param {View} view */
function drawOfficers(view) {
  const told = JSON.stringify(view.officers);
  if (officerField.dataset.told === told) return;
  officerField.dataset.told = told;
  replace(officerField, h("option", { value: "" }, say("calendar.everybody")), ...view.officers.map((each) => h("option", { value: each.username }, each.name)));
  officerField.value = wanted.officer;
}

// --- what is looked at ---------------------------------------------------------------------------------------

/** @param {Partial<typeof wanted>} change */
function show(change) {
  Object.assign(wanted, change);
  return page.refresh();
}

/** @param {number} way 1 on, -1 back */
const turn = (way) => wanted.day && show({ day: shifted(wanted.day, way * (wanted.kind === "week" ? 7 : 1)) });
const today = () => {
  drawn = "";
  return show({ day: "" });
};
const book = () => panel.book(grid.wish() ?? { day: wanted.day, start: null, officer: wanted.officer || null });

find("#today", HTMLElement).addEventListener("click", today);
find("#previous", HTMLElement).addEventListener("click", () => turn(-1));
find("#next", HTMLElement).addEventListener("click", () => turn(1));
find("#new", HTMLElement).addEventListener("click", book);
dateField.addEventListener("change", () => dateField.value && show({ day: dateField.value }));
officerField.addEventListener("change", () => show({ officer: officerField.value }));
cancelled.addEventListener("change", () => seen && draw(seen));
for (const button of document.querySelectorAll("[data-view].segment")) {
  button.addEventListener("click", () => show({ kind: /** @type {HTMLElement} */ (button).dataset.view === "week" ? "week" : "day" }));
}

/** @type {Record<string, () => unknown>} */
const KEYS = { N: book, T: today, P: () => printLink.click(), D: () => show({ kind: "day" }), W: () => show({ kind: "week" }), PageUp: () => turn(-1), PageDown: () => turn(1) };

document.addEventListener("keydown", (event) => {
  if (find("#desk", HTMLElement).hidden || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.key === "Escape" && panel.close()) return event.preventDefault();
  if (event.target instanceof Element && event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  const act = KEYS[keyOf(event)];
  if (!act || panel.holds(event.target)) return;
  event.preventDefault();
  act();
});

// The first thing on this page is the calendar itself: arrows work at once.
set(find("#grid", HTMLElement), { "aria-keyshortcuts": "N T P D W PageUp PageDown" });
