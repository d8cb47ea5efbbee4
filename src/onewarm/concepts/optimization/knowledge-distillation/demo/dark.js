/** Dark knowledge: how many nats each teacher tells beyond label smoothing, over the temperature; and the wrong classes by
 * themselves. */

import { sum } from "onewarm/arithmetic.js";
import { h, put, s, say, style } from "onewarm/dom.js";
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
    curve: s("path", { class: `curve told told-${kind}`, "data-object": "dark" }),
    dot: s("circle", { r: 5, class: "dot told-dot" }),
    word: s("text", { class: "halo told-word" }, NAMES[/** @type {"hard"} */ (kind)]),
    key: "",
    drawn: "",
    values: /** @type {number[]} */ ([]),
  }));
  plot.svg.append(...curves.map((c) => c.curve), ...curves.map((c) => c.word), ...curves.map((c) => c.dot));

  const shown = Array.from({ length: Math.min(MOST, names.length - 1) }, () => {
    const name = h("span", { class: "who", dir: "auto" });
    const bars = BOTH.map((kind) => h("div", { class: `share-bar ${kind}` }));
    const level = h("i", { class: "level" });
    const numbers = [h("span"), h("span")];
    const node = h(
      "div",
      { class: "wrong" },
      name,
      h("div", { class: "share-lane", "aria-hidden": "true" }, level, ...bars),
      h("div", { class: "share-numbers" }, ...numbers),
    );
    return { node, name, bars, level, numbers };
  });
  const heading = h("h4", {}, "The wrong classes by themselves");
  const line = () => [h("td"), h("td")];
  const rows = [
    { text: "on wrong classes", cells: line() },
    { text: "entropy they lack", cells: line() },
    { text: "nats told", cells: line() },
  ];
  const node = h(
    "section",
    { class: "pane dark", "aria-label": "Dark knowledge of two teachers" },
    h("h3", {}, "Dark knowledge of two teachers"),
    plot.figure,
    h("div", { class: "wrongs", "data-object": "dark" }, heading, ...shown.map((line) => line.node)),
    h(
      "table",
      { class: "few told-table" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("td"),
          h("th", { scope: "col" }, h("i", { class: "swatch s-hard-teacher" }), "hard-trained"),
          h("th", { scope: "col" }, h("i", { class: "swatch s-smoothed-teacher" }), "smoothed"),
        ),
      ),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.text), ...row.cells))),
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
      for (const c of curves) put(c.curve, { visibility: visible.includes(c) ? "visible" : "hidden" });
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
        put(c.dot, { visibility });
        put(c.word, { visibility });
        if (visibility === "hidden") continue;
        for (const mark of [c.curve, c.dot, c.word]) put(mark, { "data-active": c.kind === kind });
        put(c.dot, { cx: x(T), cy: y(view.told[c.kind]) });
        if (frame === c.drawn) continue;
        c.drawn = frame;
        put(c.curve, { d: path(c.values, x, y) });
        const peak = c.values.indexOf(Math.max(...c.values));
        const end = x(GRID[peak]) > right - 90;
        put(c.word, {
          x: x(GRID[peak]) + (end ? -8 : 8),
          y: y(c.values[peak]) - 8,
          "text-anchor": end ? "end" : "start",
        });
      }
      drawWrong(view);
      put(plot.svg, {
        "aria-label": `Nats told beyond label smoothing at T = ${degrees(T)}: ${visible.map((c) => `${NAMES[c.kind]} ${fixed(view.told[c.kind], 4)}`).join(", ")}.`,
      });
    },
  };

  /** @param {View} view */
  function drawWrong({ label, rows: softened, temperature: T }) {
    say(heading, `The wrong classes by themselves, at T = ${degrees(T)}`);
    const wrong = names.map((_, k) => k).filter((k) => k !== label);
    const byHard = (/** @type {number} */ a, /** @type {number} */ b) => softened.hard[b] - softened.hard[a];
    const order = wrong.length > shown.length ? wrong.toSorted(byHard) : wrong;
    const masses = BOTH.map((kind) => sum(wrong.map((k) => softened[kind][k])));
    shown.forEach((line, i) => {
      say(line.name, names[order[i]]);
      style(line.level, "left", `${px(100 / wrong.length)}%`);
      BOTH.forEach((kind, j) => {
        const part = masses[j] > 0 ? softened[kind][order[i]] / masses[j] : 0;
        style(line.bars[j], "width", `${px(100 * part)}%`);
        say(line.numbers[j], fixed(part, 3));
      });
    });
    BOTH.forEach((kind, j) => {
      const lacks = masses[j] > 0 ? dark(softened[kind], label) / masses[j] : 0;
      [masses[j], lacks, lacks * masses[j]].forEach((value, i) => say(rows[i].cells[j], fixed(value, 4)));
    });
  }
}
