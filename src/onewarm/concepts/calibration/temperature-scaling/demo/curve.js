/** The NLL over T, on held-out rows or on those that the model was trained on, with its lowest place. */

import { chart, levels, pathThrough, valuesBelow } from "onewarm/chart.js";
import { button, segments } from "onewarm/controls.js";
import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { clamp, fixed, px, scale } from "onewarm/numbers.js";
import { nll } from "./arithmetic.js";
import { HIGHEST, LOWEST, temperatureText } from "./axis.js";

/** @typedef {import("onewarm/widget.js").Context} Context @typedef {import("../demo.js").View} View */

const REACH = 1.2; // nats, the top of the picture
const POINTS = 72;

/** @param {Context} ctx */
export function curvePane(ctx) {
  const rows = segments({
    name: `${ctx.uid}-rows`,
    legend: "Rows",
    options: [
      ["held-out", "Held-out"],
      ["training", "Training"],
    ],
    change: (value) => ctx.change({ rows: value }),
  });
  const draw = button("Draw new rows", () => ctx.change({ seed: (ctx.view.seed % 999) + 1 }), "quiet");
  const clip = `${ctx.uid}-clip`;
  const frame = svgElement("rect");
  const curve = svgElement("path", { class: "curve soft", "data-object": "curve" });
  const here = svgElement("line", { class: "here" });
  const dot = svgElement("circle", { r: 6, class: "dot" });
  const low = svgElement("circle", { r: 6, class: "low" });
  const lowText = svgElement("text", { class: "strong halo", "text-anchor": "middle" });
  const lowest = svgElement("g", { "data-object": "minimum" }, low, lowText);
  const cover = svgElement("rect", { class: "cover" });
  const coverText = svgElement("text", { class: "cover-text", "text-anchor": "middle" }, "covered until you commit");
  const flag = svgElement(
    "g",
    { class: "flag" },
    svgElement("line", { class: "pole" }),
    svgElement("path", { class: "cloth" }),
    svgElement("text", { class: "you" }, "you"),
  );
  const [pole, cloth, you] = flag.children;
  const plot = chart("NLL over the temperature");
  plot.svg.append(
    svgElement("defs", {}, svgElement("clipPath", { id: clip }, frame)),
    svgElement("g", { "clip-path": `url(#${clip})` }, curve),
    cover,
    coverText,
    here,
    lowest,
    dot,
    flag,
  );
  const note = element("p", { class: "caption" });
  const points = remembering();
  return {
    name: "curve",
    node: element(
      "section",
      { class: "pane curve-pane", "aria-label": "NLL over the temperature" },
      element("div", { class: "pane-head" }, rows.node, draw),
      plot.figure,
      note,
    ),
    figures: [plot.figure],
    /** @param {View} view @param {(figure: Element) => number} width */
    late(view, width) {
      rows.draw(view.rows);
      setText(note, noteOf(view));
      const W = width(plot.figure);
      if (W < 80) return;
      const H = plot.figure.clientHeight; // the sheet says it
      const [left, right, top, bottom] = [40, W - 14, 24, H - 38];
      const x = scale(0, HIGHEST, left, right),
        y = scale(0, REACH, bottom, top);
      plot.ground(W, H, "", () => [
        ...levels([0, 0.4, 0.8, 1.2], { y, left, right }),
        ...valuesBelow([0, 1, 2, 3, 4, 5, 6], x, bottom + 17),
        svgElement("text", { x: right, y: H - 4, "text-anchor": "end" }, "temperature T"),
        svgElement("text", { x: 0, y: 12 }, "NLL, nats"),
      ]);
      setAttributes(frame, { x: left, y: top - 6, width: right - left, height: bottom - top + 12 });
      setAttributes(curve, { d: pathThrough(points(view).map(([T, v]) => [x(T), y(Math.min(v, 2 * REACH))])) });
      const edge = view.covered ? x(1) : right;
      setAttributes(cover, { x: px(edge), y: top - 6, width: px(right - edge), height: bottom - top + 6 });
      setAttributes(coverText, { x: px((edge + right) / 2), y: (top + bottom) / 2 });
      setAttributes(coverText, { visibility: view.covered ? "visible" : "hidden" });
      const T = clamp(view.temperature, 0, HIGHEST);
      const shown = !view.covered || view.temperature <= 1;
      setAttributes(here, { x1: px(x(T)), x2: px(x(T)), y1: top - 6, y2: bottom });
      setAttributes(dot, { cx: px(x(T)), cy: px(y(Math.min(view.nll, REACH))), visibility: shown ? "visible" : "hidden" });
      const best = view.scored.best;
      const has = !view.covered && best > 0 && best <= HIGHEST;
      setAttributes(lowest, { visibility: has ? "visible" : "hidden" });
      if (has) {
        const least = nll(view.scored.logits, view.scored.targets, best);
        setAttributes(low, { cx: px(x(best)), cy: px(y(least)) });
        setAttributes(lowText, { x: px(x(best)), y: px(y(least) + 24) });
      }
      setText(lowText, has ? `lowest ${temperatureText(best)}` : "");
      setAttributes(flag, { visibility: view.flag === null ? "hidden" : "visible" });
      if (view.flag !== null) {
        const at = x(view.flag);
        setAttributes(pole, { x1: px(at), x2: px(at), y1: top - 2, y2: bottom });
        setAttributes(cloth, { d: `M${px(at)},${top - 2}h34l-6,9l6,9h-34Z` });
        setAttributes(you, { x: px(at + 4), y: top + 12 });
      }
      setAttributes(plot.svg, { "aria-label": aria(view) });
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
      points = Array.from({ length: POINTS }, (_, i) => {
        const T = LOWEST * (HIGHEST / LOWEST) ** (i / (POINTS - 1));
        return [T, nll(logits, targets, T)];
      });
    }
    return points;
  };
}

/** @param {View} view */
function noteOf(view) {
  const rows = view.rows === "training" ? "60 training rows, all of them right" : `${view.scored.labels.length} held-out rows`;
  if (view.covered) return `${rows}.`;
  return view.scored.best === 0 ? `${rows}: the curve falls all the way to T = 0.` : `${rows}: lowest at T = ${temperatureText(view.scored.best)}.`;
}

/** @param {View} view */
function aria(view) {
  const flag = view.flag === null ? "" : ` Your flag stands at ${fixed(view.flag, 2)}.`;
  if (view.covered) return `NLL over the temperature, covered beyond T = 1.${flag}`;
  return `NLL over the temperature. ${noteOf(view)} At T = ${fixed(view.temperature, 2)}: ${fixed(view.nll, 4)} nats.${flag}`;
}
