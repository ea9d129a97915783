// What the wall shows at any moment follows from the board, the plan, the connection and the time, and nothing else.

import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./page.mjs";

const { view } = await load("wall-view.js");
const { EMPTY_PLAN } = await load("announce.js");

const NOW = Date.parse("2026-11-23T09:00:00+07:00");
const HOURS = { opens: "2026-11-23T08:00:00+07:00", closes: "2026-11-23T11:30:00+07:00" };
const LATER = { opens: "2026-11-23T13:30:00+07:00", closes: "2026-11-23T17:00:00+07:00" };
const TOMORROW = { opens: "2026-11-24T08:00:00+07:00", closes: "2026-11-24T11:30:00+07:00" };
const FINE = { connected: true, since: NOW, refused: null };

const call = (n, state = "called") => ({
  ticket: { id: `t${n}`, number: `A00${n}`, label: `A00${n}`, line: "A" }, counter: { number: n, name: `Quầy ${n}` }, at: `2026-11-23T08:5${n}:00+07:00`, state,
});
const board = ({ calls = [], waiting = 0, now = HOURS, next = LATER, notices = [], practice = false } = {}) => ({
  seq: 1,
  state: { day: "2026-11-23", calls, lines: [{ code: "A", waiting }], counters: [], ratings: { served: 0, answered: 0, satisfied: 0 }, notices, practice },
  forecast: { A: { p50: 5, p90: 10 } },
  office: { code: "x", name: "X", timeZone: "Asia/Ho_Chi_Minh", openingNow: now, openingNext: next, lines: [{ code: "A", prefix: "AB", nameVi: "Chứng thực", nameEn: "", open: true }] },
});
const stage = (of, { plan = EMPTY_PLAN, at = NOW } = {}) => view(board(of), plan, FINE, at).stage;

test("without a board it loads", () => assert.equal(view(null, EMPTY_PLAN, FINE, NOW).stage.kind, "loading"));
test("nobody called yet: first", () => assert.equal(stage({ waiting: 3 }).kind, "first"));
test("all served and nobody waits: idle", () => assert.equal(stage({ calls: [call(1, "served")] }).kind, "idle"));
test("the newest call stands while its citizen is at the counter", () => {
  assert.deepEqual(stage({ calls: [call(2, "serving"), call(1, "served")] }).call, { id: "t2", label: "A002", counter: 2, at: call(2).at });
});
test("the newest call stands while others wait, though it has been served", () => {
  assert.equal(stage({ calls: [call(2, "served")], waiting: 1 }).kind, "call");
});
test("a call that was taken back is nowhere", () => {
  const shown = view(board({ calls: [call(2, "waiting"), call(1, "serving")], waiting: 1 }), EMPTY_PLAN, FINE, NOW);
  assert.equal(shown.stage.call.id, "t1");
  assert.deepEqual(shown.recent.map(({ id }) => id), ["t1"]);
});
test("a call that waits to be announced is in the list, not yet on the stage", () => {
  const queued = { id: "t2", label: "A002", line: "A", counter: 2, at: call(2).at, again: false };
  const shown = view(board({ calls: [call(2), call(1)] }), { ...EMPTY_PLAN, queue: [queued] }, FINE, NOW);
  assert.equal(shown.stage.call.id, "t1");
  assert.deepEqual(shown.recent.map(({ id }) => id), ["t2", "t1"]);
});
test("the call being announced stands, though newer ones exist and it has been served meanwhile", () => {
  const current = { id: "t1", label: "A001", line: "A", counter: 1, at: call(1).at, again: false };
  const plan = { ...EMPTY_PLAN, current, free: NOW + 1000 };
  assert.equal(stage({ calls: [call(2), call(1, "served")] }, { plan }).call.id, "t1");
});
test("six calls in the list, however many the board keeps", () => {
  const calls = [8, 7, 6, 5, 4, 3, 2, 1].map((n) => call(n));
  assert.equal(view(board({ calls }), EMPTY_PLAN, FINE, NOW).recent.length, 6);
});

test("before the doors open", () => {
  const at = Date.parse("2026-11-23T07:00:00+07:00");
  assert.deepEqual(stage({ now: null, next: HOURS }, { at }), { kind: "closed", next: HOURS, why: "before" });
});
test("in a break: when it goes on, though people wait and a number was called before", () => {
  const at = Date.parse("2026-11-23T12:00:00+07:00");
  assert.deepEqual(stage({ calls: [call(1, "served")], waiting: 5 }, { at }), { kind: "closed", next: LATER, why: "break" });
});
test("closed for the day: when it opens the next time", () => {
  const at = Date.parse("2026-11-23T18:00:00+07:00");
  assert.deepEqual(stage({ now: null, next: TOMORROW, calls: [call(1, "served")] }, { at }), { kind: "closed", next: TOMORROW, why: "over" });
});
test("hours that the snapshot only foresaw count once they have begun", () => {
  assert.equal(stage({}, { at: Date.parse("2026-11-23T13:31:00+07:00") }).kind, "first");
});
test("an office open round the clock does not close at midnight", () => {
  const day = { opens: "2026-11-23T00:00:00+07:00", closes: "2026-11-24T00:00:00+07:00" };
  assert.equal(stage({ now: day, next: null }, { at: Date.parse("2026-11-24T00:00:03+07:00") }).kind, "first");
});
test("past the hours, those at the counters are still shown", () => {
  assert.equal(stage({ calls: [call(1, "serving")] }, { at: Date.parse("2026-11-23T11:40:00+07:00") }).kind, "call");
});

test("an office that practises does so when its doors are shut, too, and the wall says that it is practice", () => {
  const of = board({ now: null, next: TOMORROW, practice: true });
  of.office.lines[0].open = false;
  const shown = view(of, EMPTY_PLAN, FINE, Date.parse("2026-11-23T19:00:00+07:00"));
  assert.deepEqual([shown.stage.kind, shown.lines[0].open, shown.trouble], ["first", true, "practice"]);
});
test("a lost connection goes before practice", () => {
  assert.equal(view(board({ practice: true }), EMPTY_PLAN, { ...FINE, connected: false }, NOW).trouble, "offline");
});

test("lines carry badge, names, waiting and wait; an English name falls back", () => {
  assert.deepEqual(view(board({ waiting: 2 }), EMPTY_PLAN, FINE, NOW).lines, [
    { code: "A", badge: "AB", place: 0, nameVi: "Chứng thực", nameEn: "Chứng thực", open: true, waiting: 2, wait: { p50: 5, p90: 10 } },
  ]);
});
test("a line that has just come, and whose name is not known yet, shows its code", () => {
  const fresh = board();
  fresh.state.lines.push({ code: "Z", waiting: 0 });
  assert.equal(view(fresh, EMPTY_PLAN, FINE, NOW).lines[1].nameVi, "Z");
});

for (const [says, health, notices, trouble] of [
  ["all is well", FINE, [], null],
  ["never connected is loading, not lost", { connected: false, since: null, refused: null }, [], null],
  ["lost", { connected: false, since: NOW, refused: null }, [], "offline"],
  ["refused goes before lost", { connected: false, since: NOW, refused: "not-allowed" }, [], "not-allowed"],
  ["an incident that was announced", FINE, [{ code: "incident", at: "x" }], "incident"],
  ["an incident that is over", FINE, [{ code: "incident", at: "x" }, { code: "recovered", at: "y" }], null],
]) {
  test(`trouble: ${says}`, () => assert.equal(view(board({ notices }), EMPTY_PLAN, health, NOW).trouble, trouble));
}
