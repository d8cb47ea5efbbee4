/** A frame for curves over the temperature, whose axis is logarithmic: from 0.5 to 32. */

import { chart, levels, pathThrough, valuesBelow } from "onewarm/chart.js";
import { setAttributes, svgElement } from "onewarm/dom.js";
import { clamp, niceCeil, scale, ticks } from "onewarm/numbers.js";
import { COLDEST, HOTTEST } from "./controls.js";

const POINTS = 72;
/** The temperatures at which a curve is computed. */
export const GRID = Array.from({ length: POINTS + 1 }, (_, i) => COLDEST * (HOTTEST / COLDEST) ** (i / POINTS));

/** @param {string} unit what the upright axis measures */
export function temperatureChart(unit) {
  const plot = chart(unit);
  const here = svgElement("line", { class: "here" });
  plot.svg.append(here);
  return {
    svg: plot.svg,
    figure: plot.figure,
    /** The scales for a picture W wide with values up to `top`, drawn where they changed.
     * @param {number} W @param {number} top @param {number} T the temperature that is set */
    frame(W, top, T) {
      const H = clamp(Math.round(0.62 * W), 210, 280);
      const [left, right, upper, bottom] = [44, W - 12, 26, H - 42];
      const most = niceCeil(Math.max(1.12 * top, 1e-6), [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10]);
      const log = scale(Math.log(COLDEST), Math.log(HOTTEST), left, right);
      const x = (/** @type {number} */ t) => log(Math.log(clamp(t, COLDEST, HOTTEST)));
      const y = scale(0, most, bottom, upper);
      plot.ground(W, H, String(most), () => [
        ...levels(ticks(0, most, 4), { y, left, right }),
        ...valuesBelow([0.5, 1, 2, 4, 8, 16, 32], x, bottom + 17),
        svgElement("text", { x: right, y: H - 6, "text-anchor": "end" }, "temperature T"),
        svgElement("text", { x: 2, y: 13 }, unit),
      ]);
      setAttributes(here, { x1: x(T), x2: x(T), y1: upper, y2: bottom });
      return { x, y, left, right, upper, bottom, key: `${W} ${most}` };
    },
  };
}

/** The path of a curve over GRID. @param {number[]} values @param {(t: number) => number} x @param {(v: number) => number} y */
export const path = (values, x, y) => pathThrough(values.map((value, i) => [x(GRID[i]), y(value)]));
