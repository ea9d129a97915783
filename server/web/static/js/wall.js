/**
 * The wall: follows the feed, lets announcements through one by one, draws. What to show is decided in `wall-view.js`,
 * who is next and in which words in `announce.js`.
 */

import { EMPTY_PLAN, advance, heard, script } from "./announce.js";
import { find, h, icon, replace } from "./dom.js";
import { follow } from "./feed.js";
import { capital, date, time } from "./format.js";
import { lang, say } from "./i18n.js";
import { openVoice } from "./voice.js";
import { view } from "./wall-view.js";

/** @typedef {import("./wall-view.js").View} View */

/** Frames that come together are looked at together: who has already come is not called any more. In ms. */
const SETTLE = 120;
/** How long one sentence of the ticker stands, in ms. */
const SENTENCE = 12000;

const wall = find("#wall", HTMLElement);
const { office = "", voice: listing = "", mute } = wall.dataset;
const places = {
  office: find("#office", HTMLElement),
  date: find("#date", HTMLElement),
  clock: find("#clock", HTMLElement),
  stage: find("#stage", HTMLElement),
  recent: find("#recent", HTMLElement),
  lines: find("#lines", HTMLElement),
  sound: find("#sound", HTMLElement),
  unlock: find("#unlock", HTMLButtonElement),
  foot: find("#foot", HTMLElement),
  health: find("#health", HTMLElement),
  ticker: find("#ticker", HTMLElement),
  ratings: find("#ratings", HTMLElement),
};

/** @type {import("./reduce.js").Board | null} */
let board = null;
let plan = EMPTY_PLAN;
/** @type {import("./feed.js").Health} */
let health = { connected: false, since: null, refused: null };
/** @type {number | undefined} */
let turn;

const voice = openVoice(listing, { muted: mute !== undefined, onChange: () => draw() });

const feed = follow(office, {
  onState(after, frame) {
    plan = heard(plan, board, after, frame);
    board = after;
    if (frame === null) watchHours();
    schedule();
    draw();
  },
  onForecast(after) {
    board = after;
    draw();
  },
  onHealth(news) {
    health = news;
    draw();
  },
});

/** Starts the next announcement as soon as the one before is done; a moment later at the earliest. */
function schedule() {
  if (turn !== undefined || !plan.queue.length) return;
  turn = setTimeout(() => {
    turn = undefined;
    const before = plan;
    plan = advance(plan, feed.now(), (next, form) => voice.lasts(script(next, form)));
    if (plan !== before && plan.current) {
      voice.say(script(plan.current, plan.form));
      draw();
    }
    schedule();
  }, Math.max(SETTLE, plan.free - feed.now()));
}

/** @type {number | undefined} */
let hoursTimer;

/** Opening and closing are no events: at such a moment, and only then, the board is asked for again. */
function watchHours() {
  clearTimeout(hoursTimer);
  const { openingNow, openingNext } = board?.office || {};
  const moments = [openingNow?.closes, openingNext?.opens].map((at) => (at ? Date.parse(at) - feed.now() : 0));
  const next = Math.min(...moments.filter((wait) => wait > 0), 3600000);
  hoursTimer = setTimeout(() => feed.refresh().catch(() => watchHours()), next + 1000 + Math.random() * 4000);
}

// --- drawing ----------------------------------------------------------------------------------------------

const zone = () => board?.office?.timeZone || wall.dataset.zone || "Asia/Ho_Chi_Minh";

/**
 * Sets what is there only when it changed, so that nothing flickers and animations run once.
 * @type {WeakMap<Element, string>}
 */
const drawn = new WeakMap();

/**
 * @param {Element} place
 * @param {unknown} state all that the drawing depends on
 * @param {() => import("./dom.js").Child[]} make
 */
function redraw(place, state, make) {
  const text = JSON.stringify(state);
  if (drawn.get(place) === text) return;
  drawn.set(place, text);
  replace(place, ...make());
}

function draw() {
  const shown = view(board, plan, health, feed.now());
  drawHead();
  drawStage(shown);
  drawRecent(shown);
  drawLines(shown);
  drawFoot(shown);
}

function drawHead() {
  const now = feed.now();
  const name = board?.office?.name;
  if (name) redraw(places.office, name, () => [name]);
  places.office.parentElement?.classList.toggle("long", (places.office.textContent || "").length > 44);
  const day = capital(date(now, zone()));
  redraw(places.date, day, () => [day]);
  redraw(places.clock, time(now, zone()), () => [time(now, zone())]);
}

/** @param {View} view */
function drawStage({ stage }) {
  wall.dataset.stage = stage.kind;
  if (stage.kind === "call") {
    const { id, label, counter, at } = stage.call;
    redraw(places.stage, [id, at, label, counter], () => [
      h(
        "div",
        { class: "wall-call", style: { "--signs": Math.max(4, label.length), "--counter-signs": String(counter).length } },
        h("p", { class: "wall-say" }, say("display.calling")),
        h("p", { class: "number wall-number" }, label),
        h("p", { class: "wall-say wall-to" }, say("display.to_counter")),
        h("p", { class: "number wall-counter" }, counter)
      ),
    ]);
    return;
  }
  const [title, hint] = messageOf(stage);
  redraw(places.stage, [title, hint], () => [
    h("div", { class: "wall-message" }, h("p", { class: "wall-title" }, title), hint ? h("p", null, hint) : null),
  ]);
}

/**
 * @param {import("./wall-view.js").Stage} stage
 * @returns {[string, string]}
 */
