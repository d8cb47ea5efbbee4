/** A button that deletes at once, and beside it one that takes that back. */
import { read, remove, write } from "./store.js";

/** @param {HTMLElement} root what holds the buttons data-delete and data-undo
 *  @param {() => string[]} doomed the keys to delete
 *  @param {() => void} changed called after either
 *  @param {() => HTMLElement} focused what gets the focus when "undo" goes
 *  @returns {() => void} makes the deletion final */
export function undoable(root, doomed, changed, focused) {
  const [clear, undo] = /** @type {HTMLElement[]} */ ([root.querySelector("[data-delete]"), root.querySelector("[data-undo]")]);
  /** @type {[string, any][]} */
  let deleted = [];
  const settle = () => {
    deleted = [];
    undo.hidden = true;
  };
  clear.addEventListener("click", () => {
    const gone = /** @type {[string, any][]} */ (doomed().map((key) => [key, read(key)]).filter(([, value]) => value !== null));
    if (!gone.length) return;
    deleted = gone;
    for (const [key] of gone) remove(key);
    undo.hidden = false;
    changed();
  });
  undo.addEventListener("click", () => {
    for (const [key, value] of deleted) write(key, value);
    settle();
    changed();
    focused().focus();
  });
  return settle;
}
