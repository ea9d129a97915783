// What was shown at reception, and when that was.
import assert from "node:assert/strict";
import { test } from "node:test";

import { instantToday, isIdentityCard, whatWasShown } from "../../../server/web/static/js/reception_rules.js";

test("links, codes, phones and dossier numbers are told apart, with spaces and dashes as people write them", () => {
  const cases = [
    ["https://mot-cua.example/a/K7QF3M2P9XWD", { qr: "https://mot-cua.example/a/K7QF3M2P9XWD" }],
    [" k7qf-3m2p-9xwd ", { reference: "k7qf-3m2p-9xwd" }],
    ["K7QF 3M2P 9XWD", { reference: "K7QF 3M2P 9XWD" }],
    ["0912 345 678", { phone: "0912345678" }],
    ["+84912.345.678", { phone: "+84912345678" }],
    ["H26.10-261121-0042", { dossierNumber: "H26.10-261121-0042" }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(whatWasShown(text), expected);
});

test("an identity card's code is known by its shape, old number or new", () => {
  assert.ok(isIdentityCard("001085012345|123456789|Nguyễn Văn A|01011985|Nam|Hà Nội|01012021"));
  assert.ok(isIdentityCard(" 123456789|"));
  assert.ok(!isIdentityCard("001085012345"));
  assert.ok(!isIdentityCard("K7QF-3M2P-9XWD"));
});

test("a time of day is the last one there was at the office, whatever the browser's own zone", () => {
  const now = Date.parse("2026-11-23T09:30:20+07:00");
  assert.equal(instantToday("09:15", now, "Asia/Ho_Chi_Minh"), "2026-11-23T02:15:00.000Z");
  assert.equal(instantToday("09:30", now, "Asia/Ho_Chi_Minh"), "2026-11-23T02:30:00.000Z");
  assert.equal(instantToday("23:50", now, "Asia/Ho_Chi_Minh"), "2026-11-22T16:50:00.000Z");
});
