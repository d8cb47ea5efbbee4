/** What this demo computes itself: the loss along one logit, its optimum, and the row that receives alpha. */

import { crossEntropy, isDistribution, logSumExp, normalized, sum } from "onewarm/arithmetic.js";

/** @typedef {readonly number[]} Row */

/** log(1 + exp(x)). @param {number} x */
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** H(t, z) with logit k set to each of `values`; the other classes enter as one logsumexp and one dot product. Written in
 * differences of logits and in terms that have the target's signs, so that large logits cancel nothing.
 * @param {Row} z @param {Row} t @param {number} k @param {Row} values */
export function lossAlong(z, t, k, values) {
  const others = z.filter((_, j) => j !== k);
  const rest = t.filter((_, j) => j !== k);
  const top = Math.max(...others);
  const excess = logSumExp(others.map((value) => value - top)); // logsumexp(others) - top
  const restMass = sum(rest);
  const fixed = sum(rest.map((value, j) => value * (top - others[j] + excess)));
  return values.map((value) => {
    const rise = value - top - excess;
    return t[k] * softplus(-rise) + restMass * softplus(rise) + fixed;
  });
}

/** The lowest loss along logit k: where p_k = t_k / s. With t_k = 0 or s it lies at infinity and is never reached.
 * @param {Row} z @param {Row} t @param {number} k @returns {{at: number, loss: number}} */
export function optimum(z, t, k) {
  const others = z.filter((_, j) => j !== k);
  const rest = t.filter((_, j) => j !== k);
  const restMass = sum(rest); // s - t_k, without the cancellation
  if (t[k] > 0 && restMass > 0) {
    const at = logSumExp(others) + Math.log(t[k] / restMass);
    return { at, loss: crossEntropy(z.with(k, at), t) };
  }
  if (t[k] <= 0) return { at: -Infinity, loss: t[k] < 0 ? -Infinity : crossEntropy(others, rest) };
  // All the mass is on k, or more than all: then the rest is below 0, and the loss falls for ever.
  if (restMass < 0) return { at: Infinity, loss: -Infinity };
  return { at: Infinity, loss: 0 - sum(rest.map((value, j) => value * others[j])) };
}

/** The minimiser that gradient descent from z reaches (steps keep the sum of z): log t, moved to z's mean.
 * Null where a class has no mass: then there is none. @param {Row} z @param {Row} t @returns {number[] | null} */
export function minimiser(z, t) {
  if (t.some((value) => value <= 0)) return null;
  const log = t.map(Math.log);
  const shift = (sum(z) - sum(log)) / z.length;
  return log.map((value) => value + shift);
}

/** The row that receives alpha. `rows`: K numbers, or K rows of which the label's is taken.
 * @param {string} recipe @param {number} K @param {number} label @param {any} [rows] @returns {number[]} */
export function recipeRow(recipe, K, label, rows) {
  if (recipe === "uniform") return Array(K).fill(1 / K);
  const row = Array.isArray(rows?.[0]) ? rows[label] : rows;
  if (isDistribution(row, K)) return [...row];
  // The host gave no usable row: a long tail for the prior, and for the teacher most on the neighbouring classes.
  const weight = Array.from({ length: K }, (_, k) =>
    recipe === "prior" ? 1 / (k + 1) : Math.exp(-1.2 * Math.abs(k - label)),
  );
  return normalized(weight);
}
