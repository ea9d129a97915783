// The few helpers that pages need to build and find elements. Text always goes in as text: there is no way to pass markup.

const SVG = "http://www.w3.org/2000/svg";
const SPRITE = new URL("../icons.svg", import.meta.url).pathname;

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, unknown>} Props */

/**
 * Sets properties and attributes: `onclick` and other functions as listeners, `class`, `dataset: {…}`, `style: {…}` (names as in CSS), `value`,
 * `checked` and the like as properties, anything else as an attribute; true is an empty attribute; false, null and undefined remove it.
 * @param {Element} element
 * @param {Props} props
 */
export function set(element, props) {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") {
      element.addEventListener(name.replace(/^on/, ""), /** @type {EventListener} */ (value));
    } else if (name === "dataset" && element instanceof HTMLElement) {
      Object.assign(element.dataset, value);
    } else if (name === "style" && element instanceof HTMLElement) {
      for (const [key, css] of Object.entries(value ?? {})) element.style.setProperty(key, String(css));
    } else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") {
      Object.assign(element, { [name]: value });
    } else if (value === false || value === null || value === undefined) {
      element.removeAttribute(name);
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
}

/**
 * Puts children at the end; nothing for null, undefined and false.
 * @param {Element} element
 * @param {Child[]} children
 */
function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(typeof child === "number" ? String(child) : child);
  }
}

/**
 * Makes an element: `h("p", { class: "quiet" }, "Còn ", 4, " người")`.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props | null} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  if (props) set(element, props);
  append(element, children);
  return element;
}

/**
 * Puts these children in place of what was there.
 * @param {Element} element
 * @param {...Child} children
 */
export function replace(element, ...children) {
  element.textContent = "";
  append(element, children);
}

/**
 * An icon of the sprite. It is decoration: the word stands beside it.
 * @param {string} name
 * @param {string} [className] more classes
 * @returns {SVGSVGElement}
 */
export function icon(name, className) {
  const svg = document.createElementNS(SVG, "svg");
  set(svg, { class: className ? `icon ${className}` : "icon", "aria-hidden": "true", focusable: "false" });
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * The element that must be there, of the class it must have: `find("#next", HTMLButtonElement)`. Throws Error otherwise.
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} kind
 * @param {ParentNode} [within]
 * @returns {T}
 */
export function find(selector, kind, within = document) {
  const found = within.querySelector(selector);
  if (found instanceof kind) return found;
  throw new Error(`no ${kind.name} for ${selector}`);
}
