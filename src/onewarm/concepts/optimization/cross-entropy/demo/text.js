/** How prices are written: never long, however large they are. */

import { fixed } from "onewarm/numbers.js";

/** Three decimals below 10, fewer above; a power of ten from 100 000. @param {number} value @param {boolean} [sign] */
export function priceText(value, sign = false) {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size < 1e5) return fixed(value, size < 10 ? 3 : size < 100 ? 2 : 0, sign);
  return (value < 0 ? "−" : sign ? "+" : "") + size.toExponential(1).replace("+", "");
}

/** Room for the labels of an axis from 0 to `reach`, in pixels. @param {number} reach */
export const labelRoom = (reach) => Math.max(34, 12 + 7.6 * String(reach).length);
