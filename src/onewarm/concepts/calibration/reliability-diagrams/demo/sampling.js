/** A model whose truth is known, measured on samples: the diagram of one, and the ECE of many. */

import { smoothError } from "onewarm/calibration.js";
import { chart, valuesBelow } from "onewarm/chart.js";
import { button, range } from "onewarm/controls.js";
import { element, setAttributes, setHidden, setText, svgElement } from "onewarm/dom.js";
import { axisFlag } from "onewarm/flag.js";
import { clamp, fixed, px, scale } from "onewarm/numbers.js";
import { binTable, reliability } from "onewarm/reliability.js";
import { drawable } from "onewarm/room.js";
import { facts, mirror } from "onewarm/table.js";
import { DRAWS, measured, sample, seedOf } from "./arithmetic.js";

/** @typedef {import("onewarm/widget.js").Context} Context
 *  @typedef {import("../demo.js").View} View */

export const SIZES = [30, 50, 100, 200, 300, 500, 1000, 2000, 3000]; // rows of a sample
const HIGHEST = 0.25; // the end of the histogram's axis
const CELLS = 50; // its bars
const SIZE_TEXTS = SIZES.map((size) => size.toLocaleString("en")); // slow to make, and wanted after every input
const PARTS = [0.05, 0.25, 0.5, 0.75, 0.95, 1]; // of the samples, whose largest ECE is told
const PER_FRAME = 6000; // rows that are drawn in one frame

