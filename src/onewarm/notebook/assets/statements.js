/** Misconceptions among true statements: the reader says true or false, and then sees the answer and its check. What was
 * said stands, until the reader asks to answer again. */
import { deck } from "./deck.js";
import { read, remove, watch, write } from "./store.js";

/** @param {HTMLElement} root @param {{concept: string}} page */
export function statements(root, { concept }) {
  const cards = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-card]")]);
  const key = (/** @type {HTMLElement} */ card) => `statement:${concept}/${card.dataset.statement}`;
  const said = (/** @type {HTMLElement} */ card) => /** @type {boolean | undefined} */ (read(key(card), {}).said);
  const isTrue = (/** @type {HTMLElement} */ card) => card.dataset.true === "true";
  const cardsShown = deck(root, (card) => (said(card) === undefined ? "" : said(card) === isTrue(card) ? "right" : "wrong"));

  /** @param {HTMLElement} card */
  function show(card) {
    const answer = said(card);
    const why = /** @type {HTMLDetailsElement} */ (card.querySelector("[data-why]"));
    const verdict = /** @type {HTMLElement} */ (card.querySelector("[data-verdict]"));
    const done = answer !== undefined;
    card.dataset.answered = String(done);
    why.hidden = !done;
    verdict.textContent = done ? `${answer === isTrue(card) ? "Right" : "No"}: it is ${card.dataset.true}.` : "";
    verdict.dataset.right = String(answer === isTrue(card));
    for (const button of card.querySelectorAll("[data-say]")) {
      button.setAttribute("aria-pressed", String(done && button.getAttribute("data-say") === String(answer)));
      button.setAttribute("aria-disabled", String(done));
    }
    /** @type {HTMLElement} */ (card.querySelector("[data-again]")).hidden = !done;
  }

  for (const card of cards) {
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (card.querySelectorAll("[data-say]"))) {
      button.addEventListener("click", () => {
        if (said(card) !== undefined) return;
        write(key(card), { said: button.dataset.say === "true" });
        show(card);
        /** @type {HTMLDetailsElement} */ (card.querySelector("[data-why]")).open = true;
        cardsShown.refresh();
      });
    }
    card.querySelector("[data-again]")?.addEventListener("click", () => {
      remove(key(card));
      show(card);
      cardsShown.refresh();
      /** @type {HTMLElement} */ (card.querySelector("[data-say]")).focus();
    });
    show(card);
  }
  watch(`statement:${concept}/`, () => {
    cards.forEach(show);
    cardsShown.refresh();
  });
}
