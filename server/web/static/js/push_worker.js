// Shows what is pushed to this browser, also while no page of ours is open. Served as /push.js.

/**
 * What we send (server/notify/push_sender.py).
 * @typedef {{ title: string, body: string, lang: string, tag: string, link: string }} Told
 */

/** @typedef {Event & { waitUntil(work: Promise<unknown>): void }} Lasting */

/**
 * The worker itself, of which a page's types know nothing.
 * @typedef {{ registration: ServiceWorkerRegistration, skipWaiting(): Promise<void>,
 *   clients: { matchAll(which: object): Promise<{ url: string, focus(): Promise<unknown> }[]>, openWindow(url: string): Promise<unknown> } }} Itself
 */
const worker = /** @type {Itself} */ (/** @type {unknown} */ (self));

self.addEventListener("install", () => worker.skipWaiting());

self.addEventListener("push", (event) => {
  const pushed = /** @type {Lasting & { data: { json(): Told } | null }} */ (event);
  /** @type {Told | undefined} */
  let told;
  try {
    told = pushed.data?.json();
  } catch {
    // Not ours; a browser wants something shown all the same.
  }
  const { title = "Motcua", body = "", lang = "vi", tag = "motcua", link = "/a" } = told ?? {};
  const options = { body, lang, tag, renotify: true, icon: "/static/favicon.ico", data: { link } };
  pushed.waitUntil(worker.registration.showNotification(title, options));
});

self.addEventListener("notificationclick", (event) => {
  const touched = /** @type {Lasting & { notification: Notification }} */ (event);
  touched.notification.close();
  touched.waitUntil(lead(String(touched.notification.data?.link ?? "/a")));
});

/** Show the page: the one that is open already, or a new one; never another site's. @param {string} link */
async function lead(link) {
  const address = new URL(link, location.origin);
  if (address.origin !== location.origin) return;
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => new URL(page.url).pathname === address.pathname);
  await (there ? there.focus() : worker.clients.openWindow(address.href));
}
