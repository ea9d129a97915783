// How a page talks to the server: JSON, an idempotency key on every command, and refusals as exceptions with a sentence to show.

import { lang, say } from "./i18n.js";

const TIMEOUT = 8000; // ms
const PAUSES = [300, 1200]; // ms before the second and the third try

/** The server refused (RFC 9457). `message` is its sentence in the page's language, `code` the stable word for it. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Record<string, unknown>} body
   */
  constructor(status, body) {
    super(typeof body.detail === "string" ? body.detail : say("base.failed"));
    this.name = "Problem";
    this.status = status;
    this.body = body;
    this.code = typeof body.type === "string" ? body.type.replace("urn:motcua:", "") : "internal";
    this.detail = this.message;
  }
}

/** No answer came: the network or the server is away. The command may or may not have been carried out; the same key asks again safely. */
export class NetworkProblem extends Error {
  constructor() {
    super(say("base.no_connection"));
    this.name = "NetworkProblem";
  }
}

/** A new idempotency key. `crypto.randomUUID` is missing on plain http and on older televisions. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {number} ms
 * @returns {Promise<void>}
 */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * One try. Answers the response with its text; throws NetworkProblem when none came within the time allowed.
 * @param {string} method
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {string | undefined} body
 */
async function attempt(method, path, headers, body) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const response = await fetch(path, { method, headers, body, credentials: "same-origin", cache: "no-store", signal: abort.signal });
    return { response, text: await response.text() };
  } catch {
    throw new NetworkProblem();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {string} text
 * @returns {unknown} the JSON in it, or null
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Tries until an answer comes that is not "no connection" or 503, three times at most, always with the same headers (and so the same key).
 * @param {string} method
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {string} [body]
 * @returns {Promise<any>}
 */
async function send(method, path, headers, body) {
  for (let tried = 0; ; tried += 1) {
    const wait = PAUSES[tried];
    try {
      const { response, text } = await attempt(method, path, { Accept: "application/json", "Accept-Language": lang, ...headers }, body);
      const answer = parsed(text);
      if (response.ok) return answer;
      const problem = new Problem(response.status, /** @type {Record<string, unknown>} */ (answer ?? {}));
      if (response.status !== 503 || wait === undefined) throw problem;
    } catch (error) {
      if (!(error instanceof NetworkProblem) || wait === undefined) throw error;
    }
    await pause(wait);
  }
}

/**
 * GET. Answers the body, or null where there is none. Throws Problem or NetworkProblem.
 * @param {string} path
 * @returns {Promise<any>}
 */
export const read = (path) => send("GET", path, {});

/**
 * A command (POST, PUT, PATCH, DELETE). Answers the body, or null on 204. Throws Problem or NetworkProblem.
 * Give `key` to ask again for the very same thing later; otherwise each call is a new wish.
 * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {{ key?: string }} [options]
 * @returns {Promise<any>}
 */
export function command(method, path, body, { key = newKey() } = {}) {
  /** @type {Record<string, string>} */
  const headers = { "Idempotency-Key": key };
  if (body === undefined) return send(method, path, headers);
  headers["Content-Type"] = "application/json";
  return send(method, path, headers, JSON.stringify(body));
}
