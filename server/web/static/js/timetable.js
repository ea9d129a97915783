// The timetable's page: a change is typed, then seen with everybody it hits, then saved; who is left stays on top until arranged.

import { command, NetworkProblem, Problem, read } from "./api.js";
import { find, h, icon, replace } from "./dom.js";
import { shortDate } from "./format.js";
import { say } from "./i18n.js";
import { keep, write } from "./keep.js";
import { staffPage } from "./staff.js";
import { fillAway, fillDay, fillHours, fillShift, FORMS, mark, offer, showTimes, typed, unmark } from "./timetable_forms.js";
import { hitWords, toCall } from "./timetable_hits.js";
import { movesOf, plus, written } from "./timetable_rules.js";
import { drawWeek } from "./timetable_week.js";

/** @typedef {import("./timetable_rules.js").View} View */
/** @typedef {import("./timetable_rules.js").Hit} Hit */
/** @typedef {import("./timetable_rules.js").Preview} Preview */
/** @typedef {import("./timetable_forms.js").Form} Form */

const NOON = "T12:00:00Z";
const part = (/** @type {string} */ id) => find(`#${id}`, HTMLElement);
const panel = part("panel");
/** @type {View | null} */
let now = null;
let week = ""; // a day of the week that is shown; this week where empty
/** What waits to be arranged. @type {Hit[]} */
let waiting = [];
/** @type {Set<string>} */
const chosen = new Set();
/** Which form is open, of which shift, and where the focus goes back to. @type {{form: Form | null, id: number | null, opener: Element | null}} */
const open = { form: null, id: null, opener: null };
/** What would be saved, as it was seen. @type {{change: object, preview: Preview} | null} */
let pending = null;

const page = staffPage({ ask, marks: ([view]) => view, draw });

/** @returns {Promise<[View, {bookings: Hit[]}]>} */
async function ask() {
  return Promise.all([read(`/api/timetable?weeks=1${week && `&from=${week}`}`), read("/api/timetable/stranded")]);
}

/** @param {[View, {bookings: Hit[]}]} answers */
function draw([view, stranded]) {
  now = view;
  const days = view.days;
  const [first, last] = [days[0]?.date ?? view.today, days[days.length - 1]?.date ?? view.today];
  write(part("caption"), say("timetable.week", { first: shortDate(first + NOON, "UTC").slice(0, 5), last: shortDate(last + NOON, "UTC") }));
  drawWeek(part("heads"), part("rows"), view, {
    day: (day) => show("day", () => fillDay(day, day.open.length > 0)),
    officer: (officer) => show("away", () => fillAway(view, officer.username)),
    shift: (id, day) => show("shift", () => fillShift(view, id, day), id),
    absence: (id) => check({ kind: "back", id }),
  });
  part("nobody").hidden = view.officers.length > 0;
  offer(view);
  keep(part("absences"), view.absences, (each) => JSON.stringify(each), absenceRow, () => {});
  part("absences-none").hidden = view.absences.length > 0;
  keep(part("closures"), view.closures, (each) => JSON.stringify(each), closureRow, () => {});
  part("closures-none").hidden = view.closures.length > 0;
  waiting = stranded.bookings;
  drawWaiting(view.timeZone);
}

/** @param {string} first @param {string | null} last */
function daysOf(first, last) {
  const from = shortDate(first + NOON, "UTC");
  return last ? say("timetable.span", { first: from, last: shortDate(last + NOON, "UTC") }) : from;
}

/** @param {string} words @param {string} more @param {object} change @param {string} what */
const entry = (words, more, change, what) =>
  h("li", null, h("span", null, h("b", null, words), " ", more), h("button", { class: "button button-quiet", type: "button", "aria-label": `${say("timetable.remove")}: ${words} ${what}`, onclick: () => check(change) }, say("timetable.remove")));

/** @param {import("./timetable_rules.js").Absence} absence */
function absenceRow(absence) {
  const times = absence.starts && absence.ends ? `${absence.starts}–${absence.ends}` : say("timetable.part.all");
  const days = daysOf(absence.date, absence.until);
  return entry(absence.officerName, `${days} · ${times} · ${say(`timetable.reason.${absence.reason}`)}`, { kind: "back", id: absence.id }, days);
}

