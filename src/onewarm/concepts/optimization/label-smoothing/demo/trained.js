/** A small model that is trained in the page: its reliability diagram follows every step, and alpha. */

import { pathThrough, valuesBelow } from "onewarm/chart.js";
import { alphaRange, button, segments } from "onewarm/controls.js";
import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { clamp, fixed, niceCeil, px } from "onewarm/numbers.js";
import { errorAreas, reliability, verdictLine } from "onewarm/reliability.js";
import { facts, mirror } from "onewarm/table.js";
import { eceChart } from "./ece-chart.js";
import { BINS, SIZES, clouds, descend, score, untrained } from "./training.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {{alpha: number, data: "overconfident" | "calibrated", seed: number}} Setting */

const STEPS = 400; // more steps change no digit that is shown
const PER_FRAME = 4;
const TEST = 1000; // rows to score on, from seed 0, which no training set uses

/** @param {Context} ctx */
export function trainedPane(ctx) {
  const alpha = alphaRange({
    id: `${ctx.uid}-train`,
    name: "train",
    label: "Train with",
    change: (value) => ctx.change({ alpha: value }),
  });
  const data = segments({
    name: `${ctx.uid}-data`,
    legend: "Rows to train on",
    options: [
      ["overconfident", `${SIZES.overconfident}, too few`],
      ["calibrated", `${SIZES.calibrated}, enough`],
    ],
    change: (value) => ctx.change({ data: value }),
  });
  const note = element("p", { class: "note" });
  const result = verdictLine();
  const diagram = reliability();
  const areas = errorAreas();
  const curve = triedChart();
  const figures = [diagram.figure, areas.figure, curve.figure];
  const values = facts(["ECE", "confidence − accuracy", "mean confidence", "accuracy", "NLL, nats"]);
  const progress = facts(["training"]);
  values.node.append(...progress.node.childNodes);
  const table = mirror({
    columns: ["bin of confidence", "rows", "mean confidence", "accuracy"],
    rows: BINS,
    label: "Table of the reliability diagram",
    summary: "This diagram as a table",
  });
  const node = element(
    "section",
    { class: "pane training", "aria-label": "A model trained here", "data-object": "training" },
    element("div", { class: "pane-head" }, element("h3", {}, "A model trained in this page"), data.node),
    note,
    element(
      "div",
      { class: "train-controls" },
      alpha.node,
      element(
        "div",
        { class: "control buttons" },
        button("Other rows", () => ctx.change({ seed: (ctx.state.seed % 999) + 1 })),
        button("From the start", () => ((asked = true), begin(ctx.state), ctx.change({})), "quiet"),
      ),
    ),
    result.node,
    element("div", { class: "card-body" }, figures[0], figures[1], values.node, figures[2]),
    table.node,
  );

  const test = once(() => clouds(0, TEST));
  let rows = /** @type {ReturnType<typeof clouds> | null} */ (null),
    set = "",
    alphaNow = NaN,
    model = untrained(),
    steps = 0,
    asked = false, // the reader or the host changed something: then the end is announced
    scored = /** @type {ReturnType<typeof score> | null} */ (null);

  /** From a model that knows nothing. @param {Setting} setting */
  function begin(setting) {
    set = `${setting.data} ${setting.seed}`;
    rows = clouds(setting.seed, SIZES[setting.data]);
    model = untrained();
    steps = 0;
    scored = score(model.weights, test());
  }

  return {
    node,
    figures,
    /** Some steps of training; true if there were any. @param {Setting} view */
    tick(view) {
      if (set !== `${view.data} ${view.seed}`) {
        asked = set !== "";
        begin(view);
        curve.forget();
      } else if (alphaNow !== view.alpha && rows) {
        asked ||= !Number.isNaN(alphaNow);
        steps = 0; // training goes on from the present weights: it ends where it would from the start
      }
      alphaNow = view.alpha;
      if (!rows || steps >= STEPS) return false;
      const until = Math.min(STEPS, steps + (ctx.calm ? 3 : 1) * PER_FRAME); // without motion there is nothing to draw
      for (; steps < until; steps++) model = descend(model, rows, view.alpha);
      if (steps < STEPS && ctx.calm) return true;
      scored = score(model.weights, test());
      if (steps >= STEPS) {
        curve.add(view.alpha, scored.ece);
        const { ece, confidence, accuracy, gap, nll } = scored;
        const of = { alpha: view.alpha, data: view.data, seed: view.seed, steps };
        ctx.report({ trained: { ...of, ece, confidence, accuracy, gap, nll } }, asked ? `${verdict(scored)}.` : "");
      }
      return true;
    },
    /** @param {Setting} view @param {(figure: Element) => number} width */
    draw(view, width) {
      alpha.draw(view.alpha);
      data.draw(view.data);
      setText(
        note,
        `Softmax regression on ${SIZES[view.data]} rows of three overlapping clouds with 12 inputs, scored on ` +
          `${TEST.toLocaleString("en")} new rows whose true probabilities are known. The same clouds and the same model: ` +
          `only the number of rows makes it overconfident. Uniform smoothing.`,
      );
      progress.draw([steps < STEPS ? `step ${steps} of ${STEPS}` : `done, ${STEPS} steps`]);
      if (!scored || (ctx.calm && steps < STEPS)) return;
      const kind = Math.abs(scored.gap) < 0.02 ? "none" : scored.gap > 0 ? "worse" : "below";
      result.draw(kind, `${verdict(scored)}.`);
      values.draw([
        fixed(scored.ece, 3),
        fixed(scored.gap, 3, true),
        fixed(scored.confidence, 3),
        fixed(scored.accuracy, 3),
        fixed(scored.nll, 3),
      ]);
      const W = Math.min(300, width(figures[0])),
        A = Math.min(300, width(figures[1])),
        C = width(figures[2]);
      const filled = scored.bins.filter((bin) => bin.count > 0);
      const of = `the model trained here: ECE ${fixed(scored.ece, 3)}`;
      if (W > 60) diagram.draw(W, filled, of);
      if (A > 60) areas.draw(A, filled, of);
      if (C > 60) curve.draw(C, view.alpha, scored.ece);
      if (/** @type {HTMLDetailsElement} */ (table.node).open || steps >= STEPS)
        table.draw(
          `α = ${fixed(view.alpha, 2)}, ${SIZES[view.data]} rows, step ${steps}: ECE ${fixed(scored.ece, 4)}, NLL ${fixed(scored.nll, 4)}.`,
          scored.bins.map((bin, b) => [
            `${b ? "(" : "["}${fixed(b / BINS, 3)}, ${fixed((b + 1) / BINS, 3)}]`,
            String(bin.count),
            bin.count ? fixed(bin.confidence, 4) : "–",
            bin.count ? fixed(bin.accuracy, 4) : "–",
          ]),
        );
    },
  };
}

