/** The NLL over T, on held-out rows or on those that the model was trained on, with its lowest place. */

import { chart, levels, pathThrough, valuesBelow } from "onewarm/chart.js";
import { button, segments } from "onewarm/controls.js";
import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { axisFlag } from "onewarm/flag.js";
import { clamp, fixed, px, scale } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";
import { curveOf } from "./arithmetic.js";
import { HIGHEST, LOWEST, MARKS, along, temperatureOf, temperatureText } from "./axis.js";

/** @typedef {import("onewarm/widget.js").Context} Context @typedef {import("../demo.js").View} View
 *  @typedef {import("onewarm/room.js").Room} Room */

const REACH = 1; // nats, the top of the picture
const POINTS = 101; // from LOWEST to HIGHEST
const OPEN = 1; // with a cover the curve is in view up to this T

/** @param {Room} room */
function axes({ width: W, height }) {
  const H = height ?? clamp(Math.round(0.42 * W), 220, 320);
  const [left, right, top, bottom] = [36, W - 12, 22, H - (H < 170 ? 20 : 38)];
  return { fits: W >= 80 && H >= 80, W, H, left, right, top, bottom, x: along(left, right), y: scale(0, REACH, bottom, top) };
}

/** @param {Context} ctx */
export function curvePane(ctx) {
  const rows = segments({
    name: `${ctx.uid}-rows`,
    legend: "Examples",
    options: [
      ["held-out", "Held-out"],
      ["training", "Training"],
    ],
    change: (value) => ctx.change({ rows: value }),
  });
  const anew = button("Draw new ones", () => ctx.change({ seed: (ctx.view.seed % 999) + 1 }), "quiet");
  const flag = axisFlag({
    label: "Your flag: the temperature with the lowest NLL",
    get: () => (ctx.state.flag === null ? null : Math.log2(ctx.state.flag)),
    set: (power) => ctx.change({ flag: temperatureOf(power) }),
    text: (power) => temperatureText(2 ** power),
    steps: 20,
  });
  const curve = svgElement("path", { class: "curve soft", "data-object": "curve" });
  const here = svgElement("line", { class: "here" });
  const dot = svgElement("circle", { r: 6, class: "dot" });
  const low = svgElement("circle", { r: 6, class: "low" });
  const lowText = svgElement("text", { class: "strong halo", "text-anchor": "middle" });
  const lowest = svgElement("g", { "data-object": "minimum" }, low, lowText);
  const cover = svgElement("rect", { class: "cover" });
  const coverText = svgElement("text", { "text-anchor": "middle" });
  const plot = chart("NLL over the temperature");
  plot.svg.append(
    cover,
    curve,
    here,
    coverText,
    lowest,
    dot,
  );
  plot.figure.append(flag.node);
  const note = element("p", { class: "caption" });
  const table = mirror({
    columns: ["temperature T", "NLL, nats"],
    rows: MARKS.length,
    label: "Table of the NLL over the temperature",
    summary: "The curve as a table",
  });
  const points = remembering();
  return {
    name: "curve",
    node: element(
      "section",
      { class: "pane curve-pane fill", "aria-label": "NLL over the temperature" },
      element("div", { class: "pane-head" }, rows.node, anew),
      plot.figure,
      note,
      table.node,
    ),
    figures: [plot.figure],
    /** @param {View} view @param {unknown} _width @param {(figure: Element) => Room} room */
    draw(view, _width, room) {
      const at = axes(room(plot.figure));
      if (!at.fits) return;
      const T = clamp(view.temperature, LOWEST, HIGHEST);
      const shown = !view.covered || view.temperature <= OPEN;
      setAttributes(here, { x1: px(at.x(T)), x2: px(at.x(T)), y1: at.top - 6, y2: px(at.bottom) });
      const [cx, cy] = [px(at.x(T)), px(at.y(Math.min(view.nll, REACH)))];
      setAttributes(dot, { cx, cy, visibility: shown ? "visible" : "hidden" });
      const ends = { left: at.left, right: at.right, lo: Math.log2(LOWEST), hi: Math.log2(HIGHEST) };
      flag.draw({ ...ends, top: at.top - 6, bottom: at.bottom, fixed: !view.covered });
    },
    /** @param {View} view @param {unknown} _width @param {(figure: Element) => Room} room */
    late(view, _width, room) {
      rows.draw(view.rows);
      setText(note, noteOf(view));
      const all = points(view);
      const each = (all.length - 1) / (MARKS.length - 1); // points from one mark to the next
      const told = (/** @type {[number, number]} */ [T, v]) => (T > OPEN && view.covered ? "covered" : fixed(v, 4));
      const now = told([view.temperature, view.nll]);
      table.draw(`${noteOf(view)} At T = ${fixed(view.temperature, 2)} now: ${now}.`, MARKS.map((mark, i) => [String(mark), told(all[i * each])]));
      setAttributes(plot.svg, { "aria-label": aria(view) });
      const { fits, W, H, left, right, top, bottom, x, y } = axes(room(plot.figure));
      if (!fits) return;
      plot.ground(W, H, "", () => [
        ...levels([0, 0.25, 0.5, 0.75, 1], { y, left, right }),
        ...valuesBelow(MARKS, x, bottom + 16),
        ...(H < 170 ? [] : [svgElement("text", { x: right, y: H - 4, "text-anchor": "end" }, "temperature T, each mark twice the last")]),
        svgElement("text", { x: 0, y: 11 }, "NLL, nats"),
      ]);
      const seen = all.filter(([T, v]) => v <= REACH && (T <= OPEN || !view.covered));
      setAttributes(curve, { d: pathThrough(seen.map(([T, v]) => [x(T), y(v)])) });
      const edge = view.covered ? x(OPEN) : right;
      setAttributes(cover, { x: px(edge), y: top - 6, width: px(right - edge), height: px(bottom - top + 6) });
      setAttributes(coverText, { x: px((edge + right) / 2), y: px(bottom - 12) });
      setText(coverText, view.covered ? "covered" : "");
      const best = view.scored.best;
      const has = !view.covered && best > 0 && best <= HIGHEST;
      setAttributes(lowest, { visibility: has ? "visible" : "hidden" });
      setText(lowText, has ? `lowest ${temperatureText(best)}` : "");
      if (!has) return;
      const [cx, cy] = [x(best), y(view.scored.least)];
      setAttributes(low, { cx: px(cx), cy: px(cy) });
      setAttributes(lowText, { x: px(cx), y: px(cy + 24) });
    },
  };
}

/** The curve's points, computed anew only for other rows. */
function remembering() {
  /** @type {any} */ let last = null;
  /** @type {[number, number][]} */ let points = [];
  return (/** @type {View} */ view) => {
    if (view.scored !== last) {
      last = view.scored;
      const { logits, targets } = view.scored;
      points = curveOf(logits, targets, POINTS); // the 41st is at OPEN, where a cover begins
    }
    return points;
  };
}

/** @param {View} view */
function noteOf(view) {
  const { best, labels } = view.scored;
  const rows = `${labels.length} ${view.rows === "training" ? "examples that the model was trained on" : "held-out examples"}`;
  if (view.covered) return `${rows}.`;
  return best === 0 ? `${rows}: the curve falls all the way to T = 0.` : `${rows}: lowest at T = ${temperatureText(best)}.`;
}

/** @param {View} view */
function aria(view) {
  if (view.covered) return "NLL over the temperature, covered beyond T = 1.";
  return `NLL over the temperature. ${noteOf(view)} At T = ${fixed(view.temperature, 2)}: ${fixed(view.nll, 4)} nats.`;
}
