/** Confidence and accuracy at T: as two numbers, and bin by bin in a reliability diagram. */

import { element, setAttributes, setStyle, setText } from "onewarm/dom.js";
import { clamp, fixed, px } from "onewarm/numbers.js";
import { binTable, reliability } from "onewarm/reliability.js";
import { BINS } from "./arithmetic.js";

/** @typedef {import("../demo.js").View} View */

/** The mean confidence as a bar, the accuracy as a tick. */
export function wholePane() {
  const bar = element("div", { class: "bar" }),
    gap = element("div", { class: "gap" }),
    tick = element("div", { class: "tick" });
  const [sure, right] = [element("b"), element("b")];
  const track = element("div", { class: "track", "aria-hidden": "true" }, element("div", { class: "lane" }, bar, gap, tick));
  const node = element(
    "section",
    { class: "whole", "aria-label": "Confidence and accuracy", "data-object": "confidence" },
    element(
      "p",
      { class: "legend" },
      element("span", { class: "key" }, element("span", { class: "swatch s-bar" }), "mean confidence ", sure),
      element("span", { class: "key" }, element("span", { class: "swatch s-tick" }), "accuracy ", right),
    ),
    track,
  );
  return {
    name: "whole",
    node,
    /** @param {View} view */
    draw({ confidence, accuracy }) {
      setStyle(bar, "width", `${px(100 * confidence)}%`);
      setStyle(tick, "left", `${px(100 * accuracy)}%`);
      setStyle(gap, "left", `${px(100 * Math.min(confidence, accuracy))}%`);
      setStyle(gap, "width", `${px(100 * Math.abs(confidence - accuracy))}%`);
      setAttributes(track, { "data-pull": confidence > accuracy ? "down" : "up" });
      setText(sure, fixed(confidence, 3));
      setText(right, fixed(accuracy, 3));
    },
  };
}

/** The reliability diagram with its ECE. */
export function diagramPane() {
  const plot = reliability({ objects: { dots: "diagram" } });
  const error = element("b");
  const table = binTable({ rows: BINS, label: "Table of the reliability diagram", summary: "The diagram as a table" });
  return {
    name: "diagram",
    node: element(
      "section",
      { class: "pane diagram-pane fill", "aria-label": "Reliability diagram" },
      plot.figure,
      element("p", { class: "error", "data-object": "ece" }, "ECE ", error),
      table.node,
    ),
    figures: [plot.figure],
    /** @param {View} view @param {unknown} _width @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, _width, room) {
      setText(error, fixed(view.ece, 3));
      const { width: W, height } = room(plot.figure);
      if (W < 80 || (height ?? 80) < 80) return;
      const title = `the ${view.rows} examples at T = ${fixed(view.temperature, 2)}`;
      plot.draw(W, view.bins, title, height ?? clamp(W, 220, 360));
    },
    /** @param {View} view */
    late: (view) => table.draw(`The ${view.rows} examples at T = ${fixed(view.temperature, 2)}: ECE ${fixed(view.ece, 4)}.`, view.bins),
  };
}
