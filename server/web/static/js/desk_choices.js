// What some verbs ask first: the question, its answers, and further fields. Pure but for what the server is asked; desk_panel.js shows it.

import { read } from "./api.js";
import { h } from "./dom.js";
import { minutes } from "./format.js";
import { say } from "./i18n.js";

/** @typedef {import("./desk_rules.js").View} View */
/** @typedef {{words: string, body: Record<string, unknown>, asksDate?: boolean}} Choice */

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {() => Choice[] | Promise<Choice[]>} [choices] a short list, each with a digit as its key
 * @property {(words: string) => Promise<Choice[]>} [search] or what is found for the words typed
 * @property {string} none what is said where there is nothing to choose
 * @property {HTMLElement[]} [fields] further answers, none of them needed
 * @property {() => Record<string, unknown>} [more] what the fields add to the chosen body
 */

const MINUTE = 60000;
const DAY = 24 * 60 * MINUTE;

/** @param {string} verb @param {string[]} reasons */
const because = (verb, reasons) => reasons.map((reason) => {
  const words = say(`desk.${verb}.${reason}`);
  return { words, body: { reason: words } };
});

/** A choice of minutes, none at first. @param {string} words @param {number[]} offered */
function minutesField(words, offered) {
  const select = h("select", { class: "input" }, h("option", { value: "" }, say("desk.minutes.none")), ...offered.map((n) => h("option", { value: n }, minutes(n))));
  return { field: h("label", { class: "panel-field" }, h("span", null, words), select), value: () => Number(select.value) };
}

/** @param {string} words @param {boolean} [checked] */
function tick(words, checked = false) {
  const input = h("input", { type: "checkbox", checked });
  return { field: h("label", { class: "choice choice-bare" }, input, h("span", null, words)), value: () => input.checked };
}

/** @param {string} path */
const office = (path) => `/api/offices/${encodeURIComponent(path)}`;

/** Where a ticket can be moved: the office's other lines, then the other open counters. @param {View} view @returns {Promise<Choice[]>} */
async function places(view) {
  /** @type {{code: string, name: string}[]} */
  const lines = await read(`${office(view.office)}/lines`);
  const others = view.counters.filter((counter) => counter.number !== view.counter && counter.officer !== null);
  return [
    ...lines.filter((line) => line.code !== view.ticket?.line).map((line) => ({ words: line.name, body: { line: line.code } })),
    ...others.map((counter) => ({ words: `${counter.name} · ${counter.officer}`, body: { counter: counter.number } })),
  ];
}

/** @param {View} view @param {string} words @returns {Promise<Choice[]>} */
async function procedures(view, words) {
  /** @type {{items: {code: string, name: string}[]}} */
  const found = await read(`${office(view.office)}/procedures?limit=6&q=${encodeURIComponent(words)}`);
  return found.items.map((item) => ({ words: item.name, body: { procedure: item.code } }));
}

/** The numbers that a person may have besides the one in hand. @param {View} view @param {string} words @returns {Promise<Choice[]>} */
async function others(view, words) {
  /** @type {import("./desk_rules.js").Coming[]} */
  const found = await read(`/api/desk/tickets?like=${encodeURIComponent(words)}`);
  return found.filter((one) => one.id !== view.ticket?.id).map((one) => ({ words: `${one.label} · ${one.lineName}`, body: { other: one.id } }));
}

/** How the visit ends: the outcome, with the files and procedures where they are not the usual ones. @param {View} view @returns {Question} */
function ending(view) {
  const next = tick(say("staff.call_next"), true);
  const dossiers = h("input", { class: "input input-number", type: "number", inputmode: "numeric", min: 0, max: 999 });
  const ticket = view.ticket;
  const here = (ticket?.procedures ?? []).flatMap((code, place) => (ticket?.here?.includes(code) ? [{ code, done: tick(ticket.procedureNames[place] ?? code, true) }] : []));
  return {
    title: say("desk.finish_with.ask"),
    choices: () => view.outcomes.map((outcome) => ({ words: outcome.name, body: { outcome: outcome.code }, asksDate: outcome.asksDate })),
    none: "",
    fields: [
      ...here.map(({ done }) => done.field),
      h("div", { class: "row" }, h("label", { class: "panel-field" }, h("span", null, say("staff.dossiers")), dossiers), next.field),
    ],
    more: () => {
      const done = here.filter((each) => each.done.value()).map(({ code }) => code);
      return {
        next: next.value(),
        ...(Number.isFinite(dossiers.valueAsNumber) && { dossiers: Math.round(dossiers.valueAsNumber) }),
        ...(done.length < here.length && { procedures: done }),
      };
    },
  };
}

/**
 * What a verb asks first.
 * @param {string} verb one of desk_rules.ASKING
 * @param {View} view
 * @param {number} now ms
 * @returns {Question}
 */
export function question(verb, view, now) {
  switch (verb) {
    case "pause": {
      const back = minutesField(say("desk.pause.minutes"), [10, 15, 30, 60, 90]);
      return {
        title: say("desk.pause.ask"), none: "", fields: [back.field],
        choices: () => because("pause", ["short", "lunch", "meeting", "other"]),
        more: () => (back.value() ? { until: new Date(now + back.value() * MINUTE).toISOString() } : {}),
      };
    }
    case "park": {
      const back = minutesField(say("desk.park.minutes"), [5, 10, 15, 30, 60]);
      return {
        title: say("desk.park.ask"), none: "", fields: [back.field],
        choices: () => because("park", ["copy", "papers", "pay", "other"]),
        more: () => (back.value() ? { minutes: back.value() } : {}),
      };
    }
    case "transfer": {
      const back = tick(say("desk.transfer.back"));
      return { title: say("desk.transfer.ask"), choices: () => places(view), none: say("desk.transfer.none"), fields: [back.field], more: () => (back.value() ? { back: true } : {}) };
    }
    case "call":
      return { title: say("desk.call.ask"), choices: () => because("call", ["frail", "urgent", "asked", "other"]), none: "" };
    case "handover":
      return { title: say("desk.handover.ask"), none: say("desk.handover.none"), choices: () => view.officers.filter((each) => each.username !== view.officer).map((each) => ({ words: each.name, body: { to: each.username } })) };
    case "also":
      return { title: say("desk.also.ask"), none: say("desk.also.none"), choices: () => view.counters.filter((counter) => counter.officer === null).map((counter) => ({ words: counter.name, body: { counter: counter.number, also: true } })) };
    case "merge":
      return { title: say("desk.merge.ask"), search: (words) => others(view, words), none: say("desk.merge.none") };
    case "finish-with":
      return ending(view);
    default:
      return { title: say("desk.add.ask"), search: (words) => procedures(view, words), none: say("desk.add.none") };
  }
}

/** A day to come back on: tomorrow at the earliest, which is what is proposed. @param {number} now ms @param {string} zone */
export function dayField(now, zone) {
  const tomorrow = new Date(now + DAY).toLocaleDateString("en-CA", { timeZone: zone });
  const input = h("input", { class: "input", type: "date", min: tomorrow, value: tomorrow, required: true });
  return { field: h("label", { class: "panel-field" }, h("span", null, say("desk.finish_with.day")), input), input };
}
