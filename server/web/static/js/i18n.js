// What the page says, in the page's language. The server puts the sentences into <script type="application/json" id="phrases">.

/** @typedef {Record<string, string | number>} Values */

/** @type {"vi" | "en"} */
export const lang = document.documentElement.lang === "en" ? "en" : "vi";

/** @type {Record<string, string>} */
const phrases = JSON.parse(document.getElementById("phrases")?.textContent || "{}");

/**
 * The sentence for a key with its {placeholders} filled in; `key.one` where `n` is 1 and there is such a sentence.
 * A missing sentence shows its key and is reported on the console, which the browser tests forbid.
 * @param {string} key
 * @param {Values} [values]
 * @returns {string}
 */
export function say(key, values = {}) {
  const sentence = (values.n === 1 ? phrases[`${key}.one`] : undefined) ?? phrases[key];
  if (sentence === undefined) {
    console.error(`phrase missing: ${key}`);
    return key;
  }
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
