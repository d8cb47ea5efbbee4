/** Every class as a box: as wide as its share of the target and as tall as its surprise, so that its area is its part of the
 * loss. */

import { chart, levels } from "onewarm/chart.js";
import { element, setAttributes, setHidden, setText, svgElement } from "onewarm/dom.js";
import { clamp, fixed, niceCeil, px, scale, ticks } from "onewarm/numbers.js";
import { legend } from "onewarm/rows.js";
import { covered, labelRoom, labelsBelow, priceText, unless } from "./text.js";

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
    const leader = svgElement("line", { class: "leader" });
    const [cost, more] = [svgElement("text", { class: "in-box" }), svgElement("text", { class: "in-box halo" })];
    const [name, share] = [svgElement("text", { class: "strong" }), svgElement("text")];
    for (const text of [cost, more, name, share]) setAttributes(text, { "text-anchor": "middle" });
    const shapes = svgElement("g", { class: "box" }, paid, extra, saving, top);
    shapes.addEventListener("click", () => ctx.change({ pick: k }));
    return { shapes, paid, extra, saving, level, top, leader, cost, more, name, share };
  });
  const plot = chart("The loss as areas");
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
    ...boxes.map((box) => box.shapes),
    ...boxes.flatMap((box) => [box.level, box.leader, box.cost, box.more, box.name, box.share]),
  );
  const caption = element("p", { class: "caption" });
  const plain = legend([["paid", "share × surprise"]]);
  const full = legend([
    ["paid", "share × surprise"],
    ["level", "−log t, the surprise if p were t"],
    ["extra", "paid extra"],
  ]);
  const saved = element("span");
  const savedKey = element("span", { class: "key" }, element("i", { class: "swatch s-saving" }), saved);
  full.append(savedKey);
  const node = element("section", { class: "pane areas fill", "aria-label": "The loss as areas" }, plain, full, plot.figure, caption);

  return {
    node,
    figures: [plot.figure],
    /** @param {View} view @param {unknown} _ @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, _, room) {
      const { width: W, height } = room(plot.figure);
      if (W < 80) return;
      const whole = covered(view, "parts"); // boxes without lines
      setHidden(plain, !whole);
      setHidden(full, whole);
      setHidden(savedKey, covered(view, "terms"));
      setText(saved, unless(view, "terms", "saved"));
      const tall = view.target.map((t, k) => (t > 0 ? Math.max(view.prices[k], whole ? 0 : view.levels[k]) : 0));
      const reach = Math.max(1.5, niceCeil(1.02 * view.show(Math.max(...tall)), [1, 1.5, 2, 3, 4, 5, 6, 8, 10]));
      const H = height ?? clamp(Math.round(0.62 * W), 250, 380),
        low = H < 230,
        left = labelRoom(reach),
        right = W - 6,
        top = 24,
        bottom = H - (low ? 24 : 56);
      if (bottom - top < 20) return;
      const x = scale(0, 1, left, right),
        y = scale(0, reach, bottom, top);

      plot.ground(W, H, `${reach} ${view.unit}`, () => [
        ...levels(ticks(0, reach, low ? 3 : 5), { y, left, right }),
        svgElement("text", { x: 0, y: 12 }, `surprise, ${view.unit}`),
        ...(low ? [] : [svgElement("text", { x: right, y: H - 4, "text-anchor": "end" }, "width: share of the votes, t")]),
      ]);
      let from = 0;
      /** @type {{k: number, name: string, share: number, middle: number}[]} */
      const shown = [];
      boxes.forEach((box, k) => {
        const t = view.target[k];
        const a = x(from),
          b = x((from += t));
        const visibility = t > 0 ? "visible" : "hidden";
        setAttributes(box.shapes, { visibility, "data-picked": k === view.pick });
        setAttributes(box.level, { visibility: whole ? "hidden" : visibility });
        if (t <= 0) {
          for (const text of [box.cost, box.more, box.name, box.share]) setText(text, "");
          setAttributes(box.leader, { visibility: "hidden" });
          return;
        }
        const price = view.show(view.prices[k]);
        const yp = y(price),
          yl = whole ? yp : y(view.show(view.levels[k])),
          wide = b - a;
        setAttributes(box.more, { "data-kind": yp < yl ? "extra" : "saving" });
        place(box.paid, a, wide, Math.max(yp, yl), bottom);
        place(box.extra, a, wide, yp, Math.max(yp, yl));
        place(box.saving, a, wide, Math.min(yp, yl), yp);
        setAttributes(box.extra, { visibility: yp < yl ? "inherit" : "hidden" });
        setAttributes(box.saving, { visibility: yp > yl ? "inherit" : "hidden" });
        setAttributes(box.level, { x1: px(a), x2: px(b), y1: px(yl), y2: px(yl) });
        setAttributes(box.top, { x1: px(a), x2: px(b), y1: px(yp), y2: px(yp) });
        const middle = (a + b) / 2;
        write(box.cost, wide, bottom - Math.max(yp, yl), priceText(view.show(view.paid[k])), middle, (Math.max(yp, yl) + bottom) / 2 + 4);
        const term = view.show(view.terms[k]);
        const said = Math.abs(term) < 5e-4 ? "" : unless(view, "terms", priceText(term, true));
        write(box.more, wide, Math.abs(yp - yl), said, middle, (yp + yl) / 2 + 4);
        shown.push({ k, name: names[k], share: t, middle });
      });
      labelsBelow(shown, left, right).forEach(({ x: at, text }, i) => {
        const { k, middle, share } = shown[i];
        const box = boxes[k];
        setText(box.name, text);
        setAttributes(box.name, { x: px(at), y: bottom + 18 });
        setText(box.share, text && !low ? unless(view, "shares", fixed(share, 2)) : "");
        setAttributes(box.share, { x: px(at), y: bottom + 33 });
        const aside = text !== "" && Math.abs(at - middle) > 2;
        setAttributes(box.leader, { x1: px(middle), y1: bottom, x2: px(at), y2: bottom + 7, visibility: aside ? "visible" : "hidden" });
      });
    },
    /** @param {View} view */
    late(view) {
      const most = view.paid.indexOf(Math.max(...view.paid));
      setText(caption, sentence(view));
      setAttributes(plot.svg, {
        "aria-label": `Boxes, one for each class with votes: ${names.filter((_, k) => view.target[k] > 0).join(", ")}. Their area is the loss, ${fixed(view.show(view.loss), 4)} ${view.unit}; ${names[most]} has the largest, ${fixed(view.show(view.paid[most]), 3)}. ${sentence(view)}`,
      });
    },
  };
}

