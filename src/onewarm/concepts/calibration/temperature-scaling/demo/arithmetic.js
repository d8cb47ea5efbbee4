/** Arithmetic of a temperature. Pure, float64 as in Python, and tested against it to 1e-12. */

import { crossEntropy, logSoftmax, softmax, sum } from "onewarm/arithmetic.js";
import { binOf, eceOf } from "onewarm/calibration.js";
import { HIGHEST, LOWEST } from "./axis.js";

/** @typedef {readonly number[]} Row */

export const BINS = 15;
const LEAST = 0.01; // temperatures that are searched, as onewarm.calibration.fit_temperature does
const MOST = 100;

/** softmax(z / T). @param {Row} z @param {number} T */
export const scaled = (z, T) => softmax(z.map((value) => value / T));

/** A row of 0s with a 1 on the label. @param {number} label @param {number} K */
const onehot = (label, K) => Array.from({ length: K }, (_, k) => (k === label ? 1 : 0));

/** The labels as rows. @param {number[]} labels @param {number} K */
export const onehots = (labels, K) => labels.map((label) => onehot(label, K));

/** The mean NLL of the rows at T, in nats. @param {Row[]} logits @param {Row[]} targets rows that sum to 1 @param {number} T */
export const nll = (logits, targets, T) =>
  sum(logits.map((z, i) => crossEntropy(z.map((value) => value / T), targets[i]))) / logits.length;

/** The first and second derivative of the NLL in b = 1/T: the mean logit under the model less that under the target, and
 * the variance of the logits under the model. @param {Row[]} logits @param {Row[]} targets @param {number} b */
export function slopes(logits, targets, b) {
  let slope = 0,
    bend = 0;
  logits.forEach((z, i) => {
    const p = softmax(z.map((value) => b * value));
    let [mean, label, square] = [0, 0, 0];
    for (let k = 0; k < z.length; k++) {
      mean += p[k] * z[k];
      label += targets[i][k] * z[k];
    }
    for (let k = 0; k < z.length; k++) square += p[k] * (z[k] - mean) ** 2;
    slope += mean - label;
    bend += square;
  });
  return { slope: slope / logits.length, bend: bend / logits.length };
}

/** The temperature with the least NLL, to the last digits: Newton steps in b = 1/T inside a bracket of the slope's sign. 0 or
 * Infinity where the NLL falls all the way to the least or the greatest temperature. @param {Row[]} logits @param {Row[]} targets */
export function fitted(logits, targets) {
  let [low, high] = [1 / MOST, 1 / LEAST];
  if (slopes(logits, targets, low).slope >= 0) return Infinity;
  if (slopes(logits, targets, high).slope <= 0) return 0;
  let b = 1;
  for (let i = 0; i < 100; i++) {
    const { slope, bend } = slopes(logits, targets, b);
    slope <= 0 ? (low = b) : (high = b);
    const newton = b - slope / bend;
    const inside = newton >= low && newton <= high; // at an end too: b may be the lowest place itself
    if (inside && Math.abs(newton - b) <= 1e-8 * b) return 1 / newton; // off by about the square of that step
    b = inside ? newton : (low + high) / 2;
  }
  return 1 / b;
}

/** The rows by confidence, in bins of equal width, those without rows left out; and the whole.
 * @param {Row[]} logits @param {number[]} labels @param {number} T */
export function reliabilityAt(logits, labels, T) {
  const bins = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, accuracy: 0 }));
  logits.forEach((z, i) => {
    const p = scaled(z, T);
    const confidence = Math.max(...p);
    const bin = bins[binOf(confidence, BINS)];
    bin.count += 1;
    bin.confidence += confidence;
    bin.accuracy += z.indexOf(Math.max(...z)) === labels[i] ? 1 : 0;
  });
  const n = logits.length;
  const means = bins
    .filter((bin) => bin.count > 0)
    .map(({ count, confidence, accuracy }) => ({ count, confidence: confidence / count, accuracy: accuracy / count }));
  return {
    confidence: sum(bins.map((bin) => bin.confidence)) / n,
    accuracy: sum(bins.map((bin) => bin.accuracy)) / n,
    ece: eceOf(means),
    bins: means,
  };
}

/** What the loss with smoothed targets asks for where the truth is pi: (1 - alpha) pi + alpha / K. @param {Row} pi @param {number} alpha */
export const smoothedOptimum = (pi, alpha) => pi.map((mass) => (1 - alpha) * mass + alpha / pi.length);

/** Its inverse: (p - alpha / K) / (1 - alpha). @param {Row} p @param {number} alpha */
export const unsmoothed = (p, alpha) => p.map((mass) => (mass - alpha / p.length) / (1 - alpha));

/** The mean divergence KL(truth || model) over rows, in nats. @param {Row[]} truth @param {Row[]} logits @param {number} T */
export const divergence = (truth, logits, T) =>
  sum(
    truth.map((pi, i) => {
      const log = logSoftmax(logits[i].map((value) => value / T));
      return sum(pi.map((mass, k) => (mass > 0 ? mass * (Math.log(mass) - log[k]) : 0)));
    }),
  ) / truth.length;

/** The NLL at temperatures that are evenly spaced on the axis. @param {Row[]} logits @param {Row[]} targets
 * @param {number} points from LOWEST to HIGHEST @returns {[number, number][]} temperature and NLL */
export const curveOf = (logits, targets, points) =>
  Array.from({ length: points }, (_, i) => {
    const T = LOWEST * 2 ** ((i * Math.log2(HIGHEST / LOWEST)) / (points - 1));
    return [T, nll(logits, targets, T)];
  });

/** For each row and each class but the model's first: the log of the first's probability over the class's, in the model
 * and in truth. @param {Row[]} probabilities @param {Row[]} truth @returns {[number, number][]} */
export const logRatios = (probabilities, truth) =>
  probabilities.flatMap((p, i) => {
    const top = p.indexOf(Math.max(...p));
    const over = (/** @type {Row} */ row, /** @type {number} */ k) => Math.log(row[top] / row[k]);
    return p.flatMap((_, k) => (k === top ? [] : [/** @type {[number, number]} */ ([over(p, k), over(truth[i], k)])]));
  });

/** The divergence that is left where the model's own smoothing is undone. @param {Row[]} truth
 * @param {Row[]} probabilities of the smoothed model @param {number} alpha */
export const inverseLeaves = (truth, probabilities, alpha) =>
  Math.abs(divergence(truth, probabilities.map((p) => unsmoothed(p, alpha).map((mass) => Math.log(Math.max(mass, 1e-300)))), 1));
