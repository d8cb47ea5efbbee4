/** Sliders drawn by the demo itself: a track to drag on, a thumb with ARIA's slider pattern, and axes beside them. */

import { h, say, style } from "onewarm/dom.js";
import { clamp, px, tickText } from "onewarm/numbers.js";

/** Makes a lane a slider from -reach to reach, or between the two ends that `reach` gives: drag anywhere on the track,
 * and the keys of ARIA's slider pattern (Shift: finer steps). The thumb needs role="slider", tabindex and a label, and
 * its aria-value attributes are the caller's to draw.
 * @param {HTMLElement} track @param {HTMLElement} lane @param {HTMLElement} thumb
 * @param {() => number | [number, number]} reach @param {() => number} get @param {(value: number) => void} set
 * @param {{grid?: number, coarse?: number, vertical?: boolean}} [options] grid: steps a unit when dragging (10);
 *   coarse: what an arrow key moves (.1, more on a wide axis); vertical: the lane's low end is at its bottom */
export function slide(track, lane, thumb, reach, get, set, { grid = 10, coarse, vertical = false } = {}) {
  const ends = () => {
    const given = reach();
    return Array.isArray(given) ? given : [-given, given];
  };
  const fit = (/** @type {number} */ value, /** @type {number} */ steps) => {
    const [lo, hi] = ends();
    return clamp(Math.round(value * steps) / steps, lo, hi);
  };
  const to = (/** @type {PointerEvent} */ event) => {
    const box = lane.getBoundingClientRect();
    const [lo, hi] = ends();
    const part = vertical ? (box.bottom - event.clientY) / box.height : (event.clientX - box.left) / box.width;
    const value = fit(lo + (hi - lo) * part, grid);
    if (value !== get()) set(value);
  };
  track.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    thumb.focus({ preventScroll: true });
    track.setPointerCapture(event.pointerId);
    track.classList.add("dragging");
    to(event);
  });
  track.addEventListener("pointermove", (event) => track.hasPointerCapture(event.pointerId) && to(event));
  track.addEventListener("lostpointercapture", () => track.classList.remove("dragging"));
  thumb.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [lo, hi] = ends();
    const step = coarse ?? Math.max(1, (hi - lo) / 20) / grid;
    const fine = event.shiftKey ? 0.1 / grid : step;
    const moves = {
      ArrowRight: fine,
      ArrowUp: fine,
      ArrowLeft: -fine,
      ArrowDown: -fine,
      PageUp: 10 * fine,
      PageDown: -10 * fine,
    };
    const move = /** @type {Record<string, number>} */ (moves)[event.key];
    if (move !== undefined) set(fit(get() + move, 10 * grid));
    else if (event.key === "Home") set(lo);
    else if (event.key === "End") set(hi);
    else return;
    event.preventDefault();
  });
}

/** Axis labels, and the grid lines of every lane on it. @param {number} count */
export function axis(count) {
  const labels = Array.from({ length: count }, () => h("span", { class: "at" }));
  /** @type {HTMLElement[][]} */
  const lines = labels.map(() => []);
  let last = "";
  return {
    node: h("div", { class: "lane axis" }, ...labels),
    lines: () => lines.map((group) => group[group.push(h("i", { class: "grid" })) - 1]),
    /** @param {number[]} values @param {(v: number) => number} at */
    place(values, at) {
      const now = values.map((v) => `${v}@${px(at(v))}`).join();
      if (now === last) return;
      last = now;
      values.forEach((value, i) => {
        say(labels[i], tickText(value));
        for (const node of [labels[i], ...lines[i]]) style(node, "left", `${px(at(value))}%`);
      });
    },
  };
}
