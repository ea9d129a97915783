// The way to the desk: signing in, and choosing a counter.

import { command, Problem } from "./api.js";
import { find, h, icon, replace, set } from "./dom.js";
import { say } from "./i18n.js";

/** @typedef {import("./desk_rules.js").View} View */

/** @param {string} words @param {"trouble" | "info"} [kind] */
const notice = (words, kind = "trouble") =>
  h("div", { class: `notice notice-${kind}` }, icon(kind === "trouble" ? "octagon-alert" : "info"), h("p", null, words));

/** @param {HTMLInputElement} input @param {string} words nothing takes the error away */
function mark(input, words) {
  const field = /** @type {HTMLElement} */ (input.closest(".field"));
  field.querySelector(".error")?.remove();
  field.classList.toggle("field-wrong", words !== "");
  set(input, { "aria-invalid": words !== "" && "true", "aria-describedby": words !== "" && `${input.id}-error` });
  if (words) input.before(h("p", { class: "error", id: `${input.id}-error` }, icon("circle-alert"), h("span", null, words)));
}

/**
 * The sign-in form. `done` is called once the server has said yes.
 * @param {() => void} done
 */
export function signIn(done) {
  const form = find("#sign-in", HTMLFormElement);
  const problem = find("#sign-in-problem", HTMLElement);
  const username = find("#username", HTMLInputElement);
  const password = find("#password", HTMLInputElement);
  const button = find("#sign-in button", HTMLButtonElement);
  let asking = false;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking) return;
    mark(username, username.value.trim() ? "" : say("desk.username.missing"));
    mark(password, password.value ? "" : say("desk.password.missing"));
    replace(problem);
    const missing = !username.value.trim() ? username : !password.value ? password : null;
    if (missing) return missing.focus();
    asking = true;
    const slow = setTimeout(() => set(button, { "aria-busy": "true", "aria-disabled": "true" }), 300);
    try {
      await command("POST", "/api/session", { username: username.value.trim(), password: password.value });
      form.reset();
      done();
    } catch (error) {
      replace(problem, notice(/** @type {Error} */ (error).message));
      if (error instanceof Problem) password.select();
    } finally {
      asking = false;
      clearTimeout(slow);
      set(button, { "aria-busy": null, "aria-disabled": null });
    }
  });

  return {
    /** @param {string} words why one is here again; nothing at first */
    show(words) {
      replace(problem, words && notice(words, "info"));
      (username.value ? password : username).focus({ preventScroll: true });
    },
  };
}

/**
 * The counters to choose from, with whoever sits there.
 * @param {View} view
 * @param {(counter: number, button: HTMLElement) => void} sit
 */
export function drawSeats(view, sit) {
  replace(find("#seats-office", HTMLElement), view.officeName);
  replace(find("#seats-lead", HTMLElement), view.counters.length ? say("desk.seats.lead", { name: view.officerName }) : say("desk.seats.none"));
  const list = find("#seats-list", HTMLElement);
  const told = JSON.stringify(view.counters);
  if (list.dataset.told === told) return;
  list.dataset.told = told;
  replace(list, ...view.counters.map((counter) => {
    const button = h("button", { class: "button seat", type: "button", "aria-disabled": counter.officer !== null && "true", onclick: () => counter.officer === null && sit(counter.number, button) },
      h("b", { class: "number" }, counter.number),
      h("span", null, counter.name, h("small", null, (counter.lines ?? []).join(" · ")), h("small", { class: counter.officer === null ? "seat-free" : "" }, counter.officer === null ? say("desk.seats.free") : say("desk.seats.taken", { name: counter.officer }))));
    return h("li", null, button);
  }));
}

/** What went wrong with sitting down. @param {string} words */
export const seatsProblem = (words) => replace(find("#seats-problem", HTMLElement), words && notice(words));
