/** Reliability diagrams. `reliability` draws accuracy over confidence, a dot a bin and its gap to the diagonal. `errorAreas`
 * draws the same bins side by side, each as wide as its share of the rows: the coloured area is the calibration error (ECE)
 * itself, as a part of a square of area 1. A demo that uses them adds RELIABILITY to its css. */

import { sum } from "onewarm/arithmetic.js";
import { gapOf } from "onewarm/calibration.js";
import { chart, pathThrough } from "onewarm/chart.js";
import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { fixed, pull, px, scale } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";

/** @typedef {import("onewarm/calibration.js").Bin} Bin
 *  @typedef {Record<string, string>} Objects the data-object names of parts, where a page may point at them */

const MOST = 64; // bins
const NEAR = 0.02; // a gap below this counts as on the diagonal

/** @param {Bin} bin */
const kindOf = (bin) => (Math.abs(gapOf(bin)) < NEAR ? "none" : pull(gapOf(bin)));

/** A mark without a bin is not drawn, nor does it count for where the marks are together. @param {Bin | undefined} bin */
const shown = (bin) => (bin ? { visibility: "visible", display: "inline" } : { visibility: "hidden", display: "none" });

/** @param {Bin[]} bins */
const spoken = (bins) =>
  bins.map((bin) => `; confidence ${fixed(bin.confidence, 2)}, accuracy ${fixed(bin.accuracy, 2)}`).join("");

/** Accuracy over confidence. @param {{label?: string, objects?: Objects}} [of] objects: names of `dots`, `gaps`, `diagonal` */
export function reliability({ label = "Reliability diagram", objects = {} } = {}) {
  const plot = chart(label, "reliability");
  const marks = Array.from({ length: MOST }, () => ({
    gap: svgElement("line", { class: "bin-gap" }),
    dot: svgElement("circle", { class: "bin" }),
  }));
  const diagonal = svgElement("line", { class: "diagonal" });
  plot.svg.append(
    named(svgElement("g", {}, diagonal), objects.diagonal),
    named(svgElement("g", {}, ...marks.map((mark) => mark.gap)), objects.gaps),
    named(svgElement("g", {}, ...marks.map((mark) => mark.dot)), objects.dots),
  );
  return {
    figure: plot.figure,
    svg: plot.svg,
    /** @param {number} W pixels @param {Bin[]} bins those with rows @param {string} title @param {number} [H] pixels */
    draw(W, bins, title, H = W) {
      const on = square(W, H);
      const { x, y } = on;
      plot.ground(W, H, "", () => [
        ...grid(on, "confidence"),
        ...(on.right - on.left < 190
          ? []
          : [
              svgElement("text", { class: "side", x: x(0.04), y: y(0.93) }, "underconfident"),
              svgElement("text", { class: "side", x: x(0.98), y: y(0.05), "text-anchor": "end" }, "overconfident"),
            ]),
      ]);
      setAttributes(diagonal, { x1: px(x(0)), y1: px(y(0)), x2: px(x(1)), y2: px(y(1)) });
      const most = Math.max(...bins.map((bin) => bin.count), 1);
      const total = sum(bins.map((bin) => bin.count)) || 1;
      const largest = Math.min(8, (on.right - on.left) / 30);
      marks.forEach(({ gap, dot }, i) => {
        const bin = bins[i];
        setAttributes(gap, shown(bin));
        setAttributes(dot, shown(bin));
        if (!bin) return;
        const look = { "data-pull": kindOf(bin), "data-faint": bin.count / total < 0.004 };
        const at = px(x(bin.confidence)),
          reached = px(y(bin.accuracy));
        setAttributes(gap, { x1: at, x2: at, y1: px(y(bin.confidence)), y2: reached, ...look });
        setAttributes(dot, { cx: at, cy: reached, r: px(2 + largest * Math.sqrt(bin.count / most)), ...look });
      });
      setAttributes(plot.svg, { "aria-label": `${label} of ${title}${spoken(bins)}` });
    },
  };
}

