// At reception: the bookings that the office can no longer serve, so that whoever asks is helped. Looked at every minute; nothing waits for it.

import { read } from "./api.js";
import { find, h } from "./dom.js";
import { phone, shortDate, time } from "./format.js";
import { say } from "./i18n.js";
import { keep, write } from "./keep.js";

/** @typedef {import("./timetable_rules.js").Hit} Hit */

const AGAIN = 60_000; // ms
const desk = find("#desk", HTMLElement);
const list = find("#stranded-list", HTMLElement);

async function look() {
  if (desk.hidden || document.hidden) return;
  try {
    const { bookings, timeZone } = /** @type {{bookings: Hit[], timeZone: string}} */ (await read("/api/timetable/stranded"));
    find("#stranded", HTMLElement).hidden = bookings.length === 0;
    write(find("#stranded-title", HTMLElement), say("timetable.arrange", { n: bookings.length }));
    keep(list, bookings, (hit) => JSON.stringify(hit), (hit) => rowOf(hit, timeZone), () => {});
  } catch {
    // Reception's own page says that nobody answers, and asks for a sign-in.
  }
}

/** @param {Hit} hit @param {string} zone */
const rowOf = (hit, zone) => h("li", { class: "staff-wide" },
  h("span", { class: "staff-what" }, h("span", null, h("b", null, `${time(hit.start, zone)} ${shortDate(hit.start, zone)}`), ` · ${hit.procedures.join(", ")}`), h("small", null, [hit.name, hit.phone && phone(hit.phone)].filter(Boolean).join(" · ") || hit.reference)),
  h("a", { class: "button button-quiet", href: `/calendar?day=${hit.start.slice(0, 10)}` }, say("timetable.arrange.calendar")));

new MutationObserver(look).observe(desk, { attributeFilter: ["hidden"] });
setInterval(look, AGAIN);
look();
