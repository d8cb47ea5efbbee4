/** Arithmetic of distillation. Pure, float64 as in Python, and tested against it to 1e-12, large logits included. */

import { crossEntropy, logSoftmax, softmax, sum } from "onewarm/arithmetic.js";

/** @typedef {readonly number[]} Row */

/** softmax(v / T). @param {Row} v @param {number} T */
export const soften = (v, T) => softmax(v.map((value) => value / T));

/** T^2 KL(softmax(v / T) || softmax(z / T)). @param {Row} z @param {Row} v @param {number} T */
export function teacherLoss(z, v, T) {
  const q = logSoftmax(v.map((value) => value / T));
  const p = logSoftmax(z.map((value) => value / T));
  return T * T * sum(q.map((log, k) => (log > -745 ? Math.exp(log) * (log - p[k]) : 0)));
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
