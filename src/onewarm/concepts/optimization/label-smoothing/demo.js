/**
 * The logit demo of "Label Smoothing & Soft Targets".
 *
 * One row a class: a bar for the probability p, a tick for the target t, and between them the gap, which is the gradient.
 *
 * The keys of the host's model, all of them optional; `in` from the host, `out` to it:
 *
 *   logits       K numbers, K >= 2                   classes      K names
 *   alpha        mass moved from the label           label        the true class, 0 .. K-1
 *   recipe       "uniform" | "prior" | "teacher"     prior, teacher   a row of K, or K rows, one a label
 *   data         "overconfident" | "calibrated"      seed           of the rows that are trained on here, 1 .. 999
 *   calibration  {overconfident: report | null, calibrated: report | null}, subsets of a study report
 *   scene        what a page's stage shows: "rows" | "training" | "studies"
 *   cover        until a question is answered: "curve" covers the loss beyond the present logit, the targets and the gaps'
 *                numbers, "gap" these numbers only
 *   flag         where the reader thinks that the curve is lowest, or null; lens: the lanes show the first tenth only
 *   address      the query string of a state: "z=3,1,-0.5,-1&alpha=0.1&label=0&recipe=uniform&view=before&data=..."
 *   state        in: any of these fields, and {pick, highlight};
 *                out: all of them, and {by: "user" | "host" | "start", loss, hardLoss, floor, probabilities, target, gradient,
 *                and once the model here is trained, trained: {alpha, data, seed, steps, ece, confidence, accuracy, gap, nll,
 *                stopped: {step, ece, ...}}}
 */

import { crossEntropy, entropy, gradient, isDistribution, logSumExp, softmax, target } from "onewarm/arithmetic.js";
import { binOf } from "onewarm/calibration.js";
import { element } from "onewarm/dom.js";
import { choice, classNames, number, optional, row, rules, toggle, whole } from "onewarm/fields.js";
import { fixed } from "onewarm/numbers.js";
import { widget } from "onewarm/widget.js";
import { lossAlong, minimiser, optimum, recipeRow } from "./demo/arithmetic.js";
import { calibrationPane } from "./demo/calibration.js";
import { RECIPES, controlsPane } from "./demo/controls.js";
import { logitPane, sentence } from "./demo/logits.js";
import { lossPane } from "./demo/loss.js";
import { CSS } from "./demo/style.js";
import { tablePane } from "./demo/table.js";
import { course, labelNll } from "./demo/course.js";
import { logitsOnPlane, ontoPlane, probabilitiesAt } from "./demo/plane.js";
import { trainedPane } from "./demo/trained.js";
import { clouds, descend, forward, lossAndGradient, score } from "./demo/training.js";

const fields = {
  logits: row([3, 1, -0.5, -1], "z"),
  alpha: number(0.1, -1, 1),
  label: whole(0, 0, (state) => state.logits.length - 1),
  recipe: choice("uniform", RECIPES),
  pick: optional(whole(0, 0, (state) => state.logits.length - 1)),
  view: choice("before", ["before", "after", "end"]),
  data: choice("overconfident", ["overconfident", "calibrated"]),
  seed: whole(1, 1, 999),
  cover: choice("", ["", "curve", "gap"]),
  flag: optional(number(0, -1000, 1000)),
  lens: toggle(),
};

/** Everything the panes draw, computed once a change. @param {any} state @param {(key: string) => any} get */
function derive(state, get) {
  const { logits, label, alpha, recipe } = state;
  const K = logits.length;
  const t = target(label, alpha, recipeRow(recipe, K, label, recipe === "uniform" ? undefined : get(recipe)));
  const hard = target(label, 0, Array(K).fill(0));
  return {
    .../** @type {{logits: number[], alpha: number, label: number, recipe: "uniform" | "prior" | "teacher",
     *   pick: number | null, view: "before" | "after" | "end", data: "overconfident" | "calibrated", seed: number,
     *   cover: "" | "curve" | "gap", flag: number | null, lens: boolean, highlight: string | null}} */ (
      state
    ),
    names: classNames(get("classes"), K),
    K,
    k: /** @type {number} */ (state.pick ?? label),
    hard,
    target: t,
    probabilities: softmax(logits),
    gradient: gradient(logits, t),
    hardGradient: gradient(logits, hard),
    loss: crossEntropy(logits, t),
    hardLoss: crossEntropy(logits, hard),
    floor: entropy(t),
    minimum: minimiser(logits, t), // of all logits together; null where there is none
    calibration: get("calibration"),
  };
}
/** @typedef {ReturnType<typeof derive>} View */

