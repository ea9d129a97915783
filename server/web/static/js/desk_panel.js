// The choice that some verbs need first: why to pause, where to move to, which procedure to add. A panel over the card, never a dialog:
// Escape or "Thôi" closes it, a digit takes the choice of that number, and the buttons below go on working.

import { read } from "./api.js";
import { h, replace } from "./dom.js";
import { say } from "./i18n.js";

/** @typedef {import("./desk_rules.js").View} View */
/** @typedef {import("./desk_rules.js").Wish} Wish */
/** @typedef {{words: string, body: Record<string, unknown>}} Choice */

/** @param {string} verb @param {string[]} reasons */
const because = (verb, reasons) => reasons.map((reason) => {
  const words = say(`desk.${verb}.${reason}`);
  return { words, body: { reason: words } };
});

/**
 * Where a ticket can be moved: the office's other lines, then its other counters.
 * @param {View} view
 * @returns {Promise<Choice[]>}
 */
async function places(view) {
  /** @type {{code: string, name: string}[]} */
  const lines = await read(`/api/offices/${encodeURIComponent(view.office)}/lines`);
  const others = view.counters.filter((counter) => counter.number !== view.counter && counter.officer !== null);
  return [
    ...lines.filter((line) => line.code !== view.ticket?.line).map((line) => ({ words: line.name, body: { line: line.code } })),
    ...others.map((counter) => ({ words: counter.name, body: { counter: counter.number } })),
  ];
}

/**
 * @param {View} view
 * @param {string} words
 * @returns {Promise<Choice[]>}
 */
async function procedures(view, words) {
  /** @type {{items: {code: string, name: string}[]}} */
  const found = await read(`/api/offices/${encodeURIComponent(view.office)}/procedures?limit=6&q=${encodeURIComponent(words)}`);
  return found.items.map((item) => ({ words: item.name, body: { procedure: item.code } }));
}

/**
 * @param {HTMLElement} place the panel's empty element
 * @param {(wish: Wish) => void} wanted what was chosen
 * @param {(error: unknown) => void} failed what the choices could not be asked for
 */
export function panel(place, wanted, failed) {
  /** @type {HTMLElement | null} */
  let opener = null;
  let opened = "";
  /** @type {Choice[]} */
  let choices = [];
  let asked = 0;

  function close() {
    if (place.hidden) return;
    const held = place.contains(place.ownerDocument.activeElement);
    place.hidden = true;
    opened = "";
    opener?.setAttribute("aria-expanded", "false");
    if (held) opener?.focus();
  }

  /** @param {number} index */
  function choose(index) {
    const choice = choices[index];
    if (!choice) return;
    const back = /** @type {HTMLInputElement | null} */ (place.querySelector("input[type=checkbox]"));
    const wish = { verb: opened, body: back?.checked ? { ...choice.body, back: true } : choice.body };
    close();
    wanted(wish);
  }

  /** @param {Choice[]} found @param {boolean} numbered */
  function fill(found, numbered) {
    choices = found;
    const list = /** @type {Element} */ (place.querySelector("ul"));
    replace(list, ...found.map((choice, index) => h("li", null,
      h("button", { class: "button button-quiet", type: "button", onclick: () => choose(index) },
        h("span", null, choice.words), numbered && index < 9 && h("kbd", { "aria-hidden": "true" }, index + 1)))));
    if (!found.length) replace(list, h("li", { class: "quiet" }, say("desk.add.none")));
  }

  /** @param {View} view @param {string} words */
  async function search(view, words) {
    const mine = ++asked;
    try {
      const found = await procedures(view, words);
      if (mine === asked && opened === "add-procedure") fill(found, false);
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
      if (key === "Escape") close();
      else if (/^[1-9]$/.test(key) && opened !== "add-procedure") choose(Number(key) - 1);
      return true;
    },

    /**
     * @param {string} verb one of desk_rules.ASKING
     * @param {HTMLElement} button what was pressed
     * @param {View} view
     */
    async open(verb, button, view) {
      if (opened === verb) return close();
      close();
      opened = verb;
      opener = button;
      const word = verb === "add-procedure" ? "add" : verb;
      replace(place,
        h("div", { class: "panel-head" }, h("h2", { id: "panel-title" }, say(`desk.${word}.ask`)),
          h("button", { class: "button button-link", type: "button", onclick: close }, say("desk.panel.close"))),
        verb === "add-procedure" && h("input", {
          class: "input", type: "search", "aria-label": say("desk.add.ask"), autocomplete: "off",
          oninput: (/** @type {Event} */ event) => search(view, /** @type {HTMLInputElement} */ (event.target).value),
        }),
        h("ul", { class: "plain-list" }),
        verb === "transfer" && h("label", { class: "choice choice-bare" }, h("input", { type: "checkbox" }), h("span", null, say("desk.transfer.back"))));
      place.setAttribute("aria-labelledby", "panel-title");
      button.setAttribute("aria-expanded", "true");
      choices = [];
      place.hidden = false;
      try {
        if (verb === "pause") fill(because("pause", ["short", "lunch", "meeting", "other"]), true);
        else if (verb === "park") fill(because("park", ["copy", "papers", "pay", "other"]), true);
        else if (verb === "transfer") fill(await places(view), true);
        else await search(view, "");
      } catch (error) {
        close();
        failed(error);
      }
      const first = /** @type {HTMLElement | null} */ (place.querySelector(verb === "add-procedure" ? "input" : "ul button"));
      if (opened === verb) first?.focus({ preventScroll: true });
    },
  };
}