/** @param {Element} rect @param {number} x @param {number} width @param {number} top @param {number} bottom */
const place = (rect, x, width, top, bottom) =>
  setAttributes(rect, { x: px(x), width: px(Math.max(0, width)), y: px(top), height: px(Math.max(0, bottom - top)) });

/** Writes the text, or nothing where it would not fit. @param {Element} node @param {number} wide @param {number} high @param {string} text
 * @param {number} x @param {number} y */
function write(node, wide, high, text, x, y) {
  setText(node, wide >= 7.6 * text.length && high >= 15 ? text : "");
  setAttributes(node, { x: px(x), y: px(y) });
}

/** The areas in a sentence. @param {View} view */
export function sentence(view) {
  if (covered(view, "parts")) return "";
  if (covered(view, "terms")) return `Paid extra: ${fixed(view.show(view.extra), 4)}.`;
  const [extra, saving, rest] = [view.extra, view.saving, view.divergence].map((v) => fixed(view.show(v), 4));
  if (view.divergence < 5e-5)
    return view.entropy > 0
      ? `Every box meets its line: nothing extra, nothing saved. What is left is the entropy of the votes.`
      : `The one box is all but gone, and never quite: votes for one class only are met at infinite logits.`;
  if (view.saving < 5e-5) return `Paid extra: ${extra}; nothing is saved. That is the divergence.`;
  return `Paid extra ${extra}, saved ${saving}: the difference, ${rest}, is the divergence. It is never negative.`;
}
