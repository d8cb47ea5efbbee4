/** Sliders that a demo draws itself: a track to drag on, a thumb with ARIA's slider pattern, and their axes. How far an
 * arrow key moves a slider is decided here, in `slide`. */

import { element, setAttributes, setStyle, setText } from "onewarm/dom.js";
import { clamp, niceCeil, px, scale, tickText } from "onewarm/numbers.js";

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
    const arrow = coarse ?? Math.max(1, (hi - lo) / 20) / grid;
    const step = event.shiftKey ? 0.1 / grid : arrow;
    const moves = {
      ArrowRight: step,
      ArrowUp: step,
      ArrowLeft: -step,
      ArrowDown: -step,
      PageUp: 10 * step,
      PageDown: -10 * step,
    };
    const move = /** @type {Record<string, number>} */ (moves)[event.key];
    if (move !== undefined) set(fit(get() + move, 10 * grid));
    else if (event.key === "Home") set(lo);
    else if (event.key === "End") set(hi);
    else return;
    event.preventDefault();
  });
}

/** Axis labels, and the grid lines of every lane on the axis.
 * @param {number} count labels @param {boolean} [inside] the first and the last label stay between the ends */
export function axis(count, inside = false) {
  const labels = Array.from({ length: count }, () => element("span", { class: "at" }));
  /** @type {HTMLElement[][]} */
  const lines = labels.map(() => []);
  let last = "";
  return {
    node: element("div", { class: inside ? "lane axis inside" : "lane axis" }, ...labels),
    lines: () => lines.map((group) => group[group.push(element("i", { class: "grid" })) - 1]),
    /** @param {number[]} values @param {(v: number) => number} at */
    place(values, at) {
      const now = values.map((v) => `${v}@${px(at(v))}`).join();
      if (now === last) return;
      last = now;
      values.forEach((value, i) => {
        setText(labels[i], tickText(value));
        for (const node of [labels[i], ...lines[i]]) setStyle(node, "left", `${px(at(value))}%`);
      });
    },
  };
}

/** The axis of sliders whose values may grow: from -least to least (or from 0), and further where a value asks for it.
 * @param {{least: number, signed?: boolean}} of   signed: from -reach to reach, else from 0 */
export function growingAxis({ least, signed = true }) {
  const count = signed ? 5 : 3;
  const { node, lines, place } = axis(count);
  let reach = least;
  const ends = () => /** @type {[number, number]} */ ([signed ? -reach : 0, reach]);
  const at = (/** @type {number} */ value) => scale(...ends(), 0, 100)(value);
  return {
    node,
    lines,
    ends,
    /** Where a value stands, in percent of the lane. */
    at,
    /** Makes room for these values. Never shrinks while a slider inside `root` is in use.
     * @param {number[]} values @param {HTMLElement} root */
    fit(values, root) {
      const largest = Math.max(...values.map(Math.abs));
      const wanted = largest <= least ? least : niceCeil(largest);
      if (wanted > reach || !root.querySelector(".thumb:focus, .dragging")) reach = wanted;
      const [lo, hi] = ends();
      place(
        Array.from({ length: count }, (_, i) => lo + ((hi - lo) * i) / (count - 1)),
        at,
      );
    },
  };
}

/** A slider on a growing axis: its track, and a mark from 0 to the value.
 * @param {{label: string, along: ReturnType<typeof growingAxis>, get: () => number, set: (value: number) => void,
 *          object: string, name?: string, mark?: "stem" | "fill", grid?: number, coarse?: number}} of
 *   label: how it is called aloud; object: what a step of the lesson may highlight; name: a class of the track; grid, coarse: see `slide` */
export function laneSlider({ label, along, get, set, object, name = "", mark = "stem", ...steps }) {
  const line = element("div", { class: mark });
  const thumb = element("div", {
    class: "thumb",
    role: "slider",
    tabindex: 0,
    "aria-label": label,
    "aria-orientation": "horizontal",
  });
  const lane = element("div", { class: "lane" }, ...along.lines(), line, thumb);
  const track = element("div", { class: `track ${name} draggable`, "data-object": object }, lane);
  slide(track, lane, thumb, along.ends, get, set, steps);
  return {
    node: track,
    /** @param {number} value @param {string} text what a screen reader reads */
    draw(value, text) {
      const [zero, here] = [along.at(0), along.at(value)];
      const [lo, hi] = along.ends();
      setStyle(thumb, "left", `${px(here)}%`);
      setStyle(line, "left", `${px(Math.min(zero, here))}%`);
      setStyle(line, "width", `${px(Math.abs(here - zero))}%`);
      setAttributes(thumb, {
        "aria-valuemin": lo,
        "aria-valuemax": hi,
        "aria-valuenow": Number(value.toFixed(4)),
        "aria-valuetext": text,
      });
    },
  };
}

/** A lane slider of one number in a row of the state.
 * @param {import("onewarm/widget.js").Context} ctx @param {string} field the row @param {number} k its number
 * @param {Omit<Parameters<typeof laneSlider>[0], "get" | "set">} of */
export const rowSlider = (ctx, field, k, of) =>
  laneSlider({
    ...of,
    get: () => ctx.view[field][k],
    set: (value) => ctx.change({ [field]: ctx.view[field].with(k, value) }),
  });
