/** The axis of the temperature, which the slider and the curve share: logarithmic, so that T and 1/T are as far from 1. */

import { scale } from "onewarm/numbers.js";

export const LOWEST = 0.25;
export const HIGHEST = 8;
export const STEP = 0.05; // of log2 T: 3.5 %
export const MARKS = [0.25, 0.5, 1, 2, 4, 8];

/** Where a temperature stands between two ends of a picture. @param {number} left @param {number} right */
export function along(left, right) {
  const linear = scale(Math.log2(LOWEST), Math.log2(HIGHEST), left, right);
  return (/** @type {number} */ T) => linear(Math.log2(T));
}

/** The temperature of a place on the axis, with two decimals. @param {number} power */
export const temperatureOf = (power) => Number((2 ** power).toFixed(2));

/** A temperature as text; the ends of the search by name. @param {number} T */
export const temperatureText = (T) => (T === 0 ? "0" : T === Infinity ? "∞" : T.toFixed(2));
