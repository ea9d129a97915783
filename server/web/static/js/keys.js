// Which key presses are a hand's. A card scanner types into whatever page is open, faster than any hand and with Enter at the end;
// on the desk that must do nothing. Pure: strokes with their times go in, at most one key comes out. `desk_keys.js` is the shell.
//
// A stroke counts when it stands alone: nothing was typed in the QUIET before it, and nothing follows in the QUIET after it. Two strokes
// closer than that are a burst: both are dropped, and so is all that follows until RECOVERY has passed in silence (a scanner's Enter may lag).

/** ms of silence around a stroke of a hand. Scanners type every 1 to 35 ms; a hand's two presses are some 80 ms apart. */
export const QUIET = 60;

/** ms of silence after a burst before a stroke counts again. */
export const RECOVERY = 300;

/**
 * @typedef {object} Stroke
 * @property {string} key what `keyOf` says
 * @property {number} at ms, when it was pressed
 * @property {boolean} [repeat] the key is being held down
 * @property {boolean} [elsewhere] typed into a field, or together with Ctrl, Alt or Meta: never a verb, but a burst like any other
 *
 * @typedef {object} Typing
 * @property {number} last when the last stroke came
 * @property {boolean} bursting
 * @property {{key: string, at: number} | null} pending the stroke that waits for the silence after it
 */

/** @type {Typing} */
export const STILL = { last: -Infinity, bursting: false, pending: null };

const MODIFIERS = new Set(["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock", "NumLock", "ScrollLock", "Fn"]);

/**
 * What follows from a stroke. The stroke itself counts only later, when `settled` says so.
 * @param {Typing} typing
 * @param {Stroke} stroke
 * @returns {Typing}
 */
export function pressed(typing, stroke) {
  if (stroke.repeat || MODIFIERS.has(stroke.key)) return typing;
  const gap = stroke.at - typing.last;
  const bursting = gap < QUIET || (typing.bursting && gap < RECOVERY);
  const counts = !bursting && !stroke.elsewhere;
  return { last: stroke.at, bursting, pending: counts ? { key: stroke.key, at: stroke.at } : null };
}

/**
 * The key that has stood alone long enough by `now`, if there is one, and the typing without it.
 * @param {Typing} typing
 * @param {number} now ms
 * @returns {{typing: Typing, key: string | null}}
 */
export function settled(typing, now) {
  if (!typing.pending || now < typing.pending.at + QUIET) return { typing, key: null };
  return { typing: { ...typing, pending: null }, key: typing.pending.key };
}

/**
 * The name of a key, the same for the number pad (with or without Num Lock), the row of digits and a letter: "Enter", "1", "+", "G", "Escape" …
 * The place on the keyboard decides, not the sign: a Vietnamese input method changes the sign, never the place.
 * @param {{code: string, key: string}} event
 */
export function keyOf({ code, key }) {
  if (code === "NumpadEnter") return "Enter";
  if (code === "NumpadAdd" || key === "+") return "+";
  const [, digitOrLetter] = /^(?:Digit|Numpad|Key)([0-9A-Z])$/.exec(code) ?? [];
  if (digitOrLetter) return digitOrLetter;
  return key.length === 1 ? key.toUpperCase() : key;
}

/**
 * What a key means at the desk: on the number pad, and the letter that the word begins with or is known by.
 * @type {Readonly<Record<string, string>>}
 */
export const VERBS = {
  Enter: "primary",
  0: "finish", X: "finish",
  1: "recall", G: "recall",
  2: "miss", C: "miss",
  3: "park", S: "park",
  4: "transfer", Q: "transfer",
  "+": "add-procedure", T: "add-procedure",
  5: "merge", M: "merge",
  6: "finish-with", K: "finish-with",
  Z: "undo", Backspace: "undo",
};
