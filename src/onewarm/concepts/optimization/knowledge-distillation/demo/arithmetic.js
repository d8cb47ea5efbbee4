/** Arithmetic of distillation. Pure, float64 as in Python, and tested against it to 1e-12, large logits included. */

import { crossEntropy, logSoftmax, softmax, sum } from "onewarm/arithmetic.js";

/** @typedef {readonly number[]} Row */

/** softmax(v / T). @param {Row} v @param {number} T */
export const soften = (v, T) => softmax(v.map((value) => value / T));

/** exp(x) - 1 - x for |x| up to 1, by its series: the difference would lose a small x's digits. @param {number} x */
function aboveTangent(x) {
  let [total, term] = [0, (x * x) / 2];
  for (let n = 3; total + term !== total; n++) {
    total += term;
    term *= x / n;
  }
  return total;
}

/** KL(softmax(v) || softmax(z)). Where the rows are close, as all are at a high temperature, it is log E exp(x) of
 * x = z - v less its mean, with the mean of q = softmax(v): in that form nothing cancels. @param {Row} z @param {Row} v */
function divergence(z, v) {
  const q = logSoftmax(v);
  const weights = q.map(Math.exp);
  const apart = z.map((value, k) => value - v[k]);
  const mean = sum(apart.map((value, k) => weights[k] * value));
  const x = apart.map((value) => value - mean);
  if (Math.max(...x.map(Math.abs)) <= 1) return Math.log1p(sum(x.map((value, k) => weights[k] * aboveTangent(value))));
  const p = logSoftmax(z);
  return sum(weights.map((weight, k) => (weight > 0 ? weight * (q[k] - p[k]) : 0)));
}

/** T^2 KL(softmax(v / T) || softmax(z / T)). @param {Row} z @param {Row} v @param {number} T */
export function teacherLoss(z, v, T) {
  const cooled = (/** @type {Row} */ row) => row.map((value) => value / T);
  return T * T * divergence(cooled(z), cooled(v));
}

/** w T^2 KL(q || p) + (1 - w) H(label, softmax(z)). @param {Row} z @param {Row} v @param {number} T @param {number} w
 * @param {number} label */
export function loss(z, v, T, w, label) {
  const hard = z.map((_, k) => (k === label ? 1 : 0));
  return (w > 0 ? w * teacherLoss(z, v, T) : 0) + (w < 1 ? (1 - w) * crossEntropy(z, hard) : 0);
}

/** w T (p - q) + (1 - w) (softmax(z) - label). @param {Row} z @param {Row} v @param {number} T @param {number} w
 * @param {number} label @returns {number[]} */
export function gradient(z, v, T, w, label) {
  const [p, q, cold] = [soften(z, T), soften(v, T), softmax(z)];
  return z.map((_, k) => w * T * (p[k] - q[k]) + (1 - w) * (cold[k] - (k === label ? 1 : 0)));
}

/** The size of the teacher's own gradient, T (p - q). Divided by T^2 it is the size without that factor in the loss.
 * @param {Row} z @param {Row} v @param {number} T */
export function size(z, v, T) {
  const [p, q] = [soften(z, T), soften(v, T)];
  return T * Math.hypot(...p.map((value, k) => value - q[k]));
}

/** What `size` tends to as T grows: |(z - mean z) - (v - mean v)| / K. @param {Row} z @param {Row} v */
export function limit(z, v) {
  const apart = z.map((value, k) => value - v[k]);
  const mean = sum(apart) / apart.length;
  return Math.hypot(...apart.map((value) => value - mean)) / apart.length;
}

/** The size of the label's own gradient, softmax(z) - label. @param {Row} z @param {number} label */
export const hardSize = (z, label) => Math.hypot(...softmax(z).map((p, k) => (k === label ? p - 1 : p)));

/** How much a row tells beyond label smoothing, in nats: (1 - q_y) (log(K - 1) - H(wrong)) = sum over k != y of
 * q_k log(q_k (K - 1) / m), with m the mass of the wrong classes. @param {Row} q @param {number} label */
export function dark(q, label) {
  const wrong = q.filter((_, k) => k !== label);
  const mass = sum(wrong);
  if (!(mass > 0)) return 0;
  const nats = sum(wrong.map((value) => (value > 0 ? value * Math.log((value / mass) * wrong.length) : 0)));
  return Math.max(0, nats);
}

/** The logits of a teacher trained with smoothing alpha on the probabilities of the hard-trained one with logits v:
 * log((1 - alpha) softmax(v) + alpha / K), less their mean. @param {Row} v @param {number} alpha @returns {number[]} */
export function smoothed(v, alpha) {
  const log = alpha > 0 ? softmax(v).map((p) => Math.log((1 - alpha) * p + alpha / v.length)) : logSoftmax(v);
  const mean = sum(log) / log.length;
  return log.map((value) => value - mean);
}
