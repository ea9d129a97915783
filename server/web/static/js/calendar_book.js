// The form by which the office books for somebody: found by typing, sent by Enter, refusals beside their fields.

import { read } from "./api.js";
import { fieldOf, isLimit } from "./calendar_rules.js";
import { timePicker } from "./calendar_times.js";
import { find, h, icon, replace, set } from "./dom.js";
import { lang, say } from "./i18n.js";

/** @typedef {import("./api.js").Problem} Problem */
/** @typedef {import("./calendar_panel.js").Details} Details */
/** @typedef {{code: string, name: string}} Procedure */

const QUIET = 200; // ms without a stroke until the search asks
const MOST = 5; // procedures in one visit
const MOST_DOSSIERS = 999;

/**
 * @param {object} wanted
 * @param {import("./calendar_rules.js").View} wanted.view
 * @param {import("./calendar_grid.js").Wish} wanted.wish
 * @param {Details} [wanted.like]
 * @param {(body: object, button: HTMLElement | null, refused: (refusal: Problem) => boolean) => Promise<void>} wanted.send
 */
export function bookingForm({ view, wish, like, send }) {
  /** @type {Procedure[]} */
  let chosen = [];
  let asking = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;

  const search = h("input", { class: "input", id: "search", autocomplete: "off", spellcheck: "false", role: "combobox", "aria-expanded": "false", "aria-controls": "found", "aria-autocomplete": "list" });
  const found = h("ul", { class: "plain-list calendar-found", id: "found", role: "listbox", "aria-label": say("calendar.book.found"), hidden: true });
  const none = h("p", { class: "quiet", role: "status" });
  const picked = h("ul", { class: "plain-list calendar-picked" });
  const purpose = h("select", { class: "input", id: "purpose", onchange: counted }, ...["submit", "collect"].map((each) => h("option", { value: each }, say(`book.purpose.${each}`))));
  const field = (/** @type {string} */ id, /** @type {Record<string, unknown>} */ more = {}) => h("input", { class: "input", id, autocomplete: "off", ...more });
  const name = field("name", { maxlength: 200 });
  const phone = field("phone", { type: "tel", maxlength: 30 });
  const email = field("email", { type: "email", maxlength: 254 });
  const dossier = field("dossier", { maxlength: 60, autocapitalize: "characters", spellcheck: "false" });
  const dossiers = field("dossiers", { type: "number", inputmode: "numeric", min: 1, max: MOST_DOSSIERS, step: 1, onchange: counted });
  const language = h("select", { class: "input", id: "language" }, ...["vi", "en"].map((each) => h("option", { value: each }, say(`base.language.${each}`))));
  const noDossier = h("input", { type: "checkbox", id: "no-dossier" });
  const beyond = h("input", { type: "checkbox", id: "beyond" });
  const beyondLabel = h("label", { class: "choice choice-bare", hidden: true }, beyond, h("span", null, say("calendar.book.beyond")));
  const picker = timePicker({
    view, day: wish.day, officer: wish.officer, start: wish.start,
    ask: (day, officer) => chosen.length === 0 ? "" : `/api/calendar/times?${new URLSearchParams([...chosen.map((each) => ["procedure", each.code]), ["from", day], ["purpose", purpose.value], ...(count() ? [["dossiers", String(count())]] : []), ...(officer ? [["officer", officer]] : [])])}`,
    elsewhere: (refusal) => {
      const id = fieldOf(refusal.code);
      if (id === "times" || id === "form") return false;
      wrong(id, refusal.message);
      return true;
    },
  });

  /** @param {string} id @param {string} words @param {HTMLElement} input @param {boolean} [optional] */
  const labelled = (id, words, input, optional = false) => h("div", { class: "field" }, h("label", { for: id }, optional ? say("calendar.book.optional", { label: words }) : words), h("div", { id: `${id}-error` }), input);
  const many = labelled("dossiers", say("calendar.dossiers"), dossiers, true);
  many.append(h("p", { class: "hint" }, say(view.bulk ? "citizen.bring.dossiers_hint" : "citizen.bring.dossiers_most", { n: view.dossiersPerTurn })));

  const element = h("form", { class: "stack", novalidate: true, onsubmit: submit },
    h("div", { class: "field" }, h("label", { for: "search" }, say("calendar.book.search")), h("div", { id: "search-error" }), picked, search, found, none),
    h("div", { class: "field" }, h("label", { for: "purpose" }, say("calendar.purpose")), purpose),
    many,
    picker.element,
    labelled("name", say("calendar.name"), name), labelled("phone", say("calendar.phone"), phone), beyondLabel, labelled("email", say("calendar.email"), email, true),
    labelled("dossier", say("calendar.dossier"), dossier, !view.onlineFilersOnly),
    view.onlineFilersOnly && h("label", { class: "choice choice-bare" }, noDossier, h("span", null, say("calendar.book.no_dossier"))),
    h("div", { class: "field" }, h("label", { for: "language" }, say("calendar.language")), language),
    h("p", { class: "row" }, h("button", { class: "button button-primary button-wide", type: "submit" }, icon("calendar-plus"), say("calendar.book.do"))));

  // --- the procedure -----------------------------------------------------------------------------------------

  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(look, QUIET);
  });
  search.addEventListener("keydown", (event) => {
    const options = [...found.children];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      point(options, Math.max(0, Math.min(options.length - 1, at + (event.key === "ArrowDown" ? 1 : -1))));
    } else if (event.key === "Enter" && !event.isComposing && search.value.trim()) {
      event.preventDefault();
      if (found.hidden) look();
      else /** @type {HTMLElement | undefined} */ (options[Math.max(0, at)])?.click();
    }
  });

  async function look() {
    clearTimeout(typing);
    const mine = (asking += 1);
    const words = search.value.trim();
    if (!words) return offer([]);
    const answer = await read(`/api/offices/${encodeURIComponent(view.office)}/procedures?limit=8&q=${encodeURIComponent(words)}`).catch((/** @type {Error} */ error) => wrong("search", error.message));
    if (mine !== asking || !answer) return;
    offer(answer.items);
    none.textContent = answer.items.length ? "" : say("calendar.book.none");
  }

  /** @param {Procedure[]} items */
  function offer(items) {
    replace(found, ...items.map((each, place) => h("li", { role: "option", id: `found-${place}`, "aria-selected": "false", onclick: () => pick(each) }, each.name)));
    found.hidden = !items.length;
    set(search, { "aria-expanded": String(items.length > 0), "aria-activedescendant": null });
    none.textContent = "";
    point([...found.children], 0);
  }

  /** @param {Element[]} options @param {number} at */
  function point(options, at) {
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    set(search, { "aria-activedescendant": options[at]?.id });
    options[at]?.scrollIntoView({ block: "nearest" });
  }

  /** @param {Procedure} procedure */
  function pick(procedure) {
    if (!chosen.some((each) => each.code === procedure.code)) chosen = [...chosen, procedure].slice(0, MOST);
    search.value = "";
    offer([]);
    drawPicked();
    purpose.focus();
  }

  function drawPicked() {
    replace(picked, ...chosen.map((each) => h("li", null, h("span", null, each.name), h("button", { class: "button button-quiet", type: "button", "aria-label": say("calendar.book.remove", { name: each.name }), onclick: () => {
      chosen = chosen.filter((other) => other !== each);
      drawPicked();
      search.focus();
    } }, icon("x")))));
    wrong("search", "");
    picker.refresh();
  }

  /** How many dossiers are brought; null where nobody said, or none are. */
  function count() {
    return purpose.value === "submit" && dossiers.validity.valid ? dossiers.valueAsNumber || null : null;
  }

  /** Another number of dossiers is another length, and has other times. */
  function counted() {
    many.hidden = purpose.value !== "submit";
    wrong("dossiers", miscounted() ? say("refusal.bad-count", { n: MOST_DOSSIERS }) : "");
    picker.refresh();
  }

  const miscounted = () => purpose.value === "submit" && !dossiers.validity.valid;

  // --- sending -----------------------------------------------------------------------------------------------

  /** Says beside a field what is wrong with it, or nothing any more. @param {string} id @param {string} words */
  function wrong(id, words) {
    const place = find(`#${id}-error`, HTMLElement, element);
    replace(place, words && h("p", { class: "error" }, icon("circle-alert"), h("span", null, words)));
    place.parentElement?.classList.toggle("field-wrong", Boolean(words));
    set(find(`#${id}`, HTMLElement, element), { "aria-invalid": words ? "true" : null, "aria-describedby": words ? `${id}-error` : null });
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    for (const id of ["search", "name", "phone", "email", "dossier", "dossiers"]) wrong(id, "");
    const { start, officer } = picker.chosen();
    /** @type {[string, boolean, string][]} */
    const missing = [
      ["search", !chosen.length, say("calendar.book.first")], ["dossiers", miscounted(), say("refusal.bad-count", { n: MOST_DOSSIERS })], ["name", !name.value.trim(), say("refusal.bad-name")], ["phone", !phone.value.trim(), say("refusal.bad-phone")],
      ["dossier", view.onlineFilersOnly && !dossier.value.trim() && !noDossier.checked, say("refusal.dossier-needed")],
    ];
    const bad = missing.filter(([, is]) => is);
    for (const [id, , words] of bad) wrong(id, words);
    if (!bad.length && !start) return void picker.refused(say("calendar.book.time"));
    if (bad.length) return find(`#${bad[0]?.[0]}`, HTMLElement, element).focus();
    const body = {
      procedures: chosen.map((each) => each.code), start, officer, purpose: purpose.value, language: language.value,
      citizen: { name: name.value.trim(), phone: phone.value.trim(), ...(email.value.trim() && { email: email.value.trim() }) },
      ...(dossier.value.trim() && { dossierNumber: dossier.value.trim() }), ...(count() && { dossiers: count() }),
      waive: [...(noDossier.checked && !dossier.value.trim() ? ["dossier"] : []), ...(beyond.checked ? ["limits"] : [])],
    };
    await send(body, element.querySelector("[type=submit]"), refused);
  }

  /** @param {Problem} refusal */
  function refused(refusal) {
    const id = fieldOf(refusal.code);
    if (id === "times") return picker.refused(refusal.message, refusal);
    if (id === "form") return false;
    wrong(id, refusal.message);
    if (isLimit(refusal.code)) beyondLabel.hidden = false;
    find(`#${id}`, HTMLElement, element).focus();
    return true;
  }

  /** What is known already from a booking that is to be made again. */
  async function fillIn() {
    if (!like) return;
    Object.assign(name, { value: like.name ?? "" });
    Object.assign(phone, { value: like.phone ?? "" });
    Object.assign(email, { value: like.email ?? "" });
    Object.assign(dossier, { value: like.dossierNumber ?? "" });
    Object.assign(dossiers, { value: like.dossiers ?? "" });
    purpose.value = like.purpose;
    many.hidden = purpose.value !== "submit";
    search.value = like.procedures[0] ?? "";
    await look();
  }
  language.value = like?.language ?? lang;
  picker.refresh();
  fillIn();
  return { element, focus: () => search.focus() };
}
