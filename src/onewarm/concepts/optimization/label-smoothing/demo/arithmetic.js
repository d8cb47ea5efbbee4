/** What this demo computes beside the kit: the loss along one logit, its optimum, and the row that receives alpha. */

import { crossEntropy, gradient, isDistribution, logSumExp, sum } from "onewarm/arithmetic.js";

/** @typedef {readonly number[]} Row */

/** H(t, z) with logit k put at each of `values`; the other classes enter as one logsumexp and one dot product.
 * @param {Row} z @param {Row} t @param {number} k @param {Row} values */
export function lossAlong(z, t, k, values) {
  const mass = sum(t);
  const others = logSumExp(z.filter((_, j) => j !== k));
  const dot = sum(t.map((value, j) => (j === k ? 0 : value * (z[j] - others))));
  return values.map((value) => {
    const rise = value - others; // logsumexp(z) = others + softplus(rise)
    return mass * (Math.max(rise, 0) + Math.log1p(Math.exp(-Math.abs(rise)))) - t[k] * rise - dot;
  });
}

/** The lowest loss along logit k: where p_k = t_k / s. With t_k = 0 or s it lies at infinity and is never reached.
 * @param {Row} z @param {Row} t @param {number} k @returns {{at: number, loss: number}} */
export function optimum(z, t, k) {
  const mass = sum(t);
  const others = z.filter((_, j) => j !== k);
  const rest = t.filter((_, j) => j !== k);
  const held = sum(rest); // s - t_k, without the cancellation
  if (t[k] > 0 && held > 0) {
    const at = logSumExp(others) + Math.log(t[k] / held);
    return {
      at,
      loss: crossEntropy(
        z.map((value, j) => (j === k ? at : value)),
        t,
      ),
    };
  }
  if (t[k] <= 0) return { at: -Infinity, loss: t[k] < 0 ? -Infinity : crossEntropy(others, rest) };
  const flat = rest.every((value) => value === 0);
  return { at: Infinity, loss: held < 0 ? -Infinity : flat ? 0 : -sum(rest.map((value, j) => value * others[j])) };
}

/** The minimiser that gradient descent from z reaches (steps keep the sum of z): log t, moved to z's mean.
 * Null where a class has no mass: then there is none. @param {Row} z @param {Row} t @returns {number[] | null} */
export function minimiser(z, t) {
  if (t.some((value) => value <= 0)) return null;
  const log = t.map(Math.log);
  const shift = (sum(z) - sum(log)) / z.length;
  return log.map((value) => value + shift);
}

/** One step of gradient descent, z - rate * gradient. @param {Row} z @param {Row} t @param {number} [rate] */
export const step = (z, t, rate = 1) => gradient(z, t).map((g, k) => z[k] - rate * g);

/** The row that receives alpha. `rows`: K numbers, or K rows of which the label's is taken.
 * @param {string} recipe @param {number} K @param {number} label @param {any} [rows] @returns {number[]} */
export function recipeRow(recipe, K, label, rows) {
  if (recipe === "uniform") return Array(K).fill(1 / K);
  const row = Array.isArray(rows?.[0]) ? rows[label] : rows;
  if (isDistribution(row, K)) return [...row];
  // No usable row from the host: a long tail for the prior, "near classes look alike" for the teacher.
  const weight = Array.from({ length: K }, (_, k) =>
    recipe === "prior" ? 1 / (k + 1) : Math.exp(-1.2 * Math.abs(k - label)),
  );
  const total = sum(weight);
  return weight.map((value) => value / total);
}
