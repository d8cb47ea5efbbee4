/** The surprise of a probability, with every class on it and the slope at one of them. */

import { select } from "onewarm/controls.js";
import { h, put, s, say } from "onewarm/dom.js";
import { clamp, fixed, niceCeil, scale, tickText, ticks } from "onewarm/numbers.js";
import { slopeAt } from "./arithmetic.js";
import { labelRoom, priceText } from "./text.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

/** What stands below the curve, in nats and, where that differs, in bits. */
const FACTS = [
  ["surprise, −log p", ""],
  ["if p were t, −log t", ""],
  ["slope of the curve, −1/p", "slope of the curve, −1/(p log 2)"],
  ["slope of the loss in z, p − t", "slope of the loss in z, (p − t)/log 2"],
];

/** @param {Context} ctx @param {string[]} names */
export function curvePane(ctx, names) {
  const pick = select({
    id: `${ctx.uid}-pick`,
    label: "The price of",
    options: names.map((name, k) => /** @type {[string, string]} */ ([String(k), name])),
    change: (value) => ctx.change({ pick: Number(value) }),
  });
  const clip = `${ctx.uid}-clip`;
  const frame = s("rect");
  const gridlines = s("g", { class: "gridlines" });
  const curve = s("path", { class: "curve price", "data-object": "curve" });
  const tangent = s("line", { class: "tangent", "data-object": "slope" });
  const asked = s("circle", { r: 5.5, class: "asked" });
  const dots = names.map(() => s("circle", { r: 4, class: "dot other" }));
  const here = s("circle", { r: 6.5, class: "dot this" });
  const hereText = s("text", { class: "strong halo" });
  const svg = s(
    "svg",
    { class: "chart", role: "img", "aria-label": "The surprise of a probability" },
    s("defs", {}, s("clipPath", { id: clip }, frame)),
    gridlines,
    s("g", { "clip-path": `url(#${clip})` }, curve, tangent, asked, ...dots, here),
    hereText,
  );
  const figure = h("div", { class: "figure" }, svg);
  const swatch = (/** @type {string} */ kind, /** @type {string} */ text) =>
    h("span", { class: "key" }, h("i", { class: `swatch s-${kind}` }), text);
  const legend = [swatch("now", "price now"), swatch("asked", "if p were t"), swatch("slope", "slope")];
  const facts = FACTS.map(() => ({ name: h("dt"), value: h("dd") }));
  const node = h(
    "section",
    { class: "pane price-pane", "aria-label": "The surprise of a probability" },
    h("div", { class: "pane-head" }, pick.label, pick.input),
    h("div", { class: "legend" }, ...legend),
    figure,
    h("dl", { class: "facts" }, ...facts.map(({ name, value }) => h("div", {}, name, value))),
  );

  let grid = "";
  return {
    node,
    figures: [figure],
    /** @param {View} view @param {(figure: Element) => number} width */
    late(view, width) {
      const W = width(figure);
      if (W < 80) return;
      const k = view.pick,
        p = view.probabilities[k],
        price = view.show(view.prices[k]);
      const H = clamp(Math.round(0.6 * W), 220, 280),
        reach = Math.max(view.show(5), niceCeil(1.05 * price, [1, 1.5, 2, 3, 4, 5, 6, 8, 10])),
        left = labelRoom(Math.floor(reach)),
        right = W - 12,
        top = 26,
        bottom = H - 38;
      const x = scale(0, 1, left, right),
        y = scale(0, reach, bottom, top);
      const key = [W, reach, view.unit].join();
      if (key !== grid) {
        grid = key;
        put(svg, { viewBox: `0 0 ${W} ${H}`, width: W, height: H });
        put(frame, { x: left, y: top - 8, width: right - left + 8, height: bottom - top + 16 });
        gridlines.replaceChildren(
          ...ticks(0, reach, 5).flatMap((v) => [
            s("line", { x1: left, x2: right, y1: y(v), y2: y(v) }),
            s("text", { x: left - 7, y: y(v) + 4, "text-anchor": "end" }, tickText(v)),
          ]),
          ...[0, 0.25, 0.5, 0.75, 1].map((v) =>
            s("text", { x: x(v), y: bottom + 18, "text-anchor": "middle" }, tickText(v)),
          ),
          s("text", { x: right, y: H - 4, "text-anchor": "end" }, "probability"),
          s("text", { x: 0, y: 12 }, `surprise, ${view.unit}`),
        );
        // Points evenly spaced in surprise, so that the steep part is as smooth as the flat.
        const points = Array.from({ length: 81 }, (_, i) => (reach * i) / 80);
        const at = (/** @type {number} */ v) => x(Math.exp(-v * view.perUnit));
        put(curve, { d: "M" + points.map((v) => `${at(v).toFixed(1)},${y(v).toFixed(1)}`).join("L") });
      }
      const slope = (-(1 / p / view.perUnit) * (y(1) - y(0))) / (x(1) - x(0)); // pixels down a pixel to the right
      const half = 44 / Math.hypot(1, slope);
      const steep = Number.isFinite(slope) ? [half, half * slope] : [0, 44];
      put(tangent, {
        x1: (x(p) - steep[0]).toFixed(1),
        x2: (x(p) + steep[0]).toFixed(1),
        y1: (y(price) - steep[1]).toFixed(1),
        y2: (y(price) + steep[1]).toFixed(1),
      });
      dots.forEach((dot, j) =>
        put(dot, {
          cx: x(view.probabilities[j]).toFixed(1),
          cy: y(view.show(view.prices[j])).toFixed(1),
          visibility: j === k ? "hidden" : "visible",
        }),
      );
      put(here, { cx: x(p).toFixed(1), cy: y(price).toFixed(1) });
      const t = view.target[k];
      put(asked, { visibility: t > 0 ? "visible" : "hidden" });
      if (t > 0) put(asked, { cx: x(t).toFixed(1), cy: y(view.show(view.levels[k])).toFixed(1) });
      const across = x(p) < (left + right) / 2;
      put(hereText, {
        x: (x(p) + (across ? 14 : -14)).toFixed(1),
        y: clamp(y(price) - 10, top + 4, bottom - 6).toFixed(1),
        "text-anchor": across ? "start" : "end",
      });
      say(hereText, `${short(names[k])} ${priceText(price)}`);

      const through = slopeAt(view.prices[k]) / view.perUnit;
      const texts = [
        `${fixed(price, 4)} ${view.unit}`,
        t > 0 ? `${fixed(view.show(view.levels[k]), 4)} ${view.unit}` : "no votes: never paid",
        priceText(through),
        fixed(view.gradient[k] / view.perUnit, 3, true),
      ];
      facts.forEach((fact, i) => {
        say(fact.name, view.unit === "bits" && FACTS[i][1] ? FACTS[i][1] : FACTS[i][0]);
        say(fact.value, texts[i]);
      });
      put(svg, {
        "aria-label": `The curve of the surprise. ${names[k]}: probability ${fixed(p, 3)}, surprise ${texts[0]}; if p were t: ${texts[1]}; slope of the curve ${texts[2]}, slope of the loss in the logit ${texts[3]}.`,
      });
      pick.draw(String(k));
    },
  };
}

/** @param {string} name */
const short = (name) => {
  const letters = [...name];
  return letters.length > 14 ? `${letters.slice(0, 13).join("")}…` : name;
};
