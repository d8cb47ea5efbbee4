/** A small model, trained here, and rows that it has not seen: softmax regression on rows drawn from four normal clouds.
 *
 * Everything follows from a seed, in float64, and equals NumPy's numbers to 1e-12. Sixty rows of thirteen inputs can be
 * separated, so training drives the logits up for as long as it is let: the model is right on all of them, and surer
 * than right on others. The clouds are known, so the true probabilities of every row are known too. */

import { softmax } from "onewarm/arithmetic.js";
import { uniforms } from "onewarm/calibration.js";

export const K = 4; // classes
export const HELD_OUT = 400; // rows
const TRAINING = 60; // rows
const D = 13; // inputs: 12 numbers and a constant 1
const APART = 2.5; // of each cloud's centre from the origin, along its own axis, in standard deviations
const STEPS = 40;
const RATE = 0.5;
const MOMENTUM = 0.9;

/** @typedef {number[][]} Rows @typedef {{logits: Rows, labels: number[], truth: Rows}} Scored */

/** Inputs and labels of `n` rows, the same number of each class on average. @param {() => number} uniform @param {number} n */
function clouds(uniform, n) {
  /** @type {Rows} */ const inputs = [];
  /** @type {number[]} */ const labels = [];
  for (let i = 0; i < n; i++) {
    const label = Math.min(K - 1, Math.floor(uniform() * K));
    const row = Array.from({ length: D - 1 }, (_, d) => {
      const normal = Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
      return normal + (d === label ? APART : 0);
    });
    inputs.push([...row, 1]);
    labels.push(label);
  }
  return { inputs, labels };
}

/** The logits of one row, in plain loops, since training asks for thousands. @param {Rows} weights (K, D) @param {number[]} row (D) */
function logitsOf(weights, row) {
  const logits = [0, 0, 0, 0];
  for (let k = 0; k < K; k++) for (let d = 0; d < D; d++) logits[k] += weights[k][d] * row[d];
  return logits;
}

/** Weights (K, D) after STEPS steps of gradient descent with momentum on the mean loss. @param {Rows} inputs @param {number[]} labels */
function trained(inputs, labels) {
  const weights = Array.from({ length: K }, () => Array(D).fill(0));
  const velocity = weights.map((row) => row.slice());
  for (let step = 0; step < STEPS; step++) {
    const slope = weights.map((row) => row.map(() => 0));
    inputs.forEach((row, i) => {
      const p = softmax(logitsOf(weights, row));
      for (let k = 0; k < K; k++) {
        const gap = p[k] - (k === labels[i] ? 1 : 0);
        for (let d = 0; d < D; d++) slope[k][d] += gap * row[d];
      }
    });
    for (let k = 0; k < K; k++)
      for (let d = 0; d < D; d++) {
        velocity[k][d] = MOMENTUM * velocity[k][d] - (RATE * slope[k][d]) / inputs.length;
        weights[k][d] += velocity[k][d];
      }
  }
  return weights;
}

/** The model of a seed, on the rows that it was trained on and on held-out rows: its logits, the labels, and the true
 * probabilities. @param {number} seed @returns {{training: Scored, heldOut: Scored}} */
export function modelOf(seed) {
  const uniform = uniforms(seed);
  const [training, heldOut] = [clouds(uniform, TRAINING), clouds(uniform, HELD_OUT)];
  const weights = trained(training.inputs, training.labels);
  const scored = (/** @type {typeof training} */ { inputs, labels }) => ({
    logits: inputs.map((row) => logitsOf(weights, row)),
    labels,
    truth: inputs.map((row) => softmax(row.slice(0, K).map((x) => APART * x))),
  });
  return { training: scored(training), heldOut: scored(heldOut) };
}
