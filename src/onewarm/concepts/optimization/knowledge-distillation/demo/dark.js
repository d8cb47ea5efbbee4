/** Dark knowledge: how many nats each teacher tells beyond label smoothing, over the temperature; and the wrong classes by
 * themselves. */

import { sum } from "onewarm/arithmetic.js";
import { element, setAttributes, setStyle, setText, svgElement } from "onewarm/dom.js";
import { fixed, px } from "onewarm/numbers.js";
import { dark, soften } from "./arithmetic.js";
import { GRID, path, temperatureChart } from "./chart.js";
import { KINDS, degrees } from "./controls.js";

/** @typedef {import("../demo.js").View} View */

const BOTH = /** @type {const} */ (["hard", "smoothed"]);
const MOST = 5; // wrong classes that are shown
const NAMES = { hard: "hard-trained", smoothed: "smoothed", own: "your own" };

/** @param {string[]} names */
export function darkPane(names) {
  const plot = temperatureChart("nats beyond label smoothing");
  const curves = KINDS.map((kind) => ({
    kind: /** @type {"hard" | "smoothed" | "own"} */ (kind),
    curve: svgElement("path", { class: `curve told told-${kind}`, "data-object": "dark" }),
    dot: svgElement("circle", { r: 5, class: "dot told-dot" }),
    word: svgElement("text", { class: "halo told-word" }, NAMES[/** @type {"hard"} */ (kind)]),
    key: "",
    drawn: "",
    values: /** @type {number[]} */ ([]),
  }));
  plot.svg.append(...curves.map((c) => c.curve), ...curves.map((c) => c.word), ...curves.map((c) => c.dot));

  const shown = Array.from({ length: Math.min(MOST, names.length - 1) }, () => {
    const name = element("span", { class: "who", dir: "auto" });
    const bars = BOTH.map((kind) => element("div", { class: `share-bar ${kind}` }));
    const level = element("i", { class: "level" });
    const numbers = [element("span"), element("span")];
    const node = element(
      "div",
      { class: "wrong" },
      name,
      element("div", { class: "share-lane", "aria-hidden": "true" }, level, ...bars),
      element("div", { class: "share-numbers" }, ...numbers),
    );
    return { node, name, bars, level, numbers };
  });
  const heading = element("h4", {}, "The wrong classes by themselves");
  const line = () => [element("td"), element("td")];
  const rows = [
    { text: "on wrong classes", cells: line() },
    { text: "entropy they lack", cells: line() },
    { text: "nats told", cells: line() },
  ];
  const node = element(
    "section",
    { class: "pane dark", "aria-label": "Dark knowledge of two teachers" },
    element("h3", {}, "Dark knowledge of two teachers"),
    plot.figure,
    element("div", { class: "wrongs", "data-object": "dark" }, heading, ...shown.map((line) => line.node)),
    element(
      "table",
      { class: "few told-table" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("td"),
          element("th", { scope: "col" }, element("i", { class: "swatch s-hard-teacher" }), "hard-trained"),
          element("th", { scope: "col" }, element("i", { class: "swatch s-smoothed-teacher" }), "smoothed"),
        ),
      ),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, element("th", { scope: "row" }, row.text), ...row.cells))),
    ),
  );
  return {
    node,
    figures: [plot.figure],
    /** @param {View} view @param {(figure: Element) => number} width */
    late(view, width) {
      const W = width(plot.figure);
      if (W < 80) return;
      const { label, temperature: T, kind } = view;
      const visible = curves.filter((c) => c.kind !== "own" || kind === "own");
      for (const c of curves) setAttributes(c.curve, { visibility: visible.includes(c) ? "visible" : "hidden" });
      for (const c of visible) {
        const now = [view.teachers[c.kind], label].join(";");
        if (now === c.key) continue;
        c.key = now;
        c.drawn = "";
        c.values = GRID.map((t) => dark(soften(view.teachers[c.kind], t), label));
      }
      const top = Math.max(...visible.flatMap((c) => c.values), ...visible.map((c) => view.told[c.kind]));
      const { x, y, right, key: frame } = plot.frame(W, Math.max(top, 1e-3), T);
      for (const c of curves) {
        const visibility = visible.includes(c) ? "visible" : "hidden";
        setAttributes(c.dot, { visibility });
        setAttributes(c.word, { visibility });
        if (visibility === "hidden") continue;
        for (const mark of [c.curve, c.dot, c.word]) setAttributes(mark, { "data-active": c.kind === kind });
        setAttributes(c.dot, { cx: x(T), cy: y(view.told[c.kind]) });
        if (frame === c.drawn) continue;
        c.drawn = frame;
        setAttributes(c.curve, { d: path(c.values, x, y) });
        const peak = c.values.indexOf(Math.max(...c.values));
        const end = x(GRID[peak]) > right - 90;
        setAttributes(c.word, {
          x: x(GRID[peak]) + (end ? -8 : 8),
          y: y(c.values[peak]) - 8,
          "text-anchor": end ? "end" : "start",
        });
      }
      drawWrong(view);
      setAttributes(plot.svg, {
        "aria-label": `Nats told beyond label smoothing at T = ${degrees(T)}: ${visible.map((c) => `${NAMES[c.kind]} ${fixed(view.told[c.kind], 4)}`).join(", ")}.`,
      });
    },
  };

  /** @param {View} view */
  function drawWrong({ label, rows: softened, temperature: T }) {
    setText(heading, `The wrong classes by themselves, at T = ${degrees(T)}`);
    const wrong = names.map((_, k) => k).filter((k) => k !== label);
    const byHard = (/** @type {number} */ a, /** @type {number} */ b) => softened.hard[b] - softened.hard[a];
    const order = wrong.length > shown.length ? wrong.toSorted(byHard) : wrong;
    const masses = BOTH.map((kind) => sum(wrong.map((k) => softened[kind][k])));
    shown.forEach((line, i) => {
      setText(line.name, names[order[i]]);
      setStyle(line.level, "left", `${px(100 / wrong.length)}%`);
      BOTH.forEach((kind, j) => {
        const part = masses[j] > 0 ? softened[kind][order[i]] / masses[j] : 0;
        setStyle(line.bars[j], "width", `${px(100 * part)}%`);
        setText(line.numbers[j], fixed(part, 3));
      });
    });
    BOTH.forEach((kind, j) => {
      const lacks = masses[j] > 0 ? dark(softened[kind], label) / masses[j] : 0;
      [masses[j], lacks, lacks * masses[j]].forEach((value, i) => setText(rows[i].cells[j], fixed(value, 4)));
    });
  }
}
