/** Charts: an SVG as wide as its box, whose axes are drawn anew only where they changed; and what charts have in common.
 * A chart's units are sixteenths of a rem (room.js), so that a chart grows with the text around it. */

import { element, setAttributes, setStyle, svgElement } from "onewarm/dom.js";
import { px, tickText } from "onewarm/numbers.js";

/** @typedef {(value: number) => number} Scale */

/** A chart in its box. @param {string} label how it is called aloud @param {string} [name] more classes of the box */
export function chart(label, name = "") {
  const axes = svgElement("g", { class: "gridlines" });
  const svg = svgElement("svg", { class: "chart", role: "img", "aria-label": label }, axes);
  let drawn = "";
  return {
    svg,
    figure: element("div", { class: name ? `figure ${name}` : "figure" }, svg),
    /** Sets the size and draws the axes, if that size or `key` is new; whether it did.
     * @param {number} width @param {number} height @param {string} key what the axes depend on
     * @param {() => Node[]} lines */
    ground(width, height, key, lines) {
      const now = [width, height, key].join();
      if (now === drawn) return false;
      drawn = now;
      setAttributes(svg, { viewBox: `0 0 ${width} ${height}` });
      setStyle(svg, "width", `${width / 16}rem`);
      setStyle(svg, "height", `${height / 16}rem`);
      axes.replaceChildren(...lines());
      return true;
    },
  };
}

/** Horizontal grid lines with their values on the left.
 * @param {number[]} values @param {{y: Scale, left: number, right: number, gap?: number, text?: (value: number) => string}} of */
export const levels = (values, { y, left, right, gap = 7, text = tickText }) =>
  values.flatMap((value) => [
    svgElement("line", { x1: left, x2: right, y1: y(value), y2: y(value) }),
    svgElement("text", { x: left - gap, y: y(value) + 4, "text-anchor": "end" }, text(value)),
  ]);

/** The values below the horizontal axis. @param {number[]} values @param {Scale} x @param {number} y
 * @param {(value: number) => string} [text] */
export const valuesBelow = (values, x, y, text = tickText) =>
  values.map((value) => svgElement("text", { x: x(value), y, "text-anchor": "middle" }, text(value)));

/** The path through these points, in pixels. @param {[number, number][]} points */
export const pathThrough = (points) => points.length === 0 ? "" : `M${points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join("L")}`;

/** The part of a curve between two heights: what lies above `top` or below `bottom` is left out, up to the crossing.
 * @param {[number, number][]} points of a curve that is there in one piece @param {number} top @param {number} bottom
 * @returns {[number, number][]} */
export function between(points, top, bottom) {
  const inside = (/** @type {[number, number]} */ [, y]) => y >= top && y <= bottom;
  return points.flatMap((point, i) => {
    if (inside(point)) return [point];
    const neighbour = [points[i - 1], points[i + 1]].find((other) => other && inside(other));
    if (!neighbour || !Number.isFinite(point[1])) return [];
    const edge = point[1] < top ? top : bottom;
    const part = (edge - neighbour[1]) / (point[1] - neighbour[1]);
    return [/** @type {[number, number]} */ ([neighbour[0] + part * (point[0] - neighbour[0]), edge])];
  });
}

/** The ends of a tangent of 2 `half` pixels. @param {Scale} x @param {Scale} y @param {[number, number]} at
 * @param {number} slope may be infinite @param {number} half */
export function tangentAt(x, y, [across, up], slope, half) {
  const fall = (slope * (y(1) - y(0))) / (x(1) - x(0)); // pixels down a pixel to the right
  const right = Number.isFinite(fall) ? half / Math.hypot(1, fall) : 0;
  const down = Number.isFinite(fall) ? fall * right : half;
  return { x1: px(x(across) - right), x2: px(x(across) + right), y1: px(y(up) - down), y2: px(y(up) + down) };
}
