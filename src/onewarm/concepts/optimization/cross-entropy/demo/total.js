/** The loss as one bar: entropy, then divergence. */

import { element, setAttributes, setHidden, setStyle, setText } from "onewarm/dom.js";
import { equals, fixed, niceCeil, px } from "onewarm/numbers.js";
import { axis } from "onewarm/slider.js";
import { covered } from "./text.js";

/** @typedef {import("../demo.js").View} View */

export function totalPane() {
  const marks = axis(5, true);
  const entropy = element("div", { class: "part entropy" });
  const divergence = element("div", { class: "part divergence", "data-object": "divergence" });
  const readout = element("p", { class: "readout" });
  const sum = element("p", { class: "sum" });
  const [entropyText, divergenceText] = [element("b", { class: "of-entropy" }), element("b", { class: "of-divergence" })];
  const unit = element("span", { class: "unit" });
  const sign = element("span");
  const split = element("span", {}, sign, " entropy ", entropyText, " + divergence ", divergenceText);
  sum.append(split, unit);
  let reach = 2;
  return {
    node: element(
      "section",
      { class: "pane total", "aria-label": "The loss in two parts" },
      element("div", { class: "words" }, readout, sum),
      element(
        "div",
        { class: "track", "data-object": "total", "aria-hidden": "true" },
        element("div", { class: "lane" }, ...marks.lines(), entropy, divergence),
      ),
      marks.node,
    ),
    /** @param {View} view */
    draw(view) {
      const loss = view.show(view.loss);
      reach = niceCeil(Math.max(loss, 1e-9) * 1.02, [2, 4, 8, 20]);
      if (reach < 2) reach = 2;
      const at = (/** @type {number} */ v) => (100 * v) / reach;
      marks.place([0, reach / 4, reach / 2, (3 * reach) / 4, reach], at);
      const whole = covered(view, "parts");
      setHidden(split, whole);
      setAttributes(entropy, { "data-whole": whole });
      const floor = whole ? loss : view.show(view.entropy);
      setStyle(entropy, "width", `${px(at(floor))}%`);
      setStyle(divergence, "left", `${px(at(floor))}%`);
      setStyle(divergence, "width", `${px(at(Math.max(0, loss - floor)))}%`);
      setText(readout, `loss ${fixed(loss, 4)}`);
      setText(entropyText, whole ? "" : fixed(floor, 4));
      setText(sign, equals([floor, view.show(view.divergence)], loss, 4));
      setText(divergenceText, whole ? "" : fixed(view.show(view.divergence), 4));
      setText(unit, ` ${view.unit}`);
    },
  };
}
