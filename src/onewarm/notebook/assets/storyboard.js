/** Mechanism storyboard: the reader commits to a prediction, steps through states of the demo, and learns what the
 * prediction missed. */
import { read, write } from "./store.js";

/** @param {HTMLElement} root @param {{concept: string, stage: import("./stage.js").Stage}} page */
export function storyboard(root, { concept, stage }) {
  const key = `prediction:${concept}`;
  const pick = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
  const form = /** @type {HTMLFormElement} */ (root.querySelector("form"));
  const fieldset = /** @type {HTMLFieldSetElement} */ (form.querySelector("fieldset"));
  const commit = pick("[data-commit]"), hint = pick("[data-hint]"), feedback = pick("[data-feedback]");
  const frame = pick("[data-steps]"), count = pick("[data-count]"), endings = pick("[data-endings]");
  const ending = pick("[data-end]");
  const back = /** @type {HTMLButtonElement} */ (pick("[data-back]")), forward = /** @type {HTMLButtonElement} */ (pick("[data-forward]"));
  const steps = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-step]")]);
  const option = (/** @type {string} */ name) => pick(`[data-option="${CSS.escape(name)}"]`);
  let chosen = "", at = 0;

  frame.hidden = endings.hidden = true;
  const before = read(key, "");
  const input = [...form.elements].find((e) => e instanceof HTMLInputElement && e.value === before);
  if (input instanceof HTMLInputElement) {
    input.checked = true;
    commit.textContent = "Step through it again";
    hint.textContent = "You committed to this prediction before.";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    chosen = String(new FormData(form).get("prediction") ?? "");
    if (!chosen) {
      hint.textContent = "Choose a prediction first.";
      return;
    }
    write(key, chosen);
    document.dispatchEvent(new CustomEvent("onewarm:followed"));
    fieldset.disabled = true;
    commit.hidden = true;
    hint.textContent = "Committed.";
    feedback.replaceChildren(copy(option(chosen), "[data-told]"));
    frame.hidden = false;
    stage.bring("storyboard");
    enter(0);
  });
  back.addEventListener("click", () => enter(at - 1));
  forward.addEventListener("click", () => (at < steps.length - 1 ? enter(at + 1) : end()));
  pick("[data-again]").addEventListener("click", () => {
    stage.restore();
    stage.bring("home");
    fieldset.disabled = false;
    commit.hidden = false;
    commit.textContent = "Commit to this prediction";
    hint.textContent = "";
    feedback.replaceChildren();
    frame.hidden = endings.hidden = true;
    /** @type {HTMLElement | null} */ (form.querySelector("input:checked"))?.focus();
  });

  /** @param {number} next */
  function enter(next) {
    at = Math.min(Math.max(next, 0), steps.length - 1);
    steps.forEach((step, i) => (step.hidden = i !== at));
    ending.replaceChildren();
    endings.hidden = true;
    count.textContent = `Step ${at + 1} of ${steps.length}`;
    back.disabled = at === 0;
    forward.hidden = false;
    forward.textContent = at === steps.length - 1 ? "What did I miss?" : "Next step";
    stage.show(steps[at]);
    steps[at].focus({ preventScroll: true });
  }

  function end() {
    const right = chosen === root.dataset.correct;
    const title = document.createElement("h3");
    title.textContent = right ? "Your prediction, and what it still missed" : "What your prediction missed";
    ending.replaceChildren(title, copy(option(chosen), "[data-ending]"));
    if (!right) {
      const truth = document.createElement("p");
      truth.append("What happens: ", ...[...option(root.dataset.correct ?? "").querySelectorAll("dt > span")].flatMap((n) => [...n.cloneNode(true).childNodes]));
      ending.append(truth);
    }
    steps.forEach((step) => (step.hidden = true));
    stage.light("");
    count.textContent = "The end";
    forward.hidden = true;
    back.disabled = false;
    at = steps.length;
    endings.hidden = false;
    ending.focus({ preventScroll: true });
  }
}

/** @param {HTMLElement} from @param {string} selector */
function copy(from, selector) {
  return /** @type {HTMLElement} */ (from.querySelector(selector)?.cloneNode(true) ?? document.createElement("p"));
}
