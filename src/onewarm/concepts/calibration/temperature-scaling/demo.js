/**
 * The demo of "Temperature Scaling": one number, fitted on held-out rows.
 *
 * The keys of the host's model, all of them optional; `in` from the host, `out` to it:
 *
 *   temperature  T, by which all logits are divided    seed     of the rows that the model here is trained and scored on, 1 .. 999
 *   rows         "held-out" | "training"               example  the held-out row that is drawn as bars
 *   alpha        of the smoothed model                 classes  4 names
 *   cover        "" | "answer": covers the curve beyond T = 1, and every fitted temperature
 *   flag         a place on the axis of T, or null     scene    "fit" | "diagram" | "example" | "smoothed"
 *   state        in: any of these; out: all of them, and {by, nll, best, confidence, accuracy, ece, probabilities,
 *                smoothedBest, left}; null is what a cover hides, or a stage does not show
 */

import { choice, classNames, number, optional, whole } from "onewarm/fields.js";
import { fixed } from "onewarm/numbers.js";
import { widget } from "onewarm/widget.js";
import { curveOf, divergence, fitted, inverseLeaves, logRatios, nll, onehots, reliabilityAt, scaled, slopes, smoothedOptimum, unsmoothed } from "./demo/arithmetic.js";
import { HIGHEST, LOWEST } from "./demo/axis.js";
import { controlsPane } from "./demo/controls.js";
import { curvePane } from "./demo/curve.js";
import { diagramPane, wholePane } from "./demo/diagram.js";
import { examplePane } from "./demo/example.js";
import { HELD_OUT, K, modelOf } from "./demo/model.js";
import { ratiosPane } from "./demo/ratios.js";
import { CSS } from "./demo/style.js";
import { tablePane } from "./demo/table.js";


const fields = {
  temperature: number(1, 0.01, 100, "T"),
  rows: choice("held-out", ["held-out", "training"]),
  example: whole(129, 0, HELD_OUT - 1),
  alpha: number(0.1, 0, 0.5),
  seed: whole(2, 1, 999),
  cover: choice("", ["", "answer"]),
  flag: optional(number(1, LOWEST, HIGHEST)),
};

/** The last value of a function of one key, which is computed anew only where the key changes.
 * @template V @param {(...key: any[]) => V} compute @returns {(...key: any[]) => V} */
function remembered(compute) {
  /** @type {any[] | null} */ let last = null;
  /** @type {V} */ let value;
  return (...key) => {
    if (!last || key.some((part, i) => part !== last?.[i])) [value, last] = [compute(...key), key];
    return value;
  };
}

/** The model of a seed, with the best temperature on either kind of rows. */
const modelAt = remembered((/** @type {number} */ seed) => {
  const model = modelOf(seed);
  const add = (/** @type {typeof model.heldOut} */ scored) => {
    const targets = onehots(scored.labels, K);
    const best = fitted(scored.logits, targets);
    return { ...scored, targets, best, least: best > 0 ? nll(scored.logits, targets, best) : 0 };
  };
  return { training: add(model.training), heldOut: add(model.heldOut) };
});

/** A model at the smoothed optimum of the held-out rows' true probabilities, with its best temperature. */
const smoothedAt = remembered((/** @type {number} */ seed, /** @type {number} */ alpha) => {
  const { truth } = modelAt(seed).heldOut;
  const probabilities = truth.map((pi) => smoothedOptimum(pi, alpha));
  const logits = probabilities.map((row) => row.map(Math.log));
  return { seed, alpha, truth, probabilities, logits, best: fitted(logits, truth) };
});

/** What the rows' probabilities at a temperature are worth. */
const scoreAt = remembered((/** @type {ReturnType<typeof modelAt>["heldOut"]} */ rows, /** @type {number} */ T) => ({
  nll: nll(rows.logits, rows.targets, T),
  ...reliabilityAt(rows.logits, rows.labels, T),
}));

/** Everything the panes draw, computed once a change. @param {any} state @param {(key: string) => any} get */
function derive(state, get) {
  const { temperature: T, seed, alpha, example, cover } = state;
  const model = modelAt(seed);
  const rows = state.rows === "training" ? model.training : model.heldOut;
  const z = model.heldOut.logits[example];
  return {
    .../** @type {{temperature: number, rows: "held-out" | "training", example: number, alpha: number, seed: number,
     *   cover: "" | "answer", flag: number | null, scene: string, highlight: string | null}} */ (state),
    names: classNames(get("classes"), K),
    covered: cover !== "",
    scored: rows,
    ...scoreAt(rows, T),
    z,
    label: model.heldOut.labels[example],
    before: scaled(z, 1),
    probabilities: scaled(z, T),
    /** Whether the smoothed model is shown. It is computed only if it is. */
    smoothing: state.scene === "smoothed" || get("layout") !== "stage",
    get smoothed() {
      return smoothedAt(seed, alpha);
    },
    get left() {
      return divergence(this.smoothed.truth, this.smoothed.logits, T);
    },
  };
}
/** @typedef {ReturnType<typeof derive>} View */

/** @param {View} view */
const sentence = (view) =>
  view.scene === "smoothed"
    ? `Smoothed model at T ${fixed(view.temperature, 2)}: divergence from the truth ${fixed(view.left, 4)} nats`
    : `T ${fixed(view.temperature, 2)}: ${view.covered && view.temperature > 1 ? "" : `NLL ${fixed(view.nll, 4)} nats, `}confidence ${fixed(view.confidence, 3)}, accuracy ${fixed(view.accuracy, 3)}`;

/** @param {import("onewarm/widget.js").Context} ctx @param {View} view */
function build(ctx, view) {
  const panes = [
    controlsPane(ctx),
    curvePane(ctx),
    wholePane(),
    diagramPane(),
    examplePane(ctx, view.names),
    ratiosPane(ctx),
    tablePane(view.names),
  ];
  const [controls, ...rest] = panes.map((pane) => pane.node);
  // On the stage the slider is below what it moves, where a finger does not hide that.
  return { panes, nodes: ctx.onStage ? [...rest, controls] : [controls, ...rest] };
}

/** For tests: the pure part. */
export const arithmetic = Object.freeze({
  curveOf,
  divergence,
  fitted,
  inverseLeaves,
  logRatios,
  modelOf,
  nll,
  onehots,
  reliabilityAt,
  scaled,
  slopes,
  smoothedOptimum,
  unsmoothed,
});

export default widget({
  name: "temperature",
  label: "Temperature demo: one number on held-out examples",
  css: CSS,
  fields,
  traits: ["temperature", "rows", "example", "alpha", "seed", "cover", "flag"],
  inputs: ["classes"],
  highlights: ["temperature", "curve", "minimum", "confidence", "diagram", "ece", "bar", "logit", "ratios", "line", "equal", "inverse"],
  scenes: {
    fit: { title: "Curve", panes: ["controls", "curve", "whole"] },
    diagram: { title: "Bins", panes: ["controls", "diagram", "whole"] },
    example: { title: "Example", panes: ["controls", "example", "numbers"] },
    smoothed: { title: "Smoothed", panes: ["controls", "ratios"] },
  },
  derive,
  shape: (view) => view.names.join(),
  build,
  sentence,
  report: (view) => ({
    nll: view.covered && view.temperature > 1 ? null : view.nll,
    best: view.covered ? null : view.scored.best,
    confidence: view.confidence,
    accuracy: view.accuracy,
    ece: view.ece,
    probabilities: view.probabilities,
    smoothedBest: view.covered || !view.smoothing ? null : view.smoothed.best,
    left: view.covered || !view.smoothing ? null : view.left,
  }),
});
