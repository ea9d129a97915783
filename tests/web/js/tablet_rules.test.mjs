// When a counter's tablet asks, and when it stops asking.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, CALM, happened, PATIENCE, thanked, THANKS, touched, waited } from "../../../server/web/static/js/tablet_rules.js";

const frame = (kind, label, counter = 3) => ({ kind: `ticket.${kind}`, ticket: { id: label, label }, counter: counter === null ? undefined : { number: counter } });
const asking = (label = "A012") => ask({ id: label, label }, 0);

test("it asks about a visit that ended at its own counter, and about no other", () => {
  assert.equal(happened(CALM, frame("finished", "A012"), 3, 0).ticket.label, "A012");
  assert.equal(happened(CALM, frame("finished", "A012", 4), 3, 0), CALM);
  assert.equal(happened(CALM, frame("called", "A012"), 3, 0), CALM);
  assert.equal(happened(CALM, { kind: "rating.given" }, 3, 0), CALM);
});

test("a call in the moment of finishing leaves the question, the next service ends it", () => {
  const after = happened(asking(), frame("called", "A013"), 3, 0);
  assert.equal(after.shows, "asking");
  assert.equal(happened(after, frame("started", "A013"), 3, 0), CALM);
  assert.equal(happened(asking(), frame("started", "A013", 4), 3, 0).shows, "asking");
});

test("somebody who has begun to answer may finish, whoever is served next", () => {
  assert.equal(happened(touched(asking(), 1, 0), frame("started", "A013"), 3, 0).ticket.label, "A012");
});

test("a visit that turns out not to be over is not asked about", () => {
  assert.equal(happened(asking(), frame("undone", "A012", null), 3, 0), CALM);
  assert.equal(happened(asking(), frame("undone", "A011", null), 3, 0).shows, "asking");
});

test("the next finished visit replaces the question", () => {
  assert.equal(happened(asking(), frame("finished", "A013"), 3, 0).ticket.label, "A013");
});

test("it gives up a minute after the last touch, and thanks for five seconds", () => {
  assert.equal(waited(asking(), PATIENCE - 1).shows, "asking");
  assert.equal(waited(asking(), PATIENCE), CALM);
  assert.equal(waited(touched(asking(), 1, 30000), PATIENCE).shows, "asking");
  assert.equal(waited(touched(asking(), 1, 30000), PATIENCE + 30000), CALM);
  assert.equal(waited(thanked(0), THANKS - 1).shows, "thanks");
  assert.equal(waited(thanked(0), THANKS), CALM);
  assert.equal(waited(CALM, 1e12), CALM);
});

test("a reason keeps the level that was chosen", () => {
  assert.equal(touched(touched(asking(), 1, 0), 0, 5).level, 1);
  assert.equal(touched(CALM, 1, 0), CALM);
});
