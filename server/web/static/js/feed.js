/**
 * Follows an office's feed: the board once, then every change as it happens, for ever, through any trouble.
 *
 *   const feed = follow("bo-de", { onState: (board, frame) => draw(board), onHealth: ({ connected, since }) => … });
 *   feed.now();       // the server's time in ms: a screen's own clock may be wrong
 *   feed.stop();
 *
 * - `onState(board, frame)`: the board changed. `frame` is what did it, null after a fresh snapshot. Desk, office and phone
 *   pages may look at `frame.kind` alone and ask their own address again.
 * - `onForecast(board)`: only `board.forecast` changed.
 * - `onHealth({connected, since, refused})`: on every change. `since` is the server's time (ms) of the last sign of life, null
 *   if there was none yet; `refused` is "not-allowed" (4401) or "no-such-office" (4404), else null. It goes on trying, slowly.
 *
 * While connected it never polls. A jump in `seq` or silence of twelve seconds: connect again from what it has. 4410: a fresh
 * snapshot. It waits 0.5 to 5 s between tries, also when the server accepts and closes at once. An open socket alone proves
 * nothing (a wall's agent may itself have lost the server): what counts is when something last came through it.
 *
 * @typedef {import("./reduce.js").Board} Board
 * @typedef {import("./reduce.js").Frame} Frame
 * @typedef {{connected: boolean, since: number | null, refused: string | null}} Health
 * @typedef {object} Handlers
 * @property {(board: Board, frame: Frame | null) => void} onState
 * @property {(board: Board) => void} [onForecast]
 * @property {(health: Health) => void} [onHealth]
 * @typedef {object} Feed
 * @property {() => number} now the server's time, in ms
 * @property {() => Promise<void>} refresh take a fresh snapshot, because something outside the journal has changed
 * @property {() => void} stop
 */

import { reduce } from "./reduce.js";

/** Two heartbeats missed, in ms. */
export const SILENCE = 12000;
const FIRST_DELAY = 500;
const LONGEST_DELAY = 5000;
const REFUSED_DELAY = 30000;
/** A connection that lived so long was a good one: the next try comes quickly. */
const STEADY = 10000;
/** After such a silence what is not in the journal may have moved, too: the clock, the office's hours. */
const LONG_SILENCE = 60000;
const ANSWER_WITHIN = 8000;
/** @type {Record<number, string>} */
const REFUSALS = { 4401: "not-allowed", 4404: "no-such-office" };
const TOO_OLD = 4410;

/**
 * @param {string} office its code
 * @param {Handlers} handlers
 * @param {Window & typeof globalThis} [world] what tests replace
 * @returns {Feed}
 */
