/** Research room: for one object of the page, a draft and a next action kept under its key, and a prompt that quotes what
 * was measured about it. */
import { download, keys, literal, patch, read, remove, watch, write } from "./store.js";
import { undoable } from "./undo.js";

/** @typedef {{kind: string, kind_title: string, key: string, anchor: string, title: string, context: string,
 *             question: string, evidence: string[], resolves: string[], next_action: string, facts: string[]}} Item */
/** @typedef {{draft?: string, next?: string}} Draft */

/** @param {HTMLElement} root
 *  @param {{concept: string, title: string, section: string, stage: import("./stage.js").Stage}} page */
export function research(root, { concept, title, section, stage }) {
  const { objects, questions, equations } = JSON.parse(root.querySelector(".room-objects")?.textContent ?? "");
  /** @type {Item[]} */
  const items = objects.map((/** @type {any} */ one) => ({ ...one, ...questions[one.asked] }));
  const at = (/** @type {string} */ selector) => /** @type {any} */ (root.querySelector(selector));
  const pick = /** @type {HTMLSelectElement} */ (at("[data-pick]"));
  const draft = /** @type {HTMLTextAreaElement} */ (at("[data-draft]"));
  const next = /** @type {HTMLInputElement} */ (at("[data-next]"));
  const prompt = /** @type {HTMLTextAreaElement} */ (at("[data-prompt]"));
  const saved = at("[data-saved]"), copied = at("[data-copied]");
  const key = (/** @type {string} */ object) => `draft:${object}`;
  const fold = /** @type {HTMLDetailsElement | null} */ (root.closest("[data-room-fold]"));
  let item = items[0];
  const settle = undoable(
    at("[data-draft-form]"),
    () => (empty(key(item.key)) ? [] : [key(item.key)]),
    ([changed], back) => {
      if (back) return select(changed.slice("draft:".length)); // the reader may have gone on to another object
      show();
      saved.textContent = "Deleted; Undo brings it back.";
    },
    () => draft,
  );
  at("[data-static]").hidden = true;

  for (const option of pick.options) option.dataset.title = option.textContent ?? "";

  /** @param {string} chosen */
  function select(chosen) {
    item = items.find((one) => one.key === chosen) ?? items[0];
    pick.value = item.key;
    write(`object:${concept}`, item.key);
    at("[data-context]").textContent = item.context;
    at("[data-key]").textContent = item.key;
    at("[data-anchor]").href = `#${item.anchor}`;
    at("[data-question]").textContent = item.question;
    list(at("[data-evidence]"), item.evidence);
    list(at("[data-resolves]"), item.resolves);
    list(at("[data-facts]"), item.facts.length ? item.facts : ["Nothing was measured for this object."]);
    next.placeholder = item.next_action;
    copied.textContent = "";
    show();
  }

  /** Shows the draft as it is kept, by this tab or another. */
  function show() {
    /** @type {Draft} */
    const kept = read(key(item.key), {});
    if (draft.value !== (kept.draft ?? "")) draft.value = kept.draft ?? "";
    if (next.value !== (kept.next ?? "")) next.value = kept.next ?? "";
    saved.textContent = kept.draft || kept.next ? "A draft is kept in this browser." : "No draft yet.";
    mark();
    compose();
  }

  /** Keeps what the reader has changed, and leaves the other field as another tab may have written it. @param {Draft} fields */
  function save(fields) {
    settle(key(item.key));
    const lasts = patch(key(item.key), fields);
    const kept = !empty(key(item.key));
    if (!kept) remove(key(item.key));
    saved.textContent = !kept ? "No draft yet." : lasts ? "Saved in this browser." : "Kept until this page is closed: this browser stores nothing.";
    mark();
    compose();
  }

  function mark() {
    for (const option of pick.options) option.textContent = option.dataset.title + (empty(key(option.value)) ? "" : " (draft)");
  }

  function compose() {
    const lines = (/** @type {string[]} */ all) => all.map((line) => `- ${line}`);
    prompt.value = [
      `I am studying one object of a notebook page about ${title}.`,
      "",
      `Object: ${item.kind_title}: ${item.title}`,
      `Key: ${item.key}`,
      `Anchor: ${item.anchor}`,
      `Address: ${address(item.anchor)}`,
      `Context: ${section}. ${item.context}`,
      "",
      `Question: ${item.question}`,
      "",
      "Computed by the page's own runs:",
      ...lines(item.facts.length ? item.facts : ["nothing for this object"]),
      "",
      "State of the demo now:",
      ...lines(reading(stage.model)),
      ...(equations.length ? ["", "Equations of the page, in LaTeX:", ...lines(equations)] : []),
      "",
      "Evidence to inspect:",
      ...lines(item.evidence),
      "",
      "This would resolve it:",
      ...lines(item.resolves),
      "",
      ...(draft.value.trim() ? ["My notes so far:", draft.value.trim(), ""] : []),
      `My next action: ${next.value.trim() || item.next_action}`,
      "",
      "Work from the evidence above. Say of each statement whether it is shown by it, assumed, or doubtful; refer to",
      "objects by their keys; ask for what is missing instead of guessing; close with a single next action.",
    ].join("\n");
  }

  pick.addEventListener("change", () => select(pick.value));
  draft.addEventListener("input", () => save({ draft: draft.value }));
  next.addEventListener("input", () => save({ next: next.value }));
  watch("draft:", show);
  at("[data-draft-form]").addEventListener("submit", (/** @type {Event} */ event) => event.preventDefault());
  at("[data-export-drafts]").addEventListener("click", () => download("drafts.md", exported(items)));
  at("[data-copy]").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(prompt.value);
      copied.textContent = "Copied.";
    } catch {
      prompt.focus();
      prompt.select();
      copied.textContent = "Selected: copy it with the keyboard.";
    }
  });
  // The prompt quotes the demo's state, so it is written when it can be seen: not after every input while it is folded.
  const open = () => !fold || fold.open;
  stage.model?.on("change:state", later(() => open() && compose()));
  fold?.addEventListener("toggle", () => open() && compose());
  addEventListener("beforeprint", compose);
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-ask]"))) {
    button.addEventListener("click", () => {
      select(button.dataset.ask ?? "");
      if (fold) fold.open = true;
      root.closest("section")?.scrollIntoView({ block: "start" });
      pick.focus({ preventScroll: true });
    });
  }
  select(read(`object:${concept}`, items[0].key));
}

