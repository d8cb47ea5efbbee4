/** Alpha, the recipe, and what descends. */

import { segments, range, button } from "onewarm/controls.js";
import { h, held, say } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";

/** @typedef {import("onewarm/widget.js").Context & {step: () => void, run: () => void, rowNote: (recipe: string) => string}} Context */
/** @typedef {import("../demo.js").View} View */

export const RECIPES = ["uniform", "prior", "teacher"];

/** @param {Context} ctx */
export function controlsPane(ctx) {
  const alpha = range({
    id: `${ctx.uid}-alpha`,
    name: "alpha",
    object: "alpha",
    label: ["Smoothing ", h("i", {}, "α")],
    min: 0,
    max: 0.5,
    step: 0.01,
    change: (value) => ctx.change({ alpha: value }),
    text: (value) => fixed(value, Number(value.toFixed(2)) === value ? 2 : 4),
    spoken: (value) => fixed(value, 2),
  });
  const recipe = segments({
    name: `${ctx.uid}-recipe`,
    legend: "Where the mass α goes",
    options: RECIPES.map((name) => [name, name]),
    change: (value) => ctx.change({ recipe: value }),
  });
  const run = button("Run to minimum", ctx.run, "run");
  const why = h("p", { class: "why" });
  const readout = held();
  const buttons = [button("Gradient step", ctx.step), run, button("Reset", ctx.reset, "quiet")];
  return {
    node: h(
      "div",
      { class: "controls" },
      alpha.node,
      recipe.node,
      h("div", { class: "control buttons" }, ...buttons),
      why,
      h("p", { class: "readout" }, readout),
    ),
    /** @param {View} view */
    draw(view) {
      alpha.draw(view.alpha, [view.alpha < 0 ? -1 : 0, view.alpha > 0.5 ? 1 : 0.5]);
      recipe.draw(view.recipe);
      say(run, ctx.running ? "Stop" : "Run to minimum");
      say(readout, `loss ${fixed(view.loss, 4)}`);
    },
    /** @param {View} view */
    late: (view) => say(why, explain(view) + ctx.rowNote(view.recipe)),
  };
}

/** The recipe in one sentence, with its numbers. @param {View} view */
function explain(view) {
  const { alpha, recipe, names, label, target: t } = view;
  const name = names[label];
  if (alpha === 0)
    return `α is 0: all the mass stays on ${name}. This is the hard, one-hot target, whatever the recipe.`;
  if (alpha < 0)
    return `Negative smoothing: mass ${fixed(-alpha, 2)} is taken from the recipe's row and added to ${name}, which now has ${fixed(t[label], 3)}. A class below 0 leaves the loss without a floor.`;
  const a = fixed(alpha, 2);
  const end = `; ${name} keeps ${fixed(t[label], 3)}.`;
  if (recipe === "uniform")
    return `Label smoothing: mass ${a} is taken from ${name} and shared equally by all ${view.K} classes${end}`;
  if (recipe === "prior")
    return `Prior smoothing: mass ${a} is taken from ${name} and shared in proportion to how often each class occurs${end}`;
  return `Soft target: mass ${a} is taken from ${name} and placed where a teacher model puts its probability${end}`;
}
