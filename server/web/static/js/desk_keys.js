// Listens to a page's keyboard and passes on what a hand pressed (keys.js decides). Bursts do nothing at all, not even what a browser does by itself.

import { keyOf, pressed, QUIET, settled, STILL } from "./keys.js";

// The mini desk is another window with classes of its own, so no `instanceof`.
/** @param {EventTarget | null} target @param {string} selector @returns {target is HTMLElement} */
const matches = (target, selector) => target !== null && "matches" in target && /** @type {Element} */ (target).matches(selector);

/** @param {EventTarget | null} target */
const isField = (target) => matches(target, "input, textarea, select, [contenteditable]");

/** @param {EventTarget | null} target @returns {target is HTMLElement} */
const isButton = (target) => matches(target, "button, a[href], summary");

/**
 * @param {Document} page the desk's document, or the mini desk's
 * @param {(key: string) => void} act what to do about a key. Enter on a focused button has pressed that button instead
 */
export function listen(page, act) {
  let typing = STILL;
  const world = page.defaultView ?? window;

  page.addEventListener("keydown", (event) => {
    const chord = event.ctrlKey || event.altKey || event.metaKey;
    const field = event.isComposing || isField(event.target);
    const key = keyOf(event);
    typing = pressed(typing, { key, at: event.timeStamp, repeat: event.repeat, elsewhere: field || chord });
    if (field || chord) return;
    const press = key === "Enter" || key === " ";
    // A button's own answer to Enter would come at once, before we know whether a scanner is typing.
    if (typing.bursting || (press && isButton(event.target))) event.preventDefault();
    if (!typing.pending) return;
    const target = press && isButton(event.target) ? event.target : null;
    world.setTimeout(() => {
      const found = settled(typing, event.timeStamp + QUIET);
      if (typing.pending?.at !== event.timeStamp || found.key === null) return;
      typing = found.typing;
      if (target) target.click();
      else act(found.key);
    }, QUIET);
  });

  // Firefox presses a button when Space is let go.
  page.addEventListener("keyup", (event) => {
    if (event.key === " " && isButton(event.target)) event.preventDefault();
  });

  // A button pressed with the mouse keeps no focus: Enter goes on meaning the primary action, not that button again.
  page.addEventListener("mousedown", (event) => {
    const button = event.target && "closest" in event.target && /** @type {Element} */ (event.target).closest("button");
    if (button) event.preventDefault();
  });
}
