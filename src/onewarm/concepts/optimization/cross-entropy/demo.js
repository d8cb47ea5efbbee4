/**
 * The demo of "Cross-Entropy": the bill as areas.
 *
 * Every class is a box, as wide as its share t of the target and as tall as its surprise -log p; the area of all boxes is the
 * loss. A line in each box at -log t shows the least it could cost: above the line is paid extra, below it saved.
 *
 * The keys of the host's model, all of them optional; `in` from the host, `out` to it:
 *
 *   logits   K numbers, K >= 2                       classes  K names
 *   votes    K numbers >= 0, not all 0: the target is their shares
 *   unit     "nats" | "bits"                         pick     the class on the curve, 0 .. K-1
 *   address  the query string of a state: "z=3,1,-0.5,-1&votes=12,5,2,1&unit=nats&pick=1"
 *   state    in: any of {logits, votes, unit, pick, highlight};
 *            out: all of them, `by` (who changed it), and in nats {loss, entropy, divergence, reverse, extra, saving, perplexity, target,
 *            probabilities, surprise, terms, gradient}; reverse is null where it is infinite
 */

import { normalized } from "onewarm/arithmetic.js";
import { element } from "onewarm/dom.js";
import { choice, classNames, row, rowLike, rules, whole } from "onewarm/fields.js";
import { fixed } from "onewarm/numbers.js";
import { widget } from "onewarm/widget.js";
import { bill, example, meeting, slopeAt } from "./demo/arithmetic.js";
import { areasPane, sentence } from "./demo/areas.js";
import { controlsPane } from "./demo/controls.js";
import { curvePane } from "./demo/curve.js";
import { rowsPane } from "./demo/rows.js";
import { CSS } from "./demo/style.js";
import { tablePane } from "./demo/table.js";
import { totalPane } from "./demo/total.js";

const fields = {
  logits: row([3, 1, -0.5, -1], "z"),
  votes: rowLike("logits", ({ length }) => example(length === 4 ? "votes" : "level", length), "votes", {
    lo: 0,
    accept: (votes) => votes.some((count) => count > 0),
  }),
  unit: choice("nats", ["nats", "bits"]),
  pick: whole(0, 0, (state) => state.logits.length - 1),
};

/** Everything the panes draw, computed once a change. @param {any} state @param {(key: string) => any} get */
function derive(state, get) {
  const target = normalized(state.votes);
  const perUnit = state.unit === "bits" ? Math.LN2 : 1; // nats
  return {
    .../** @type {{logits: number[], votes: number[], unit: "nats" | "bits", pick: number, highlight: string | null}} */ (
      state
    ),
    names: classNames(get("classes"), state.logits.length),
    K: state.logits.length,
    target,
    perUnit,
    show: (/** @type {number} */ nats) => nats / perUnit,
    ...bill(state.logits, target),
  };
}
/** @typedef {ReturnType<typeof derive>} View */

/** @param {import("onewarm/widget.js").Context} ctx @param {View} view */
function build(ctx, { names }) {
  const controls = controlsPane(ctx);
  const total = totalPane();
  const areas = areasPane(ctx, names);
  const rows = rowsPane(ctx, names);
  const curve = curvePane(ctx, names);
  const table = tablePane(names);
  return {
    panes: [controls, total, areas, rows, curve, table],
    nodes: [
      controls.node,
      element(
        "div",
        { class: "stage" },
        element("div", { class: "picture" }, total.node, areas.node),
        rows.node,
        curve.node,
        table.node,
      ),
    ],
  };
}

const { format, parse } = rules(fields);

/** For tests: the pure part, and the state in the address. */
export const arithmetic = Object.freeze({ shares: normalized, bill, meeting, slopeAt, example });
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
  traits: ["logits", "votes", "unit", "pick"],
  inputs: ["classes"],
  highlights: ["votes", "logit", "box", "line", "extra", "saving", "divergence", "total", "curve", "slope"],
  derive,
  shape: (view) => JSON.stringify(view.names),
  build,
  report: (view) => ({
    loss: view.loss,
    entropy: view.entropy,
    divergence: view.divergence,
    reverse: Number.isFinite(view.reverse) ? view.reverse : null,
    extra: view.extra,
    saving: view.saving,
    perplexity: Math.exp(view.loss),
    target: view.target,
    probabilities: view.probabilities,
    surprise: view.prices,
    terms: view.terms,
    gradient: view.gradient,
  }),
  sentence: (view) =>
    `Loss ${fixed(view.show(view.loss), 4)} ${view.unit}: entropy ${fixed(view.show(view.entropy), 4)}, divergence ${fixed(view.show(view.divergence), 4)}. ${sentence(view)}`,
});
