/** Every class as a box: as wide as its share of the target and as tall as its surprise, so that its area is its part of the
 * loss. */

import { chart, levels } from "onewarm/chart.js";
import { element, setAttributes, setText, svgElement } from "onewarm/dom.js";
import { clamp, fixed, niceCeil, scale, ticks } from "onewarm/numbers.js";
import { legend } from "onewarm/rows.js";
import { labelRoom, priceText } from "./text.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

/** @param {Context} ctx @param {string[]} names */
export function areasPane(ctx, names) {
  const hatch = `${ctx.uid}-hatch`;
  const boxes = names.map((_, k) => {
    const paid = svgElement("rect", { class: "paid", "data-object": "box" });
    const extra = svgElement("rect", { class: "extra", "data-object": "extra" });
    const saving = svgElement("rect", { class: "saving", "data-object": "saving", fill: `url(#${hatch})` });
    const level = svgElement("line", { class: "level", "data-object": "line" });
    const top = svgElement("line", { class: "top" });
    const [cost, more] = [svgElement("text", { class: "in-box" }), svgElement("text", { class: "in-box halo" })];
    const [name, share] = [svgElement("text", { class: "strong" }), svgElement("text")];
    for (const text of [cost, more, name, share]) setAttributes(text, { "text-anchor": "middle" });
    const shapes = svgElement("g", { class: "box" }, paid, extra, saving, top);
    shapes.addEventListener("click", () => ctx.change({ pick: k }));
    return { shapes, paid, extra, saving, level, top, cost, more, name, share };
  });
  const all = (/** @type {"shapes" | "level" | "cost" | "more" | "name" | "share"} */ part) => boxes.map((b) => b[part]);
  const plot = chart("The bill as areas");
  plot.svg.append(
    svgElement(
      "defs",
      {},
      svgElement(
        "pattern",
        { id: hatch, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svgElement("rect", { width: 6, height: 6, class: "hatch-paper" }),
        svgElement("rect", { width: 2, height: 6, class: "hatch-line" }),
      ),
    ),
    ...all("shapes"),
    ...all("level"),
    ...all("cost"),
    ...all("more"),
    ...all("name"),
    ...all("share"),
  );
  const caption = element("p", { class: "caption" });
  const node = element(
    "section",
    { class: "pane areas", "aria-label": "The bill as areas" },
    legend([
      ["paid", "paid: share × surprise"],
      ["level", "−log t: the least"],
      ["extra", "paid extra"],
      ["saving", "saved"],
    ]),
    plot.figure,
    caption,
  );

  return {
    node,
    figures: [plot.figure],
    /** @param {View} view @param {(figure: Element) => number} width */
    draw(view, width) {
      const W = width(plot.figure);
      if (W < 80) return;
      const tall = view.target.map((t, k) => (t > 0 ? Math.max(view.prices[k], view.levels[k]) : 0));
      const reach = Math.max(1.5, niceCeil(1.02 * view.show(Math.max(...tall)), [1, 1.5, 2, 3, 4, 5, 6, 8, 10]));
      const H = clamp(Math.round(0.62 * W), 250, 380),
        left = labelRoom(reach),
        right = W - 6,
        top = 26,
        bottom = H - 54;
      const x = scale(0, 1, left, right),
        y = scale(0, reach, bottom, top);

      plot.ground(W, H, `${reach} ${view.unit}`, () => [
        ...levels(ticks(0, reach, 5), { y, left, right }),
        svgElement("text", { x: 0, y: 12 }, `surprise, ${view.unit}`),
        svgElement("text", { x: right, y: H - 4, "text-anchor": "end" }, "share of the target, t"),
      ]);
      let from = 0;
      boxes.forEach((box, k) => {
        const t = view.target[k];
        const a = x(from),
          b = x((from += t));
        const shown = t > 0;
        for (const part of [box.shapes, box.level]) setAttributes(part, { visibility: shown ? "visible" : "hidden" });
        if (!shown) {
          for (const text of [box.cost, box.more, box.name, box.share]) setText(text, "");
          return;
        }
        const price = view.show(view.prices[k]),
          level = view.show(view.levels[k]);
        const yp = y(price),
          yl = y(level),
          wide = b - a;
        setAttributes(box.shapes, { "data-picked": k === view.pick });
        setAttributes(box.more, { "data-kind": yp < yl ? "extra" : "saving" });
        place(box.paid, a, wide, Math.max(yp, yl), bottom);
        place(box.extra, a, wide, yp, Math.max(yp, yl));
        place(box.saving, a, wide, Math.min(yp, yl), yp);
        setAttributes(box.extra, { visibility: yp < yl ? "inherit" : "hidden" });
        setAttributes(box.saving, { visibility: yp > yl ? "inherit" : "hidden" });
        setAttributes(box.level, { x1: a, x2: b, y1: yl, y2: yl });
        setAttributes(box.top, { x1: a, x2: b, y1: yp, y2: yp });
        const middle = (a + b) / 2;
        write(box.cost, wide, bottom - Math.max(yp, yl), priceText(view.show(view.paid[k])), middle, (Math.max(yp, yl) + bottom) / 2 + 4);
        const term = view.show(view.terms[k]);
        write(box.more, wide, Math.abs(yp - yl), Math.abs(term) < 5e-4 ? "" : priceText(term, true), middle, (yp + yl) / 2 + 4);
        write(box.name, wide, 99, fitting(names[k], wide), middle, bottom + 17);
        write(box.share, wide, 99, fixed(t, 2), middle, bottom + 32);
      });
    },
    /** @param {View} view */
    late(view) {
      const most = view.paid.indexOf(Math.max(...view.paid));
      setText(caption, sentence(view));
      setAttributes(plot.svg, {
        "aria-label": `Boxes of ${view.target.filter((t) => t > 0).length} classes. Their area is the loss, ${fixed(view.show(view.loss), 4)} ${view.unit}; ${names[most]} has the largest, ${fixed(view.show(view.paid[most]), 3)}. ${sentence(view)}`,
      });
    },
  };
}

/** @param {Element} rect @param {number} x @param {number} width @param {number} top @param {number} bottom */
const place = (rect, x, width, top, bottom) =>
  setAttributes(rect, { x: x.toFixed(2), width: Math.max(0, width).toFixed(2), y: top.toFixed(2), height: Math.max(0, bottom - top).toFixed(2) });

/** Writes the text, or nothing where it would not fit. @param {Element} node @param {number} wide @param {number} high @param {string} text
 * @param {number} x @param {number} y */
function write(node, wide, high, text, x, y) {
  setText(node, wide >= 7.6 * text.length && high >= 15 ? text : "");
  setAttributes(node, { x: x.toFixed(1), y: y.toFixed(1) });
}

/** The part of a name that a box has room for. @param {string} name @param {number} wide */
const fitting = (name, wide) => {
  const room = Math.floor(wide / 7.4);
  const letters = [...name];
  return letters.length <= room ? name : room >= 4 ? `${letters.slice(0, room - 1).join("")}…` : letters.slice(0, Math.min(room, 1)).join("");
};

/** The areas in a sentence. @param {View} view */
export function sentence(view) {
  const [extra, saving, rest] = [view.extra, view.saving, view.divergence].map((v) => fixed(view.show(v), 4));
  if (view.divergence < 5e-5)
    return view.entropy > 0
      ? `Every box meets its line: nothing extra, nothing saved. What is left is the entropy of the target.`
      : `The one box is all but gone, and never quite: a hard label is met at infinite logits only.`;
  if (view.saving < 5e-5) return `Paid extra: ${extra}; nothing is saved. That is the divergence.`;
  return `Paid extra ${extra}, saved ${saving}: the difference, ${rest}, is the divergence. It is never negative.`;
}
