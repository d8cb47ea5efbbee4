/** A small model, trained here: softmax regression by gradient descent on rows drawn from three overlapping clouds.
 *
 * Everything follows from a seed, in float64, and equals NumPy's and onewarm's numbers to 1e-12. The clouds are normal, so
 * the true probabilities of every row are known, and a softmax regression can reach them: given rows enough it is
 * calibrated, given few it is overconfident. Matrices are flat, row after row. */

import { binOf, uniforms } from "onewarm/calibration.js";

export const K = 3; // classes
export const D = 13; // inputs: 12 numbers and a constant 1
export const BINS = 15;
export const SIZES = Object.freeze({ overconfident: 60, calibrated: 600 }); // rows to train on
export const APART = 1.5; // of each cloud's centre from the origin, along its own axis, in standard deviations
const DECAY = 1e-3; // weight decay, so that the loss has one minimum even with hard targets
const RATE = 0.5;
const MOMENTUM = 0.9;

/** Rows of the three clouds: inputs (n, D), labels (n), and the true probabilities of each row (n, K).
 * @param {number} seed @param {number} n */
export function clouds(seed, n) {
  const uniform = uniforms(seed);
  const inputs = new Float64Array(n * D);
  const labels = new Uint8Array(n);
  const toTruth = new Float64Array(K * D); // log p(x | k) is linear in x, up to what the classes share
  for (let k = 0; k < K; k++) {
    toTruth[k * D + k] = APART;
    toTruth[k * D + D - 1] = -(APART * APART) / 2;
  }
  for (let i = 0; i < n; i++) {
    labels[i] = Math.min(K - 1, Math.floor(uniform() * K));
    for (let d = 0; d < D - 1; d++) {
      const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      inputs[i * D + d] = normal + (d === labels[i] ? APART : 0);
    }
    inputs[i * D + D - 1] = 1;
  }
  return { n, inputs, labels, truth: forward(toTruth, inputs).probabilities };
}
/** @typedef {ReturnType<typeof clouds>} Rows */

/** Probabilities (n, K) = softmax(W inputs), and logsumexp - logit as the surprise of every class (n, K).
 * @param {Float64Array} weights (K, D) @param {Float64Array} inputs (n, D) */
export function forward(weights, inputs) {
  const n = inputs.length / D;
  const probabilities = new Float64Array(n * K);
  const surprise = new Float64Array(n * K);
  for (let i = 0; i < n; i++) {
    const at = i * K;
    let top = -Infinity,
      best = 0;
    for (let k = 0; k < K; k++) {
      let z = 0;
      for (let d = 0; d < D; d++) z += inputs[i * D + d] * weights[k * D + d];
      surprise[at + k] = z; // for now
      if (z > top) {
        top = z;
        best = k;
      }
    }
    let rest = 0; // what the classes below the largest add; log1p keeps a small one
    for (let k = 0; k < K; k++) {
      const e = k === best ? 1 : Math.exp(surprise[at + k] - top);
      if (k !== best) rest += e;
      probabilities[at + k] = e;
    }
    const log = Math.log1p(rest);
    for (let k = 0; k < K; k++) {
      probabilities[at + k] /= 1 + rest;
      surprise[at + k] = log + (top - surprise[at + k]);
    }
  }
  return { probabilities, surprise };
}

/** Mean smoothed cross-entropy with its weight decay, and its gradient with respect to the weights (K, D).
 * @param {Float64Array} weights @param {Rows} rows @param {number} alpha */
export function lossAndGradient(weights, { n, inputs, labels }, alpha) {
  const { probabilities, surprise } = forward(weights, inputs);
  const gradient = new Float64Array(K * D);
  let loss = 0;
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < K; k++) {
      const target = (k === labels[i] ? 1 - alpha : 0) + alpha / K;
      if (target !== 0) loss += target * surprise[i * K + k];
      const gap = probabilities[i * K + k] - target;
      for (let d = 0; d < D; d++) gradient[k * D + d] += gap * inputs[i * D + d];
    }
  }
  loss /= n;
  for (let j = 0; j < gradient.length; j++) {
    gradient[j] = gradient[j] / n + DECAY * weights[j];
    loss += (DECAY / 2) * weights[j] * weights[j];
  }
  return { loss, gradient };
}

/** One step of gradient descent with momentum: velocity <- .9 velocity - .5 gradient; weights <- weights + velocity.
 * @param {{weights: Float64Array, velocity: Float64Array}} model @param {Rows} rows @param {number} alpha */
export function descend({ weights, velocity }, rows, alpha) {
  const { gradient } = lossAndGradient(weights, rows, alpha);
  const moved = velocity.map((v, j) => MOMENTUM * v - RATE * gradient[j]);
  return { weights: weights.map((w, j) => w + moved[j]), velocity: moved };
}

/** A model that knows nothing. */
export const untrained = () => ({ weights: new Float64Array(K * D), velocity: new Float64Array(K * D) });

/** The model's calibration, scored on the rows' true probabilities: reliability bins, ECE, and NLL in nats. @param {Float64Array} weights @param {Rows} rows */
export function score(weights, { n, inputs, truth }) {
  const { probabilities, surprise } = forward(weights, inputs);
  const bins = Array.from({ length: BINS }, () => ({ count: 0, confidence: 0, accuracy: 0 }));
  let nll = 0;
  for (let i = 0; i < n; i++) {
    let top = 0;
    for (let k = 0; k < K; k++) {
      if (probabilities[i * K + k] > probabilities[i * K + top]) top = k;
      if (truth[i * K + k] > 0) nll += truth[i * K + k] * surprise[i * K + k];
    }
    const bin = bins[binOf(probabilities[i * K + top], BINS)];
    bin.count++;
    bin.confidence += probabilities[i * K + top];
    bin.accuracy += truth[i * K + top];
  }
  let ece = 0,
    confidence = 0,
    accuracy = 0;
  for (const bin of bins) {
    ece += Math.abs(bin.confidence - bin.accuracy) / n;
    confidence += bin.confidence / n;
    accuracy += bin.accuracy / n;
    bin.confidence /= bin.count || 1;
    bin.accuracy /= bin.count || 1;
  }
  return { bins, ece, confidence, accuracy, gap: confidence - accuracy, nll: nll / n };
}