/** @param {{gap: number, ece: number}} scored */
function verdict({ gap, ece }) {
  if (Math.abs(gap) < 0.02) return `Confidence and accuracy agree: ECE ${fixed(ece, 3)}`;
  return `Too ${gap > 0 ? "sure" : "modest"} by ${fixed(Math.abs(gap), 3)}: ECE ${fixed(ece, 3)}`;
}

/** ECE of every alpha that was tried on these rows. */
function triedChart() {
  const curve = eceChart("ECE over alpha, as tried");
  /** @type {Map<number, number>} */
  const tried = new Map(); // ECE by alpha
  return {
    figure: curve.figure,
    forget: () => tried.clear(),
    /** @param {number} alpha @param {number} ece */
    add: (alpha, ece) => tried.set(alpha, ece),
    /** @param {number} W @param {number} alpha @param {number} ece */
    draw(W, alpha, ece) {
      const sorted = [...tried].sort((a, b) => a[0] - b[0]);
      const highest = niceCeil(Math.max(0.2, ece, ...tried.values()), [1, 2, 4, 6, 8, 10]);
      const lo = Math.min(0, alpha, ...tried.keys()),
        hi = Math.max(0.5, alpha, ...tried.keys());
      const size = { width: W, height: clamp(Math.round(0.55 * W), 146, 230), lo, hi, highest };
      const words = { below: "α, each one you try leaves a mark", title: "ECE" };
      const on = curve.frame({ ...size, ...words, key: sorted.join() }, ({ x, y, bottom }) => {
        const texts = sorted.map(([a, e]) => `${fixed(a, 2)}: ${fixed(e, 3)}`);
        setAttributes(curve.svg, { "aria-label": `ECE over alpha, as tried: ${texts.join("; ") || "none yet"}` });
        const line = sorted.map(([a, e]) => /** @type {[number, number]} */ ([x(a), y(e)]));
        return {
          alphas: valuesBelow([lo, (lo + hi) / 2, hi], x, bottom + 16, (a) => fixed(a, 2)),
          marks: [
            ...(line.length > 1 ? [svgElement("path", { class: "line", d: pathThrough(line) })] : []),
            ...line.map(([cx, cy]) => svgElement("circle", { r: 2.5, class: "measured", cx: px(cx), cy: px(cy) })),
          ],
        };
      });
      curve.point(on, alpha, alpha, ece);
    },
  };
}

/** @template T @param {() => T} make @returns {() => T} made when it is first asked for */
function once(make) {
  /** @type {T | undefined} */
  let made;
  return () => (made ??= make());
}
