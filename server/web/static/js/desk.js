// The officer's desk: asks the server how things stand, draws it, and carries out what is pressed. What the server says is the only state,
// so a reload restores everything and two tabs agree.

import { command, newKey, NetworkProblem, Problem, read } from "./api.js";
import { find, h } from "./dom.js";
import { follow } from "./feed.js";
import { time } from "./format.js";
import { say } from "./i18n.js";
import { drawSeats, seatsProblem, signIn } from "./desk_door.js";
import { face } from "./desk_face.js";
import { listen } from "./desk_keys.js";
import { panel } from "./desk_panel.js";
import { ASKING, concernsDesk, phase, request, soonestBack, wishFor } from "./desk_rules.js";
import { VERBS } from "./keys.js";

/** @typedef {import("./desk_rules.js").View} View */
/** @typedef {import("./desk_rules.js").Wish} Wish */
/** @typedef {{face: import("./desk_face.js").Face, panel: ReturnType<typeof panel>}} Surface */

const SLOW = 300; // ms until a button shows that it waits
const WITHOUT_FEED = 5000; // ms between two questions while the feed is away
const FIRST_SIGN = 4000; // ms within which the feed should have begun
const isMini = new URLSearchParams(location.search).get("mini") === "1";

/** @type {View | null} */
let view = null;
let ahead = 0; // ms by which the server's clock is ahead of ours
/** @type {{connected: boolean | null, since: number | null}} */
let health = { connected: null, since: null };
let trouble = "";
let news = "";
/** @type {{mark: string} | null} the wish under way, and how things stood when it was made */
let doing = null;
/** @type {{wish: string, key: string} | null} a wish whose answer never came: the same press asks again with the same key */
let unanswered = null;
let letters = localStorage.getItem("desk.keys") !== "off";
/** @type {ReturnType<typeof follow> | null} */
let feed = null;
/** @type {Surface[]} */
const surfaces = [];
/** Of several counters of one officer, the one that this window shows. */
let chosen = Number(sessionStorage.getItem("desk.counter"));
const door = signIn(() => refresh());
const now = () => Date.now() + ahead;

// --- what is shown -------------------------------------------------------------------------------------------

/** @param {"loading" | "door" | "seats" | "desk"} which */
function show(which) {
  const was = document.body.dataset.shows;
  document.body.dataset.shows = which;
  for (const id of ["loading", "door", "seats", "desk"]) find(`#${id}`, HTMLElement).hidden = id !== which || (isMini && which === "desk");
  if (miniRoot) miniRoot.hidden = which !== "desk";
  return was !== which;
}

function draw() {
  if (!view) return;
  if (phase(view) === "choosing") {
    if (show("seats")) seatsProblem("");
    drawSeats(view, (counter, button) => run({ verb: "sit", body: { counter } }, button));
    return;
  }
  show("desk");
  for (const surface of surfaces) surface.face.draw(view, now(), letters);
  document.title = `${view.ticket ? `${view.ticket.label} · ` : ""}${say("desk.title.counter", { n: view.counter ?? 0 })}`;
  tell();
}

function tell() {
  const lost = health.connected !== false ? ""
    : health.since && view ? say("desk.lost.since", { time: time(health.since, view.timeZone) }) : say("desk.lost");
  for (const surface of surfaces) {
    surface.face.tell({ trouble, news, lost });
    surface.face.health(health.connected);
  }
}

// --- how things stand ----------------------------------------------------------------------------------------

let asking = false;
let askAgain = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let alarm;

/** Asks the server; calls that come meanwhile become one more question. */
async function refresh() {
  askAgain = true;
  if (asking) return;
  asking = true;
  try {
    while (askAgain) {
      askAgain = false;
      take(await read(`/api/desk${chosen ? `?counter=${chosen}` : ""}`));
    }
  } catch (error) {
    if (error instanceof Problem && error.status === 401) leave();
    else if (!view) document.body.dataset.shows === "loading" && setTimeout(refresh, 1000);
    else if (error instanceof Problem) trouble = error.message;
    tell();
  } finally {
    asking = false;
  }
}

