// What the calendar shows and where a key leads.
import assert from "node:assert/strict";
import { test } from "node:test";

import { fieldOf, hoursOf, isLimit, lanesOf, monday, onDuty, rowsOf, shifted, shown, step } from "../../../server/web/static/js/calendar_rules.js";

const at = (time) => `2026-11-23T${time}:00+07:00`;
const span = (start, end) => ({ start: at(start), end: at(end) });
const booked = (reference, start, end, more = {}) => ({ reference, ...span(start, end), officer: null, name: "Hoà", phoneTail: "678", procedures: [], purpose: "submit", state: "confirmed", ...more });
const day = (more = {}) => ({ day: "2026-11-23", opening: [span("08:00", "09:00"), span("13:30", "14:00")], closed: null, duties: [], appointments: [], ...more });
const clock = (row) => new Date(row.at).toISOString().slice(11, 16); // in UTC, seven hours behind
const minuteOf = (instant) => Number(instant.slice(11, 13)) * 60 + Number(instant.slice(14, 16));

test("a day has a row per slot, and one for each break", () => {
  const rows = rowsOf(day(), 15, []);
  assert.deepEqual(rows.map((row) => `${row.kind} ${clock(row)}`), ["slot 01:00", "slot 01:15", "slot 01:30", "slot 01:45", "break 02:00", "slot 06:30", "slot 06:45"]);
});

test("whoever is booked outside of the hours has rows all the same", () => {
  const stranded = [booked("A", "11:00", "11:30"), booked("B", "08:20", "08:35")];
  const rows = rowsOf(day(), 15, stranded);
  assert.deepEqual(rows.filter((row) => row.kind === "slot").map(clock), ["01:00", "01:15", "01:30", "01:45", "04:00", "04:15", "06:30", "06:45"]);
  assert.deepEqual(rowsOf(day({ opening: [] }), 15, stranded.slice(0, 1)).map(clock), ["04:00", "04:15"]);
  assert.deepEqual(rowsOf(day({ opening: [] }), 15, []), []);
});

test("a week has the hours in which anything can be", () => {
  const days = [day(), day({ appointments: [booked("A", "18:10", "18:30"), booked("B", "20:00", "20:15", { state: "cancelled" })] })];
  assert.deepEqual(hoursOf(days, minuteOf, false), [480, 780, 1080]);
  assert.deepEqual(hoursOf(days, minuteOf, true), [480, 780, 1080, 1200]);
});

test("what overlaps lies in lanes of its own, what follows takes the lane again", () => {
  const { lanes, laneOf } = lanesOf([booked("A", "08:00", "08:30"), booked("B", "08:15", "08:45"), booked("C", "08:30", "08:45"), booked("D", "09:00", "09:15")]);
  assert.equal(lanes, 2);
  assert.deepEqual([...laneOf.values()], [0, 1, 0, 0]);
  assert.equal(lanesOf([]).lanes, 1);
});

test("days follow each other over the ends of months and years, weeks begin on Monday", () => {
  assert.equal(shifted("2026-12-31", 1), "2027-01-01");
  assert.equal(shifted("2026-03-01", -1), "2026-02-28");
  assert.equal(monday("2026-11-23"), "2026-11-23");
  assert.equal(monday("2026-11-29"), "2026-11-23");
  assert.equal(monday("2027-01-01"), "2026-12-28");
});

test("on duty is who is there all through", () => {
  const [from, until] = [Date.parse(at("08:00")), Date.parse(at("08:15"))];
  assert.ok(onDuty([span("08:00", "12:00")], from, until));
  assert.ok(!onDuty([span("08:05", "12:00")], from, until));
  assert.ok(!onDuty([], from, until));
});

test("cancelled ones show on demand only", () => {
  assert.ok(!shown(booked("A", "08:00", "08:15", { state: "cancelled" }), false));
  assert.ok(shown(booked("A", "08:00", "08:15", { state: "cancelled" }), true));
  assert.ok(shown(booked("A", "08:00", "08:15", { state: "no-show" }), false));
});

// Two columns: in the first a long booking with a second lane beside it, then a free cell; in the second three cells.
const PLACES = [
  { key: "long", col: 0, lane: 0, y: 0, yEnd: 2 }, { key: "lane", col: 0, lane: 1, y: 1, yEnd: 2 }, { key: "free", col: 0, lane: 0, y: 2, yEnd: 3 },
  { key: "one", col: 1, lane: 0, y: 0, yEnd: 1 }, { key: "two", col: 1, lane: 0, y: 1, yEnd: 2 }, { key: "three", col: 1, lane: 0, y: 4, yEnd: 5 },
];
const from = (key) => PLACES.find((place) => place.key === key);
const goes = (key, arrow) => step(PLACES, from(key), arrow).key;

test("arrows lead to the nearest that can be pressed, and stay where there is none", () => {
  assert.equal(goes("long", "ArrowDown"), "free");
  assert.equal(goes("free", "ArrowUp"), "long");
  assert.equal(goes("long", "ArrowRight"), "lane");
  assert.equal(goes("lane", "ArrowRight"), "two");
  assert.equal(goes("two", "ArrowLeft"), "lane");
  assert.equal(goes("one", "ArrowLeft"), "long");
  assert.equal(goes("two", "ArrowDown"), "three");
  assert.equal(goes("three", "ArrowLeft"), "free");
  assert.equal(goes("free", "Home"), "long");
  assert.equal(goes("one", "End"), "three");
  assert.equal(goes("one", "ArrowUp"), "one");
  assert.equal(goes("three", "ArrowDown"), "three");
  assert.equal(goes("three", "ArrowRight"), "three");
  assert.equal(goes("long", "ArrowLeft"), "long");
});

test("everything can be reached by arrows from anywhere", () => {
  for (const start of PLACES) {
    const reached = new Set([start.key]);
    for (const key of reached) for (const arrow of ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]) reached.add(goes(key, arrow));
    assert.equal(reached.size, PLACES.length, start.key);
  }
});

test("a refusal is said beside the field it is about", () => {
  const cases = [["bad-phone", "phone"], ["too-many-bookings", "phone"], ["too-many-dossiers", "dossiers"], ["dossier-needed", "dossier"], ["slot-full", "times"], ["officer-cannot", "times"], ["bad-email", "email"], ["bad-name", "name"], ["no-such-procedure", "search"], ["internal", "form"]];
  for (const [code, field] of cases) assert.equal(fieldOf(code), field, code);
  assert.ok(isLimit("too-many-bookings") && isLimit("already-booked") && !isLimit("too-many-dossiers") && !isLimit("slot-full"));
});
