/** What the reader wrote and marked: kept in this browser only, under keys that start with "onewarm:".
 *
 * Anything may stand in a browser's storage: what an older page wrote, what another program wrote, half a text. So a value
 * is checked here, once, against the shape that its key has; what does not fit is as good as not there. */

const PREFIX = "onewarm:";
/** Used where the browser refuses storage (private windows, full disks): values last until the page is closed. */
const memory = new Map();

/** @param {unknown} value */
const text = (value) => typeof value === "string";
/** @param {unknown} value */
const flag = (value) => typeof value === "boolean";
/** @param {unknown} value */
const count = (value) => Number.isInteger(value) && Number(value) >= 0;
/** @param {unknown} value */
const counts = (value) => Array.isArray(value) && value.every(count);

/** The shape of a value by the first part of its key: a check, or one for each field. A field that fails its check is left
 * out. Keys that are not listed may have any value but null, of the type of what is asked for otherwise.
 * @type {Record<string, ((value: unknown) => boolean) | Record<string, (value: unknown) => boolean>>} */
const SHAPES = {
  draft: { draft: text, next: text },
  followed: flag,
  known: flag,
  object: text,
  practice: { answer: text, reasons: text, right: flag, marks: counts, nudges: count, variant: count },
  prediction: text,
  progress: { done: count, of: count },
  statement: { said: flag },
};

/** The value as its key's shape has it; undefined if it does not fit. @param {string} key @param {any} value */
function fitted(key, value) {
  const shape = SHAPES[key.split(":", 1)[0]];
  if (value === null || value === undefined) return undefined;
  if (!shape) return value;
  if (typeof shape === "function") return shape(value) ? value : undefined;
  if (typeof value !== "object" || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(shape).filter(([name, fits]) => fits(value[name])).map(([name]) => [name, value[name]]));
}

/** The value kept under a key, or `otherwise` where there is none that fits. @param {string} key @param {any} [otherwise] */
export function read(key, otherwise = null) {
  try {
    const kept = memory.get(key) ?? localStorage.getItem(PREFIX + key);
    const value = fitted(key, kept === null ? null : JSON.parse(kept)) ?? otherwise;
    return otherwise === null || (typeof value === typeof otherwise && Array.isArray(value) === Array.isArray(otherwise)) ? value : otherwise;
  } catch {
    return otherwise;
  }
}

/** Keeps a value; false where it lasts only as long as the page. @param {string} key @param {any} value */
export function write(key, value) {
  const written = JSON.stringify(value);
  try {
    localStorage.setItem(PREFIX + key, written);
    memory.delete(key);
    return true;
  } catch {
    memory.set(key, written);
    return false;
  }
}

/** Keeps some fields of a value and leaves the others as another tab may have written them. @param {string} key @param {object} fields */
export const patch = (key, fields) => write(key, { ...read(key, {}), ...fields });

/** @param {string} key */
export function remove(key) {
  memory.delete(key);
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // Nothing was kept.
  }
}

/** Keys that start so, in order. @param {string} start */
export function keys(start) {
  const found = new Set([...memory.keys()].filter((key) => key.startsWith(start)));
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX + start)) found.add(key.slice(PREFIX.length));
  } catch {
    // Only what is in memory.
  }
  return [...found].sort();
}

/** Calls back when another tab has changed what is kept under keys that start so. @param {string} start @param {() => void} changed */
export function watch(start, changed) {
  addEventListener("storage", ({ key }) => {
    if (key !== null && !key.startsWith(PREFIX + start)) return;
    if (key !== null) memory.delete(key.slice(PREFIX.length));
    changed();
  });
}

/** The text escaped for Markdown: no tag, link or emphasis comes of it. @param {string} plain */
export const literal = (plain) => plain.replace(/[\\`*_[\]<]/g, "\\$&");

/** Hands the reader a file. @param {string} name @param {string} contents */
export function download(name, contents) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([contents], { type: "text/markdown;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
