/** Panels far from the screen are not drawn, so that the stage answers at once on a long page. Each keeps the height that it
 * had when it was drawn, so that nothing moves and every address still lands where it should. */

const WAIT = 400; // milliseconds without a change, before panels rest (again)

/** @param {Iterable<HTMLElement>} panels */
export function restFarPanels(panels) {
  const all = [...panels];
  /** @type {Set<HTMLElement>} */
  const awake = new Set(all);
  let timer = 0;

  function rest() {
    const heights = [...awake].map((panel) => {
      const style = getComputedStyle(panel);
      const edges = [style.paddingBlockStart, style.paddingBlockEnd, style.borderBlockStartWidth, style.borderBlockEndWidth];
      return [panel, panel.getBoundingClientRect().height - edges.reduce((sum, edge) => sum + parseFloat(edge), 0)];
    });
    for (const [panel, height] of /** @type {[HTMLElement, number][]} */ (heights)) {
      panel.style.setProperty("contain-intrinsic-block-size", `auto ${height}px`);
      panel.classList.add("rests");
    }
    awake.clear();
  }

  /** Draws the panels again, wherever they are, and lets them rest once nothing has changed for a while.
   * @param {Iterable<HTMLElement>} which */
  function wake(which) {
    for (const panel of which) {
      panel.classList.remove("rests");
      awake.add(panel);
    }
    clearTimeout(timer);
    timer = setTimeout(rest, WAIT);
  }

  const changes = new MutationObserver((records) => {
    const nodes = records.map(({ target }) => (target instanceof Element ? target : target.parentElement));
    wake(new Set(all.filter((panel) => nodes.some((node) => node !== panel && panel.contains(node)))));
  });
  for (const panel of all) changes.observe(panel, { subtree: true, childList: true, characterData: true, attributeFilter: ["open", "hidden"] });
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) wake(all);
    width = innerWidth;
  });
  document.fonts.addEventListener("loadingdone", () => wake(all));
  document.fonts.ready.then(() => wake(all));
}
