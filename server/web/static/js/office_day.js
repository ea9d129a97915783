// Today's numbers against an ordinary day, by quarter of an hour: a picture with its words in it, and the same as a table.

import { h, replace } from "./dom.js";
import { say } from "./i18n.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 150;
const FOOT = 22; // px for the hours below
const HEAD = 8;
const FEWEST = 32; // quarters: a morning that has just begun is not stretched over the whole width

/** @param {number} quarter of the day */
const clock = (quarter) => `${String(Math.floor(quarter / 4)).padStart(2, "0")}:${String((quarter % 4) * 15).padStart(2, "0")}`;

/**
 * Which quarters are worth showing: from the first full hour with anybody to the last quarter, on both days.
 * @param {number[]} arrivals
 * @param {number[]} usual
 */
export function span(arrivals, usual) {
  const busy = arrivals.map((count, place) => count > 0 || (usual[place] ?? 0) > 0);
  const first = busy.indexOf(true);
  if (first < 0) return null;
  const from = first - (first % 4);
  return { from, until: Math.min(arrivals.length, Math.max(from + FEWEST, busy.lastIndexOf(true) + 1)) };
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * @param {HTMLElement} place
 * @param {HTMLElement} table its body
 * @param {{arrivals: number[], usual: number[]}} view
 */
export function drawDay(place, table, { arrivals, usual }) {
  const told = JSON.stringify([arrivals, usual, place.clientWidth]);
  if (place.dataset.told === told) return;
  place.dataset.told = told;
  const shown = span(arrivals, usual);
  if (!shown) {
    replace(place, h("p", { class: "quiet" }, say("office.day.none")));
    replace(table);
    return;
  }
  const { from, until } = shown;
  const today = arrivals.slice(from, until);
  const before = usual.slice(from, until);
  const most = Math.max(1, ...today, ...before);
  const width = Math.max(320, place.clientWidth);
  const step = width / today.length;
  const y = (/** @type {number} */ count) => HEAD + (HEIGHT - HEAD - FOOT) * (1 - count / most);
  const picture = shape("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, class: "hall-day", role: "img", "aria-label": say(before.length ? "office.day.words" : "office.day.most", { n: Math.max(...today) }) });
  today.forEach((count, index) => {
    if (count > 0) picture.append(shape("rect", { x: index * step + 1, y: y(count), width: Math.max(1, step - 2), height: HEIGHT - FOOT - y(count), rx: 2 }));
    if ((from + index) % 4 === 0 && step * 4 >= 46) picture.append(shape("text", { x: index * step, y: HEIGHT - 5 }, clock(from + index)));
  });
  picture.append(shape("line", { x1: 0, x2: width, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT }));
  if (before.length) picture.append(...usualLine(before, step, y));
  replace(place, picture);
  replace(table, ...today.map((count, index) => h("tr", null, h("th", { scope: "row" }, clock(from + index)), h("td", { class: "number" }, count), h("td", { class: "number" }, before[index] ?? "–"))));
}

/** The ordinary day as a stepped line, with its word where it is highest. @param {number[]} before @param {number} step @param {(count: number) => number} y */
function usualLine(before, step, y) {
  const points = before.flatMap((count, index) => [`${index * step},${y(count)}`, `${(index + 1) * step},${y(count)}`]);
  const top = before.indexOf(Math.max(...before));
  return [
    shape("polyline", { points: points.join(" ") }),
    shape("text", { x: (top + 1) * step + 6, y: y(before[top] ?? 0) + 12, class: "usual" }, say("office.day.usual")),
  ];
}
