// Stepping out with the number kept: for how long, and being back.

import { h, replace } from "./dom.js";
import { say } from "./i18n.js";

/**
 * @param {HTMLElement} box
 * @param {(button: HTMLElement, verb: "hold" | "back", body?: {minutes: number}) => void} send
 */
export function holdBox(box, send) {
  let asking = false;
  let told = "";
  /** @type {import("./ticket_rules.js").Ticket | null} */
  let ticket = null;

  /** @param {boolean} now */
  function ask(now) {
    asking = now;
    draw("offered");
    box.querySelector("button")?.focus({ preventScroll: true });
  }

  /** @param {import("./ticket_rules.js").Story["hold"]} which */
  function draw(which) {
    if (which !== "offered") asking = false;
    const minutes = ticket?.holdMinutes ?? [];
    const fresh = `${which} ${asking} ${minutes}`;
    if (fresh === told) return;
    told = fresh;
    box.hidden = which === "";
    if (which === "held") {
      const back = h("button", { class: "button button-primary button-large button-wide", type: "button", onclick: () => send(back, "back") }, say("follow.hold.back"));
      replace(box, back);
    } else if (which === "offered" && asking) {
      const choices = minutes.map((n) => {
        const choice = h("button", { class: "button button-large", type: "button", onclick: () => send(choice, "hold", { minutes: n }) }, say("follow.hold.minutes", { n }));
        return choice;
      });
      const no = h("button", { class: "button button-large button-wide hold-no", type: "button", onclick: () => ask(false) }, say("follow.hold.no"));
      replace(box, h("p", { id: "hold-ask" }, say("follow.hold.ask", { label: ticket?.label ?? "" })),
        h("div", { class: "two", role: "group", "aria-labelledby": "hold-ask" }, ...choices), no);
    } else if (which === "offered") {
      replace(box, h("button", { class: "button button-large button-wide", type: "button", onclick: () => ask(true) }, say("follow.hold")));
    } else {
      replace(box);
    }
  }

  return {
    /** @param {import("./ticket_rules.js").Story["hold"]} which @param {import("./ticket_rules.js").Ticket} now */
    draw(which, now) {
      ticket = now;
      draw(which);
    },
  };
}
