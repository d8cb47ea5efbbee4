/** Next edge: what to carry over unfolds once the reader has committed to the opening prediction and followed it to its end,
 * whether it was right or wrong. It can be unfolded before: nothing here is locked. */
import { read, watch, write } from "./store.js";

/** @param {HTMLElement} root @param {{concept: string}} page */
export function next(root, { concept }) {
  const folds = /** @type {HTMLDetailsElement[]} */ ([...root.querySelectorAll("[data-more]")]);
  const note = /** @type {HTMLElement} */ (root.querySelector("[data-next-state]"));
  if (!folds.length) return note.remove();

  /** @param {boolean} followed */
  function show(followed) {
    if (followed) for (const fold of folds) fold.open = true;
    note.textContent = followed
      ? "You followed your prediction to its end: what to carry over is open."
      : "Make the opening prediction and follow it to its end, and what to carry over opens by itself. You may look now all the same.";
  }

  const followed = () => read(`followed:${concept}`, false) || Boolean(read(`prediction:${concept}`));
  document.addEventListener("onewarm:followed", () => {
    write(`followed:${concept}`, true);
    show(true);
  });
  watch(`followed:${concept}`, () => show(followed()));
  show(followed());
  if (!followed()) follow(concept);
}

/** Tells when the reader, with the opening question answered, has come to the end of the first chapter.
 * @param {string} concept */
function follow(concept) {
  const chapters = [...document.querySelectorAll("[data-lesson] .chapter")];
  const asked = /** @type {HTMLElement | null} */ (chapters[0]?.querySelector("[data-question]"));
  if (!asked) return;
  const seen = new IntersectionObserver((entries) => {
    const { answer } = read(`answer:${concept}/${asked.dataset.question}`, {});
    const committed = typeof answer === "string" && answer !== "";
    if (!committed || !entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    document.dispatchEvent(new CustomEvent("onewarm:followed"));
  });
  for (const chapter of chapters.slice(1)) for (const step of chapter.querySelectorAll("h2, [data-step]")) seen.observe(step);
}
