/** The numbers of the picture as a table. */

import { fixed } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";

/** @typedef {import("../demo.js").View} View */

/** @param {string[]} names */
export function tablePane(names) {
  const table = mirror({
    columns: ["class", "logit", "logit / T", "at T = 1", "at T"],
    rows: names.length,
    label: "Table of the example",
  });
  return {
    name: "numbers",
    node: table.node,
    /** @param {View} view */
    late(view) {
      table.draw(
        `Example ${view.example}, true class ${view.names[view.label]}, T = ${fixed(view.temperature, 2)}`,
        names.map((name, k) => [
          name,
          fixed(view.z[k], 4),
          fixed(view.z[k] / view.temperature, 4),
          fixed(view.before[k], 6),
          fixed(view.probabilities[k], 6),
        ]),
      );
    },
  };
}