/** @param {Context} ctx */
export function samplingPane(ctx) {
  const diagram = reliability({ objects: { dots: "sample", gaps: "sample", diagonal: "diagonal" } });
  const histogram = histogramChart(ctx);
  const figures = [diagram.figure, histogram.figure];
  const estimates = facts(["ECE of this sample", `mean ECE of ${DRAWS} samples`, "smooth ECE of this sample", "its squared gap", "its squared gap, debiased"], "estimates");
  setAttributes(estimates.node, { "data-object": "estimates" });
  const covered = element("p", { class: "covered" }, "covered until you commit");
  const size = range({
    id: `${ctx.uid}-size`,
    label: ["Examples"],
    name: "size",
    object: "size",
    min: 0,
    max: SIZES.length - 1,
    step: 1,
    change: (value) => ctx.change({ drawn: SIZES[value] }),
    text: (value) => SIZE_TEXTS[value],
  });
  const bins = range({
    id: `${ctx.uid}-bins`,
    label: ["Bins"],
    name: "bins",
    min: 2,
    max: 30,
    step: 1,
    change: (value) => ctx.change({ bins: value }),
    text: String,
  });
  const error = range({
    id: `${ctx.uid}-error`,
    label: ["Own ECE"],
    name: "error",
    min: 0,
    max: 0.2,
    step: 0.01,
    change: (value) => ctx.change({ error: value }),
  });
  const again = button("Another sample", () => ctx.change({ seed: (ctx.state.seed % 999) + 1 }));
  const inBins = binTable({ rows: 30, label: "Table of the sample's bins", summary: "The diagram as a table" });
  const spread = mirror({
    columns: ["of the samples", "ECE is at most"],
    rows: PARTS.length,
    label: "Table of the ECE of many samples",
    summary: "The ECE of the samples as a table",
  });
  const node = element(
    "section",
    { class: "pane fill sampling", "aria-label": "A model measured on samples" },
    element(
      "div",
      { class: "pair" },
      element("div", { class: "left" }, element("p", { class: "figure-title" }, "One sample", element("span", { class: "spare" }, " of a known model")), diagram.figure, covered),
      element("div", { class: "right" }, element("p", { class: "figure-title" }, `ECE of ${DRAWS} samples`), histogram.figure),
    ),
    estimates.node,
    inBins.node,
    spread.node,
    element("div", { class: "sliders" }, size.node, bins.node, error.node, element("div", { class: "control buttons" }, again)),
  );

  let key = "",
    pictured = "",
    numbered = "",
    drawn = /** @type {ReturnType<typeof measured>[]} */ ([]),
    idle = 0, // frames since the last change
    search = /** @type {Generator<number | null> | null} */ (null),
    smooth = /** @type {number | null} */ (null);

  return {
    name: "sampling",
    node,
    figures,
    /** Draws more samples, and when nothing has changed for a while one step of the smooth error. @param {View} view */
    tick(view) {
      if (begin(view)) return true;
      if (drawn.length < DRAWS) {
        const until = Math.min(DRAWS, drawn.length + Math.ceil(PER_FRAME / view.drawn));
        while (drawn.length < until) drawn.push(draw(view, drawn.length));
        return true;
      }
      if (smooth !== null || view.cover) return false;
      if (++idle < 12 && !ctx.calm) return true;
      search ??= searchOf(view);
      smooth = search.next().value ?? null;
      if (smooth === null) return true;
      ctx.report({ sample: { ece: drawn[0].ece, debiased: drawn[0].debiased, mean: mean(), smooth } });
      return true;
    },
    /** @param {View} view @param {(figure: Element) => number} width
     * @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, width, room) {
      begin(view);
      const hidden = view.cover === "sample";
      const shown = SIZES.findIndex((rows) => rows >= view.drawn);
      size.draw(shown < 0 ? SIZES.length - 1 : shown);
      bins.draw(view.count);
      error.draw(view.error);
      setHidden(covered, !hidden);
      const first = drawn[0];
      const D = room(figures[0]),
        H = room(figures[1]);
      const picture = [key, hidden, D.width, D.height].join();
      if (drawable(D) && picture !== pictured) {
        pictured = picture; // it stays while more samples are drawn
        const spoken = hidden ? "a sample that is still covered" : `one sample, ${view.drawn} examples in ${view.count} bins`;
        diagram.draw(D.width, hidden ? [] : first.bins, spoken, D.height ?? D.width);
      }
      if (drawable(H)) histogram.draw(H.width, H.height ?? 220, view, hidden ? [] : drawn);
      const complete = drawn.length === DRAWS && !hidden;
      const numbers = [key, hidden, complete].join();
      if (numbers !== numbered) {
        numbered = numbers;
        const sorted = complete ? drawn.map(({ ece }) => ece).sort((a, b) => a - b) : [];
        const told = (/** @type {number} */ part) => (complete ? fixed(sorted[Math.ceil(part * DRAWS) - 1], 3) : "…");
        inBins.draw(hidden ? "Covered until you commit." : `${view.drawn} examples: ECE ${fixed(first.ece, 3)}.`, hidden ? [] : first.bins);
        spread.draw(hidden ? "Covered until you commit." : `${DRAWS} samples.`, hidden ? [] : PARTS.map((part) => [`${100 * part} %`, told(part)]));
      }
      const all = drawn.length < DRAWS ? "…" : fixed(mean(), 3);
      estimates.draw(
        hidden
          ? ["–", "–", "–", "–", "–"]
          : [
              fixed(first.ece, 3),
              all,
              smooth === null ? "…" : fixed(smooth, 3),
              fixed(first.square, 4),
              fixed(first.debiased, 4),
            ],
      );
    },
  };

  /** Begins with the first sample, if the view asks for others; whether it did. @param {View} view */
  function begin(view) {
    const now = [view.seed, view.drawn, view.count, view.error].join();
    if (now === key) return false;
    const same = key.split(",");
    if (same[0] !== String(view.seed) || same[1] !== String(view.drawn) || same[3] !== String(view.error)) {
      smooth = null; // it does not depend on the bins
      search = null;
    }
    key = now;
    idle = 0;
    drawn = [draw(view, 0)];
    return true;
  }
  /** @param {View} view @param {number} number */
  function draw(view, number) {
    return measured(seedOf(view.seed, number), view.drawn, view.count, view.error);
  }
  /** @param {View} view */
  function searchOf(view) {
    const { confidence, correct } = sample(view.seed, view.drawn, view.error);
    return smoothError(confidence, correct);
  }
  function mean() {
    return drawn.reduce((all, { ece }) => all + ece, 0) / drawn.length;
  }
}

