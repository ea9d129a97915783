// Reception: one press gives a number; a scanner may type a booking's code from anywhere on the page.

import { read } from "./api.js";
import { find, h, icon, replace, set } from "./dom.js";
import { minutes, time } from "./format.js";
import { lang, say } from "./i18n.js";
import { keep, write } from "./keep.js";
import { instantToday, isIdentityCard, whatWasShown } from "./reception_rules.js";
import { NOTHING, stroke } from "./scanner.js";
import { pressed, staffPage } from "./staff.js";

/** @typedef {import("./staff.js").Session} Session */
/** @typedef {{p50: number, p90: number} | null} Wait */
/** @typedef {{code: string, name: string, kind: string, open: boolean, waiting: number, wait: Wait, late: boolean}} Line */
/** @typedef {{id: string, number: string, label: string, line: string, lineName: string, state: string, issuedAt: string, returnable: boolean, priority: boolean}} Listed */
/** @typedef {{label: string, lineName: string, ahead: number, wait: Wait, followToken: string}} Issued */
/** @typedef {{id: string, reference: string, kind: string, reason: string | null}} Failed a message that did not get through */
/** @typedef {{device: string, sentence: string}} Call a kiosk where somebody waits for help */
/** @typedef {{session: Session, zone: string, sample: boolean, practice: boolean, lines: Line[], groups: {code: string, nameVi: string, nameEn: string}[], missed: Listed[], coming: Listed[], latest: Listed[], cards: {label: string, state: string}[], calls: Call[], failed: Failed[], poster: string}} View */

const card = find("#card", HTMLInputElement);
const group = find("#group", HTMLSelectElement);
const shown = find("#shown", HTMLInputElement);
const lostLine = find("#lost-line", HTMLSelectElement);
const lostSince = find("#lost-since", HTMLInputElement);
let zone = "Asia/Ho_Chi_Minh";

const page = staffPage({ ask, marks: (view) => view, draw });

/** @param {Session} session @returns {Promise<View>} */
async function ask(session) {
  const since = lostSince.value ? `&since=${encodeURIComponent(instantToday(lostSince.value, Date.now(), zone))}` : "";
  const query = lostLine.value ? `?line=${encodeURIComponent(lostLine.value)}${since}` : "";
  const [office, groups, missed, coming, latest, cards, messages, calls] = await Promise.all([
    read(`/api/offices/${encodeURIComponent(session.office)}`), read("/api/reception/groups"), read("/api/reception/missed"), read("/api/reception/coming"),
    read(`/api/reception/tickets${query}`), read("/api/reception/cards"), read("/api/reception/messages"), read("/api/reception/help"),
  ]);
  return { session, zone: office.timeZone, sample: office.sample, practice: office.practice, lines: office.lines, groups, missed, coming, latest, cards, calls, failed: messages.messages, poster: office.numbersFromHome ? `/poster/${encodeURIComponent(session.office)}` : "" };
}

/** @param {View} view */
function draw(view) {
  zone = view.zone;
  options(group, [["", say("priority.none")], ...view.groups.map((each) => [each.code, lang === "en" ? each.nameEn : each.nameVi])]);
  options(lostLine, [["", say("reception.lost.last")], ...view.lines.map((line) => [line.code, line.name])]);
  set(lostSince, { disabled: !lostLine.value });
  keep(find("#calls", HTMLElement), view.calls, (call) => call.device, callRow, (row, call) => write(row.querySelector("p"), call.sentence));
  keep(find("#lines", HTMLElement), view.lines, (line) => line.code, lineButton, drawLine);
  drawList("missed", view.missed, (ticket) => actions(
    (ticket.returnable || (ticket.state === "no-show" && view.session.role === "head")) && ["undo-2", "desk.return", ticket.returnable ? "return" : "reactivate"]));
  drawList("coming", view.coming, () => actions(["map-pin", "reception.arrive", "arrive"], ["", "reception.withdraw", "withdraw"]));
  find("#coming-part", HTMLElement).hidden = view.coming.length === 0;
  drawList("latest", view.latest, (ticket) => actions(
    ["", "reception.reprint", "reprint"], ["waiting", "missed"].includes(ticket.state) && ["", "reception.withdraw", "withdraw"]));
  const poster = find("#poster", HTMLElement);
  poster.hidden = !view.poster;
  set(find("#poster a", HTMLElement), { href: view.poster || null });
  drawCards(view.cards.filter((each) => each.state !== "in"));
  drawFailed(view.failed);
}