/** The calibration error as an area. @param {{label?: string, objects?: Objects}} [of] objects: names of `areas`,
 *   `confidence` and `accuracy` (the two lines) */
export function errorAreas({ label = "Calibration error as an area", objects = {} } = {}) {
  const plot = chart(label, "error-areas");
  const rects = Array.from({ length: MOST }, () => svgElement("rect", { class: "bin-area" }));
  const lines = {
    confidence: svgElement("path", { class: "confidence-line" }),
    accuracy: svgElement("path", { class: "accuracy-line" }),
  };
  const words = { confidence: lineName("confidence"), accuracy: lineName("accuracy") };
  plot.svg.append(
    named(svgElement("g", {}, ...rects), objects.areas),
    named(svgElement("g", {}, lines.confidence), objects.confidence),
    named(svgElement("g", {}, lines.accuracy), objects.accuracy),
    words.confidence,
    words.accuracy,
  );
  return {
    figure: plot.figure,
    svg: plot.svg,
    /** @param {number} W pixels @param {Bin[]} bins by confidence @param {string} title @param {number} [H] pixels */
    draw(W, bins, title, H = W) {
      const on = square(W, H);
      const { x, y } = on;
      plot.ground(W, H, "", () => grid(on, on.small ? "share of all" : "share of all examples"));
      const total = sum(bins.map((bin) => bin.count)) || 1;
      let from = 0;
      /** @type {Record<"confidence" | "accuracy", [number, number][]>} */
      const steps = { confidence: [], accuracy: [] };
      rects.forEach((rect, i) => {
        const bin = bins[i];
        setAttributes(rect, shown(bin));
        if (!bin) return;
        const to = from + bin.count / total;
        const ends = [y(bin.confidence), y(bin.accuracy)];
        setAttributes(rect, {
          "data-pull": pull(gapOf(bin)),
          x: px(x(from)),
          width: px(x(to) - x(from)),
          y: px(Math.min(...ends)),
          height: px(Math.abs(ends[0] - ends[1])),
        });
        for (const [name, points] of Object.entries(steps)) {
          const height = y(bin[/** @type {"confidence" | "accuracy"} */ (name)]);
          points.push([x(from), height], [x(to), height]);
        }
        from = to;
      });
      setAttributes(lines.confidence, { d: steps.confidence.length ? pathThrough(steps.confidence) : "" });
      setAttributes(lines.accuracy, { d: steps.accuracy.length ? pathThrough(steps.accuracy) : "" });
      const last = bins[bins.length - 1];
      const below = last && gapOf(last) < 0; // the dashed line ends below the other
      for (const name of /** @type {const} */ (["confidence", "accuracy"])) {
        const under = below === (name === "confidence");
        setAttributes(words[name], { visibility: last && !on.small ? "visible" : "hidden" });
        if (!last) continue;
        const height = y(last[name]) + (under ? 14 : -5);
        const beside = height < on.top + 10; // no room above the last bin
        setAttributes(words[name], { x: px((beside ? x(1 - last.count / total) : on.right) - 4), y: px(Math.max(on.top + 10, height)) });
      }
      setAttributes(plot.svg, { "aria-label": `${label}, ${title}${spoken(bins)}` });
    },
  };
}

/** The bins of a reliability diagram as a table. @param {{rows: number, label: string, summary: string}} of rows: at most so many */
export function binTable({ rows, label, summary }) {
  const table = mirror({ columns: ["mean confidence", "examples", "accuracy", "confidence − accuracy"], rows, label, summary });
  return {
    node: table.node,
    /** @param {string} title @param {Bin[]} bins those with examples */
    draw: (title, bins) =>
      table.draw(
        title,
        bins.map((bin) => [fixed(bin.confidence, 3), String(bin.count), fixed(bin.accuracy, 3), fixed(gapOf(bin), 3, true)]),
      ),
  };
}

/** The sign before a verdict, so that no colour stands alone. @type {Record<string, string>} */
const SIGN = { better: "▼", worse: "▲", below: "▼", none: "•" };

