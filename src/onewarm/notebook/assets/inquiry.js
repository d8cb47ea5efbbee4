/** Visual inquiry: the reader chooses a cue; each wrong one has an answer of its own, the right one shows it in the demo. */

/** @param {HTMLElement} root @param {{stage: import("./stage.js").Stage}} page */
export function inquiry(root, { stage }) {
  const answer = /** @type {HTMLElement} */ (root.querySelector("[data-answer]"));
  const answers = /** @type {HTMLElement} */ (root.querySelector("[data-answers]"));
  const reveal = /** @type {HTMLElement} */ (root.querySelector("[data-reveal]"));
  answers.hidden = true;
  root.querySelector("[data-bring]")?.addEventListener("click", () => stage.bring("inquiry"));

  for (const cue of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-cue]"))) {
    cue.querySelector("[data-choose]")?.addEventListener("click", () => {
      const name = cue.dataset.cue ?? "";
      const right = name === root.dataset.correct;
      cue.dataset.chosen = right ? "right" : "wrong";
      const reply = root.querySelector(`[data-for="${CSS.escape(name)}"] dd`);
      const parts = [...(reply?.childNodes ?? [])].map((node) => node.cloneNode(true));
      if (right) parts.push(...[...reveal.childNodes].map((node) => node.cloneNode(true)));
      answer.dataset.right = String(right);
      answer.replaceChildren(...parts);
      stage.bring("inquiry");
      if (right && reveal.dataset.show) stage.model?.set("state", { ...JSON.parse(reveal.dataset.show), highlight: null });
      stage.light((right ? reveal : cue).dataset.highlight ?? "");
      answers.hidden = !right;
    });
  }
}
