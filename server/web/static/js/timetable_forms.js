// The four forms of the timetable: what is typed becomes a change, and what is wrong is said beside its field.

import { find, h, icon, replace, set } from "./dom.js";
import { say } from "./i18n.js";
import { partOf, plus, spans, written } from "./timetable_rules.js";

/** @typedef {import("./timetable_rules.js").View} View */
/** @typedef {"away" | "shift" | "day" | "hours"} Form */

export const FORMS = /** @type {Form[]} */ (["away", "shift", "day", "hours"]);

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
/** @param {string} id */
const select = (id) => find(`#${id}`, HTMLSelectElement);
/** The boxes that are ticked. @param {string} within */
const ticked = (within) => [...document.querySelectorAll(`${within} input:checked`)].map((box) => /** @type {HTMLInputElement} */ (box).value);

/** @param {string} within @param {(value: string) => boolean} wanted */
function tick(within, wanted) {
  for (const box of document.querySelectorAll(`${within} input`)) {
    if (box instanceof HTMLInputElement) box.checked = wanted(box.value);
  }
}

/** Says what is wrong with a field; nothing takes it back. Answers whether there is such a field. @param {string} id @param {string} words */
export function mark(id, words) {
  const control = document.getElementById(id);
  const field = control?.closest(".field");
  if (!control || !field) return false;
  field.querySelector(".error")?.remove();
  field.classList.toggle("field-wrong", words !== "");
  const last = field.querySelector(".hint");
  const described = [last?.id, words && `${id}-error`].filter(Boolean).join(" ");
  set(control, { "aria-invalid": words !== "" && "true", "aria-describedby": described || false });
  if (words) (control instanceof HTMLFieldSetElement ? field.querySelector("div") : control)?.before(h("p", { class: "error", id: `${id}-error` }, icon("circle-alert"), h("span", null, words)));
  return true;
}

/** Takes back whatever was said to be wrong. @param {Form} form */
export function unmark(form) {
  for (const error of document.querySelectorAll(`#${form} .error`)) mark(error.id.replace(/-error$/, ""), "");
}

/** @param {HTMLSelectElement} list @param {{value: string, label: string}[]} options */
function options(list, options) {
  const told = JSON.stringify(options);
  if (list.dataset.told === told) return;
  const chosen = list.value;
  list.dataset.told = told;
  replace(list, ...options.map(({ value, label }) => h("option", { value }, label)));
  if (options.some(({ value }) => value === chosen)) list.value = chosen;
}

/** What can be chosen here. @param {View} view */
export function offer(view) {
  const officers = view.officers.map(({ username, name }) => ({ value: username, label: name }));
  options(select("away-officer"), officers);
  options(select("shift-officer"), officers);
  options(select("shift-counter"), view.counters.map(({ number, name }) => ({ value: String(number), label: name })));
  const lines = find("#shift-lines-list", HTMLElement);
  if (lines.dataset.told === view.lines.join()) return;
  lines.dataset.told = view.lines.join();
  replace(lines, ...view.lines.map((code) => h("label", { class: "choice choice-bare" }, h("input", { type: "checkbox", value: code }), h("span", null, code))));
}

/** Lets the times be typed only where they are asked for. */
export function showTimes() {
  find("#away-times", HTMLElement).hidden = select("away-part").value !== "times";
}

/** An absence of tomorrow, which is the most frequent. @param {View} view @param {string} [officer] */
export function fillAway(view, officer) {
  if (officer) select("away-officer").value = officer;
  input("away-date").value = plus(view.today, 1);
  for (const id of ["away-until", "away-starts", "away-ends"]) input(id).value = "";
  select("away-part").value = "all";
  showTimes();
}

