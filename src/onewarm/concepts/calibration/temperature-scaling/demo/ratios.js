/** The logarithms of ratios of probabilities, the truth's over the smoothed model's: a temperature is a line through 0. */

import { sum } from "onewarm/arithmetic.js";
import { chart, levels, valuesBelow } from "onewarm/chart.js";
import { alphaRange } from "onewarm/controls.js";
import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { clamp, fixed, px, scale } from "onewarm/numbers.js";
import { legend } from "onewarm/rows.js";
import { facts, mirror } from "onewarm/table.js";
import { divergence, inverseLeaves, logRatios } from "./arithmetic.js";
import { temperatureText } from "./axis.js";

/** @typedef {import("onewarm/widget.js").Context} Context @typedef {import("../demo.js").View} View */

const ROWS = 80; // drawn
const REACH = 10; // of the true log-ratios
const ACROSS = 5; // of the model's
const NAMES = ["this T leaves", "the best T leaves", "the inverse of smoothing leaves"];

/** @param {import("onewarm/room.js").Room} room */
function axes({ width: W, height }) {
  const H = height ?? clamp(Math.round(0.5 * W), 240, 360);
  const [left, right, top, bottom] = [36, W - 12, 22, H - (H < 170 ? 20 : 38)];
  return { fits: W >= 80 && H >= 80, W, H, left, right, top, bottom, x: scale(0, ACROSS, left, right), y: scale(0, REACH, bottom, top) };
}

/** @param {Context} ctx */
export function ratiosPane(ctx) {
  const alpha = alphaRange({ id: `${ctx.uid}-alpha`, label: "Smoothed with", change: (value) => ctx.change({ alpha: value }) });
  const clip = `${ctx.uid}-ratios`;
  const frame = svgElement("rect");
  const dots = svgElement("path", { class: "ratio-dots" });
  const line = svgElement("line", { class: "ratio-line", "data-object": "line" });
  const equal = svgElement("line", { class: "diagonal", "data-object": "equal" });
  const plot = chart("Log-ratios of the truth over those of the smoothed model");
  plot.svg.append(
    svgElement("defs", {}, svgElement("clipPath", { id: clip }, frame)),
    svgElement("g", { "clip-path": `url(#${clip})` }, equal, svgElement("g", { "data-object": "ratios" }, dots), line),
  );
  const list = facts(NAMES, "facts");
  setAttributes(list.node, { "data-object": "inverse" });
  const table = mirror({
    columns: ["log-ratio in the model", "pairs of classes", "mean log-ratio in truth"],
    rows: ACROSS,
    label: "Table of the log-ratios",
    summary: "The dots as a table",
  });
  /** @type {View["smoothed"] | null} */ let drawn = null; // the model whose dots are drawn
  /** @type {View["smoothed"] | null} */ let told = null; // and the one of the sums and the table
  /** @type {number[]} */ let sums = [];
  return {
    name: "ratios",
    node: element(
      "section",
      { class: "pane ratios-pane fill", "aria-label": "A smoothed model" },
      element("div", { class: "spare" }, alpha.node),
      legend([
        ["dots", "two classes of one example"],
        ["same", "equal in both"],
      ]),
      plot.figure,
      list.node,
      table.node,
    ),
    figures: [plot.figure],
    /** @param {View} view @param {unknown} _width @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, _width, room) {
      const { smoothed } = view;
      alpha.draw(view.alpha);
      const { fits, W, H, left, right, top, bottom, x, y } = axes(room(plot.figure));
      if (!fits) return;
      const resized = plot.ground(W, H, "", () => [
        ...levels([0, 5, 10], { y, left, right }),
        ...valuesBelow([0, 1, 2, 3, 4, 5], x, bottom + 16),
        ...(H < 170 ? [] : [svgElement("text", { x: right, y: H - 4, "text-anchor": "end" }, "log-ratio in the model")]),
        svgElement("text", { x: 0, y: 11 }, "log-ratio in truth"),
      ]);
      if (resized || drawn !== smoothed) {
        drawn = smoothed;
        setAttributes(frame, { x: left, y: top - 6, width: right - left, height: bottom - top + 12 });
        setAttributes(dots, { d: points(smoothed).map(([a, b]) => `M${px(x(a))},${px(y(b))}h0`).join("") });
        setAttributes(equal, { x1: x(0), y1: y(0), x2: x(ACROSS), y2: y(ACROSS) });
      }
      setAttributes(line, { x1: px(x(0)), y1: px(y(0)), x2: px(x(ACROSS)), y2: px(y(ACROSS / view.temperature)) });
    },
    /** @param {View} view */
    late(view) {
      const { smoothed, temperature: T } = view;
      if (told !== smoothed) {
        told = smoothed;
        sums = [divergence(smoothed.truth, smoothed.logits, smoothed.best), inverseLeaves(smoothed.truth, smoothed.probabilities, smoothed.alpha)];
        table.draw("The dots, by their place along the axis.", inRanges(points(smoothed)));
      }
      const covered = view.covered ? "covered" : "";
      list.draw(
        [covered || `${fixed(view.left, 4)} nats`, covered || `${fixed(sums[0], 4)} nats`, `${fixed(sums[1], 4)} nats`],
        [NAMES[0], covered ? NAMES[1] : `the best T, ${temperatureText(smoothed.best)}, leaves`, NAMES[2]],
      );
      setAttributes(plot.svg, {
        "aria-label": `Log-ratios of two classes of one example, ${ROWS} examples: in truth over in the smoothed model. Beside them a line through 0 that rises ${fixed(1 / T, 2)} for each 1.`,
      });
    },
  };
}

/** How many pairs have a log-ratio of 0 to 1 in the model, of 1 to 2 and so on, and what it is in truth on average.
 * @param {[number, number][]} pairs */
const inRanges = (pairs) =>
  Array.from({ length: ACROSS }, (_, i) => {
    const inside = pairs.filter(([across]) => Math.floor(across) === i).map(([, up]) => up);
    return [`${i} to ${i + 1}`, String(inside.length), inside.length ? fixed(sum(inside) / inside.length, 1) : "–"];
  });

/** Those that are drawn, of the first rows. @param {View["smoothed"]} smoothed */
const points = ({ probabilities, truth }) =>
  logRatios(probabilities.slice(0, ROWS), truth).filter(([, up]) => up <= REACH);
