/** A button that deletes at once, and beside it one that takes that back. */
import { read, remove, write } from "./store.js";

/** @param {HTMLElement} root what holds the buttons data-delete and data-undo
 *  @param {() => string[]} doomed the keys to delete
 *  @param {(keys: string[], back: boolean) => void} changed called after either, with what was deleted or is back
 *  @param {() => HTMLElement} focused what gets the focus when "undo" goes
 *  @returns {(key?: string) => void} makes the deletion final, of this key or of any */
export function undoable(root, doomed, changed, focused) {
  const [clear, undo] = /** @type {HTMLElement[]} */ ([root.querySelector("[data-delete]"), root.querySelector("[data-undo]")]);
  /** @type {[string, any][]} */
  let deleted = [];
  const settle = (/** @type {string | undefined} */ key) => {
    if (key !== undefined && !deleted.some(([gone]) => gone === key)) return;
    deleted = [];
    undo.hidden = true;
  };
  clear.addEventListener("click", () => {
    const gone = /** @type {[string, any][]} */ (doomed().map((key) => [key, read(key)]).filter(([, value]) => value !== null));
    if (!gone.length) return;
    deleted = gone;
    for (const [key] of gone) remove(key);
    undo.hidden = false;
    changed(gone.map(([key]) => key), false);
  });
  undo.addEventListener("click", () => {
    // What was written since, here or in another tab, stays.
    for (const [key, value] of deleted) write(key, { ...value, ...read(key, {}) });
    const back = deleted.map(([key]) => key);
    settle();
    changed(back, true);
    focused().focus();
  });
  return settle;
}
