/** A reliability diagram: a dot for each bin at (confidence, accuracy), and a whisker from it to the diagonal. */

import { sum } from "onewarm/arithmetic.js";
import { chart } from "onewarm/chart.js";
import { setAttributes, svgElement } from "onewarm/dom.js";
import { fixed, pull, px, scale } from "onewarm/numbers.js";

/** @typedef {{count: number, confidence: number, accuracy: number}} Bin */

const MOST = 64; // bins

export function reliability() {
  const plot = chart("Reliability diagram", "reliability");
  const marks = Array.from({ length: MOST }, () => ({
    gap: svgElement("line", { class: "bin-gap" }),
    dot: svgElement("circle", { class: "bin" }),
  }));
  plot.svg.append(svgElement("g", {}, ...marks.map((mark) => mark.gap), ...marks.map((mark) => mark.dot)));

  return {
    figure: plot.figure,
    /** @param {number} W pixels @param {Bin[]} bins those with rows @param {string} title */
    draw(W, bins, title) {
      const left = 46,
        right = W - 6,
        top = 8,
        bottom = W - 38;
      const x = scale(0, 1, left, right),
        y = scale(0, 1, bottom, top);
      plot.ground(W, W, "", () => grid(x, y, left, right, top, bottom, W));
      const most = Math.max(...bins.map((bin) => bin.count), 1);
      const total = sum(bins.map((bin) => bin.count)) || 1;
      marks.forEach(({ gap, dot }, i) => {
        const bin = bins[i];
        const visibility = bin ? "visible" : "hidden";
        setAttributes(gap, { visibility });
        setAttributes(dot, { visibility });
        if (!bin) return;
        const error = bin.confidence - bin.accuracy;
        const look = {
          "data-pull": Math.abs(error) < 0.02 ? "none" : pull(error), // nearer than that counts as on the diagonal
          "data-faint": bin.count / total < 0.004,
        };
        const at = px(x(bin.confidence)),
          reached = px(y(bin.accuracy));
        setAttributes(gap, { x1: at, x2: at, y1: px(y(bin.confidence)), y2: reached, ...look });
        setAttributes(dot, { cx: at, cy: reached, r: px(2 + 8 * Math.sqrt(bin.count / most)), ...look });
      });
      const texts = bins.map((bin) => `confidence ${fixed(bin.confidence, 2)}, accuracy ${fixed(bin.accuracy, 2)}`);
      setAttributes(plot.svg, { "aria-label": `Reliability diagram of ${title}; ${texts.join("; ")}` });
    },
  };
}

/** @param {(v: number) => number} x @param {(v: number) => number} y @param {number} left @param {number} right
 * @param {number} top @param {number} bottom @param {number} W */
const grid = (x, y, left, right, top, bottom, W) => [
  ...[0, 0.5, 1].flatMap((v) => [
    svgElement("line", { x1: x(v), x2: x(v), y1: top, y2: bottom }),
    svgElement("line", { x1: left, x2: right, y1: y(v), y2: y(v) }),
    svgElement("text", { x: x(v), y: bottom + 16, "text-anchor": v === 0 ? "start" : v === 1 ? "end" : "middle" }, String(v)),
    svgElement("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(v)),
  ]),
  svgElement("line", { class: "diagonal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
  svgElement("text", { x: (left + right) / 2, y: W - 5, "text-anchor": "middle" }, "confidence"),
  svgElement("text", { transform: `translate(11 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, "accuracy"),
  svgElement("text", { class: "side", x: x(0.04), y: y(0.93) }, "too modest"),
  svgElement("text", { class: "side", x: x(0.98), y: y(0.05), "text-anchor": "end" }, "too sure"),
];
