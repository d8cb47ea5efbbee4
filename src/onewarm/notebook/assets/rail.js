/** The rail: the chapter that is being read, the chapters whose questions are answered, and the time that is left. */

/** @param {HTMLElement | null} root @param {HTMLElement[]} steps
 * @param {Map<HTMLElement, import("./question.js").Question>} questions */
export function rail(root, steps, questions) {
  const links = /** @type {HTMLAnchorElement[]} */ ([...(root?.querySelectorAll(".contents a") ?? [])]);
  /** What the links lead to, as far as the page has been read. */
  const targets = () => links.map((link) => document.getElementById(link.hash.slice(1)));
  const left = /** @type {HTMLElement | null} */ (root?.querySelector("[data-left]") ?? null);
  const scroller = root?.querySelector(".contents");
  const minutes = Number(left?.dataset.minutes ?? 0);
  let here = -1;

  /** Brings the present chapter's link into the middle of the bar, where the bar scrolls; the start of a longer one.
   * @param {HTMLElement} link */
  function centre(link) {
    if (!scroller) return;
    const box = scroller.getBoundingClientRect(), item = link.getBoundingClientRect();
    scroller.scrollLeft += item.left - box.left - Math.max(16, (box.width - item.width) / 2);
  }

  return {
    /** What is done, and how long the rest takes. @param {number} at the step that is being read */
    draw(at) {
      targets().forEach((target, i) => {
        const mark = /** @type {HTMLElement | null} */ (links[i].querySelector("[data-done]"));
        const asked = steps.filter((step) => target?.contains(step) && questions.has(step));
        if (mark) mark.hidden = !asked.length || !asked.every((step) => questions.get(step)?.committed);
      });
      if (!left) return;
      const open = [...questions.values()].filter((one) => one.committed).length;
      const rest = Math.ceil((minutes * (steps.length - Math.max(at, 0))) / steps.length);
      left.textContent = `${rest} min left`;
      left.title = `${open} of ${questions.size} questions answered`;
    },
    /** Marks the last target above the line of reading. @param {number} line */
    scrolled(line) {
      let next = 0;
      targets().forEach((target, i) => {
        if (target && target.getBoundingClientRect().top <= line) next = i;
      });
      if (next === here) return;
      const first = here < 0;
      here = next;
      links.forEach((link, i) => (i === here ? link.setAttribute("aria-current", "location") : link.removeAttribute("aria-current")));
      first ? requestAnimationFrame(() => centre(links[here])) : centre(links[here]); // the first frame is laid out once
    },
  };
}
