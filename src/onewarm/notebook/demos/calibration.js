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

/** The mean squared gap of the bins. @param {Bin[]} bins */
export function squaredGap(bins) {
  const total = sum(bins.map((bin) => bin.count));
  return total ? sum(bins.map((bin) => bin.count * gapOf(bin) ** 2)) / total : 0;
}

/** The squared calibration error without the part that chance adds; it may be below 0. Bins of one row add nothing.
 * @param {ArrayLike<number>} confidence @param {ArrayLike<number>} correct 1 or 0 @param {number} bins */
export function debiasedSquare(confidence, correct, bins) {
  const all = Array.from({ length: bins }, () => ({ count: 0, sum: 0, square: 0 }));
  for (let i = 0; i < confidence.length; i++) {
    const bin = all[binOf(confidence[i], bins)],
      gap = confidence[i] - correct[i];
    bin.count++;
    bin.sum += gap;
    bin.square += gap * gap;
  }
  let total = 0;
  for (const { count, sum: gaps, square } of all) {
    if (count < 2) continue;
    const mean = gaps / count;
    total += count * (mean * mean - (square / count - mean * mean) / (count - 1));
  }
  return total / confidence.length;
}

/** The integral over [0, 1] of the gap, smoothed by a Gaussian of this width that is reflected at 0 and 1.
 * @param {Bin[]} bins narrow ones @param {number} width */
export function smoothedGap(bins, width) {
  const size = Math.max(200, Math.ceil(4 / width)),
    step = 1 / size,
    total = sum(bins.map((bin) => bin.count)),
    reach = 8.7 * width, // beyond, a kernel is below the rounding of its peak
    around = Math.ceil(2 * width) + 1,
    smooth = new Float64Array(size),
    kernel = new Float64Array(size);
  for (const bin of bins) {
    kernel.fill(0);
    let mass = 0;
    for (let i = -around; i <= around; i++)
      for (const sign of [1, -1]) {
        const nearest = Math.min(...[0.5, size - 0.5].map((j) => Math.abs(2 * i + sign * j * step - 0.5)));
        if (i !== 0 && nearest - 0.5 >= 6 * width) continue; // as in Python, which leaves far images out
        // The image 2 i + sign x of a place x of the grid lies within reach of the bin's confidence.
        const ends = [(bin.confidence - reach - 2 * i) * sign, (bin.confidence + reach - 2 * i) * sign];
        const first = Math.max(0, Math.floor(Math.min(...ends) * size - 0.5)),
          last = Math.min(size - 1, Math.ceil(Math.max(...ends) * size - 0.5));
        for (let j = first; j <= last; j++) {
          const apart = (2 * i + sign * (j + 0.5) * step - bin.confidence) / width;
          const value = Math.exp(-0.5 * apart * apart);
          kernel[j] += value;
          mass += value;
        }
      }
    const weight = (bin.count * gapOf(bin)) / total / (mass * step);
    for (let j = 0; j < size; j++) smooth[j] += weight * kernel[j];
  }
  return smooth.reduce((all, gap) => all + Math.abs(gap), 0) * step;
}

/** The smooth calibration error: the smoothed gap at the width that equals it, sought by bisection. One step each time it
 * is asked, so that a demo can spread the work over frames; the last value is the error, those before it are null.
 * @param {ArrayLike<number>} confidence @param {ArrayLike<number>} correct 1 or 0 @returns {Generator<number | null>} */
export function* smoothError(confidence, correct) {
  const LEAST = 1e-3;
  const fine = binned(confidence, correct, 600),
    coarse = binned(confidence, correct, 100);
  let low = LEAST,
    high = 1;
  for (const bins of [coarse, fine]) {
    if (bins === fine) {
      low = Math.max(low * 0.98, LEAST);
      high = Math.min(high * 1.02, 1);
      const error = smoothedGap(fine, low);
      if (error <= low) return void (yield error);
      yield null;
    }
    for (let step = 0; step < 8; step++) {
      const middle = Math.sqrt(low * high);
      if (smoothedGap(bins, middle) >= middle) low = middle;
      else high = middle;
      yield null;
    }
  }
  yield smoothedGap(fine, Math.sqrt(low * high));
}
