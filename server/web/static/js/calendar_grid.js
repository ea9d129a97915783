// Draws a day (a column per officer) or a week (a column per day) into one grid, and moves the focus in it by arrows.

import { hoursOf, lanesOf, onDuty, rowsOf, shown, step } from "./calendar_rules.js";
import { find, h, icon, set } from "./dom.js";
import { shortDate, time, weekday, capital } from "./format.js";
import { say } from "./i18n.js";
import { keep, write } from "./keep.js";

/** @typedef {import("./calendar_rules.js").Booking} Booking */
/** @typedef {import("./calendar_rules.js").Day} Day */
/** @typedef {import("./calendar_rules.js").View} View */
/** @typedef {import("./calendar_rules.js").Place} Place */
/** @typedef {{day: string, start: string | null, officer: string | null}} Wish where a free cell was pressed */
/** @typedef {{key: string, booking: Booking | null, wish: Wish | null, title: string, label: string, place: Place, rows: number, lane: number, lanes: number}} Stop one thing that can be pressed */
/** @typedef {{key: string, state: string, stops: Stop[]}} Cell */
/** @typedef {{key: string, head: string, now: boolean, pause: string, cells: Cell[]}} Line */
/** @typedef {{key: string, name: string, small: string, lanes: number, today: boolean}} Column */

const NOON = "T12:00:00Z";
const ICONS = { held: "clock", confirmed: "", "checked-in": "check", "no-show": "user", cancelled: "x" };

/**
 * @param {object} grid
 * @param {(booking: Booking) => void} grid.open
 * @param {(wish: Wish) => void} grid.book
 */
