/** The plane in which the centres of the three clouds lie. It goes through (.5, .5, .5) of the first three inputs; the other
 * nine are 0 on it. On it a softmax regression has three logits that are linear in the plane's two coordinates, and the
 * true classes part along straight lines. Pure. */

import { softmax } from "onewarm/arithmetic.js";
import { APART, D, K } from "./training.js";

const CENTRE = APART / K;
/** The directions of the plane's coordinates, in the first three inputs. */
const AXES = [
  [-Math.SQRT1_2, Math.SQRT1_2, 0],
  [-1 / Math.sqrt(6), -1 / Math.sqrt(6), 2 / Math.sqrt(6)],
];

/** Each row's place on the plane, at a right angle to it: (n, 2). @param {{n: number, inputs: Float64Array}} rows */
export function ontoPlane({ n, inputs }) {
  const places = new Float64Array(n * 2);
  for (let i = 0; i < n; i++)
    AXES.forEach((axis, a) => {
      for (let d = 0; d < K; d++) places[i * 2 + a] += axis[d] * (inputs[i * D + d] - CENTRE);
    });
  return places;
}

/** A class's logit on the plane as [constant, slope along the first coordinate, slope along the second].
 * @param {Float64Array} weights (K, D) @returns {number[][]} */
export const logitsOnPlane = (weights) =>
  Array.from({ length: K }, (_, k) => {
    const [a, b, c] = weights.subarray(k * D, k * D + K);
    const along = AXES.map((axis) => axis[0] * a + axis[1] * b + axis[2] * c);
    return [CENTRE * (a + b + c) + weights[k * D + D - 1], ...along];
  });

/** The model's probabilities at a place of the plane. @param {number[][]} logits of logitsOnPlane
 * @param {number} u @param {number} v */
export const probabilitiesAt = (logits, u, v) => softmax(logits.map(([at, alongU, alongV]) => at + alongU * u + alongV * v));
