/** Practice loop: checks answers that are numbers, gives nudges one at a time, keeps marks and progress in this browser. */
import { download, literal, read, remove, write } from "./store.js";

/** @typedef {{answer?: string, reasons?: string, right?: boolean, marks?: number[], nudges?: number}} Kept */

/** A number as a reader writes it: decimal comma or point, a true minus, a power of ten. @param {string} text */
export function parseNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/^([+-]?\d*),(\d+)$/, "$1.$2");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

/** @param {HTMLElement} root @param {{concept: string, title: string}} page */
export function practice(root, { concept, title }) {
  const key = (/** @type {string} */ name) => `practice:${concept}/${name}`;
  const progress = /** @type {HTMLElement} */ (root.querySelector("[data-progress]"));
  const exercises = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-exercise]")]);
  const shows = exercises.map((exercise) => enhance(exercise, key(exercise.dataset.exercise ?? ""), count));

  function count() {
    const done = exercises.filter((e) => finished(e, read(key(e.dataset.exercise ?? ""), {}))).length;
    write(`progress:${concept}`, { done, of: exercises.length });
    progress.textContent = `${done} of ${exercises.length} done, kept in this browser`;
  }

  root.querySelector("[data-export]")?.addEventListener("click", () => download("practice.md", report()));
  const clear = /** @type {HTMLElement} */ (root.querySelector("[data-clear]"));
  clear.addEventListener("click", () => {
    if (clear.dataset.sure !== "yes") {
      clear.dataset.sure = "yes";
      clear.textContent = "Clear all answers: sure?";
      return;
    }
    for (const exercise of exercises) remove(key(exercise.dataset.exercise ?? ""));
    shows.forEach((show) => show());
    calm();
    count();
  });
  const calm = () => {
    clear.dataset.sure = "";
    clear.textContent = "Clear them";
  };
  clear.addEventListener("blur", calm);

  function report() {
    const lines = [`# Practice: ${literal(title)}`, "", `Concept: ${concept}`, ""];
    for (const exercise of exercises) {
      const kept = read(key(exercise.dataset.exercise ?? ""), {});
      lines.push(`## ${text(exercise, ".level")}`, "", literal(text(exercise, ".question")), "", `My answer: ${kept.answer || "(none)"}`, "");
      if (kept.reasons) lines.push(`My reasons: ${kept.reasons}`, "");
      if (exercise.dataset.value) lines.push(kept.right ? "Checked: right." : "Checked: not right yet.", "");
      exercise.querySelectorAll(".rubric li").forEach((line, i) => lines.push(`- [${kept.marks?.includes(i) ? "x" : " "}] ${literal(line.textContent?.trim() ?? "")}`));
      lines.push("");
    }
    return lines.join("\n");
  }
  count();
}

/** @param {HTMLElement} exercise @param {Kept} kept */
function finished(exercise, kept) {
  // A right number ends a concrete question; reasons are for the reader to mark.
  const lines = exercise.querySelectorAll("[data-mark]").length;
  const right = Boolean(kept.right) && exercise.dataset.reasons === undefined;
  return right || (lines > 0 && (kept.marks?.length ?? 0) >= lines);
}

/** @param {HTMLElement} exercise @param {string} key @param {() => void} changed */
function enhance(exercise, key, changed) {
  const form = /** @type {HTMLFormElement} */ (exercise.querySelector("form"));
  const answer = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (form.elements.namedItem("answer"));
  const reasons = /** @type {HTMLTextAreaElement | null} */ (form.elements.namedItem("reasons"));
  const verdict = /** @type {HTMLElement} */ (exercise.querySelector("[data-verdict]"));
  const nudges = /** @type {HTMLDetailsElement[]} */ ([...exercise.querySelectorAll("[data-nudge]")]);
  const marks = /** @type {HTMLInputElement[]} */ ([...exercise.querySelectorAll("[data-mark]")]);
  const value = Number(exercise.dataset.value), tolerance = Number(exercise.dataset.tolerance);

  /** @param {Partial<Kept>} patch */
  const keep = (patch) => {
    write(key, { ...read(key, {}), ...patch });
    changed();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!exercise.dataset.value) return;
    const given = parseNumber(answer.value);
    const right = Math.abs(given - value) <= tolerance * (1 + 1e-9);
    verdict.dataset.right = String(right);
    verdict.textContent = Number.isNaN(given)
      ? "That is not a number. Write it like 0.41 or −0.08."
      : right ? "Right." : `Not yet: ${given > value ? "too high" : "too low"}.`;
    keep({ answer: answer.value, right });
  });
  answer.addEventListener("input", () => {
    verdict.textContent = "";
    keep({ answer: answer.value, right: false });
  });
  reasons?.addEventListener("input", () => keep({ reasons: reasons.value }));
  nudges.forEach((nudge, i) =>
    nudge.addEventListener("toggle", () => {
      if (!nudge.open) return;
      if (nudges[i + 1]) nudges[i + 1].hidden = false;
      if ((read(key, {}).nudges ?? 0) < i + 1) keep({ nudges: i + 1 });
    }));
  for (const mark of marks) {
    mark.addEventListener("change", () => keep({ marks: marks.flatMap((m, i) => (m.checked ? [i] : [])) }));
  }

  function show() {
    /** @type {Kept} */
    const kept = read(key, {});
    answer.value = typeof kept.answer === "string" ? kept.answer : "";
    if (reasons) reasons.value = typeof kept.reasons === "string" ? kept.reasons : "";
    verdict.textContent = kept.right ? "Right." : "";
    verdict.dataset.right = String(Boolean(kept.right));
    marks.forEach((mark, i) => (mark.checked = Boolean(kept.marks?.includes?.(i))));
    nudges.forEach((nudge, i) => {
      nudge.open = false;
      nudge.hidden = i > (kept.nudges ?? 0);
    });
  }
  show();
  return show;
}

/** @param {HTMLElement} from @param {string} selector */
const text = (from, selector) => from.querySelector(selector)?.textContent?.trim() ?? "";