/** How often which ECE was measured, the truth, this sample's and the reader's flag. @param {Context} ctx */
function histogramChart(ctx) {
  const plot = chart("ECE of many samples", "histogram-figure");
  const marks = Array.from({ length: CELLS }, () => svgElement("rect", { class: "histogram-bar" }));
  const truth = svgElement("line", { class: "truth" }),
    truthText = svgElement("text", { class: "strong halo" }),
    here = svgElement("line", { class: "this-sample" }),
    hereText = svgElement("text", { class: "strong halo" });
  plot.svg.append(
    svgElement("g", { "data-object": "histogram" }, ...marks),
    svgElement("g", { "data-object": "truth" }, truth, truthText),
    svgElement("g", {}, here, hereText),
  );
  const flag = axisFlag({
    label: "Your guess of the ECE",
    get: () => ctx.state.flag,
    set: (value) => ctx.change({ flag: value }),
    text: (value) => fixed(value, 2),
    steps: 100,
  });
  plot.figure.append(flag.node);
  return {
    figure: plot.figure,
    /** @param {number} W @param {number} H @param {View} view @param {ReturnType<typeof measured>[]} drawn */
    draw(W, H, view, drawn) {
      const left = 10,
        right = W - 12,
        top = 34,
        bottom = H - 36,
        narrow = W < 260;
      const x = scale(0, HIGHEST, left, right);
      plot.ground(W, H, "", () => [
        svgElement("line", { x1: left, x2: right, y1: bottom, y2: bottom }),
        ...valuesBelow(narrow ? [0, 0.1, 0.2] : [0, 0.05, 0.1, 0.15, 0.2, 0.25], x, bottom + 15, (v) => (v ? fixed(v, 2) : "0")),
        svgElement("text", { x: (left + right) / 2, y: H - 4, "text-anchor": "middle" }, "measured ECE"),
      ]);
      const counts = new Array(CELLS).fill(0);
      for (const { ece } of drawn) counts[clamp(Math.floor((ece / HIGHEST) * CELLS), 0, CELLS - 1)]++;
      const y = scale(0, Math.max(8, ...counts), bottom, top + 18);
      marks.forEach((mark, i) => {
        const from = (HIGHEST * i) / CELLS,
          to = (HIGHEST * (i + 1)) / CELLS;
        setAttributes(mark, { x: px(x(from)), width: px(Math.max(0, x(to) - x(from) - 1)), y: px(y(counts[i])), height: px(bottom - y(counts[i])) });
      });
      const covered = !drawn.length;
      label(truth, truthText, x(view.error), top, bottom, covered ? "" : `${narrow ? "own" : "the model’s own"} ${fixed(view.error, 2)}`, W, 0);
      label(here, hereText, x(Math.min(HIGHEST, drawn[0]?.ece ?? 0)), top + 14, bottom, covered ? "" : `${narrow ? "sample" : "this sample"} ${fixed(drawn[0].ece, 3)}`, W, 14);
      const at = covered ? "still covered" : `${drawn.length} samples, this one ${fixed(drawn[0].ece, 3)}`;
      setAttributes(plot.svg, { "aria-label": `ECE of many samples: ${at}` });
      flag.draw({ left, right, top, bottom, lo: 0, hi: HIGHEST, fixed: !covered });
    },
  };
}

/** An upright line with its words above, or none. @param {SVGElement} line @param {SVGElement} text @param {number} at
 * @param {number} top @param {number} bottom @param {string} words @param {number} W @param {number} down */
function label(line, text, at, top, bottom, words, W, down) {
  const visibility = words ? "visible" : "hidden";
  setAttributes(line, { visibility, x1: px(at), x2: px(at), y1: px(top - 8), y2: bottom });
  const end = at > 0.62 * W;
  setAttributes(text, { visibility, x: px(at + (end ? -4 : 4)), y: 16 + down, "text-anchor": end ? "end" : "start" });
  setText(text, words);
}
