// Which part of the day the head's picture shows.
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./page.mjs";

const { span } = await load("office_day.js");
const day = (counts) => Array.from({ length: 96 }, (_, place) => counts[place] ?? 0);

test("from the full hour in which the first came to the last of either day, never less than eight hours", () => {
  assert.equal(span(day({}), []), null);
  assert.deepEqual(span(day({ 34: 2 }), []), { from: 32, until: 64 });
  assert.deepEqual(span(day({ 34: 2 }), day({ 30: 1, 70: 0.5 })), { from: 28, until: 71 });
  assert.deepEqual(span(day({ 94: 1 }), []), { from: 92, until: 96 });
});
