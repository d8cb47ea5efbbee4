/**
 * The demo of "Calibration & Reliability Diagrams".
 *
 * Three scenes: ten bins to drag, with the ECE as an area; samples of a model whose truth is known, measured; and the same
 * rows in fewer bins, with Murphy's parts of the Brier score.
 *
 * The keys of the host's model, all of them optional; `in` from the host, `out` to it:
 *
 *   rows, confidence, accuracy   ten numbers each: of the bins 0 to .1, .1 to .2, ...        pick   the bin in hand, 0 .. 9
 *   coarse   into how many bins the ten are merged: "10" | "5" | "2" | "1"
 *   drawn, bins, seed, error   of the samples: rows, bins of the diagram, seed, the model's own ECE
 *   scene, cover, flag   what is on the stage; what is covered; where the reader's flag stands on the axis of the ECE
 *   state    out: all of them, and {ece, parts, and of the sample sampleEce, debiased, mean and, once computed, smooth}
 */

import { element } from "onewarm/dom.js";
import { choice, number, optional, row, rules, whole } from "onewarm/fields.js";
import { fixed } from "onewarm/numbers.js";
import { binOf, binned, debiasedSquare, eceOf, smoothError, smoothedGap, squaredGap, uniforms } from "onewarm/calibration.js";
import { widget } from "onewarm/widget.js";
import { binsOf, brierParts, measured, merged, overall, rightAt, sample, seedOf, terms } from "./demo/arithmetic.js";
import { MOST_ROWS, binsPane } from "./demo/bins.js";
import { comparePane } from "./demo/compare.js";
import { samplingPane } from "./demo/sampling.js";
import { CSS } from "./demo/style.js";

const ten = (/** @type {number[]} */ start, /** @type {number} */ hi, /** @type {string} */ name) =>
  row(start, name, { least: 10, most: 10, lo: 0, hi });

const fields = {
  rows: ten([0, 0, 0, 0, 20, 40, 60, 80, 120, 180], MOST_ROWS, "rows"),
  confidence: ten([0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95], 1, "conf"),
  accuracy: ten([0.05, 0.15, 0.25, 0.35, 0.4, 0.5, 0.58, 0.66, 0.74, 0.82], 1, "acc"),
  pick: whole(9, 0, 9),
  coarse: choice("5", ["10", "5", "2", "1"]),
  drawn: whole(300, 30, 3000, "n"),
  bins: whole(15, 2, 30),
  seed: whole(1, 1, 999),
  error: number(0, 0, 0.25),
  cover: choice("", ["", "sample", "ece", "coarse"]),
  flag: optional(number(0, 0, 0.25)),
};

/** Everything the panes draw, computed once a change. @param {any} state */
function derive(state) {
  const bins = binsOf(state);
  const coarse = merged(
    bins,
    Number(state.coarse),
    bins.map(({ index }) => index),
  );
  return {
    .../** @type {{rows: number[], confidence: number[], accuracy: number[], pick: number, coarse: string, drawn: number,
     *   bins: number, seed: number, error: number, scene: string, cover: string, flag: number | null}} */ (state),
    count: /** @type {number} */ (state.bins),
    bins,
    covered: state.cover === "ece",
    all: overall(bins),
    terms: terms(bins),
    ece: eceOf(bins),
    parts: brierParts(bins),
    merged: coarse,
    mergedEce: eceOf(coarse),
    mergedParts: brierParts(coarse),
  };
}
/** @typedef {ReturnType<typeof derive>} View */

/** @param {import("onewarm/widget.js").Context} ctx */
function build(ctx) {
  const panes = [binsPane(ctx), samplingPane(ctx), comparePane(ctx)];
  return { panes, nodes: [element("div", { class: "stage" }, ...panes.map((pane) => pane.node))] };
}

const { format, parse } = rules(fields);

/** For tests: the pure part, and the state in the address. */
export const arithmetic = Object.freeze({
  binOf,
  binned,
  binsOf,
  brierParts,
  debiasedSquare,
  eceOf,
  measured,
  merged,
  overall,
  rightAt,
  sample,
  seedOf,
  smoothError,
  smoothedGap,
  squaredGap,
  terms,
  uniforms,
});
export const address = Object.freeze({ format, parse });

export default widget({
  name: "reliability",
  label: "Reliability demo: drag a bin, draw a sample",
  css: CSS,
  fields,
  traits: Object.keys(fields),
  scenes: {
    diagram: { title: "Ten bins", panes: ["bins"] },
    sampling: { title: "A sample", panes: ["sampling"] },
    compare: { title: "Fewer bins", panes: ["compare"] },
  },
  highlights: ["dots", "gaps", "diagonal", "areas", "levels", "rows", "sum", "total", "accuracy", "sample", "histogram", "truth", "estimates", "merged", "parts"],
  derive,
  build,
  report: (view) => (view.covered ? {} : { ece: view.ece, parts: view.parts, mergedEce: view.mergedEce }),
  sentence,
});

/** @param {View} view */
function sentence(view) {
  if (view.cover) return "";
  if (view.scene === "compare")
    return `In ${view.coarse} bins the ECE is ${fixed(view.mergedEce, 3)}, in ten ${fixed(view.ece, 3)}.`;
  if (view.scene === "sampling") return `${view.drawn} rows in ${view.count} bins.`;
  return `ECE ${fixed(view.ece, 3)}. Bin ${view.pick + 1} of 10: accuracy ${fixed(view.accuracy[view.pick], 2)}, confidence ${fixed(view.confidence[view.pick], 2)}.`;
}
