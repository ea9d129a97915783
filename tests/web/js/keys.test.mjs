// What keys.js promises, on thousands of made-up streams of strokes.
import assert from "node:assert/strict";
import { test } from "node:test";

import { keyOf, pressed, QUIET, RECOVERY, settled, STILL, VERBS } from "../../../server/web/static/js/keys.js";

const RUNS = 2000;

/** A small generator with a seed, so that a failure can be repeated. */
function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const whole = (low, high) => low + Math.floor(next() * (high - low + 1));
  return { whole, one: (list) => list[whole(0, list.length - 1)] };
}

const KEYS = [...Object.keys(VERBS), "A", "7", "-", " ", "Escape", "Tab"];

/** What comes out of a stream of strokes, as the page runs it: each stroke asks again after QUIET, and everything settles at the end. */
function play(strokes) {
  const out = [];
  let typing = STILL;
  const look = (now) => {
    const found = settled(typing, now);
    typing = found.typing;
    if (found.key !== null) out.push(found.key);
  };
  for (const stroke of strokes) {
    look(stroke.at);
    typing = pressed(typing, stroke);
  }
  look(Infinity);
  return out;
}

/** A scan: 4 to 40 signs, at most 35 ms apart, and Enter, perhaps lagging. */
function scan(random, from) {
  let at = from;
  const strokes = [];
  for (let left = random.whole(4, 40); left > 0; left -= 1) {
    strokes.push({ key: random.one(KEYS), at });
    at += random.whole(0, 34);
  }
  strokes.push({ key: "Enter", at: at + random.one([0, 20, 150, RECOVERY - 50]) });
  return strokes;
}

/** Presses of a hand: far enough apart. */
function hand(random, from, most = 12) {
  let at = from;
  return Array.from({ length: random.whole(1, most) }, () => {
    const stroke = { key: random.one(KEYS), at };
    at += random.whole(QUIET, 900);
    return stroke;
  });
}

const end = (strokes) => strokes[strokes.length - 1].at;

test("a scanner's burst does nothing, its Enter least of all", () => {
  for (let seed = 0; seed < RUNS; seed += 1) assert.deepEqual(play(scan(dice(seed), 1000)), [], `seed ${seed}`);
});

test("two scans, one right after the other, do nothing", () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const random = dice(seed);
    const first = scan(random, 1000);
    assert.deepEqual(play([...first, ...scan(random, end(first) + random.whole(0, 200))]), [], `seed ${seed}`);
  }
});

test("each press of a hand counts once, in order", () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const strokes = hand(dice(seed), 1000);
    assert.deepEqual(play(strokes), strokes.map((stroke) => stroke.key), `seed ${seed}`);
  }
});

test("scans between a hand's presses change nothing about them", () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const random = dice(seed);
    const before = hand(random, 1000);
    const scanned = scan(random, end(before) + QUIET);
    const after = hand(random, end(scanned) + RECOVERY);
    assert.deepEqual(play([...before, ...scanned, ...after]), [...before, ...after].map((stroke) => stroke.key), `seed ${seed}`);
  }
});

test("a key held down counts once, however long", () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const random = dice(seed);
    const strokes = [{ key: "Enter", at: 1000 }];
    for (let at = 1250; at < 3000; at += random.whole(20, 60)) strokes.push({ key: "Enter", at, repeat: true });
    assert.deepEqual(play(strokes), ["Enter"], `seed ${seed}`);
  }
});

test("what is typed into a field or with Ctrl is no verb, whatever is mixed with it", () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const random = dice(seed);
    const strokes = hand(random, 1000).map((stroke) => ({ ...stroke, elsewhere: random.whole(0, 1) === 1 }));
    assert.deepEqual(play(strokes), strokes.filter((stroke) => !stroke.elsewhere).map((stroke) => stroke.key), `seed ${seed}`);
  }
});

test("nothing comes out that did not go in, and never more, for any times and flags whatever", () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const random = dice(seed);
    let at = 0;
    const strokes = Array.from({ length: random.whole(0, 30) }, () => {
      at += random.one([0, 1, 20, 34, 59, 60, 61, 200, 300, 2000]);
      return { key: random.one(KEYS), at, repeat: random.whole(0, 4) === 0, elsewhere: random.whole(0, 4) === 0 };
    });
    const left = strokes.filter((stroke) => !stroke.repeat && !stroke.elsewhere).map((stroke) => stroke.key);
    for (const key of play(strokes)) {
      const place = left.indexOf(key);
      assert.notEqual(place, -1, `seed ${seed}`);
      left.splice(0, place + 1);
    }
  }
});

test("Shift between a scanner's signs neither counts nor hides the burst", () => {
  const strokes = [{ key: "H", at: 0 }, { key: "Shift", at: 10 }, { key: "2", at: 20 }, { key: "Enter", at: 30 }];
  assert.deepEqual(play(strokes), []);
});

test("a press is not decided before the silence after it", () => {
  const typing = pressed(STILL, { key: "Enter", at: 1000 });
  assert.equal(settled(typing, 1000 + QUIET - 1).key, null);
  assert.equal(settled(typing, 1000 + QUIET).key, "Enter");
  assert.equal(settled(settled(typing, 1000 + QUIET).typing, 5000).key, null);
});

test("number pad, digits and letters say the same with and without Num Lock, Shift or an input method", () => {
  assert.equal(keyOf({ code: "NumpadEnter", key: "Enter" }), "Enter");
  assert.equal(keyOf({ code: "Numpad1", key: "End" }), "1");
  assert.equal(keyOf({ code: "Digit1", key: "1" }), "1");
  assert.equal(keyOf({ code: "KeyG", key: "Process" }), "G");
  assert.equal(keyOf({ code: "", key: "g" }), "G");
  assert.equal(keyOf({ code: "NumpadAdd", key: "+" }), "+");
  assert.equal(keyOf({ code: "Equal", key: "+" }), "+");
  assert.equal(keyOf({ code: "Escape", key: "Escape" }), "Escape");
});
