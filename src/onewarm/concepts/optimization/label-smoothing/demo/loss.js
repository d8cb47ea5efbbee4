/** The loss along one logit, hard and soft. */

import { between, chart, levels, pathThrough, tangentAt, valuesBelow } from "onewarm/chart.js";
import { select } from "onewarm/controls.js";
import { element, setAttributes, setHidden, setText, svgElement } from "onewarm/dom.js";
import { axisFlag } from "onewarm/flag.js";
import { clamp, fixed, logitText, niceCeil, pull, scale, ticks } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";
import { lossAlong, optimum } from "./arithmetic.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

const PLACES = 12; // logits at which the table says the loss

/** @param {Context} ctx @param {string[]} names */
export function lossPane(ctx, names) {
  const pick = select({
    id: `${ctx.uid}-pick`,
    label: "Loss along the logit of",
    options: [["", "the true class"], ...names.map((name, k) => /** @type {[string, string]} */ ([String(k), name]))],
    change: (value) => ctx.change({ pick: value === "" ? null : Number(value) }),
  });

  const clip = `${ctx.uid}-clip`;
  const frame = svgElement("rect");
  const hard = svgElement("path", { class: "curve hard", "data-object": "curve" });
  const soft = svgElement("path", { class: "curve soft", "data-object": "curve" });
  const tangent = svgElement("line", { class: "tangent" });
  const here = svgElement("line", { class: "here" });
  const hereText = svgElement("text", { class: "strong" });
  const drop = svgElement("line", { class: "drop" });
  const low = svgElement("circle", { r: 5, class: "low", "data-object": "minimum" });
  const lowText = svgElement("text", { class: "halo soft-text", "data-object": "minimum" });
  const arrow = svgElement("path", { class: "arrow" });
  const hardText = svgElement("text", { class: "halo hard-text" }, "hard: no minimum");
  const hardDot = svgElement("circle", { r: 4, class: "dot hard-dot" });
  const softDot = svgElement("circle", { r: 6, class: "dot soft-dot" });
  const cover = svgElement("rect", { class: "cover" });
  const coverText = svgElement("text", { class: "cover-text" });
  const coverLines = ["covered until ", "you commit"].map((words, i) => svgElement("tspan", { dy: i ? "1.3em" : 0 }, words));
  const plot = chart("Loss along one logit");
  plot.svg.append(
    svgElement("defs", {}, svgElement("clipPath", { id: clip }, frame)),
    svgElement("g", { "clip-path": `url(#${clip})` }, here, drop, hard, soft, tangent, cover, hardDot, softDot, low),
    coverText,
    arrow,
    hardText,
    lowText,
    hereText,
  );
  const flag = axisFlag({
    label: "your flag: where the loss is lowest",
    get: () => ctx.state.flag,
    set: (value) => ctx.change({ flag: value }),
    text: (value) => `logit ${logitText(value)}`,
  });
  plot.figure.append(flag.node);

  const lines = ["loss now", "slope here", "lowest on curve", "floor of the loss"].map((text) => ({
    text,
    cells: [element("td"), element("td")],
  }));
  const column = (/** @type {string} */ kind) => element("th", { scope: "col" }, element("i", { class: `swatch s-${kind}` }), kind);
  const table = element(
    "table",
    { class: "losses" },
    element("thead", {}, element("tr", {}, element("td"), column("soft"), column("hard"))),
    element("tbody", {}, ...lines.map((line) => element("tr", {}, element("th", { scope: "row" }, line.text), ...line.cells))),
  );
  const along = mirror({
    columns: ["logit", "soft", "hard"],
    rows: PLACES,
    label: "Table of the loss along the logit",
    summary: "The curves as a table",
  });
  const node = element(
    "section",
    { class: "pane loss fill", "aria-label": "Loss along one logit" },
    element("div", { class: "pane-head" }, pick.label, pick.input),
    plot.figure,
    ...(ctx.onStage ? [] : [table]),
    along.node,
  );

  let ends = /** @type {[number, number]} */ ([-4, 9]); // of the axis that was drawn last
  let hardDrawn = ""; // what the hard curve was drawn for: alpha does not move it
  return {
    node,
    figures: [plot.figure],
    /** @param {View} view @param {(figure: Element) => number} width
     * @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, width, room) {
      const { width: W, height } = room(plot.figure);
      if (W < 80 || height === 0) return;
      const { logits, k } = view;
      const covered = view.cover === "curve";
      const H = height ?? clamp(Math.round(0.75 * W), 250, 330),
        left = 38,
        right = W - 14,
        top = 24;
      const flat = H < 180; // no room for words below the axis
      const bottom = H - (flat ? 32 : 58),
        under = bottom + (flat ? 14 : 18); // between them: room for the hard curve's label, below the curve
      const best = optimum(logits, view.target, k),
        bestHard = optimum(logits, view.hard, k);
      const z = logits[k];
      const towards = bestHard.at > 0 ? 1 : -1;
      const marks = [z, ...(Number.isFinite(best.at) && !covered ? [best.at] : [])];
      const lo = Math.min(towards > 0 ? -4 : -9, Math.floor(Math.min(...marks)) - 1);
      const hi = Math.max(towards > 0 ? 9 : 4, Math.ceil(Math.max(...marks)) + 1);
      ends = [lo, hi];
      const floor = Number.isFinite(best.loss) && !covered ? best.loss : 0;
      const yHi = Math.max(2, niceCeil(1.1 * Math.max(view.loss, view.hardLoss, floor, 1e-9)));
      const yLo = Math.min(view.loss, floor, 0) < -1e-9 ? -niceCeil(-1.1 * Math.min(view.loss, floor)) : 0;
      const x = scale(lo, hi, left, right),
        y = scale(yLo, yHi, bottom, top);

      setAttributes(frame, { x: left, y: top - 4, width: right - left + 8, height: under - top + 4 });
      plot.ground(W, H, [lo, hi, yLo, yHi, k].join(), () => [
        ...levels(ticks(yLo, yHi, clamp(Math.floor(H / 60), 1, 4)), { y, left, right }),
        ...valuesBelow(ticks(lo, hi, clamp(W / 42, 5, 10)), x, under + 14),
        svgElement("line", { x1: left, x2: right, y1: under, y2: under }),
        svgElement("text", flat ? { x: left + 5, y: under - 5 } : { x: right, y: H - 5, "text-anchor": "end" }, `logit of ${names[k]}`),
        svgElement("text", { x: 2, y: 12 }, flat ? "loss" : "loss, nats"),
      ]);
      const end = covered ? Math.min(hi, z) : hi; // what is covered is not drawn
      const xs = Array.from({ length: 97 }, (_, i) => lo + ((end - lo) * i) / 96);
      const path = (/** @type {number[]} */ t) =>
        pathThrough(between(lossAlong(logits, t, k, xs).map((v, i) => [x(xs[i]), y(v)]), top - 4, under));
      const hardNow = [W, H, lo, end, yLo, yHi, k, ...logits, ...view.hard].join();
      if (hardNow !== hardDrawn) setAttributes(hard, { d: path(view.hard) });
      hardDrawn = hardNow;
      setAttributes(soft, { d: path(view.target) });
      setAttributes(here, { x1: x(z), x2: x(z), y1: top, y2: under });
      const nearRight = x(z) > right - 60;
      setAttributes(hereText, { x: clamp(x(z), left + 60, right), y: 14, "text-anchor": nearRight ? "end" : "middle" });
      setText(hereText, flat ? `${logitText(z)}: loss ${fixed(view.loss, 4)}` : `z = ${logitText(z)}`);
      setAttributes(hardDot, { cx: x(z), cy: y(view.hardLoss) });
      setAttributes(softDot, { cx: x(z), cy: y(view.loss) });

      // The slope of the soft curve here is the gap of this class's row.
      setAttributes(tangent, tangentAt(x, y, [z, view.loss], view.gradient[k], 34));
      setAttributes(tangent, { "data-pull": pull(view.gradient[k]) });

      for (const mark of [cover, coverText]) setAttributes(mark, { visibility: covered ? "visible" : "hidden" });
      if (covered) {
        setAttributes(cover, { x: x(z), y: top - 4, width: right - x(z), height: under - top + 4 });
        setAttributes(coverText, { y: (top + bottom) / 2 });
        for (const line of coverLines) setAttributes(line, { x: x(z) + 10 });
      }
      if (coverText.hasChildNodes() !== covered) coverText.replaceChildren(...(covered ? coverLines : []));
      flag.draw({ left, right, top: flat ? 16 : top, bottom: under, lo, hi, fixed: view.cover === "" });

      const finite = Number.isFinite(best.at) && !covered;
      for (const mark of [low, lowText, drop]) setAttributes(mark, { visibility: finite ? "visible" : "hidden" });
      if (finite) {
        setAttributes(low, { cx: x(best.at), cy: y(best.loss) });
        setAttributes(drop, { x1: x(best.at), x2: x(best.at), y1: y(best.loss), y2: under });
        setAttributes(lowText, { x: clamp(x(best.at), left + 50, right - 50), y: y(best.loss) - 20, "text-anchor": "middle" });
        setText(lowText, `minimum ${logitText(Number(best.at.toFixed(2)))}`);
      }
      const edge = towards > 0 ? right : left,
        ye = y(lossAlong(logits, view.hard, k, [towards > 0 ? hi : lo])[0]);
      setAttributes(arrow, {
        d: `M${edge - 9 * towards},${ye - 5}L${edge + 1 * towards},${ye}L${edge - 9 * towards},${ye + 5}`,
      });
      for (const mark of [arrow, hardText]) setAttributes(mark, { visibility: covered || (flat && mark === hardText) ? "hidden" : "visible" });
      setText(hardText, covered ? "" : "hard: no minimum");
      if (covered) setText(lowText, "");
      setAttributes(hardText, { x: edge - 12 * towards, y: ye + 14, "text-anchor": towards > 0 ? "end" : "start" });
    },
    /** @param {View} view */
    late(view) {
      const { logits, k } = view;
      const covered = view.cover === "curve";
      const best = optimum(logits, view.target, k),
        bestHard = optimum(logits, view.hard, k);
      const lowest = (/** @type {{at: number, loss: number}} */ o) =>
        Number.isFinite(o.at)
          ? `${fixed(o.loss, 4)} at ${logitText(Number(o.at.toFixed(2)))}`
          : `→ ${o.loss === 0 ? "0" : fixed(o.loss, 4)} at ${fixed(o.at, 0)}`;
      const floorText = (/** @type {number} */ f) =>
        f === -Infinity ? "none, unbounded" : f === 0 ? "0, never reached" : fixed(f, 4);
      const told = (/** @type {number} */ loss, /** @type {{at: number, loss: number}} */ o) =>
        covered ? fixed(loss, 4) : `${fixed(loss, 4)}, lowest ${lowest(o)}`;
      const columns = [
        [view.loss, view.gradient[k], best, view.floor],
        [view.hardLoss, view.hardGradient[k], bestHard, 0],
      ];
      columns.forEach((column, i) => {
        const [loss, g, o, f] = /** @type {[number, number, {at: number, loss: number}, number]} */ (column);
        const texts = covered ? ["", "", "", ""] : [fixed(loss, 4), fixed(g, 3, true), lowest(o), floorText(f)];
        texts.forEach((text, j) => setText(lines[j].cells[i], text));
      });
      setHidden(table, covered);
      setAttributes(plot.svg, {
        "aria-label": `Loss along the logit of ${names[k]}, now ${logitText(logits[k])}. Soft target: ${told(view.loss, best)}. Hard target: ${told(view.hardLoss, bestHard)}.${covered ? " To the right of the present logit the curve is covered until you commit." : ""}`,
      });
      const z = logits[k];
      const places = ticks(...ends, PLACES - 2).slice(0, PLACES);
      const losses = [view.target, view.hard].map((t) => lossAlong(logits, t, k, places));
      along.draw(
        `The loss, in nats, at values of the logit of ${names[k]}, which is ${logitText(z)} now.`,
        places.map((at, i) => [logitText(at), ...losses.map((values) => (covered && at > z ? "covered" : fixed(values[i], 4)))]),
      );
      pick.draw(view.pick === null ? "" : String(view.pick));
      setText(pick.input.options[0], `the true class (${names[view.label]})`);
    },
  };
}
