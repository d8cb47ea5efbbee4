/** One row a class: the choice of the true class, a logit's slider, and a probability's bar with its target as a tick. */

import { element, setAttributes, setText } from "onewarm/dom.js";
import { PUSH, fixed, gradientText, logitText, pull, scale } from "onewarm/numbers.js";
import { barLane, classRows, furthest, legend, numberCells, numberHeads, trueClass } from "onewarm/rows.js";
import { axis, growingAxis, rowSlider } from "onewarm/slider.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

const NUMBERS = "zptg"; // logit, probability, target, gradient

/** @param {Context} ctx @param {string[]} names */
export function logitPane(ctx, names) {
  const logitAxis = growingAxis({ least: 6 });
  const massAxis = axis(3, true);
  const rows = names.map((name, k) => {
    const label = trueClass({ name, group: `${ctx.uid}-label`, value: k, choose: () => ctx.change({ label: k }) });
    const logit = rowSlider(ctx, "logits", k, { label: `logit of ${name}`, along: logitAxis, object: "logit", name: "z" });
    const lane = barLane(massAxis);
    const numbers = numberCells(NUMBERS);
    const [logitCell, ...cells] = numbers.nodes;
    const node = element("div", { class: "row" }, label.node, logit.node, logitCell, lane.node, ...cells);
    return { node, label, logit, lane, numbers };
  });
  const [logitHead, ...heads] = numberHeads(NUMBERS, ["z", "p", "t", "p − t"]);
  const caption = element("p", { class: "caption" });
  const node = element(
    "section",
    { class: "pane logits", "aria-label": "Logits, probabilities and targets" },
    legend([
      ["bar", "probability p"],
      ["tick", "target t"],
      ["up", "p is short: the logit is pushed up ▲"],
      ["down", "p is over: pushed down ▼"],
    ]),
    classRows({
      few: names.length <= 5,
      head: [
        element("span", { class: "name" }, "true class"),
        element("span", { class: "track z" }, "logit z: drag it, or use the arrow keys"),
        logitHead,
        element("span", { class: "track p" }, "bar p, tick t: the gap is the gradient"),
        ...heads,
      ],
      rows: rows.map((row) => row.node),
      foot: [element("div", { class: "track z" }, logitAxis.node), element("div", { class: "track p" }, massAxis.node)],
    }),
    caption,
  );

  return {
    node,
    /** @param {View} view */
    draw(view) {
      logitAxis.fit(view.logits, node);
      // A target may lie outside [0, 1]: the axis then reaches to the next quarter.
      const low = Math.min(0, Math.floor(Math.min(...view.target) * 4 + 1e-9) / 4);
      const high = Math.max(1, Math.ceil(Math.max(...view.target) * 4 - 1e-9) / 4);
      const at = scale(low, high, 0, 100);
      massAxis.place([0, 0.5, 1], at);
      rows.forEach((row, k) => {
        const [z, p, t, g] = [view.logits[k], view.probabilities[k], view.target[k], view.gradient[k]];
        row.label.draw(k === view.label);
        setAttributes(row.node, { "data-true": k === view.label, "data-pull": pull(g) });
        row.lane.draw(p, t, at);
        row.numbers.draw([logitText(z), fixed(p, 3), fixed(t, 3), gradientText(g)]);
        row.logit.draw(
          z,
          `${logitText(z)}; probability ${fixed(p, 3)}, target ${fixed(t, 3)}, gradient ${fixed(g, 3, true)}${PUSH[pull(g)]}`,
        );
      });
    },
    /** @param {View} view */
    late: (view) => setText(caption, sentence(view)),
  };
}

/** The gaps in a sentence. @param {View} view */
export function sentence(view) {
  const { short, over, shortBy, overBy } = furthest(view.gradient);
  if (Math.max(shortBy, overBy) < 5e-4) {
    return view.floor > 0
      ? "Every bar meets its tick: the gradient is zero and the loss stands on its floor."
      : "Every bar all but meets its tick, yet none quite does: a hard target is only reached at infinite logits.";
  }
  return `${view.names[short]} is ${fixed(shortBy, 3)} short of its target, ${view.names[over]} is ${fixed(overBy, 3)} over. A step of gradient descent moves each logit by exactly its gap.`;
}
