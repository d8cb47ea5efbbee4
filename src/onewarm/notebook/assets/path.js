/** Learning map: how much of what this page builds on the reader has met; kept in this browser, shared by all pages. */
import { keys, read, remove, watch, write } from "./store.js";

/** Met: known already, or every exercise of its page is done. @param {string} concept */
export function met(concept) {
  const { done = 0, of = 0 } = read(`progress:${concept}`, {});
  return read(`known:${concept}`, false) || (of > 0 && done >= of);
}

/** Begun: a question was answered, or an exercise done. @param {string} concept */
export function begun(concept) {
  return read(`followed:${concept}`, false) || (read(`progress:${concept}`, {}).done ?? 0) > 0 || keys(`answer:${concept}/`).length > 0;
}

/** @param {HTMLElement} root */
export function path(root) {
  const summary = /** @type {HTMLElement} */ (root.querySelector("[data-path-says]"));
  const steps = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-path-step]")]);

  function show() {
    const left = steps.filter((step) => !met(step.dataset.pathStep ?? ""));
    const next = left.find((step) => step.dataset.pathPage !== undefined);
    for (const step of steps) {
      const concept = step.dataset.pathStep ?? "";
      const { done = 0, of = 0 } = read(`progress:${concept}`, {});
      const state = step.querySelector("[data-path-state]");
      const here = met(concept);
      step.classList.toggle("met", here);
      step.classList.toggle("begin", step === next);
      if (state) state.textContent = here ? "met" : done ? `${done} of ${of} exercises done` : step === next ? "begin here" : "";
      /** @type {HTMLInputElement} */ (step.querySelector("[data-path-known]")).checked = read(`known:${concept}`, false);
      for (const node of document.querySelectorAll(`[data-node="${CSS.escape(concept)}"]`)) node.classList.toggle("met", here);
    }
    const name = next?.querySelector("a")?.textContent;
    summary.textContent = !left.length
      ? "You have met everything that this page builds on."
      : `${left.length} of ${steps.length} still to meet` + (name ? `: begin with ${name}.` : "; their pages are to come, so mark what you know.");
  }

  for (const step of steps) {
    const box = /** @type {HTMLInputElement} */ (step.querySelector("[data-path-known]"));
    const key = `known:${step.dataset.pathStep}`;
    box.setAttribute("aria-label", `I know ${step.querySelector(".path-what")?.firstChild?.textContent ?? "this"}`);
    box.addEventListener("change", () => {
      box.checked ? write(key, true) : remove(key);
      show();
    });
  }
  watch("", show);
  show();
}

/** Puts the prerequisites that the reader has not met before the others. @param {HTMLElement} root */
export function needs(root) {
  const items = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-need]")]);
  for (const item of items) {
    const mark = item.querySelector("[data-need-met]");
    if (mark && met(item.dataset.need ?? "")) mark.textContent = " (met)";
  }
  root.append(...items.filter((item) => !met(item.dataset.need ?? "")), ...items.filter((item) => met(item.dataset.need ?? "")));
}