/** @param {View} fresh */
function take(fresh) {
  if (view?.ticket?.id !== fresh.ticket?.id || view?.counter !== fresh.counter) for (const surface of surfaces) surface.panel.close();
  if (view?.help && fresh.help === null && view.counter === fresh.counter) news = say("desk.help.coming");
  view = fresh;
  ahead = Date.parse(fresh.asOf) - Date.now();
  clearTimeout(alarm);
  const next = soonestBack(fresh);
  if (next !== null) alarm = setTimeout(refresh, next + 500);
  feed ??= followed(fresh.office);
  draw();
}

/** @param {string} office */
function followed(office) {
  // A feed that never begins says nothing; silence is lost, too.
  setTimeout(() => {
    if (health.connected !== null) return;
    health = { connected: false, since: null };
    tell();
  }, FIRST_SIGN);
  return follow(office, {
    onState: (_, frame) => concernsDesk(frame) && refresh(),
    onHealth: (told) => {
      health = told;
      tell();
    },
  });
}

/** The session is over, or there is none yet. */
function leave() {
  const over = view !== null;
  view = null;
  feed?.stop();
  feed = null;
  health = { connected: null, since: null };
  trouble = news = "";
  document.title = say("desk.title");
  if (show("door")) door.show(over && !leaving ? say("desk.session_over") : "");
  leaving = false;
}
let leaving = false;

// --- what is done --------------------------------------------------------------------------------------------

/** How things stand, as far as a second press could be meant for the same. */
const mark = () => (view ? [phase(view), view.ticket?.id, view.ticket?.state].join(" ") : "");

/**
 * Carries a wish out. Until it shows, whatever else is pressed is ignored, so that no press counts twice; what is pressed once the desk
 * shows something new is a new wish.
 * @param {Wish} wish
 * @param {HTMLElement | null} button
 */
async function run(wish, button) {
  if (!view || doing?.mark === mark()) return;
  const mine = { mark: mark() };
  doing = mine;
  trouble = news = "";
  const slow = setTimeout(() => surfaces.forEach((surface) => surface.face.wait(true, button)), SLOW);
  const label = view.ticket?.label ?? "";
  const said = JSON.stringify([wish, view.seq]);
  const key = unanswered?.wish === said ? unanswered.key : newKey();
  unanswered = null;
  try {
    const { method, path, body } = request(view, wish);
    const answer = await command(method, path, body, { key });
    if (wish.verb === "next" && answer === null) news = say("desk.idle.nobody");
    if (wish.verb === "recall") news = say("desk.done.recall", { label });
    if (wish.verb === "also") choose(Number(wish.body?.counter));
    if (view && view.help === wish.verb) view = { ...view, help: null }; // taken back here, so nobody is on the way
  } catch (error) {
    if (error instanceof NetworkProblem) unanswered = { wish: said, key };
    if (error instanceof Problem && error.status === 401) leave();
    else trouble = /** @type {Error} */ (error).message;
    if (view && phase(view) === "choosing") seatsProblem(trouble);
  }
  if (view) await refresh();
  clearTimeout(slow);
  surfaces.forEach((surface) => surface.face.wait(false, button));
  if (doing === mine) doing = null;
  tell();
}

/** Shows another of one's counters. @param {number} counter */
function choose(counter) {
  chosen = counter;
  sessionStorage.setItem("desk.counter", String(counter));
  trouble = news = "";
}

/**
 * A button or a key.
 * @param {Surface} surface
 * @param {string} verb
 * @param {HTMLElement | null} button
 * @param {string} [ticket] another one than the one in hand; with "counter" the counter
 */
