/** The loss for every probability of one class, while the others keep their proportions: the place where it is lowest, and the
 * reader's guess of that place. */

import { chart, levels, pathThrough, valuesBelow } from "onewarm/chart.js";
import { element, setAttributes, setHidden, setText, svgElement } from "onewarm/dom.js";
import { axisFlag } from "onewarm/flag.js";
import { clamp, fixed, niceCeil, px, scale, ticks } from "onewarm/numbers.js";
import { legend } from "onewarm/rows.js";
import { mirror } from "onewarm/table.js";
import { covered, labelRoom, shortened } from "./text.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

const PLACES = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99]; // at which the table says the loss
const POINTS = 120; // of the curve, evenly spaced in the logit, so that both ends are as smooth as the middle

/** @param {Context} ctx @param {string[]} names */
export function lossPane(ctx, names) {
  const clip = `${ctx.uid}-loss-clip`;
  const frame = svgElement("rect");
  const cover = svgElement("rect", { class: "covered" });
  const covering = svgElement("text", { class: "covering", "text-anchor": "middle" }, "covered until you commit");
  const curve = svgElement("path", { class: "curve soft", "data-object": "loss-curve" });
  const lowest = svgElement("circle", { r: 6, class: "lowest", "data-object": "lowest" });
  const lowestText = svgElement("text", { class: "strong halo", "text-anchor": "middle" });
  const now = svgElement("circle", { r: 6.5, class: "dot this", "data-object": "now" });
  const nowText = svgElement("text", { class: "halo strong" });
  const across = svgElement("text", { "text-anchor": "end" });
  const plot = chart("The loss by the probability of one class");
  plot.svg.append(
    svgElement("defs", {}, svgElement("clipPath", { id: clip }, frame)),
    cover,
    covering,
    svgElement("g", { "clip-path": `url(#${clip})` }, curve),
    lowest,
    now,
    lowestText,
    nowText,
    across,
  );
  const flag = axisFlag({
    label: "your guess of the place where the loss is lowest",
    get: () => ctx.state.flag,
    set: (value) => ctx.change({ flag: value }),
    text: (value) => `probability ${fixed(value, 2)}`,
    steps: 100,
  });
  plot.figure.append(flag.node);
  const keys = legend([
    ["loss", "loss for each probability"],
    ["now", "now"],
    ["lowest", "lowest"],
  ]);
  const table = mirror({
    columns: ["probability", "loss"],
    rows: PLACES.length,
    label: "Table of the loss by the probability of one class",
    summary: "The curve as a table",
  });
  let drawn = "";

  return {
    node: element("section", { class: "pane loss-pane fill", "aria-label": "The loss by the probability of one class" }, keys, plot.figure, table.node),
    figures: [plot.figure],
    /** @param {View} view @param {unknown} _ @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, _, room) {
      const { width: W, height } = room(plot.figure);
      if (W < 80) return;
      const k = view.pick,
        hidden = covered(view, "shares"),
        loss = view.show(view.loss),
        { reached } = view.along;
      const H = height ?? clamp(Math.round(0.6 * W), 220, 300),
        reach = Math.max(view.show(2.5), niceCeil(1.05 * loss, [1, 1.5, 2, 3, 4, 5, 6, 8, 10])),
        left = labelRoom(Math.ceil(reach)),
        right = W - 14,
        top = 26,
        bottom = H - 40;
      if (bottom - top < 20) return;
      const x = scale(0, 1, left, right),
        y = scale(0, reach, bottom, top);
      const unit = view.unit;
      const resized = plot.ground(W, H, `${reach} ${unit}`, () => [
        ...levels(ticks(0, reach, bottom - top < 130 ? 2 : 4), { y, left, right, text: (v) => String(Number(v.toFixed(2))) }),
        ...valuesBelow([0, 0.25, 0.5, 0.75, 1], x, bottom + 17),
        svgElement("text", { x: 0, y: 12 }, `loss, ${unit}`),
      ]);
      if (resized) {
        setAttributes(frame, { x: left, y: top, width: right - left + 2, height: bottom - top });
        setAttributes(cover, { x: left, y: top, width: right - left, height: bottom - top });
        setAttributes(covering, { x: left + (W < 420 ? 0.5 : 0.25) * (right - left), y: top + 0.62 * (bottom - top) });
        setAttributes(across, { x: right, y: H - 5 });
      }
      setText(across, `probability of ${shortened(names[k], 14)}`);
      for (const node of [cover, covering]) setAttributes(node, { visibility: hidden ? "visible" : "hidden" });
      const seen = hidden ? "hidden" : "visible";
      for (const node of [curve, now, nowText]) setAttributes(node, { visibility: seen });
      setHidden(keys, hidden);
      const shape = [W, H, reach, unit, view.along.rest, view.target[k]].join();
      if (shape !== drawn) {
        drawn = shape;
        const places = Array.from({ length: POINTS + 1 }, (_, i) => 1 / (1 + Math.exp(12 - (24 * i) / POINTS)));
        const heights = places.map((q) => y(Math.min(view.show(view.along.lossAt(q)), 2 * reach)));
        setAttributes(curve, { d: pathThrough(places.map((q, i) => [x(q), heights[i]])) });
      }
      setAttributes(lowest, { visibility: reached ? seen : "hidden" });
      setAttributes(lowestText, { visibility: seen });
      if (hidden) setText(lowestText, "");
      else if (reached) {
        const [at, low] = [view.target[k], view.show(view.along.lowest)];
        setAttributes(lowest, { cx: px(x(at)), cy: px(y(low)) });
        setAttributes(lowestText, { x: px(clamp(x(at), left + 44, right - 44)), y: px(Math.min(y(low) + 22, bottom - 4)) });
        setText(lowestText, `lowest at ${fixed(at, 2)}`);
      } else {
        setAttributes(lowestText, { x: px((left + right) / 2), y: px(top + 16) });
        setText(lowestText, "no lowest point");
      }
      const p = view.probabilities[k];
      setAttributes(now, { cx: px(x(p)), cy: px(y(loss)) });
      const onLeft = x(p) > (left + right) / 2;
      setAttributes(nowText, { x: px(x(p) + (onLeft ? -12 : 12)), y: px(Math.max(y(loss) - 16, top + 10)), "text-anchor": onLeft ? "end" : "start" });
      setText(nowText, `loss ${fixed(loss, 4)}`);
      flag.draw({ left, right, top, bottom, lo: 0, hi: 1, fixed: !hidden });
    },
    /** @param {View} view */
    late(view) {
      const hidden = covered(view, "shares");
      table.draw(
        hidden ? "Covered until you commit." : `The loss in ${view.unit}, at values of the probability of ${names[view.pick]}.`,
        hidden ? [] : PLACES.map((q) => [fixed(q, 2), fixed(view.show(view.along.lossAt(q)), 4)]),
      );
      const here = `Now ${names[view.pick]} has the probability ${fixed(view.probabilities[view.pick], 3)}, and the loss is ${fixed(view.show(view.loss), 4)} ${view.unit}.`;
      const where = hidden
        ? "The curve is covered until you commit."
        : view.along.reached
          ? `It is lowest at ${fixed(view.target[view.pick], 2)}: ${fixed(view.show(view.along.lowest), 4)}.`
          : "It falls for ever towards one end.";
      setAttributes(plot.svg, { "aria-label": `The loss for each probability of ${names[view.pick]}. ${where} ${here}` });
    },
  };
}
