/** Practice loop: one exercise at a time, with other numbers when asked; checks answers that are numbers, gives nudges one
 * at a time, keeps answers and marks in this browser for each exercise and each set of its numbers. */
import { deck } from "./deck.js";
import { Exercise } from "./exercise.js";
import { download, literal, watch, write } from "./store.js";
import { undoable } from "./undo.js";

/** @param {HTMLElement} root @param {{concept: string, title: string}} page */
export function practice(root, { concept, title }) {
  const progress = /** @type {HTMLElement} */ (root.querySelector("[data-progress]"));
  const cards = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-exercise]")]);
  const exercises = cards.map((card) => new Exercise(card, concept, changed));
  const shown = deck(root, (_, i) => (exercises[i].done() ? "done" : exercises[i].begun() ? "begun" : ""));
  const settle = undoable(
    root,
    () => exercises.flatMap((exercise) => exercise.keys()),
    showAll,
    () => /** @type {HTMLElement} */ (root.querySelector("[data-delete]")),
  );
  root.querySelector("[data-export]")?.addEventListener("click", () => download("practice.md", report()));
  watch(`practice:${concept}/`, showAll);

  function showAll() {
    for (const exercise of exercises) exercise.show();
    count();
  }

  /** After the reader's own change. */
  function changed() {
    settle();
    count();
  }

  function count() {
    const done = exercises.filter((exercise) => exercise.done()).length;
    write(`progress:${concept}`, { done, of: exercises.length });
    progress.textContent = `${done} of ${exercises.length} done, kept in this browser`;
    shown.refresh();
  }

  function report() {
    const parts = exercises.flatMap((exercise) => exercise.report());
    return [`# Practice: ${literal(title)}`, "", `Concept: ${concept}`, "", ...parts].join("\n");
  }

  count();
}
