/** One row a class: the choice of the true class, a logit's slider, and a probability's bar with its target as a tick. */

import { element, setAttributes, setHidden, setText } from "onewarm/dom.js";
import { ARROW, PUSH, fixed, logitText, pull, scale } from "onewarm/numbers.js";
import { barLane, classRows, furthest, legend, numberCells, numberHeads, trueClass } from "onewarm/rows.js";
import { axis, growingAxis, rowSlider } from "onewarm/slider.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

const NUMBERS = "zptg"; // logit, probability, target, gap
const LENS = 0.1; // the part of the lanes that the lens shows

/** @param {Context} ctx @param {string[]} names */
export function logitPane(ctx, names) {
  const logitAxis = growingAxis({ least: 6 });
  const massAxis = axis(3, true);
  const rows = names.map((name, k) => {
    const label = trueClass({ name, group: `${ctx.uid}-label`, value: k, choose: () => ctx.change({ label: k }) });
    const logit = rowSlider(ctx, "logits", k, { label: `logit of ${name}`, along: logitAxis, object: "logit", name: "z" });
    const lane = barLane(massAxis);
    const numbers = numberCells(NUMBERS);
    const [logitCell, ...cells] = numbers.nodes;
    const node = element("div", { class: "row" }, label.node, logit.node, logitCell, lane.node, ...cells);
    return { node, label, logit, lane, numbers };
  });
  const gapName = ctx.onStage ? "gap" : "p − t";
  const [logitHead, ...heads] = numberHeads(NUMBERS, ["z", "p", "t", gapName]);
  const marks = /** @type {[string, string][]} */ ([["bar", "probability p"], ["tick", "target t"]]);
  const told = legend([...marks, ["up", "▲ short: descent raises the logit"], ["down", "▼ over: it lowers it"]]);
  const untold = legend([...marks, ["up", "bar short of its tick"], ["down", "bar past it"]]);
  const laneHead = element("span");
  const lensNote = element("p", { class: "lens-note" }, "The first tenth of each lane, ten times as wide:");
  const caption = element("p", { class: "caption" });
  const node = element(
    "section",
    { class: "pane logits", "aria-label": "Logits, probabilities and targets" },
    told,
    lensNote,
    classRows({
      few: names.length <= 5,
      head: [
        element("span", { class: "name" }, "true class"),
        element("span", { class: "track z" }, "logit z: drag it, or use the arrow keys"),
        logitHead,
        element("span", { class: "track p" }, laneHead),
        ...heads,
      ],
      rows: rows.map((row) => row.node),
      foot: [element("div", { class: "track z" }, logitAxis.node), element("div", { class: "track p" }, massAxis.node)],
    }),
    caption,
  );

  return {
    node,
    /** @param {View} view */
    draw(view) {
      logitAxis.fit(view.logits, node);
      // A target may lie outside [0, 1]: the axis then reaches to the next quarter.
      const { lens, cover } = view;
      const low = lens ? 0 : Math.min(0, Math.floor(Math.min(...view.target) * 4 + 1e-9) / 4);
      const high = lens ? LENS : Math.max(1, Math.ceil(Math.max(...view.target) * 4 - 1e-9) / 4);
      const at = scale(low, high, 0, 100);
      massAxis.place(lens ? [0, LENS / 2, LENS] : [0, 0.5, 1], at);
      setText(laneHead, lens ? "bar p and tick t, up to 0.1" : "bar p, tick t, and the gap from tick to bar");
      setAttributes(node, { "data-lens": lens });
      setHidden(lensNote, !lens);
      const [from, to] = cover ? [told, untold] : [untold, told];
      if (from.parentNode) from.replaceWith(to);
      setText(heads[2], cover ? "" : gapName);
      const weakest = view.probabilities.indexOf(Math.min(...view.probabilities));
      rows.forEach((row, k) => {
        const [z, p, t, g] = [view.logits[k], view.probabilities[k], view.target[k], view.gradient[k]];
        row.label.draw(k === view.label);
        const gap = gapOf(view, k);
        setAttributes(row.node, { "data-true": k === view.label, "data-pull": gap.pull, "data-beyond": lens && Math.max(p, t) > LENS });
        k === weakest ? setAttributes(row.lane.node, { "data-object": "weakest" }) : row.lane.node.removeAttribute("data-object");
        row.lane.draw(p, t, at);
        const target = cover === "curve" ? "–" : fixed(t, 3);
        row.numbers.draw([logitText(z), fixed(p, 3), target, cover ? "" : `${ARROW[gap.pull]} ${gap.text}`]);
        const more = cover ? "" : `, gap ${gap.text}${gap.push}`;
        row.logit.draw(z, `${logitText(z)}; probability ${fixed(p, 3)}${target === "–" ? "" : `, target ${target}`}${more}`);
      });
    },
    /** @param {View} view */
    late: (view) => setText(caption, sentence(view)),
  };
}

/** The gap p - t of class k: its number, where descent moves the logit, and that in words. A target that no finite logit
 * reaches moves it for ever, however small the gap has become. @param {View} view @param {number} k */
function gapOf({ gradient, minimum }, k) {
  const g = gradient[k];
  if (minimum || Math.abs(g) >= 5e-4) return { pull: pull(g), text: fixed(g, 3, true), push: PUSH[pull(g)] };
  if (g === 0) return { pull: "none", text: "0", push: ", too small to be computed" };
  const towards = g < 0 ? "up" : "down";
  const digits = Math.ceil(-Math.log10(Math.abs(g)));
  const size = digits <= 6 ? fixed(g, digits, true) : `${g < 0 ? "−" : "+"}1e−${digits}`;
  return { pull: towards, text: size, push: PUSH[towards] };
}

/** The gaps in a sentence. @param {View} view */
export function sentence(view) {
  if (view.cover === "curve") return "";
  const { short, over, shortBy, overBy } = furthest(view.gradient);
  if (Math.max(shortBy, overBy) < 5e-4) {
    return view.floor > 0
      ? "Every bar meets its tick: the gradient is zero and the loss stands on its floor."
      : "Every bar all but meets its tick, yet none quite does: a hard target is only reached at infinite logits.";
  }
  const arrows = " An arrow says where a step of gradient descent moves the logit: up where the number is below 0.";
  return `${view.names[short]} is ${fixed(shortBy, 3)} short of its target, ${view.names[over]} is ${fixed(overBy, 3)} over.${view.cover ? "" : arrows}`;
}
