/** Rows, one a class, and their parts: the name as the choice of the true class, a bar with a tick and the gap between them,
 * numbers, a legend. Sliders are in slider.js. The demo's own sheet places the parts by grid areas. */

import { element, fixedBox, setStyle, setText } from "onewarm/dom.js";
import { px } from "onewarm/numbers.js";

/** The table of rows: a head of column names, the rows, and a foot with the axes.
 * @param {{head: Node[], rows: Node[], foot: Node[], few?: boolean}} of   few: the rows have room to be higher */
export const classRows = ({ head, rows, foot, few = false }) =>
  element(
    "div",
    few ? { class: "rows", "data-few": true } : { class: "rows" },
    element("div", { class: "row head", "aria-hidden": "true" }, ...head),
    ...rows,
    element("div", { class: "row foot", "aria-hidden": "true" }, ...foot),
  );

/** The name of a class, with the radio button that makes it the true one.
 * @param {{name: string, group: string, value: number, choose: () => void}} of   group: what the radio buttons share */
export function trueClass({ name, group, value, choose }) {
  const radio = element("input", { type: "radio", name: group, value, "aria-label": `true class: ${name}` });
  radio.addEventListener("change", choose);
  return {
    node: element("label", { class: "name", title: name }, radio, element("span", { dir: "auto" }, name)),
    /** @param {boolean} chosen */
    draw: (chosen) => void (radio.checked = chosen),
  };
}

/** A lane with a bar (a probability), a tick (its target) and the gap between them, which takes its colour from the row's
 * data-pull. @param {{lines: () => HTMLElement[]}} along an axis */
export function barLane(along) {
  const bar = element("div", { class: "bar", "data-object": "bar" });
  const gap = element("div", { class: "gap", "data-object": "gap" });
  const tick = element("div", { class: "tick", "data-object": "tick" });
  return {
    node: element(
      "div",
      { class: "track p", "aria-hidden": "true" },
      element("div", { class: "lane" }, ...along.lines(), bar, gap, tick),
    ),
    /** @param {number} p @param {number} t @param {(value: number) => number} at a value's place, in percent
     * @param {boolean} [gapSeen] whether the row's data-pull shows the gap */
    draw(p, t, at, gapSeen = true) {
      setStyle(bar, "left", `${px(at(0))}%`);
      setStyle(bar, "width", `${px(at(p) - at(0))}%`);
      if (gapSeen) {
        setStyle(gap, "left", `${px(at(Math.min(p, t)))}%`);
        setStyle(gap, "width", `${px(Math.abs(at(p) - at(t)))}%`);
      }
      setStyle(tick, "left", `${px(at(t))}%`);
    },
  };
}

/** The numbers of a row. They are hidden from screen readers, for whom a slider's text has them.
 * @param {string} columns a letter for each: of class num-LETTER */
export function numberCells(columns) {
  const boxes = [...columns].map(() => fixedBox());
  return {
    nodes: boxes.map((box, i) => element("span", { class: `num num-${columns[i]}`, "aria-hidden": "true" }, box)),
    /** @param {string[]} texts */
    draw: (texts) => texts.forEach((text, i) => setText(boxes[i], text)),
  };
}

/** The names of those columns, for the head. @param {string} columns @param {string[]} texts */
export const numberHeads = (columns, texts) =>
  texts.map((text, i) => element("span", { class: `num num-${columns[i]}` }, text));

/** The classes whose bar is furthest short of its tick and furthest over it, given the gaps bar - tick.
 * @param {number[]} gaps */
export function furthest(gaps) {
  const order = gaps.map((_, k) => k).sort((a, b) => gaps[a] - gaps[b]);
  const [short, over] = [order[0], order[order.length - 1]];
  return { short, over, shortBy: -gaps[short], overBy: gaps[over] };
}

/** A legend. @param {[string, string][]} entries a swatch's class s-KIND, and what it stands for */
export const legend = (entries) =>
  element(
    "div",
    { class: "legend" },
    ...entries.map(([kind, text]) => element("span", { class: "key" }, element("i", { class: `swatch s-${kind}` }), text)),
  );
