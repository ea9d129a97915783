// What stands beside the calendar: one booking with what can be done about it, or the form for a new one. Escape closes it.

import { command, newKey, NetworkProblem, Problem, read } from "./api.js";
import { bookingForm } from "./calendar_book.js";
import { timePicker } from "./calendar_times.js";
import { find, h, icon, replace } from "./dom.js";
import { capital, date, phone, shortDate, time } from "./format.js";
import { say } from "./i18n.js";
import { pressed } from "./staff.js";

/** @typedef {import("./calendar_rules.js").View} View */
/** @typedef {import("./calendar_rules.js").Booking & {readable: string, officerName: string | null, phone: string | null, email: string | null, dossierNumber: string | null, dossierCheck: "known" | "unknown" | "unchecked" | null, dossiers: number | null, language: string, waived: string[], reason: string | null, note: string | null, createdAt: string, checkedInAt: string | null, cancelledAt: string | null, open: boolean}} Details */
/** @typedef {import("./calendar_grid.js").Wish} Wish */
/** @typedef {{refresh: () => Promise<void>, tell: (words: string) => void, done: (words: string) => void}} StaffPage */

const REASONS = ["asked", "officer-away", "office-closed", "systems-down", "not-needed", "other"];
const DOSSIER = { known: "calendar.dossier.known", unknown: "desk.dossier.unknown", unchecked: "desk.dossier.unchecked" };
const CHIPS = { held: "", confirmed: " chip-good", "checked-in": " chip-good", "no-show": " chip-attention", cancelled: "" };

/**
 * @param {object} around
 * @param {StaffPage} around.page
 * @param {() => View | null} around.view
 * @param {() => string} around.day the day that is looked at
 * @param {() => void} around.closed what to do with the focus
 * @param {(change: {day: string}) => Promise<void>} around.show looks at another day
 */
