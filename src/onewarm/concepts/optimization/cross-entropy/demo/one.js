/** On the stage: the logit of one class, and which class that is. */

import { select } from "onewarm/controls.js";
import { element, fixedBox, setText } from "onewarm/dom.js";
import { fixed, logitText } from "onewarm/numbers.js";
import { growingAxis, laneSlider } from "onewarm/slider.js";
import { covered } from "./text.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

/** @param {Context} ctx @param {string[]} names */
export function onePane(ctx, names) {
  const pick = select({
    id: `${ctx.uid}-one`,
    label: "Logit of",
    options: names.map((name, k) => /** @type {[string, string]} */ ([String(k), name])),
    change: (value) => ctx.change({ pick: Number(value) }),
  });
  const along = growingAxis({ least: 9 });
  const slider = laneSlider({
    label: "logit of the chosen class",
    along,
    object: "logit",
    name: "z",
    get: () => ctx.view.logits[ctx.view.pick],
    set: (value) => ctx.change({ logits: ctx.view.logits.with(ctx.view.pick, value) }),
  });
  const value = fixedBox();
  const node = element(
    "section",
    { class: "pane one", "aria-label": "The logit of one class" },
    pick.label,
    pick.input,
    slider.node,
    element("span", { class: "value", "aria-hidden": "true" }, value),
  );
  return {
    node,
    /** @param {View} view */
    draw(view) {
      node.classList.toggle("off", covered(view, "shares")); // the flag is the control then
      const z = view.logits[view.pick];
      along.fit(view.logits, node);
      pick.draw(String(view.pick));
      setText(value, logitText(z));
      slider.draw(z, `${logitText(z)}; probability ${fixed(view.probabilities[view.pick], 3)}, loss ${fixed(view.show(view.loss), 4)}`);
    },
  };
}
