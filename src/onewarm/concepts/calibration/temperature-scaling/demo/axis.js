/** The axis of the temperature, which the slider and the curves share. */

export const LOWEST = 0.25;
export const HIGHEST = 6;
export const STEP = 0.05;

/** A temperature as text; the ends of the search by name. @param {number} T */
export const temperatureText = (T) => (T === 0 ? "0" : T === Infinity ? "∞" : T.toFixed(2));