function press(surface, verb, button, ticket) {
  if (!view) return;
  if (verb === "counter") {
    choose(Number(ticket));
    refresh();
    return;
  }
  if (verb === "mini") return openMini();
  if (verb === "keys") return switchKeys();
  if (verb === "sign-out") return signOut();
  const opener = button ?? surface.face.root.querySelector(`[data-verb="${verb}"]`);
  if (ASKING.has(verb) && opener instanceof HTMLElement) {
    surface.panel.open(verb, opener, view, now(), ticket);
    return;
  }
  surface.panel.close();
  run({ verb, ticket }, opener instanceof HTMLElement ? opener : null);
}

/** Single letters and digits can be switched off: some people's helpers type by themselves (WCAG 2.1.4). */
function switchKeys() {
  letters = !letters;
  localStorage.setItem("desk.keys", letters ? "on" : "off");
  draw();
}

async function signOut() {
  leaving = true;
  try {
    await command("DELETE", "/api/session");
  } catch {
    // Signed out or unreachable: the next question tells.
  }
  refresh();
}

/**
 * @param {Surface} surface
 * @param {string} key
 */
function pressKey(surface, key) {
  if (!view || document.body.dataset.shows !== "desk" || surface.panel.key(key) || !letters) return;
  const wish = VERBS[key] && wishFor(view, VERBS[key], now());
  if (wish) press(surface, wish.verb, null);
}

/**
 * @param {HTMLElement} root
 * @param {Document} page
 * @returns {Surface}
 */
function surfaceOn(root, page) {
  /** @type {Surface} */
  const surface = {
    face: face(root, (verb, button, ticket) => press(surface, verb, button, ticket)),
    panel: panel(/** @type {HTMLElement} */ (root.querySelector("[data-part=panel]")), (wish) => run(wish, null), (error) => {
      trouble = error instanceof Error ? error.message : String(error);
      tell();
    }),
  };
  listen(page, (key) => pressKey(surface, key));
  surfaces.push(surface);
  return surface;
}

// --- the small desk ------------------------------------------------------------------------------------------

const newMini = () => /** @type {HTMLElement} */ (/** @type {Element} */ (find("#mini-desk", HTMLTemplateElement).content.firstElementChild).cloneNode(true));

/** A small desk that stays on top where the browser can do that; otherwise a small window. */
async function openMini() {
  const onTop = /** @type {any} */ (window).documentPictureInPicture;
  if (!onTop) {
    window.open("/desk?mini=1", "motcua-mini", "popup,width=400,height=420");
    return;
  }
  if (onTop.window) return onTop.window.focus();
  /** @type {Window} */
  const small = await onTop.requestWindow({ width: 400, height: 420 });
  const page = small.document;
  page.documentElement.lang = document.documentElement.lang;
  for (const link of document.querySelectorAll("link[rel=stylesheet]")) page.head.append(h("link", { rel: "stylesheet", href: /** @type {HTMLLinkElement} */ (link).href }));
  page.head.append(h("title", null, document.title));
  page.body.className = "desk-page mini-page";
  const root = newMini();
  page.body.append(h("main", null, root));
  const surface = surfaceOn(root, page);
  small.addEventListener("pagehide", () => surfaces.splice(surfaces.indexOf(surface), 1));
  draw();
}

/** @type {HTMLElement | null} */
let miniRoot = null;
if (isMini) {
  document.body.classList.add("mini-page");
  miniRoot = newMini();
  miniRoot.hidden = true;
  find("#main", HTMLElement).append(miniRoot);
}
surfaceOn(miniRoot ?? find("#desk", HTMLElement), document);
// The counters' page has a button of the same kind, and no face.
find("#seats", HTMLElement).addEventListener("click", (event) => {
  if (/** @type {Element} */ (event.target).closest("[data-verb=sign-out]")) signOut();
});

setInterval(() => {
  if (view && document.body.dataset.shows === "desk") for (const surface of surfaces) surface.face.tick(view, now());
}, 1000);
setInterval(() => {
  if (view && health.connected === false) refresh();
}, WITHOUT_FEED);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && view) refresh();
});
refresh();
