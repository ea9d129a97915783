// What format.js writes is what formats.py writes: tests/vectors/format.json. Run once per language: MOTCUA_LANG, sentences in the file MOTCUA_PHRASES.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { load, vectors } from "./page.mjs";

const lang = process.env.MOTCUA_LANG;
const format = await load("format.js", { lang, phrases: JSON.parse(readFileSync(process.env.MOTCUA_PHRASES, "utf8")) });
const cases = vectors("format.json").filter(([, language]) => language === lang);

test("there are cases in this language", () => assert.ok(cases.length > 5));

for (const [name, , values, expected] of cases) {
  test(`${name}(${values.join(", ")}) is ${expected}`, () => assert.equal(format[name](...values), expected));
}

test("a clock counts minutes and seconds, and hours only when there are any", () => {
  assert.equal(format.elapsed(252_900), "04:12");
  assert.equal(format.elapsed(3_852_000), "1:04:12");
  assert.equal(format.elapsed(-5), "00:00");
});