/** Descent of the logits from this view. @param {import("onewarm/widget.js").Context} ctx
 * @returns {(view: View) => import("onewarm/descent.js").Plan} */
const descentOf = (ctx) => (view) => {
  const { minimum } = view;
  return {
    slope: (z) => gradient(z, view.target),
    minimum,
    ended({ steps, rests }) {
      const { loss, floor } = ctx.view;
      const count = steps.toLocaleString("en");
      if (rests)
        return `At the minimum after ${count} steps: every bar meets its tick, and the loss is its floor, ${fixed(loss, 4)}.`;
      return minimum
        ? `After ${count} steps the loss is ${fixed(loss, 4)} and still falling towards its floor, ${fixed(floor, 4)}.`
        : `Stopped after ${count} steps, still falling: the loss is ${fixed(loss, 4)}, and there is no minimum.`;
    },
  };
};

/** @param {import("onewarm/widget.js").Context} ctx @param {View} view */
function build(ctx, { names }) {
  /** What is wrong with the row that the host gave for a recipe, if anything. @param {string} recipe */
  function rowNote(recipe) {
    const given = recipe === "uniform" ? null : ctx.get(recipe);
    const row = Array.isArray(given?.[0]) ? given[ctx.state.label] : given;
    return given == null || isDistribution(row, names.length)
      ? ""
      : ` (The ${recipe} given here is not a distribution over ${names.length} classes; a made-up one is shown.)`;
  }
  const controls = controlsPane(ctx, descentOf(ctx), rowNote);
  const logits = logitPane(ctx, names);
  const loss = lossPane(ctx, names);
  const table = tablePane(names);
  const trained = trainedPane(ctx);
  const calibration = calibrationPane(ctx);
  return {
    panes: [
      { name: "controls", ...controls },
      { name: "logits", ...logits },
      { name: "loss", ...loss },
      table,
      { name: "training", ...trained },
      { name: "studies", ...calibration },
    ],
    nodes: [
      controls.node,
      element("div", { class: "stage fill" }, logits.node, loss.node, table.node),
      trained.node,
      calibration.node,
    ],
  };
}

const { format, parse } = rules(fields);

/** For tests: the pure part, and the state in the address. */
export const arithmetic = Object.freeze({
  logSumExp,
  softmax,
  target,
  crossEntropy,
  gradient,
  entropy,
  lossAlong,
  optimum,
  minimiser,
  recipeRow,
  clouds,
  forward,
  lossAndGradient,
  descend,
  binOf,
  score,
  course,
  labelNll,
  ontoPlane,
  logitsOnPlane,
  probabilitiesAt,
});
export const address = Object.freeze({
  format,
  parse: (/** @type {any} */ text, /** @type {number} */ classes) => parse(text, { logits: Array(classes).fill(0) }),
});

export default widget({
  name: "logit",
  label: "Logit demo: drag a logit, compare probability and target",
  css: CSS,
  fields,
  traits: ["logits", "alpha", "label", "recipe", "view", "data", "seed", "cover", "flag", "lens"],
  inputs: ["classes", "prior", "teacher", "calibration"],
  highlights: [
    ...["logit", "bar", "tick", "gap", "weakest", "curve", "minimum", "flag", "alpha", "run"],
    ...["training", "regions", "reliability", "calibration"],
  ],
  scenes: {
    rows: { title: "Logits and loss", panes: ["controls", "logits", "loss"] },
    training: { title: "Train a model", panes: ["training"] },
    studies: { title: "Measured", panes: ["studies"] },
  },
  derive,
  shape: (view) => JSON.stringify(view.names),
  build,
  report: (view) => ({
    loss: view.loss,
    hardLoss: view.hardLoss,
    floor: Number.isFinite(view.floor) ? view.floor : null,
    probabilities: view.probabilities,
    target: view.target,
    gradient: view.gradient,
  }),
  sentence: (view) => `Loss ${fixed(view.loss, 4)}, hard ${fixed(view.hardLoss, 4)}. ${sentence(view)}`,
});
