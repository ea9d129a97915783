// Draws the desk: the same parts on the full page and in the small window. A face only shows; what is pressed goes to `press`.

import { h, icon, replace, set } from "./dom.js";
import { keep, write } from "./keep.js";
import { elapsed, minutes, time } from "./format.js";
import { say } from "./i18n.js";
import { ASKING, beside, canChoose, lasting, minutesBetween, phase, primary, row, undo } from "./desk_rules.js";

/** @typedef {import("./desk_rules.js").View} View */
/** @typedef {import("./desk_rules.js").Coming} Coming */
/** @typedef {import("./desk_rules.js").Action} Action */
/** @typedef {{connected: boolean, since: number | null}} Health */
/** @typedef {(verb: string, button: HTMLElement, about?: string) => void} Press what it is about: another ticket than the one in hand, or a counter */

/** Letters beside the number pad's keys, for those without one. @type {Record<string, string>} */
const LETTERS = { Enter: "", 0: "X", 1: "G", 2: "C", 3: "S", 4: "Q", "+": "T", 5: "M", 6: "K" };

/** What the portal said of a dossier. */
const DOSSIER = { known: "desk.dossier", unknown: "desk.dossier.unknown", unchecked: "desk.dossier.unchecked" };

const UNDONE = new Set(["next", "call", "start", "finish", "finish-next", "miss", "return", "park", "resume", "transfer", "add-procedure", "withdraw", "merge"]);

/**
 * @param {HTMLElement} root the full desk, or the small one
 * @param {Press} press
 */
