/** Examples of votes, the unit, and the buttons that move the logits. */

import { descend } from "onewarm/arithmetic.js";
import { button, segments, select } from "onewarm/controls.js";
import { element } from "onewarm/dom.js";
import { example, meeting } from "./arithmetic.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

const EXAMPLES = /** @type {[string, string][]} */ ([
  ["", "your own"],
  ["votes", "twenty people"],
  ["hard", "a hard label"],
  ["level", "nobody knows"],
  ["tail", "a next word: long tail"],
  ["halves", "letters: 1/2, 1/4, ..."],
]);

/** @param {Context} ctx */
export function controlsPane(ctx) {
  const pick = select({
    id: `${ctx.uid}-example`,
    label: "Target",
    options: EXAMPLES,
    change: (name) => ctx.change(name ? { votes: example(name, ctx.state.logits.length) } : {}),
  });
  const unit = segments({
    name: `${ctx.uid}-unit`,
    legend: "Unit",
    options: [
      ["nats", "nats"],
      ["bits", "bits"],
    ],
    change: (value) => ctx.change({ unit: value }),
  });
  const buttons = [
    button("Gradient step", () => ctx.change({ logits: descend(ctx.view.logits, ctx.view.gradient) })),
    button("Say what the votes say", () => ctx.change({ logits: meeting(ctx.view.target) }), "meet"),
    button("Reset", ctx.reset, "quiet"),
  ];
  return {
    node: element(
      "div",
      { class: "controls" },
      element("div", { class: "example" }, pick.label, pick.input),
      unit.node,
      element("div", { class: "control buttons" }, ...buttons),
    ),
    /** @param {View} view */
    draw(view) {
      const shown = EXAMPLES.find(([name]) => name && example(name, view.K).every((v, k) => v === view.votes[k]));
      pick.draw(shown ? shown[0] : "");
      unit.draw(view.unit);
    },
  };
}
