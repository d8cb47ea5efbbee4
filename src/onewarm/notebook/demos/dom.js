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

/** Sets the text. @param {Element} node @param {string} text */
export const say = (node, text) => void (node.textContent !== text && (node.textContent = text));

/** Sets one style property. @param {HTMLElement} node @param {string} name @param {string} value */
export const style = (node, name, value) =>
  void (node.style.getPropertyValue(name) !== value && node.style.setProperty(name, value));
