/** The size of the teacher's gradient over the temperature, with the factor T^2 and without; its limit; and the size of the
 * label's gradient. */

import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";
import { size } from "./arithmetic.js";
import { GRID, path, temperatureChart } from "./chart.js";
import { degrees } from "./controls.js";

/** @typedef {import("../demo.js").View} View */

export function normPane() {
  const plot = temperatureChart("size of the gradient");
  const limit = svgElement("line", { class: "limit", "data-object": "limit" });
  const label = svgElement("line", { class: "label-line" });
  const without = svgElement("path", { class: "curve hard", "data-object": "norm" });
  const withFactor = svgElement("path", { class: "curve soft", "data-object": "norm" });
  const words = ["limit", "label's own"].map((text) => svgElement("text", { class: "halo" }, text));
  const dots = [svgElement("circle", { r: 4, class: "dot mute-dot" }), svgElement("circle", { r: 6, class: "dot" })];
  plot.svg.append(limit, label, without, withFactor, ...words, ...dots);
  const cells = [element("td"), element("td"), element("td"), element("td")];
  const heads = [
    [element("i", { class: "swatch s-soft" }), "with T²"],
    [element("i", { class: "swatch s-hard" }), "without"],
    ["as T grows"],
    ["the label's"],
  ];
  const balance = element("p", { class: "balance" });
  const node = element(
    "section",
    { class: "pane norm", "aria-label": "Size of the gradient over the temperature" },
    element("h3", {}, "Why the factor T²"),
    plot.figure,
    element(
      "table",
      { class: "few" },
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, ...head)))),
      element("tbody", {}, element("tr", {}, ...cells)),
    ),
    balance,
  );
  let key = "",
    drawn = "";
  /** @type {number[]} */
  let sizes = [];
  /** @type {number[]} */
  let bare = [];
  return {
    node,
    figures: [plot.figure],
    /** @param {View} view @param {(figure: Element) => number} width */
    late(view, width) {
      const W = width(plot.figure);
      if (W < 80) return;
      const { student, v, temperature: T } = view;
      const now = [student, v].join(";");
      if (now !== key) {
        key = now;
        sizes = GRID.map((t) => size(student, v, t));
        bare = sizes.map((value, i) => value / GRID[i] ** 2);
        drawn = "";
      }
      const top = Math.max(...sizes, ...bare, view.limit, view.hardSize);
      const { x, y, left, right, upper, key: frame } = plot.frame(W, top, T);
      if (frame !== drawn) {
        drawn = frame;
        setAttributes(withFactor, { d: path(sizes, x, y) });
        setAttributes(without, { d: path(bare, x, y) });
      }
      const levels = /** @type {[SVGElement, number][]} */ ([
        [limit, view.limit],
        [label, view.hardSize],
      ]);
      levels.forEach(([line, level], i) => {
        setAttributes(line, { x1: left, x2: right, y1: y(level), y2: y(level) });
        setAttributes(words[i], {
          x: i ? right : left + 6,
          y: Math.max(y(level) - 6, upper - 4),
          "text-anchor": i ? "end" : "start",
        });
      });
      setAttributes(dots[0], { cx: x(T), cy: y(view.bareSize) });
      setAttributes(dots[1], { cx: x(T), cy: y(view.size) });
      const values = [view.size, view.bareSize, view.limit, view.hardSize].map((value) => fixed(value, 4));
      values.forEach((text, i) => setText(cells[i], text));
      setText(balance, sentence(view));
      setAttributes(plot.svg, {
        "aria-label": `Size of the teacher's gradient at T = ${degrees(T)}: ${values[0]} with the factor T squared, ${values[1]} without; its limit ${values[2]}; the label's own ${values[3]}.`,
      });
    },
  };
}

/** The teacher's gradient compared with the label's, in a sentence. @param {View} view */
function sentence({ temperature, size, bareSize, hardSize }) {
  const T = degrees(temperature);
  if (hardSize < 5e-5) return `The label no longer pulls at all: the student gives it all its probability.`;
  const times = (/** @type {number} */ value) => (value < 0.995 ? fixed(value, 2) : fixed(value, 1));
  return `At T = ${T} the whole teacher pulls ${times(size / hardSize)} times as hard as the label does; without the factor it would be ${times(bareSize / hardSize)} times.`;
}