/** Somebody waits for help at a kiosk. @param {Call} call */
const callRow = (call) => h("div", { class: "notice notice-attention" }, icon("hand-helping"), h("p", { class: "alert-words" }),
  h("button", { class: "button", type: "button", onclick: (/** @type {Event} */ event) => page.run("DELETE", `/api/reception/help/${encodeURIComponent(call.device)}`, undefined, pressed(event)) }, say("kiosk.help.done")));

// --- numbers -------------------------------------------------------------------------------------------------

/** @type {Map<string, Line>} */
const lines = new Map();

/** @param {Line} line */
function lineButton(line) {
  const place = lines.size;
  return h("button", { class: "button give-line", type: "button", onclick: (/** @type {Event} */ event) => give(/** @type {Line} */ (lines.get(line.code)), pressed(event)) },
    h("span", { class: `badge badge-${place % 10}`, "aria-hidden": "true" }, line.code), h("span", null, h("b"), h("small"), h("small", { class: "give-late" })));
}

/** @param {HTMLElement} button @param {Line} line */
function drawLine(button, line) {
  lines.set(line.code, line);
  const waiting = line.waiting === 0 ? say("reception.nobody") : say("reception.waiting", { n: line.waiting });
  const told = line.wait ? `${waiting} · ${minutes(line.wait.p50, line.wait.p90)}` : waiting;
  set(button, { disabled: !line.open });
  write(button.querySelector("b"), line.kind === "guidance" ? say("staff.ask_only") : line.name);
  write(button.querySelector("small"), line.open ? told : say("reception.closed"));
  write(button.querySelector(".give-late"), line.open && line.late ? say("kiosk.late") : "");
}

/** @param {Line} line @param {HTMLElement | null} button */
async function give(line, button) {
  const body = { line: line.code, advice: line.kind === "guidance", language: lang, ...(card.value.trim() && { card: card.value.trim() }), ...(group.value && { class: group.value }) };
  const issued = await page.run("POST", "/api/reception/tickets", body, button);
  if (!issued) return;
  card.value = "";
  group.value = "";
  tellGiven(issued);
}

/** @param {Issued} issued */
function tellGiven(issued) {
  const wait = issued.wait ? ` · ${minutes(issued.wait.p50, issued.wait.p90)}` : "";
  replace(find("#given", HTMLElement), h("b", { class: "number" }, issued.label), h("span", null,
    h("strong", null, issued.lineName), h("span", null, `${say("reception.ahead", { n: issued.ahead })}${wait}`)),
  h("span", { class: "given-code" }, say("reception.code", { code: (issued.followToken.match(/.{1,4}/g) ?? []).join("-") })));
}

// --- lists ---------------------------------------------------------------------------------------------------

/** @typedef {[icon: string, phrase: string, verb: string]} Act */

/** @param {...(Act | false)} acts */
const actions = (...acts) => /** @type {Act[]} */ (acts.filter(Boolean));

/**
 * @param {"missed" | "coming" | "latest"} name
 * @param {Listed[]} tickets
 * @param {(ticket: Listed) => Act[]} actsOf
 */
function drawList(name, tickets, actsOf) {
  keep(find(`#${name}`, HTMLElement), tickets, (ticket) => ticket.id, (ticket) => h("li", null,
    h("b", { class: "number" }, ticket.label), h("span", { class: "staff-what" }, h("span"), h("small", { class: "quiet" })), h("span", { class: "staff-acts" })),
  (row, ticket) => {
    const [what, small] = row.querySelectorAll(".staff-what > *");
    write(row.querySelector(".number"), ticket.label);
    write(what, ticket.lineName);
    write(small, [time(ticket.issuedAt, zone), (name === "latest" || (name === "missed" && ticket.state !== "missed")) && say(`reception.state.${ticket.state}`), ticket.priority && say("priority.label")].filter(Boolean).join(" · "));
    keep(/** @type {Element} */ (row.querySelector(".staff-acts")), actsOf(ticket), ([, , verb]) => verb, ([picture, phrase, verb]) =>
      h("button", { class: "button button-quiet", type: "button", "aria-label": `${say(phrase)} ${ticket.label}`, onclick: (/** @type {Event} */ event) => act(verb, ticket, pressed(event)) },
        picture && icon(picture), say(phrase)), () => undefined);
  });
  const none = document.querySelector(`#${name}-none`);
  if (none instanceof HTMLElement) none.hidden = tickets.length > 0;
}

