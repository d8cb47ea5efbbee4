/** Addresses: what a link or the address names is on the stage and at the top of the screen, and the way back leads back. */

/** @param {HTMLElement} root @param {{stage: import("./lesson_stage.js").LessonStage}} page */
export function addresses(root, { stage }) {
  /** The page's named states. @type {Map<string, string>} */
  const states = new Map();
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-state]"))) states.set(link.dataset.state ?? "", link.dataset.show ?? "{}");
  let seen = "";

  /** Puts the stage into the state of the address; without one the text has the stage. */
  function open() {
    if (location.search === seen) return;
    seen = location.search;
    const query = new URLSearchParams(location.search);
    query.delete("embed");
    const named = states.get(query.get("state") ?? "");
    if (named !== undefined) stage.open(JSON.parse(named));
    else if (query.size) stage.read(location.search.slice(1));
    else stage.follow();
  }

  stage.model?.on("change:address", () => void (seen = location.search));
  stage.watch(() => {
    if (stage.owner !== "text" || !location.search) return;
    const url = new URL(location.href);
    url.search = "";
    history.replaceState(history.state, "", url);
    seen = "";
  });
  addEventListener("popstate", open);
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const url = new URL(link.href);
    const ours = url.origin === location.origin && url.pathname === location.pathname && url.search !== location.search;
    if (!ours || !link.getAttribute("href")?.startsWith("?")) return;
    event.preventDefault();
    history.pushState(null, "", url);
    open();
    go();
  });
  open();
}

/** The element that the address names, if there is one. */
function target() {
  try {
    return location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  } catch {
    return null; // not an encoded text
  }
}

/** Scrolls to what the address names, and opens what hides it. */
export function go() {
  const node = target();
  if (!node) return;
  for (let part = /** @type {Element | null} */ (node); part; part = part.parentElement) if (part instanceof HTMLDetailsElement) part.open = true;
  node.dispatchEvent(new CustomEvent("onewarm:reveal", { bubbles: true }));
  node.scrollIntoView();
}

/** Lands on the address' target and stays there while fonts load, until the reader moves. */
export function land() {
  const [visit] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  if (visit && visit.type !== "navigate") return; // the browser goes back to where the reader was
  const grown = new ResizeObserver(go);
  for (const kind of ["wheel", "touchstart", "keydown", "pointerdown", "popstate"]) addEventListener(kind, () => grown.disconnect(), { passive: true });
  grown.observe(document.body);
}
