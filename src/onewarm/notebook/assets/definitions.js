/** Definitions of terms, and sources of citations, shown beside the word: on hover, on focus, on tap. Without this script
 * the word is a link to the entry in the list of terms or of sources. */

const WAIT = 180; // milliseconds that the pointer rests before a box opens

/** The text of the entry that a link leads to, or "". @param {Element} word */
function entryOf(word) {
  const id = decodeURIComponent(word.getAttribute("href")?.slice(1) ?? "") || `term-${/** @type {HTMLElement} */ (word).dataset.term}`;
  const entry = document.getElementById(id);
  return (entry?.querySelector("dd") ?? entry?.querySelector("[data-cited]") ?? entry)?.textContent?.replace(/\s+/g, " ").trim() ?? "";
}

/** @param {Element} root what has the words */
export function definitions(root) {
  const words = "a.term, dfn[data-term], a[href^='#source/']";
  const box = document.createElement("div");
  box.className = "definition";
  box.id = "definition";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  document.body.append(box);
  /** @type {HTMLElement | null} */
  let shown = null;
  let timer = 0;

  /** @param {HTMLElement} word */
  function show(word) {
    clearTimeout(timer);
    const text = entryOf(word);
    if (!text || shown === word) return;
    hide();
    shown = word;
    box.textContent = text;
    box.hidden = false;
    word.setAttribute("aria-describedby", box.id);
    place();
  }

  function hide() {
    clearTimeout(timer);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    box.hidden = true;
  }

  /** Below the word, or above it where there is no room below; never over the edge of the window. */
  function place() {
    if (!shown) return;
    const word = [...shown.getClientRects()].at(-1) ?? shown.getBoundingClientRect();
    const { width, height } = box.getBoundingClientRect();
    const below = word.bottom + 6, above = word.top - 6 - height;
    const left = Math.max(8, Math.min(word.left, document.documentElement.clientWidth - width - 8));
    box.style.setProperty("left", `${left}px`);
    box.style.setProperty("top", `${below + height > innerHeight && above > 0 ? above : below}px`);
  }

  /** @param {Event} event @returns {HTMLElement | null} */
  const wordOf = (event) => (event.target instanceof Element ? event.target.closest(words) : null);
  root.addEventListener("pointerover", (event) => {
    const word = wordOf(event);
    if (!word || /** @type {PointerEvent} */ (event).pointerType !== "mouse") return;
    clearTimeout(timer);
    timer = setTimeout(() => show(word), WAIT);
  });
  // The box stays while the pointer is on the word or on the box.
  const leave = (/** @type {Event} */ event) => {
    const to = /** @type {PointerEvent} */ (event).relatedTarget;
    if (/** @type {PointerEvent} */ (event).pointerType !== "mouse" || !(to instanceof Node)) return;
    clearTimeout(timer);
    if (to !== box && !shown?.contains(to) && document.activeElement !== shown) timer = setTimeout(hide, WAIT);
  };
  root.addEventListener("pointerout", leave);
  box.addEventListener("pointerleave", leave);
  box.addEventListener("pointerenter", () => clearTimeout(timer));
  root.addEventListener("focusin", (event) => {
    const word = wordOf(event);
    if (word?.matches(":focus-visible")) show(word);
  });
  root.addEventListener("focusout", (event) => void (wordOf(event) === shown && hide()));
  // A click where the definition is shown, as it is under the pointer and at the keyboard's focus, follows the link to the
  // entry; so does a program's, such as a screen reader's. A tap shows it first, and another one follows the link.
  root.addEventListener("click", (event) => {
    const word = wordOf(event);
    if (!word || !entryOf(word)) return;
    if (word.closest("button, label, summary")) return;
    if (shown === word || event.detail === 0) return hide();
    event.preventDefault();
    show(word);
  });
  document.addEventListener("pointerdown", (event) => {
    if (shown && event.target instanceof Node && !shown.contains(event.target) && !box.contains(event.target)) hide();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !shown) return;
    hide();
    event.stopPropagation();
  });
  addEventListener("scroll", () => (shown && document.activeElement !== shown && !shown.matches(":hover") ? hide() : place()), { passive: true });
  addEventListener("resize", place);
}
