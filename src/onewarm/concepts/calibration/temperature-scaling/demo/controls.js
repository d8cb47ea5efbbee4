/** The slider of T, and what it makes of the present scene in a line. */

import { button, range } from "onewarm/controls.js";
import { element, fixedBox, setAttributes, setText } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";
import { HIGHEST, LOWEST, STEP, temperatureOf, temperatureText } from "./axis.js";

/** @typedef {import("onewarm/widget.js").Context} Context @typedef {import("../demo.js").View} View */

/** @param {Context} ctx */
export function controlsPane(ctx) {
  const slider = range({
    id: `${ctx.uid}-temperature`,
    name: "temperature",
    label: ["Temperature ", element("i", {}, "T")],
    min: Math.log2(LOWEST),
    max: Math.log2(HIGHEST),
    step: STEP,
    change: (power) => ctx.change({ temperature: temperatureOf(power) }),
    text: (power) => temperatureText(2 ** power),
    object: "temperature",
  });
  const words = fixedBox();
  const readout = element("p", { class: "readout" }, words);
  const best = button("Go to the best T", () => ctx.change({ temperature: target(ctx.view) }), "best");
  const reset = button("Reset", ctx.reset, "quiet");
  return {
    name: "controls",
    node: element(
      "div",
      { class: "controls" },
      slider.node,
      readout,
      element("div", { class: "control buttons" }, best, reset),
    ),
    /** @param {View} view */
    draw(view) {
      const T = view.temperature;
      slider.draw(Math.log2(T), [Math.log2(Math.min(LOWEST, T)), Math.log2(Math.max(HIGHEST, T))]);
      setText(words, result(view));
    },
    /** @param {View} view */
    late(view) {
      const T = target(view);
      setAttributes(best, { "aria-disabled": view.covered || !Number.isFinite(T) || T === 0 || T === view.temperature });
    },
  };
}

/** The best temperature of what the scene shows; the present one where there is none or it is covered. @param {View} view */
function target(view) {
  const T = view.scene === "smoothed" ? view.smoothed.best : view.scored.best;
  return view.covered || T === 0 || T === Infinity ? view.temperature : T;
}

/** @param {View} view */
function result(view) {
  if (view.scene === "smoothed") return view.covered ? "divergence covered" : `divergence ${fixed(view.left, 4)} nats`;
  if (view.covered && view.temperature > 1) return "NLL covered";
  return `NLL ${fixed(view.nll, 4)} nats`;
}
