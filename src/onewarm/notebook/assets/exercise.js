/** One exercise of the practice loop, with its sets of numbers and what is kept of each. */
import { literal, patch, read } from "./store.js";

/** @typedef {{answer?: string, reasons?: string, right?: boolean, marks?: number[], nudges?: number, variant?: number}} Kept */

/** @typedef {{value: number, question: Node[], nudges: Node[]}} Variant */

/** A number as a reader writes it: decimal comma or point, a true minus, a power of ten. @param {string} text */
export function parseNumber(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/^([+-]?\d*),(\d+)$/, "$1.$2");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

export class Exercise {
  /** @param {HTMLElement} card @param {string} concept @param {() => void} changed called after the reader's own change */
  constructor(card, concept, changed) {
    this.card = card;
    this.changed = changed;
    this.base = `practice:${concept}/${card.dataset.exercise}`;
    const at = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (card.querySelector(selector));
    this.form = /** @type {HTMLFormElement} */ (at("form"));
    this.answer = /** @type {HTMLInputElement | HTMLTextAreaElement} */ (this.form.elements.namedItem("answer"));
    this.reasons = /** @type {HTMLTextAreaElement | null} */ (this.form.elements.namedItem("reasons"));
    this.verdict = at("[data-verdict]");
    this.question = at("[data-question]");
    this.nudges = at("[data-nudges]");
    this.which = at("[data-which]");
    this.numeric = card.dataset.value !== undefined;
    this.tolerance = Number(card.dataset.tolerance);
    /** The sets of numbers: the right answer, and what is shown of the question and of the nudges; the others wait in
     * templates until they are asked for. @type {(Variant | HTMLTemplateElement)[]} */
    this.variants = [
      { value: Number(card.dataset.value), question: [...this.question.childNodes], nudges: [...this.nudges.childNodes] },
      .../** @type {NodeListOf<HTMLTemplateElement>} */ (card.querySelectorAll("template[data-variant]")),
    ];
    this.#markable(/** @type {Variant} */ (this.variants[0]).nudges, 0);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.numeric) this.#check();
    });
    this.answer.addEventListener("input", () => {
      this.verdict.textContent = "";
      this.#keep({ answer: this.answer.value, right: false });
    });
    this.reasons?.addEventListener("input", () => this.#keep({ reasons: this.reasons?.value }));
    card.querySelector("[data-anew]")?.addEventListener("click", () => {
      patch(this.base, { variant: (this.at() + 1) % this.variants.length });
      this.show();
      this.changed();
    });
    this.show();
  }

  /** Which set of numbers is shown. */
  at() {
    return (/** @type {Kept} */ (read(this.base, {})).variant ?? 0) % this.variants.length;
  }

  /** A set of numbers. @param {number} i @returns {Variant} */
  variant(i) {
    const kept = this.variants[i];
    if (!(kept instanceof HTMLTemplateElement)) return kept;
    const [question, nudges] = kept.content.children;
    const made = { value: Number(kept.dataset.variant), question: [...question.childNodes], nudges: [...nudges.childNodes] };
    this.variants[i] = made;
    this.#markable(made.nudges, i);
    return made;
  }

  /** Under which key a set's answers are kept: the first one's under the exercise's own. @param {number} i */
  key(i) {
    return i ? `${this.base}/${i}` : this.base;
  }

  keys() {
    return this.variants.map((_, i) => this.key(i));
  }

  /** @param {number} i @returns {Kept} */
  kept(i) {
    return read(this.key(i), {});
  }

  /** A right number ends a concrete question; reasons are for the reader to mark. One set of numbers is enough. */
  done() {
    const lines = this.nudges.querySelectorAll("[data-mark]").length;
    return this.variants.some((_, i) => {
      const { right = false, marks = [] } = this.kept(i);
      return (right && this.card.dataset.reasons === undefined) || (lines > 0 && marks.length >= lines);
    });
  }

  begun() {
    return this.variants.some((_, i) => {
      const { answer = "", reasons = "", marks = [], nudges = 0 } = this.kept(i);
      return Boolean(answer || reasons || marks.length || nudges);
    });
  }

  show() {
    const i = this.at();
    const { answer = "", reasons = "", right = false, marks = [], nudges = 0 } = this.kept(i);
    const variant = this.variant(i);
    if (variant.nudges[0]?.parentNode !== this.nudges) {
      this.question.replaceChildren(...variant.question);
      this.nudges.replaceChildren(...variant.nudges);
      for (const fold of this.nudges.querySelectorAll("details")) fold.open = false;
    }
    if (this.which) this.which.textContent = `Numbers ${i + 1} of ${this.variants.length}`;
    if (this.answer.value !== answer) this.answer.value = answer;
    if (this.reasons && this.reasons.value !== reasons) this.reasons.value = reasons;
    this.verdict.textContent = right ? "Right." : "";
    this.verdict.dataset.right = String(right);
    this.#marks().forEach((mark, k) => (mark.checked = marks.includes(k)));
    this.nudges.querySelectorAll("[data-nudge]").forEach((nudge, k) => (/** @type {HTMLElement} */ (nudge).hidden = k > nudges));
  }

  /** The exercise as Markdown: every set of numbers that the reader has worked on, or the first. */
  report() {
    const worked = this.variants.flatMap((_, i) => (this.kept(i).answer || this.kept(i).reasons || this.kept(i).marks?.length ? [i] : []));
    return (worked.length ? worked : [this.at()]).flatMap((i) => {
      const kept = this.kept(i);
      const words = (/** @type {Node[]} */ nodes) => nodes.map((node) => node.textContent).join("").trim();
      const rubric = elements(this.variant(i).nudges).flatMap((node) => [...node.querySelectorAll(".rubric li")]);
      const lines = [`## ${this.card.querySelector(".level")?.textContent}`, "", literal(words(this.variant(i).question)), "", `My answer: ${kept.answer || "(none)"}`, ""];
      if (kept.reasons) lines.push(`My reasons: ${kept.reasons}`, "");
      if (this.numeric) lines.push(kept.right ? "Checked: right." : "Checked: not right yet.", "");
      rubric.forEach((line, k) => lines.push(`- [${kept.marks?.includes(k) ? "x" : " "}] ${literal(line.textContent?.trim() ?? "")}`));
      return [...lines, ""];
    });
  }

  #check() {
    const { value } = this.variant(this.at());
    const given = parseNumber(this.answer.value);
    const right = Math.abs(given - value) <= this.tolerance * (1 + 1e-9);
    this.#keep({ answer: this.answer.value, right });
    this.verdict.dataset.right = String(right);
    this.verdict.textContent = Number.isNaN(given)
      ? "That is not a number. Write it like 0.41 or −0.08."
      : right ? "Right." : `Not yet: ${given > value ? "too high" : "too low"}.`;
  }

  /** @param {Partial<Kept>} fields */
  #keep(fields) {
    patch(this.key(this.at()), fields);
    this.changed();
  }

  #marks() {
    return /** @type {HTMLInputElement[]} */ ([...this.nudges.querySelectorAll("[data-mark]")]);
  }

  /** Gives the lines of the rubric their boxes, and listens to them and to the nudges. @param {Node[]} nodes @param {number} i */
  #markable(nodes, i) {
    const folds = elements(nodes);
    const nudges = /** @type {HTMLDetailsElement[]} */ (folds.filter((fold) => fold.matches("[data-nudge]")));
    nudges.forEach((nudge, k) => nudge.addEventListener("toggle", () => {
      if (!nudge.open || i !== this.at()) return;
      if (nudges[k + 1]) nudges[k + 1].hidden = false;
      if ((this.kept(i).nudges ?? 0) < k + 1) this.#keep({ nudges: k + 1 });
    }));
    folds.flatMap((fold) => [...fold.querySelectorAll(".rubric label")]).forEach((line, k) => {
      const mark = document.createElement("input");
      mark.type = "checkbox";
      mark.dataset.mark = String(k);
      mark.addEventListener("change", () => this.#keep({ marks: this.#marks().flatMap((m, n) => (m.checked ? [n] : [])) }));
      line.prepend(mark);
    });
  }
}

/** @param {Node[]} nodes */
const elements = (nodes) => /** @type {HTMLElement[]} */ (nodes.filter((node) => node instanceof HTMLElement));
