/** The picture in numbers. */

import { sum } from "onewarm/arithmetic.js";
import { fixed } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";

/** @typedef {import("../demo.js").View} View */

const COVERED = "covered"; // until the reader has answered
const COLUMNS = ["class", "logit z", "probability p", "target t", "gap p − t"];
const UNNAMED = [...COLUMNS.slice(0, -1), COVERED];

/** @param {string[]} names */
export function tablePane(names) {
  const table = mirror({
    columns: COLUMNS,
    rows: names.length,
    label: "Table of logits, probabilities and targets",
    total: true,
  });
  return {
    node: table.node,
    /** What is covered on the picture is covered here. @param {View} view */
    late(view) {
      const { logits: z, probabilities: p, target: t, gradient: g } = view;
      const cells = (/** @type {number[]} */ [z, p, t, g]) => [
        fixed(z, 4),
        fixed(p, 6),
        view.cover === "curve" ? COVERED : fixed(t, 6),
        view.cover ? COVERED : fixed(g, 6, true),
      ];
      const floor = view.floor === -Infinity ? "none" : fixed(view.floor, 4);
      const more = view.cover ? "" : ` (hard ${fixed(view.hardLoss, 4)}), floor ${floor}`;
      table.draw(
        `α = ${fixed(view.alpha, 2)}, recipe ${view.recipe}: loss ${fixed(view.loss, 4)}${more}.`,
        [
          ...names.map((name, k) => [
            name + (k === view.label ? " (true class)" : ""),
            ...cells([z[k], p[k], t[k], g[k]]),
          ]),
          ["sum", ...cells([sum(z), sum(p), sum(t), sum(g)])],
        ],
        view.cover ? UNNAMED : COLUMNS,
      );
    },
  };
}
