/** Alpha, gradient descent, and the recipe of the target. */

import { alphaRange, button, segments } from "onewarm/controls.js";
import { descent } from "onewarm/descent.js";
import { element, fixedBox, setAttributes, setHidden, setText } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

export const RECIPES = ["uniform", "prior", "teacher"];

/** @param {Context} ctx @param {(view: View) => import("onewarm/descent.js").Plan} plan of gradient descent
 * @param {(recipe: string) => string} rowNote what is wrong with the recipe's row, if anything */
export function controlsPane(ctx, plan, rowNote) {
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
  let ended = { text: "", at: "" }, // the end of the last run, and the state that it led to
    alphaBefore = NaN,
    moved = false; // alpha did, since the last run: what that changes is seen by running
  const run = descent(
    ctx,
    "logits",
    (view) => (view.cover === "curve" ? "Run" : view.minimum ? "Run to minimum" : "Run: it never ends"),
    (view) => {
      const course = plan(view);
      return {
        ...course,
        ended(outcome) {
          const text = course.ended(outcome);
          ended = { text, at: place(ctx.view) };
          moved = false;
          return text;
        },
      };
    },
  );
  const [step, runButton, reset] = run.nodes;
  setAttributes(runButton, { "data-object": "run" });
  step.classList.add("spare");
  reset.classList.add("spare");
  const buttons = element("div", { class: "control buttons" }, runButton, step, reset);
  const lens = button("Magnify the first tenth", () => ctx.change({ lens: !ctx.state.lens }), "lens spare");
  recipe.node.classList.add("spare");
  const why = element("p", { class: "why" });
  const outcome = element("p", { class: "outcome" });
  const readout = fixedBox();
  return {
    node: element(
      "div",
      { class: "controls" },
      alpha.node,
      buttons,
      recipe.node,
      lens,
      why,
      element("p", { class: "readout" }, readout),
      outcome,
    ),
    /** @param {View} view */
    draw(view) {
      alpha.draw(view.alpha);
      recipe.draw(view.recipe);
      run.draw();
      if (ctx.running) moved = false;
      else if (view.alpha !== alphaBefore) moved = !Number.isNaN(alphaBefore);
      alphaBefore = view.alpha;
      setAttributes(runButton, { "data-invite": moved });
      setAttributes(lens, { "aria-pressed": view.lens });
      setHidden(buttons, view.cover === "curve");
      setText(readout, `loss ${fixed(view.loss, 4)}`);
      const here = ended.text && !ctx.running && ended.at === place(view);
      setHidden(outcome, !here);
      setText(outcome, here ? ended.text : "");
    },
    /** @param {View} view */
    late: (view) => setText(why, view.cover === "curve" ? "" : explain(view) + rowNote(view.recipe)),
  };
}

/** @param {View} view */
const place = ({ logits, target }) => [...logits, ...target].join();

/** The recipe in one sentence, with its numbers. @param {View} view */
function explain(view) {
  const { alpha, recipe, names, label, target: t } = view;
  const name = names[label];
  if (alpha === 0)
    return `α is 0: all the mass stays on ${name}. This is the hard, one-hot target, whatever the recipe.`;
  if (alpha < 0)
    return `Negative smoothing: mass ${fixed(-alpha, 2)} is taken from the recipe's classes and added to ${name}, which now has ${fixed(t[label], 3)}. A class below 0 leaves the loss without a floor.`;
  const a = fixed(alpha, 2);
  const end = `; ${name} keeps ${fixed(t[label], 3)}.`;
  if (recipe === "uniform")
    return `Label smoothing: mass ${a} is taken from ${name} and shared equally by all ${view.K} classes${end}`;
  if (recipe === "prior")
    return `Prior smoothing: mass ${a} is taken from ${name} and shared in proportion to how often each class occurs${end}`;
  return `Soft target: mass ${a} is taken from ${name} and placed where a teacher model puts its probability${end}`;
}
