/** A question of the lesson: the reader commits to an answer, and only then sees feedback and what happens. */
import { parseNumber } from "./exercise.js";
import { read, remove, watch, write } from "./store.js";

/** @typedef {{answer: string, value?: number}} Given An answer; without a name: shown without predicting. */

/** @param {HTMLElement} box @param {{concept: string, changed: (reason: "flag" | "answer" | "elsewhere") => void}} page */
export function question(box, { concept, changed }) {
  const key = `answer:${concept}/${box.dataset.question}`;
  const kind = box.dataset.kind ?? "choose";
  const pick = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (box.querySelector(selector));
  const form = /** @type {HTMLFormElement} */ (box.querySelector("form"));
  const outcome = pick("[data-outcome]"), again = pick("[data-again]"), hint = pick("[data-hint]"), rest = pick("[data-answers]");
  const reveal = pick("[data-reveal]");
  const flag = /** @type {HTMLInputElement | null} */ (form.querySelector("[name=flag]"));
  const place = form.querySelector("output > span");
  const answers = /** @type {HTMLElement[]} */ ([...box.querySelectorAll("[data-answer]")]);
  const named = (/** @type {string} */ name) => answers.find((answer) => answer.dataset.answer === name);
  /** @type {Given | null} */
  let given = kept();

  /** The answer kept in this browser, if it is one. @returns {Given | null} */
  function kept() {
    const value = read(key);
    if (!value || typeof value.answer !== "string" || !named(value.answer)) return null;
    return { answer: value.answer, ...(Number.isFinite(value.value) ? { value: value.value } : {}) };
  }

  /** The answer whose range has the number. @param {number} value */
  const inRange = (value) => answers.find(({ dataset: { low, high } }) => low && Number(low) <= value && value < Number(high))?.dataset.answer;

  /** @param {Given | null} next @param {boolean} [keep] */
  function give(next, keep = true) {
    given = next;
    if (next?.answer && keep) write(key, next);
    if (!next) remove(key);
    hint.textContent = "";
    show(Boolean(next));
    (next ? again : /** @type {HTMLElement} */ (form.querySelector("input, button"))).focus({ preventScroll: true });
    changed("answer");
  }

  /** @param {boolean} [announce] whether screen readers are told */
  function show(announce = false) {
    const answer = given && named(given.answer);
    form.hidden = Boolean(given);
    outcome.hidden = again.hidden = !given;
    rest.hidden = !given;
    announce ? outcome.setAttribute("role", "status") : outcome.removeAttribute("role");
    const parts = [];
    if (answer) {
      const right = answer.dataset.answer === box.dataset.correct;
      const number = given?.value === undefined ? "" : `${given.value}: `;
      parts.push(line("told", right ? "Right. " : "Not so. ", `You said: ${number}`, ...copies(answer, "dt", ".tag")));
      parts.push(...copies(answer, "[data-feedback]"));
    }
    if (given) parts.push(...[...reveal.childNodes].map((node) => node.cloneNode(true)));
    outcome.dataset.right = String(answer?.dataset.answer === box.dataset.correct);
    outcome.replaceChildren(...parts);
    const ending = box.hasAttribute("data-opening") ? document.querySelector("[data-opening-ending]") : null;
    if (ending instanceof HTMLElement) {
      const told = answer ? copies(answer, "[data-ending]") : [];
      ending.hidden = !told.length;
      const missed = outcome.dataset.right === "true" ? "left open" : "missed";
      ending.replaceChildren(...(told.length ? [line("ending-title", `What your first answer ${missed}`), ...told] : []));
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pressed = /** @type {HTMLButtonElement | null} */ (/** @type {SubmitEvent} */ (event).submitter);
    if (pressed?.value) return give({ answer: pressed.value });
    if (kind === "choose") {
      const chosen = String(new FormData(form).get("answer") ?? "");
      return chosen ? give({ answer: chosen }) : void (hint.textContent = "Choose an answer first.");
    }
    const text = String(new FormData(form).get(kind) ?? "");
    const value = parseNumber(text);
    const answer = Number.isNaN(value) ? undefined : inRange(value);
    if (answer) return give({ answer, value });
    hint.textContent = Number.isNaN(value) ? "That is not a number. Write it like 0.41 or −0.08." : "No answer of this question is there.";
  });
  pick("[data-skip]").addEventListener("click", () => give({ answer: "" }, false));
  again.addEventListener("click", () => give(null));
  flag?.addEventListener("input", () => {
    mark(flag.valueAsNumber);
    changed("flag");
  });

  // An answer given in another tab stands here too.
  watch(key, () => {
    const left = form.contains(document.activeElement) || document.activeElement === again;
    given = kept();
    if (flag && given?.value !== undefined) mark(given.value);
    show();
    if (left) (given ? again : /** @type {HTMLElement} */ (form.querySelector("input, button"))).focus({ preventScroll: true });
    changed("elsewhere");
  });

  /** @param {number} value */
  function mark(value) {
    if (!flag || !Number.isFinite(value)) return;
    flag.value = String(value);
    if (place?.firstChild) place.firstChild.nodeValue = flag.value; // nothing around it is styled or laid out anew
  }

  if (flag && given?.value !== undefined) mark(given.value);
  show();
  return {
    /** Whether the answer may be seen. */
    get shown() {
      return given !== null;
    },
    /** Whether the reader has committed to an answer. */
    get committed() {
      return Boolean(given?.answer);
    },
    /** Where the reader's flag stands; undefined for a question without one, null for an answer that is no place. */
    get flag() {
      if (!flag) return undefined;
      return given ? given.value ?? null : flag.valueAsNumber;
    },
    reveal,
    /** What the stage may answer while the question is open. */
    ways() {
      if (given) return {};
      if (kind === "flag") return { flag: (/** @type {unknown} */ value) => mark(Number(value)) };
      if (kind !== "point") return {};
      return {
        point: (/** @type {string} */ name) => {
          const answer = answers.find((one) => one.dataset.highlight === name)?.dataset.answer;
          answer ? give({ answer }) : (hint.textContent = "That object is none of these answers.");
        },
      };
    },
  };
}
/** @typedef {ReturnType<typeof question>} Question */

/** @param {string} name @param {...(Node | string)} children */
function line(name, ...children) {
  const node = document.createElement("p");
  node.className = name;
  node.append(...children);
  return node;
}

/** Copies of what the selected part holds. @param {Element} from @param {string} selector @param {string} [without] */
function copies(from, selector, without = "") {
  const part = from.querySelector(selector);
  return [...(part?.childNodes ?? [])].filter((node) => !(without && node instanceof Element && node.matches(without))).map((node) => node.cloneNode(true));
}