function messageOf(stage) {
  switch (stage.kind) {
    case "closed": {
      const title = say(`wall.closed.${stage.why}`);
      if (!stage.next) return [title, say("wall.closed.unknown")];
      const { opens } = stage.next;
      if (stage.why === "break") return [title, say("ticket.break", { time: time(opens, zone()) })];
      return [title, say("wall.closed.next", { time: time(opens, zone()), date: date(opens, zone()) })];
    }
    case "first":
      return [say("wall.first"), say("wall.first.hint")];
    case "idle":
      return [say("display.nobody_waiting"), say("wall.idle.hint")];
    default:
      return [say("wall.loading"), ""];
  }
}

/** @type {Map<string, HTMLElement>} */
const rows = new Map();

/** @param {View} view */
function drawRecent({ recent, stage }) {
  const current = stage.kind === "call" ? stage.call.id : "";
  const keys = recent.map(({ id, at, counter }) => `${id} ${at} ${counter}`);
  for (const [key, row] of rows) {
    if (keys.includes(key)) continue;
    row.remove();
    rows.delete(key);
  }
  recent.forEach(({ id, label, counter }, place) => {
    let row = rows.get(keys[place]);
    if (!row) {
      row = h(
        "li",
        { style: { "--signs": Math.max(4, label.length), "--counter-signs": say("wall.counter", { n: counter }).length } },
        h("b", { class: "number" }, label),
        h("span", null, say("wall.counter", { n: counter }))
      );
      rows.set(keys[place], row);
    }
    row.classList.toggle("now", id === current);
    if (places.recent.children[place] !== row) places.recent.insertBefore(row, places.recent.children[place] || null);
  });
}

/** @param {View} view */
function drawLines({ lines, trouble }) {
  wall.classList.toggle("many-lines", lines.length > 6);
  places.lines.classList.toggle("stale", trouble === "offline");
  places.lines.style.setProperty("--columns", String(lines.length > 6 ? Math.ceil(lines.length / 2) : lines.length || 1));
  redraw(places.lines, lines, () => lines.map((line) => lineTile(line, lines.length > 8)));
}

/**
 * @param {import("./wall-view.js").LineShown} line
 * @param {boolean} narrow
 */
function lineTile({ badge, place, nameVi, nameEn, waiting, wait, open }, narrow) {
  const busy = waiting > 0;
  const name = lang === "en" ? nameEn : nameVi;
  const range = busy && wait ? waitText(wait) : "";
  const people = say(narrow ? "wall.waiting.short" : "wall.waiting", { n: waiting });
  const words = busy ? people : say(open ? "display.nobody_waiting" : "wall.line_closed");
  return h(
    "li",
    { class: busy ? "" : "calm" },
    h("span", { class: `badge badge-${place % 10}`, "aria-hidden": true }, badge),
    h("b", { class: name.length > 22 ? "wall-line-name long" : "wall-line-name" }, name),
    h("p", { class: "wall-figures" }, range ? h("strong", null, range) : null, h("span", null, words))
  );
}

/** @param {import("./reduce.js").Wait} wait */
const waitText = ({ p50, p90 }) =>
  p50 === p90 ? say("wall.wait.about", { n: p50 }) : say("wall.wait", { low: p50, high: p90 });

/** @param {View} shown */
function drawFoot(shown) {
  const sound = voice.state();
  const locked = sound === "locked";
  if (places.sound.hidden === locked) {
    places.sound.hidden = !locked;
    // A television has no pointer: its OK key must find the button.
    if (locked) places.unlock.focus();
  }
  places.foot.classList.toggle("wall-silent", locked);
  places.foot.classList.toggle("wall-trouble", shown.trouble !== null);
  wall.dataset.trouble = shown.trouble || "";
  drawHealth(sound);
  const text = bandText(shown) || tickerText(shown);
  redraw(places.ticker, text, () => [shown.trouble ? icon(shown.trouble === "offline" ? "wifi-off" : "triangle-alert") : null, text]);
  if (!board) return;
  const { ratings } = board.state;
  const { served, answered, satisfied } = ratings;
  redraw(places.ratings, ratings, () => [
    answered ? say("wall.satisfaction", { served, answered, satisfied }) : say("wall.satisfaction.none"),
  ]);
}

/** @param {import("./voice.js").Sound} sound */
function drawHealth(sound) {
  Object.assign(places.health.dataset, { connected: String(health.connected), sound });
  const good = health.connected && sound !== "locked";
  places.health.className = `wall-health ${!health.connected ? "wall-health-lost" : sound === "full" ? "" : "wall-health-part"}`;
  const words = `${say(health.connected ? "base.connected" : "base.disconnected")}. ${say(`wall.sound.${sound}`)}`;
  redraw(places.health, [words], () => [
    icon(!health.connected ? "wifi-off" : good ? (sound === "full" ? "circle" : "volume-x") : "volume-x"),
    h("span", { class: sound === "chime" || sound === "muted" ? "" : "visually-hidden" }, words),
  ]);
}

/** @param {View} view */
function bandText({ trouble }) {
  switch (trouble) {
    case "offline":
      return say("wall.offline", { time: time(health.since || feed.now(), zone()) });
    case "not-allowed":
      return say("wall.refused");
    case "no-such-office":
      return say("wall.no_office");
    case "incident":
      return say("display.notice.incident");
    case "practice":
      return say("wall.practice");
    default:
      return "";
  }
}

/**
 * The sentence whose turn it is.
 * @param {View} view
 */
function tickerText({ hours }) {
  const closes = hours && Date.parse(hours.closes);
  const soon = closes && closes - feed.now() < 12 * 3600000;
  const sentences = [
    say("priority.rule"),
    say("ticket.missed"),
    ...(soon ? [say("wall.until", { time: time(closes, zone()) })] : []),
  ];
  return sentences[Math.floor(feed.now() / SENTENCE) % sentences.length];
}

// --- what comes from outside -------------------------------------------------------------------------------

for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, () => voice.unlock());
setInterval(draw, 1000);
draw();
