/** A reader's flag on the horizontal axis of a chart: where they think something is. It is dragged, or moved by the keys of
 * ARIA's slider pattern, and stays where it was put when the truth appears. It lies over the chart's SVG, in its figure. */

import { element, setAttributes, setHidden, setStyle } from "onewarm/dom.js";
import { clamp, px, scale } from "onewarm/numbers.js";
import { slide } from "onewarm/slider.js";

/** @param {{label: string, get: () => number | null, set: (value: number) => void, text?: (value: number) => string,
 *   steps?: number}} of   label: how it is called aloud; get: where it stands, null for nowhere; text: what is read aloud
 *   for a value; steps: a unit of the axis has so many places (10) */
export function axisFlag({ label, get, set, text = String, steps = 10 }) {
  let ends = /** @type {[number, number]} */ ([0, 1]);
  const thumb = element(
    "div",
    { class: "you", role: "slider", tabindex: 0, "aria-label": label, "aria-orientation": "horizontal" },
    element("span", { class: "pole" }),
    element("span", { class: "cloth" }, "you"),
  );
  const lane = element("div", { class: "lane" }, thumb);
  const node = element("div", { class: "axis-flag draggable", "data-object": "flag" }, lane);
  slide(node, lane, thumb, () => ends, () => get() ?? 0, set, { grid: steps, coarse: 1 / steps });
  return {
    node,
    /** Where the chart has its plot, in the chart's units, and which values its ends have.
     * @param {{left: number, right: number, top: number, bottom: number, lo: number, hi: number, fixed?: boolean}} of
     *   fixed: it can no longer be moved */
    draw({ left, right, top, bottom, lo, hi, fixed = false }) {
      const value = get();
      setHidden(node, value === null);
      if (value === null) return;
      ends = [lo, hi];
      const rem = (/** @type {number} */ units) => `${(units / 16).toFixed(4)}rem`;
      setStyle(node, "left", rem(left));
      setStyle(node, "width", rem(right - left));
      setStyle(node, "top", rem(top));
      setStyle(node, "height", rem(bottom - top));
      const at = clamp(scale(lo, hi, 0, 100)(value), 0, 100);
      setStyle(thumb, "left", `${px(at)}%`);
      const look = { "data-side": at > 50 ? "left" : "right", "aria-disabled": fixed, tabindex: fixed ? -1 : 0 };
      setAttributes(thumb, { ...look, "aria-valuemin": lo, "aria-valuemax": hi, "aria-valuenow": value, "aria-valuetext": text(value) });
      node.classList.toggle("fixed", fixed);
    },
  };
}
