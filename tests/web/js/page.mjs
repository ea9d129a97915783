// Stands in for a page around the shipped modules: <html lang> and the embedded sentences, read from the real catalogue.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../../", import.meta.url);

/** @param {string} path below tests/vectors */
export const vectors = (path) => JSON.parse(readFileSync(fileURLToPath(new URL(`tests/vectors/${path}`, ROOT)), "utf8"));

/**
 * Imports a shipped module as a page in this language would, fresh for every language.
 * @param {string} name file below static/js
 * @param {{ lang?: string, phrases?: Record<string, string> }} [page]
 */
export async function load(name, { lang = "vi", phrases = {} } = {}) {
  globalThis.document = /** @type {any} */ ({
    documentElement: { lang },
    getElementById: () => ({ textContent: JSON.stringify(phrases) }),
  });
  return import(new URL(`server/web/static/js/${name}`, ROOT).href);
}
