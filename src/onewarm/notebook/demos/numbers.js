/** Numbers: how they are written, and where they are drawn. */

/** @param {number} value @param {number} lo @param {number} hi */
export const clamp = (value, lo, hi) => Math.min(hi, Math.max(lo, value));

/** A number with a true minus sign, and a plus if asked for; "–" where there is none. @param {number} value @param {number} digits @param {boolean} [sign] */
export function fixed(value, digits, sign = false) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "–" : value > 0 ? "∞" : "−∞";
  const text = Math.abs(value).toFixed(digits);
  const zero = Number(text) === 0;
  return (value < 0 && !zero ? "−" : sign && !zero ? "+" : "") + text;
}

/** The sign between parts and their total: "=" where they add up as they are written, else "≈", since each is rounded by
 * itself. @param {number[]} parts @param {number} total @param {number} digits */
export function equals(parts, total, digits) {
  const written = (/** @type {number} */ value) => Number(value.toFixed(digits));
  const apart = parts.reduce((all, part) => all + written(part), 0) - written(total);
  return Math.abs(apart) < 0.5 * 10 ** -digits ? "=" : "≈";
}

/** A logit as text: one decimal where that is exact, else two; none from 100. @param {number} z */
export const logitText = (z) => fixed(z, Math.abs(z) >= 100 ? 0 : Math.abs(z * 10 - Math.round(z * 10)) < 1e-9 ? 1 : 2);

/** The value at a tick of an axis. @param {number} value */
export const tickText = (value) => String(value).replace("-", "−");

/** A coordinate or a percentage as an attribute has it: two decimals at most. @param {number} value */
export const px = (value) => String(Number(value.toFixed(2)));

/** A linear map [a, b] -> [from, to]. @param {number} a @param {number} b @param {number} from @param {number} to */
export const scale = (a, b, from, to) => (/** @type {number} */ v) => from + ((v - a) / (b - a)) * (to - from);

/** The smallest of 1, 2, 5, 10, 20, ... that is at least `value`. @param {number} value @param {number[]} [steps] */
export function niceCeil(value, steps = [1, 2, 5, 10]) {
  const power = 10 ** Math.floor(Math.log10(value));
  return steps.map((m) => m * power).find((nice) => nice >= value * (1 - 1e-12)) ?? 10 * power;
}

/** About `count` round ticks in [lo, hi]. @param {number} lo @param {number} hi @param {number} count */
export function ticks(lo, hi, count) {
  const size = niceCeil((hi - lo) / count);
  const out = [];
  for (let i = Math.ceil(lo / size - 1e-9); i * size <= hi + 1e-9 * size; i++)
    out.push(Number((i * size).toPrecision(12)));
  return out;
}

/** "up" where descent raises the logit (gradient below 0), "down" where it lowers it. @param {number} g */
export const pull = (g) => (Math.abs(g) < 5e-4 ? "none" : g < 0 ? "up" : "down");

/** The sign of a pull, so that colour is never the only sign. @type {Record<string, string>} */
export const ARROW = { up: "▲", down: "▼", none: "=" };

/** The same in words, to follow a value. @type {Record<string, string>} */
export const PUSH = { up: ", pushed up", down: ", pushed down", none: ", at rest" };

/** A gradient with the arrow of its pull. @param {number} g */
export const gradientText = (g) => `${ARROW[pull(g)]} ${fixed(g, 3, true)}`;

/** An interval as it follows its value; nothing where there is none. @param {[number, number] | null} interval
 * @param {number} [digits] @param {number} [flip] below 0 for the value with its sign changed */
export function intervalText(interval, digits = 3, flip = 1) {
  if (!interval) return "";
  const [lo, hi] = flip > 0 ? interval : [-interval[1], -interval[0]];
  return ` [${fixed(lo, digits)}, ${fixed(hi, digits)}]`;
}
