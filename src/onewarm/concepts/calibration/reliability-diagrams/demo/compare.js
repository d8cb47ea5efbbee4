/** The same rows in ten bins and in fewer: the ECE can only fall, and so does what the confidences tell apart. */

import { segments } from "onewarm/controls.js";
import { element, setAttributes, setText } from "onewarm/dom.js";
import { equals, fixed } from "onewarm/numbers.js";
import { binTable, reliability } from "onewarm/reliability.js";
import { drawable } from "onewarm/room.js";

/** @typedef {import("onewarm/widget.js").Context} Context
 *  @typedef {import("../demo.js").View} View */

const WORDS = { 2: "two", 5: "five", 10: "ten" };

/** @param {View} view */
const countText = ({ coarse }) => (coarse === "1" ? "one bin" : `${/** @type {Record<string, string>} */ (WORDS)[coarse]} bins`);

/** @typedef {[name: string, of: (ece: number, parts: View["parts"]) => number]} Line */
/** @type {Line[]} */
const LINES = [
  ["ECE", (ece) => ece],
  ["reliability", (_, parts) => parts.reliability],
  ["− resolution", (_, parts) => parts.resolution],
  ["+ uncertainty", (_, parts) => parts.uncertainty],
  ["= Brier score", (_, parts) => parts.brier],
];

/** @param {Context} ctx */
export function comparePane(ctx) {
  const ten = reliability({ label: "Diagram in ten bins", objects: { dots: "dots" } });
  const fewer = reliability({ label: "Diagram in fewer bins", objects: { dots: "merged" } });
  const figures = [ten.figure, fewer.figure];
  const into = element("span", { class: "into" });
  const title = element("p", { class: "figure-title" }, element("span", { class: "spare" }, "The same examples in "), into);
  const choose = segments({
    name: `${ctx.uid}-coarse`,
    legend: "Bins on the right",
    options: ["10", "5", "2", "1"].map((count) => [count, count]),
    change: (coarse) => ctx.change({ coarse }),
  });
  const heads = [element("th", { scope: "col" }, "ten bins"), element("th", { scope: "col" })];
  const names = LINES.map(([name]) => element("th", { scope: "row" }, name));
  const lines = LINES.map(() => [element("td"), element("td")]);
  const table = element(
    "table",
    { class: "parts", "data-object": "parts" },
    element("thead", {}, element("tr", {}, element("td"), ...heads)),
    element(
      "tbody",
      {},
      ...lines.map((cells, i) => element("tr", { "data-line": i }, names[i], ...cells)),
    ),
  );
  const bins = [
    binTable({ rows: 10, label: "Table of the ten bins", summary: "The ten bins as a table" }),
    binTable({ rows: 10, label: "Table of the fewer bins", summary: "The fewer bins as a table" }),
  ];
  const node = element(
    "section",
    { class: "pane fill compare", "aria-label": "The same examples in fewer bins" },
    element(
      "div",
      { class: "pair" },
      element("div", { class: "left" }, element("p", { class: "figure-title" }, "Ten bins"), ten.figure),
      element("div", { class: "right" }, title, fewer.figure),
    ),
    table,
    ...bins.map((one) => one.node),
    choose.node,
  );
  return {
    name: "compare",
    node,
    figures,
    /** @param {View} view @param {(figure: Element) => number} width
     * @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, width, room) {
      const hidden = view.cover === "coarse";
      const count = countText(view);
      choose.draw(view.coarse);
      setText(into, count);
      setText(heads[1], count);
      const [T, F] = figures.map(room);
      if (drawable(T)) ten.draw(T.width, view.bins, "the examples", T.height ?? T.width);
      if (drawable(F)) fewer.draw(F.width, hidden ? [] : view.merged, hidden ? "the examples, still covered" : `the examples in ${count}`, F.height ?? F.width);
      setAttributes(table, { "data-covered": hidden });
      const shown = hidden ? [view.parts] : [view.parts, view.mergedParts];
      const off = shown.some((p) => equals([p.reliability, -p.resolution, p.uncertainty], p.brier, 3) !== "=");
      setText(names[names.length - 1], `${off ? "≈" : "="} Brier score`);
      LINES.forEach(([, of], i) => {
        setText(lines[i][0], fixed(of(view.ece, view.parts), 3));
        setText(lines[i][1], hidden ? "?" : fixed(of(view.mergedEce, view.mergedParts), 3));
      });
    },
    /** @param {View} view */
    late(view) {
      const hidden = view.cover === "coarse";
      bins[0].draw("The examples in ten bins.", view.bins);
      bins[1].draw(hidden ? "Covered until you commit." : `The examples in ${countText(view)}.`, hidden ? [] : view.merged);
    },
  };
}
