// With whom, on which day, at what time: the free times are asked for, never guessed.

import { NetworkProblem, Problem, read } from "./api.js";
import { fieldOf } from "./calendar_rules.js";
import { h, icon, replace, set } from "./dom.js";
import { shortDate, time } from "./format.js";
import { say } from "./i18n.js";

/** @typedef {import("./calendar_rules.js").View} View */
/** @typedef {{start: string, end: string, free?: number}} Time */

/**
 * @param {object} wanted
 * @param {View} wanted.view
 * @param {string} wanted.day
 * @param {string | null} wanted.officer
 * @param {string | null} wanted.start the time to be chosen already, where it is free
 * @param {(day: string, officer: string) => string} wanted.ask the address that answers free times; empty while there is nothing to ask
 * @param {(refusal: Problem) => boolean} [wanted.elsewhere] says a refusal beside a field of its own, if it has one
 */
export function timePicker({ view, day, officer, start, ask, elsewhere = () => false }) {
  const zone = view.timeZone;
  const today = view.now.slice(0, 10);
  const who = h("select", { class: "input", id: "with", onchange: () => refresh() }, h("option", { value: "" }, say("calendar.anybody")),
    ...view.officers.map((each) => h("option", { value: each.username }, each.name)));
  who.value = officer ?? "";
  const on = h("input", { class: "input", id: "on", type: "date", min: today, max: view.lastDay, required: true, onchange: () => refresh() });
  on.value = day < today ? today : day > view.lastDay ? view.lastDay : day;
  const list = h("div", { class: "calendar-times" });
  const wrong = h("div", { id: "times-error", role: "alert" });
  const fieldset = h("fieldset", { class: "field", "aria-describedby": "times-error" }, h("legend", null, say("calendar.book.times")), wrong, list);
  let chosen = start;
  let turn = 0;

  /** @param {Time[]} times @param {boolean} [withDay] */
  function draw(times, withDay = false) {
    replace(list, ...times.map((each) => {
      const input = h("input", { type: "radio", name: "time", value: each.start, checked: same(each.start, chosen), onchange: () => {
        chosen = each.start;
        replace(wrong);
      } });
      return h("label", { class: "calendar-time" }, input, h("span", null, withDay ? `${time(each.start, zone)} ${shortDate(each.start, zone).slice(0, 5)}` : time(each.start, zone)));
    }));
    if (!times.some((each) => same(each.start, chosen))) chosen = null;
  }

  async function refresh() {
    const mine = (turn += 1);
    const address = on.value && ask(on.value, who.value);
    if (!address) return replace(list, h("p", { class: "quiet" }, say("calendar.book.first")));
    replace(wrong);
    try {
      const times = /** @type {Time[]} */ (await read(address));
      if (mine !== turn) return;
      draw(times);
      if (!times.length) replace(list, h("p", { class: "quiet" }, say("calendar.book.full")));
      else list.querySelector("input:checked")?.parentElement?.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (mine !== turn) return;
      if (!(error instanceof Problem || error instanceof NetworkProblem)) throw error;
      draw([]);
      if (!(error instanceof Problem && elsewhere(error))) refused(error.message);
    }
  }

  /**
   * Says beside the times why none can be had, with the nearest ones to choose from; false where it is about something else.
   * @param {string} words @param {Problem} [refusal]
   */
  function refused(words, refusal) {
    if (refusal && fieldOf(refusal.code) !== "times") return false;
    replace(wrong, h("p", { class: "error" }, icon("circle-alert"), h("span", null, words)));
    const nearest = /** @type {Time[] | undefined} */ (refusal?.body.nearest);
    if (nearest?.length) {
      replace(wrong, h("p", { class: "error" }, icon("circle-alert"), h("span", null, `${words} ${say("calendar.book.nearest")}:`)));
      draw(nearest, true);
    }
    list.querySelector("input")?.focus();
    return true;
  }

  const element = h("div", { class: "stack" },
    h("div", { class: "calendar-two" },
      h("div", { class: "field" }, h("label", { for: "with" }, say("calendar.with")), who),
      h("div", { class: "field" }, h("label", { for: "on" }, say("calendar.book.day")), on)),
    fieldset);
  set(list, { "aria-live": "off" });
  return { element, refresh, refused, chosen: () => ({ start: chosen, officer: who.value || null }) };
}

/** Whether two texts mean one instant. @param {string} one @param {string | null} other */
const same = (one, other) => other !== null && Date.parse(one) === Date.parse(other);
