// What the pages of reception and of the head share: the sign-in, a view that is asked for again when the feed tells of news, commands
// whose refusals are said in words, and the connection's health.

import { command, NetworkProblem, Problem, read } from "./api.js";
import { signIn } from "./desk_door.js";
import { find, h, icon, replace } from "./dom.js";
import { follow } from "./feed.js";
import { say } from "./i18n.js";
import { write } from "./keep.js";

const SLOW = 300; // ms until a button shows that it waits
const GATHER = 250; // ms in which several news become one question
const AGAIN = 1500; // ms until the first question is tried again

/** @typedef {{officer: string, name: string, office: string, officeName: string, role: string}} Session */

/**
 * @template View
 * @param {object} page
 * @param {(session: Session) => Promise<View>} page.ask
 * @param {(view: View) => {sample: boolean, practice: boolean}} page.marks whether nothing is real: made up, or practised just now
 * @param {(view: View) => void} page.draw
 */
export function staffPage(page) {
  const door = find("#door", HTMLElement);
  const desk = find("#desk", HTMLElement);
  const loading = find("#loading", HTMLElement);
  const trouble = find("#trouble", HTMLElement);
  const news = find("#news", HTMLElement);
  const health = find("#health", HTMLElement);
  const form = signIn(() => refresh());
  /** @type {ReturnType<typeof follow> | null} */
  let feed = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let gathering;
  let asking = false;
  let again = false;
  let seen = false;
  let unreachable = false; // what #trouble says is only that nobody answers

  /** @param {HTMLElement} which */
  function show(which) {
    for (const part of [door, desk, loading]) part.hidden = part !== which;
  }

  /** @param {string} words */
  function tell(words) {
    unreachable = false;
    replace(trouble, words && h("div", { class: "notice notice-trouble" }, icon("octagon-alert"), h("p", null, words)));
    if (words) write(news, "");
  }

  /** What went well, in a word. @param {string} words */
  function done(words) {
    write(news, words);
  }

  /** Several news within a moment are one question. */
  function soon() {
    clearTimeout(gathering);
    gathering = setTimeout(refresh, GATHER);
  }

  /** Asks the server; what comes meanwhile becomes one more question. */
  async function refresh() {
    again = true;
    if (asking) return;
    asking = true;
    try {
      while (again) {
        again = false;
        const session = /** @type {Session} */ (await read("/api/session"));
        const view = await page.ask(session);
        seen = true;
        if (unreachable) tell("");
        show(desk);
        write(find("#office", HTMLElement), session.officeName);
        for (const link of document.querySelectorAll("[data-roles]")) {
          if (link instanceof HTMLElement) link.hidden = !(link.dataset.roles ?? "").split(" ").includes(session.role);
        }
        const { sample, practice } = page.marks(view);
        find("#practice", HTMLElement).hidden = !sample || practice;
        find("#practising", HTMLElement).hidden = !practice;
        page.draw(view);
        feed ??= follow(session.office, { onState: soon, onForecast: soon, onHealth: healthy });
      }
    } catch (error) {
      failed(error);
    } finally {
      asking = false;
    }
  }

  /** @param {unknown} error */
  function failed(error) {
    if (error instanceof Problem && (error.status === 401 || error.status === 403)) {
      feed?.stop();
      feed = null;
      show(door);
      form.show(error.status === 403 ? error.message : seen ? say("desk.session_over") : "");
      seen = false;
    } else if (seen) {
      tell(error instanceof Error ? error.message : String(error));
      unreachable = error instanceof NetworkProblem;
    } else {
      setTimeout(refresh, AGAIN);
    }
  }

  /** @param {{connected: boolean}} told */
  function healthy({ connected }) {
    health.dataset.connected = String(connected);
    write(health, say(connected ? "desk.connected" : "desk.lost"));
    if (connected && unreachable) refresh();
  }

  /**
   * Carries a command out; what was refused is said above. Answers the body, or undefined where it was refused or lost.
   * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {HTMLElement | null} [button]
   * @param {(problem: Problem) => void} [refused] hears of a refusal, too
   */
  async function run(method, path, body, button, refused) {
    if (button?.getAttribute("aria-busy") === "true") return undefined;
    const slow = setTimeout(() => button?.setAttribute("aria-busy", "true"), SLOW);
    tell("");
    done("");
    try {
      return await command(method, path, body);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof NetworkProblem)) throw error;
      tell(error.message);
      if (error instanceof Problem) refused?.(error);
      return undefined;
    } finally {
      clearTimeout(slow);
      button?.removeAttribute("aria-busy");
      refresh();
    }
  }

  find("#sign-out", HTMLButtonElement).addEventListener("click", async () => {
    seen = false;
    await run("DELETE", "/api/session");
  });
  refresh();
  return { refresh, run, tell, done };
}

/** The button that an event came from. @param {Event} event */
export const pressed = (event) => (event.currentTarget instanceof HTMLElement ? event.currentTarget : null);
