/** The state of a demo, field by field: what is valid, and how an address says it. Whatever comes from outside is checked
 * here, value by value; what is not valid is left out. */

/** @typedef {"start" | "host" | "address" | "user"} By */
/** @typedef {{start: any, address: string | null | undefined,
 *   valid: (value: any, state: any, by: By, now: any) => any, text: (value: any) => string, read: (text: string) => any}} Field
 *   start: the value without a host, or a function that gives it for the fields before; address: its name there
 *   (undefined: the field's own, null: none);
 *   valid: the value, cleaned, or undefined; `state` has the fields before this one, `now` is the value held. */

const LARGEST = 1e6; // logits beyond this are refused: no picture of them says anything
const MOST = 64; // numbers in a row

/** A number as an address writes it, else undefined: no spaces, no hex, no names. @param {string | null | undefined} text */
export const numberFrom = (text) =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text ?? "") ? Number(text) : undefined;

/** A number in [lo, hi]. @param {number} start @param {number} lo @param {number} hi @param {string | null} [address] @returns {Field} */
export const number = (start, lo, hi, address) => ({
  start,
  address,
  valid: (value) => (typeof value === "number" && value >= lo && value <= hi ? value : undefined),
  text: String,
  read: numberFrom,
});

/** A whole number in [lo, hi]; `hi` may follow from the state. @param {number} start @param {number} lo
 * @param {number | ((state: any) => number)} hi @param {string | null} [address] @returns {Field} */
export const whole = (start, lo, hi, address) => ({
  start,
  address,
  valid: (value, state) =>
    Number.isInteger(value) && value >= lo && value <= (typeof hi === "function" ? hi(state) : hi) ? value : undefined,
  text: String,
  read: numberFrom,
});

/** One of a few texts. @param {string} start @param {readonly string[]} options @param {string | null} [address] @returns {Field} */
export const choice = (start, options, address) => ({
  start,
  address,
  valid: (value) => (options.includes(value) ? value : undefined),
  text: String,
  read: (text) => text,
});

/** Another field's value, or null, which is where it starts and what an address leaves out. @param {Field} field @returns {Field} */
export const optional = (field) => ({
  ...field,
  start: null,
  valid: (value, state, by, now) => (value === null ? null : field.valid(value, state, by, now)),
});

/** A row of numbers, as many as there are: only the host may change how many.
 * @param {number[]} start @param {string | null} [address]
 * @param {{least?: number, most?: number, lo?: number, hi?: number}} [limits] how many numbers, and from where to where
 * @returns {Field} */
export const row = (start, address, { least = 2, most = MOST, lo = -LARGEST, hi = LARGEST } = {}) => ({
  start,
  address,
  valid(value, _state, by, now) {
    const given = ArrayBuffer.isView(value) ? Array.from(/** @type {any} */ (value)) : value;
    if (!Array.isArray(given) || !given.every((v) => typeof v === "number" && v >= lo && v <= hi)) return undefined;
    const free = by === "host" || by === "start";
    if (free ? given.length < least || given.length > most : given.length !== now.length) return undefined;
    return given.slice();
  },
  text: (value) => value.join(","),
  read: (text) => text.split(",").map(numberFrom),
});

/** The rules of a whole state. @param {Record<string, Field>} fields in an order in which none needs a later one */
export function rules(fields) {
  const all = Object.entries(fields);
  const named = all.flatMap(([key, field]) =>
    field.address === null ? [] : [{ key, field, name: field.address ?? key }],
  );
  /** The valid part of `patch`. @param {any} patch @param {any} state @param {By} by */
  const part = (patch, state, by) => {
    /** @type {any} */
    const out = {};
    if (patch === null || typeof patch !== "object") return out;
    for (const [key, field] of all) {
      if (!Object.hasOwn(patch, key) || patch[key] === undefined) continue;
      const value = field.valid(patch[key], { ...state, ...out }, by, state[key]);
      if (value !== undefined) out[key] = value;
    }
    return out;
  };
  const begin = (/** @type {Field} */ field, /** @type {any} */ state) =>
    typeof field.start === "function" ? field.start(state) : field.start;
  return {
    start: () => all.reduce((state, [key, field]) => ({ ...state, [key]: begin(field, state) }), {}),
    part,
    /** The state with the valid part of `patch`; a field that no longer fits the others starts again.
     * @param {any} state @param {any} patch @param {By} by */
    apply(state, patch, by) {
      const next = { ...state, ...part(patch, state, by) };
      for (const [key, field] of all)
        if (field.valid(next[key], next, "host", next[key]) === undefined) next[key] = begin(field, next);
      return next;
    },
    /** The query string of a state. @param {any} state */
    format: (state) =>
      named
        .filter(({ key }) => state[key] !== null)
        .map(({ key, field, name }) => `${name}=${field.text(state[key])}`)
        .join("&"),
    /** The valid part of a query string, to go with `state`. @param {any} text @param {any} state */
    parse(text, state) {
      if (typeof text !== "string" || text.length > 4096) return {};
      const query = new URLSearchParams(text);
      const said = named.filter(({ name }) => query.get(name) !== null);
      return part(
        Object.fromEntries(said.map(({ key, field, name }) => [key, field.read(query.get(name) ?? "")])),
        state,
        "address",
      );
    },
  };
}

/** Whether two states are equal, value by value. @param {any} a @param {any} b */
export const same = (a, b) =>
  Object.keys(b).every((key) =>
    Array.isArray(a[key]) && Array.isArray(b[key])
      ? a[key].length === b[key].length &&
        a[key].every((/** @type {any} */ v, /** @type {number} */ i) => Object.is(v, b[key][i]))
      : Object.is(a[key], b[key]),
  );
