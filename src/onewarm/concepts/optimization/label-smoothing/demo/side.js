/** One of the two models that a training leaves: in words, on the plane, and in its calibration. */

import { element, setAttributes, setText } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";
import { errorAreas, reliability, verdictLine } from "onewarm/reliability.js";
import { regions } from "./regions.js";

/** @typedef {import("./training.js").Rows} Rows */
/** @typedef {ReturnType<typeof import("./training.js").score>} Score */
/** @typedef {{step: number, weights: Float64Array, score: Score}} Model */

const MOST = 300; // of a figure's sides, where it may choose

/** @param {string} title */
export function side(title) {
  const when = element("span", { class: "subtitle" });
  const result = verdictLine();
  const pictures = [regions("Decision regions"), reliability(), errorAreas()];
  const [plane, diagram, areas] = pictures;
  for (const { svg } of [diagram, areas]) setAttributes(svg, { "data-object": "reliability" });
  const figures = pictures.map((picture) => picture.figure);
  let drawn = "";
  return {
    figures,
    node: element(
      "article",
      { class: "run", "aria-label": title },
      element("h4", {}, title, when),
      result.node,
      element("div", { class: "run-figures" }, ...figures),
    ),
    /** @param {Model} model @param {string} now when it was @param {string} key of the training
     * @param {Rows} test @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw({ step, weights, score }, now, key, test, room) {
      const rooms = figures.map(room);
      const state = [key, step, now, ...rooms.flatMap(({ width, height }) => [width, height])].join();
      if (state === drawn) return;
      drawn = state;
      setText(when, now);
      const { kind, text } = verdict(score);
      result.draw(kind, text);
      const filled = score.bins.filter((bin) => bin.count > 0);
      const of = `${title.toLowerCase()}: ECE ${fixed(score.ece, 3)}`;
      const [p, d, a] = rooms.map(({ width, height }) => {
        const W = height === null ? Math.min(MOST, width) : width;
        return { W, H: height ?? W, shown: W > 60 && (height === null || height > 40) };
      });
      if (p.shown) plane.draw(p.W, p.H, weights, test, of);
      if (d.shown) diagram.draw(d.W, filled, of, d.H);
      if (a.shown) areas.draw(a.W, filled, of, a.H);
    },
  };
}

/** @param {{gap: number, ece: number}} score */
export function verdict({ gap, ece }) {
  const kind = Math.abs(gap) < 0.02 ? "none" : gap > 0 ? "worse" : "below";
  const words = { none: "about right", worse: "too sure", below: "too modest" };
  return { kind, text: `ECE ${fixed(ece, 3)}, ${words[/** @type {keyof words} */ (kind)]}` };
}
