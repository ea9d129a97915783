// Reception: one press gives a number; a scanner may type a booking's code from anywhere on the page.

import { read } from "./api.js";
import { find, h, icon, replace, set } from "./dom.js";
import { minutes, time } from "./format.js";
import { lang, say } from "./i18n.js";
import { NOTHING, stroke } from "./scanner.js";
import { staffPage } from "./staff.js";

/** @typedef {{code: string, name: string, kind: string, open: boolean, waiting: number, wait: {p50: number, p90: number} | null}} Line */
/** @typedef {{id: string, number: string, label: string, line: string, lineName: string, state: string, issuedAt: string, returnable: boolean}} Listed */
/** @typedef {{id: string, reference: string, kind: string, reason: string | null}} Failed */
/** @typedef {{session: {office: string, officeName: string}, zone: string, lines: Line[], groups: {code: string, nameVi: string, nameEn: string}[], missed: Listed[], latest: Listed[], cards: {label: string, state: string}[], failed: Failed[]}} View */

const card = find("#card", HTMLInputElement);
const group = find("#group", HTMLSelectElement);
const shown = find("#shown", HTMLInputElement);
const lostLine = find("#lost-line", HTMLSelectElement);
const lostSince = find("#lost-since", HTMLInputElement);
let zone = "Asia/Ho_Chi_Minh";

const page = staffPage({ ask, office: (view) => view.session.office, draw });

/** @returns {Promise<View>} */
async function ask() {
  const session = await read("/api/session");
  const query = lostLine.value ? `?line=${encodeURIComponent(lostLine.value)}${since()}` : "";
  const [office, groups, missed, latest, cards, messages] = await Promise.all([
    read(`/api/offices/${session.office}`), read("/api/reception/groups"), read("/api/reception/missed"),
    read(`/api/reception/tickets${query}`), read("/api/reception/cards"),
    read("/api/reception/messages"),
  ]);
  return { session, zone: office.timeZone, lines: office.lines, groups, missed, latest, cards, failed: messages.messages };
}

/** The time of day that was chosen, as an instant of today. */
function since() {
  if (!lostSince.value) return "";
  const [hour, minute] = lostSince.value.split(":").map(Number);
  const at = new Date();
  at.setHours(hour ?? 0, minute ?? 0, 0, 0);
  return `&since=${encodeURIComponent(at.toISOString())}`;
}

