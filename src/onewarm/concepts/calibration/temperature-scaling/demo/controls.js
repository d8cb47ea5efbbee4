/** The slider of T, and what it makes of the present scene in a line. */

import { button, range } from "onewarm/controls.js";
import { element, fixedBox, setAttributes, setText } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";
import { HIGHEST, LOWEST, STEP, temperatureText } from "./axis.js";

/** @typedef {import("onewarm/widget.js").Context} Context @typedef {import("../demo.js").View} View */

/** @param {Context} ctx */
export function controlsPane(ctx) {
  const slider = range({
    id: `${ctx.uid}-temperature`,
    name: "temperature",
    label: ["Temperature ", element("i", {}, "T")],
    min: LOWEST,
    max: HIGHEST,
    step: STEP,
    change: (value) => ctx.change({ temperature: Number(value.toFixed(2)) }),
    text: temperatureText,
    object: "temperature",
  });
  const words = fixedBox();
  const readout = element("p", { class: "readout" }, words);
  const best = button("Set T to the lowest place", () => ctx.change({ temperature: target(ctx.view) }), "best");
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
      slider.draw(view.temperature, [Math.min(LOWEST, view.temperature), Math.max(HIGHEST, view.temperature)]);
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
  if (view.scene === "smoothed") return view.covered ? "error covered" : `error ${fixed(view.left, 4)} nats`;
  if (view.covered && view.temperature > 1) return "NLL covered";
  return `NLL ${fixed(view.nll, 4)} nats`;
}
