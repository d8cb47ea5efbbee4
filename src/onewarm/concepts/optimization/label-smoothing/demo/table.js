/** The picture in numbers. */

import { sum } from "onewarm/arithmetic.js";
import { setHidden } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";

/** @typedef {import("../demo.js").View} View */

/** @param {string[]} names */
export function tablePane(names) {
  const table = mirror({
    columns: ["class", "logit z", "probability p", "target t", "gap p − t"],
    rows: names.length,
    label: "Table of logits, probabilities, targets and gaps",
    total: true,
  });
  const cells = (
    /** @type {number} */ z,
    /** @type {number} */ p,
    /** @type {number} */ t,
    /** @type {number} */ g,
  ) => [fixed(z, 4), fixed(p, 6), fixed(t, 6), fixed(g, 6, true)];
  return {
    node: table.node,
    /** @param {View} view */
    late(view) {
      setHidden(table.node, view.cover !== ""); // it has the targets and the gaps
      if (view.cover) return;
      const { logits: z, probabilities: p, target: t, gradient: g } = view;
      const floor = view.floor === -Infinity ? "none" : fixed(view.floor, 4);
      table.draw(
        `α = ${fixed(view.alpha, 2)}, recipe ${view.recipe}: loss ${fixed(view.loss, 4)} (hard ${fixed(view.hardLoss, 4)}), floor ${floor}.`,
        [
          ...names.map((name, k) => [
            name + (k === view.label ? " (true class)" : ""),
            ...cells(z[k], p[k], t[k], g[k]),
          ]),
          ["sum", ...cells(sum(z), sum(p), sum(t), sum(g))],
        ],
      );
    },
  };
}