export function face(root, press) {
  /** @type {Map<string, HTMLElement>} */
  const parts = new Map();
  for (const element of root.querySelectorAll("[data-part]")) {
    const part = /** @type {HTMLElement} */ (element);
    parts.set(part.dataset.part ?? "", part);
  }
  const part = (/** @type {string} */ name) => parts.get(name) ?? null;
  let known = "";
  /** @type {Set<string>} */
  const met = new Set();

  root.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const button = /** @type {HTMLElement | null} */ (target.closest("[data-verb]"));
    // The second half of a double click is no second wish: the button may say something else by now.
    if (button && event.detail < 2 && button.getAttribute("aria-disabled") !== "true") press(button.dataset.verb ?? "", button, button.dataset.ticket ?? button.dataset.counter);
  });

  /**
   * @param {HTMLElement | null} button
   * @param {Action | null} action
   * @param {boolean} letters
   */
  function offer(button, action, letters) {
    if (!button) return;
    set(button, { hidden: action === null });
    if (!action) return;
    button.dataset.verb = action.verb;
    set(button, { "aria-disabled": !action.enabled && "true", "aria-keyshortcuts": letters && `${action.key} ${LETTERS[action.key] ?? ""}`.trim() });
    write(button.querySelector("span"), say(action.phrase));
    write(button.querySelector("kbd"), action.key);
  }

  /** @param {View} view @param {boolean} letters */
  function drawActions(view, letters) {
    offer(part("primary"), primary(view), letters);
    offer(part("beside"), beside(view), letters);
    const waiting = part("waiting");
    if (waiting) {
      waiting.hidden = beside(view) !== null;
      write(waiting.querySelector("b"), String(view.waiting));
    }
    const list = part("row");
    if (list) {
      for (const verb of view.verbs) met.add(verb);
      keep(list, row(view, met), (action) => action.verb, (action) => {
        const opens = ASKING.has(action.verb) && "false";
        return h("button", { class: "button button-quiet", type: "button", "aria-expanded": opens, title: LETTERS[action.key] && `${action.key} · ${LETTERS[action.key]}` },
          h("span"), h("kbd", { "aria-hidden": "true" }));
      }, (button, action) => offer(button, action, letters));
    }
    for (const verb of ["pause", "close", "handover"]) {
      const button = root.querySelector(`.rail [data-verb="${verb}"]`);
      if (button instanceof HTMLElement) button.hidden = !view.verbs.includes(verb) || (verb === "pause" && view.pausedReason !== null);
    }
    for (const kind of ["head", "emergency"]) {
      const button = part(kind);
      if (!button) continue;
      const called = view.help === kind;
      set(button, { "aria-pressed": String(called), hidden: !view.verbs.includes("help") });
      write(button, say(`desk.help.${kind}${called ? ".called" : ""}`));
    }
  }

  /** The counters of somebody who looks after several: one press shows another. @param {View} view */
  function drawCounters(view) {
    const list = part("counters");
    if (!list) return;
    list.hidden = view.mine.length < 2;
    keep(list, list.hidden ? [] : view.mine, String, (number) => h("button", { class: "button", type: "button", "data-verb": "counter", "data-counter": number, "aria-label": say("desk.title.counter", { n: number }) }, number),
      (button, number) => set(button, { "aria-pressed": String(number === view.counter) }));
  }

  /** @param {View} view */
  function drawTicket(view) {
    const now = phase(view);
    const ticket = view.ticket;
    const number = part("number");
    const title = ticket ? ticket.label : say(now === "paused" ? "desk.paused" : "desk.idle");
    if (number && number.textContent !== title) {
      replace(number, h("span", { class: ticket ? "arriving" : "" }, title));
      number.className = ticket ? "number" : "none";
    }
    part("card")?.classList.toggle("calling", now === "called");
    const chips = part("chips");
    if (chips) {
      const words = ticket ? [
        h("li", { class: "chip" }, ticket.lineName),
        ticket.class && h("li", { class: "chip chip-attention" }, icon("star"), say("priority.label")),
        ticket.appointment && h("li", { class: "chip" }, icon("calendar-check"), say("desk.appointment", { time: time(ticket.appointment.start, view.timeZone) })),
      ] : [];
      const told = JSON.stringify([ticket?.id, ticket?.line, ticket?.class, ticket?.appointment?.start]);
      if (chips.dataset.told !== told) replace(chips, ...words);
      chips.dataset.told = told;
    }
    const appointment = ticket?.appointment;
    write(part("procedure"), ticket ? ticket.procedureNames.join(" · ") : "");
    write(part("dossier"), [
      appointment?.dossierNumber && say(DOSSIER[appointment.dossierCheck ?? "known"], { number: appointment.dossierNumber }),
      appointment && say(`book.purpose.${appointment.purpose}`),
    ].filter(Boolean).join(" · "));
    write(part("why"), ticket?.why ?? "");
    const spoken = ticket ? say(now === "called" ? "desk.spoken.called" : "desk.spoken.serving", { label: ticket.label, line: ticket.lineName }) : say("desk.spoken.idle");
    write(part("spoken"), spoken);
  }

  /** What moves with the time alone: called every second. @param {View} view @param {number} now ms */
  function tick(view, now) {
    const ticket = view.ticket;
    const clock = part("clock");
    if (clock) {
      clock.hidden = !ticket;
      if (ticket) {
        const { ms, beyond } = lasting(ticket, now);
        const usual = ticket.usual ? minutes(ticket.usual.p50, ticket.usual.p90) : "";
        clock.classList.toggle("beyond", beyond);
        write(part("time"), elapsed(ms));
        write(part("usual"), ticket.state === "called" ? say("desk.called_for") : usual && say(beyond ? "desk.beyond" : "desk.usual", { minutes: usual }));
      }
    }
    const left = undo(view, now);
    const strip = part("undo");
    if (strip) {
      strip.hidden = left === 0;
      write(part("undo-left"), say("desk.undo.left", { n: left }));
    }
    if (phase(view) === "idle") {
      const next = view.next[0];
      write(part("procedure"), next
        ? say("desk.idle.next", { label: next.label, line: next.lineName, minutes: minutes(minutesBetween(next.since, now)) })
        : say("desk.idle.nobody"));
    }
    if (phase(view) === "paused") {
      const until = view.pausedUntil;
      write(part("procedure"), until ? say("desk.paused.until", { reason: view.pausedReason ?? "", time: time(until, view.timeZone) }) : view.pausedReason ?? "");
    }
    drawComing(view, now);
  }

  /** @param {View} view @param {number} now ms */
  function drawComing(view, now) {
    const next = part("next");
    if (!next) return;
    const choosing = canChoose(view);
    keep(next, view.next, (one) => one.id, comingRow, (element, one) => {
      write(element.querySelector(".waited"), minutes(minutesBetween(one.since, now)));
      write(element.querySelector(".line"), one.lineName);
      const button = element.querySelector("button");
      if (button) set(button, { hidden: !choosing });
    });
    set(/** @type {Element} */ (part("next-none")), { hidden: view.next.length > 0 });
    write(part("waiting-small"), view.waiting ? say("desk.waiting", { n: view.waiting }) : "");

    group("missed", view.missed, (one) => one.id, (one) => h("li", { class: "coming-row" },
      h("b", { class: "number" }, one.label), h("span", { class: "line" }, one.lineName),
      view.verbs.includes("return") && h("button", { class: "button button-quiet", type: "button", "data-verb": "return", "data-ticket": one.id, "aria-label": say("desk.return.of", { label: one.label }) }, say("desk.return"))));

    group("away", view.away, (one) => one.id, (one) => h("li", { class: "coming-row" },
      h("b", { class: "number" }, one.label), h("span", { class: "line" }, h("span", null, one.lineName), h("small", { class: "waited quiet" })),
      view.verbs.includes("return") && h("button", { class: "button button-quiet", type: "button", "data-verb": "return", "data-ticket": one.id, "aria-label": say("desk.return.of", { label: one.label }) }, say("desk.return"))),
    (element, one) => write(element.querySelector(".waited"), say("desk.away.until", { time: time(one.backBy ?? "", view.timeZone) })));

    group("parked", view.parked, (one) => one.id, (one) => h("li", { class: "coming-row" },
      h("b", { class: "number" }, one.label), h("span", { class: "line" }, h("span", null, one.parkReason || one.lineName), h("small", { class: "waited quiet" })),
      view.verbs.includes("resume") && h("button", { class: "button button-quiet", type: "button", "data-verb": "resume", "data-ticket": one.id, "aria-label": say("desk.resume.of", { label: one.label }) }, say("staff.resume"))),
    (element, one) => {
      const over = one.parkedUntil && Date.parse(one.parkedUntil) <= now;
      write(element.querySelector(".waited"), !one.parkedUntil ? "" : over ? say("desk.parked.over") : say("desk.parked.left", { minutes: minutes(minutesBetween(now, one.parkedUntil) + 1) }));
      const button = element.querySelector("button");
      if (button) set(button, { "aria-disabled": view.ticket !== null && "true" });
    });

    group("appointments", view.appointments, (one) => `${one.start} ${one.procedure}`, (one) => h("li", { class: "coming-row" },
      h("b", { class: "number" }, time(one.start, view.timeZone)), h("span", { class: "line line-short", title: one.procedure }, one.procedure), h("span", { class: "waited quiet" })),
    (element, one) => write(element.querySelector(".waited"), say(one.state === "confirmed" ? "desk.appointment.confirmed" : "desk.appointment.checked-in")));
  }

  /**
   * A list that is not there when it is empty.
   * @template T
   * @param {string} name
   * @param {T[]} items
   * @param {(item: T) => string} keyOf
   * @param {(item: T) => HTMLElement} make
   * @param {(row: HTMLElement, item: T) => void} [update]
   */
  function group(name, items, keyOf, make, update = () => undefined) {
    set(/** @type {Element} */ (part(`${name}-group`)), { hidden: items.length === 0 });
    keep(/** @type {Element} */ (part(name)), items, keyOf, make, update);
  }

  return {
    root,
    part,
    tick,

    /** @param {View} view @param {number} now ms @param {boolean} letters whether single keys work */
    draw(view, now, letters) {
      write(part("counter"), String(view.counter ?? ""));
      set(/** @type {Element} */ (part("practice")), { hidden: !view.sample || view.practice });
      set(/** @type {Element} */ (part("practising")), { hidden: !view.practice });
      drawCounters(view);
      write(part("officer"), view.officerName);
      write(part("lines"), view.lineNames.join(" · "));
      write(part("served"), say("desk.served_today", { n: view.servedToday }));
      write(part("keys"), say(letters ? "desk.keys.on" : "desk.keys.off"));
      set(root, { "data-letters": letters ? "on" : "off" });
      drawActions(view, letters);
      drawTicket(view);
      const verb = view.undoVerb ?? "";
      write(part("undone"), view.undoLabel && UNDONE.has(verb) ? say(`desk.undo.${verb}`, { label: view.undoLabel }) : view.undoLabel ?? "");
      tick(view, now);
    },

    /**
     * The line above the buttons: what went wrong, else that the connection is lost, else what happened.
     * @param {{trouble: string, news: string, lost: string}} told
     */
    tell({ trouble, news, lost }) {
      const words = trouble || lost;
      if (words !== known) {
        known = words;
        const place = part("trouble");
        if (place) replace(place, words && h("p", { class: trouble ? "strip-trouble" : "strip-lost" }, icon(trouble ? "octagon-alert" : "wifi-off"), h("span", null, words)));
      }
      write(part("news"), words ? "" : news);
    },

    /** @param {boolean | null} connected null before the first sign of life */
    health(connected) {
      const place = part("health");
      place?.classList.toggle("health-lost", connected === false);
      place?.classList.toggle("health-good", connected === true);
      write(part("health-words"), say(connected === null ? "desk.connecting" : connected ? "desk.connected" : "desk.lost"));
    },

    /** The buttons wait for an answer: shown only when it takes a moment. @param {boolean} waiting @param {HTMLElement | null} button */
    wait(waiting, button) {
      root.classList.toggle("waiting", waiting);
      if (button) set(button, { "aria-busy": waiting && "true" });
    },
  };

  /** @param {Coming} one */
  function comingRow(one) {
    return h("li", { class: "coming-row" },
      h("b", { class: "number" }, one.label),
      h("span", null, h("span", { class: "line" }), one.priority && h("small", { class: "priority" }, say("priority.label"))),
      h("span", { class: "choose" }, h("span", { class: "waited quiet" }),
        h("button", { class: "button button-quiet", type: "button", hidden: true, "data-verb": "call", "data-ticket": one.id, "aria-expanded": "false", "aria-label": say("desk.call.of", { label: one.label }) }, say("desk.call"))));
  }
}

/** @typedef {ReturnType<typeof face>} Face */