export function follow(office, handlers, world = window) {
  /** @type {Board | null} */
  let board = null;
  /** @type {WebSocket | null} */
  let socket = null;
  let stale = true; // the board must be asked for before the feed can be joined
  let stopped = false;
  let connecting = false;
  let delay = FIRST_DELAY;
  let opened = 0;
  let epoch = world.Date.now() - world.performance.now(); // the server's time when our own steady clock stood at zero
  /** @type {number | null} */
  let seen = null; // when something last came from the server, by our steady clock
  let seenByDate = 0;
  /** @type {Health} */
  let health = { connected: false, since: null, refused: null };
  /** @type {number | undefined} */
  let retry;
  /** @type {number | undefined} */
  let fading;
  /** @type {number | undefined} */
  let watchdog;

  const now = () => world.performance.now() + epoch;
  const path = encodeURIComponent(office);

  /** @param {Partial<Health>} change */
  function tell(change) {
    const told = health;
    health = { ...health, since: seen === null ? null : seen + epoch, ...change };
    const first = told.since === null && seen !== null;
    if (first || told.connected !== health.connected || told.refused !== health.refused) handlers.onHealth?.(health);
  }

  /** @param {number} [age] how long ago it was, in ms, that something came from the server */
  function alive(age = 0) {
    const instant = world.performance.now() - age;
    // A sleeping television stops its steady clock, but not the other.
    const silence = seen === null ? 0 : Math.max(instant - seen, world.Date.now() - age - seenByDate);
    if (seen === null || instant > seen) [seen, seenByDate] = [instant, world.Date.now() - age];
    const left = seen + SILENCE - world.performance.now();
    world.clearTimeout(fading);
    if (left > 0) fading = world.setTimeout(() => tell({ connected: false }), left);
    tell({ connected: left > 0, refused: null });
    if (silence > LONG_SILENCE) refresh().catch(() => undefined);
  }

  /** Gives the connection up unless something comes in time. A socket that never opens is as silent as any other. */
  function watch() {
    world.clearTimeout(watchdog);
    watchdog = world.setTimeout(again, SILENCE);
  }

  /** Takes the snapshot. Throws Error when there is none to be had. */
  async function ask() {
    const abort = new world.AbortController();
    const timer = world.setTimeout(() => abort.abort(), ANSWER_WITHIN);
    try {
      const answer = await world.fetch(`/api/offices/${path}/board`, {
        headers: { Accept: "application/json", "Accept-Language": world.document.documentElement.lang || "vi" },
        cache: "no-store",
        signal: abort.signal,
      });
      if (answer.status === 401 || answer.status === 403) tell({ refused: REFUSALS[4401] });
      if (answer.status === 404) tell({ refused: REFUSALS[4404] });
      if (!answer.ok) throw new Error(`board: ${answer.status}`);
      const fresh = /** @type {Board} */ (await answer.json());
      const date = world.Date.parse(answer.headers.get("Date") || "");
      if (date) epoch = date + 500 - world.performance.now();
      return { fresh, age: Number(answer.headers.get("Age")) || 0 };
    } finally {
      world.clearTimeout(timer);
    }
  }

  async function refresh() {
    const { fresh, age } = await ask();
    if (stopped) return;
    // Frames may have overtaken the answer; then only what is not in the journal is news.
    board = board && !stale && fresh.seq < board.seq ? { ...board, office: fresh.office } : fresh;
    stale = false;
    handlers.onState(board, null);
    alive(age * 1000);
  }

  async function connect() {
    if (stopped || connecting || socket) return;
    connecting = true;
    try {
      if (stale) await refresh();
    } catch {
      return later();
    } finally {
      connecting = false;
    }
    if (stopped || !board) return;
    const scheme = world.location.protocol === "https:" ? "wss:" : "ws:";
    const mine = new world.WebSocket(`${scheme}//${world.location.host}/ws/offices/${path}/feed?since=${board.seq}`);
    socket = mine;
    opened = world.performance.now();
    watch();
    mine.onmessage = (message) => {
      if (socket === mine) take(message.data);
    };
    mine.onclose = ({ code }) => {
      if (socket !== mine) return;
      socket = null;
      if (code === TOO_OLD) stale = true;
      if (REFUSALS[code]) tell({ refused: REFUSALS[code] });
      later();
    };
  }

  /** @param {string} text */
  function take(text) {
    if (!board) return;
    let after;
    let frame;
    try {
      frame = JSON.parse(text);
      if (typeof frame.heartbeat === "number" && frame.heartbeat > board.seq) throw new RangeError("frames were lost");
      after = reduce(board, frame);
    } catch (error) {
      // What is missing can be had from `since`; what we cannot read, only as a whole.
      if (!(error instanceof RangeError)) stale = true;
      again();
      return;
    }
    // Nothing happens later than now.
    if (frame.at) epoch = Math.max(epoch, (world.Date.parse(frame.at) || 0) - world.performance.now());
    const changed = after !== board;
    board = after;
    if (frame.forecast) handlers.onForecast?.(board);
    else if (changed) handlers.onState(board, frame);
    alive();
    watch();
    // Names of lines and counters, and opening hours, are not in the journal.
    if (changed && frame.kind === "office.changed") refresh().catch(() => undefined);
  }

  /** Gives this connection up, and tries another soon. */
  function again() {
    const old = socket;
    socket = null;
    old?.close();
    later();
  }

  function later() {
    if (stopped) return;
    world.clearTimeout(watchdog);
    if (opened && world.performance.now() - opened > STEADY) delay = FIRST_DELAY;
    opened = 0;
    const pause = health.refused ? REFUSED_DELAY : delay;
    delay = Math.min(delay * 2, LONGEST_DELAY);
    world.clearTimeout(retry);
    retry = world.setTimeout(connect, pause * (0.5 + world.Math.random() / 2));
  }

  /** Somebody looks again, or the network is back: do not sit out a long pause. */
  function wake() {
    if (stopped || world.document.visibilityState === "hidden") return;
    if (socket && seen !== null && world.Date.now() - seenByDate < SILENCE) return;
    const old = socket;
    socket = null;
    old?.close();
    world.clearTimeout(retry);
    delay = FIRST_DELAY;
    connect();
  }

  world.document.addEventListener("visibilitychange", wake);
  world.addEventListener("online", wake);
  world.addEventListener("pageshow", wake);
  connect();

  return {
    now,
    refresh,
    stop() {
      stopped = true;
      world.document.removeEventListener("visibilitychange", wake);
      world.removeEventListener("online", wake);
      world.removeEventListener("pageshow", wake);
      for (const timer of [retry, fading, watchdog]) world.clearTimeout(timer);
      const old = socket;
      socket = null;
      old?.close();
    },
  };
}
