/** The picture in numbers. */

import { sum } from "onewarm/arithmetic.js";
import { equals, fixed } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";
import { unless } from "./text.js";

/** @typedef {import("../demo.js").View} View */

/** @param {string[]} names */
export function tablePane(names) {
  const table = mirror({
    columns: ["class", "votes", "share t", "logit z", "probability p", "surprise −log p", "paid", "extra (+) or less (−)", "slope p − t"],
    rows: names.length,
    label: "Table of votes, logits, surprises and what is paid",
    total: true,
  });
  return {
    node: table.node,
    /** @param {View} view */
    late(view) {
      const cells = names.map((name, k) => [
        name,
        String(Number(view.votes[k].toFixed(4))),
        unless(view, "shares", fixed(view.target[k], 6)),
        fixed(view.logits[k], 4),
        fixed(view.probabilities[k], 6),
        fixed(view.show(view.prices[k]), 6),
        fixed(view.show(view.paid[k]), 6),
        unless(view, "terms", fixed(view.show(view.terms[k]), 6, true)),
        unless(view, "slopes", fixed(view.gradient[k], 6, true)),
      ]);
      const last = [
        "sum",
        String(Number(sum(view.votes).toFixed(4))),
        fixed(sum(view.target), 6),
        "",
        fixed(sum(view.probabilities), 6),
        "",
        fixed(view.show(view.loss), 6),
        unless(view, "parts", fixed(view.show(view.divergence), 6, true)),
        fixed(sum(view.gradient), 6, true),
      ];
      const [loss, entropy, divergence, reverse] = [view.loss, view.entropy, view.divergence, view.reverse].map((v) =>
        fixed(view.show(v), 4),
      );
      const sign = equals([view.show(view.entropy), view.show(view.divergence)], view.show(view.loss), 4);
      const parts = ` ${sign} entropy ${entropy} + divergence KL(t‖p) ${divergence}. The other way, KL(p‖t) is ${reverse}`;
      table.draw(
        `Loss ${loss} ${view.unit}${unless(view, "parts", parts)}. Perplexity ${perplexity(view.loss)}.`,
        [...cells, last],
      );
    },
  };
}

/** @param {number} loss */
const perplexity = (loss) => {
  const value = Math.exp(loss);
  return value < 1e6 ? fixed(value, 3) : Number.isFinite(value) ? value.toExponential(2).replace("+", "") : "beyond 1e308";
};
