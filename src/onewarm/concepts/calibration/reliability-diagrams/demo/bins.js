/** Ten bins to drag: the reliability diagram, the rows of each bin below it, and the ECE as an area and as a sum. */

import { sum } from "onewarm/arithmetic.js";
import { chart } from "onewarm/chart.js";
import { range } from "onewarm/controls.js";
import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { clamp, equals, fixed, px } from "onewarm/numbers.js";
import { errorAreas, reliability, square } from "onewarm/reliability.js";
import { drawable } from "onewarm/room.js";
import { mirror } from "onewarm/table.js";
import { WIDTH } from "./arithmetic.js";

/** @typedef {import("onewarm/widget.js").Context} Context
 *  @typedef {import("../demo.js").View} View */

export const MOST_ROWS = 200;

/** The confidences that a bin of the ten holds, as text. @param {number} bin */
export const binText = (bin) => `${fixed(bin * WIDTH, 1)} to ${fixed((bin + 1) * WIDTH, 1)}`;

/** @param {Context} ctx */
export function binsPane(ctx) {
  const diagram = reliability({ objects: { dots: "dots", gaps: "gaps", diagonal: "diagonal" } });
  const areas = errorAreas({ label: "The bins side by side", objects: { areas: "areas", confidence: "levels" } });
  const ring = svgElement("circle", { class: "ring", r: 12 });
  const frame = svgElement("rect", { class: "ring" });
  diagram.svg.append(ring);
  areas.svg.append(frame);
  const counts = rowBars(ctx);
  const figures = [diagram.figure, areas.figure, counts.figure];
  const words = element("span");
  const total = element("b", { "data-object": "total" });
  const title = element("p", { class: "figure-title" }, words, total);
  const sumLine = element("p", { class: "sum", "data-object": "sum" });

  const set = (/** @type {string} */ field, /** @type {number} */ value) =>
    ctx.change({ [field]: ctx.state[field].with(ctx.state.pick, value) });
  const bin = range({
    id: `${ctx.uid}-bin`,
    label: ["Bin"],
    name: "pick",
    min: 1,
    max: 10,
    step: 1,
    change: (value) => ctx.change({ pick: value - 1 }),
    text: (value) => binText(value - 1).replace(" to ", "–"),
    spoken: (value) => `confidence ${binText(value - 1)}`,
  });
  const accuracy = range({
    id: `${ctx.uid}-accuracy`,
    label: ["Its accuracy"],
    name: "accuracy",
    object: "accuracy",
    min: 0,
    max: 1,
    step: 0.01,
    change: (value) => set("accuracy", value),
  });
  const confidence = range({
    id: `${ctx.uid}-confidence`,
    label: ["Its confidence"],
    name: "confidence",
    min: 0,
    max: 1,
    step: 0.01,
    change: (value) => set("confidence", value),
  });
  const rows = range({
    id: `${ctx.uid}-rows`,
    label: ["Its examples"],
    name: "rows",
    min: 0,
    max: MOST_ROWS,
    step: 1,
    change: (value) => set("rows", value),
    text: String,
  });

  drag(diagram.svg, {
    pick: (x) => clamp(Math.ceil(x / WIDTH) - 1, 0, 9),
    begin: (pick) => ctx.change({ pick }),
    move: (_x, y) => set("accuracy", clamp(Math.round(100 * y) / 100, 0, 1)),
  });
  drag(areas.svg, {
    pick: (x) => bars(ctx.view).find((bar) => x < bar.to)?.index ?? ctx.state.pick,
    begin: (pick) => ctx.change({ pick }),
    move: (_x, y) => set("accuracy", clamp(Math.round(100 * y) / 100, 0, 1)),
  });

  const table = mirror({
    columns: ["confidence", "examples", "mean confidence", "accuracy", "share × gap"],
    rows: 10,
    label: "Table of the ten bins",
    total: "all",
    summary: "The ten bins as a table",
  });
  const node = element(
    "section",
    { class: "pane fill bins", "aria-label": "Ten bins" },
    element(
      "div",
      { class: "pair" },
      element("div", { class: "left" }, element("p", { class: "figure-title" }, "Reliability diagram"), diagram.figure, counts.figure),
      element("div", { class: "right" }, title, areas.figure, element("div", { class: "beside-counts" })),
    ),
    sumLine,
    element("div", { class: "sliders" }, bin.node, accuracy.node, confidence.node, rows.node),
    table.node,
  );

  return {
    name: "bins",
    node,
    figures,
    /** @param {View} view @param {(figure: Element) => number} width
     * @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, width, room) {
      const { pick } = view;
      bin.draw(pick + 1);
      accuracy.draw(view.accuracy[pick]);
      confidence.draw(view.confidence[pick], [pick * WIDTH, (pick + 1) * WIDTH]);
      rows.draw(view.rows[pick]);
      setText(words, view.covered ? "The bins side by side" : "Area = ");
      setText(total, view.covered ? "" : `ECE ${fixed(view.ece, 3)}`);
      const [D, A] = figures.map(room);
      const spoken = view.covered ? "ten bins" : `ten bins: ECE ${fixed(view.ece, 3)}`;
      if (drawable(D)) {
        const H = D.height ?? D.width;
        diagram.draw(D.width, view.bins, spoken, H);
        const { x, y } = square(D.width, H);
        setAttributes(ring, {
          visibility: view.rows[pick] > 0 ? "visible" : "hidden",
          cx: px(x(view.confidence[pick])),
          cy: px(y(view.accuracy[pick])),
        });
      }
      if (drawable(A)) {
        const H = A.height ?? A.width;
        areas.draw(A.width, view.bins, spoken, H);
        const { x, y, top } = square(A.width, H);
        const bar = bars(view).find(({ index }) => index === pick);
        setAttributes(frame, { visibility: bar ? "visible" : "hidden" });
        if (bar) setAttributes(frame, { x: px(x(bar.from)), width: px(x(bar.to) - x(bar.from)), y: top, height: px(y(0) - top) });
      }
      const R = width(figures[2]);
      if (R > 60) counts.draw(R, view);
    },
    /** @param {View} view */
    late(view) {
      setText(sumLine, view.covered ? "" : sumText(view));
      if (/** @type {HTMLDetailsElement} */ (table.node).open)
        table.draw(view.covered ? "" : `ECE ${fixed(view.ece, 4)}.`, tableRows(view));
    },
  };
}