/** @param {string} verb @param {Listed} ticket @param {HTMLElement | null} button */
async function act(verb, ticket, button) {
  const answer = await page.run("POST", `/api/reception/tickets/${encodeURIComponent(ticket.id)}/${verb}`, undefined, button);
  if (!answer) return;
  if (verb === "reprint") tellGiven(answer);
  page.done(say(`reception.done.${verb}`, { label: answer.label }));
}

/** @param {{label: string, state: string}[]} cards that are not in the stack */
function drawCards(cards) {
  keep(find("#cards", HTMLElement), cards, (each) => `${each.label} ${each.state}`, ({ label, state }) => h("li", null,
    h("b", { class: "number" }, label), h("span", { class: "staff-what" }, h("span", { class: "quiet" }, state === "lost" && say("reception.card.reported"))),
    h("span", { class: "staff-acts" }, cardButton(label, "back"), state === "out" && cardButton(label, "lost"))), () => undefined);
  find("#cards-none", HTMLElement).hidden = cards.length > 0;
}

/** @param {string} label @param {"back" | "lost"} what */
const cardButton = (label, what) => h("button", {
  class: "button button-quiet", type: "button", "aria-label": `${say(`reception.card.${what}`)} ${label}`,
  onclick: (/** @type {Event} */ event) => page.run("POST", `/api/reception/cards/${encodeURIComponent(label)}/${what}`, undefined, pressed(event)),
}, say(`reception.card.${what}`));

/** @param {Failed[]} messages */
function drawFailed(messages) {
  find("#failed-messages", HTMLElement).hidden = messages.length === 0;
  keep(find("#failed", HTMLElement), messages, (each) => each.id, (each) => h("li", { class: "staff-wide" },
    h("span", { class: "staff-what" }, h("span", null, h("b", null, each.reference), ` · ${say(`notify.kind.${each.kind}`)}`), h("small", { class: "quiet" })),
    h("button", {
      class: "button button-quiet", type: "button", "aria-label": `${say("notify.failed.retry")} ${each.reference}`,
      onclick: (/** @type {Event} */ event) => page.run("POST", `/api/reception/messages/${encodeURIComponent(each.id)}/retry`, undefined, pressed(event)),
    }, say("notify.failed.retry"))),
  (row, each) => write(row.querySelector("small"), each.reason ?? ""));
}

for (const field of [lostLine, lostSince]) field.addEventListener("change", () => page.refresh());

// --- appointments --------------------------------------------------------------------------------------------

find("#check-in", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  checkIn(shown.value);
});

/** @param {string} text a reference, a link from a QR, a phone or a dossier number */
async function checkIn(text) {
  if (!text.trim()) return shown.focus();
  if (isIdentityCard(text)) {
    shown.value = ""; // nobody's particulars stay on the screen
    return page.tell(say("reception.check_in.identity"));
  }
  const issued = await page.run("POST", "/api/reception/check-in", whatWasShown(text), find("#check-in button", HTMLElement), (problem) => {
    if (["already-checked-in", "already-arrived"].includes(problem.code) && problem.body.ticket) tellGiven(/** @type {Issued} */ (problem.body.ticket));
  });
  if (!issued) return shown.select();
  shown.value = "";
  tellGiven(issued);
}

let burst = NOTHING;
let before = ""; // what the field held that a scanner may be typing into
document.addEventListener("keydown", (event) => {
  const next = stroke(burst, { key: event.key, at: event.timeStamp });
  burst = next.burst;
  const scanned = next.scanned;
  const field = event.target;
  if (burst.text.length === 1 && field instanceof HTMLInputElement) before = field.value;
  if (scanned === null || find("#desk", HTMLElement).hidden) return;
  event.preventDefault();
  if (field instanceof HTMLInputElement && field !== shown) field.value = before;
  shown.value = scanned;
  checkIn(scanned);
});

/** @param {HTMLSelectElement} select @param {string[][]} pairs */
function options(select, pairs) {
  const told = JSON.stringify(pairs);
  if (select.dataset.told === told) return;
  select.dataset.told = told;
  const chosen = select.value;
  replace(select, ...pairs.map(([value, words]) => h("option", { value }, words)));
  select.value = chosen;
}
