/** Gradient descent that the reader starts: the buttons for one step, and for a run until the gradient is zero. */

import { descend } from "onewarm/arithmetic.js";
import { button } from "onewarm/controls.js";
import { setText } from "onewarm/dom.js";
import { LARGEST } from "onewarm/fields.js";
import { clamp } from "onewarm/numbers.js";

const AT_REST = 1e-7; // the largest part of a gradient that counts as zero
const FRAMES = 90; // of a run that does not come to rest

/** @typedef {{slope: (z: number[]) => number[], minimum?: number[] | null,
 *   ended: (outcome: {steps: number, rests: boolean}) => string}} Plan
 *   slope: the gradient at z; minimum: the exact end of the descent if it is known, null if there is none; ended: the
 *   announcement at the end, when the context's view is already there. */

/** The buttons "Gradient step", run or stop, and "Reset".
 * @param {import("onewarm/widget.js").Context} ctx @param {string} field the field of the state that moves
 * @param {string | ((view: any) => string)} runText of the button that runs
 * @param {(view: any) => Plan} plan of a descent from this view */
export function descent(ctx, field, runText, plan) {
  const step = (/** @type {number[]} */ z, /** @type {Plan} */ { slope }) =>
    descend(z, slope(z)).map((value) => clamp(value, -LARGEST, LARGEST));

  /** More and more steps a frame, since descent slows down near a minimum. */
  function run() {
    const course = plan(ctx.view);
    const resting = () => course.minimum !== null && Math.max(...course.slope(z).map(Math.abs)) < AT_REST;
    let z = [...ctx.view[field]],
      steps = 0,
      frame = 0,
      rests = resting();
    ctx.animate(
      () => {
        for (let left = Math.ceil(1.08 ** frame++); left > 0 && !rests; left--, steps++) {
          z = step(z, course);
          rests = resting();
        }
        return { patch: { [field]: (rests && course.minimum) || z }, done: rests || frame >= FRAMES };
      },
      () => course.ended({ steps, rests }),
    );
  }

  const textOf = (/** @type {any} */ view) => (typeof runText === "string" ? runText : runText(view));
  const runButton = button(textOf(ctx.view), () => (ctx.running ? ctx.stop("Stopped.") : run()), "run");
  return {
    nodes: [
      button("Gradient step", () => ctx.change({ [field]: step(ctx.view[field], plan(ctx.view)) })),
      runButton,
      button("Reset", ctx.reset, "quiet"),
    ],
    draw: () => setText(runButton, ctx.running ? "Stop" : textOf(ctx.view)),
  };
}