/** @param {import("./timetable_rules.js").Closure} closure */
function closureRow(closure) {
  const hours = closure.open.length ? written(closure.open) : say("timetable.closed");
  return entry(daysOf(closure.date, closure.until), `${hours} · ${closure.name}`, { kind: "usual-day", date: closure.date }, closure.name);
}

// --- the panel: a form, then whom it hits --------------------------------------------------------------------

/** @param {Form} form @param {() => void} fill @param {number | null} [id] */
function show(form, fill, id = null) {
  Object.assign(open, { form, id, opener: document.activeElement });
  unmark(form);
  fill();
  turn(form, say(id === null ? `timetable.${form}` : "timetable.shift.change"));
  find(`#${form} .input`, HTMLElement).focus();
}

/** Shows one part of the panel. @param {string} which @param {string} title */
function turn(which, title) {
  replace(part("panel-problem"));
  for (const each of [...FORMS, "preview"]) part(each).hidden = each !== which;
  write(part("panel-title"), title);
  panel.hidden = false;
  part("timetable").classList.add("tt-open");
}

function close() {
  panel.hidden = true;
  part("timetable").classList.remove("tt-open");
  pending = null;
  if (open.opener instanceof HTMLElement && open.opener.isConnected) open.opener.focus();
  else find("[data-open=away]", HTMLElement).focus();
}

/** @param {string} words */
const problem = (words) => replace(part("panel-problem"), h("div", { class: "notice notice-trouble" }, icon("octagon-alert"), h("p", null, words)));

/** Asks whom a change would hit, and shows it. @param {object} change */
async function check(change) {
  if (panel.hidden || !open.form) open.opener = document.activeElement;
  if (!FORMS.some((form) => !panel.hidden && !part(form).hidden)) open.form = null;
  try {
    const preview = /** @type {Preview} */ (await command("POST", "/api/timetable/preview", { change }));
    pending = { change, preview };
    drawPreview();
    panel.focus();
  } catch (error) {
    failed(error);
  }
}

/** @param {unknown} error */
function failed(error) {
  if (error instanceof Problem && error.code === "timetable-differs" && pending) {
    pending.preview = /** @type {Preview} */ (error.body.preview);
    drawPreview();
    problem(error.message);
  } else if (error instanceof Problem && open.form && typeof error.body.field === "string" && mark(`${open.form}-${error.body.field}`, error.message)) {
    document.getElementById(`${open.form}-${error.body.field}`)?.focus();
  } else if (error instanceof Problem || error instanceof NetworkProblem) {
    if (panel.hidden) page.tell(error.message);
    else problem(error.message);
    if (error instanceof Problem && error.status === 401) page.refresh();
  } else throw error;
}

function drawPreview() {
  if (!pending) return;
  const { bookings, before, timeZone } = pending.preview;
  const placed = movesOf(bookings).length;
  turn("preview", say("timetable.preview.title"));
  write(part("preview-words"), bookings.length ? say("timetable.preview.some", { n: bookings.length }) : say("timetable.preview.none"));
  replace(part("preview-list"), ...bookings.map((hit) => h("li", { dataset: { reference: hit.reference } }, hitWords(hit, timeZone))));
  const notes = [placed < bookings.length && say("timetable.preview.homeless", { n: bookings.length - placed }), before > 0 && say("timetable.preview.before", { n: before })];
  write(part("preview-note"), notes.filter(Boolean).join(" "));
  part("save-move").hidden = placed === 0;
  write(part("save-move"), say("timetable.save.move", { n: placed }));
  part("save").classList.toggle("button-primary", placed === 0);
  write(part("save"), say(bookings.length ? "timetable.save.later" : "timetable.save"));
}

