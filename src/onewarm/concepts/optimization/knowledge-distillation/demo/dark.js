/** Dark knowledge: how many nats each teacher tells beyond label smoothing, over the temperature; and what that is made of,
 * the mass on the wrong classes and how they share it. While the question about it is open, warmer teachers are covered. */

import { sum } from "onewarm/arithmetic.js";
import { element, fixedBox, setAttributes, setStyle, setText, svgElement } from "onewarm/dom.js";
import { fixed, niceCeil, px, scale, ticks } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";
import { dark, soften } from "./arithmetic.js";
import { GRID, ROUND, hidden, path, temperatureChart, uncovered } from "./chart.js";
import { KINDS, degrees } from "./controls.js";

/** @typedef {import("../demo.js").View} View */

const BOTH = /** @type {const} */ (["hard", "smoothed"]);
const MOST = 5; // wrong classes that are shown
const BESIDE = GRID.findIndex((t) => t > 3.8); // where a curve's name stands
const NAMES = { hard: "hard-trained", smoothed: "smoothed", own: "your own" };

/** @param {string[]} names */
export function darkPane(names) {
  const plot = temperatureChart("nats beyond label smoothing", "dark");
  const curves = KINDS.map((kind) => ({
    kind: /** @type {"hard" | "smoothed" | "own"} */ (kind),
    curve: svgElement("path", { class: `curve told told-${kind}` }),
    dot: svgElement("circle", { r: 5, class: `dot dot-${kind}` }),
    word: svgElement("text", { class: `halo told-word word-${kind}` }),
    key: "",
    drawn: "",
    values: /** @type {number[]} */ ([]),
  }));
  plot.svg.append(...curves.map((c) => c.curve), ...curves.map((c) => c.word), ...curves.map((c) => c.dot));
  const parts = partsOf(names);
  const line = () => [element("td"), element("td")];
  const rows = [
    { text: "on wrong classes", cells: line() },
    { text: "entropy they lack", cells: line() },
    { text: "nats told", cells: line() },
  ];
  const corner = element("td");
  const table = element(
    "table",
    { class: "few told-table spare" },
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        corner,
        element("th", { scope: "col" }, element("i", { class: "swatch s-hard-teacher" }), "hard-trained"),
        element("th", { scope: "col" }, element("i", { class: "swatch s-smoothed-teacher" }), "smoothed"),
      ),
    ),
    element("tbody", {}, ...rows.map((row) => element("tr", {}, element("th", { scope: "row" }, row.text), ...row.cells))),
  );
  const numbers = mirror({
    columns: ["temperature T", ...KINDS.map((kind) => NAMES[kind])],
    rows: ROUND.length,
    label: "Table of the nats told over the temperature",
    summary: "The curves as a table",
  });
  const node = element(
    "section",
    { class: "pane dark fill", "aria-label": "Dark knowledge of two teachers" },
    element("h3", {}, "Dark knowledge of two teachers"),
    plot.figure,
    parts.node,
    table,
    numbers.node,
  );
  return {
    node,
    figures: [plot.figure],
    /** @param {View} view @param {unknown} _width @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, _width, room) {
      const unseen = hidden(view, "dark");
      parts.draw(view, unseen);
      const { label, kind } = view;
      const visible = curves.filter((c) => c.kind !== "own" || kind === "own");
      for (const c of visible) {
        const now = [view.teachers[c.kind], label].join(";");
        if (now === c.key) continue;
        c.key = now;
        c.drawn = "";
        c.values = GRID.map((t) => dark(soften(view.teachers[c.kind], t), label));
      }
      const space = room(plot.figure);
      if (space.width < 80) return;
      const { x, y, key: frame } = plot.frame(space, upright(view, visible), view);
      for (const c of curves) {
        const there = visible.includes(c);
        setAttributes(c.dot, { visibility: there && !unseen ? "visible" : "hidden" });
        if (there && !unseen) setAttributes(c.dot, { cx: x(view.temperature), cy: y(view.told[c.kind]) });
        for (const mark of [c.curve, c.word]) setAttributes(mark, { visibility: there ? "visible" : "hidden" });
        there ? setAttributes(c.curve, { "data-object": "dark" }) : c.curve.removeAttribute("data-object");
        if (!there) continue;
        for (const mark of [c.curve, c.dot, c.word]) setAttributes(mark, { "data-active": c.kind === kind });
        if (frame === c.drawn) continue;
        c.drawn = frame;
        const values = uncovered(c.values, view, "dark");
        setAttributes(c.curve, { d: path(values, x, y) });
        // beside the curve's fall, or in the cover
        const at = Math.min(values.length - 1, BESIDE);
        setText(c.word, space.width < 300 && c.kind === "hard" ? "hard" : NAMES[c.kind]);
        setAttributes(c.word, { x: x(GRID[at]) + 9, y: y(values[at]) + (c.kind === "hard" ? -2 : at < BESIDE ? 9 : -8) });
      }
    },
    /** @param {View} view */
    late(view) {
      const unseen = hidden(view, "dark");
      const visible = KINDS.filter((kind) => kind !== "own" || view.kind === "own");
      setText(corner, unseen ? "covered" : "");
      const masses = BOTH.map((who) => wrongOf(view, who).mass);
      BOTH.forEach((who, j) => {
        const lacks = masses[j] > 0 ? view.told[who] / masses[j] : 0;
        [masses[j], lacks, view.told[who]].forEach((value, i) => setText(rows[i].cells[j], unseen ? "" : fixed(value, 4)));
      });
      const told = curves.map((c) => (visible.includes(c) ? uncovered(c.values, view, "dark") : null));
      numbers.draw(
        "Nats beyond label smoothing that each teacher tells.",
        ROUND.map((i) => [
          degrees(GRID[i]),
          ...told.map((values) => (values ? (i < values.length ? fixed(values[i], 4) : "covered") : "–")),
        ]),
      );
      setAttributes(plot.svg, {
        "aria-label": unseen
          ? `Nats told beyond label smoothing: covered at T = ${degrees(view.temperature)}.`
          : `Nats told beyond label smoothing at T = ${degrees(view.temperature)}: ${visible.map((kind) => `${NAMES[kind]} ${fixed(view.told[kind], 4)}`).join(", ")}.`,
      });
    },
  };
}

