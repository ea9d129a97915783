// Solves the form's challenge while the person types, and sends the form no sooner than that. Where it cannot, the form goes as it is: the server then has
// another way, the one for browsers without scripts.

import { say } from "./i18n.js";
import { solve } from "./work.js";

const AT_ONCE = 20_000; // tries between two looks at whether it goes on, in a worker
const SLICE = 1_000; // and on the page itself, where there is no worker: a few milliseconds
const MOST = 2 ** 32;

/**
 * Someone to whom tries can be given: a worker where the browser has one for modules, the page itself otherwise.
 * @param {import("./work.js").Parameters} asked
 * @returns {Promise<import("./work.js").Solution>}
 */
async function solved(asked) {
  try {
    return await inWorker(asked);
  } catch {
    return await onPage(asked);
  }
}

/** @param {import("./work.js").Parameters} asked @returns {Promise<import("./work.js").Solution>} */
function inWorker(asked) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./work_worker.js", import.meta.url), { type: "module" });
    let from = 0;
    const next = () => {
      if (from >= MOST) reject(new Error("unsolved"));
      else worker.postMessage({ asked, from, count: AT_ONCE });
    };
    worker.addEventListener("message", (event) => {
      if (event.data) {
        worker.terminate();
        resolve(event.data);
        return;
      }
      from += AT_ONCE;
      next();
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      worker.terminate();
      reject(new Error("worker"));
    });
    next();
  });
}

/** @param {import("./work.js").Parameters} asked @returns {Promise<import("./work.js").Solution>} */
async function onPage(asked) {
  for (let from = 0; from < MOST; from += SLICE) {
    const found = solve(asked, from, SLICE);
    if (found) return found;
    await new Promise((resolve) => {
      setTimeout(resolve);
    });
  }
  throw new Error("unsolved");
}

function prove() {
  const status = document.querySelector("#proof");
  const field = document.querySelector("input[name=solution]");
  if (!(status instanceof HTMLElement) || !(field instanceof HTMLInputElement) || !status.dataset.challenge || !field.form) return;
  const form = field.form;
  const challenge = JSON.parse(status.dataset.challenge);
  let over = false;
  /** @type {HTMLElement | null} */
  let pressed = null;
  form.addEventListener("submit", (event) => {
    if (over) return;
    // Nothing else hears of this press; it is made again once there is something to send.
    event.preventDefault();
    event.stopPropagation();
    pressed = event.submitter;
    pressed?.setAttribute("aria-busy", "true");
    status.textContent = say("citizen.who.proof_waiting");
  });
  const end = (/** @type {string} */ sentence) => {
    over = true;
    status.textContent = sentence;
    if (pressed) form.requestSubmit(pressed);
  };
  status.textContent = say("citizen.who.proof_working");
  solved(challenge.parameters).then(
    (solution) => {
      field.value = btoa(JSON.stringify({ challenge, solution }));
      end(say("citizen.who.proof_done"));
    },
    () => end(""),
  );
}

prove();
