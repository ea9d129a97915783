// Days, hours as they are typed, and what is sent of them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { movesOf, partOf, plus, spans, written } from "../../../server/web/static/js/timetable_rules.js";

test("days are counted over months, years and clocks that are put back", () => {
  assert.equal(plus("2026-11-30", 1), "2026-12-01");
  assert.equal(plus("2026-12-31", 1), "2027-01-01");
  assert.equal(plus("2026-03-01", -1), "2026-02-28");
  assert.equal(plus("2026-10-25", 7), "2026-11-01");
});

test("hours are read as people write them, and nothing is no hours at all", () => {
  const both = [{ opens: "08:00", closes: "11:30" }, { opens: "13:30", closes: "17:00" }];
  for (const text of ["08:00–11:30; 13:30–17:00", "8:00-11:30, 13:30 - 17:00", "8h00 – 11h30; 13h30–17h", "8.00 đến 11.30; 13:30 to 17:00"]) assert.deepEqual(spans(text), both, text);
  assert.deepEqual(spans(" "), []);
  assert.deepEqual(spans("00:00–24:00"), [{ opens: "00:00", closes: "24:00" }]);
});

test("what cannot be read is nothing, rather than something else", () => {
  for (const text of ["sáng", "8", "8:00", "11:30–08:00", "08:00–08:00", "25:00–26:00", "08:61–09:00", "24:30–25:00", "08:00–11:30 13:30–17:00"]) assert.equal(spans(text), null, text);
});

test("what is shown can be typed again", () => {
  const open = [{ opens: "07:30", closes: "12:00" }, { opens: "13:00", closes: "24:00" }];
  assert.deepEqual(spans(written(open)), open);
  assert.equal(written([]), "");
});

test("half a day is until noon or from noon on", () => {
  assert.deepEqual(partOf("all", "09:00", "10:00"), { starts: null, ends: null });
  assert.deepEqual(partOf("morning", "", ""), { starts: "00:00", ends: "12:00" });
  assert.deepEqual(partOf("afternoon", "", ""), { starts: "12:00", ends: "24:00" });
  assert.deepEqual(partOf("times", "09:00", ""), { starts: "09:00", ends: null });
});

test("only those with a place to go to are moved, to the very place that was shown", () => {
  const hit = (reference, proposal) => ({ reference, proposal });
  const place = { start: "2026-12-01T09:00:00+07:00", end: "2026-12-01T09:15:00+07:00", officer: "an", officerName: "An" };
  assert.deepEqual(movesOf([hit("A", place), hit("B", null)]), [{ reference: "A", start: place.start, officer: "an" }]);
});
