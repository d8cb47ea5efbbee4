/** The size of the teacher's gradient over the temperature, with the factor T^2 and without; its limit; and the size of the
 * label's gradient. Both axes are logarithmic, so that small gradients can be read. While the question about it is open,
 * what a hotter teacher pulls is covered, and whatever has to do with the factor. */

import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { clamp, fixed, niceCeil, scale } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";
import { size } from "./arithmetic.js";
import { GRID, ROUND, hidden, path, temperatureChart, uncovered } from "./chart.js";
import { degrees } from "./controls.js";

/** @typedef {import("../demo.js").View} View */

const LEAST = 1e-4;
const COLUMNS = ["temperature T", "without T²", "with T²"];

export function normPane() {
  const plot = temperatureChart("size of the gradient", "norm");
  const limit = svgElement("line", { class: "limit" });
  const label = svgElement("line", { class: "label-line" });
  const without = svgElement("path", { class: "curve hard", "data-object": "norm" });
  const withFactor = svgElement("path", { class: "curve soft" });
  const words = [0, 1, 2, 3].map(() => svgElement("text", { class: "halo" }));
  const dots = [svgElement("circle", { r: 5, class: "dot mute-dot" }), svgElement("circle", { r: 6, class: "dot" })];
  plot.svg.append(limit, label, without, withFactor, ...words, ...dots);
  const cells = [element("td"), element("td"), element("td"), element("td")];
  const heads = [element("th", { scope: "col" }), element("th", { scope: "col" }), element("th", { scope: "col" })];
  const table = element(
    "table",
    { class: "few spare" },
    element("thead", {}, element("tr", {}, ...heads, element("th", { scope: "col" }, "the label's"))),
    element("tbody", {}, element("tr", {}, ...cells)),
  );
  const balance = element("p", { class: "balance spare" });
  const numbers = mirror({
    columns: COLUMNS,
    rows: ROUND.length,
    label: "Table of the size of the gradient over the temperature",
    summary: "The curves as a table",
  });
  const node = element(
    "section",
    { class: "pane norm fill", "aria-label": "Size of the gradient over the temperature" },
    element("h3", {}, "Size of the gradient"),
    plot.figure,
    table,
    balance,
    numbers.node,
  );
  let key = "",
    drawn = "";
  /** @type {number[]} */
  let sizes = [];
  /** @type {number[]} */
  let bare = [];
  return {
    node,
    figures: [plot.figure],
    /** @param {View} view @param {unknown} _width @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, _width, room) {
      const { student, v, temperature: T } = view;
      const open = view.cover !== "norm";
      const now = [student, v].join(";");
      if (now !== key) {
        key = now;
        sizes = GRID.map((t) => size(student, v, t));
        bare = sizes.map((value, i) => value / GRID[i] ** 2);
        drawn = "";
      }
      const space = room(plot.figure);
      if (space.width < 80) return;
      const most = niceCeil(1.3 * Math.max(1, view.limit, view.hardSize, ...sizes, ...bare), [1, 2, 5, 10]);
      const decades = Math.floor(Math.log10(most / LEAST) + 1e-9);
      const upright = {
        values: Array.from({ length: decades + 1 }, (_, i) => Number((LEAST * 10 ** i).toPrecision(1))),
        place: (/** @type {number} */ bottom, /** @type {number} */ upper) => {
          const log = scale(Math.log(LEAST), Math.log(most), bottom, upper);
          return (/** @type {number} */ value) => log(Math.log(clamp(value, LEAST, most)));
        },
      };
      const { x, y, left, right, upper, bottom, key: frame } = plot.frame(space, upright, view);
      if (`${frame} ${most}` !== drawn) {
        drawn = `${frame} ${most}`;
        setAttributes(withFactor, { d: open ? path(sizes, x, y) : "" });
        setAttributes(without, { d: path(uncovered(bare, view, "norm"), x, y) });
      }
      const lines = /** @type {[SVGElement, number][]} */ ([
        [limit, view.limit],
        [label, view.hardSize],
      ]);
      for (const [line, level] of lines) setAttributes(line, { x1: left, x2: right, y1: y(level), y2: y(level) });
      setAttributes(dots[0], { cx: x(T), cy: y(view.bareSize), visibility: hidden(view, "norm") ? "hidden" : "visible" });
      setAttributes(dots[1], { cx: x(T), cy: y(view.size) });
      for (const mark of [limit, withFactor, dots[1]]) setAttributes(mark, { visibility: open ? "visible" : "hidden" });
      name(withFactor, open ? "norm" : "");
      name(limit, open ? "limit" : "");
      const at = /** @type {[string, number, number, string][]} */ ([
        [open ? "limit" : "", right, y(view.limit) - 6, "end"],
        ["label’s own", left + 6, y(view.hardSize) + (view.hardSize < bare[0] ? 15 : -6), "start"],
        [open ? "with T²" : "", left + 6, y(sizes[0]) - 8, "start"],
        [open ? "without" : "", x(12), y(bare[55]) - 8, "start"],
      ]);
      at.forEach(([text, across, up, anchor], i) => {
        setText(words[i], text);
        setAttributes(words[i], { x: across, y: clamp(up, upper - 2, bottom - 4), "text-anchor": anchor });
      });
    },
    /** @param {View} view */
    late(view) {
      const open = view.cover !== "norm";
      const T = view.temperature;
      const values = [view.size, view.bareSize, view.limit, view.hardSize].map((value) => fixed(value, 4));
      values.forEach((text, i) => setText(cells[i], open || i === 3 ? text : ""));
      ["with T²", "without", "as T grows"].forEach((text, i) => setText(heads[i], open ? text : ""));
      setText(balance, open ? sentence(view) : "");
      const pulls = uncovered(bare, view, "norm");
      numbers.draw(
        `Size of the teacher's gradient.${open ? ` As T grows it comes to ${fixed(view.limit, 4)} with T².` : ""} The label's own is ${fixed(view.hardSize, 4)}.`,
        ROUND.map((i) => [
          degrees(GRID[i]),
          i < pulls.length ? fixed(pulls[i], 4) : "covered",
          open ? fixed(sizes[i], 4) : "",
        ]),
        open ? COLUMNS : [COLUMNS[0], "gradient", ""],
      );
      setAttributes(plot.svg, {
        "aria-label": open
          ? `Size of the teacher's gradient at T = ${degrees(T)}: ${values[0]} with the factor T squared, ${values[1]} without; its limit ${values[2]}; the label's own ${values[3]}.`
          : `Size of the teacher's gradient at T = ${degrees(T)}: ${hidden(view, "norm") ? "covered" : values[1]}. The label's own ${values[3]}.`,
      });
    },
  };
}

/** Names a mark for highlights and pointing, or takes its name. @param {Element} mark @param {string} object */
const name = (mark, object) =>
  object ? setAttributes(mark, { "data-object": object }) : mark.removeAttribute("data-object");

/** The teacher's gradient compared with the label's, in a sentence. @param {View} view */
function sentence({ temperature, size, bareSize, hardSize }) {
  const T = degrees(temperature);
  if (hardSize < 5e-5) return `The label no longer pulls at all: the student gives it all its probability.`;
  const times = (/** @type {number} */ value) => (value < 0.995 ? fixed(value, 2) : fixed(value, 1));
  return `At T = ${T} the whole teacher pulls ${times(size / hardSize)} times as hard as the label does; without the factor it would be ${times(bareSize / hardSize)} times.`;
}
