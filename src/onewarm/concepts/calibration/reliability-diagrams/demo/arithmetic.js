/** The arithmetic of this demo, equal to onewarm.calibration's: ten bins, samples of a model whose truth is known. Pure. */

import { sum } from "onewarm/arithmetic.js";
import { binned, debiasedSquare, eceOf, gapOf, squaredGap, uniforms } from "onewarm/calibration.js";

/** @typedef {import("onewarm/calibration.js").Bin} Bin */

export const DRAWS = 200; // samples in the histogram
export const WIDTH = 0.1; // of the ten bins that the reader moves

/** The state's three rows as bins: those that have rows. @param {{rows: number[], confidence: number[], accuracy: number[]}} state
 * @returns {(Bin & {index: number})[]} */
export const binsOf = ({ rows, confidence, accuracy }) =>
  rows
    .map((count, index) => ({ index, count, confidence: confidence[index], accuracy: accuracy[index] }))
    .filter((bin) => bin.count > 0);

/** Means over all rows. @param {Bin[]} bins */
export function overall(bins) {
  const rows = sum(bins.map((bin) => bin.count));
  const mean = (/** @type {(bin: Bin) => number} */ of) => (rows ? sum(bins.map((bin) => bin.count * of(bin))) / rows : 0);
  return { rows, confidence: mean((bin) => bin.confidence), accuracy: mean((bin) => bin.accuracy) };
}

/** What each bin adds to the ECE: its share of the rows, its gap, and their product. @param {Bin[]} bins */
export function terms(bins) {
  const { rows } = overall(bins);
  return bins.map((bin) => {
    const share = bin.count / rows,
      gap = Math.abs(gapOf(bin));
    return { share, gap, product: share * gap };
  });
}

/** The same rows in `count` bins of equal width: each takes the bins whose confidence it holds. @param {Bin[]} bins
 * @param {number} count a divisor of 10 @param {number[]} places the index of each bin among the ten @returns {Bin[]} */
export function merged(bins, count, places) {
  const wide = 10 / count;
  return Array.from({ length: count }, (_, group) => bins.filter((_bin, i) => Math.floor(places[i] / wide) === group))
    .filter((group) => group.length > 0)
    .map((group) => {
      const { rows, confidence, accuracy } = overall(group);
      return { count: rows, confidence, accuracy };
    });
}

/** Murphy's parts of the Brier score of these bins, where all rows of a bin have its confidence:
 * reliability - resolution + uncertainty. @param {Bin[]} bins */
export function brierParts(bins) {
  const { rows, accuracy } = overall(bins);
  const reliability = squaredGap(bins);
  const resolution = rows ? sum(bins.map((bin) => bin.count * (bin.accuracy - accuracy) ** 2)) / rows : 0;
  const uncertainty = accuracy * (1 - accuracy);
  return { reliability, resolution, uncertainty, brier: reliability - resolution + uncertainty };
}

/** How often an answer with this confidence is right: always so that the model's own ECE is `error`.
 * @param {number} confidence @param {number} error from 0, a perfect model, to .25, one whose confidence says nothing */
export const rightAt = (confidence, error) => confidence + 4 * error * (0.5 - confidence);

/** Rows of a model whose confidences are uniform between 0 and 1. @param {number} seed @param {number} rows
 * @param {number} error */
export function sample(seed, rows, error) {
  const uniform = uniforms(seed);
  const confidence = new Float64Array(rows),
    correct = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    confidence[i] = uniform();
    correct[i] = uniform() <= rightAt(confidence[i], error) ? 1 : 0;
  }
  return { confidence, correct };
}

/** What a sample says of its model. @param {number} seed @param {number} rows @param {number} bins @param {number} error */
export function measured(seed, rows, bins, error) {
  const { confidence, correct } = sample(seed, rows, error);
  const drawn = binned(confidence, correct, bins);
  return { bins: drawn, ece: eceOf(drawn), square: squaredGap(drawn), debiased: debiasedSquare(confidence, correct, bins) };
}

/** The seed of the sample with this number in the histogram; number 0 is the one whose diagram is shown.
 * @param {number} seed @param {number} number */
export const seedOf = (seed, number) => seed + 1000 * number;
