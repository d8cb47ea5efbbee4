/** What this demo computes itself: prices, and the parts of the bill. Pure, in nats. */

import { crossEntropy, entropy, gradient, logSoftmax, sum } from "onewarm/arithmetic.js";

/** @typedef {readonly number[]} Row */

/** The loss in parts, for logits z and a target t that sums to 1.
 *
 * By class: prices -log p; paid t times the price; levels -log t, the price if p were t (Infinity where t is 0); terms
 * t log(t / p). In all: divergence, the sum of the terms; extra, the sum of the positive ones; saving, minus the sum of the
 * negative ones; loss = entropy + divergence; reverse = KL(p || t).
 * @param {Row} z @param {Row} t */
export function bill(z, t) {
  const logs = logSoftmax(z);
  const prices = logs.map((v) => 0 - v); // 0 - v: no negative zero
  const levels = t.map((v) => (v > 0 ? 0 - Math.log(v) : Infinity));
  const terms = t.map((v, k) => (v > 0 ? v * (prices[k] - levels[k]) : 0));
  const probabilities = logs.map(Math.exp);
  return {
    probabilities,
    prices,
    levels,
    terms,
    paid: t.map((v, k) => (v > 0 ? v * prices[k] : 0)),
    loss: crossEntropy(z, t),
    entropy: entropy(t),
    divergence: sum(terms),
    extra: sum(terms.filter((v) => v > 0)),
    saving: 0 - sum(terms.filter((v) => v < 0)),
    reverse: sum(probabilities.map((p, k) => (p > 0 ? p * (levels[k] - prices[k]) : 0))),
    gradient: gradient(z, t),
  };
}

/** What the loss is at each probability q of class k while the others keep their proportions, which is what moving the one
 * logit z_k does: -t_k log q - (1 - t_k) log(1 - q) + rest. It is lowest at q = t_k, and reaches that only if 0 < t_k < 1.
 * @param {Row} z @param {Row} t @param {number} k */
export function along(z, t, k) {
  const others = z.flatMap((_, j) => (j === k ? [] : [j]));
  const logs = logSoftmax(others.map((j) => z[j]));
  const rest = 0 - sum(logs.map((v, i) => (t[others[i]] > 0 ? t[others[i]] * v : 0)));
  const left = sum(others.map((j) => t[j]));
  const term = (/** @type {number} */ weight, /** @type {number} */ log) => (weight > 0 ? 0 - weight * log : 0);
  const lossAt = (/** @type {number} */ q) => term(t[k], Math.log(q)) + term(left, Math.log1p(-q)) + rest;
  return { rest, lossAt, lowest: lossAt(t[k]), reached: t[k] > 0 && left > 0 };
}

/** Logits whose softmax is t: log t; a class without votes gets 20 less than the rarest class with votes.
 * @param {Row} t @returns {number[]} */
export function meeting(t) {
  const rarest = Math.log(Math.min(...t.filter((v) => v > 0))); // its logit is 0
  return t.map((v) => (v > 0 ? Math.log(v) : rarest - 20) - rarest);
}

/** The slope of the surprise -log p, which is -1 / p, from the surprise itself: p may have rounded to 0. @param {number} price */
export const slopeAt = (price) => -Math.exp(price);

/** Votes to start from, for K classes. @param {string} name @param {number} K @returns {number[]} */
export function example(name, K) {
  const shapes = {
    votes: [12, 5, 2, 1],
    hard: [20],
    level: Array(K).fill(5),
    tail: [18, 1.2, 0.6, 0.2],
    halves: Array.from({ length: K }, (_, k) => 2 ** (K - 1 - Math.min(k, Math.max(K - 2, 0)))),
  };
  const shape = /** @type {Record<string, number[]>} */ (shapes)[name];
  return Array.from({ length: K }, (_, k) => shape[k] ?? 0);
}
