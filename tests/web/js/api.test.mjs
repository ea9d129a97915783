// A command is sent with one key however often it is tried, and every way of failing has its own exception.

import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { load } from "./page.mjs";

const phrases = { "base.no_connection": "Chưa kết nối được", "base.failed": "Chưa làm được" };
const { command, read, newKey, NetworkProblem, Problem } = await load("api.js", { phrases });

/** @type {{ path: string, method: string, headers: Record<string, string>, body?: string }[]} */
let sent = [];
/** What the server does, try by try: a response, "away" or "silent". */
let answers = [];

/** Time passes at once: a pause is over when it begins, and the time allowed for an answer when the server stays silent. */
let timeIsUp = () => {};
globalThis.setTimeout = (go, ms) => {
  if (ms < 5000) queueMicrotask(go);
  else timeIsUp = go;
};

globalThis.fetch = async (path, { method, headers, body, signal }) => {
  sent.push({ path, method, headers, body });
  const answer = answers.shift();
  if (answer === "away") throw new TypeError("failed to fetch");
  if (answer !== "silent") return answer;
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    queueMicrotask(timeIsUp);
  });
};

const refusal = (status, code, detail) =>
  new Response(JSON.stringify({ type: `urn:motcua:${code}`, status, detail }), { status, headers: { "Content-Type": "application/problem+json" } });

beforeEach(() => {
  sent = [];
  answers = [];
});

test("a command carries its key, its language and its body", async () => {
  answers = [Response.json({ id: "1" }, { status: 201 })];
  assert.deepEqual(await command("POST", "/api/desk/next", { counter: 3 }), { id: "1" });
  assert.equal(sent[0].method, "POST");
  assert.equal(sent[0].body, '{"counter":3}');
  assert.equal(sent[0].headers["Accept-Language"], "vi");
  assert.equal(sent[0].headers["Content-Type"], "application/json");
  assert.match(sent[0].headers["Idempotency-Key"], /^[0-9a-f]{32}$/);
});

test("a command without a body says nothing about a content type, and 204 is null", async () => {
  answers = [new Response(null, { status: 204 })];
  assert.equal(await command("DELETE", "/api/desk"), null);
  assert.equal(sent[0].body, undefined);
  assert.ok(!("Content-Type" in sent[0].headers));
});

test("two commands have two keys, and a given key is used", async () => {
  assert.notEqual(newKey(), newKey());
  answers = [Response.json({})];
  await command("POST", "/api/x", {}, { key: "mine" });
  assert.equal(sent[0].headers["Idempotency-Key"], "mine");
});

test("a lost connection and a 503 are tried again with the same key", async () => {
  answers = ["away", refusal(503, "database-unavailable", "…"), Response.json({ ok: 1 })];
  assert.deepEqual(await command("POST", "/api/x", { a: 1 }), { ok: 1 });
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent.map((each) => each.headers["Idempotency-Key"])).size, 1);
});

test("a server that stays away is given up after three tries, with a sentence", async () => {
  answers = ["away", "away", "away", Response.json({})];
  await assert.rejects(command("POST", "/api/x"), (error) => error instanceof NetworkProblem && error.message === "Chưa kết nối được");
  assert.equal(sent.length, 3);
});

test("a server that never answers counts as away", async () => {
  answers = ["silent", "silent", "silent"];
  await assert.rejects(read("/api/x"), NetworkProblem);
  assert.equal(sent.length, 3);
});

test("a refusal is not tried again; it has its status, code, sentence and body", async () => {
  answers = [refusal(409, "still-serving", "Số A001 chưa xong."), Response.json({})];
  await assert.rejects(command("POST", "/api/desk/next"), (error) => {
    assert.ok(error instanceof Problem);
    assert.deepEqual([error.status, error.code, error.detail, error.message], [409, "still-serving", "Số A001 chưa xong.", "Số A001 chưa xong."]);
    assert.equal(error.body.type, "urn:motcua:still-serving");
    return true;
  });
  assert.equal(sent.length, 1);
});

test("a failure that is no JSON, as a proxy makes it, is still a problem with a sentence", async () => {
  answers = [new Response("<h1>Bad gateway</h1>", { status: 502 })];
  await assert.rejects(read("/api/x"), (error) => error instanceof Problem && error.status === 502 && error.message === "Chưa làm được");
});

test("reading carries no key", async () => {
  answers = [Response.json([1])];
  assert.deepEqual(await read("/api/offices"), [1]);
  assert.ok(!("Idempotency-Key" in sent[0].headers));
});
