/** A list of cards of which one is shown at a time, with buttons to the previous and the next, and a dot for each. */

/** @param {HTMLElement} root what holds the cards (data-card) and their bar (data-deck-bar)
 *  @param {(card: HTMLElement, i: number) => string} state what is done with a card, in words; "" for nothing yet
 *  @returns {{refresh: () => void}} */
export function deck(root, state) {
  const cards = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-card]")]);
  const dots = /** @type {HTMLElement} */ (root.querySelector("[data-dots]"));
  const place = /** @type {HTMLElement} */ (root.querySelector("[data-place]"));
  const [back, on] = /** @type {HTMLElement[]} */ ([root.querySelector("[data-back]"), root.querySelector("[data-on]")]);
  const noun = root.dataset.noun ?? "Card";
  const buttons = cards.map((_, i) => {
    const dot = document.createElement("button");
    dot.type = "button";
    dot.className = "dot";
    dot.addEventListener("click", () => show(i));
    const item = document.createElement("li");
    item.append(dot);
    dots.append(item);
    return dot;
  });
  let shown = Math.max(0, cards.findIndex((card, i) => !state(card, i)));

  /** @param {number} i */
  function show(i) {
    shown = i;
    cards.forEach((card, k) => (card.hidden = k !== i));
    refresh();
  }

  function refresh() {
    place.textContent = `${noun} ${shown + 1} of ${cards.length}`;
    back.setAttribute("aria-disabled", String(shown === 0));
    on.setAttribute("aria-disabled", String(shown === cards.length - 1));
    buttons.forEach((dot, i) => {
      const done = state(cards[i], i);
      dot.dataset.state = done;
      dot.setAttribute("aria-label", `${noun} ${i + 1}${done ? `: ${done}` : ""}`);
      i === shown ? dot.setAttribute("aria-current", "true") : dot.removeAttribute("aria-current");
    });
  }

  back.addEventListener("click", () => shown > 0 && show(shown - 1));
  on.addEventListener("click", () => shown < cards.length - 1 && show(shown + 1));
  root.addEventListener("onewarm:reveal", ({ target }) => {
    const i = cards.findIndex((card) => card.contains(/** @type {Node} */ (target)));
    if (i >= 0) show(i);
  });
  show(shown);
  return { refresh };
}
