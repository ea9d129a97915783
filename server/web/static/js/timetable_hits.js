// Bookings that cannot be served: one in a row, where it could go, and whether its holder hears of it by message.

import { h } from "./dom.js";
import { date, phone, time } from "./format.js";
import { say } from "./i18n.js";

/** @typedef {import("./timetable_rules.js").Hit} Hit */

/** `08:15 thứ Hai, 23/11/2026` @param {string} at @param {string} zone */
const when = (at, zone) => `${time(at, zone)} ${date(at, zone)}`;

/** @param {Hit} hit @param {string} zone */
export function hitWords(hit, zone) {
  const called = [hit.name, hit.phone && phone(hit.phone)].filter(Boolean).join(" · ");
  return h("div", { class: "tt-hit" },
    h("div", null,
      h("p", null, h("b", null, when(hit.start, zone)), hit.officerName && ` ${say("timetable.hit.officer", { officer: hit.officerName })}`),
      h("p", null, called || hit.reference),
      h("p", { class: "tt-what" }, hit.procedures.join(", "))),
    h("div", null, newPlace(hit, zone), !hit.told && hit.proposal && hit.proposal.start !== hit.start && h("p", { class: "tt-none" }, say(hit.phone ? "timetable.hit.call" : "timetable.hit.call.nobody"))));
}

/** @param {Hit} hit @param {string} zone */
function newPlace({ start, proposal }, zone) {
  if (!proposal) return h("p", { class: "tt-none" }, say("timetable.hit.none"));
  const officer = proposal.officerName ? say("timetable.hit.officer", { officer: proposal.officerName }) : say("timetable.hit.anyone");
  if (proposal.start === start) return h("p", { class: "tt-new" }, say("timetable.hit.same", { officer }));
  return h("p", { class: "tt-new" }, say("timetable.hit.to", { time: when(proposal.start, zone) }), proposal.officerName && ` ${officer}`);
}

/** Those of the moved bookings whose holders have to be called. @param {Hit[]} hits @param {string[]} moved */
export const toCall = (hits, moved) =>
  hits.filter((hit) => !hit.told && hit.proposal && hit.proposal.start !== hit.start && moved.includes(hit.reference));
