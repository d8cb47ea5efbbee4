/** Arithmetic of rows of logits and targets. Pure: numbers in, numbers out; float64 as in Python, and tested against it
 * to 1e-12, large logits included. */

/** @typedef {readonly number[]} Row */

/** Sum of a row. @param {Row} row */
export const sum = (row) => row.reduce((total, value) => total + value, 0);

/** log(sum(exp(z))) without overflow, and without losing a small rest: max + log1p(the others). @param {Row} z */
export function logSumExp(z) {
  const top = z.indexOf(Math.max(...z));
  let rest = 0;
  for (let k = 0; k < z.length; k++) if (k !== top) rest += Math.exp(z[k] - z[top]);
  return z[top] + Math.log1p(rest);
}

/** exp(z) / sum(exp(z)). @param {Row} z @returns {number[]} */
export function softmax(z) {
  const top = Math.max(...z);
  const weight = z.map((value) => Math.exp(value - top));
  const total = sum(weight);
  return weight.map((value) => value / total);
}

/** log(softmax(z)), finite where softmax itself rounds to 0. @param {Row} z @returns {number[]} */
export function logSoftmax(z) {
  const top = z.indexOf(Math.max(...z));
  let rest = 0;
  for (let k = 0; k < z.length; k++) if (k !== top) rest += Math.exp(z[k] - z[top]);
  const log = Math.log1p(rest);
  return z.map((value) => value - z[top] - log); // the difference first: large logits cancel nothing
}

/** The target: mass `alpha` moved from the label to `row`; t = (1 - alpha) onehot(label) + alpha row.
 * @param {number} label @param {number} alpha @param {Row} row @returns {number[]} */
export const target = (label, alpha, row) => row.map((r, k) => (k === label ? 1 - alpha : 0) + alpha * r);

/** H(t, z) = s logsumexp(z) - <t, z>, s = sum(t); written with z - max(z), so that large logits cancel nothing.
 * @param {Row} z @param {Row} t */
export function crossEntropy(z, t) {
  const top = z.indexOf(Math.max(...z));
  let rest = 0;
  let below = 0;
  for (let k = 0; k < z.length; k++) {
    if (k === top) continue;
    rest += Math.exp(z[k] - z[top]);
    below += t[k] * (z[top] - z[k]);
  }
  return sum(t) * Math.log1p(rest) + below;
}

/** dH/dz = s softmax(z) - t. @param {Row} z @param {Row} t @returns {number[]} */
export function gradient(z, t) {
  const mass = sum(t);
  return softmax(z).map((p, k) => mass * p - t[k]);
}

/** The loss floor, the entropy of the target: -sum t log(t / s). -Infinity where a class has negative mass.
 * @param {Row} t */
export function entropy(t) {
  if (t.some((value) => value < 0)) return -Infinity;
  const mass = sum(t);
  return sum(t.map((value) => (value > 0 ? -value * Math.log(value / mass) : 0)));
}

/** Whether `row` is K probabilities that sum to 1. @param {any} row @param {number} K */
export const isDistribution = (row, K) =>
  Array.isArray(row) &&
  row.length === K &&
  row.every((v) => Number.isFinite(v) && v >= 0) &&
  Math.abs(sum(row) - 1) < 1e-6;
