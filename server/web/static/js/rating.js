// The three faces with their words, the reasons when low, a comment: the same on the counter's tablet and on one's own phone.

import { h, icon, set } from "./dom.js";
import { say } from "./i18n.js";

/** @typedef {{level: number, reasons: string[], comment?: string, contact?: string}} Rating */

/** From the left: very satisfied, satisfied, not satisfied. @type {[number, string][]} */
const FACES = [[3, "laugh"], [2, "smile"], [1, "frown"]];
const REASONS = ["wait", "attitude", "guidance", "papers", "trips", "late", "facility", "other"];
const LOW = 1;
const MOST = 1000;

/**
 * A form to put on a page. Sending is the page's own business: it gets what was said and calls `busy`.
 * @param {object} options
 * @param {(rating: Rating) => void} options.send
 * @param {boolean} [options.quick] a face that is not low is sent at once; a low one asks for reasons first
 * @param {boolean} [options.contact] ask where an answer would reach the visitor
 * @param {(level: number) => void} [options.chosen] a face was touched
 */
export function ratingForm({ send, quick = false, contact = false, chosen = () => undefined }) {
  let level = 0;

  const faces = FACES.map(([value, name]) =>
    h("button", { class: `face face-${value}`, type: "button", "aria-pressed": "false", onclick: () => choose(value) },
      icon(name), h("span", null, say(`rating.${value}`))));
  const reasons = h("fieldset", { class: "reasons", hidden: true }, h("legend", null, say("rating.reason.ask")),
    h("div", { class: "reason-chips" }, ...REASONS.map((reason) =>
      h("label", { class: "reason" }, h("input", { type: "checkbox", name: "reasons", value: reason }), h("span", null, say(`rating.reason.${reason}`))))));
  const comment = h("textarea", { class: "input", id: "rating-comment", maxlength: MOST, rows: 2 });
  const reach = h("input", { class: "input", id: "rating-contact", maxlength: 200, autocomplete: "off" });
  const button = h("button", { class: "button button-primary button-large button-wide", type: "submit" }, say("rate.send"));
  const more = h("div", { class: "rating-more", hidden: true },
    reasons,
    h("div", { class: "field" }, h("label", { for: comment.id }, say("rating.comment")), comment),
    contact && h("div", { class: "field" }, h("label", { for: reach.id }, say("rate.contact")), reach),
    h("p", { class: "hint" }, say("rating.anonymous")),
    button);
  const form = h("form", { class: "rating", novalidate: true },
    h("div", { class: "faces", role: "group", "aria-label": say("rate.levels") }, ...faces), more);

  /** @param {number} value */
  function choose(value) {
    level = value;
    faces.forEach((face, place) => set(face, { "aria-pressed": FACES[place]?.[0] === value ? "true" : "false" }));
    form.dataset.level = String(value);
    chosen(value);
    if (quick && value > LOW) return send(said());
    reasons.hidden = value > LOW;
    more.hidden = false;
  }

  /** @returns {Rating} */
  function said() {
    const checked = level > LOW ? [] : [...reasons.querySelectorAll("input:checked")].map((input) => /** @type {HTMLInputElement} */ (input).value);
    /** @type {Rating} */
    const rating = { level, reasons: checked };
    if (comment.value.trim()) rating.comment = comment.value.trim();
    if (reach.value.trim()) rating.contact = reach.value.trim();
    return rating;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (level) send(said());
  });

  return {
    element: form,
    /** What has been said so far; level 0 while no face was touched. */
    said,
    /** @param {boolean} waiting */
    busy(waiting) {
      set(button, { "aria-busy": waiting && "true", "aria-disabled": waiting && "true" });
    },
  };
}