/** Where each bin stands when they are side by side. @param {View} view */
function bars({ bins, all }) {
  let to = 0;
  return bins.map(({ index, count }) => ({ index, from: to, to: (to += count / all.rows) }));
}

/** The sum of share times gap, for the bins that add to it; with "≈" where their two digits do not give it.
 * @param {View} view */
function sumText({ terms, ece, all }) {
  if (!all.rows) return "There are no examples to measure.";
  const adding = terms.filter(({ gap }) => gap > 0.0005);
  if (!adding.length) return ece < 1e-9 ? "Every gap is closed: ECE = 0" : `Every gap is below 0.0005: ECE = ${fixed(ece, 4)}`;
  const written = sum(adding.map(({ share, gap }) => Number(share.toFixed(2)) * Number(gap.toFixed(2))));
  const sign = equals([written], ece, 3);
  return `ECE ${sign} ${adding.map(({ share, gap }) => `${fixed(share, 2)} × ${fixed(gap, 2)}`).join(" + ")} ${sign} ${fixed(ece, 3)}`;
}

/** @param {View} view */
const tableRows = ({ rows, confidence, accuracy, bins, terms, all, ece, covered }) => [
  ...rows.map((count, i) => {
    const at = bins.findIndex(({ index }) => index === i);
    const product = at < 0 ? "–" : covered ? "" : fixed(terms[at].product, 4);
    return [binText(i), String(count), count ? fixed(confidence[i], 2) : "–", count ? fixed(accuracy[i], 2) : "–", product];
  }),
  ["", String(all.rows), fixed(all.confidence, 3), fixed(all.accuracy, 3), covered ? "" : fixed(ece, 4)],
];

/** The rows of each bin, as bars below the diagram; dragged like them. @param {Context} ctx */
function rowBars(ctx) {
  const HEIGHT = 56;
  const marks = Array.from({ length: 10 }, () => svgElement("rect", { class: "count" }));
  const plot = chart("Examples in each bin", "counts");
  const { svg, figure } = plot;
  svg.append(...marks);
  setAttributes(svg, { "data-object": "rows" });
  drag(svg, {
    pick: (x) => clamp(Math.ceil(x / WIDTH) - 1, 0, 9),
    begin: (pick) => ctx.change({ pick }),
    move: (_x, _y, part) =>
      ctx.change({ rows: ctx.state.rows.with(ctx.state.pick, Math.round(MOST_ROWS * clamp(part, 0, 1))) }),
  });
  return {
    figure,
    /** @param {number} W @param {View} view */
    draw(W, { rows, pick }) {
      const { x } = square(W, W);
      plot.ground(W, HEIGHT, "", () => []);
      rows.forEach((count, i) => {
        const height = (HEIGHT * count) / MOST_ROWS;
        const [from, to] = [x(i * WIDTH) + 1, x((i + 1) * WIDTH) - 1];
        setAttributes(marks[i], {
          x: px(from),
          width: px(to - from),
          y: px(HEIGHT - height),
          height: px(height),
          "data-picked": i === pick,
        });
      });
      setAttributes(svg, { "aria-label": `Examples in each bin: ${rows.join(", ")}` });
    },
  };
}

/** Dragging on a chart: the bin where it begins is picked, and then moves with the pointer.
 * @param {SVGSVGElement} svg @param {{pick: (x: number) => number, begin: (pick: number) => void,
 *   move: (x: number, y: number, part: number) => void}} of   x and y in the unit square; part: of the height, from below */
function drag(svg, { pick, begin, move }) {
  svg.classList.add("grab");
  const at = (/** @type {PointerEvent} */ event) => {
    const box = svg.getBoundingClientRect();
    const { width, height } = svg.viewBox.baseVal;
    const { left, right, top, bottom } = square(width, height);
    const across = ((event.clientX - box.left) / box.width) * width,
      down = ((event.clientY - box.top) / box.height) * height;
    return { x: (across - left) / (right - left), y: (bottom - down) / (bottom - top), part: 1 - down / height };
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    begin(pick(clamp(at(event).x, 0.0001, 1)));
  });
  svg.addEventListener("pointermove", (event) => {
    if (!svg.hasPointerCapture(event.pointerId)) return;
    const { x, y, part } = at(event);
    move(x, y, part);
  });
}
