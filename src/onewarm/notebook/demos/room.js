/** How much room the figures of a demo have. Sizes are in sixteenths of a rem: a pixel where the text has the size that
 * browsers start with, and more where the reader has made it larger, so that a drawing grows with its words. */

import { element } from "onewarm/dom.js";

/** @typedef {{width: number, height: number | null}} Room   height: null where the figure may choose its own */

/** Whether there is room for a picture at all; while a layout settles there may be none. @param {Room} room */
export const drawable = ({ width, height }) => width > 60 && (height === null || height > 60);

/** Measures the figures that are watched. @param {boolean} bounded the layout gives figures their height
 * @param {() => void} changed a size, or that of the text, is another */
export function rooms(bounded, changed) {
  const rem = element("span", { class: "rem", "aria-hidden": "true" }); // one rem wide
  /** @type {Map<Element, DOMRectReadOnly>} */
  const sizes = new Map();
  const observer = new ResizeObserver((entries) => {
    for (const entry of entries) sizes.set(entry.target, entry.contentRect);
    changed();
  });
  const room = (/** @type {Element} */ figure) => {
    const size = sizes.get(figure);
    const unit = (sizes.get(rem)?.width || 16) / 16;
    const units = (/** @type {number} */ pixels) => Math.floor(pixels / unit);
    return /** @type {Room} */ ({ width: units(size?.width ?? 0), height: bounded ? units(size?.height ?? 0) : null });
  };
  return {
    rem,
    room,
    width: (/** @type {Element} */ figure) => room(figure).width,
    /** From now on these, and no others. @param {Element[]} figures */
    watch(figures) {
      observer.disconnect();
      sizes.clear();
      for (const node of [rem, ...figures]) observer.observe(node);
    },
    stop: () => observer.disconnect(),
  };
}
