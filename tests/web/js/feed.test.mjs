// A feed is followed through every trouble, never asks while it hears, and never asks often while it does not.

import assert from "node:assert/strict";
import test from "node:test";
import { load } from "./page.mjs";

const { follow, SILENCE } = await load("feed.js");
const HEAD = "Mon, 23 Nov 2026 01:00:00 GMT";

/** A browser whose clock stands still until a test lets it run, and the office's server behind it. */
class World {
  constructor({ seq = 10 } = {}) {
    this.time = 0;
    this.timers = new Map();
    this.asked = [];
    this.sockets = [];
    this.answer = () => this.board({ seq });
    this.listeners = { online: new Set(), pageshow: new Set(), visibilitychange: new Set() };
    this.location = { protocol: "https:", host: "office.test" };
    this.performance = { now: () => this.time };
    this.Date = { now: () => Date.parse("1999-12-31T23:59:00Z") + this.time, parse: Date.parse };
    this.Math = { random: () => 0.999 };
    this.AbortController = AbortController;
    const world = this;
    const listening = {
      addEventListener: (name, go) => world.listeners[name].add(go),
      removeEventListener: (name, go) => world.listeners[name].delete(go),
    };
    Object.assign(this, listening);
    this.document = { documentElement: { lang: "en" }, visibilityState: "visible", ...listening };
    this.WebSocket = class {
      constructor(url) {
        Object.assign(this, { url, open: true, born: world.time });
        world.sockets.push(this);
      }
      close() {
        this.open = false;
      }
    };
    this.heard = [];
    this.health = [];
    this.forecasts = [];
  }

  board(extra = {}, headers = {}) {
    const state = { day: null, calls: [], lines: [], counters: [], ratings: { served: 0, answered: 0, satisfied: 0 }, notices: [] };
    return new Response(JSON.stringify({ seq: 10, state, forecast: {}, ...extra }), { headers: { Date: HEAD, ...headers } });
  }

  fetch = async (path, { headers }) => {
    this.asked.push({ path, language: headers["Accept-Language"], at: this.time });
    return this.answer();
  };
  setTimeout = (go, ms) => {
    const id = this.timers.size + 1;
    this.timers.set(id, { at: this.time + ms, go });
    return id;
  };
  clearTimeout = (id) => {
    const timer = this.timers.get(id);
    if (timer) timer.at = Infinity;
  };

