/** A model that the page trains itself, at the slider's alpha: stopped at its best and to the end, beside each other. */

import { pathThrough, valuesBelow } from "onewarm/chart.js";
import { alphaRange, button, segments } from "onewarm/controls.js";
import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { clamp, fixed, niceCeil, px } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";
import { STEPS, course } from "./course.js";
import { eceChart } from "./ece-chart.js";
import { side, verdict } from "./side.js";
import { BINS, SIZES, clouds, score } from "./training.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {{alpha: number, data: "overconfident" | "calibrated", seed: number}} Setting */

const TEST = 1000; // rows to score on, from seed 0, which no training set uses
const HELD = { seed: 1000, rows: 300 }; // rows that say when to stop: no training set has this seed
const BUDGET = 4; // milliseconds of a frame for training: the rest is the reader's

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
    legend: "Examples to train on",
    options: [
      ["overconfident", `${SIZES.overconfident}, too few`],
      ["calibrated", `${SIZES.calibrated}, enough`],
    ],
    change: (value) => ctx.change({ data: value }),
  });
  const note = element("p", { class: "note" });
  const sides = [side("Stopped at its best"), side("Trained to the end")];
  const curve = triedChart();
  const numbers = mirror({
    columns: ["", "stopped", "to the end"],
    rows: 6,
    label: "Table of the two models",
    summary: "The two models in numbers",
  });
  const table = mirror({
    columns: ["bin of confidence", "examples", "mean confidence", "accuracy"],
    rows: BINS,
    label: "Table of the reliability diagram",
    summary: "The diagram of the model trained to the end, as a table",
  });
  const node = element(
    "section",
    { class: "pane training fill", "aria-label": "A model trained here" },
    ...(ctx.onStage ? [] : [element("div", { class: "pane-head" }, element("h3", {}, "A model trained in this page"), data.node)]),
    element(
      "div",
      { class: "train-controls" },
      alpha.node,
      ...(ctx.onStage ? [data.node] : []),
      element(
        "div",
        { class: "control buttons spare" },
        button("Other examples", () => ctx.change({ seed: (ctx.state.seed % 999) + 1 })),
        button("Train again", () => ((asked = true), begin(ctx.state, true), ctx.change({})), "quiet"),
      ),
    ),
    element("div", { class: "runs", "data-object": "training" }, ...sides.map((one) => one.node)),
    note,
    ...(ctx.onStage ? [] : [curve.figure]),
    numbers.node,
    table.node,
  );

  const test = once(() => clouds(0, TEST));
  const held = once(() => clouds(HELD.seed, HELD.rows));
  let set = "", // of rows
    rows = /** @type {ReturnType<typeof clouds> | null} */ (null),
    run = /** @type {ReturnType<typeof course> | null} */ (null),
    watched = false, // each frame is shown, not only the end
    asked = false, // the reader or the host changed something: then the end is announced
    shown = /** @type {import("./side.js").Model[]} */ ([]), // the best one, and the last
    shownOf = "",
    fresh = 0; // sides that show() left to be drawn, one a frame: a frame is short, so that the reader's input does not wait

  /** From a model that knows nothing. @param {Setting} setting @param {boolean} watch */
  function begin(setting, watch) {
    if (!rows) return;
    run = course(rows, held(), setting.alpha);
    watched = watch && !ctx.calm;
    if (watched || !shown.length) show();
  }

  function show() {
    if (!run) return;
    const models = [run.best, run.now];
    const of = `${set} ${run.alpha}`;
    shown = models.map(({ step, weights }, i) =>
      of === shownOf && shown[i]?.step === step ? shown[i] : { step, weights, score: score(weights, test()) },
    );
    shownOf = of;
    fresh = sides.length;
  }

  return {
    node,
    figures: [...sides.flatMap((one) => one.figures), ...(ctx.onStage ? [] : [curve.figure])],
    /** Some steps of training; true if there were any. @param {Setting} view */
    tick(view) {
      const wanted = `${view.data} ${view.seed}`;
      if (set !== wanted) {
        asked = set !== "";
        set = wanted;
        rows = clouds(view.seed, SIZES[view.data]);
        curve.forget();
        begin(view, true);
      } else if (run?.alpha !== view.alpha) {
        asked = true;
        // Under the reader's hand a training runs to its end unseen, then the next one begins: the pictures do not flicker.
        const byReader = ctx.get("state")?.by === "user";
        if (run && !run.done && byReader) watched = false;
        else begin(view, !byReader);
      }
      if (fresh > 0) return true;
      if (!run || run.done) return false;
      const until = performance.now() + BUDGET;
      const steps = watched ? Math.max(1, Math.floor(run.now.step / 12)) : STEPS; // slowly at first: there most happens
      for (let left = steps; left > 0 && !run.done; left--) {
        run.advance();
        if (performance.now() > until) break;
      }
      if (!watched && !run.done) return true;
      show();
      if (run.done) ended(view, run.alpha);
      return true;
    },
    /** Trains to the end at once. @param {Setting} view */
    settle(view) {
      do {
        watched = false;
        fresh = 0;
        this.tick(view);
      } while (!run?.done || run.alpha !== view.alpha);
      fresh = 0;
    },
    /** @param {Setting} view @param {(figure: Element) => number} width
     * @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, width, room) {
      alpha.draw(view.alpha);
      data.draw(view.data);
      setText(
        note,
        `A softmax regression learns ${SIZES[view.data]} examples of three overlapping clouds with 12 inputs. Top: what it says on the ` +
          `plane through the clouds' centres (the other inputs are 0 there), the deeper the surer; marks are test examples, projected ` +
          `onto it. The coloured area at the bottom is the ECE. Stopped: where the loss on ${HELD.rows} held-out examples was lowest. ` +
          `Scored on ${TEST.toLocaleString("en")} new examples whose true probabilities are known.`,
      );
      if (!shown.length || !run) return;
      const last = shown[1];
      sides.forEach((one, i) => {
        const { step } = shown[i];
        const now = i === 1 && step >= STEPS ? `all ${STEPS} steps` : `step ${step} of ${STEPS}`;
        if (fresh === 0 || sides.length - fresh === i) one.draw(shown[i], now, shownOf, test(), room);
      });
      fresh = Math.max(0, fresh - 1);
      if (!ctx.onStage) {
        const C = width(curve.figure);
        if (C > 60) curve.draw(C, view.alpha, last.score.ece);
      }
      if (ctx.onStage && !run.done) return; // nobody follows numbers that are read aloud at each step
      if (/** @type {HTMLDetailsElement} */ (numbers.node).open || run.done) numbers.draw(...inNumbers(view));
      if (/** @type {HTMLDetailsElement} */ (table.node).open || run.done) table.draw(...inBins(view));
    },
  };

  /** @param {Setting} view @param {number} alpha of the training */
  function ended(view, alpha) {
    const [best, last] = shown;
    curve.add(alpha, last.score.ece);
    const of = { alpha, data: view.data, seed: view.seed, steps: last.step };
    const told = ({ ece, confidence, accuracy, gap, nll }) => ({ ece, confidence, accuracy, gap, nll });
    const stopped = { step: best.step, ...told(best.score) };
    const words = `Stopped at its best, step ${best.step}: ${verdict(best.score).text}. Trained to the end: ${verdict(last.score).text}.`;
    ctx.report({ trained: { ...of, ...told(last.score), stopped } }, asked ? words : "");
  }

  /** @param {Setting} view @returns {[string, string[][]]} */
  function inNumbers({ data }) {
    const line = (/** @type {string} */ name, /** @type {(model: import("./side.js").Model) => string} */ text) => [name, ...shown.map(text)];
    return [
      `${SIZES[data]} examples, α = ${fixed(run?.alpha ?? 0, 2)}.`,
      [
        line("step", ({ step }) => String(step)),
        line("ECE", ({ score }) => fixed(score.ece, 3)),
        line("confidence − accuracy", ({ score }) => fixed(score.gap, 3, true)),
        line("mean confidence", ({ score }) => fixed(score.confidence, 3)),
        line("accuracy", ({ score }) => fixed(score.accuracy, 3)),
        line("NLL, nats", ({ score }) => fixed(score.nll, 3)),
      ],
    ];
  }

  /** @param {Setting} view @returns {[string, string[][]]} */
  function inBins({ data }) {
    const { step, score } = shown[1];
    return [
      `α = ${fixed(run?.alpha ?? 0, 2)}, ${SIZES[data]} examples, step ${step}: ECE ${fixed(score.ece, 4)}, NLL ${fixed(score.nll, 4)}.`,
      score.bins.map((bin, b) => [
        `${b ? "(" : "["}${fixed(b / BINS, 3)}, ${fixed((b + 1) / BINS, 3)}]`,
        String(bin.count),
        bin.count ? fixed(bin.confidence, 4) : "–",
        bin.count ? fixed(bin.accuracy, 4) : "–",
      ]),
    ];
  }
}

/** ECE of every alpha that was tried on these rows. */
function triedChart() {
  const curve = eceChart("ECE over alpha, as tried");
  /** @type {Map<number, number>} */
  const tried = new Map(); // ECE by alpha, at the end of the training
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
