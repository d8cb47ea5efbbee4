/**
 * The demo of "Cross-Entropy": the loss as areas.
 *
 * Every class is a box, as wide as its share t of the votes and as tall as its surprise -log p; the area of all boxes is the
 * loss. A line in each box at -log t shows the surprise if p were t: above the line is paid extra, below it saved.
 *
 * The keys of the host's model, all of them optional; `in` from the host, `out` to it:
 *
 *   logits   K numbers, K >= 2                       classes  K names
 *   votes    K numbers >= 0, not all 0: the target is their shares
 *   unit     "nats" | "bits"                         pick     the class on the curves, 0 .. K-1
 *   scene    what a stage shows: "areas" | "loss" | "surprise" | "slopes"
 *   flag     where the reader thinks that the loss is lowest: a probability, or null
 *   cover    what is hidden until a question is answered, by name (text.js)
 *   address  the query string of a state: "z=3,1,-0.5,-1&votes=12,5,2,1&unit=nats&pick=1&scene=areas"
 *   state    in: any of {logits, votes, unit, pick, scene, highlight, flag, cover};
 *            out: all of them, `by` (who changed it), and in nats {loss, entropy, divergence, reverse, extra, saving, perplexity, target,
 *            probabilities, surprise, terms, gradient, lowest}; reverse and perplexity are null where they are infinite; lowest is the least loss
 *            that moving the picked logit can reach
 */

import { normalized } from "onewarm/arithmetic.js";
import { element } from "onewarm/dom.js";
import { choice, classNames, number, optional, row, rowLike, rules, whole } from "onewarm/fields.js";
import { fixed } from "onewarm/numbers.js";
import { widget } from "onewarm/widget.js";
import { along, bill, example, meeting, slopeAt } from "./demo/arithmetic.js";
import { areasPane, sentence } from "./demo/areas.js";
import { barsPane } from "./demo/bars.js";
import { controlsPane } from "./demo/controls.js";
import { curvePane } from "./demo/curve.js";
import { lossPane } from "./demo/loss.js";
import { onePane } from "./demo/one.js";
import { rowsPane } from "./demo/rows.js";
import { CSS } from "./demo/style.js";
import { tablePane } from "./demo/table.js";
import { COVERS, covered } from "./demo/text.js";
import { totalPane } from "./demo/total.js";

const fields = {
  logits: row([3, 1, -0.5, -1], "z"),
  votes: rowLike("logits", ({ length }) => example(length === 4 ? "votes" : "level", length), "votes", {
    lo: 0,
    accept: (votes) => votes.some((count) => count > 0),
  }),
  unit: choice("nats", ["nats", "bits"]),
  pick: whole(0, 0, (state) => state.logits.length - 1),
  flag: { ...optional(number(0, 0, 1)), address: null },
  cover: choice("", COVERS, null),
};

/** Everything the panes draw, computed once a change. @param {any} state @param {(key: string) => any} get */
function derive(state, get) {
  const target = normalized(state.votes);
  const perUnit = state.unit === "bits" ? Math.LN2 : 1; // nats
  return {
    .../** @type {{logits: number[], votes: number[], unit: "nats" | "bits", pick: number, flag: number | null, cover: string,
     *   highlight: string | null}} */ (
      state
    ),
    names: classNames(get("classes"), state.logits.length),
    K: state.logits.length,
    target,
    perUnit,
    show: (/** @type {number} */ nats) => nats / perUnit,
    ...bill(state.logits, target),
    along: along(state.logits, target, state.pick),
  };
}
/** @typedef {ReturnType<typeof derive>} View */

/** @param {import("onewarm/widget.js").Context} ctx @param {View} view */
function build(ctx, { names }) {
  const panes = [
    { name: "controls", ...controlsPane(ctx) },
    { name: "total", ...totalPane() },
    { name: "areas", ...areasPane(ctx, names) },
    { name: "sliders", ...rowsPane(ctx, names) },
    { name: "bars", ...barsPane(ctx, names) },
    { name: "loss", ...lossPane(ctx, names) },
    { name: "surprise", ...curvePane(ctx, names) },
    { name: "one", ...onePane(ctx, names) },
    tablePane(names),
  ];
  const [controls, ...rest] = panes.map((pane) => pane.node);
  return { panes, nodes: [controls, element("div", { class: "stage fill" }, ...rest)] };
}

/** The number, or null if it is infinite. @param {number} value */
const finite = (value) => (Number.isFinite(value) ? value : null);

const { format, parse } = rules(fields);

/** For tests: the pure part, and the state in the address. */
export const arithmetic = Object.freeze({ shares: normalized, bill, along, meeting, slopeAt, example });
export const address = Object.freeze({
  format,
  parse: (/** @type {any} */ text, /** @type {number} */ classes) =>
    parse(text, { logits: Array(classes).fill(0), votes: Array(classes).fill(1) }),
});

export default widget({
  name: "entropy",
  label: "Cross-entropy demo: drag votes and logits, read the areas",
  css: CSS,
  fields,
  traits: ["logits", "votes", "unit", "pick", "cover", "flag"],
  inputs: ["classes"],
  highlights: ["votes", "logit", "box", "line", "extra", "saving", "divergence", "total", "curve", "slope", "lowest", "now", "gradient"],
  scenes: {
    areas: { title: "Areas", panes: ["total", "areas", "sliders", "one"] },
    loss: { title: "Loss", panes: ["bars", "loss", "one"] },
    surprise: { title: "Surprise", panes: ["surprise", "one"] },
    slopes: { title: "Slopes", panes: ["controls", "total", "bars", "sliders", "one"] },
  },
  derive,
  shape: (view) => JSON.stringify(view.names),
  build,
  report: (view) => ({
    loss: view.loss,
    entropy: view.entropy,
    divergence: view.divergence,
    reverse: finite(view.reverse),
    extra: view.extra,
    saving: view.saving,
    perplexity: finite(Math.exp(view.loss)),
    target: view.target,
    probabilities: view.probabilities,
    surprise: view.prices,
    terms: view.terms,
    gradient: view.gradient,
    lowest: view.along.lowest,
  }),
  sentence(view) {
    const [loss, entropy, divergence] = [view.loss, view.entropy, view.divergence].map((v) => fixed(view.show(v), 4));
    if (covered(view, "parts")) return `Loss ${loss} ${view.unit}.`;
    return `Loss ${loss} ${view.unit}: entropy ${entropy}, divergence ${divergence}. ${sentence(view)}`;
  },
});
