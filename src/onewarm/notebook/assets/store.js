/** What the reader wrote and marked: kept in this browser only, under keys that start with "onewarm:". */

const PREFIX = "onewarm:";
/** Used where the browser refuses storage (private windows, full disks): values last until the page is closed. */
const memory = new Map();

/** The value kept under a key, or `otherwise`. @param {string} key @param {any} [otherwise] */
export function read(key, otherwise = null) {
  try {
    const text = memory.get(key) ?? localStorage.getItem(PREFIX + key);
    return text === null || text === undefined ? otherwise : JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Keeps a value; false where it lasts only as long as the page. @param {string} key @param {any} value */
export function write(key, value) {
  const text = JSON.stringify(value);
  try {
    localStorage.setItem(PREFIX + key, text);
    memory.delete(key);
    return true;
  } catch {
    memory.set(key, text);
    return false;
  }
}

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

/** The text escaped for Markdown: no tag, link or emphasis comes of it. @param {string} text */
export const literal = (text) => text.replace(/[\\`*_[\]<]/g, "\\$&");

/** Hands the reader a file. @param {string} name @param {string} text */
export function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