export function calendarPanel({ page, view, day, closed, show }) {
  const panel = find("#panel", HTMLElement);
  let open = ""; // the reference of the booking that is looked at, "new" for the form
  let told = ""; // what is shown of it, to see whether it has changed
  let turn = 0; // which opening this is: what comes late for another one is dropped

  const zone = () => view()?.timeZone ?? "Asia/Ho_Chi_Minh";

  /** @param {string} title @param {...import("./dom.js").Child} children */
  function fill(title, ...children) {
    replace(panel, h("header", null, h("h2", { id: "panel-title", tabindex: -1 }, title),
      h("button", { class: "button button-quiet", type: "button", onclick: close }, icon("x"), say("base.close"))),
    h("div", { class: "calendar-problem", role: "alert" }), ...children);
    panel.hidden = false;
    panel.scrollTop = 0;
  }

  /** @param {string} words */
  function problem(words) {
    replace(find(".calendar-problem", HTMLElement, panel), words && h("div", { class: "notice notice-trouble" }, icon("octagon-alert"), h("p", null, words)));
  }

  /** Closes it; false where nothing was open. */
  function close() {
    if (panel.hidden) return false;
    panel.hidden = true;
    replace(panel);
    [open, told] = ["", ""];
    turn += 1;
    closed();
    return true;
  }

  /**
   * Carries a command out. What is refused is said in the panel, or where `refused` says it; answers undefined then.
   * @param {HTMLElement | null} button @param {() => Promise<any>} work @param {(refusal: Problem) => boolean} [refused]
   */
  async function run(button, work, refused) {
    if (button?.getAttribute("aria-busy") === "true") return undefined;
    button?.setAttribute("aria-busy", "true");
    problem("");
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Problem || error instanceof NetworkProblem)) throw error;
      if (!(error instanceof Problem && refused?.(error))) problem(error.message);
      return undefined;
    } finally {
      button?.removeAttribute("aria-busy");
    }
  }

  // --- one booking -------------------------------------------------------------------------------------------

  /** @param {string} reference @param {boolean} [focus] */
  async function look(reference, focus = true) {
    const mine = (turn += 1);
    try {
      const found = /** @type {Details} */ (await read(`/api/calendar/appointments/${reference}`));
      if (mine !== turn) return;
      const news = JSON.stringify(found);
      if (open === reference && news === told && !focus) return;
      [open, told] = [reference, news];
      details(found);
      if (focus) find("#panel-title", HTMLElement, panel).focus({ preventScroll: true });
    } catch (error) {
      page.tell(error instanceof Error ? error.message : String(error));
    }
  }

  /** @param {Details} found */
  const when = (found) => `${time(found.start, zone())}–${time(found.end, zone())}, ${date(found.start, zone())}`;

  /** @param {Details} found */
  function details(found) {
    const at = (/** @type {string | null} */ instant) => instant && `${time(instant, zone())}, ${shortDate(instant, zone())}`;
    const facts = /** @type {[string, import("./dom.js").Child][]} */ ([
      ["calendar.name", found.name], ["calendar.phone", found.phone && h("a", { href: `tel:${found.phone}` }, phone(found.phone))], ["calendar.email", found.email],
      ["calendar.procedure", found.procedures.join("; ")], ["calendar.purpose", say(`book.purpose.${found.purpose}`)], ["calendar.dossier", found.dossierNumber && say(found.dossierCheck ? DOSSIER[found.dossierCheck] : "desk.dossier", { number: found.dossierNumber })], ["calendar.dossiers", found.dossiers && String(found.dossiers)],
      ["calendar.with", found.officerName ?? say("calendar.anybody")], ["calendar.reference", h("b", { class: "number" }, found.readable)],
      ["calendar.language", say(`base.language.${found.language}`)], ["calendar.created", at(found.createdAt)], ["calendar.checked_in", at(found.checkedInAt)],
      ["calendar.cancelled", at(found.cancelledAt)], ["calendar.reason", found.reason && say(`calendar.reason.${found.reason}`)], ["calendar.note", found.note],
    ]);
    fill(capital(when(found)),
      h("p", null, h("span", { class: `chip${CHIPS[found.state]}` }, capital(say(`calendar.state.${found.state}`)))),
      ...found.waived.map((what) => h("p", { class: "notice notice-attention" }, icon("triangle-alert"), h("span", null, say(`calendar.waived.${what}`)))),
      found.open && (found.dossierCheck === "unknown" || found.dossierCheck === "unchecked") && h("p", { class: "notice notice-attention" }, icon("triangle-alert"), h("span", null, say(`calendar.portal.${found.dossierCheck}`))),
      h("p", { class: "row calendar-acts" },
        found.open && h("button", { class: "button", type: "button", onclick: () => move(found) }, icon("repeat"), say("calendar.move")),
        found.open && h("button", { class: "button button-quiet", type: "button", onclick: () => callOff(found) }, icon("calendar-x"), `${say("calendar.cancel")}…`),
        found.open && found.state === "confirmed" && h("button", { class: "button button-quiet", type: "button", onclick: (/** @type {Event} */ event) => resend(found, pressed(event)) }, icon("send"), say("calendar.resend")),
        !found.open && found.state !== "checked-in" && h("button", { class: "button", type: "button", onclick: () => book({ day: day(), start: null, officer: found.officer }, found) }, icon("calendar-plus"), say("calendar.again"))),
      h("dl", { class: "calendar-facts" }, ...facts.filter(([, value]) => value).map(([key, value]) => h("div", null, h("dt", null, say(key)), h("dd", null, value)))));
  }

  /** @param {Details} found @param {HTMLElement | null} button */
  async function resend(found, button) {
    const done = await run(button, () => command("POST", `/api/calendar/appointments/${found.reference}/message`));
    if (done) page.done(say("calendar.resent"));
  }

  // --- moving ------------------------------------------------------------------------------------------------

  /** @param {Details} found */
  function move(found) {
    const now = view();
    if (!now) return;
    open = "form";
    const { element, chosen, refresh, refused } = timePicker({
      view: now, day: found.start.slice(0, 10) < now.now.slice(0, 10) ? now.now.slice(0, 10) : found.start.slice(0, 10), officer: found.officer, start: null,
      ask: (from, officer) => `/api/calendar/appointments/${found.reference}/times?from=${from}${officer ? `&officer=${encodeURIComponent(officer)}` : ""}`,
    });
    const asked = radios("asked", "calendar.move.who", [["asked", say("calendar.move.asked")], ["office", say("calendar.move.office")]]);
    const form = h("form", { class: "stack", novalidate: true, onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      const { start, officer } = chosen();
      if (!start) return void refused(say("calendar.book.time"));
      const body = { start, officer, asked: asked.value() === "asked" };
      const moved = await run(form.querySelector("[type=submit]"), () => command("PATCH", `/api/calendar/appointments/${found.reference}`, body), (refusal) => refused(refusal.message, refusal));
      if (moved) await finished(moved, say("calendar.moved", { time: time(moved.start, zone()), date: date(moved.start, zone()) }));
    } }, h("p", null, say("calendar.move.now", { time: time(found.start, zone()), date: date(found.start, zone()) })), element, asked.element,
    h("p", { class: "row" }, h("button", { class: "button button-primary", type: "submit" }, say("calendar.move.do")), back(found)));
    fill(say("calendar.move.title"), form);
    find("#panel-title", HTMLElement, panel).focus({ preventScroll: true });
    refresh();
  }

  // --- calling off -------------------------------------------------------------------------------------------

  /** @param {Details} found */
  function callOff(found) {
    open = "form";
    const reasons = radios("reason", "calendar.cancel.why", REASONS.map((code) => [code, say(`calendar.reason.${code}`)]));
    const note = h("input", { class: "input", id: "note", maxlength: 200, autocomplete: "off" });
    const form = h("form", { class: "stack", novalidate: true, onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      const body = { reason: reasons.value(), note: note.value };
      const ended = await run(form.querySelector("[type=submit]"), () => command("POST", `/api/calendar/appointments/${found.reference}/cancel`, body));
      if (ended) await finished(ended, say("calendar.done.cancel", { time: time(ended.start, zone()), date: date(ended.start, zone()) }));
    } }, h("p", null, say("calendar.cancel.which", { name: found.name ?? say("calendar.noname"), time: time(found.start, zone()), date: date(found.start, zone()) })),
    reasons.element, h("div", { class: "field" }, h("label", { for: "note" }, say("calendar.cancel.note")), note),
    h("p", { class: "row" }, h("button", { class: "button button-primary", type: "submit" }, say("calendar.cancel.do")), back(found)));
    fill(say("calendar.cancel.title"), form);
    find("#panel-title", HTMLElement, panel).focus({ preventScroll: true });
  }

  /** @param {Details} found */
  const back = (found) => h("button", { class: "button button-quiet", type: "button", onclick: () => look(found.reference) }, say("base.back"));

  // --- a new one ---------------------------------------------------------------------------------------------

  /** @param {Wish} wish @param {Details} [like] a booking that is to be made again */
  function book(wish, like) {
    const now = view();
    if (!now) return;
    turn += 1;
    open = "form";
    const key = { body: "", key: "" };
    const form = bookingForm({ view: now, wish, like, send: async (body, button, refused) => {
      // The same form sent again after a lost answer is the same wish; another one is another.
      const text = JSON.stringify(body);
      if (key.body !== text) Object.assign(key, { body: text, key: newKey() });
      const booked = await run(button, () => command("POST", "/api/calendar/appointments", body, { key: key.key }), (refusal) => {
        key.body = "";
        return refused(refusal);
      });
      if (booked) await finished(booked, say("calendar.booked", { time: time(booked.start, zone()), date: date(booked.start, zone()), reference: booked.readable }));
    } });
    fill(say("calendar.book.title"), form.element);
    form.focus();
  }

  /** Shows what has become of a booking, in the day it is on now. @param {Details} found @param {string} words */
  async function finished(found, words) {
    await show({ day: found.start.slice(0, 10) });
    await look(found.reference);
    page.done(words);
  }

  return {
    look, book, close,
    /** Whether a key pressed there means something else already. @param {EventTarget | null} target */
    holds: (target) => target instanceof Node && panel.contains(target) && open === "form",
    /** The calendar has changed: what is looked at may have, too. A form stays as it was filled in. */
    news: () => {
      if (open && open !== "form") look(open, false);
    },
  };
}

/** A choice of one. @param {string} name @param {string} legend @param {[value: string, words: string][]} options */
function radios(name, legend, options) {
  const inputs = options.map(([value], place) => h("input", { type: "radio", name, value, checked: place === 0 }));
  const element = h("fieldset", { class: "field" }, h("legend", null, say(legend)),
    h("div", { class: "stack stack-close" }, ...options.map(([, words], place) => h("label", { class: "choice" }, inputs[place], h("span", null, words)))));
  return { element, value: () => inputs.find((input) => input.checked)?.value ?? "" };
}
