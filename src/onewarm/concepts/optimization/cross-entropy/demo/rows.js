/** One row a class: a slider for its votes, one for its logit, and the numbers. */

import { element, setAttributes } from "onewarm/dom.js";
import { fixed, gradientText, logitText, pull } from "onewarm/numbers.js";
import { classRows, numberCells, numberHeads } from "onewarm/rows.js";
import { growingAxis, rowSlider } from "onewarm/slider.js";
import { covered, priceText, unless } from "./text.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

const NUMBERS = "tpsg"; // target, probability, surprise, gradient

/** @param {Context} ctx @param {string[]} names */
export function rowsPane(ctx, names) {
  const voteAxis = growingAxis({ least: 20, signed: false });
  const logitAxis = growingAxis({ least: 6 });
  const rows = names.map((name, k) => {
    const votes = rowSlider(ctx, "votes", k, {
      label: `votes for ${name}`,
      along: voteAxis,
      object: "votes",
      name: "v",
      mark: "fill",
      grid: 1, // whole votes
      coarse: 1,
    });
    const logit = rowSlider(ctx, "logits", k, { label: `logit of ${name}`, along: logitAxis, object: "logit", name: "z" });
    const numbers = numberCells(NUMBERS);
    const title = element("span", { class: "name", title: name, dir: "auto" }, name);
    return { node: element("div", { class: "row" }, title, votes.node, logit.node, ...numbers.nodes), votes, logit, numbers };
  });
  const table = classRows({
    head: [
      element("span", { class: "name" }, "class"),
      element("span", { class: "track v" }, "votes"),
      element("span", { class: "track z" }, "logit"),
      ...numberHeads(NUMBERS, ["t", "p", "−log p", "p − t"]),
    ],
    rows: rows.map((row) => row.node),
    foot: [element("div", { class: "track v" }, voteAxis.node), element("div", { class: "track z" }, logitAxis.node)],
  });
  const node = element("section", { class: "pane sliders", "aria-label": "Votes and logits" }, table);

  return {
    node,
    /** @param {View} view */
    draw(view) {
      voteAxis.fit(view.votes, node);
      logitAxis.fit(view.logits, node);
      rows.forEach((row, k) => {
        const [votes, logit, g] = [view.votes[k], view.logits[k], view.gradient[k]];
        const [t, p] = [fixed(view.target[k], 3), fixed(view.probabilities[k], 3)];
        const price = priceText(view.show(view.prices[k]));
        setAttributes(row.node, { "data-pull": covered(view, "slopes") ? "none" : pull(g), "data-picked": k === view.pick });
        row.numbers.draw([unless(view, "shares", t), p, price, unless(view, "slopes", gradientText(g))]);
        row.votes.draw(votes, `${Number(votes.toFixed(2))}${unless(view, "shares", `; share of the votes ${t}`)}`);
        const slope = unless(view, "slopes", `, slope ${fixed(g, 3, true)}`);
        row.logit.draw(logit, `${logitText(logit)}; probability ${p}, surprise ${price} ${view.unit}${slope}`);
      });
    },
  };
}