/** A new shift, or one to change from a day on. @param {View} view @param {number | null} id @param {string} from */
export function fillShift(view, id, from) {
  const shift = view.shifts.find((each) => each.id === id);
  if (shift) select("shift-officer").value = shift.officer;
  if (shift) select("shift-counter").value = String(shift.counter);
  tick("#shift-weekdays", (value) => (shift ? shift.weekdays.includes(Number(value)) : Number(value) < 6));
  input("shift-starts").value = shift?.starts ?? "";
  input("shift-ends").value = shift?.ends === "24:00" ? "00:00" : shift?.ends ?? "";
  input("shift-validFrom").value = shift?.validFrom && shift.validFrom > from ? shift.validFrom : from;
  input("shift-validUntil").value = shift?.validUntil ?? "";
  input("shift-everyWeeks").value = String(shift?.everyWeeks ?? 1);
  input("shift-firstWeek").value = shift?.firstWeek ?? "";
  tick("#shift-lines", (value) => Boolean(shift?.lines.includes(value)));
  find("#shift details", HTMLDetailsElement).open = Boolean(shift && (shift.everyWeeks > 1 || shift.lines.length));
  find("#shift-end-row", HTMLElement).hidden = !shift;
}

/** @param {{date: string, open: import("./timetable_rules.js").Span[]}} day @param {boolean} open whether its hours are put in to be changed */
export function fillDay(day, open) {
  input("day-date").value = day.date;
  input("day-until").value = "";
  input("day-open").value = open ? written(day.open) : "";
  input("day-nameVi").value = "";
}

/** @param {View} view */
export function fillHours(view) {
  input("hours-validFrom").value = plus(view.today, 1);
  view.week.forEach((open, place) => (input(`hours-week.${place + 1}`).value = written(open)));
}

/** What is typed, as a change to send; null where something is missing or cannot be read, which is then said beside it. @param {Form} form @param {number | null} id of the shift that is changed */
export function typed(form, id) {
  unmark(form);
  const missing = ({ away: ["away-date"], shift: ["shift-starts", "shift-ends", "shift-validFrom"], day: ["day-date"], hours: ["hours-validFrom"] }[form] ?? []).filter((field) => !input(field).value);
  if (form === "away" && select("away-part").value === "times") missing.push(...["away-starts", "away-ends"].filter((field) => !input(field).value));
  for (const field of missing) mark(field, say("timetable.missing"));
  if (form === "shift" && !ticked("#shift-weekdays").length) {
    mark("shift-weekdays", say("timetable.weekdays.missing"));
    missing.push("shift-weekdays");
  }
  const hours = (/** @type {string} */ field) => {
    const found = spans(input(field).value);
    if (found === null) {
      mark(field, say("timetable.open.wrong"));
      missing.push(field);
    }
    return found ?? [];
  };
  const change = { away: awayChange, shift: () => shiftChange(id), day: () => dayChange(hours), hours: () => hoursChange(hours) }[form]();
  const first = missing[0];
  if (first === undefined) return change;
  const element = document.getElementById(first);
  (element instanceof HTMLFieldSetElement ? element.querySelector("input") : element)?.focus();
  return null;
}

const awayChange = () => ({
  kind: "away", officer: select("away-officer").value, date: input("away-date").value, until: input("away-until").value || null,
  ...partOf(select("away-part").value, input("away-starts").value, input("away-ends").value), reason: select("away-reason").value,
});

/** @param {number | null} id */
const shiftChange = (id) => ({
  kind: "shift", id, officer: select("shift-officer").value, counter: Number(select("shift-counter").value), weekdays: ticked("#shift-weekdays").map(Number),
  starts: input("shift-starts").value, ends: input("shift-ends").value === "00:00" ? "24:00" : input("shift-ends").value,
  validFrom: input("shift-validFrom").value, validUntil: input("shift-validUntil").value || null,
  everyWeeks: Number(input("shift-everyWeeks").value) || 1, firstWeek: input("shift-firstWeek").value || null, lines: ticked("#shift-lines"),
});

/** @param {(field: string) => import("./timetable_rules.js").Span[]} hours */
const dayChange = (hours) => ({ kind: "day", date: input("day-date").value, until: input("day-until").value || null, open: hours("day-open"), nameVi: input("day-nameVi").value.trim() });

/** @param {(field: string) => import("./timetable_rules.js").Span[]} hours */
const hoursChange = (hours) => ({ kind: "hours", validFrom: input("hours-validFrom").value, week: [1, 2, 3, 4, 5, 6, 7].map((day) => hours(`hours-week.${day}`)) });