/** The upright axis: room for the curves; while they are covered, for three times what is shown of them.
 * @param {View} view @param {{kind: "hard" | "smoothed" | "own", values: number[]}[]} curves */
function upright(view, curves) {
  const open = view.cover !== "dark";
  const shown = curves.flatMap((c) => uncovered(c.values, view, "dark"));
  const top = open ? Math.max(...shown, ...curves.map((c) => view.told[c.kind])) : 2.5 * Math.max(...shown);
  const most = niceCeil(1.12 * Math.max(top, 1e-3), [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10]);
  return {
    values: ticks(0, most, 4),
    place: (/** @type {number} */ bottom, /** @type {number} */ upper) => scale(0, most, bottom, upper),
  };
}

/** The wrong classes of a teacher: their mass, and which part of it each class has.
 * @param {View} view @param {"hard" | "smoothed"} who */
function wrongOf({ label, rows }, who) {
  const mass = sum(rows[who].filter((_, k) => k !== label));
  return { mass, part: (/** @type {number} */ k) => (mass > 0 ? rows[who][k] / mass : 0) };
}

/** The mass on the wrong classes, and how they share it, in bars for either teacher. @param {string[]} names */
function partsOf(names) {
  const mass = lineOf("together", "mass");
  const shown = Array.from({ length: Math.min(MOST, names.length - 1) }, () => lineOf("", ""));
  const heading = fixedBox();
  const node = element(
    "div",
    { class: "parts" },
    element("h4", {}, heading),
    mass.node,
    element(
      "div",
      { class: "wrongs", "data-object": "wrong" },
      element("p", { class: "subtitle" }, "how they share it (dashed: all alike)"),
      ...shown.map((line) => line.node),
    ),
  );
  return {
    node,
    /** @param {View} view @param {boolean} unseen */
    draw(view, unseen) {
      const { label, rows, temperature: T } = view;
      const wrong = names.map((_, k) => k).filter((k) => k !== label);
      const byHard = (/** @type {number} */ a, /** @type {number} */ b) => rows.hard[b] - rows.hard[a];
      const order = wrong.length > shown.length ? wrong.toSorted(byHard) : wrong;
      const of = BOTH.map((who) => wrongOf(view, who));
      setText(heading, unseen ? `The wrong classes at T = ${degrees(T)}: covered` : `The wrong classes at T = ${degrees(T)}`);
      mass.draw(
        of.map(({ mass }) => mass),
        null,
        unseen,
      );
      shown.forEach((line, i) => {
        setText(line.name, names[order[i]]);
        line.draw(
          of.map(({ part }) => part(order[i])),
          1 / wrong.length,
          unseen,
        );
      });
    },
  };
}

/** A name, a bar for each of the two teachers, and their numbers. @param {string} text @param {string} object */
function lineOf(text, object) {
  const name = element("span", { class: "who", dir: "auto" }, text);
  const bars = BOTH.map((kind) => element("div", { class: `share-bar ${kind}` }));
  const level = element("i", { class: "level" });
  const numbers = [fixedBox(), fixedBox()];
  const node = element(
    "div",
    { class: "wrong" },
    name,
    element("div", { "aria-hidden": "true" }, element("div", { class: "share-lane" }, level, ...bars)),
    element("div", { class: "share-numbers" }, ...numbers),
  );
  if (object) setAttributes(node, { "data-object": object });
  return {
    node,
    name,
    /** @param {number[]} parts of 1 @param {number | null} even where level shares would end @param {boolean} unseen */
    draw(parts, even, unseen) {
      setAttributes(level, { class: even === null ? "level none" : "level" });
      if (even !== null) setStyle(level, "left", `${px(100 * even)}%`);
      parts.forEach((part, j) => {
        setStyle(bars[j], "width", unseen ? "0" : `${px(100 * part)}%`);
        setText(numbers[j], unseen ? "" : fixed(part, 3));
      });
    },
  };
}
