// What the holder of a ticket reads in each state.
import assert from "node:assert/strict";
import { test } from "node:test";

import { rings, story } from "../../../server/web/static/js/ticket_rules.js";

const minutes = (low, high) => `${low}–${high}`;
const ticket = (state, more = {}) => ({ label: "A012", state, ahead: null, wait: null, rated: false, canRate: false, ...more });
const told = (given, rose = false) => story(given, rose, minutes, (at) => at.slice(11, 16));
const STATES = ["coming", "waiting", "called", "serving", "parked", "missed", "served", "withdrawn", "no-show", "closed"];

test("every state has a sentence, and only one that will be called a wait", () => {
  for (const state of STATES) {
    const { headline, wait } = told(ticket(state, { counter: 3 }));
    assert.ok(headline[0]);
    assert.equal(wait !== null, ["coming", "waiting"].includes(state));
  }
});

test("who has stepped out reads until when, how many are ahead and that nothing is lost, and may give the number back", () => {
  const away = ticket("parked", { ahead: 3, heldUntil: "2026-11-23T09:40:00+07:00", timeZone: "Asia/Ho_Chi_Minh" });
  const { headline, wait, note, stay, withdraw, hold } = told(away);
  assert.deepEqual([headline, wait, note], [["follow.held", { time: "09:40" }], ["ticket.ahead.phone", { n: 3 }], ["follow.held.note"]]);
  assert.deepEqual([stay, withdraw, hold], [false, true, "held"]);
  assert.deepEqual(told({ ...away, ahead: 0 }).wait, ["follow.held.next"]);
});

test("stepping out is offered where the server offers it, and nowhere else", () => {
  assert.equal(told(ticket("waiting", { holdMinutes: [5, 10] })).hold, "offered");
  assert.equal(told(ticket("waiting", { holdMinutes: [] })).hold, "");
  assert.equal(told(ticket("parked")).hold, "");
});

test("waiting tells how many are ahead, and nobody is told as being next", () => {
  assert.deepEqual(told(ticket("waiting", { ahead: 4 })).headline, ["ticket.ahead.phone", { n: 4 }]);
  assert.deepEqual(told(ticket("waiting", { ahead: 0 })).headline, ["ticket.ahead.zero"]);
  assert.deepEqual(told(ticket("waiting")).headline, ["state.waiting"]);
});

test("a wait is a range, and its absence is said", () => {
  assert.deepEqual(told(ticket("waiting", { wait: { p50: 15, p90: 25 } })).wait, ["follow.wait", { minutes: "15–25" }]);
  assert.deepEqual(told(ticket("waiting")).wait, ["ticket.eta.unknown"]);
});

test("a number ahead that rose is explained, and only while waiting", () => {
  const given = ticket("waiting", { ahead: 6, wait: { p50: 15, p90: 25 } });
  assert.deepEqual(told(given, true).note, ["follow.rose"]);
  assert.deepEqual(told(given, false).note, ["follow.may_change"]);
  assert.equal(told(ticket("called", { counter: 3 }), true).note, null);
});

test("a number at home tells when to be there, and never asks to stay near the hall", () => {
  const turn = { begins: "2026-11-23T09:40:00+07:00", ends: "2026-11-23T10:05:00+07:00" };
  const given = told(ticket("coming", { ahead: 4, wait: { p50: 40, p90: 65 }, turn, timeZone: "Asia/Ho_Chi_Minh" }));
  assert.deepEqual(given.headline, ["home.ticket.not_called"]);
  assert.deepEqual(given.wait, ["home.ticket.turn", { from: "09:40", to: "10:05" }]);
  assert.equal(given.stay, false);
  assert.deepEqual(told(ticket("coming", { ahead: 0, turn })).wait, ["home.ticket.turn_now"]);
  assert.deepEqual(told(ticket("coming", { ahead: 2 })).wait, ["ticket.eta.unknown"]);
});

test("a number can be given back while it waits, at home or in the hall, or was missed, never otherwise", () => {
  assert.deepEqual(STATES.filter((state) => told(ticket(state)).withdraw), ["coming", "waiting", "missed"]);
});

test("being told of the call is offered as long as a call may come", () => {
  assert.deepEqual(STATES.filter((state) => told(ticket(state)).tell), ["coming", "waiting", "parked", "missed"]);
});

test("a rating is asked for once after service, and offered again only where it would be taken", () => {
  assert.equal(told(ticket("served", { canRate: true })).rating, "ask");
  assert.equal(told(ticket("served", { canRate: true, rated: true })).rating, "again");
  assert.equal(told(ticket("served", { rated: true })).rating, "done");
  assert.equal(told(ticket("serving", { canRate: true })).rating, "");
});

test("a call rings once, a repeated call once more, nothing else at all", () => {
  const called = (calledAt) => ticket("called", { calledAt });
  assert.ok(rings(null, called("1")));
  assert.ok(rings(ticket("waiting"), called("1")));
  assert.ok(!rings(called("1"), called("1")));
  assert.ok(rings(called("1"), called("2")));
  assert.ok(!rings(called("1"), ticket("serving")));
});
