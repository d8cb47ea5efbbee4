/** ECE over alpha: axes, a line at the slider's alpha and a dot at the ECE that is shown. */

import { chart, levels } from "onewarm/chart.js";
import { setAttributes, svgElement } from "onewarm/dom.js";
import { px, scale } from "onewarm/numbers.js";

/** @param {string} label how it is called aloud */
export function eceChart(label) {
  const plot = chart(label, "curve-figure");
  const marks = svgElement("g"),
    cursor = svgElement("line", { class: "here" }),
    now = svgElement("circle", { r: 5.5, class: "dot" });
  plot.svg.append(marks, cursor, now);
  return {
    svg: plot.svg,
    figure: plot.figure,
    /** The scales of a picture of this size, for alpha in [lo, hi] and ECE up to `highest`. Labels and marks are made anew
     * when the scales or `key` change.
     * @param {{width: number, height: number, lo: number, hi: number, highest: number, key: string, below: string,
     *          title: string}} of   below: the words under the alphas; title: those for the upright axis
     * @param {(on: {x: (alpha: number) => number, y: (ece: number) => number, left: number, right: number,
     *               bottom: number}) => {alphas: Node[], marks: Node[]}} make */
    frame({ width, height, lo, hi, highest, key, below, title }, make) {
      const [left, right, top, bottom] = [34, width - 10, 12, height - 40];
      const x = scale(lo, hi, left + 6, right - 6),
        y = scale(0, highest, bottom, top);
      const text = (/** @type {number} */ ece) => String(Number(ece.toPrecision(3)));
      plot.ground(width, height, [lo, hi, highest, key].join(), () => {
        const made = make({ x, y, left, right, bottom });
        marks.replaceChildren(...made.marks);
        return [
          ...levels([0, highest / 2, highest], { y, left, right, gap: 6, text }),
          ...made.alphas,
          ...(width < 230 ? [] : [svgElement("text", { x: right, y: height - 3, "text-anchor": "end" }, below)]),
          svgElement("text", { x: left, y: height - 3 }, width < 230 ? "ECE over α" : title),
        ];
      });
      return { x, y, top, bottom };
    },
    /** @param {{x: (alpha: number) => number, y: (ece: number) => number, top: number, bottom: number}} on
     * @param {number} slider alpha of the slider @param {number} alpha of the dot @param {number} ece */
    point({ x, y, top, bottom }, slider, alpha, ece) {
      setAttributes(cursor, { x1: px(x(slider)), x2: px(x(slider)), y1: top, y2: bottom });
      setAttributes(now, { cx: px(x(alpha)), cy: px(y(ece)) });
    },
  };
}
