/** Search over everything that has a key, the prose of the pages, the terms and the pages to come. No query leaves this
 * browser. */

/** @typedef {{kind: string, title: string, text: string, page: string, at: string, key?: string, latex?: string}} Entry */

const GREEK = { α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "epsilon", η: "eta", θ: "theta", λ: "lambda", μ: "mu", π: "pi", σ: "sigma", τ: "tau" };
const MOST = 24;
const LONGEST = 220; // characters of a text that are shown
/** What is found first among equals. @type {Record<string, number>} */
const RANKS = { concept: 3, definition: 2, claim: 1, equation: 1, "page to come": 1 };

/** Small letters without accents, Greek ones by name. @param {string} text */
export function plain(text) {
  return text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[α-ω]/g, (c) => ` ${/** @type {any} */ (GREEK)[c] ?? c} `);
}

/** @param {string} query */
const wordsOf = (query) => plain(query).split(/[^\p{L}\p{N}\\]+/u).filter(Boolean);

/** Entries that have every word of the query, the best first. @param {Entry[]} entries @param {string} query */
export function find(entries, query) {
  const words = wordsOf(query);
  if (!words.length) return [];
  const scored = entries.flatMap((entry) => {
    const title = plain(entry.title), rest = plain(`${entry.text} ${entry.key ?? ""} ${entry.latex ?? ""} ${entry.kind} ${entry.page}`);
    let score = RANKS[entry.kind] ?? 0;
    for (const word of words) {
      const at = title.indexOf(word);
      if (at >= 0) score += at === 0 || !/[\p{L}\p{N}]/u.test(title[at - 1]) ? 10 : 6;
      else if (rest.includes(word)) score += 2;
      else return [];
    }
    return [{ entry, score }];
  });
  return scored.sort((a, b) => b.score - a.score).map(({ entry }) => entry);
}

/** What is found, by page: the page of the best first, and on each page the best first. @param {Entry[]} found */
export function byPage(found) {
  /** @type {Map<string, Entry[]>} */
  const pages = new Map();
  for (const entry of found) pages.set(entry.page, [...(pages.get(entry.page) ?? []), entry]);
  return [...pages];
}

/** The part of a text that has the first word of the query which it has. @param {string} text @param {string} query */
export function excerpt(text, query) {
  if (text.length <= LONGEST) return text;
  const small = text.toLowerCase();
  const at = Math.max(0, ...wordsOf(query).map((word) => small.indexOf(word)).filter((i) => i >= 0).slice(0, 1));
  const start = at < LONGEST - 40 ? 0 : text.indexOf(" ", at - 80) + 1;
  const end = start + LONGEST < text.length ? text.lastIndexOf(" ", start + LONGEST) : text.length;
  return `${start ? "… " : ""}${text.slice(start, end)}${end < text.length ? " …" : ""}`;
}

/** @param {string} tag @param {Record<string, string>} attributes @param {...(Node | string)} children */
function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function start() {
  const opener = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-search]"));
  if (!opener) return;
  const root = new URL("../", import.meta.url);
  const input = /** @type {HTMLInputElement} */ (make("input", { type: "search", id: "search-words", autocomplete: "off", spellcheck: "false" }));
  const count = make("p", { role: "status", class: "muted" });
  const list = make("div", { class: "found-pages" });
  const close = /** @type {HTMLButtonElement} */ (make("button", { type: "button", class: "quiet" }, "Close"));
  const dialog = /** @type {HTMLDialogElement} */ (make("dialog", { class: "search", "aria-label": "Search" },
    make("div", { class: "search-line" }, make("label", { for: "search-words" }, "Concepts, claims, words of the text"), close, input), count, list));
  document.body.append(dialog);
  /** @type {Entry[] | null} */
  let entries = null;

  async function open() {
    dialog.showModal();
    input.select();
    try {
      entries ??= /** @type {Entry[]} */ (await (await fetch(new URL("assets/search.json", root))).json());
      show();
    } catch {
      count.textContent = "The index could not be loaded.";
    }
  }

  function show() {
    const found = entries ? find(entries, input.value) : [];
    count.textContent = input.value.trim() ? `${found.length || "Nothing"} found${found.length > MOST ? `, the first ${MOST} are shown` : ""}.` : "Arrow keys go through what is found.";
    list.replaceChildren(...byPage(found.slice(0, MOST)).map(([page, entries]) =>
      make("section", { class: "found-page" }, make("h2", {}, page), make("ul", { class: "found" }, ...entries.map((entry) =>
        make("li", {}, make("a", { href: new URL(entry.at, root).href }, make("span", { class: "found-title" }, entry.title)),
          make("span", { class: "tag" }, entry.kind), make("p", {}, excerpt(entry.text, input.value))))))));
  }

  opener.hidden = false;
  opener.addEventListener("click", open);
  close.addEventListener("click", () => dialog.close());
  input.addEventListener("input", show);
  list.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("a")) dialog.close();
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!dialog.open) open();
    }
  });
  dialog.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(/** @type {any} */ (document.activeElement));
    if (event.key === "ArrowDown" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
    else if (event.key === "ArrowUp" && at >= 0) (at === 0 ? input : links[at - 1]).focus();
    else if (event.key === "Escape") dialog.close(); // a search field would only empty itself
    else if (event.key === "Enter" && document.activeElement === input && links.length) links[0].click();
    else return;
    event.preventDefault();
  });
}

if (typeof document !== "undefined") start();
