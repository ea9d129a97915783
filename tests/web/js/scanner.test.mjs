// What scanner.js and the kiosk's keys promise.
import assert from "node:assert/strict";
import { test } from "node:test";

import { load } from "./page.mjs";

const { FASTEST_HAND, NOTHING, stroke } = await load("scanner.js");
const { asCode, CODE_ROWS, grouped } = await load("kiosk_keyboard.js");

/** Everything scanned in a stream of strokes. */
function play(strokes) {
  let burst = NOTHING;
  const scanned = [];
  for (const one of strokes) {
    const next = stroke(burst, one);
    burst = next.burst;
    if (next.scanned !== null) scanned.push(next.scanned);
  }
  return scanned;
}

const typed = (text, apart, start = 0) => [...text, "Enter"].map((key, place) => ({ key, at: start + place * apart }));
const LINK = "https://motcua.example.vn/a/K7QF3M2P9XWD";

test("a scanner's text comes out whole at every speed of a scanner", () => {
  for (let apart = 1; apart <= FASTEST_HAND; apart += 1) assert.deepEqual(play(typed(LINK, apart)), [LINK]);
});

test("a hand is no scanner, however long it types", () => {
  for (const apart of [FASTEST_HAND + 1, 80, 200]) assert.deepEqual(play(typed(LINK, apart)), []);
});

test("what a hand typed before is not part of what is scanned", () => {
  assert.deepEqual(play([{ key: "k", at: 0 }, { key: "h", at: 150 }, ...typed(LINK, 5, 400)]), [LINK]);
});

test("capital letters come with Shift, and Enter alone is nothing", () => {
  const shifted = [...LINK].flatMap((key, place) => [{ key: "Shift", at: place * 8 }, { key, at: place * 8 + 3 }]);
  assert.deepEqual(play([...shifted, { key: "Enter", at: LINK.length * 8 }]), [LINK]);
  assert.deepEqual(play([{ key: "Enter", at: 0 }]), []);
});

test("several keys hit at once are not scanned", () => {
  assert.deepEqual(play(typed("asdf", 5)), []);
});

test("two scans in a row are two texts", () => {
  assert.deepEqual(play([...typed(LINK, 5), ...typed("K7QF3M2P9XWD", 5, 1000)]), [LINK, "K7QF3M2P9XWD"]);
});

test("a code is understood as people type and read it", () => {
  assert.equal(asCode("k7qf-3m2p 9xwd"), "K7QF3M2P9XWD");
  assert.equal(asCode("OIL"), "011");
  assert.equal(asCode("K7QF3M2P9XWDK7QF"), "K7QF3M2P9XWD");
  assert.equal(asCode("ếư!u"), "");
  assert.equal(grouped("K7QF3M"), "K7QF-3M··-····");
  assert.equal(grouped("K7QF3M2P9XWD"), "K7QF-3M2P-9XWD");
});

test("every key of the code's keyboard types itself", () => {
  const keys = CODE_ROWS.join("");
  for (const key of keys) assert.equal(asCode(key), key);
  assert.equal(new Set(keys).size, 32);
});
