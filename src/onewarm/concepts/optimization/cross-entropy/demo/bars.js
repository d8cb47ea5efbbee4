/** Prediction and votes side by side: a bar for each class's probability, a tick for its share of the votes. */

import { element, setAttributes } from "onewarm/dom.js";
import { fixed, gradientText, pull } from "onewarm/numbers.js";
import { barLane, classRows, legend, numberCells, numberHeads } from "onewarm/rows.js";
import { axis } from "onewarm/slider.js";
import { covered, unless } from "./text.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

const at = (/** @type {number} */ share) => 100 * share;

/** @param {Context} ctx @param {string[]} names */
export function barsPane(ctx, names) {
  const along = axis(3, true);
  const rows = names.map((name, k) => {
    const lane = barLane(along);
    const numbers = numberCells("tpg");
    setAttributes(numbers.nodes[2], { "data-object": "gradient" });
    const title = element("span", { class: "name", title: name, dir: "auto" }, name);
    title.addEventListener("click", () => ctx.change({ pick: k }));
    return { node: element("div", { class: "row" }, title, lane.node, ...numbers.nodes), lane, numbers };
  });
  const heads = numberHeads("tpg", ["t", "p", "p − t"]);
  const table = classRows({
    head: [element("span", { class: "name" }, "class"), element("span", { class: "track p" }), ...heads],
    rows: rows.map((row) => row.node),
    foot: [element("div", { class: "track p" }, along.node)],
  });
  const keys = legend([
    ["bar", "probability p"],
    ["tick", "share of the votes t"],
  ]);
  along.place([0, 0.5, 1], at);
  const node = element("section", { class: "pane bars", "aria-label": "Prediction and votes" }, keys, table);
  return {
    node,
    /** @param {View} view */
    draw(view) {
      const noSlopes = covered(view, "slopes");
      node.classList.toggle("covered-shares", covered(view, "shares"));
      const shown = covered(view, "shares") ? guessed(view) : view.probabilities;
      rows.forEach((row, k) => {
        const [t, p, g] = [view.target[k], shown[k], view.gradient[k]];
        setAttributes(row.node, { "data-pull": noSlopes ? "none" : pull(g), "data-picked": k === view.pick });
        row.lane.draw(p, t, at, !noSlopes);
        row.numbers.draw([unless(view, "shares", fixed(t, 3)), fixed(p, 3), unless(view, "slopes", gradientText(g))]);
      });
    },
  };
}

/** The prediction that the reader's flag stands for. @param {View} view */
function guessed({ flag, pick, probabilities }) {
  if (flag === null) return probabilities;
  const others = 1 - probabilities[pick];
  return probabilities.map((p, k) => (k === pick ? flag : ((1 - flag) * p) / others));
}
