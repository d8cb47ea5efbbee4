/** The arithmetic of calibration, equal to onewarm.calibration's; and numbers drawn by seed. Pure. */

import { sum } from "onewarm/arithmetic.js";

/** @typedef {{count: number, confidence: number, accuracy: number}} Bin means of the rows in a bin, and how many these are */

/** Uniform numbers in (0, 1]: Marsaglia's xorshift with 32 bits (Journal of Statistical Software 8(14), 2003).
 * @param {number} seed */
export function uniforms(seed) {
  let x = (Math.imul(seed + 1, 0x9e3779b1) | 1) >>> 0; // neighbouring seeds start far apart, and never at 0
  const next = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return ((x >>> 0) + 1) / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** The bin of a confidence, of `bins` equal ones (lo, hi]; edges and confidence compared as float32, as in Python.
 * @param {number} confidence @param {number} bins */
export function binOf(confidence, bins) {
  const c = Math.fround(confidence);
  const b = Math.min(bins - 1, Math.max(0, Math.ceil(c * bins) - 1));
  if (b > 0 && c <= Math.fround(b / bins)) return b - 1;
  return b < bins - 1 && c > Math.fround((b + 1) / bins) ? b + 1 : b;
}

/** Confidence minus accuracy of a bin: above 0 where it is overconfident. @param {Bin} bin */
export const gapOf = (bin) => bin.confidence - bin.accuracy;

/** The expected calibration error: the mean of the bins' |gap|, weighted by their share of the rows. @param {Bin[]} bins */
export function eceOf(bins) {
  const total = sum(bins.map((bin) => bin.count));
  return total ? sum(bins.map((bin) => bin.count * Math.abs(gapOf(bin)))) / total : 0;
}

/** Rows in equal-width bins: those bins that have rows, in order.
 * @param {ArrayLike<number>} confidence @param {ArrayLike<number>} correct 1 or 0 @param {number} bins
 * @returns {Bin[]} */
export function binned(confidence, correct, bins) {
  const all = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, accuracy: 0 }));
  for (let i = 0; i < confidence.length; i++) {
    const bin = all[binOf(confidence[i], bins)];
    bin.count++;
    bin.confidence += confidence[i];
    bin.accuracy += correct[i];
  }
  return all
    .filter((bin) => bin.count)
    .map(({ count, ...sums }) => ({ count, confidence: sums.confidence / count, accuracy: sums.accuracy / count }));
}
