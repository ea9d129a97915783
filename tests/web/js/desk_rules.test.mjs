// What the desk offers when, and which request each verb is.
import assert from "node:assert/strict";
import { test } from "node:test";

import { beside, canChoose, concernsDesk, lasting, minutesBetween, phase, primary, request, row, soonestBack, undo, wishFor } from "../../../server/web/static/js/desk_rules.js";
import { VERBS } from "../../../server/web/static/js/keys.js";

const ALL = ["next", "start", "finish", "recall", "miss", "park", "resume", "transfer", "add-procedure", "return", "undo", "pause", "close", "merge", "call", "help", "handover"];
const NOW = Date.parse("2026-11-23T08:50:00+07:00");
const ticket = (state, more = {}) => ({
  id: "t1", number: "A012", label: "A012", state, calledAt: "2026-11-23T08:40:00+07:00",
  startedAt: state === "called" ? null : "2026-11-23T08:42:00+07:00", usual: { p50: 5, p90: 8 }, ...more,
});
const view = (more = {}) => ({
  counter: 3, mine: [3], mayChoose: false, help: null, ticket: null, pausedReason: null, undoUntil: null, undoTicket: null, verbs: ALL, ...more,
});

test("the primary button is the next right thing in each phase", () => {
  const cases = [
    [view({ counter: null }), "choosing", null],
    [view(), "idle", "next"],
    [view({ pausedReason: "Nghỉ trưa" }), "paused", "unpause"],
    [view({ ticket: ticket("called") }), "called", "start"],
    [view({ ticket: ticket("serving") }), "serving", "finish-next"],
    [view({ ticket: ticket("serving"), pausedReason: "Nghỉ trưa" }), "serving", "finish-next"],
  ];
  for (const [given, expected, verb] of cases) {
    assert.equal(phase(given), expected);
    assert.equal(primary(given)?.verb ?? null, verb);
  }
});

test("only what the server offers is there, and only what fits the ticket can be pressed", () => {
  assert.deepEqual(row(view({ verbs: ["next", "recall", "miss"] })).map((one) => [one.verb, one.enabled]), [["recall", false], ["miss", false]]);
  assert.deepEqual(row(view({ ticket: ticket("serving") })).filter((one) => one.enabled).map((one) => one.verb), ["park", "transfer", "add-procedure", "merge", "finish-with"]);
  assert.deepEqual(row(view({ ticket: ticket("called"), verbs: ["recall"] })), [{ verb: "recall", phrase: "staff.recall", key: "1", enabled: true }]);
  assert.equal(beside(view({ ticket: ticket("serving"), verbs: [] })), null);
  assert.equal(primary(view({ verbs: [] })).enabled, false);
});

test("a verb met before keeps its place, greyed", () => {
  assert.deepEqual(row(view({ verbs: ["next"] }), ["recall", "miss"]).map((one) => [one.verb, one.enabled]), [["recall", false], ["miss", false]]);
});

test("a key never does what no button offers", () => {
  const views = [view(), view({ pausedReason: "x" }), view({ ticket: ticket("called") }), view({ ticket: ticket("serving") }), view({ verbs: [] }), view({ counter: null })];
  for (const given of views) {
    const offered = new Set([primary(given), beside(given), ...row(given)].filter((action) => action?.enabled).map((action) => action.verb));
    for (const verb of Object.values(VERBS)) {
      const wish = wishFor(given, verb, NOW);
      if (wish) assert.ok(offered.has(wish.verb), `${verb} in ${phase(given)}`);
    }
  }
  assert.equal(wishFor(view({ ticket: ticket("called") }), "finish", NOW), null);
  assert.deepEqual(wishFor(view({ ticket: ticket("serving") }), "finish", NOW), { verb: "finish" });
});

test("each wish is the request of the contract", () => {
  const serving = view({ ticket: ticket("serving"), undoTicket: "t9" });
  const cases = [
    [{ verb: "next" }, "POST /api/desk/next", undefined],
    [{ verb: "sit", body: { counter: 3 } }, "PUT /api/desk", { counter: 3 }],
    [{ verb: "close" }, "DELETE /api/desk", undefined],
    [{ verb: "pause", body: { reason: "Họp" } }, "PUT /api/desk/pause", { reason: "Họp" }],
    [{ verb: "unpause" }, "DELETE /api/desk/pause", undefined],
    [{ verb: "start" }, "POST /api/desk/tickets/t1/start", undefined],
    [{ verb: "finish" }, "POST /api/desk/tickets/t1/finish", { next: false }],
    [{ verb: "finish-next" }, "POST /api/desk/tickets/t1/finish", { next: true }],
    [{ verb: "miss" }, "POST /api/desk/tickets/t1/miss", undefined],
    [{ verb: "return", ticket: "m/1" }, "POST /api/desk/tickets/m%2F1/return", undefined],
    [{ verb: "resume", ticket: "p1" }, "POST /api/desk/tickets/p1/resume", undefined],
    [{ verb: "undo" }, "POST /api/desk/tickets/t9/undo", undefined],
    [{ verb: "park", body: { reason: "Đi sao chụp" } }, "POST /api/desk/tickets/t1/park", { reason: "Đi sao chụp" }],
    [{ verb: "finish-with", body: { outcome: "advised", next: true } }, "POST /api/desk/tickets/t1/finish", { outcome: "advised", next: true }],
    [{ verb: "merge", body: { other: "t2" } }, "POST /api/desk/tickets/t1/merge", { other: "t2" }],
    [{ verb: "call", ticket: "n1", body: { reason: "Việc gấp" } }, "POST /api/desk/tickets/n1/call", { reason: "Việc gấp" }],
    [{ verb: "handover", body: { to: "dung" } }, "POST /api/desk/handover", { to: "dung" }],
    [{ verb: "also", body: { counter: 4, also: true } }, "PUT /api/desk", { counter: 4, also: true }],
    [{ verb: "head" }, "POST /api/desk/help", { kind: "head" }],
    [{ verb: "transfer", body: { line: "H", back: true } }, "POST /api/desk/tickets/t1/transfer", { line: "H", back: true }],
  ];
  for (const [wish, expected, body] of cases) {
    const asked = request(serving, wish);
    assert.equal(`${asked.method} ${asked.path}`, expected);
    assert.deepEqual(asked.body, body);
  }
  assert.throws(() => request(view(), { verb: "start" }));
});