/** @param {View} view */
function draw(view) {
  zone = view.zone;
  replace(find("#office", HTMLElement), view.session.officeName);
  options(group, [["", say("priority.none")], ...view.groups.map((each) => [each.code, lang === "en" ? each.nameEn : each.nameVi])]);
  options(lostLine, [["", say("reception.lost.last")], ...view.lines.map((line) => [line.code, line.name])]);
  replace(find("#lines", HTMLElement), ...view.lines.map(lineButton));
  list("#missed", view.missed, "reception.missed.none", (ticket) => ticket.returnable
    ? h("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => page.run("POST", `/api/reception/tickets/${ticket.id}/return`, undefined, button(event)) }, icon("undo-2"), say("desk.return"))
    : h("span", { class: "quiet" }, say(`ticket-state.${ticket.state}`)));
  list("#latest", view.latest, "reception.latest.none", (ticket) => h("span", { class: "row" },
    h("button", { class: "button button-quiet", type: "button", "aria-label": `${say("reception.reprint")} ${ticket.label}`, onclick: (/** @type {Event} */ event) => reprint(ticket, button(event)) }, icon("printer"), say("reception.reprint")),
    ticket.state === "waiting" && h("button", { class: "button button-quiet", type: "button", "aria-label": `${say("reception.withdraw")} ${ticket.label}`, onclick: (/** @type {Event} */ event) => page.run("POST", `/api/reception/tickets/${ticket.id}/withdraw`, undefined, button(event)) }, say("reception.withdraw"))));
  const out = view.cards.filter((each) => each.state === "out");
  replace(find("#cards", HTMLElement), ...out.map((each) => h("li", null, h("b", { class: "number" }, each.label), h("span", { class: "row" },
    h("button", { class: "button button-quiet", type: "button", onclick: (/** @type {Event} */ event) => page.run("POST", `/api/reception/cards/${encodeURIComponent(each.label)}/back`, undefined, button(event)) }, say("reception.card.back")),
    h("button", { class: "button button-quiet", type: "button", onclick: (/** @type {Event} */ event) => page.run("POST", `/api/reception/cards/${encodeURIComponent(each.label)}/lost`, undefined, button(event)) }, say("reception.card.lost"))))),
  !out.length && h("li", { class: "quiet" }, say("reception.cards.none")));
  set(find("#failed-messages", HTMLElement), { hidden: !view.failed.length });
  replace(find("#failed", HTMLElement), ...view.failed.map((each) => h("li", null, h("b", { class: "number" }, each.reference),
    h("span", { class: "staff-what" }, say(`notify.kind.${each.kind}`), h("small", { class: "quiet" }, each.reason ?? "")),
    h("button", { class: "button button-quiet", type: "button", "aria-label": `${say("notify.failed.retry")} ${each.reference}`, onclick: (/** @type {Event} */ event) => page.run("POST", `/api/reception/messages/${each.id}/retry`, undefined, button(event)) }, say("notify.failed.retry")))));
}

/** @param {Line} line @param {number} place */
function lineButton(line, place) {
  const advice = line.kind === "guidance";
  const told = line.waiting === 0 ? say("reception.nobody") : `${say("reception.waiting", { n: line.waiting })}${line.wait ? ` · ${minutes(line.wait.p50, line.wait.p90)}` : ""}`;
  return h("button", { class: "button give-line", type: "button", disabled: !line.open, onclick: (/** @type {Event} */ event) => give(line, advice, button(event)) },
    h("span", { class: `badge badge-${place % 10}`, "aria-hidden": "true" }, line.code),
    h("span", null, h("b", null, advice ? say("staff.ask_only") : line.name), h("small", null, line.open ? told : say("reception.closed"))));
}

/** @param {Line} line @param {boolean} advice @param {HTMLElement | null} pressed */
async function give(line, advice, pressed) {
  const body = { line: line.code, advice, language: lang, ...(card.value.trim() && { card: card.value.trim() }), ...(group.value && { class: group.value }) };
  const issued = await page.run("POST", "/api/reception/tickets", body, pressed);
  if (issued) tellGiven(issued);
}

/** @param {Listed} ticket @param {HTMLElement | null} pressed */
async function reprint(ticket, pressed) {
  const issued = await page.run("POST", `/api/reception/tickets/${ticket.id}/reprint`, undefined, pressed);
  if (issued) tellGiven(issued);
}

/** @param {{label: string, lineName: string, ahead: number, wait: {p50: number, p90: number} | null, followToken: string}} issued */
function tellGiven(issued) {
  card.value = "";
  group.value = "";
  replace(find("#given", HTMLElement),
    h("b", { class: "number" }, issued.label), h("span", null, h("strong", null, issued.lineName),
      h("small", null, `${say("reception.ahead", { n: issued.ahead })}${issued.wait ? ` · ${minutes(issued.wait.p50, issued.wait.p90)}` : ""}`),
      h("small", null, say("reception.code", { code: (issued.followToken.match(/.{1,4}/g) ?? []).join("-") }))));
}

find("#check-in", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  checkIn(shown.value);
});

/** @param {string} text a reference, a link from a QR, a phone or a dossier number */
async function checkIn(text) {
  const given = text.trim();
  if (!given) return shown.focus();
  const digits = given.replace(/[\s.]/g, "");
  const what = /^https?:/.test(given) ? { qr: given } : /^(\+84|0)\d{8,10}$/.test(digits) ? { phone: digits }
    : /^[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}-?[0-9A-Za-z]{4}$/.test(given) ? { reference: given } : { dossierNumber: given };
  const issued = await page.run("POST", "/api/reception/check-in", what, null);
  if (issued) {
    shown.value = "";
    tellGiven(issued);
  }
}

let burst = NOTHING;
document.addEventListener("keydown", (event) => {
  const next = stroke(burst, { key: event.key, at: event.timeStamp });
  burst = next.burst;
  if (next.scanned === null) return;
  event.preventDefault();
  shown.value = next.scanned;
  checkIn(next.scanned);
});

for (const field of [lostLine, lostSince]) field.addEventListener("change", () => page.refresh());

/** @param {HTMLSelectElement} select @param {string[][]} pairs */
function options(select, pairs) {
  const told = JSON.stringify(pairs);
  if (select.dataset.told === told) return;
  select.dataset.told = told;
  const chosen = select.value;
  replace(select, ...pairs.map(([value, words]) => h("option", { value }, words)));
  select.value = chosen;
}

/**
 * @param {string} selector
 * @param {Listed[]} tickets
 * @param {string} none
 * @param {(ticket: Listed) => HTMLElement} act
 */
function list(selector, tickets, none, act) {
  const rows = tickets.map((ticket) => h("li", null, h("b", { class: "number" }, ticket.label),
    h("span", { class: "staff-what" }, ticket.lineName, h("small", { class: "quiet" }, time(ticket.issuedAt, zone))), act(ticket)));
  replace(find(selector, HTMLElement), ...rows, !rows.length && h("li", { class: "quiet" }, say(none)));
}

/** @param {Event} event */
const button = (event) => (event.currentTarget instanceof HTMLElement ? event.currentTarget : null);
set(find("#given", HTMLElement), { "aria-live": "polite" });
