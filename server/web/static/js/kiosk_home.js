// The first view: one button per line. It stays in place while waits change, so that a finger on its way finds what it aimed at.

import { h, replace } from "./dom.js";
import { date, minutes, time } from "./format.js";
import { lang, say } from "./i18n.js";

/**
 * @typedef {{p50: number, p90: number}} Wait
 * @typedef {{code: string, kind: string, prefix: string, nameVi: string, nameEn: string, open: boolean, waiting: number | null,
 *   wait: Wait | null, late: boolean}} Line
 * @typedef {{opens: string, closes: string}} Hours
 * @typedef {{code: string, nameVi: string, nameEn: string, openingNow: Hours | null, openingNext: Hours | null}} Office
 * @typedef {{phase: "connecting" | "not-allowed" | "ready", online: boolean, printer: string, paper: string, now: string, timeZone: string,
 *   office: Office | null, officeOpen: boolean, lines: Line[], groups: {code: string, nameVi: string, nameEn: string}[],
 *   publicUrl: string, publicQr: string | null, hotline: string, sample: boolean, practice: boolean}} State
 */

/** @param {{nameVi: string, nameEn: string}} named */
export const nameOf = (named) => (lang === "en" ? named.nameEn : named.nameVi);

/** @param {Wait} wait */
export const range = (wait) => minutes(wait.p50, wait.p90);

/**
 * The mark of a line: its letter in a shape and colour of its own.
 * @param {Line} line
 * @param {number} place
 */
export function badge(line, place) {
  const sign = line.kind === "guidance" ? "?" : line.prefix || line.code;
  return h("span", { class: `badge badge-${place % 10} ${sign.length > 1 ? "badge-long" : ""}`, "aria-hidden": "true" }, sign);
}

/**
 * Why a line gives no numbers, and until when.
 * @param {State} state
 */
function whyClosed(state) {
  if (state.officeOpen) return say("kiosk.line.closed");
  const next = state.office?.openingNext;
  if (!next || Date.parse(next.opens) < Date.parse(state.now)) return say("kiosk.line.office_closed_unknown");
  return say("kiosk.line.office_closed", { time: time(next.opens, state.timeZone), date: date(next.opens, state.timeZone) });
}

/**
 * What stands at the right of a line: the range of the wait, and how many wait.
 * @param {Line} line
 * @param {State} state
 */
function waitOf(line, state) {
  if (!line.open) return [whyClosed(state)];
  if (line.waiting === null) return [];
  if (line.waiting === 0) return [say("kiosk.nobody")];
  const people = say("kiosk.waiting", { n: line.waiting });
  return line.wait ? [range(line.wait), h("small", null, people)] : [people];
}

/** The home view: `update` keeps it true, `element` is shown. */
export class Home {
  /** @param {(line: Line) => void} take */
  constructor(take) {
    this.take = take;
    /** @type {Map<string, HTMLButtonElement>} */
    this.buttons = new Map();
    /** @type {Map<string, Line>} */
    this.lines = new Map();
    this.heading = h("h1", null);
    this.list = h("div", { class: "lines" });
    this.element = h("div", { class: "home" }, this.heading, this.list);
    /** @type {string} */
    this.shown = "";
  }

  /** @param {State} state */
  update(state) {
    this.lines = new Map(state.lines.map((line) => [line.code, line]));
    replace(this.heading, say(state.lines.some((line) => line.open) ? "kiosk.choose_purpose" : "kiosk.closed_title"));
    const codes = JSON.stringify(state.lines.map((line) => [line.code, nameOf(line), line.prefix]));
    if (codes !== this.shown) this.draw(state.lines, codes);
    for (const line of state.lines) {
      const button = this.buttons.get(line.code);
      if (!button) continue;
      button.setAttribute("aria-disabled", String(!line.open));
      const wait = button.querySelector(".line-wait");
      if (wait) replace(wait, ...waitOf(line, state));
    }
  }

  /** @param {Line[]} lines @param {string} codes */
  draw(lines, codes) {
    this.shown = codes;
    this.buttons.clear();
    for (const [place, line] of lines.entries()) {
      const button = h(
        "button", { class: "line", type: "button", dataset: { line: line.code }, onclick: () => this.touched(line.code) },
        badge(line, place), h("span", { class: "line-name" }, nameOf(line)), h("span", { class: "line-wait" }),
      );
      this.buttons.set(line.code, button);
    }
    this.list.className = `lines ${lines.length > 5 ? "lines-fill" : ""} ${lines.length > 8 ? "lines-two" : ""}`;
    replace(this.list, ...this.buttons.values());
  }

  /** @param {string} code */
  touched(code) {
    const line = this.lines.get(code);
    if (line?.open) this.take(line);
  }
}