test("who looks after several counters says which one is meant, wherever the ticket does not say it", () => {
  const two = view({ mine: [3, 5], help: "emergency" });
  const cases = [
    [{ verb: "next" }, "POST /api/desk/next?counter=3"], [{ verb: "close" }, "DELETE /api/desk?counter=3"],
    [{ verb: "pause", body: {} }, "PUT /api/desk/pause?counter=3"], [{ verb: "unpause" }, "DELETE /api/desk/pause?counter=3"],
    [{ verb: "handover", body: {} }, "POST /api/desk/handover?counter=3"], [{ verb: "emergency" }, "DELETE /api/desk/help?counter=3"],
    [{ verb: "call", ticket: "n1", body: {} }, "POST /api/desk/tickets/n1/call?counter=3"],
    [{ verb: "resume", ticket: "p1" }, "POST /api/desk/tickets/p1/resume?counter=3"],
    [{ verb: "return", ticket: "m1" }, "POST /api/desk/tickets/m1/return"],
  ];
  for (const [wish, expected] of cases) {
    const asked = request(two, wish);
    assert.equal(`${asked.method} ${asked.path}`, expected);
  }
});

test("a number can be chosen by who may, while the desk is free", () => {
  assert.equal(canChoose(view()), false);
  assert.equal(canChoose(view({ mayChoose: true })), true);
  for (const busy of [{ ticket: ticket("called") }, { pausedReason: "Họp" }, { verbs: ["next"] }]) assert.equal(canChoose(view({ mayChoose: true, ...busy })), false);
});

test("service is beyond usual only once its usual longest time is over", () => {
  const at = (minutes) => lasting(ticket("serving"), Date.parse("2026-11-23T08:42:00+07:00") + minutes * 60000);
  assert.equal(at(8).beyond, false);
  assert.equal(at(8.1).beyond, true);
  assert.equal(at(4).ms, 240000);
  assert.equal(at(-1).ms, 0);
  assert.equal(lasting(ticket("called"), NOW).beyond, false);
});

test("undo counts down to nothing, and is not there without a ticket or where the server has none", () => {
  const given = view({ undoUntil: "2026-11-23T08:50:08.200+07:00", undoTicket: "t1" });
  assert.equal(undo(given, NOW), 9);
  assert.equal(undo(given, NOW + 9000), 0);
  assert.equal(undo({ ...given, undoTicket: null }, NOW), 0);
  assert.equal(undo({ ...given, verbs: ["next"] }, NOW), 0);
  assert.deepEqual(wishFor(given, "undo", NOW), { verb: "undo" });
  assert.equal(wishFor(given, "undo", NOW + 9000), null);
});

test("minutes are whole and never negative", () => {
  assert.equal(minutesBetween("2026-11-23T08:30:30+07:00", NOW), 19);
  assert.equal(minutesBetween(NOW, "2026-11-23T08:30:30+07:00"), 0);
});

test("the desk asks again for a snapshot and for any news but ratings: a bare number may be a line given to it", () => {
  for (const kind of ["ticket.called", "counter.opened", "appointment.checked-in", "office.closed"]) assert.ok(concernsDesk({ kind }));
  assert.ok(concernsDesk(null));
  assert.ok(!concernsDesk({ kind: "rating.given" }));
  assert.ok(concernsDesk({}));
});

test("the page asks again when the first of the kept numbers stands in the queue again, and not for one that does already", () => {
  const at = (time) => `2026-11-23T${time}:00+07:00`;
  const given = (away, parked) => soonestBack({ ...view(), asOf: at("08:50"), away: away.map((backBy) => ({ backBy })), parked: parked.map((parkedUntil) => ({ parkedUntil })) });
  assert.equal(given([at("09:10"), at("09:00")], [undefined, at("08:40")]), 600000);
  assert.equal(given([], [at("08:51")]), 60000);
  assert.equal(given([], [undefined, at("08:50")]), null);
});
