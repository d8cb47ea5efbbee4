/** A small model trained while you look: its reliability diagram moves with every step, and with alpha. */

import { button, range, segments } from "onewarm/controls.js";
import { h, put, s, say } from "onewarm/dom.js";
import { clamp, fixed, niceCeil, px, scale } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";
import { reliability } from "./reliability.js";
import { BINS, SIZES, clouds, descend, score, untrained } from "./training.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {{alpha: number, data: "overconfident" | "calibrated", seed: number}} Setting */

const STEPS = 400; // by then it has arrived: more change no digit that is shown
const PER_FRAME = 4;
const TEST = 1000; // rows to score on, of seed 0, which no training set has

/** @param {Context} ctx */
export function trainedPane(ctx) {
  const alpha = range({
    id: `${ctx.uid}-train`,
    name: "train",
    label: ["Train with ", h("i", {}, "α")],
    min: 0,
    max: 0.5,
    step: 0.01,
    change: (value) => ctx.change({ alpha: value }),
    text: (value) => fixed(value, Number(value.toFixed(2)) === value ? 2 : 4),
    spoken: (value) => fixed(value, 2),
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
  const note = h("p", { class: "note" });
  const sign = h("span", { class: "sign", "aria-hidden": "true" });
  const words = h("span");
  const result = h("p", { class: "verdict" }, sign, words);
  const diagram = reliability();
  const curve = tried();
  const figures = [
    h("div", { class: "figure reliability" }, diagram.node),
    h("div", { class: "figure curve-figure" }, curve.node),
  ];
  const values = ["ECE", "confidence − accuracy", "mean confidence", "accuracy", "NLL, nats", "training"].map(
    (name) => {
      const value = h("dd");
      return { value, node: h("div", {}, h("dt", {}, name), value) };
    },
  );
  const table = mirror({
    columns: ["bin of confidence", "rows", "mean confidence", "accuracy"],
    rows: BINS,
    label: "Table of the reliability diagram",
    summary: "This diagram as a table",
  });
  const node = h(
    "section",
    { class: "pane training", "aria-label": "A model trained here", "data-object": "training" },
    h("div", { class: "pane-head" }, h("h3", {}, "A model trained in this page"), data.node),
    note,
    h(
      "div",
      { class: "train-controls" },
      alpha.node,
      h(
        "div",
        { class: "control buttons" },
        button("Other rows", () => ctx.change({ seed: (ctx.state.seed % 999) + 1 })),
        button("From the start", () => ((asked = true), begin(ctx.state), ctx.change({})), "quiet"),
      ),
    ),
    result,
    h("div", { class: "card-body" }, figures[0], h("dl", {}, ...values.map((one) => one.node)), figures[1]),
    table.node,
  );

  const test = once(() => clouds(0, TEST));
  let rows = /** @type {ReturnType<typeof clouds> | null} */ (null),
    set = "",
    alphaNow = NaN,
    model = untrained(),
    steps = 0,
    asked = false, // somebody moved something: then the end is said aloud
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
    /** Some steps; true where it moved. @param {Setting} view */
    tick(view) {
      if (set !== `${view.data} ${view.seed}`) {
        asked = set !== "";
        begin(view);
        curve.forget();
      } else if (alphaNow !== view.alpha && rows) {
        asked ||= !Number.isNaN(alphaNow);
        steps = 0; // on from where it stands: it arrives where it would have from the start
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
      alpha.draw(view.alpha, [view.alpha < 0 ? -1 : 0, view.alpha > 0.5 ? 1 : 0.5]);
      data.draw(view.data);
      say(
        note,
        `Softmax regression on ${SIZES[view.data]} rows of three overlapping clouds with 12 inputs, scored on ` +
          `${TEST.toLocaleString("en")} new rows whose true probabilities are known. The same clouds and the same model: ` +
          `only the number of rows makes it overconfident. Uniform smoothing.`,
      );
      say(values[5].value, steps < STEPS ? `step ${steps} of ${STEPS}` : `done, ${STEPS} steps`);
      if (!scored || (ctx.calm && steps < STEPS)) return;
      const kind = Math.abs(scored.gap) < 0.02 ? "none" : scored.gap > 0 ? "worse" : "below";
      put(result, { "data-kind": kind });
      say(sign, { none: "•", worse: "▲", below: "▼" }[kind]);
      say(words, `${verdict(scored)}.`);
      [
        fixed(scored.ece, 3),
        fixed(scored.gap, 3, true),
        fixed(scored.confidence, 3),
        fixed(scored.accuracy, 3),
        fixed(scored.nll, 3),
      ].forEach((text, i) => say(values[i].value, text));
      const W = Math.min(300, width(figures[0])),
        C = width(figures[1]);
      const filled = scored.bins.filter((bin) => bin.count > 0);
      if (W > 60) diagram.draw(W, filled, `the model trained here: ECE ${fixed(scored.ece, 3)}`);
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
function tried() {
  const node = s("svg", { class: "chart", role: "img", "aria-label": "ECE over alpha, as tried" });
  const ground = s("g", { class: "gridlines" });
  const line = s("path", { class: "line" }),
    dots = s("g"),
    cursor = s("line", { class: "here" }),
    now = s("circle", { r: 5.5, class: "dot" });
  node.append(ground, line, dots, cursor, now);
  /** @type {Map<number, number>} */
  const points = new Map();
  let drawn = "";
  return {
    node,
    forget: () => points.clear(),
    /** @param {number} alpha @param {number} ece */
    add: (alpha, ece) => points.set(alpha, ece),
    /** @param {number} W @param {number} alpha @param {number} ece */
    draw(W, alpha, ece) {
      const H = clamp(Math.round(0.55 * W), 146, 230),
        left = 34,
        right = W - 10,
        top = 12,
        bottom = H - 40;
      const sorted = [...points].sort((a, b) => a[0] - b[0]);
      const highest = niceCeil(Math.max(0.2, ece, ...points.values()), [1, 2, 4, 6, 8, 10]);
      const lo = Math.min(0, alpha, ...points.keys()),
        hi = Math.max(0.5, alpha, ...points.keys());
      const x = scale(lo, hi, left + 6, right - 6),
        y = scale(0, highest, bottom, top);
      const form = [W, highest, lo, hi, sorted.join()].join();
      if (form !== drawn) {
        drawn = form;
        put(node, { viewBox: `0 0 ${W} ${H}`, width: W, height: H });
        ground.replaceChildren(
          ...[0, highest / 2, highest].flatMap((v) => [
            s("line", { x1: left, x2: right, y1: y(v), y2: y(v) }),
            s("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(Number(v.toPrecision(3)))),
          ]),
          ...[lo, (lo + hi) / 2, hi].map((v) =>
            s("text", { x: x(v), y: bottom + 16, "text-anchor": "middle" }, fixed(v, 2)),
          ),
          s("text", { x: right, y: H - 3, "text-anchor": "end" }, "α, each one you try leaves a mark"),
          s("text", { x: left, y: H - 3 }, "ECE"),
        );
        dots.replaceChildren(
          ...sorted.map(([a, e]) => s("circle", { r: 2.5, class: "measured", cx: px(x(a)), cy: px(y(e)) })),
        );
        put(line, { d: sorted.length > 1 ? "M" + sorted.map(([a, e]) => `${px(x(a))},${px(y(e))}`).join("L") : "" });
        const said = sorted.map(([a, e]) => `${fixed(a, 2)}: ${fixed(e, 3)}`).join("; ");
        put(node, { "aria-label": `ECE over alpha, as tried: ${said || "none yet"}` });
      }
      put(cursor, { x1: px(x(alpha)), x2: px(x(alpha)), y1: top, y2: bottom });
      put(now, { cx: px(x(alpha)), cy: px(y(ece)) });
    },
  };
}

/** @template T @param {() => T} make @returns {() => T} made when it is first asked for */
function once(make) {
  /** @type {T | undefined} */
  let made;
  return () => (made ??= make());
}