/** @param {boolean} move @param {HTMLElement} button */
async function save(move, button) {
  if (!pending || button.getAttribute("aria-busy") === "true") return;
  const { change, preview } = pending;
  button.setAttribute("aria-busy", "true");
  try {
    const done = /** @type {{moved: string[], left: number}} */ (await command("PUT", "/api/timetable/changes", { change, seen: preview.seen, move }));
    close();
    page.done(done.moved.length ? say("timetable.saved.moved", { n: done.moved.length }) : say("timetable.saved"));
    drawCalls(toCall(preview.bookings, done.moved), preview.timeZone);
    page.refresh();
  } catch (error) {
    failed(error);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

for (const form of FORMS) {
  find(`#${form}`, HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    replace(part("panel-problem"));
    const change = typed(form, open.id);
    if (change) check(change);
  });
}
for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", close);
for (const button of document.querySelectorAll("[data-open]")) {
  button.addEventListener("click", () => {
    const view = now;
    if (!view) return;
    const form = /** @type {Form} */ (/** @type {HTMLElement} */ (button).dataset.open);
    const fill = { away: () => fillAway(view), shift: () => fillShift(view, null, plus(view.today, 1)), day: () => fillDay({ date: plus(view.today, 1), open: [] }, false), hours: () => fillHours(view) };
    show(form, fill[form]);
  });
}
part("away-part").addEventListener("change", showTimes);
part("shift-end").addEventListener("click", () => {
  const from = find("#shift-validFrom", HTMLInputElement).value;
  if (open.id !== null) check({ kind: "shift-end", id: open.id, validFrom: from || null });
});
part("save-move").addEventListener("click", () => save(true, part("save-move")));
part("save").addEventListener("click", () => save(false, part("save")));
part("preview-back").addEventListener("click", () => {
  if (!open.form) return close();
  pending = null;
  turn(open.form, say(open.id === null ? `timetable.${open.form}` : "timetable.shift.change"));
  find(`#${open.form} .input`, HTMLElement).focus();
});
panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});

// --- whoever is left -----------------------------------------------------------------------------------------

/** @param {string} zone */
function drawWaiting(zone) {
  part("arrange").hidden = waiting.length === 0;
  write(part("arrange-title"), say("timetable.arrange", { n: waiting.length }));
  keep(part("arrange-list"), waiting, (hit) => JSON.stringify(hit), (hit) => waitingRow(hit, zone), () => {});
  for (const reference of chosen) if (!waiting.some((hit) => hit.reference === reference)) chosen.delete(reference);
  drawMove();
}

/** @param {Hit} hit @param {string} zone */
function waitingRow(hit, zone) {
  const box = h("input", { type: "checkbox", checked: chosen.has(hit.reference), disabled: !hit.proposal, "aria-label": say("timetable.arrange.tick", { reference: hit.reference }), onchange: () => {
    if (box.checked) chosen.add(hit.reference);
    else chosen.delete(hit.reference);
    drawMove();
  } });
  return h("li", { dataset: { reference: hit.reference } }, h("label", { class: "tt-tick" }, box), hitWords(hit, zone),
    h("a", { class: "button button-quiet", href: `/calendar?day=${hit.start.slice(0, 10)}` }, say("timetable.arrange.calendar")));
}

/** Those that the button moves: the chosen ones, or all. */
const toMove = () => waiting.filter((hit) => hit.proposal && (!chosen.size || chosen.has(hit.reference)));

function drawMove() {
  const n = toMove().length;
  part("arrange-move").hidden = n === 0;
  write(part("arrange-move"), say(chosen.size ? "timetable.arrange.ticked" : "timetable.arrange.all", { n }));
}

part("arrange-move").addEventListener("click", async () => {
  const hits = toMove();
  const zone = now?.timeZone ?? "UTC";
  const done = /** @type {{moved: string[], failed: {reference: string, detail: string}[]} | undefined} */ (await page.run("POST", "/api/timetable/move", { moves: movesOf(hits) }, part("arrange-move")));
  if (done === undefined) return;
  if (done.failed.length) page.tell(say("timetable.not_moved", { n: done.failed.length, why: [...new Set(done.failed.map((each) => each.detail))].join(" ") }));
  if (done.moved.length) page.done(say("timetable.moved", { n: done.moved.length }));
  drawCalls(toCall(hits, done.moved), zone);
});

/** Who has to be called, for no message reaches them. @param {Hit[]} hits @param {string} zone */
function drawCalls(hits, zone) {
  for (const hit of hits) part("call-list").append(h("li", null, hitWords(hit, zone)));
  part("call").hidden = !part("call-list").children.length;
}
part("call-done").addEventListener("click", () => {
  replace(part("call-list"));
  part("call").hidden = true;
});

// --- the week ------------------------------------------------------------------------------------------------

/** @param {string} day */
function go(day) {
  week = day;
  page.refresh();
}
part("this-week").addEventListener("click", () => go(""));
part("previous").addEventListener("click", () => now && go(plus(now.days[0]?.date ?? now.today, -7)));
part("next").addEventListener("click", () => now && go(plus(now.days[0]?.date ?? now.today, 7)));
