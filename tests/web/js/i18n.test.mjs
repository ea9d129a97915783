// Sentences come from the page, with their placeholders and the English singular.

import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./page.mjs";

const phrases = {
  "queue.ahead": "{n} people ahead of {who}",
  "queue.ahead.one": "{n} person ahead of {who}",
  "queue.none": "Nobody is waiting",
};
const { say, lang } = await load("i18n.js", { lang: "en", phrases });

test("the language is the page's", () => assert.equal(lang, "en"));

test("placeholders are filled in, also by text that looks like a placeholder or a pattern", () => {
  assert.equal(say("queue.ahead", { n: 4, who: "{n} $& $1" }), "4 people ahead of {n} $& $1");
});

test("one is singular, and a sentence without a singular serves both", () => {
  assert.equal(say("queue.ahead", { n: 1, who: "you" }), "1 person ahead of you");
  assert.equal(say("queue.none", { n: 1 }), "Nobody is waiting");
});

test("a missing sentence shows its key and is reported", (t) => {
  const report = t.mock.method(console, "error", () => {});
  assert.equal(say("queue.lost"), "queue.lost");
  assert.match(String(report.mock.calls[0].arguments[0]), /queue\.lost/);
});
