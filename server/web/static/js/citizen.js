// What scripts add to the citizen's pages; each works without them. Search while typing, ticks that stay, the time a hold is kept.

import { say } from "./i18n.js";

const TYPING = 250; // ms without a key before asking

/** Swap the results for those of what has been typed, from the very page that the form would lead to. */
function searchWhileTyping() {
  const form = document.querySelector("#search");
  const input = document.querySelector("#q");
  if (!(form instanceof HTMLFormElement) || !(input instanceof HTMLInputElement)) return;
  /** @type {AbortController | undefined} */
  let asked;
  let timer = 0;
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const query = new URLSearchParams(Array.from(new FormData(form), ([name, value]) => [name, String(value).trim()]));
    if (!query.get("q")) query.delete("q");
    const address = `/?${query}`;
    try {
      const response = await fetch(address, { signal: asked.signal, headers: { Accept: "text/html" } });
      if (!response.ok) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const [now, then] = [document.querySelector("#results"), page.querySelector("#results")];
      if (!now || !then) return;
      now.replaceWith(document.importNode(then, true));
      const said = document.querySelector("#found-said");
      if (said) said.textContent = document.querySelector("#found-title")?.textContent?.trim() ?? "";
      history.replaceState(null, "", address);
    } catch {
      // No connection, or a newer question: what is on the screen stays, and the button still works.
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, TYPING);
  });
}

/** Keep the ticks of a checklist while this tab is open. */
function rememberTicks() {
  for (const box of document.querySelectorAll("input[data-remember]")) {
    if (!(box instanceof HTMLInputElement)) continue;
    const key = `tick-${box.dataset.remember}`;
    try {
      box.checked = sessionStorage.getItem(key) === "1";
      box.addEventListener("change", () => sessionStorage.setItem(key, box.checked ? "1" : ""));
    } catch {
      return; // storage switched off: ticks work, and are forgotten
    }
  }
}

/** Say in whole minutes how long the hold is kept, and that it is over when it is. */
function countDown() {
  const held = document.querySelector("#held");
  const left = document.querySelector("#held-left");
  if (!(held instanceof HTMLElement) || !left || !held.dataset.until) return;
  const until = Date.parse(held.dataset.until);
  const show = () => {
    const ms = until - Date.now();
    if (ms <= 0) {
      location.reload(); // the server knows better than this clock whether it is over
      return;
    }
    left.textContent = say("citizen.who.left", { n: Math.ceil(ms / 60000) });
    window.setTimeout(show, Math.min(ms, ms % 60000 || 60000) + 50);
  };
  if (until > Date.now()) show();
}

/** One press is enough: the button says so while the page is on its way. */
function pressOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  // Back from the browser's memory, the page can be sent again.
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
    }
  });
}

/** After a refused form, take the reader to what is wrong. */
function showErrors() {
  const errors = document.querySelector("#errors");
  if (errors instanceof HTMLElement) errors.focus();
}

searchWhileTyping();
rememberTicks();
countDown();
pressOnce();
showErrors();
