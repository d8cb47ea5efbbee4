/** The picture in numbers. */

import { sum } from "onewarm/arithmetic.js";
import { fixed } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";
import { hidden } from "./chart.js";

/** @typedef {import("../demo.js").View} View */

/** @param {string[]} names */
export function tablePane(names) {
  const table = mirror({
    columns: ["class", "student z", "teacher v", "student p", "teacher q", "p − q", "gradient"],
    rows: names.length,
    label: "Table of logits, softened probabilities, gaps and gradients",
    total: true,
  });
  return {
    node: table.node,
    /** @param {View} view */
    late(view) {
      const { student: z, v, p, q, gradient: g } = view;
      const cells = (/** @type {number[]} */ [a, b, c, d, e]) => [
        fixed(a, 4),
        fixed(b, 4),
        fixed(c, 6),
        fixed(d, 6),
        fixed(c - d, 6, true),
        fixed(e, 6, true),
      ];
      const facts = [
        `T = ${fixed(view.temperature, 3)}, teacher's share ${fixed(view.share, 2)}: loss ${fixed(view.loss, 6)}.`,
        view.cover === "norm"
          ? ""
          : `Size of the teacher's gradient ${fixed(view.size, 6)} with T², ${fixed(view.bareSize, 6)} without, limit ${fixed(view.limit, 6)}.`,
        hidden(view, "dark")
          ? ""
          : `Nats told: hard-trained ${fixed(view.told.hard, 6)}, smoothed ${fixed(view.told.smoothed, 6)}.`,
      ];
      table.draw(
        facts.filter(Boolean).join(" "),
        [
          ...names.map((name, k) => [
            name + (k === view.label ? " (true class)" : ""),
            ...cells([z[k], v[k], p[k], q[k], g[k]]),
          ]),
          ["sum", ...cells([sum(z), sum(v), sum(p), sum(q), sum(g)])],
        ],
      );
    },
  };
}
