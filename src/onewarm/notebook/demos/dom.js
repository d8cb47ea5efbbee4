/** Elements, made once and then changed. A value that an element already has is not written again, so redrawing is cheap. */

const SVG = "http://www.w3.org/2000/svg";

/** Sets attributes. @param {Element} node @param {Record<string, any>} attributes */
export function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
  return node;
}

/** An HTML element. Text children are text, never markup.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children @returns {any} */
export function element(tag, attributes = {}, ...children) {
  const node = setAttributes(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}

/** An SVG element.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children @returns {any} */
export function svgElement(tag, attributes = {}, ...children) {
  const node = setAttributes(document.createElementNS(SVG, tag), attributes);
  node.append(...children);
  return node;
}

/** Sets the text, in the text node that is there. @param {Element} node @param {string} text */
export function setText(node, text) {
  const only = node.firstChild;
  if (only instanceof Text && !only.nextSibling) only.data !== text && (only.data = text);
  else if (node.textContent !== text) node.textContent = text;
}

/** A box for something that changes while a control moves. It has a fixed size (see style.js), so that a change in it does
 * not lay out what is around it; for that it must be inside a grid item, not a grid item itself.
 * @param {...(Node | string)} children */
export const fixedBox = (...children) => element("span", { class: "held" }, ...children);

/** @type {WeakMap<HTMLElement, Record<string, string>>} */
const written = new WeakMap(); // asking an element for its style would take longer

/** Sets one style property, which nothing else sets. @param {HTMLElement} node @param {string} name @param {string} value */
export function setStyle(node, name, value) {
  let styles = written.get(node);
  if (!styles) written.set(node, (styles = {}));
  if (styles[name] !== value) node.style.setProperty(name, (styles[name] = value));
}

/** Hides a node, or shows it. Writing the same again would style it anew. @param {HTMLElement} node @param {boolean} hidden */
export const setHidden = (node, hidden) => void (node.hidden !== hidden && (node.hidden = hidden));
