/** The state of a demo, field by field: which values are valid, and how they are written in an address. Every value from
 * outside (host, address, control) is checked here; one that is not valid is left out. */

/** @typedef {"start" | "host" | "address" | "user"} By */
/** @typedef {{start: any, address: string | null | undefined,
 *   valid: (value: any, state: any, by: By, now: any) => any, text: (value: any) => string, read: (text: string) => any}} Field
 *   start: the value to start from, or a function of the fields before this one; address: the field's name in the
 *   address (undefined: its own name, null: not in the address); valid: the value, cleaned, or undefined; its `state` has
 *   the fields before this one, and `now` is the present value; text and read: to and from the address. */

/** Logits beyond this are refused: no picture could show them. */
export const LARGEST = 1e6;
const MOST = 64; // numbers in a row

/** The number that a text is, as an address writes it; undefined for spaces, hexadecimal digits, names. @param {string | null | undefined} text */
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

/** A whole number in [lo, hi]; `hi` may be a function of the state. @param {number} start @param {number} lo
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

/** True or false. @param {boolean} [start] @param {string | null} [address] @returns {Field} */
export const toggle = (start = false, address) => ({
  start,
  address,
  valid: (value) => (typeof value === "boolean" ? value : undefined),
  text: String,
  read: (text) => (text === "true" ? true : text === "false" ? false : undefined),
});

/** Another field's value, or null, which is where it starts and what an address leaves out. @param {Field} field @returns {Field} */
export const optional = (field) => ({
  ...field,
  start: null,
  valid: (value, state, by, now) => (value === null ? null : field.valid(value, state, by, now)),
});

/** A row of numbers. Only the host may change how many there are.
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

/** A row with as many numbers as the row `like`, a field before it; where it no longer fits it starts again.
 * @param {string} like @param {(values: number[]) => number[]} start its values, from those of `like`
 * @param {string | null} [address] @param {{lo?: number, hi?: number, accept?: (values: number[]) => boolean}} [limits]
 * @returns {Field} */
export function rowLike(like, start, address, { accept = () => true, ...limits } = {}) {
  const field = row([], address, limits);
  return {
    ...field,
    start: (/** @type {any} */ state) => start(state[like]),
    valid(value, state, by, now) {
      const values = field.valid(value, state, by, now);
      return values?.length === state[like].length && accept(values) ? values : undefined;
    },
  };
}

/** The names of K classes: those that the host gave, and "class k" where it gave none.
 * @param {any} given @param {number} K @returns {string[]} */
export const classNames = (given, K) =>
  Array.from({ length: K }, (_, k) => {
    const name = Array.isArray(given) ? given[k] : undefined;
    return typeof name === "string" && name.trim() ? name : `class ${k}`;
  });

/** The rules of a state made of fields. @param {Record<string, Field>} fields in an order in which none needs a later one */
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
      const present = named.filter(({ name }) => query.get(name) !== null);
      return part(
        Object.fromEntries(present.map(({ key, field, name }) => [key, field.read(query.get(name) ?? "")])),
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
