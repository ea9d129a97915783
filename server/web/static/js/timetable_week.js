// The week by officer: who is where when, who is away, and how the office is open.

import { h } from "./dom.js";
import { capital, shortDate, weekday } from "./format.js";
import { say } from "./i18n.js";
import { keep } from "./keep.js";
import { written } from "./timetable_rules.js";

/** @typedef {import("./timetable_rules.js").View} View */
/** @typedef {import("./timetable_rules.js").Day} Day */
/** @typedef {import("./timetable_rules.js").Officer} Officer */

const NOON = "T12:00:00Z";

/** `24/11` @param {string} day */
const short = (day) => shortDate(day + NOON, "UTC").slice(0, 5);

/**
 * @param {HTMLElement} heads @param {HTMLElement} rows @param {View} view
 * @param {{day: (day: Day) => void, officer: (officer: Officer) => void, shift: (id: number, day: string) => void, absence: (id: number) => void}} press
 */
export function drawWeek(heads, rows, view, press) {
  const days = view.days.slice(0, 7);
  keep(heads, [null, ...days], (day) => (day ? JSON.stringify([day, view.today]) : "corner"), (day) => (day ? dayHead(day, view.today, press.day) : h("th", { scope: "col" }, say("timetable.officer"))), () => {});
  keep(rows, view.officers, (officer) => JSON.stringify([officer, days, view.absences, view.today]), (officer) => officerRow(officer, days, view, press), () => {});
}

/** @param {Day} day @param {string} today @param {(day: Day) => void} press */
function dayHead(day, today, press) {
  const name = `${capital(weekday(day.date + NOON, "UTC"))} ${short(day.date)}`;
  return h("th", { scope: "col", class: day.date === today ? "tt-today" : day.date < today ? "tt-past" : null },
    h("button", { class: "tt-cell", type: "button", disabled: day.date < today, onclick: () => press(day) }, name,
      h("small", null, day.open.length ? written(day.open).replace(/; /g, " · ") : say("timetable.closed")),
      day.closure && h("small", { class: "tt-changed" }, day.closure)));
}

/** @param {Officer} officer @param {Day[]} days @param {View} view @param {Parameters<typeof drawWeek>[3]} press */
function officerRow(officer, days, view, press) {
  return h("tr", null,
    h("th", { scope: "row" }, h("button", { class: "tt-cell", type: "button", onclick: () => press.officer(officer) }, officer.name)),
    ...days.map((day) => {
      const past = day.date < view.today;
      const duties = (officer.duties[day.date] ?? []).map((duty) =>
        h("button", { class: "tt-cell", type: "button", disabled: past || !view.shifts.some((shift) => shift.id === duty.shift), onclick: () => press.shift(duty.shift, day.date) },
          `${duty.starts}–${duty.ends}`, h("small", null, say("timetable.at", { counter: duty.counter }))));
      const away = (officer.away[day.date] ?? []).map((id) => {
        const absence = view.absences.find((each) => each.id === id);
        const words = absence?.starts && absence.ends ? say("timetable.off.part", { starts: absence.starts, ends: absence.ends }) : say("timetable.off");
        return h("button", { class: "tt-cell tt-off", type: "button", disabled: past || !absence, onclick: () => press.absence(id) }, words);
      });
      return h("td", { class: !day.open.length ? "tt-closed" : past ? "tt-past" : null }, ...duties, ...away);
    }));
}
