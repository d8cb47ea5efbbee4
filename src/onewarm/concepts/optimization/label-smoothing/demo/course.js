/** One training from the start to the end, and the model on the way that was best on rows held out from it. Pure. */

import { D, K, descend, untrained } from "./training.js";

/** @typedef {import("./training.js").Rows} Rows */

export const STEPS = 400; // more steps change no digit that is shown

/** Mean negative log-likelihood of the labels, in nats. @param {Float64Array} weights @param {Rows} rows */
export function labelNll(weights, { n, inputs, labels }) {
  let total = 0;
  const z = new Float64Array(K);
  for (let i = 0; i < n; i++) {
    let best = 0;
    for (let k = 0; k < K; k++) {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += inputs[i * D + d] * weights[k * D + d];
      z[k] = sum;
      if (sum > z[best]) best = k;
    }
    let rest = 0;
    for (let k = 0; k < K; k++) if (k !== best) rest += Math.exp(z[k] - z[best]);
    total += Math.log1p(rest) + (z[best] - z[labels[i]]);
  }
  return total / n;
}

/** @param {Rows} rows to learn from @param {Rows} held rows that say when to stop @param {number} alpha */
export function course(rows, held, alpha) {
  let model = untrained();
  const now = { step: 0, weights: model.weights, nll: labelNll(model.weights, held) };
  const best = { ...now };
  return {
    rows,
    alpha,
    now,
    /** Where the held-out loss was lowest so far. */
    best,
    get done() {
      return now.step >= STEPS;
    },
    /** One step of gradient descent. */
    advance() {
      model = descend(model, rows, alpha);
      Object.assign(now, { step: now.step + 1, weights: model.weights, nll: labelNll(model.weights, held) });
      if (now.nll < best.nll) Object.assign(best, now);
    },
  };
}
