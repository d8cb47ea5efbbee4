/** One row a class: radio, logit slider, probability bar, target tick, gap. */

import { h, held, put, say, style } from "onewarm/dom.js";
import { ARROW, fixed, logitText, niceCeil, pull, px, scale } from "onewarm/numbers.js";
import { axis, slide } from "onewarm/slider.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

/** @param {Context} ctx @param {string[]} names */
export function logitPane(ctx, names) {
  const zAxis = axis(5);
  const pAxis = axis(3);
  let reach = 6; // the sliders go from -reach to reach
  const rows = names.map((name, k) => {
    const radio = h("input", {
      type: "radio",
      name: `${ctx.uid}-label`,
      value: k,
      "aria-label": `true class: ${name}`,
    });
    radio.addEventListener("change", () => ctx.change({ label: k }));
    const stem = h("div", { class: "stem" });
    const thumb = h("div", {
      class: "thumb",
      role: "slider",
      tabindex: 0,
      "aria-label": `logit of ${name}`,
      "aria-orientation": "horizontal",
    });
    const zLane = h("div", { class: "lane" }, ...zAxis.lines(), stem, thumb);
    const zTrack = h("div", { class: "track z draggable", "data-object": "logit" }, zLane);
    const bar = h("div", { class: "bar", "data-object": "bar" });
    const gap = h("div", { class: "gap", "data-object": "gap" });
    const tick = h("div", { class: "tick", "data-object": "tick" });
    const pTrack = h(
      "div",
      { class: "track p", "aria-hidden": "true" },
      h("div", { class: "lane" }, ...pAxis.lines(), bar, gap, tick),
    );
    const numbers = ["z", "p", "t", "g"].map(() => held());
    const number = (/** @type {number} */ i) =>
      h("span", { class: `num num-${"zptg"[i]}`, "aria-hidden": "true" }, numbers[i]);
    const node = h(
      "div",
      { class: "row" },
      h("label", { class: "name", title: name }, radio, h("span", { dir: "auto" }, name)),
      zTrack,
      number(0),
      pTrack,
      ...[1, 2, 3].map(number),
    );
    slide(
      zTrack,
      zLane,
      thumb,
      () => reach,
      () => latest.logits[k],
      (value) => {
        const logits = [...latest.logits];
        logits[k] = value;
        ctx.change({ logits });
      },
    );
    return { node, radio, stem, thumb, bar, gap, tick, numbers };
  });
  /** @type {View} */
  let latest;
  const caption = h("p", { class: "caption" });
  const swatch = (/** @type {string} */ kind, /** @type {string} */ text) =>
    h("span", { class: "key" }, h("i", { class: `swatch s-${kind}` }), text);
  const node = h(
    "section",
    { class: "pane logits", "aria-label": "Logits, probabilities and targets" },
    h(
      "div",
      { class: "legend" },
      swatch("bar", "probability p"),
      swatch("tick", "target t"),
      swatch("up", "p is short: the logit is pushed up ▲"),
      swatch("down", "p is over: pushed down ▼"),
    ),
    h(
      "div",
      { class: "rows", "data-few": names.length <= 5 },
      h(
        "div",
        { class: "row head", "aria-hidden": "true" },
        h("span", { class: "name" }, "true class"),
        h("span", { class: "track z" }, "logit z: drag it, or use the arrow keys"),
        h("span", { class: "num num-z" }, "z"),
        h("span", { class: "track p" }, "bar p, tick t: the gap is the gradient"),
        h("span", { class: "num num-p" }, "p"),
        h("span", { class: "num num-t" }, "t"),
        h("span", { class: "num num-g" }, "p − t"),
      ),
      ...rows.map((row) => row.node),
      h(
        "div",
        { class: "row foot", "aria-hidden": "true" },
        h("div", { class: "track z" }, zAxis.node),
        h("div", { class: "track p" }, pAxis.node),
      ),
    ),
    caption,
  );

  return {
    node,
    /** @param {View} view */
    draw(view) {
      latest = view;
      const need = Math.max(...view.logits.map(Math.abs));
      const asked = need <= 6 ? 6 : niceCeil(need);
      // Never shrink the axis under a finger: wait until the slider is let go.
      if (asked > reach || !node.querySelector(".thumb:focus, .dragging")) reach = asked;
      const low = Math.min(0, Math.floor(Math.min(...view.target) * 4 + 1e-9) / 4);
      const high = Math.max(1, Math.ceil(Math.max(...view.target) * 4 - 1e-9) / 4);
      const zAt = scale(-reach, reach, 0, 100);
      const pAt = scale(low, high, 0, 100);
      zAxis.place([-reach, -reach / 2, 0, reach / 2, reach], zAt);
      pAxis.place([0, 0.5, 1], pAt);
      rows.forEach((row, k) => {
        const z = view.logits[k],
          p = view.probabilities[k],
          t = view.target[k],
          g = view.gradient[k];
        const kind = pull(g);
        row.radio.checked = k === view.label;
        put(row.node, { "data-true": k === view.label, "data-pull": kind });
        style(row.thumb, "left", `${px(zAt(z))}%`);
        style(row.stem, "left", `${px(Math.min(50, zAt(z)))}%`);
        style(row.stem, "width", `${px(Math.abs(zAt(z) - 50))}%`);
        style(row.bar, "left", `${px(pAt(0))}%`);
        style(row.bar, "width", `${px(pAt(p) - pAt(0))}%`);
        style(row.gap, "left", `${px(pAt(Math.min(p, t)))}%`);
        style(row.gap, "width", `${px(Math.abs(pAt(p) - pAt(t)))}%`);
        style(row.tick, "left", `${px(pAt(t))}%`);
        [logitText(z), fixed(p, 3), fixed(t, 3), `${ARROW[kind]} ${fixed(g, 3, true)}`].forEach((text, i) => {
          say(row.numbers[i], text);
        });
        put(row.thumb, {
          "aria-valuemin": -reach,
          "aria-valuemax": reach,
          "aria-valuenow": Number(z.toFixed(4)),
          "aria-valuetext": `${logitText(z)}; probability ${fixed(p, 3)}, target ${fixed(t, 3)}, gradient ${fixed(g, 3, true)}${PUSH[kind]}`,
        });
      });
    },
    /** @param {View} view */
    late: (view) => say(caption, sentence(view)),
  };
}
const PUSH = { up: ", pushed up", down: ", pushed down", none: ", at rest" };

/** What the gaps say, in a sentence. @param {View} view */
export function sentence(view) {
  const order = view.gradient.map((_, k) => k).sort((a, b) => view.gradient[a] - view.gradient[b]);
  const short = order[0],
    over = order[order.length - 1];
  const low = -view.gradient[short],
    high = view.gradient[over];
  if (Math.max(low, high) < 5e-4) {
    return view.floor > 0
      ? "Every bar meets its tick: the gradient is zero and the loss stands on its floor."
      : "Every bar all but meets its tick, yet none quite does: a hard target is only reached at infinite logits.";
  }
  return `${view.names[short]} is ${fixed(low, 3)} short of its target, ${view.names[over]} is ${fixed(high, 3)} over. A step of gradient descent moves each logit by exactly its gap.`;
}
