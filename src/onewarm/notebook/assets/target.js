/** What an address points at: opens what hides it, such as folded details or a card that is not shown, and goes there. */

const TRAILING = /[\s.,;:!?)\]}>'"\u2019\u201d\u00bb]+$/; // what a sentence around an address leaves on it

/** The element that an anchor names, if there is one: exactly, or but for upper case and what was pasted with it.
 * @param {string} hash */
export function named(hash) {
  if (hash.length < 2) return null;
  try {
    const name = decodeURIComponent(hash.slice(1));
    const wanted = name.trim().replace(TRAILING, "").toLowerCase();
    return document.getElementById(name) ?? [...document.querySelectorAll("[id]")].find(({ id }) => id.toLowerCase() === wanted) ?? null;
  } catch {
    return null; // not an encoded text
  }
}

/** Whether the address has been put right: the browser goes by the exact name only. */
function corrected() {
  const target = named(location.hash);
  if (!target || document.getElementById(decodeURIComponent(location.hash.slice(1)))) return false;
  location.replace(`#${encodeURIComponent(target.id)}`);
  return true;
}

/** Opens an element and every fold around it, and tells what else may hide it. @param {Element} target */
export function reveal(target) {
  for (let node = /** @type {Element | null} */ (target); node; node = node.parentElement) {
    if (node instanceof HTMLDetailsElement) node.open = true;
  }
  target.dispatchEvent(new CustomEvent("onewarm:reveal", { bubbles: true }));
}

/** Gives an element the focus, so that the keyboard goes on from there. @param {HTMLElement} target */
function enter(target) {
  if (target.contains(document.activeElement)) return;
  if (!target.hasAttribute("tabindex") && target.tabIndex < 0) {
    target.tabIndex = -1;
    target.addEventListener("blur", () => target.removeAttribute("tabindex"), { once: true });
  }
  target.focus({ preventScroll: true });
}

/** Scrolls to what the address names, and opens what hides it. */
export function go() {
  const target = named(location.hash);
  if (!target) return;
  reveal(target);
  target.scrollIntoView();
}

/** Lands on the address' target and stays there while fonts load, until the reader moves. Then follows links and the way
 * back to what is hidden, which the browser does not open. */
export function land() {
  addEventListener("hashchange", () => void (corrected() || show()));
  corrected();
  document.addEventListener("click", (event) => {
    // A second click on the same link does not change the address.
    const link = /** @type {Element} */ (event.target).closest?.("a[href^='#']");
    if (link instanceof HTMLAnchorElement && !event.defaultPrevented && link.hash === location.hash) setTimeout(show);
  });
  const [visit] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  if (visit && visit.type !== "navigate") return; // the browser goes back to where the reader was
  const grown = new ResizeObserver(go);
  for (const kind of ["wheel", "touchstart", "keydown", "pointerdown", "popstate"]) addEventListener(kind, () => grown.disconnect(), { passive: true });
  grown.observe(document.body);
}

/** Goes to what the address names if it was hidden; otherwise the browser has gone there. */
export function show() {
  const target = named(location.hash);
  if (!target) return;
  const seen = target.checkVisibility();
  reveal(target);
  if (!seen) target.scrollIntoView();
  enter(target);
}