export function calendarGrid(grid) {
  const table = find("#grid", HTMLTableElement);
  const heads = find("#heads", HTMLElement);
  const rows = find("#rows", HTMLElement);
  /** @type {Map<string, Stop>} */
  let stops = new Map();
  let active = "";

  /** @param {View} view @param {"day" | "week"} kind @param {boolean} cancelled @param {string} officer */
  function draw(view, kind, cancelled, officer) {
    const { columns, lines } = kind === "day" ? ofDay(view, cancelled, officer) : ofWeek(view, cancelled, officer);
    const held = table.contains(document.activeElement);
    const last = stops.get(active)?.place;
    table.dataset.view = kind;
    stops = new Map(lines.flatMap((line) => line.cells.flatMap((cell) => cell.stops.map((stop) => [stop.key, stop]))));
    if (!stops.has(active)) active = last && held ? nearest(last) : first();
    const corner = { key: "time", name: say("calendar.time"), small: "", lanes: 0, today: false };
    const wide = columns.reduce((sum, column) => sum + column.lanes, 0);
    keep(heads, [corner, ...columns], (column) => column.key || "anybody", () => h("th", { scope: "col" }, h("span"), h("small")), (th, column) => {
      write(th.firstElementChild, column.name);
      write(th.lastElementChild, column.small);
      th.classList.toggle("calendar-today", column.today);
      // The column of times has a width of its own; the others share what is left by what lies beside one another in them.
      set(th, { style: { width: column.lanes ? `${(94 * column.lanes) / wide}%` : "" } });
    });
    set(table, { style: { "--lanes": wide } });
    keep(rows, lines, (line) => line.key, (line) => h("tr", { class: line.pause && "calendar-pause" }, h("th", { scope: "row" })), (tr, line) => {
      tr.classList.toggle("calendar-now", line.now);
      write(tr.firstElementChild, line.head);
      drawCells(tr, line, columns.length);
    });
    if (held && !table.contains(document.activeElement)) focus();
  }

  /** What stands where something stood before. @param {Place} last */
  function nearest(last) {
    const far = (/** @type {Stop} */ stop) => Math.abs(stop.place.col - last.col) * 100 + Math.abs(stop.place.y - last.y);
    return [...stops.values()].reduce((/** @type {Stop | undefined} */ best, stop) => (!best || far(stop) < far(best) ? stop : best), undefined)?.key ?? "";
  }

  /** @param {HTMLElement} tr @param {Line} line @param {number} width */
  function drawCells(tr, line, width) {
    if (line.pause) {
      if (tr.children.length < 2) tr.append(h("td", { colspan: width }));
      set(/** @type {Element} */ (tr.lastElementChild), { colspan: width });
      return write(tr.lastElementChild, line.pause);
    }
    while (tr.children.length > line.cells.length + 1) tr.lastElementChild?.remove();
    while (tr.children.length < line.cells.length + 1) tr.append(h("td", null, h("div")));
    line.cells.forEach((cell, place) => {
      const td = /** @type {HTMLElement} */ (tr.children[place + 1]);
      td.dataset.state = cell.state;
      keep(/** @type {Element} */ (td.firstElementChild), cell.stops, (stop) => stop.key, make, drawStop);
    });
  }

  /** @param {Stop} stop */
  function make({ key, booking }) {
    const button = h("button", { type: "button", class: booking ? "calendar-booking" : "calendar-free", onclick: () => press(key), onfocus: () => activate(key) },
      ...(booking ? [h("b"), h("span")] : [icon("plus"), h("span", { "aria-hidden": "true" }, say("calendar.add"))]));
    return button;
  }

  /** @param {HTMLElement} button @param {Stop} stop */
  function drawStop(button, stop) {
    if (button.getAttribute("aria-label") !== stop.label) set(button, { "aria-label": stop.label });
    button.tabIndex = stop.key === active ? 0 : -1;
    set(button, { style: { "--rows": stop.rows, "--lane": stop.lane, "--of": stop.lanes } });
    const { booking } = stop;
    if (!booking) return;
    if (button.dataset.state !== booking.state) {
      button.dataset.state = booking.state;
      button.querySelector(".icon")?.remove();
      if (ICONS[booking.state]) button.prepend(icon(ICONS[booking.state]));
    }
    const [name, what] = button.querySelectorAll("b, span");
    write(name, stop.title);
    write(what, booking.procedures.join("; "));
  }

  /** @param {string} key */
  function press(key) {
    const stop = stops.get(key);
    activate(key);
    if (stop?.booking) grid.open(stop.booking);
    else if (stop?.wish) grid.book(stop.wish);
  }

  /** @param {string} key */
  function activate(key) {
    if (key === active) return;
    for (const [old, tab] of /** @type {[string, number][]} */ ([[active, -1], [key, 0]])) {
      const button = buttonOf(old);
      if (button) button.tabIndex = tab;
    }
    active = key;
  }

  /** @param {string} key @returns {HTMLElement | null} */
  const buttonOf = (key) => rows.querySelector(`[data-key="${CSS.escape(key)}"]`);

  /** Where the eye should begin: the first one from now on, else the first. */
  function first() {
    const found = [...stops.values()];
    const next = found.find((stop) => stop.booking) ?? found[0];
    return next?.key ?? "";
  }

  /** Puts the focus where it was, or on what to begin with. @param {string} [key] */
  function focus(key = active) {
    const button = buttonOf(stops.has(key) ? key : active);
    button?.focus({ preventScroll: true });
    button?.scrollIntoView({ block: "nearest", inline: "nearest" });
    return button !== null;
  }

  table.addEventListener("keydown", (event) => {
    const from = stops.get(active);
    if (!from || event.ctrlKey || event.altKey || event.metaKey || !["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const places = [...stops.values()].map((stop) => ({ ...stop.place, key: stop.key }));
    const here = /** @type {Place & {key: string}} */ ({ ...from.place, key: from.key });
    const { key } = step(places, here, event.key);
    activate(key);
    focus(key);
  });

  return { draw, focus, wish: () => stops.get(active)?.wish ?? null };
}

// --- a day: a row per slot, a column per officer -------------------------------------------------------------

/** @param {View} view @param {boolean} cancelled @param {string} officer @returns {{columns: Column[], lines: Line[]}} */
function ofDay(view, cancelled, officer) {
  const day = /** @type {Day} */ (view.days[0]);
  const zone = view.timeZone;
  const bookings = day.appointments.filter((booking) => shown(booking, cancelled));
  const rows = rowsOf(day, view.slotMinutes, bookings);
  const due = new Set([...day.duties.map((duty) => duty.officer), ...bookings.map((booking) => booking.officer)]);
  const named = view.officers.filter((each) => due.has(each.username) && (!officer || each.username === officer));
  const people = /** @type {{username: string | null, name: string}[]} */ (officer ? named : [{ username: null, name: say("calendar.anybody") }, ...named]);
  const columns = people.map(({ username, name }) => {
    const mine = bookings.filter((booking) => booking.officer === username);
    return { username, name, mine, ...lanesOf(mine), duties: day.duties.filter((duty) => username === null || duty.officer === username) };
  });
  const now = Date.parse(view.now);
  const lines = rows.map((row, place) => ({
    key: `${row.kind} ${row.at}`,
    head: row.kind === "slot" ? time(row.at, zone) : "",
    now: row.at <= now && now < row.until,
    pause: row.kind === "break" ? say("calendar.break", { from: time(row.at, zone), to: time(row.until, zone) }) : "",
    cells: row.kind === "break" ? [] : columns.map((column, col) => {
      const covers = column.mine.filter((booking) => Date.parse(booking.start) < row.until && row.at < Date.parse(booking.end));
      const begin = covers.filter((booking) => Date.parse(booking.start) >= row.at);
      const open = day.opening.some((span) => Date.parse(span.start) <= row.at && row.until <= Date.parse(span.end));
      const working = open && onDuty(column.duties, row.at, row.until);
      const taken = covers.some((booking) => booking.state !== "cancelled");
      const free = working && row.at > now && !(taken && column.username !== null) && day.day <= view.lastDay;
      /** @type {Stop[]} */
      const stops = begin.map((booking) => {
        const span = rows.filter((each) => each.kind === "slot" && each.at < Date.parse(booking.end) && each.at >= row.at).length || 1;
        const lane = column.laneOf.get(booking.reference) ?? 0;
        return { key: booking.reference, booking, wish: null, title: nameOf(booking), label: told(booking, zone, column.name), place: { col, lane, y: place, yEnd: place + span }, rows: span, lane, lanes: column.lanes };
      });
      if (free && !covers.length) {
        const start = new Date(row.at).toISOString();
        stops.push({ key: `free ${row.at} ${column.username ?? ""}`, booking: null, wish: { day: day.day, start, officer: column.username }, title: "", label: say("calendar.free", { time: time(row.at, zone), who: column.name }), place: { col, lane: 0, y: place, yEnd: place + 1 }, rows: 1, lane: 0, lanes: 1 });
      }
      return { key: column.username ?? "", state: row.at <= now ? "past" : working ? "open" : "off", stops };
    }),
  }));
  return { columns: columns.map(({ username, name, lanes, mine }) => ({ key: username ?? "", name, small: say("calendar.count", { n: mine.length }), lanes, today: false })), lines };
}

// --- a week: a row per hour, a column per day ----------------------------------------------------------------

/** @param {View} view @param {boolean} cancelled @param {string} officer @returns {{columns: Column[], lines: Line[]}} */
function ofWeek(view, cancelled, officer) {
  const zone = view.timeZone;
  const minuteOf = (/** @type {string} */ instant) => {
    const [hour, minute] = time(instant, zone).split(":").map(Number);
    return /** @type {number} */ (hour) * 60 + /** @type {number} */ (minute);
  };
  const names = new Map(view.officers.map((each) => [each.username, each.name]));
  const now = Date.parse(view.now);
  const today = view.now.slice(0, 10);
  const lines = hoursOf(view.days, minuteOf, cancelled).map((hour, place) => ({
    key: `hour ${hour}`,
    head: `${String(hour / 60).padStart(2, "0")}:00`,
    now: Math.floor(minuteOf(view.now) / 60) * 60 === hour && view.days.some((day) => day.day === today),
    pause: "",
    cells: view.days.map((day, col) => {
      const mine = day.appointments.filter((booking) => shown(booking, cancelled) && Math.floor(minuteOf(booking.start) / 60) * 60 === hour);
      const open = day.opening.find((span) => minuteOf(span.start) < hour + 60 && minuteOf(span.start) + (Date.parse(span.end) - Date.parse(span.start)) / 60_000 > hour);
      const begins = open ? Date.parse(open.start) + Math.max(0, hour - minuteOf(open.start)) * 60_000 : 0;
      const share = 1 / (mine.length + 1);
      /** @type {Stop[]} */
      const stops = mine.map((booking, order) => ({
        key: booking.reference, booking, wish: null, title: `${time(booking.start, zone)} ${nameOf(booking)}`, label: told(booking, zone, booking.officer ? names.get(booking.officer) ?? booking.officer : say("calendar.anybody")),
        place: { col, lane: 0, y: place + order * share, yEnd: place + (order + 1) * share }, rows: 1, lane: 0, lanes: 1,
      }));
      if (open && begins + 3_600_000 > now && day.day <= view.lastDay) {
        const start = new Date(Math.max(begins, now)).toISOString();
        stops.push({ key: `free ${day.day} ${hour}`, booking: null, wish: { day: day.day, start, officer: officer || null }, title: "", label: say("calendar.free.day", { date: shortDate(begins, zone), time: time(begins, zone) }), place: { col, lane: 0, y: place + mine.length * share, yEnd: place + 1 }, rows: 1, lane: 0, lanes: 1 });
      }
      return { key: day.day, state: !open ? "off" : begins + 3_600_000 <= now ? "past" : "open", stops };
    }),
  }));
  const columns = view.days.map((day) => {
    const n = day.appointments.filter((booking) => shown(booking, cancelled)).length;
    const closed = day.opening.length ? "" : day.closed ?? say("calendar.closed.short");
    return { key: day.day, name: `${capital(weekday(day.day + NOON, "UTC"))} ${day.day.slice(8)}/${day.day.slice(5, 7)}`, small: closed || say("calendar.count", { n }), lanes: 1, today: day.day === today };
  });
  return { columns, lines };
}

/** A booking in words, for who does not see the grid. @param {Booking} booking @param {string} zone @param {string} who */
function told(booking, zone, who) {
  return say("calendar.slot", {
    time: `${time(booking.start, zone)}–${time(booking.end, zone)}`, name: nameOf(booking),
    procedure: booking.procedures.join("; "), state: say(`calendar.state.${booking.state}`), who,
  });
}

/** @param {Booking} booking */
const nameOf = (booking) => booking.name ?? say(booking.state === "held" ? "calendar.held.name" : "calendar.noname");

/** Says which day is closed and why, or that nobody works on it; empty where there is something to see. @param {View} view @param {string} date */
export function emptyWords(view, date) {
  if (view.days.some((day) => day.opening.length || day.appointments.length)) {
    return view.days.every((day) => !day.duties.length && !day.appointments.length) ? say("calendar.nobody") : "";
  }
  const why = view.days[0]?.closed;
  return why ? say("calendar.closed.why", { date, name: why }) : say("calendar.closed", { date });
}
