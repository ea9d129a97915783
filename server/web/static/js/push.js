// The button by which this browser is told of a booking, or of a ticket's call. Asks for permission only when it is pressed, and is not there where nothing could come of it.

import { command } from "./api.js";
import { say } from "./i18n.js";

/** @param {string} text base64url @returns {Uint8Array<ArrayBuffer>} */
function bytes(text) {
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
}

/** How the server marks the browser it tells. @param {string} endpoint */
async function markOf(endpoint) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(endpoint)));
  return Array.from(hash.slice(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} key @returns {Promise<PushSubscription>} */
async function subscribed(key) {
  await navigator.serviceWorker.register("/push.js");
  const registration = await navigator.serviceWorker.ready;
  const wanted = { userVisibleOnly: true, applicationServerKey: bytes(key) };
  try {
    return await registration.pushManager.subscribe(wanted);
  } catch (error) {
    // Subscribed with a key we had before: that one is worth nothing any more.
    const old = await registration.pushManager.getSubscription();
    if (!old) throw error;
    await old.unsubscribe();
    return registration.pushManager.subscribe(wanted);
  }
}

/** @param {HTMLElement} box */
async function offer(box) {
  const ask = box.querySelector("[data-push=ask]");
  const stop = box.querySelector("[data-push=stop]");
  const hint = box.querySelector("[data-push=hint]");
  const status = box.querySelector("[role=status]");
  const { key, mark, path, words = "push" } = box.dataset;
  if (!(ask instanceof HTMLButtonElement) || !(stop instanceof HTMLButtonElement) || !(hint instanceof HTMLElement) || !status || !key || !path) return;
  const show = (/** @type {boolean} */ on, /** @type {string} */ sentence) => {
    ask.hidden = on;
    hint.hidden = on || sentence !== "";
    stop.hidden = !on;
    status.textContent = sentence;
  };
  ask.addEventListener("click", async () => {
    ask.setAttribute("aria-busy", "true");
    try {
      if ((await Notification.requestPermission()) !== "granted") {
        show(false, say("push.denied"));
        return;
      }
      const { endpoint, keys } = (await subscribed(key)).toJSON();
      await command("PUT", path, { endpoint, p256dh: keys?.p256dh, auth: keys?.auth });
      show(true, say(`${words}.on`));
      stop.focus();
    } catch {
      show(false, say(`${words}.failed`));
    } finally {
      ask.removeAttribute("aria-busy");
    }
  });
  stop.addEventListener("click", async () => {
    try {
      await command("DELETE", path);
      show(false, say("push.off"));
      ask.focus();
    } catch {
      show(true, say(`${words}.failed`));
    }
  });
  const registration = await navigator.serviceWorker.getRegistration("/");
  const known = mark && Notification.permission === "granted" ? await registration?.pushManager.getSubscription() : null;
  const on = known ? (await markOf(known.endpoint)) === mark : false;
  show(on, on ? say(`${words}.on`) : "");
  box.hidden = false;
}

const box = document.querySelector("#push");
if (box instanceof HTMLElement && isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window) offer(box);
