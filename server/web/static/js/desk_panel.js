// The panel over the card in which a verb's question is answered (desk_choices.js), never a dialog: Escape or "Thôi" closes it, a digit takes the
// choice of that number, and the buttons below go on working.

import { dayField, question } from "./desk_choices.js";
import { h, replace } from "./dom.js";
import { say } from "./i18n.js";

/** @typedef {import("./desk_rules.js").View} View */
/** @typedef {import("./desk_rules.js").Wish} Wish */
/** @typedef {import("./desk_choices.js").Choice} Choice */
/** @typedef {import("./desk_choices.js").Question} Question */

/**
 * @param {HTMLElement} place the panel's empty element
 * @param {(wish: Wish) => void} wanted what was chosen
 * @param {(error: unknown) => void} failed what the choices could not be asked for
 */
export function panel(place, wanted, failed) {
  /** @type {HTMLElement | null} */
  let opener = null;
  /** @type {{verb: string, about: string | undefined, asks: Question, view: View, now: number} | null} */
  let opened = null;
  /** @type {Choice[]} */
  let choices = [];
  let asked = 0;

  function close() {
    if (place.hidden) return;
    const held = place.contains(place.ownerDocument.activeElement);
    place.hidden = true;
    opened = null;
    opener?.setAttribute("aria-expanded", "false");
    if (held) opener?.focus();
  }

  // At once and from anywhere, a field included: no scanner types Escape.
  place.ownerDocument.addEventListener("keydown", (event) => event.key === "Escape" && close());

  /** @param {Record<string, unknown>} body */
  function answer(body) {
    if (!opened) return;
    const wish = { verb: opened.verb, ticket: opened.about, body: { ...body, ...opened.asks.more?.() } };
    close();
    wanted(wish);
  }

  /** @param {number} index */
  function choose(index) {
    const choice = choices[index];
    if (!choice || !opened) return;
    if (choice.asksDate) askDay(choice, opened);
    else answer(choice.body);
  }

  /** One more answer is needed: which day. @param {Choice} choice @param {{now: number, view: View}} of */
  function askDay(choice, { now, view }) {
    const day = dayField(now, view.timeZone);
    choices = [];
    const form = h("form", { class: "row panel-day", onsubmit: (/** @type {Event} */ event) => {
      event.preventDefault();
      answer({ ...choice.body, promisedOn: day.input.value });
    } }, day.field, h("button", { class: "button", type: "submit" }, say("desk.finish_with.promise")));
    place.querySelector("ul")?.replaceWith(h("p", null, choice.words), form);
    day.input.focus({ preventScroll: true });
  }

  /** @param {Choice[]} found */
  function fill(found) {
    if (!opened) return;
    choices = found;
    const { asks } = opened;
    const list = /** @type {Element} */ (place.querySelector("ul"));
    replace(list, ...found.map((choice, index) => h("li", null,
      h("button", { class: "button button-quiet", type: "button", title: choice.words, onclick: () => choose(index) },
        h("span", null, choice.words), !asks.search && index < 9 && h("kbd", { "aria-hidden": "true" }, index + 1)))));
    if (!found.length) replace(list, h("li", { class: "quiet" }, asks.none));
  }

  /** @param {Question} asks @param {string} words */
  async function search(asks, words) {
    const mine = ++asked;
    try {
      const found = await asks.search?.(words);
      if (mine === asked && opened?.asks === asks) fill(found ?? []);
    } catch (error) {
      if (mine === asked) failed(error);
    }
  }

  return {
    close,
    isOpen: () => !place.hidden,

    /** Whether the key was the panel's. @param {string} key */
    key(key) {
      if (place.hidden) return false;
      if (/^[1-9]$/.test(key) && !opened?.asks.search) choose(Number(key) - 1);
      return true;
    },

    /**
     * @param {string} verb one of desk_rules.ASKING
     * @param {HTMLElement} button what was pressed
     * @param {View} view
     * @param {number} now ms
     * @param {string} [about] another ticket than the one in hand
     */
    async open(verb, button, view, now, about) {
      const again = opened?.verb === verb && opened.about === about;
      close();
      if (again) return;
      const asks = question(verb, view, now);
      opened = { verb, about, asks, view, now };
      opener = button;
      replace(place,
        h("div", { class: "panel-head" }, h("h2", { id: "panel-title" }, asks.title),
          h("button", { class: "button button-link", type: "button", onclick: close }, say("desk.panel.close"))),
        asks.search && h("input", {
          class: "input", type: "search", "aria-label": asks.title, autocomplete: "off",
          oninput: (/** @type {Event} */ event) => search(asks, /** @type {HTMLInputElement} */ (event.target).value),
        }),
        h("ul", { class: "plain-list" }),
        ...(asks.fields ?? []));
      place.setAttribute("aria-labelledby", "panel-title");
      button.setAttribute("aria-expanded", "true");
      choices = [];
      place.hidden = false;
      try {
        if (asks.choices) fill(await asks.choices());
        else await search(asks, "");
      } catch (error) {
        close();
        failed(error);
      }
      const first = /** @type {HTMLElement | null} */ (place.querySelector(asks.search ? "input" : "ul button"));
      if (opened?.asks === asks) first?.focus({ preventScroll: true });
    },
  };
}
