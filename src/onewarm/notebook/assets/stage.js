/** The demo of the page, of which there is one, and the places it moves between: its own panel, storyboard and inquiry. */

/** @param {HTMLElement | null} demo @param {import("./host.js").Model | null} model */
export function createStage(demo, model) {
  const away = document.querySelector("[data-away]");
  /** @type {any} */
  let kept = null;

  /** @param {string} name */
  function bring(name) {
    const stage = document.querySelector(`[data-stage="${name}"]`);
    if (!demo || !stage || demo.parentElement === stage) return;
    stage.append(demo);
    if (away instanceof HTMLElement) away.hidden = name === "home";
  }

  /** Highlights one kind of object of the demo, or none; may scroll to it. @param {string} name @param {boolean} [scroll] */
  function light(name, scroll = false) {
    if (!model) return;
    model.set("highlight", name || null);
    model.set("state", { highlight: name || null });
    if (scroll && name) find(name)?.scrollIntoView({ block: "center" });
  }

  /** The first visible mark of an object: demos label them data-object, in the page or in an open shadow.
   * @param {string} name @returns {Element | undefined} */
  function find(name) {
    const roots = [demo, ...(demo?.querySelectorAll("*") ?? [])].flatMap((node) => (node?.shadowRoot ? [node, node.shadowRoot] : [node]));
    for (const root of roots) {
      for (const mark of root?.querySelectorAll(`[data-object="${CSS.escape(name)}"]`) ?? []) {
        if (mark.getClientRects().length) return mark;
      }
    }
    return undefined;
  }

  document.querySelector("[data-home]")?.addEventListener("click", () => bring("home"));
  for (const button of document.querySelectorAll(".panel-demo [data-show]")) {
    button.addEventListener("click", () => {
      bring("home");
      model?.set("state", { ...JSON.parse(/** @type {HTMLElement} */ (button).dataset.show ?? "{}"), highlight: null });
      demo?.scrollIntoView({ block: "start" });
    });
  }

  return {
    model,
    bring,
    light,
    /** Puts the demo into a state and highlights objects of it. @param {HTMLElement} source data-show, data-highlight */
    show(source) {
      if (!model) return;
      kept ??= model.state();
      if (source.dataset.show) model.set("state", JSON.parse(source.dataset.show));
      light(source.dataset.highlight ?? "", true);
    },
    /** Restores the reader's own state, as it was before the first `show`. */
    restore() {
      if (model && kept) model.set("state", { ...kept, highlight: null });
      kept = null;
    },
  };
}
/** @typedef {ReturnType<typeof createStage>} Stage */
