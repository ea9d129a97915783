// Brings what is shown to what it should be and touches nothing else: a press under way, a focus, a half-typed word and a selection survive.

/**
 * Writes a text only where it is another one, so that nothing is announced twice and a selection survives.
 * @param {Element | null | undefined} element
 * @param {string} text
 */
export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/**
 * Brings a list to what it should hold and keeps the rows that stay: a focused button keeps its focus.
 * @template T
 * @param {Element} list
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => HTMLElement} make
 * @param {(row: HTMLElement, item: T) => void} update
 */
export function keep(list, items, keyOf, make, update) {
  const wanted = new Set(items.map(keyOf));
  const old = new Map([...list.children].map((child) => [/** @type {HTMLElement} */ (child).dataset.key ?? "", /** @type {HTMLElement} */ (child)]));
  for (const [key, child] of old) if (!wanted.has(key)) child.remove();
  items.forEach((item, place) => {
    const key = keyOf(item);
    const element = old.get(key) ?? make(item);
    element.dataset.key = key;
    update(element, item);
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null);
  });
}
