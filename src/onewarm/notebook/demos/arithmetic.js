/** Arithmetic of rows of logits and targets. Pure functions of numbers in float64; the tests compare them with Python to
 * 1e-12, large logits included. */

/** @typedef {readonly number[]} Row */

/** Sum of a row. @param {Row} row */
export const sum = (row) => row.reduce((total, value) => total + value, 0);

/** The row divided by its sum. @param {Row} row @returns {number[]} */
export function normalized(row) {
  const total = sum(row);
  return row.map((value) => value / total);
}

/** The index of the largest logit, and logsumexp(z) less that logit: log1p keeps a sum of the others that is small.
 * @param {Row} z */
function aboveLargest(z) {
  const top = z.indexOf(Math.max(...z));
  let others = 0;
  for (let k = 0; k < z.length; k++) if (k !== top) others += Math.exp(z[k] - z[top]);
  return { top, excess: Math.log1p(others) };
}

/** log(sum(exp(z))) without overflow. @param {Row} z */
export function logSumExp(z) {
  const { top, excess } = aboveLargest(z);
  return z[top] + excess;
}

/** exp(z) / sum(exp(z)). @param {Row} z @returns {number[]} */
export function softmax(z) {
  const top = Math.max(...z);
  return normalized(z.map((value) => Math.exp(value - top)));
}

/** log(softmax(z)), finite where softmax itself rounds to 0. @param {Row} z @returns {number[]} */
export function logSoftmax(z) {
  const { top, excess } = aboveLargest(z);
  return z.map((value) => value - z[top] - excess); // the difference first: large logits cancel nothing
}

/** The target: mass `alpha` moved from the label to `row`; t = (1 - alpha) onehot(label) + alpha row.
 * @param {number} label @param {number} alpha @param {Row} row @returns {number[]} */
export const target = (label, alpha, row) => row.map((r, k) => (k === label ? 1 - alpha : 0) + alpha * r);

/** H(t, z) = s logsumexp(z) - <t, z>, s = sum(t); written with max(z) - z, so that large logits cancel nothing.
 * @param {Row} z @param {Row} t */
export function crossEntropy(z, t) {
  const { top, excess } = aboveLargest(z);
  return sum(t) * excess + sum(t.map((mass, k) => mass * (z[top] - z[k])));
}

/** dH/dz = s softmax(z) - t. @param {Row} z @param {Row} t @returns {number[]} */
export function gradient(z, t) {
  const mass = sum(t);
  return softmax(z).map((p, k) => mass * p - t[k]);
}

/** One step of gradient descent: z - gradient. @param {Row} z @param {Row} slope the gradient at z @returns {number[]} */
export const descend = (z, slope) => z.map((value, k) => value - slope[k]);

/** The loss floor, the entropy of the target: -sum t log(t / s). -Infinity where a class has negative mass.
 * @param {Row} t */
export function entropy(t) {
  if (t.some((value) => value < 0)) return -Infinity;
  const mass = sum(t);
  return sum(t.map((value) => (value > 0 ? -value * Math.log(value / mass) : 0)));
}

/** Whether `row` is K probabilities that sum to 1, to within 1e-6. @param {any} row @param {number} K */
export const isDistribution = (row, K) =>
  Array.isArray(row) &&
  row.length === K &&
  row.every((v) => Number.isFinite(v) && v >= 0) &&
  Math.abs(sum(row) - 1) < 1e-6;
