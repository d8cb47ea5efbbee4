/** A frame for curves over the temperature, whose axis is logarithmic: from 0.5 to 32. */

import { chart, levels, pathThrough, valuesBelow } from "onewarm/chart.js";
import { setAttributes, setText, svgElement } from "onewarm/dom.js";
import { clamp, scale } from "onewarm/numbers.js";
import { COLDEST, HOTTEST } from "./controls.js";

const POINTS = 72;
/** The temperatures at which a curve is computed. */
export const GRID = Array.from({ length: POINTS + 1 }, (_, i) => COLDEST * (HOTTEST / COLDEST) ** (i / POINTS));

/** The places in GRID of the temperatures that a table of a curve has: each twice the last. */
export const ROUND = [0, 1, 2, 3, 4, 5, 6].map((i) => (i * POINTS) / 6);

/** What a question covers until it is answered, and the temperature above which it is covered. */
export const COVERED = { dark: 1, norm: 8 };
/** @typedef {keyof typeof COVERED} Cover */

/** @param {string} unit what the upright axis measures @param {Cover} cover what covers this chart */
export function temperatureChart(unit, cover) {
  const plot = chart(unit);
  const here = svgElement("line", { class: "here" });
  const sheet = svgElement("rect", { class: "cover" });
  const word = svgElement("text", { class: "cover-word", "text-anchor": "middle" });
  plot.svg.append(here, sheet, word);
  return {
    svg: plot.svg,
    figure: plot.figure,
    /** The scales, and the axes where they changed.
     * @param {import("onewarm/room.js").Room} room
     * @param {{values: number[], place: (bottom: number, upper: number) => (value: number) => number}} upright the values at
     *   the upright axis, and where a value stands between the two ends
     * @param {import("../demo.js").View} view */
    frame({ width: W, height }, { values, place }, view) {
      const H = height ?? clamp(Math.round(0.62 * W), 210, 280);
      const small = W < 300; // little room
      const [left, right, upper, bottom] = [48, W - 12, 26, H - (small ? 22 : 42)];
      const log = scale(Math.log(COLDEST), Math.log(HOTTEST), left, right);
      const x = (/** @type {number} */ t) => log(Math.log(clamp(t, COLDEST, HOTTEST)));
      const y = place(bottom, upper);
      const covered = view.cover === cover;
      const key = `${values.join()} ${covered}`;
      plot.ground(W, H, key, () => [
        ...levels(values, { y, left, right }),
        ...valuesBelow(small ? [0.5, 2, 8] : [0.5, 1, 2, 4, 8, 16, 32], x, bottom + 17),
        svgElement("text", { x: right, y: H - 5, "text-anchor": "end" }, small ? "T" : "temperature T"),
        svgElement("text", { x: 2, y: 13 }, unit),
      ]);
      setAttributes(here, { x1: x(view.temperature), x2: x(view.temperature), y1: upper, y2: bottom });
      const from = x(COVERED[cover]);
      setAttributes(sheet, {
        visibility: covered ? "visible" : "hidden",
        x: from,
        y: upper,
        width: Math.max(0, right - from),
        height: Math.max(0, bottom - upper),
      });
      setAttributes(word, { x: (from + right) / 2, y: (upper + bottom) / 2 });
      setText(word, covered ? "covered" : "");
      return { x, y, left, right, upper, bottom, key: `${W} ${H} ${key}` };
    },
  };
}

/** How many points of GRID are shown. @param {import("../demo.js").View} view @param {Cover} cover */
const shown = (view, cover) =>
  view.cover === cover ? GRID.filter((t) => t <= COVERED[cover] * (1 + 1e-9)).length : GRID.length;

/** The values over GRID that are not covered. @param {number[]} values @param {import("../demo.js").View} view @param {Cover} cover */
export const uncovered = (values, view, cover) => values.slice(0, shown(view, cover));

/** The path of a curve over GRID, from its first value on.
 * @param {number[]} values @param {(t: number) => number} x @param {(v: number) => number} y */
export const path = (values, x, y) => pathThrough(values.map((value, i) => [x(GRID[i]), y(value)]));

/** Whether the present temperature is among the covered ones. @param {import("../demo.js").View} view @param {Cover} cover */
export const hidden = (view, cover) => view.cover === cover && view.temperature > COVERED[cover] * (1 + 1e-9);