/** The state that the demo reports, as lines. @param {import("./host.js").Model | null} model */
function reading(model) {
  if (!model) return ["this page has no demo yet"];
  /** @param {any} value @returns {string} */
  const show = (value) => {
    if (typeof value === "number") return String(Number(value.toPrecision(6)));
    if (Array.isArray(value)) return `(${value.map(show).join(", ")})`;
    if (!value || typeof value !== "object") return String(value);
    return `{${Object.entries(value).map(([name, one]) => `${name}: ${show(one)}`).join(", ")}}`;
  };
  const address = model.get("address");
  const known = Object.entries(model.state()).filter(([name, value]) => value !== null && !["by", "highlight"].includes(name));
  return [...(address ? [`address: ?${address}`] : []), ...known.map(([name, value]) => `${name} = ${show(value)}`)];
}

/** Whether nothing is written in a draft. @param {string} key */
function empty(key) {
  const { draft = "", next = "" } = read(key, {});
  return !draft.trim() && !next.trim();
}

/** The page's address with an anchor: where it is published, if the page knows. @param {string} anchor */
function address(anchor) {
  const published = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[rel=canonical]"))?.href;
  return `${published ?? location.href.replace(/[?#].*/, "")}#${anchor}`;
}

/** @param {Item[]} items */
function exported(items) {
  const titles = new Map(items.map((item) => [item.key, literal(`${item.kind_title}: ${item.title}`)]));
  const parts = keys("draft:").filter((kept) => !empty(kept)).map((kept) => {
    const object = kept.slice("draft:".length);
    const { draft = "", next = "" } = read(kept, {});
    return `## ${titles.get(object) ?? literal(object)}\n\nKey: ${literal(object)}\n\n${draft}\n\nNext action: ${next || "(none)"}\n`;
  });
  return `# Research drafts\n\n${parts.join("\n") || "No drafts yet.\n"}`;
}

/** @param {HTMLElement} parent @param {string[]} lines */
function list(parent, lines) {
  parent.replaceChildren(
    ...lines.map((line) => {
      const entry = document.createElement("li");
      entry.textContent = line;
      return entry;
    }),
  );
}

/** Runs once the calls have stopped coming for a moment. @param {() => void} run */
function later(run) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, 200);
  };
}
