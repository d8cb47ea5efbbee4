/** The loss as one bar: entropy, then divergence. */

import { h, say, style } from "onewarm/dom.js";
import { fixed, niceCeil, px } from "onewarm/numbers.js";
import { axis } from "onewarm/slider.js";

/** @typedef {import("../demo.js").View} View */

export function totalPane() {
  const marks = axis(5, true);
  const entropy = h("div", { class: "part entropy" });
  const divergence = h("div", { class: "part divergence", "data-object": "divergence" });
  const readout = h("p", { class: "readout" });
  const sum = h("p", { class: "sum" });
  const [entropyText, divergenceText] = [h("b", { class: "of-entropy" }), h("b", { class: "of-divergence" })];
  const unit = h("span");
  sum.append("= entropy ", entropyText, " + divergence ", divergenceText, unit);
  let reach = 2;
  return {
    node: h(
      "section",
      { class: "pane total", "aria-label": "The loss in two parts" },
      h("div", { class: "words" }, readout, sum),
      h(
        "div",
        { class: "track", "data-object": "total", "aria-hidden": "true" },
        h("div", { class: "lane" }, ...marks.lines(), entropy, divergence),
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
      const floor = view.show(view.entropy);
      style(entropy, "width", `${px(at(floor))}%`);
      style(divergence, "left", `${px(at(floor))}%`);
      style(divergence, "width", `${px(at(Math.max(0, loss - floor)))}%`);
      say(readout, `loss ${fixed(loss, 4)}`);
      say(entropyText, fixed(floor, 4));
      say(divergenceText, fixed(view.show(view.divergence), 4));
      say(unit, ` ${view.unit}`);
    },
  };
}