/** A verdict with its sign. */
export function verdictLine() {
  const sign = element("span", { class: "sign", "aria-hidden": "true" });
  const words = element("span");
  const node = element("p", { class: "verdict" }, sign, words);
  return {
    node,
    /** @param {string} kind one of SIGN's @param {string} text @param {string} [mark] instead of the kind's own */
    draw(kind, text, mark = SIGN[kind]) {
      setAttributes(node, { "data-kind": kind });
      setText(sign, mark);
      setText(words, text);
    },
  };
}

/** @param {string} name */
const lineName = (name) => svgElement("text", { class: "halo", "text-anchor": "end" }, name);

/** @param {Element} node @param {string | undefined} name */
const named = (node, name) => (name ? setAttributes(node, { "data-object": name }) : node);

/** The unit square in a picture of this size; a small one has room for one line below it, and none for words at its side.
 * @param {number} W @param {number} H */
export function square(W, H) {
  const small = W < 220 || H < 200;
  const [left, right, top, bottom] = [small ? 28 : 46, W - 6, 8, H - (small ? 20 : 38)];
  return { small, left, right, top, bottom, height: H, x: scale(0, 1, left, right), y: scale(0, 1, bottom, top) };
}

/** @param {ReturnType<typeof square>} on @param {string} below the words under the horizontal axis */
const grid = ({ small, x, y, left, right, top, bottom, height }, below) => [
  ...[0, 0.5, 1].flatMap((v) => [
    svgElement("line", { x1: x(v), x2: x(v), y1: top, y2: bottom }),
    svgElement("line", { x1: left, x2: right, y1: y(v), y2: y(v) }),
    ...(small && v === 0.5 ? [] : [value(v, x(v), bottom + 16, v === 0 ? "start" : v === 1 ? "end" : "middle")]),
    value(v, left - 6, y(v) + 4, "end"),
  ]),
  svgElement("text", { x: (left + right) / 2, y: small ? bottom + 16 : height - 5, "text-anchor": "middle" }, below),
  ...(small
    ? []
    : [svgElement("text", { transform: `translate(11 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, "accuracy")]),
];

/** @param {number} v @param {number} x @param {number} y @param {string} anchor */
const value = (v, x, y, anchor) => svgElement("text", { x, y, "text-anchor": anchor }, String(v));

export const RELIABILITY = `
.diagonal { stroke: var(--mute); stroke-dasharray: 4 4; }
.chart .side { font-size: 12px; opacity: 0.85; }
.bin-gap { stroke-width: 3; }
.bin { stroke: var(--paper); stroke-width: 1; fill: var(--mute); }
[data-pull="up"].bin-gap { stroke: var(--up); }
[data-pull="down"].bin-gap { stroke: var(--down); }
[data-pull="none"].bin-gap { stroke: var(--mute); }
[data-pull="up"]:is(.bin, .bin-area) { fill: var(--up); }
[data-pull="down"]:is(.bin, .bin-area) { fill: var(--down); }
[data-pull="none"].bin-area { fill: var(--mute); }
.bin-area { opacity: 0.55; }
.confidence-line, .accuracy-line { fill: none; }
.confidence-line { stroke: var(--mute); stroke-width: 1.75; stroke-dasharray: 4 4; }
.accuracy-line { stroke: var(--ink); stroke-width: 1.75; }
[data-faint="true"] { opacity: 0.4; }
.verdict {
  margin: 0.5rem 0 0.375rem;
  font-size: 1.0625rem;
  font-weight: 600;
  line-height: 1.35;
  display: flex;
  gap: 0.5rem;
  min-height: 2.7em;
}
.verdict[data-kind="better"] .sign { color: light-dark(#0f7552, #57cfa2); }
.verdict[data-kind="worse"] .sign { color: light-dark(#b3261e, #ff8f85); }
.verdict[data-kind="below"] .sign { color: var(--up); }
.verdict[data-kind="none"] .sign { color: var(--mute); }
`;
