// The board after each of the shared cases is what they say; the agent reads the same cases (tests/display/test_board.py).

import assert from "node:assert/strict";
import test from "node:test";
import { load, vectors } from "./page.mjs";

const { reduce } = await load("reduce.js");
const { start, cases } = vectors("feed.json");

/** Frozen all through, so that a reducer that writes into what it was given fails. */
function frozen(value) {
  if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

for (const { says, frames, after } of cases) {
  test(says, () => {
    const expected = { ...start, ...after, state: { ...start.state, ...after.state } };
    assert.deepEqual(frames.reduce((board, frame) => reduce(board, frozen(frame)), frozen(start)), expected);
  });
}

test("missing frames are an error, never skipped", () => {
  assert.throws(() => reduce(start, { seq: start.seq + 2 }), RangeError);
});
