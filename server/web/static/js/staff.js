// What the pages of reception and of the head share: the sign-in, a view that is asked for again when the feed tells of news, commands
// whose refusals are said in words, and the connection's health.

import { command, NetworkProblem, Problem } from "./api.js";
import { signIn } from "./desk_door.js";
import { find, h, icon, replace } from "./dom.js";
import { follow } from "./feed.js";
import { say } from "./i18n.js";

const SLOW = 300; // ms until a button shows that it waits
const GATHER = 250; // ms in which several news become one question

/**
 * @template View
 * @param {object} page
 * @param {() => Promise<View>} page.ask
 * @param {(view: View) => string} page.office the office's code, for the feed
 * @param {(view: View) => void} page.draw
 */
export function staffPage(page) {
  const door = find("#door", HTMLElement);
  const desk = find("#desk", HTMLElement);
  const loading = find("#loading", HTMLElement);
  const trouble = find("#trouble", HTMLElement);
  const health = find("#health", HTMLElement);
  const form = signIn(() => refresh());
  /** @type {ReturnType<typeof follow> | null} */
  let feed = null;
  let asking = false;
  let again = false;
  let seen = false;

  /** @param {HTMLElement} which */
  function show(which) {
    for (const part of [door, desk, loading]) part.hidden = part !== which;
  }

  /** @param {string} words */
  function tell(words) {
    replace(trouble, words && h("div", { class: "notice notice-trouble" }, icon("octagon-alert"), h("p", null, words)));
  }

  /** Asks the server; what comes meanwhile becomes one more question. */
  async function refresh() {
    again = true;
    if (asking) return;
    asking = true;
    try {
      while (again) {
        again = false;
        const view = await page.ask();
        seen = true;
        show(desk);
        page.draw(view);
        feed ??= follow(page.office(view), {
          onState: () => setTimeout(refresh, GATHER),
          onForecast: () => setTimeout(refresh, GATHER),
          onHealth: ({ connected }) => {
            health.dataset.connected = String(connected);
            health.textContent = say(connected ? "desk.connected" : "desk.lost");
          },
        });
      }
    } catch (error) {
      if (error instanceof Problem && (error.status === 401 || error.status === 403)) {
        feed?.stop();
        feed = null;
        show(door);
        form.show(error.status === 403 ? error.message : seen ? say("desk.session_over") : "");
        seen = false;
      } else {
        if (!seen) setTimeout(refresh, 1500);
        else tell(/** @type {Error} */ (error).message);
      }
    } finally {
      asking = false;
    }
  }

  /**
   * Carries a command out; what was refused is said above. Answers the body, or undefined where it was refused or lost.
   * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {HTMLElement | null} [button]
   */
  async function run(method, path, body, button) {
    const slow = setTimeout(() => button?.setAttribute("aria-busy", "true"), SLOW);
    tell("");
    try {
      return await command(method, path, body);
    } catch (error) {
      if (!(error instanceof Problem || error instanceof NetworkProblem)) throw error;
      tell(error.message);
      return undefined;
    } finally {
      clearTimeout(slow);
      button?.removeAttribute("aria-busy");
      refresh();
    }
  }

  find("#sign-out", HTMLButtonElement).addEventListener("click", async () => {
    await command("DELETE", "/api/session");
    seen = false;
    refresh();
  });
  refresh();
  return { refresh, run, tell };
}

