/** Alpha, the recipe of the target, and gradient descent. */

import { alphaRange, segments } from "onewarm/controls.js";
import { element, fixedBox, setText } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

export const RECIPES = ["uniform", "prior", "teacher"];

/** @param {Context} ctx @param {{nodes: Node[], draw: () => void}} descent its buttons
 * @param {(recipe: string) => string} rowNote what is wrong with the recipe's row, if anything */
export function controlsPane(ctx, descent, rowNote) {
  const alpha = alphaRange({
    id: `${ctx.uid}-alpha`,
    object: "alpha",
    label: "Smoothing",
    change: (value) => ctx.change({ alpha: value }),
  });
  const recipe = segments({
    name: `${ctx.uid}-recipe`,
    legend: "Where the mass α goes",
    options: RECIPES.map((name) => [name, name]),
    change: (value) => ctx.change({ recipe: value }),
  });
  const why = element("p", { class: "why" });
  const readout = fixedBox();
  return {
    node: element(
      "div",
      { class: "controls" },
      alpha.node,
      recipe.node,
      element("div", { class: "control buttons" }, ...descent.nodes),
      why,
      element("p", { class: "readout" }, readout),
    ),
    /** @param {View} view */
    draw(view) {
      alpha.draw(view.alpha);
      recipe.draw(view.recipe);
      descent.draw();
      setText(readout, `loss ${fixed(view.loss, 4)}`);
    },
    /** @param {View} view */
    late: (view) => setText(why, explain(view) + rowNote(view.recipe)),
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
