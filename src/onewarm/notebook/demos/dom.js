/** Elements: made once, then only moved. Nothing is written that already stands there, so a redraw costs little. */

const SVG = "http://www.w3.org/2000/svg";

/** Sets attributes. @param {Element} node @param {Record<string, any>} attributes */
export function put(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
  return node;
}

/** An HTML element. Text children are text, never markup.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children @returns {any} */
export function h(tag, attributes = {}, ...children) {
  const node = put(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}

/** An SVG element.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children @returns {any} */
export function s(tag, attributes = {}, ...children) {
  const node = put(document.createElementNS(SVG, tag), attributes);
  node.append(...children);
  return node;
}

/** Sets the text; its node stays, so that nothing around it is laid out anew. @param {Element} node @param {string} text */
export function say(node, text) {
  const held = node.firstChild;
  if (held instanceof Text && !held.nextSibling) held.data !== text && (held.data = text);
  else if (node.textContent !== text) node.textContent = text;
}

/** A box for what changes under the hand: it has a size of its own (see style.js), so that a change in it lays out nothing
 * around it. For that it stands in a grid's item, and is none itself. @param {...(Node | string)} children */
export const held = (...children) => h("span", { class: "held" }, ...children);

/** Sets one style property. @param {HTMLElement} node @param {string} name @param {string} value */
export const style = (node, name, value) =>
  void (node.style.getPropertyValue(name) !== value && node.style.setProperty(name, value));