  follow() {
    this.feed = follow("bo-de", {
      onState: (board, frame) => this.heard.push([board.seq, frame?.kind ?? null]),
      onForecast: (board) => this.forecasts.push(board.forecast),
      onHealth: (health) => this.health.push({ ...health, at: this.time }),
    }, this);
    return this.settle();
  }
  /** Lets what is due now happen. */
  async settle() {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    await new Promise((done) => setImmediate(done));
  }
  /** Lets time pass, timer by timer. */
  async pass(ms) {
    const end = this.time + ms;
    for (;;) {
      const due = [...this.timers.values()].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.time = Math.max(this.time, due.at);
      due.at = Infinity;
      due.go();
      await this.settle();
    }
    this.time = end;
  }
  get socket() {
    return this.sockets[this.sockets.length - 1];
  }
  async say(...frames) {
    for (const frame of frames) this.socket.onmessage({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
    await this.settle();
  }
  async end(code) {
    this.socket.open = false;
    this.socket.onclose({ code });
    await this.settle();
  }
  fire(name) {
    for (const go of this.listeners[name]) go();
    return this.settle();
  }
}

async function following(options) {
  const world = new World(options);
  await world.follow();
  return world;
}

test("it takes the board, then joins the feed behind it", async () => {
  const world = await following();
  assert.deepEqual(world.asked, [{ path: "/api/offices/bo-de/board", language: "en", at: 0 }]);
  assert.equal(world.socket.url, "wss://office.test/ws/offices/bo-de/feed?since=10");
  await world.say({ seq: 11 }, { seq: 12, kind: "lunch.eaten" });
  assert.deepEqual(world.heard, [[10, null], [11, null], [12, "lunch.eaten"]]);
});

test("connected, it never asks", async () => {
  const world = await following();
  for (let hour = 0; hour < 720; hour += 1) {
    await world.pass(5000);
    await world.say({ heartbeat: 10 });
  }
  assert.equal(world.asked.length, 1);
  assert.equal(world.sockets.length, 1);
  assert.deepEqual(world.health.map(({ connected }) => connected), [true]);
});

test("a forecast is told apart from the state", async () => {
  const world = await following();
  await world.say({ forecast: { A: { p50: 5, p90: 10 } }, asOf: 10 });
  assert.deepEqual(world.forecasts, [{ A: { p50: 5, p90: 10 } }]);
  assert.equal(world.heard.length, 1);
});

test("a jump in the sequence connects again from what it has", async () => {
  const world = await following();
  await world.say({ seq: 11 }, { seq: 13 });
  assert.equal(world.sockets[0].open, false);
  await world.pass(1000);
  assert.match(world.socket.url, /since=11$/);
  assert.equal(world.asked.length, 1);
});

test("a heartbeat ahead of the board is a jump, too", async () => {
  const world = await following();
  await world.say({ heartbeat: 11 });
  await world.pass(1000);
  assert.equal(world.sockets.length, 2);
  assert.match(world.socket.url, /since=10$/);
});

test("frames of a connection given up are not listened to", async () => {
  const world = await following();
  const old = world.socket;
  await world.say({ seq: 12 });
  old.onmessage({ data: JSON.stringify({ seq: 11 }) });
  old.onclose({ code: 1006 });
  assert.deepEqual(world.heard, [[10, null]]);
});

test("silence of two heartbeats is a lost connection, told once, with the instant of the last sign of life", async () => {
  const world = await following();
  await world.pass(3000);
  await world.say({ heartbeat: 10 });
  await world.pass(SILENCE - 1);
  assert.equal(world.sockets.length, 1);
  await world.pass(1000);
  assert.equal(world.sockets.length, 2);
  const lost = world.health.filter(({ connected }) => !connected);
  assert.deepEqual(lost.map(({ at }) => at), [3000 + SILENCE]);
  assert.equal(lost[0].since, Date.parse(HEAD) + 500 + 3000);
  await world.say({ heartbeat: 10 });
  assert.deepEqual(world.health.map(({ connected }) => connected), [true, false, true]);
});

test("an open socket that says nothing is no connection", async () => {
  const world = await following();
  await world.pass(120000);
  assert.equal(world.health[world.health.length - 1].connected, false);
  assert.ok(world.sockets.length >= 8);
});

test("a server that accepts and closes at once is asked ever more slowly", async () => {
  const world = await following();
  let seen = 0;
  for (let second = 0; second < 600; second += 1) {
    await world.pass(100);
    if (world.sockets.length > seen) {
      seen = world.sockets.length;
      await world.end(1006);
    }
  }
  assert.ok(seen >= 10 && seen <= 20, `${seen} in a minute`);
  assert.equal(world.asked.length, 1);
});

test("after a good connection the next try comes within a second", async () => {
  const world = await following();
  for (let n = 0; n < 6; n += 1) {
    await world.end(1012);
    await world.pass(6000);
  }
  for (let n = 0; n < 4; n += 1) {
    await world.pass(4000);
    await world.say({ heartbeat: 10 });
  }
  const before = world.sockets.length;
  await world.end(1012);
  await world.pass(1000);
  assert.equal(world.sockets.length, before + 1);
});

test("the server away: the board is asked for again, ever more slowly, until it is there", async () => {
  const world = new World();
  world.answer = () => Promise.reject(new TypeError("failed to fetch"));
  await world.follow();
  await world.pass(60000);
  assert.ok(world.asked.length >= 10 && world.asked.length <= 20, `${world.asked.length} in a minute`);
  assert.deepEqual([world.heard, world.sockets, world.health], [[], [], []]);
  world.answer = () => world.board();
  await world.pass(5000);
  assert.deepEqual(world.heard, [[10, null]]);
});

test("4410 takes a fresh board, also one with a lower number", async () => {
  const world = await following();
  await world.say({ seq: 11 });
  world.answer = () => world.board({ seq: 7 });
  await world.end(4410);
  await world.pass(1000);
  assert.deepEqual(world.heard, [[10, null], [11, null], [7, null]]);
  assert.match(world.socket.url, /since=7$/);
});

for (const [code, refused] of [[4401, "not-allowed"], [4404, "no-such-office"]]) {
  test(`${code} is told, and tried again without haste until it is allowed`, async () => {
    const world = await following();
    await world.end(code);
    assert.equal(world.health[world.health.length - 1].refused, refused);
    await world.pass(14000);
    assert.equal(world.sockets.length, 1);
    await world.pass(17000);
    assert.equal(world.sockets.length, 2);
    await world.say({ heartbeat: 10 });
    assert.equal(world.health[world.health.length - 1].refused, null);
  });
}

test("a board that is refused is told as the feed would", async () => {
  const world = new World();
  world.answer = () => new Response("{}", { status: 404 });
  await world.follow();
  assert.deepEqual(world.health.map(({ refused }) => refused), ["no-such-office"]);
});

test("a frame it cannot read makes it take the board as a whole", async () => {
  const world = await following();
  await world.say({ seq: 11, kind: "ticket.called" });
  world.answer = () => world.board({ seq: 11 });
  await world.pass(1000);
  assert.equal(world.asked.length, 2);
  assert.match(world.socket.url, /since=11$/);
});

test("a changed office is asked for its names, and frames that came meanwhile are kept", async () => {
  const world = await following();
  const late = Promise.withResolvers();
  world.answer = () => late.promise;
  await world.say({ seq: 11, kind: "office.changed", lines: [], counters: [] }, { seq: 12 });
  late.resolve(world.board({ seq: 11, office: { code: "bo-de", name: "Bồ Đề mới" } }));
  await world.settle();
  assert.deepEqual(world.heard, [[10, null], [11, "office.changed"], [12, null], [12, null]]);
  await world.say({ seq: 13 });
  assert.equal(world.sockets.length, 1);
});

test("the server's clock counts, not the television's", async () => {
  const world = await following();
  assert.equal(world.feed.now(), Date.parse(HEAD) + 500);
  await world.pass(5000);
  assert.equal(world.feed.now(), Date.parse(HEAD) + 5500);
  await world.say({ seq: 11, at: "2026-11-23T08:00:09+07:00" });
  assert.equal(world.feed.now(), Date.parse(HEAD) + 9000, "nothing happens later than now");
});

test("an old board says since when it is old", async () => {
  const world = new World();
  world.answer = () => world.board({}, { Age: "340" });
  await world.follow();
  assert.deepEqual(world.heard, [[10, null]]);
  await world.pass(SILENCE + 1000);
  assert.equal(world.health.length, 1);
  assert.equal(world.health[0].connected, false);
  assert.equal(world.health[0].since, Date.parse(HEAD) + 500 - 340000);
});

test("looked at again after a long sleep, it connects at once", async () => {
  const world = await following();
  world.document.visibilityState = "hidden";
  world.time += 3600000;
  await world.fire("visibilitychange");
  assert.equal(world.sockets.length, 1);
  world.document.visibilityState = "visible";
  await world.fire("visibilitychange");
  assert.equal(world.sockets.length, 2);
  assert.equal(world.sockets[0].open, false);
});

test("looked at again while all is well, it does nothing", async () => {
  const world = await following();
  await world.fire("visibilitychange");
  await world.fire("online");
  assert.equal(world.sockets.length, 1);
});

test("after a long silence the board is taken anew, once the server is back", async () => {
  const world = await following();
  await world.pass(90000);
  assert.equal(world.asked.length, 1);
  await world.say({ heartbeat: 10 });
  assert.equal(world.asked.length, 2);
});

test("stopped, it is quiet for ever", async () => {
  const world = await following();
  world.feed.stop();
  await world.pass(600000);
  await world.fire("online");
  assert.deepEqual([world.asked.length, world.sockets.length, world.sockets[0].open], [1, 1, false]);
});
