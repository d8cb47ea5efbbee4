/** Temperature, the teacher, its share of the loss, and gradient descent. */

import { alphaRange, range, segments } from "onewarm/controls.js";
import { element, fixedBox, setText } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

export const KINDS = ["hard", "smoothed", "own"];
export const COLDEST = 0.5;
export const HOTTEST = 32;

/** A temperature as text. @param {number} T */
export const degrees = (T) => fixed(T, T < 9.995 ? 2 : 1);

/** @param {Context} ctx @param {{nodes: Node[], draw: () => void}} descent its buttons */
export function controlsPane(ctx, descent) {
  const temperature = range({
    id: `${ctx.uid}-temperature`,
    name: "temperature",
    object: "temperature",
    label: ["Temperature ", element("i", {}, "T")],
    min: Math.log2(COLDEST),
    max: Math.log2(HOTTEST),
    step: 0.125, // of a doubling
    change: (value) => ctx.change({ temperature: 2 ** value }),
    text: (value) => degrees(2 ** value),
  });
  const share = range({
    id: `${ctx.uid}-share`,
    name: "share",
    object: "share",
    label: ["Teacher's share ", element("i", {}, "w")],
    min: 0,
    max: 1,
    step: 0.05,
    change: (value) => ctx.change({ share: value }),
    spoken: (value) => `${fixed(value, 2)}, the label has ${fixed(1 - value, 2)}`,
  });
  const kind = segments({
    name: `${ctx.uid}-kind`,
    legend: "The teacher",
    options: [
      ["hard", "hard-trained"],
      ["smoothed", "smoothed"],
      ["own", "your own"],
    ],
    // your own starts from the teacher that is shown
    change: (value) => ctx.change(value === "own" ? { kind: value, own: ctx.view.v } : { kind: value }),
  });
  const alpha = alphaRange({
    id: `${ctx.uid}-alpha`,
    label: "smoothed with",
    change: (value) => ctx.change({ alpha: value }),
    text: (value) => fixed(value, 2),
  });
  const why = element("p", { class: "why" });
  const readout = fixedBox();
  return {
    node: element(
      "div",
      { class: "controls" },
      temperature.node,
      share.node,
      kind.node,
      alpha.node,
      element("div", { class: "control buttons" }, ...descent.nodes),
      element("p", { class: "readout" }, readout),
      why,
    ),
    /** @param {View} view */
    draw(view) {
      const at = Math.log2(view.temperature);
      temperature.draw(at, [Math.min(at, Math.log2(COLDEST)), Math.max(at, Math.log2(HOTTEST))]);
      share.draw(view.share);
      kind.draw(view.kind);
      alpha.draw(view.alpha);
      descent.draw();
      setText(readout, `loss ${fixed(view.loss, 4)}`);
    },
    /** @param {View} view */
    late: (view) => setText(why, explain(view)),
  };
}

/** The teacher and the loss in two sentences, with their numbers. @param {View} view */
function explain(view) {
  const { names, label, q, kind, alpha, share } = view;
  const T = degrees(view.temperature);
  const who = {
    hard: "The hard-trained teacher",
    smoothed: `A teacher of the same truth, trained with α = ${fixed(alpha, 2)},`,
    own: "Your own teacher",
  }[kind];
  const first = names
    .map((_, k) => k)
    .reduce((best, k) => (k !== label && (best === label || q[k] > q[best]) ? k : best), label);
  const teacher = `${who} gives ${names[label]} ${fixed(q[label], 3)} at T = ${T}, and of the wrong classes most to ${names[first]}: ${fixed(q[first], 3)}.`;
  const parts =
    share === 1
      ? " The loss is the teacher's alone."
      : share === 0
        ? " The loss is the label's alone, at temperature 1: the teacher is not heard."
        : ` The label has ${fixed(1 - share, 2)} of the loss, and sees the student at temperature 1.`;
  return teacher + parts;
}
