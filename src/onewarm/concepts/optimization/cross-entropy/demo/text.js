/** How numbers and names are written here: never long, and not at all while they would answer a question. */

import { fixed } from "onewarm/numbers.js";

/** Three decimals below 10, fewer above; a power of ten from 100 000. @param {number} value @param {boolean} [sign] */
export function priceText(value, sign = false) {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size < 1e5) return fixed(value, size < 10 ? 3 : size < 100 ? 2 : 0, sign);
  return (value < 0 ? "−" : sign ? "+" : "") + size.toExponential(1).replace("+", "");
}

/** Room for the labels of an axis from 0 to `reach`, in the chart's units. @param {number} reach */
export const labelRoom = (reach) => Math.max(34, 12 + 7.6 * String(reach).length);

/** What a question may cover, and the numbers that are not shown until it is answered: the shares t of the votes, the slopes
 * p - t, the entropy and the divergence, the terms of the divergence.
 * @type {Record<string, string>} */
const COVERED = {
  "": "",
  loss: "shares slopes parts terms",
  parts: "parts terms",
  saving: "terms",
  slope: "slopes",
};
export const COVERS = Object.keys(COVERED);

/** Whether these numbers are covered. @param {{cover: string}} view @param {"shares" | "slopes" | "parts" | "terms"} what */
export const covered = (view, what) => COVERED[view.cover].includes(what);

/** The text, or nothing while it is covered. @param {{cover: string}} view @param {"shares" | "slopes" | "parts" | "terms"} what
 * @param {string} text */
export const unless = (view, what, text) => (covered(view, what) ? "" : text);

/** The start of a name that fits in so many letters. @param {string} name @param {number} most */
export function shortened(name, most) {
  const letters = [...name];
  return letters.length <= most ? name : `${letters.slice(0, most - 1).join("")}…`;
}

const LETTER = 7.4; // the width of one, in the chart's units

/** Labels below boxes of any width: where each stands, and what is left of it. None overlap and none is cut to less than three
 * letters; where there is no room for all, names are shortened, and then the narrowest boxes have no label.
 * @param {{name: string, share: number, middle: number}[]} boxes from left to right @param {number} lo @param {number} hi the
 *   ends of the row @returns {{x: number, text: string}[]} one a box; the text is "" where there is no room */
export function labelsBelow(boxes, lo, hi) {
  const gap = LETTER;
  const letters = boxes.map(({ name }) => [...name].length);
  const inAll = letters.reduce((all, n) => all + LETTER * Math.max(n, 4) + gap, -gap);
  const most = inAll <= hi - lo ? Infinity : Math.max(4, Math.floor((hi - lo) / boxes.length / LETTER) - 1);
  const labels = boxes.map(({ name }) => ({ x: NaN, text: shortened(name, most) }));
  const wide = (/** @type {number} */ i) => LETTER * Math.max(4, [...labels[i].text].length); // the share below has four
  let room = hi - lo + gap;
  const kept = boxes
    .map((_, i) => i)
    .sort((a, b) => boxes[b].share - boxes[a].share)
    .filter((i) => (room -= wide(i) + gap) >= 0)
    .sort((a, b) => a - b);
  const apart = (/** @type {number} */ a, /** @type {number} */ b) => (wide(a) + wide(b)) / 2 + gap;
  kept.forEach((i, n) => {
    const least = n ? labels[kept[n - 1]].x + apart(kept[n - 1], i) : lo + wide(i) / 2;
    labels[i].x = Math.max(boxes[i].middle, least);
  });
  kept.toReversed().forEach((i, n, back) => {
    const largest = n ? labels[back[n - 1]].x - apart(i, back[n - 1]) : hi - wide(i) / 2;
    labels[i].x = Math.min(labels[i].x, largest);
  });
  return labels.map(({ x, text }) => ({ x, text: Number.isNaN(x) ? "" : text }));
}
