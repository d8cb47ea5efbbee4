/** The surprise of a probability, with every class on it and the slope at one of them. */

import { chart, levels, pathThrough, tangentAt, valuesBelow } from "onewarm/chart.js";
import { select } from "onewarm/controls.js";
import { element, setAttributes, setHidden, setText, svgElement } from "onewarm/dom.js";
import { clamp, fixed, niceCeil, px, scale, ticks } from "onewarm/numbers.js";
import { legend } from "onewarm/rows.js";
import { facts } from "onewarm/table.js";
import { slopeAt } from "./arithmetic.js";
import { covered, labelRoom, priceText, shortened, unless } from "./text.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

/** The names of the values below the curve, by unit. */
const FACTS = {
  nats: ["surprise, −log p", "if p were t, −log t", "slope of the curve, −1/p", "slope of the loss in z, p − t"],
  bits: [
    "surprise, −log p",
    "if p were t, −log t",
    "slope of the curve, −1/(p log 2)",
    "slope of the loss in z, (p − t)/log 2",
  ],
};

/** @param {Context} ctx @param {string[]} names */
export function curvePane(ctx, names) {
  const pick = select({
    id: `${ctx.uid}-pick`,
    label: "The surprise of",
    options: names.map((name, k) => /** @type {[string, string]} */ ([String(k), name])),
    change: (value) => ctx.change({ pick: Number(value) }),
  });
  const clip = `${ctx.uid}-clip`;
  const frame = svgElement("rect");
  const curve = svgElement("path", { class: "curve price", "data-object": "curve" });
  const tangent = svgElement("line", { class: "tangent", "data-object": "slope" });
  const halvings = svgElement("path", { class: "halving" }); // 1/2, 1/4, 1/8: each costs as much again
  const halvingTexts = ["1/2", "1/4", "1/8"].map((text) => svgElement("text", { class: "strong halo" }, text));
  const asked = svgElement("circle", { r: 5.5, class: "asked" });
  const dots = names.map(() => svgElement("circle", { r: 4, class: "dot other" }));
  const here = svgElement("circle", { r: 6.5, class: "dot this" });
  const hereText = svgElement("text", { class: "strong halo" });
  const plot = chart("The curve of the surprise");
  plot.svg.append(
    svgElement("defs", {}, svgElement("clipPath", { id: clip }, frame)),
    svgElement("g", { "clip-path": `url(#${clip})` }, halvings, curve, tangent, asked, ...dots, here),
    ...halvingTexts,
    hereText,
  );
  const list = facts(FACTS.nats, "facts spare");
  const keys = legend([
    ["now", "now"],
    ["asked", "if p were t"],
    ["slope", "slope of the curve"],
  ]);
  const node = element(
    "section",
    { class: "pane price-pane fill", "aria-label": "The curve of the surprise" },
    element("div", { class: "pane-head" }, pick.label, pick.input),
    keys,
    plot.figure,
    list.node,
  );

  return {
    node,
    figures: [plot.figure],
    /** @param {View} view @param {unknown} _ @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, _, room) {
      const { width: W, height } = room(plot.figure);
      if (W < 80) return;
      const k = view.pick,
        p = view.probabilities[k],
        price = view.show(view.prices[k]);
      const H = height ?? clamp(Math.round(0.6 * W), 220, 280),
        reach = Math.max(view.show(5), niceCeil(1.05 * price, [1, 1.5, 2, 3, 4, 5, 6, 8, 10])),
        left = labelRoom(Math.floor(reach)),
        right = W - 12,
        top = 26,
        bottom = H - 38;
      if (bottom - top < 20) return;
      const x = scale(0, 1, left, right),
        y = scale(0, reach, bottom, top);
      const resized = plot.ground(W, H, `${reach} ${view.unit}`, () => [
        ...levels(ticks(0, reach, 5), { y, left, right }),
        ...valuesBelow([0, 0.25, 0.5, 0.75, 1], x, bottom + 18),
        svgElement("text", { x: right, y: H - 4, "text-anchor": "end" }, "probability"),
        svgElement("text", { x: 0, y: 12 }, `surprise, ${view.unit}`),
      ]);
      if (resized) {
        setAttributes(frame, { x: left, y: top - 8, width: right - left + 8, height: bottom - top + 16 });
        // Points evenly spaced in surprise, so that the steep part is as smooth as the flat.
        const prices = Array.from({ length: 81 }, (_, i) => (reach * i) / 80);
        const steps = [1, 2, 3].map((n) => [0.5 ** n, (n * Math.LN2) / view.perUnit]);
        setAttributes(halvings, { d: steps.map(([q, v]) => pathThrough([[left, y(v)], [x(q), y(v)], [x(q), bottom]])).join("") });
        steps.forEach(([q], i) => setAttributes(halvingTexts[i], { x: px(x(q) + 5), y: px(bottom - 6) }));
        setAttributes(curve, { d: pathThrough(prices.map((v) => [x(Math.exp(-v * view.perUnit)), y(v)])) });
      }
      setAttributes(tangent, tangentAt(x, y, [p, price], -1 / p / view.perUnit, 44));
      dots.forEach((dot, j) =>
        setAttributes(dot, {
          cx: x(view.probabilities[j]).toFixed(1),
          cy: y(view.show(view.prices[j])).toFixed(1),
          visibility: j === k || covered(view, "parts") ? "hidden" : "visible",
        }),
      );
      setAttributes(here, { cx: x(p).toFixed(1), cy: y(price).toFixed(1) });
      const whole = covered(view, "parts"),
        t = whole ? 0 : view.target[k];
      for (const part of [list.node, keys]) setHidden(part, whole);
      setAttributes(tangent, { visibility: whole ? "hidden" : "visible" });
      for (const node of [halvings, ...halvingTexts]) setAttributes(node, { visibility: whole ? "visible" : "hidden" });
      setAttributes(asked, { visibility: t > 0 ? "visible" : "hidden" });
      if (t > 0) setAttributes(asked, { cx: x(t).toFixed(1), cy: y(view.show(view.levels[k])).toFixed(1) });
      const inLeftHalf = x(p) < (left + right) / 2;
      const name = `${shortened(names[k], 14)} ${priceText(price)}`;
      const least = Math.max(0.01, p - (14 + 7.4 * name.length) / (right - left)); // where a name on the left begins
      const above = inLeftHalf ? y(price) - 14 : Math.min(y(price) - 14, y(view.show(-Math.log(least))) - 6);
      setAttributes(hereText, {
        x: (x(p) + (inLeftHalf ? 14 : -14)).toFixed(1),
        y: clamp(above, top + 4, bottom - 6).toFixed(1),
        "text-anchor": inLeftHalf ? "start" : "end",
      });
      setText(hereText, name);

      const texts = [
        `${fixed(price, 4)} ${view.unit}`,
        t > 0 ? `${fixed(view.show(view.levels[k]), 4)} ${view.unit}` : "no votes: never paid",
        priceText(slopeAt(view.prices[k]) / view.perUnit),
        unless(view, "slopes", fixed(view.gradient[k] / view.perUnit, 3, true)),
      ];
      list.draw(texts, FACTS[view.unit]);
      setAttributes(plot.svg, {
        "aria-label": `The curve of the surprise. ${names[k]}: probability ${fixed(p, 3)}, surprise ${texts[0]}${unless(view, "parts", `; if p were t: ${texts[1]}; slope of the curve ${texts[2]}`)}${unless(view, "slopes", `, slope of the loss in the logit ${texts[3]}`)}.`,
      });
      pick.draw(String(k));
    },
  };
}
